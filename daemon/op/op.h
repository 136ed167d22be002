/* Operations of a job's transformations. Each is one of two kinds: a stateless one turns rows into rows at once; a gather
 * holds what it needs of the rows until the batch is closed, then gives its result. Rows of one chunk stay in the order of
 * the log; so does all that an operation makes of them. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "column/column.h"
#include "expr/program.h"
#include "spec/job.h"

struct op;
struct op_child;
struct op_input; /* op/build.h */
struct gather;
struct memory;
struct memory_ops;
struct types;

/* How rows came from those before them: one level for each operation that makes several of one. */
struct lineage {
    const struct lineage *outer;
    const uint32_t *parent; /* each row's row in the level before */
};

struct rows { /* some rows between two operations; they lie in the chunk's arena or in the block */
    struct column column;          /* one value a row */
    uint32_t n;                    /* rows, selected or not */
    struct sel sel;                /* those that count */
    const struct lineage *lineage; /* NULL: row i came of record i of the chunk */
    const struct split *split; /* op/keyed.h: by shard of their keys; NULL: they belong together */
    uint64_t number;           /* of row 0, among all that its gather was given in the batch */
};
static inline struct rows rows_of(
    uint32_t n) /* n rows that come of no record; their column is the caller's to set */
{
    return (struct rows){ .n = n, .sel = { .n = n } };
}

struct op_error { /* a row that could not be computed, or a key whose values could not be folded */
    const struct op *op;
    const struct rows *rows; /* what the operation was given; NULL: it is about a key */
    const struct column
        *key;      /* then this one; NULL: all rows have the same one, that nobody named */
    uint32_t row;  /* of rows, or of the column */
    unsigned code; /* 404 for E404 */
    bool whole;    /* nothing of the batch can be told without it: it must not be committed */
    struct slice reason;
};

struct op_run { /* what operations run in: one thread at a time */
    struct arena *arena;
    struct buf *scratch; /* for bytes on their way; whoever needs it clears it first */
    uint32_t shards;     /* of tables, see op/keyed.h: SHARDS, or 1 where there is one thread */
    int64_t batch_time_ms;
    uint64_t
        tick; /* at the cut: batch intervals since zeroTime; a batch after downtime skips some */
    /* Rows that came out: they lie in the arena, or where the rows lie that went in. */
    void (*emit)(const struct op_run *run, struct rows *rows);
    void (*error)(const struct op_run *run, const struct op_error *error);
    /* Runs a program to its end and appends what it gives; false: why what it gave does not count. */
    bool (*child)(const struct op_run *run, const struct op_child *child, struct buf *output,
                  struct err *err);
    void *ctx; /* for all three */
};

enum op_arg { OP_ARG_NONE, OP_ARG_NEEDED, OP_ARG_MAY_BE };

struct op_kind {
    const char *name;
    enum op_arg arg; /* does it take one? */
    bool keeps;      /* it gives rows as they are, or not at all */
    bool blind;      /* it looks at no row */
    bool keyless;    /* its table has one key, that nobody named */
    /* Types the operation and compiles its expressions: sets out and what else it needs. False: a finding says why. */
    bool (*build)(struct op *op, const struct op_input *input);
    void (*run)(const struct op *op, struct rows *rows, const struct op_run *run); /* stateless */
    const struct gather_ops *gather;                                               /* else */
};

struct op { /* one transformation, typed and compiled; read-only once it is built */
    const struct op_kind *kind;
    const struct type *in, *out; /* of a row */
    const struct type
        *pair; /* of a gather with a table: a key, and what its values are folded to */
    const struct program *program; /* NULL = none */
    enum fold fold; /* of a gather: how values are folded; FOLD_NONE: by the program */
    int extreme;    /* of a gather that folds by neither: the least value (-1), the greatest (1) */
    bool is_count;  /* of a gather: each value counts as 1 */
    const struct type *by;        /* of a gather that puts rows in order: what decides */
    bool descending;              /* the largest first */
    uint64_t num;                 /* of it: rows wanted; repartition: partitions */
    bool lacks_left, lacks_right; /* of a join: a key may have no value on this side */
    const char *place;            /* transformations[2].reduceByKey */
    const struct memory *memory;  /* op/memory.h; NULL: nothing outlives the batch */
    const void *more;             /* what else its kind needs */
    bool by_time;                 /* batchTime is asked for */
    uint64_t slide_ms;            /* of what it gives; 0: that of what comes in */
};

/* Which fields of its rows, Records, an operation looks at: a bit each. */
#define OP_FIELDS_ALL UINT64_MAX
uint64_t op_fields(const struct op *op);
