/* One batch under way: rows run through the nodes of the plan, each into the next, until a node holds them; at the cut the
 * nodes that hold rows give their results, in the order of the plan. One thread at a time. */
#pragma once
#include "base/err.h"
#include "column/block.h"
#include "engine/dead.h"
#include "engine/engine.h"
#include "engine/lift.h"
#include "engine/plan.h"
#include "op/collect.h"

struct compute_node {        /* what a node of the plan holds */
    struct gather **gather;  /* GATHER: one for each lane; else NULL */
    struct collect *collect; /* OUTPUT: the same */
};

struct compute_part {  /* the partition of a source that records go to */
    bool open;         /* there is one */
    const char *topic; /* of the last block */
    int32_t partition;
};

struct pending {  /* an error record of the chunk under way */
    uint32_t row; /* of the chunk */
    uint32_t seq;
    unsigned code;
    const char *place, *reason;
};

struct compute {
    const struct engine_conf *conf;
    struct compute_node *nodes; /* as many as the plan has */
    uint32_t *source_node;      /* of each source */
    struct compute_part *parts; /* of each source */
    struct arena arena;         /* of the chunk under way */
    uint32_t chunk_rows;        /* records of the next one */
    const struct block *block;  /* under way; NULL at the cut */
    const struct lift_chunk *chunk;
    struct pending *pending; /* its error records so far; in the arena */
    uint32_t n_pending, pending_cap;
    struct dead *dead; /* of the open batch */
    uint64_t records;  /* of the open batch */
    struct err failed; /* why the open batch must not be committed; ERR_NONE: it may */
    int64_t batch_ms;  /* of the open batch; at the cut, of the tick that is closed */
    uint64_t tick;     /* at the cut: its number since zeroTime */
    bool folded;       /* at the cut: of a tick that passed without the job: outputs show nothing */
};

void compute_open(struct compute *compute, const struct engine_conf *conf);
/* Computes a block's records into the open batch. */
void compute_block(struct compute *compute, const struct block *block);
/* Closes the batch of compute->tick and compute->batch_ms: results run on through the plan, outputs are rendered into
 * outputs[], for each of the spec; then all but what operations remember is empty for the next batch. */
void compute_cut(struct compute *compute, struct buf *outputs);
/* What the nodes hold, empty; and freed. compute_open() and compute_close() do it too. */
struct compute_node *compute_nodes_open(const struct engine_conf *conf);
void compute_nodes_close(const struct plan *plan, struct compute_node *nodes);
void compute_close(struct compute *compute);
