#include "io/thread.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/check.h"

#define THREAD_RESERVE_MAX 16

pthread_t thread_start(const char *name, void *(*run)(void *ctx), void *ctx)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    check(pthread_sigmask(SIG_SETMASK, &all, &before) == 0); /* the new thread inherits the mask */
    int failed = pthread_create(&thread, NULL, run, ctx);
    if (failed)
        check_spent("a thread could not be started", strerror(failed),
                    "memory (ulimit -v, MemoryMax=) or of tasks (ulimit -u, TasksMax=)");
    check(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    (void)pthread_setname_np(thread, name); /* a file of /proc, perhaps: for people only */
    return thread;
}

static void *thread_pass(void *ctx)
{
    pthread_mutex_t *gate = ctx;
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

void thread_reserve(unsigned n)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t threads[THREAD_RESERVE_MAX];
    check(n <= THREAD_RESERVE_MAX);
    pthread_mutex_lock(&gate); /* all of them live at once */
    for (unsigned i = 0; i < n; i++)
        threads[i] = thread_start("reserve", thread_pass, &gate);
    pthread_mutex_unlock(&gate);
    for (unsigned i = 0; i < n; i++)
        thread_join(threads[i]);
}

void thread_join(pthread_t thread)
{
    check(pthread_join(thread, NULL) == 0);
}

void thread_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    check(pthread_condattr_init(&attr) == 0);
    check(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    check(pthread_cond_init(cond, &attr) == 0);
    check(pthread_condattr_destroy(&attr) == 0);
}
