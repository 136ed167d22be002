/* What earlier batches left, judged by the job as it is now: may it be carried on? */
#pragma once
#include "engine/memories.h"

struct memory;

struct stored { /* of one state: what its bytes say of themselves */
    uint64_t count;
    struct slice form;
    const struct type *type;
    struct reader content;
};

/* Reads the head of a state's bytes. False: ERR_FATAL, they are damaged (E350), or of a format that is not ours. */
bool stored_open(const struct engine_state *state, struct arena *arena, struct stored *stored,
                 struct err *err);
/* Does an operation go on from it? The form is the same, and the type is, or widens to it. */
bool stored_fits(const struct stored *stored, const struct memory *memory);
/* Looks at the last bytes of each state: they say how many keys there are in the end. All that cannot be carried on becomes a
 * finding, E240 or E241, of conf->diags; *err has the first one. */
bool judge(struct memories *memories, const struct engine_state *states, size_t n, struct err *err);
