/* Threads of the doors: named, and without signals, so that every signal reaches the loop's thread.
 */
#pragma once
#include <pthread.h>

/* Starts run(ctx); name: at most 15 characters. A process that gets no thread cannot work: it ends.
 */
pthread_t thread_start(const char *name, void *(*run)(void *ctx), void *ctx);
/* Ends the process likewise unless n more threads can be had now: for a library that does not bear to
 * get none. glibc keeps most of their stacks for those that come next. */
void thread_reserve(unsigned n);
void thread_join(pthread_t thread);
/* A condition whose waits are timed by the monotonic clock. */
void thread_cond_init(pthread_cond_t *cond);
