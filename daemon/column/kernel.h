/* Kernels: one function over the selected rows of whole columns, each a tight loop. When all inputs
 * are constants a kernel that cannot fail is called for one row, and its result is a constant. One
 * that fails for a row writes a harmless value there and calls kernel_fail(). */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "column/column.h"
#include "column/fault.h"

#define STRING_MAX (64u << 20) /* bytes that one method may make; more is FAULT_LARGE */

struct call {
    struct frame *frame;
    struct sel sel;
    const struct column *const *in;
    uint32_t n_in;
    struct column *out;
    const struct type *type; /* of out */
    uint32_t k;              /* what the instruction says: a field, an operator */
    const void *data;        /* what it was made with when the expression was: a regex, a path */
    struct arena *arena;     /* of the chunk */
    size_t arena_max;        /* no more than this may be taken from it; 0 = no limit */
};

typedef void kernel_fn(struct call *call);
typedef kernel_fn *kernel;

/* Marks a row as failed; its first reason stays. */
void kernel_fail(struct call *call, uint32_t row, enum fault fault);
/* May `bytes` more be taken from the arena? If not, the row is to fail with FAULT_LARGE. */
bool kernel_fits(const struct call *call, uint64_t bytes);
/* Room for the values of out, of its type, for every row of the frame. */
void kernel_alloc(struct call *call);

/* For every active row: ROWS(call, statements), in which `row` is it. The statements stand twice,
 * so that the loop over all rows is a plain one. */
#define ROWS(call, ...)                                                \
    do {                                                               \
        const struct sel rows_sel = (call)->sel;                       \
        if (rows_sel.row) {                                            \
            for (uint32_t rows_i = 0; rows_i < rows_sel.n; rows_i++) { \
                const uint32_t row = rows_sel.row[rows_i];             \
                __VA_ARGS__                                            \
            }                                                          \
        } else {                                                       \
            for (uint32_t row = 0; row < rows_sel.n; row++) {          \
                __VA_ARGS__                                            \
            }                                                          \
        }                                                              \
    } while (0)

/* index & mask is the row of the column's arrays: the index, or 0 for a constant */
static inline uint32_t column_mask(const struct column *column)
{
    return column->is_const ? 0 : UINT32_MAX;
}

/* Int and Double: in[0] op in[1] */
kernel_fn kernel_int_add, kernel_int_sub, kernel_int_mul; /* fail on overflow */
kernel_fn kernel_int_div, kernel_int_rem; /* towards zero; fail for 0 and on overflow */
kernel_fn kernel_int_min, kernel_int_max;
kernel_fn kernel_int_neg, kernel_int_abs; /* of in[0]; fail on overflow */
kernel_fn kernel_double_add, kernel_double_sub, kernel_double_mul, kernel_double_div;
kernel_fn kernel_double_rem, kernel_double_min, kernel_double_max;
kernel_fn kernel_double_neg, kernel_double_abs;
kernel_fn kernel_double_to_int; /* towards zero; fails when it does not fit */
kernel_fn kernel_double_round;  /* to the nearest, halves up; the same */
kernel_fn kernel_time_sub;      /* ms between two Timestamps */

/* Bool = in[0] k in[1], of one type; the ordered ones of a type_is_ordered(). NaN is unlike all. */
enum compare { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE };
kernel_fn kernel_compare;
kernel_fn kernel_not;

/* Views: nothing is copied. */
kernel_fn kernel_convert; /* in[0] as the type of out, see column_convert() */
kernel_fn kernel_field;   /* child k of a tuple or record; the content of an Option (k = 0) */
kernel_fn kernel_tuple;   /* a tuple or record of in[…] */
kernel_fn kernel_choose;  /* in[0] ? in[1] : in[2] */
kernel_fn kernel_valid;   /* is the Option there? */
kernel_fn kernel_some;    /* an Option that is there where Option in[0] is, with content in[1] */

/* Strings */
kernel_fn kernel_split; /* at every in[1], as Python's: empty ones are kept */
kernel_fn kernel_words; /* at runs of white space, without empty ones */
kernel_fn kernel_lower; /* code point by code point, see column/letter.h */
kernel_fn kernel_upper;
kernel_fn kernel_trim;                            /* without what is ≤ U+0020 at both ends */
kernel_fn kernel_length;                          /* in code points */
kernel_fn kernel_starts, kernel_ends, kernel_has; /* Bool: in[1] at the front, the end, anywhere */
kernel_fn kernel_index_of;  /* the first in[1], in code points; -1 = nowhere */
kernel_fn kernel_substring; /* code points [in[1], in[2]) or to the end; fails when outside */
kernel_fn kernel_replace;   /* every in[1] by in[2]; fails when too long */
kernel_fn kernel_join;      /* in[0] and in[1] behind one another; fails when too long */
kernel_fn kernel_to_int, kernel_to_double; /* fail when it is no number */
kernel_fn kernel_to_string;                /* of Int, Double, Bool, Timestamp */
kernel_fn kernel_hash;                     /* XXH3 of the bytes, its lower 63 bits */
/* The fields of one RFC 4180 record, data the separator, a struct slice; fails for what is none. */
kernel_fn kernel_csv;

/* Bytes */
kernel_fn kernel_bytes_size;
kernel_fn kernel_bytes_text; /* the String that they are; fails when they are not UTF-8 */

/* Maps, Timestamps */
kernel_fn kernel_lookup; /* an Option of the value of key in[1] */
kernel_fn kernel_keys;   /* a list, in the map's order */
kernel_fn kernel_millis; /* since the Unix epoch */

/* Lists */
kernel_fn kernel_list; /* of in[…], each one element */
kernel_fn kernel_size;
kernel_fn kernel_append;             /* the elements of in[0], then those of in[1] */
kernel_fn kernel_sum;                /* 0 of none; fails on overflow */
kernel_fn kernel_least, kernel_most; /* the first such element; fail for none */
kernel_fn kernel_head, kernel_last;  /* fail for none */
kernel_fn kernel_at;                 /* element in[1]; fails outside */
kernel_fn kernel_includes;           /* is in[1] an element? */
kernel_fn kernel_mk_string;          /* Strings of in[0] with in[1] between; fails when too long */
kernel_fn kernel_distinct;           /* the first of equal ones */
kernel_fn kernel_sorted;             /* ascending; equal ones in their order */
