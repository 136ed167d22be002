/* What operations remember, as bytes for the batch log and for snapshots, and back. Of one state:
 *
 *   u8 version, MEMORY_VERSION · u8 1: all of it, or the first part, 0: a further part, or what changed since
 *   u64 keys, or rows, that it holds now
 *   text (u16 length and bytes) the form: the kind of state, and what its content hangs on besides the type
 *   the type of what it holds (column/pack.h)
 *   the content, as the operation writes it, to the end
 *
 * The id under which it is found stands beside it, in the entry of the record. */
#pragma once
#include "engine/compute.h"

#define MEMORY_VERSION 1

struct memory_node { /* a node of the plan that remembers */
    uint32_t node;
    bool known;       /* something of it stands in the log */
    bool saving;      /* a copy of it is being written … */
    uint64_t saved;   /* … of so many keys, or rows */
    struct buf bytes; /* of its changes */
};

struct memories { /* of a job's engine */
    struct compute *compute;
    struct memory_node *nodes;
    uint32_t n_nodes;
    struct engine_state *states; /* of the last memories_changes() */
    uint32_t n_states;
    struct arena arena;
    uint32_t at;     /* of the copy that is being written: the next node … */
    bool begun;      /* … a part of which was written */
    struct buf part; /* the last one */
};

void memories_open(struct memories *memories, struct compute *compute);
/* Fills in states: what changed since the last call. */
void memories_changes(struct memories *memories);
/* For these see engine_save_begin(), engine_save() and engine_restore(). */
void memories_save_begin(struct memories *memories);
bool memories_save(struct memories *memories, struct engine_state *part);
bool memories_restore(struct memories *memories, const struct engine_state *states, size_t n,
                      struct err *err);
const struct op *memories_op(const struct memories *memories, const struct memory_node *node);
/* The node whose state has this id; NULL: none. */
const struct memory_node *memories_find(const struct memories *memories, const char *id);
void memories_close(struct memories *memories);
