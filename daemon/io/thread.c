#include "io/thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <threads.h>
#include <time.h>

#include "base/check.h"

static _Noreturn void thread_refused(int why)
{
    check_spent("a thread could not be started", strerror(why),
                CHECK_MEMORY " or of tasks (ulimit -u, TasksMax=)");
}

#ifndef __SANITIZE_THREAD__ /* which has its own here */
/* In the place of libc's. These are librdkafka's threads: when it does not get one, it waits for ever
 * for those that it has. To try before whether there are enough is no use: others start some, too. */
int thrd_create(thrd_t *thread, thrd_start_t run, void *ctx)
{
    int (*create)(thrd_t *, thrd_start_t, void *);
    *(void **)&create = dlsym(RTLD_NEXT, "thrd_create");
    check(create);
    int outcome = create(thread, run, ctx);
    if (outcome != thrd_success)
        thread_refused(outcome == thrd_nomem ? ENOMEM : EAGAIN);
    return outcome;
}
#endif

pthread_t thread_start(const char *name, void *(*run)(void *ctx), void *ctx)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    check(pthread_sigmask(SIG_SETMASK, &all, &before) == 0); /* the new thread inherits the mask */
    int failed = pthread_create(&thread, NULL, run, ctx);
    if (failed)
        thread_refused(failed);
    check(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    (void)pthread_setname_np(thread, name); /* a file of /proc, perhaps: for people only */
    return thread;
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
