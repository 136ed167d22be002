/* Door: the event loop of a process, its timers, and work handed to it from other threads. Nothing
 * here calls a callback from inside the call that asked for it. Timers and posts live in their
 * owner's struct; nothing is allocated. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct loop;
struct world;

struct loop *loop_new(struct world *world);
void loop_run(struct loop *loop); /* until loop_stop() */
void loop_stop(
    struct loop *loop); /* from the loop's thread: loop_run() returns at the end of this turn */
void loop_free(struct loop *loop); /* NULL is fine */
struct world *loop_world(struct loop *loop);
uint64_t loop_now_ms(struct loop *loop); /* monotonic, as of now */

struct loop_timer;
typedef void (*loop_timer_cb)(struct loop_timer *timer);
struct loop_timer {   /* one shot; {0} is one at rest */
    struct list link; /* the loop's */
    uint64_t due_ms;  /* the loop's: when it fires, monotonic */
    loop_timer_cb cb; /* NULL while at rest */
};
/* Fires cb once, delay_ms (at least 1) from now; a timer that is running starts anew. */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms,
                      loop_timer_cb cb);
void loop_timer_stop(struct loop *loop,
                     struct loop_timer *timer); /* at rest already: nothing happens */
static inline bool loop_timer_active(const struct loop_timer *timer)
{
    return timer->cb != NULL;
}

struct loop_post;
typedef void (*loop_post_cb)(struct loop_post *post);
struct loop_post { /* work for the loop's thread, handed over by any thread; each runs once, in the
                      order of posting */
    struct loop_post *next;
    loop_post_cb cb; /* set by the owner before posting; the post may be posted again, or freed,
                        from inside it */
};
void loop_post(struct loop *loop, struct loop_post *post);

/* Signals that reached this process, on the loop's thread. `number` is the signal's. */
typedef void (*loop_signal_cb)(void *ctx, int number);
void loop_signals(struct loop *loop, const int *numbers, unsigned n, loop_signal_cb cb, void *ctx);
