/* What operations remember, as bytes for the batch log and for snapshots, and back. Of one state:
 *
 *   u8 version, MEMORY_VERSION · u8 1: all of it, 0: what changed since the bytes before it
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
    struct buf bytes; /* of its changes */
};

struct memories { /* of a job's engine */
    struct compute *compute;
    struct memory_node *nodes;
    uint32_t n_nodes;
    struct engine_state *states; /* of the last memories_changes() */
    uint32_t n_states;
    struct arena arena;
};

void memories_open(struct memories *memories, struct compute *compute);
/* Fills in states: what changed since the last call. */
void memories_changes(struct memories *memories);
/* For these two see engine_save() and engine_restore(). */
void memories_save(struct memories *memories,
                   void (*each)(void *ctx, const struct engine_state *state), void *ctx);
bool memories_restore(struct memories *memories, const struct engine_state *states, size_t n,
                      struct err *err);
const struct op *memories_op(const struct memories *memories, const struct memory_node *node);
/* The node whose state has this id; NULL: none. */
const struct memory_node *memories_find(const struct memories *memories, const char *id);
void memories_close(struct memories *memories);
