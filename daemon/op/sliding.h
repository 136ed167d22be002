/* Windows of sums, least and greatest values that slide at the cost of what comes and goes, however many batches they hold.
 *
 * Two stacks: the front has the older batches, folded from the newest of them back to each one, the top is the oldest; the back
 * has those that came since, folded as they came. A window is the front's top and the back. When the oldest leaves, its part is
 * undone; when all of the front has left, what the window holds becomes the front. So every result of a batch is folded twice,
 * not once for every window that it is in, and each key's place in the order of first appearance is kept the same way: those of
 * the front in a list to whose head keys are moved, those of the back behind it.
 *
 * Only folds that do not care how their values are put together are done so: a sum of whole numbers, the least, the greatest.
 * Sums wrap around here; where one could have overflowed on the way the window is folded anew, for the error that it is. */
#pragma once
#include "op/lookup.h"
#include "op/numbers.h"
#include "op/panes.h"

struct sliding_key {      /* of the window */
    uint64_t front, back; /* what its values are folded to, where it is in */
    uint32_t prev, next;  /* in the front's list */
    bool in_front, in_back;
};

struct sliding { /* {.op} is an empty one */
    const struct op *op;
    struct lookup keys; /* made with the first window */
    struct sliding_key *key;
    uint32_t cap;
    uint32_t head;       /* of the front's list */
    struct numbers came; /* keys of the back, in order of their coming */
    struct sliding_undo *undo;
    struct sliding_pane *pane; /* of the window, oldest first */
    uint32_t n_undo, undo_cap, first, n_pane, pane_cap;
    uint64_t turn, last; /* the front has panes up to this tick, the back those up to that one */
    uint64_t seed;
};

bool sliding_can(const struct op *op); /* is its fold one of those? */
/* The window of the panes, whose last tick is up_to; those of ticks up to `after` are dropped already. False: a sum of it may
 * have overflowed. */
bool sliding_fire(struct sliding *sliding, const struct panes *panes, uint64_t after,
                  uint64_t up_to, const struct op_run *run);
/* The next pairs of it. False: that was all. */
bool sliding_give(const struct sliding *sliding, struct give *give, struct arena *arena,
                  struct rows *rows);
size_t sliding_bytes(const struct sliding *sliding); /* memory it holds */
void sliding_free(struct sliding *sliding);          /* empty again */
