/* Windows over the batches of a stream. Lengths are counted in ticks, of batchInterval; a stream slides by some of them, and
 * both lengths of a window are multiples of that. Its result at tick t, a multiple of its slide since zeroTime, is of the
 * batches in (t - length, t], oldest first; early ones are partial.
 *
 * window: their rows, those of each batch a partition. groupByKeyAndWindow: their pairs, grouped. */
#pragma once
#include "op/gather.h"

struct window {             /* first in op->more of every kind of window */
    uint64_t length, slide; /* in ticks */
};

/* Sets op->more to a `size` bytes large struct that begins with a struct window, op->slide_ms and op->memory, for state of
 * rows of this type. False: E212 at the length that is no multiple of the stream's slide. */
bool window_build(struct op *op, const struct op_input *input, const struct type *type,
                  size_t size);

static inline const struct window *window_of(const struct op *op)
{
    return op->more;
}
static inline bool window_fires(const struct window *window, uint64_t tick)
{
    return tick % window->slide == 0;
}
/* Does any window hold this tick? With a slide longer than the window some are in none. */
static inline bool window_holds(const struct window *window, uint64_t tick)
{
    uint64_t fires = (tick + window->slide - 1) / window->slide * window->slide;
    return fires - tick < window->length;
}
/* The tick behind which a window that ends at `tick` begins. */
static inline uint64_t window_after(const struct window *window, uint64_t tick)
{
    return tick > window->length ? tick - window->length : 0;
}

extern const struct op_kind op_window, op_group_by_key_and_window;
