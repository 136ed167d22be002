/* Door: a thread that runs one state machine. The step function is called again and again on that
 * thread; it says how long to wait until the next call, and mail or a wake-up ends the wait. What a
 * step function touches belongs to its task alone; with the loop it speaks by task_post() one way
 * and loop_post() the other. */
#pragma once
#include <stdint.h>

struct loop;
struct loop_post;
struct task;
struct world;

#define TASK_END UINT64_MAX /* what a step returns to end its thread */

struct mail { /* a message to a task; embed it and recover the whole with CONTAINER_OF */
    struct mail *next;
};

/* One step; returns the milliseconds to wait at most before the next one (0: at once), or TASK_END.
 */
typedef uint64_t (*task_step)(void *ctx);

/* name: at most 15 characters, shown by ps and top. `ended` is posted to the loop after the last
 * step; then task_free(). */
struct task *task_start(struct loop *loop, const char *name, task_step step, void *ctx,
                        struct loop_post *ended);
void task_post(struct task *task,
               struct mail *mail); /* any thread; the mail belongs to the task from here on */
struct mail *task_take(struct task *task); /* from its step: all mail in order, chained by next;
                                              NULL when there is none */
void task_wake(struct task *task);         /* any thread */
void task_free(struct task *task);         /* after `ended` has fired, from the loop's thread */
