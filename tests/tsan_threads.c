/* C11's threads as POSIX ones, for ThreadSanitizer: it knows only those, and a library that starts
 * its threads by the others, as librdkafka does, would crash in it. In glibc a mtx_t is a
 * pthread_mutex_t and a cnd_t a pthread_cond_t; so are these. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t) && sizeof(cnd_t) >= sizeof(pthread_cond_t),
               "glibc's own threads.h");

struct start {
    thrd_start_t run;
    void *ctx;
};

static void *thread_main(void *ctx)
{
    struct start start = *(struct start *)ctx;
    free(ctx);
    return (void *)(intptr_t)start.run(start.ctx);
}

static int outcome(int error)
{
    if (error == ETIMEDOUT)
        return thrd_timedout;
    return error ? thrd_error : thrd_success;
}

int thrd_create(thrd_t *thread, thrd_start_t run, void *ctx)
{
    struct start *start = malloc(sizeof *start);
    if (!start)
        return thrd_nomem;
    *start = (struct start){ run, ctx };
    return outcome(pthread_create(thread, NULL, thread_main, start));
}

int thrd_join(thrd_t thread, int *result)
{
    void *got = NULL;
    int error = pthread_join(thread, &got);
    if (result)
        *result = (int)(intptr_t)got;
    return outcome(error);
}

int mtx_init(mtx_t *mutex, int type)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    if (type & mtx_recursive)
        pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    int error = pthread_mutex_init((pthread_mutex_t *)mutex, &attr);
    pthread_mutexattr_destroy(&attr);
    return outcome(error);
}

int mtx_lock(mtx_t *mutex)
{
    return outcome(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

int mtx_unlock(mtx_t *mutex)
{
    return outcome(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

void mtx_destroy(mtx_t *mutex)
{
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int cnd_init(cnd_t *cond)
{
    return outcome(pthread_cond_init((pthread_cond_t *)cond, NULL));
}

int cnd_signal(cnd_t *cond)
{
    return outcome(pthread_cond_signal((pthread_cond_t *)cond));
}

int cnd_broadcast(cnd_t *cond)
{
    return outcome(pthread_cond_broadcast((pthread_cond_t *)cond));
}

int cnd_wait(cnd_t *cond, mtx_t *mutex)
{
    return outcome(pthread_cond_wait((pthread_cond_t *)cond, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *until)
{
    return outcome(pthread_cond_timedwait((pthread_cond_t *)cond, (pthread_mutex_t *)mutex, until));
}

void cnd_destroy(cnd_t *cond)
{
    pthread_cond_destroy((pthread_cond_t *)cond);
}
