/* One batch under way. Blocks are cut into pieces (engine/piece.h). Pieces are made, any number at once; then each shard takes
 * what they hold for it, in the order of the pieces: each table's shards, and the nodes without any, are dealt out, so no two
 * threads touch the same. A thread that has done one thing does whatever can be done next: no thread waits for another as long
 * as there are blocks. At the cut the nodes that hold rows give their results, in the order of the plan. */
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

struct compute_shard {  /* of every table */
    uint64_t took;      /* pieces that it has taken … */
    uint64_t taking;    /* … and will have, once what is under way is done */
    struct arena arena; /* for taking … */
    struct buf scratch; /* … see struct op_run */
};

struct compute {
    const struct engine_conf *conf;
    struct compute_node *nodes; /* as many as the plan has */
    uint32_t *source_node;      /* of each source */
    struct compute_part *parts; /* of each source */
    uint32_t threads;
    uint32_t shards;    /* of tables, in this batch: SHARDS, or 1 where one thread keeps up */
    uint64_t cpu_us;    /* of the threads' time, for the batch's blocks */
    uint64_t fed, cost; /* bytes of the last blocks; us of one thread for a MiB, as measured */
    bool wide; /* the blocks are worth several threads; else one does all, a piece at a time */
    uint32_t under_way;      /* tasks */
    struct piece *pieces;    /* a ring: the i-th piece is pieces[i % ring] */
    uint32_t n_pieces, ring; /* pieces; those in use now: what is not stays out of the cache */
    uint64_t laid, settled;  /* pieces: cut off the blocks; ready to be taken */
    struct compute_shard shard[SHARDS];
    uint64_t unchecked;  /* bytes laid since memory was looked at … */
    size_t bytes;        /* … and what the batch took then */
    struct piece cut;    /* the way of results */
    uint32_t chunk_rows; /* records of the next pieces */
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
/* What these blocks took of the threads' time, once they are computed. */
void compute_took(struct compute *compute, uint64_t cpu_us);
/* What may be begun now, see struct pool_run: one call at a time. POOL_END: all blocks are computed. */
uint32_t compute_next(struct compute *compute, uint32_t done, bool *more);
void compute_task(struct compute *compute, uint32_t task); /* on any thread, several at once */
/* Closes the batch of compute->tick and compute->batch_ms: results run on through the plan, outputs are rendered into
 * outputs[], for each of the spec; then all but what operations remember is empty for the next batch. */
void compute_cut(struct compute *compute, struct buf *outputs);
/* Memory that the job's operations hold, and the error records; between runs. */
size_t compute_bytes(const struct compute *compute);
/* Gives back what tables keep for the next batch, once the batch is closed. */
void compute_renew(struct compute *compute);
/* How the next batch is computed, once the batch is closed: elapsed_us since the one before it was. */
void compute_choose(struct compute *compute, uint64_t elapsed_us);
void compute_close(struct compute *compute);
