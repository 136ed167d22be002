/* A compiled expression: kernels over the columns of a chunk, in order, each one tight loop. There
 * are no jumps: what `if`, `&&`, `||` and `getOrElse` leave out is run on a smaller selection, what
 * stands in a list's `map` on a frame of the list's elements. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "column/column.h"
#include "column/fault.h"
#include "column/kernel.h"

enum flow {
    FLOW_KERNEL, /* out = kernel(in…) on the selected rows */
    FLOW_WHERE,  /* the selection becomes its rows where in[0] is k (0 or 1), until FLOW_END */
    FLOW_END,    /* the selection before FLOW_WHERE, without rows that failed */
    FLOW_ENTER,  /* a frame of the elements of list in[0]; out = an element */
    FLOW_GATHER, /* out = in[0] of the outer frame, for each element */
    FLOW_LEAVE   /* back in the outer frame; out = a list of in[0], made as enum leave k says */
};

enum leave { LEAVE_MAP, LEAVE_FILTER, LEAVE_FLAT_MAP };

struct instr {
    enum flow flow;
    bool can_fail;
    kernel run;         /* FLOW_KERNEL */
    const uint16_t *in; /* registers */
    uint16_t n_in, out;
    uint32_t k;        /* what the kernel or the flow takes: a field, a side */
    const void *data;  /* what the kernel was made with: a regex, a path; in the job's arena */
    uint32_t from, to; /* bytes of the expression's text, for messages */
    const struct type *type; /* of out */
};

enum fold { /* what a two-argument program amounts to */
            FOLD_NONE,
            FOLD_SUM,
            FOLD_MIN,
            FOLD_MAX,
            FOLD_APPEND, /* the first, a String or List, and behind it what is made of an empty one */
};

struct program {
    const struct instr *code;
    uint32_t n;     /* of code */
    uint32_t n_reg; /* first the parameters, then batchTime, then the others */
    uint32_t n_param;
    const struct konst { /* registers that hold constants */
        uint16_t reg;
        struct column column;
    } * konst;
    uint32_t n_konst;
    uint16_t result_reg;
    const struct type *result;
    bool can_fail;        /* some input makes error records */
    bool uses_batch_time; /* its value depends on batchTime */
    bool is_const;        /* it looks at no parameter: the result is a constant column */
    enum fold fold;       /* `_ + _` on numbers is FOLD_SUM, `_.min(_)` FOLD_MIN, … */
    const char *text;     /* of the expression */
};

struct row_error { /* why a row of the chunk failed: its first failure */
    uint32_t row;
    enum fault fault;
    uint32_t from, to;  /* the sub-expression, bytes of the program's text */
    struct slice value; /* the String that was no number; else empty. Lives as the chunk */
};

struct error_list { /* {0} is an empty one; its array lies in the chunk's arena */
    struct row_error *items;
    uint32_t n, cap;
};

/* Computes the program for the selected rows of in. out is a column of in->frame.n rows (or a
 * constant one), good for the rows that in->sel still holds afterwards: those that failed are taken
 * out, marked in in->frame.err, and appended to errors, ascending. out lives in in->arena, in the
 * bytes of the input and in the program. Nothing is allocated but from in->arena, by the chunk. What
 * takes more than 128 MiB of it is run in halves; a row that alone does so fails (E407). */
void program_run(const struct program *program, struct chunk *in, struct column *out,
                 struct error_list *errors);
/* "`_.toInt`: "12x" is not a whole number"; its code is fault_code(). */
void program_error_text(const struct program *program, const struct row_error *error,
                        struct buf *out);
