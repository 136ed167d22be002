/* A copy of a state as it stood at one moment, written down part by part while the state changes: what an entry held is kept
 * before its first change, unless it was written by then. */
#pragma once
#include "op/state.h"

struct state_save {
    uint32_t at, end;   /* entries that are not yet written; those from `end` on are newer */
    struct buf *before; /* of each STATE_ROWS entries: what was kept of them */
};

/* The copy is of the state as it is now: settled. Only while none is being written. */
void state_save_begin(struct state *state);
/* Keeps what the entry holds, if need be: called before a change. */
void state_save_keep(struct state *state, uint32_t entry);
/* Appends the next part of it, to the length `to` or a little more, and an end, as state_read() takes it. False: it was the
 * last, and the copy is gone; when there was none, it is an end alone. */
bool state_save(struct state *state, size_t to, struct arena *arena, struct buf *out);
void state_save_end(struct state *state); /* no more of it is wanted; there may be none */
