/* Operations that hold what they need of their rows until the batch is closed, then give their result. */
#pragma once
#include "op/op.h"

struct give {       /* how far a result has been given; {0}: nothing of it yet */
    uint32_t entry; /* the next one: a key, a row, whatever the gather counts */
    uint64_t at;    /* of an entry that makes several rows: how many were given */
    bool ends;      /* a partition ends behind the rows that were given last */
};

#define GATHER_ROWS 1024u /* rows of a result given at once, more or less: they stay in L2 */

struct gather_ops {
    struct gather *(*open)(const struct op *op, uint64_t seed);
    /* What can be done with rows without the gather, which is only read: several threads may be at it. NULL: nothing. */
    void (*prepare)(const struct gather *gather, struct rows *rows, const struct op_run *run);
    /* Takes prepared rows, of those that are split only the ones of this shard: each shard's in the order of the log, but
     * the shards at once. Else shard is 0. Reports nothing. */
    void (*take)(struct gather *gather, const struct rows *rows, uint32_t shard,
                 const struct op_run *run);
    /* All of `later`, whose rows came behind those that gather has. */
    void (*merge)(struct gather *gather, struct gather *later, const struct op_run *run);
    /* A join, before judge(): `right` has the rows of the other stream; both stay until they are reset. NULL = no join. */
    void (*meet)(struct gather *left, struct gather *right);
    void (*end)(struct gather *
                    gather); /* a partition ends behind the rows taken so far; NULL = nobody asks */
    bool cuts;               /* give() says where partitions end; else the result is one */
    /* Called once the batch is whole, before give(): reports keys that failed. */
    void (*judge)(struct gather *gather, const struct op_run *run);
    /* The next rows of the result, perhaps none; the arrays lie in the run's arena, Strings in the gather. False: that was
     * all of them. */
    bool (*give)(const struct gather *gather, struct give *give, const struct op_run *run,
                 struct rows *rows);
    void (*reset)(struct gather *gather);
    size_t (*bytes)(const struct gather *gather); /* memory it holds */
    void (*free)(struct gather *gather);
    const struct memory_ops *memory; /* op/memory.h; NULL: it does not remember */
};

struct gather { /* the head of each kind's own struct */
    const struct op *op;
    uint64_t taken; /* rows that it was given in the open batch */
};

static inline void gather_number(struct gather *gather, struct rows *rows) /* as the next ones */
{
    rows->number = gather->taken;
    gather->taken += rows->n;
}
