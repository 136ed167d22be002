/* Windows of folded values: reduceByKeyAndWindow, reduceByWindow, countByWindow, countByValueAndWindow. Each batch is folded by
 * key as it comes, and its result kept; a window folds the results of its batches, oldest first.
 *
 * Without an inverse function the results of sums of whole numbers, least and greatest values are kept as they come and go
 * (sliding.h); other windows fold all their batches each time, in their order, whatever the function does.
 *
 * With an inverse function the values of the last window are state: what left the window is taken out of them and what came
 * into it is put in (window_inverse.h). */
#pragma once
#include "op/panes.h"
#include "op/reduce.h"
#include "op/sliding.h"
#include "op/state.h"
#include "op/window.h"

struct fold_window { /* op->more */
    struct window window;
    const struct program *inverse; /* NULL: windows are folded anew */
    const struct program *join; /* with an inverse: a value of the state and one of new batches */
    const struct program
        *filter; /* of key and value: does the key stay in the state, or is it given? NULL: all */
    const struct type *option; /* with an inverse: Option of a value */
};

struct folded {
    struct reduce batch;    /* the open batch; the gather is its head */
    struct reduce window;   /* of the window that fires; with an inverse: of what came into it */
    struct reduce left;     /* with an inverse: of what left it */
    struct panes panes;     /* results of batches, as pairs */
    struct sliding sliding; /* without an inverse, where the fold can be done so … */
    bool slides;            /* … and the window that fires was */
    struct collect rows;    /* on the way there */
    struct state state;     /* with an inverse */
    struct numbers failed;  /* entries of the state that are not given, ascending */
};

/* Folds the results of the ticks in (after, up_to] into a table. */
void folded_fold(struct folded *folded, uint64_t after, uint64_t up_to, struct reduce *into,
                 const struct op_run *run);

extern const struct op_kind op_reduce_by_key_and_window, op_reduce_by_window, op_count_by_window,
    op_count_by_value_and_window;
