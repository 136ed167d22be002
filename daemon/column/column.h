/* Columns: the values of many rows of one type, as struct of arrays. A column owns nothing: its
 * arrays lie in the arena of the chunk, or point into a block's bytes.
 *
 *   Int, Time   i64[row]                    Double  f64[row]              Bool  b8[row], 0 or 1
 *   String, Bytes, Json  ptr[row], len[row]: a view; Strings are valid UTF-8
 *   Option      valid[row], 0 or 1 (NULL: all are there); child[0] has the same rows
 *   List        offset[row], len[row]: elements [offset, offset + len) of child[0]
 *   Map         the same; child[0] the keys, child[1] the values
 *   Tuple, Record  child[i] has the same rows
 *
 * In a constant column row 0 stands for every row; each child says for itself whether it is one.
 * Rows that are not selected hold anything: nobody may look at them. n of a list's child counts its
 * elements, also when that is a constant. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "column/type.h"

struct column {
    const struct type *type;
    uint32_t n;       /* rows */
    bool is_const;    /* row 0 stands for all */
    uint32_t n_child; /* OPTION and LIST 1, MAP 2, TUPLE and RECORD as many as members */
    union {
        int64_t *i64;
        double *f64;
        uint8_t *b8;
        uint8_t *valid;
        const char **ptr;
        uint32_t *offset;
    };
    uint32_t *len; /* beside ptr and offset */
    struct column *child;
};

struct sel {             /* active rows, ascending */
    const uint32_t *row; /* NULL: rows 0 … n-1 */
    uint32_t n;
};
/* For every active row: SEL_EACH(sel, row) body, with `uint32_t row` declared by it. */
#define SEL_EACH(s, r)                                                                         \
    for (uint32_t r##_i = 0, r; r##_i < (s).n && (r = (s).row ? (s).row[r##_i] : r##_i, true); \
         r##_i++)

struct frame {  /* the rows that a kernel works on: a chunk, or the elements of its lists */
    uint32_t n; /* rows */
    struct frame *outer;    /* NULL: the chunk's own */
    const uint32_t *parent; /* each row's row in outer */
    uint8_t *err;           /* each row's enum fault; NULL: none failed so far */
};

struct chunk {             /* a program's input; whoever made it owns the arrays and the arena */
    struct frame frame;    /* {n} to begin with; afterwards err says which rows failed */
    struct sel sel;        /* rows to work on; program_run() takes out those that fail */
    struct column *col;    /* one for each parameter of the program */
    int64_t batch_time_ms; /* what batchTime is */
    struct arena *arena;   /* results and all between; reset by the owner when they are done with */
};

/* The row of the arrays in which row `row` of the column stands. */
static inline uint32_t column_row(const struct column *column, uint32_t row)
{
    return column->is_const ? 0 : row;
}
static inline bool column_valid(const struct column *option, uint32_t row)
{
    return !option->valid || option->valid[column_row(option, row)];
}
static inline struct slice column_slice(const struct column *string, uint32_t row)
{
    row = column_row(string, row);
    return (struct slice){ string->ptr[row], string->len[row] };
}

/* A column of n rows with room for its values, not set. Children of tuples, records and options
 * come with it; those of lists and maps have no rows yet. */
void column_alloc(struct arena *arena, const struct type *type, uint32_t n, struct column *out);
/* A constant column of harmless values: 0, "", None, []. */
void column_zero(struct arena *arena, const struct type *type, struct column *out);
/* Row i of out is row at[i] of column, for n rows. Bytes and elements of lists are shared. */
void column_gather(struct arena *arena, const struct column *column, struct sel at,
                   struct column *out);
/* The rows of a, then those of b, both of one type. */
void column_concat(struct arena *arena, const struct column *a, const struct column *b,
                   struct column *out);

struct choice {             /* for each row one of two */
    const struct column *a; /* where `which` is 1 */
    const struct column *b; /* where it is 0; of the same type */
    const struct column *which;
    uint32_t n;
};
void column_choose(struct arena *arena, const struct choice *choice, struct sel sel,
                   struct column *out);
/* The same values as a type that type_unify() made of the column's type and another. */
void column_convert(struct arena *arena, const struct column *column, const struct type *to,
                    struct column *out);

struct flat {               /* the elements of the selected rows of a list, without gaps */
    struct column elements; /* in order of rows; the list's own child when that is so already */
    const uint32_t *parent; /* for each element the row whose list it is of */
    uint32_t *offset, *len; /* for each selected row: where its elements begin, how many */
    uint64_t n;             /* elements; above COLUMN_ROWS_MAX nothing else is set */
};
#define COLUMN_ROWS_MAX (1u << 23) /* elements of one chunk's lists: their views fill 96 MiB */
/* n is the number of rows of the list's frame. False: more than COLUMN_ROWS_MAX elements. */
bool column_flatten(struct arena *arena, const struct column *list, struct sel sel, uint32_t n,
                    struct flat *out);

/* Those selected rows whose Bool is `want`. */
struct sel sel_where(struct arena *arena, struct sel sel, const struct column *boolean, bool want);
/* Those that did not fail; the same when none has. */
struct sel sel_alive(struct arena *arena, struct sel sel, const struct frame *frame);

/* Order of two rows of one type: < 0, 0, > 0. Int, Double (NaN last), Time by value, String by code
 * point, None first, the rest member by member. A total order: equal means the same value. */
int column_compare(const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b);
