/* Threads of the doors: named, and without signals, so that every signal reaches the loop's thread.
 */
#pragma once
#include <pthread.h>

/* Starts run(ctx); name: at most 15 characters. A process that gets no thread cannot work: it ends, also
 * where a library wants one. */
pthread_t thread_start(const char *name, void *(*run)(void *ctx), void *ctx);
void thread_join(pthread_t thread);
/* A condition whose waits are timed by the monotonic clock. */
void thread_cond_init(pthread_cond_t *cond);
