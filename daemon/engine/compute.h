/* One batch under way. Blocks are cut into pieces (engine/piece.h); in each step some pieces are made while the nodes that hold
 * rows take what the pieces of the step before hold for them. The tasks of a step run at once: each table's shards, and the
 * nodes without any, are dealt out to them, so no two threads touch the same. At the cut the nodes that hold rows give
 * their results, in the order of the plan. */
#pragma once
#include "base/err.h"
#include "column/block.h"
#include "engine/dead.h"
#include "engine/engine.h"
#include "engine/nodes.h"
#include "engine/piece.h"
#include "op/collect.h"
#include "op/keyed.h"

struct compute_part {  /* the partition of a source that records go to */
    bool open;         /* there is one */
    const char *topic; /* of the last block */
    int32_t partition;
};

struct compute_step { /* pieces of one step */
    struct piece *piece;
    uint32_t n;
};

struct compute {
    const struct engine_conf *conf;
    struct compute_node *nodes; /* as many as the plan has */
    uint32_t *source_node;      /* of each source */
    struct compute_part *parts; /* of each source */
    uint32_t threads;
    uint32_t shards; /* of tables, in this batch: SHARDS, or 1 where one thread will do */
    uint64_t bytes, bytes_wide; /* of the batch's blocks; of those that had to wait for others */
    bool wide;       /* the blocks are worth several threads; else each step is one task */
    uint32_t pieces; /* at most, of a step */
    struct compute_step steps[2], *made, *taken; /* being made, and the ones before */
    struct arena arena[SHARDS];                  /* of each shard, for taking … */
    struct buf scratch[SHARDS];                  /* … see struct op_run */
    struct piece cut;                            /* the way of results */
    uint32_t chunk_rows;                         /* records of the next pieces */
    struct block *const *blocks;
    size_t n_blocks;           /* not cut into pieces so far; the first one from `next` on */
    struct lift_cursor cursor; /* of the first one */
    struct dead *dead;         /* of the open batch */
    uint64_t records;          /* of the open batch */
    struct err failed;         /* why the open batch must not be committed; ERR_NONE: it may */
    int64_t batch_ms;          /* of the open batch; at the cut, of the tick that is closed */
    uint64_t tick;             /* at the cut: its number since zeroTime */
    bool folded; /* at the cut: of a tick that passed without the job: outputs show nothing */
};

/* threads: how many tasks are worth their while at once. */
void compute_open(struct compute *compute, const struct engine_conf *conf, uint32_t threads);
/* Blocks to be computed into the open batch, in their order; those before are. */
void compute_feed(struct compute *compute, struct block *const *blocks, size_t n);
/* The next step, once the last one is done: the number of its tasks; 0: all blocks are computed. */
uint32_t compute_step(struct compute *compute);
void compute_task(struct compute *compute,
                  uint32_t task); /* all of a step at once, on any thread */
/* Closes the batch of compute->tick and compute->batch_ms: results run on through the plan, outputs are rendered into
 * outputs[], for each of the spec; then all but what operations remember is empty for the next batch. */
void compute_cut(struct compute *compute, struct buf *outputs);
/* At the cut: an error that no record stands for. */
void compute_error_of_result(struct compute *compute, const struct op_error *error);
void compute_close(struct compute *compute);
