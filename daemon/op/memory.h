/* Operations that remember: what a gather keeps from batch to batch, and what its state is known by. */
#pragma once
#include "op/gather.h"

struct memory {       /* of an operation that remembers: what its state is known by */
    const char *id;   /* in the batch log and in snapshots; no other operation has it */
    const char *form; /* the kind of state, with all but the type that its bytes hang on */
    const struct type
        *type; /* of what it holds; a state of a type that widens to this one will do */
    const struct yaml_node *node; /* where the job file says so: its id, else the operation */
};

#define MEMORY_PART (256u << 10)

/* Of a gather that remembers: lane 0 holds the state, which reset() leaves alone. It changes in judge() only, which is called
 * at each cut of the rows that come in, also without any. */
struct memory_ops {
    bool (*began)(const struct gather *gather); /* is there a state to write yet? NULL: always */
    /* What changed since the last call. */
    void (*write)(struct gather *gather, struct arena *arena, struct buf *out);
    /* A copy of the state as it is now is written down, part by part, whatever happens to it meanwhile. */
    void (*save_begin)(struct gather *gather);
    /* The next part, at least some MEMORY_PART bytes of it, as read() takes it behind those before. False: it was the last. */
    bool (*save)(struct gather *gather, struct arena *arena, struct buf *out);
    /* Takes in what save() and write() wrote, in their order, before anything else is done. stored: the type that it
     * was written with, which widens to the memory's. False: these are no such bytes. */
    bool (*read)(struct gather *gather, struct reader *reader, const struct type *stored,
                 struct arena *arena);
    void (*move)(struct gather *to, struct gather *from); /* the state; `to` has none so far */
    uint64_t (*count)(const struct gather *gather);       /* keys, or rows, that it holds */
    bool (*quiet)(const struct gather *gather); /* judge() without rows would change nothing */
};
