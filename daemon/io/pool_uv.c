/* Threads that take pieces of the oldest run that has any now. One that finds a piece wakes another
 * when there are more. The thread that finishes a run's last piece puts the run on `done` and, unless
 * one is on its way already, sends the pool's one post to the loop, which calls back all that is done. */
#include <stdbool.h>
#include <time.h>
#include <uv.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/loop_uv.h"
#include "io/pool.h"
#include "io/thread.h"

#define POOL_THREADS_MAX 256

struct pool {
    struct loop *loop;
    struct loop_post post;
    pthread_mutex_t mutex;             /* over all below */
    pthread_cond_t cond;               /* there are pieces, or it is over */
    struct pool_run *first, **end;     /* runs that are not done */
    struct pool_run *done, **done_end; /* runs to be called back */
    bool posted;                       /* the post is on its way */
    bool closing;
    uint32_t n_threads;
    pthread_t threads[];
};

static void pool_finished(struct pool *pool, struct pool_run *run) /* under the mutex */
{
    run->behind = NULL;
    *pool->done_end = run;
    pool->done_end = &run->behind;
    if (!pool->posted)
        loop_post(pool->loop, &pool->post);
    pool->posted = true;
}

static void pool_done_cb(struct loop_post *post)
{
    struct pool *pool = CONTAINER_OF(post, struct pool, post);
    pthread_mutex_lock(&pool->mutex);
    struct pool_run *run = pool->done;
    pool->done = NULL;
    pool->done_end = &pool->done;
    pool->posted = false;
    pthread_mutex_unlock(&pool->mutex);
    while (run) {
        struct pool_run *behind = run->behind;
        run->cb(run);
        run = behind;
    }
}

static void pool_remove(struct pool *pool, struct pool_run *run) /* under the mutex */
{
    struct pool_run **at = &pool->first;
    while (*at != run)
        at = &(*at)->behind;
    *at = run->behind;
    if (!*at)
        pool->end = at;
}

/* Of this thread. */
static uint64_t cpu_us(void)
{
    struct timespec used;
    check(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) == 0);
    return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

/* Does pieces of a run as long as it has any now. False: it had none. */
static bool pool_work(struct pool *pool, struct pool_run *run) /* under the mutex, which is free
                                                                  while a piece runs */
{
    bool more = false, any = false;
    uint32_t piece = pool_next(run, POOL_NONE, &more);
    uint64_t before = cpu_us();
    for (; piece != POOL_WAIT && piece != POOL_END; piece = pool_next(run, piece, &more)) {
        any = true;
        run->under_way++;
        if (more)
            pthread_cond_signal(&pool->cond);
        pthread_mutex_unlock(&pool->mutex);
        run->fn(run->ctx, piece);
        pthread_mutex_lock(&pool->mutex);
        run->under_way--;
        if (pool->closing)
            return true;
    }
    run->cpu_us += cpu_us() - before;
    if (piece == POOL_WAIT)
        return any;
    pool_remove(pool, run);
    pool_finished(pool, run);
    return true;
}

static void *pool_thread(void *ctx)
{
    struct pool *pool = ctx;
    pthread_mutex_lock(&pool->mutex);
    while (!pool->closing) {
        struct pool_run *run = pool->first;
        while (run && !pool_work(pool, run))
            run = run->behind;
        if (!run)
            pthread_cond_wait(&pool->cond, &pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

uint32_t pool_cores(void)
{
    return uv_available_parallelism();
}

struct pool *pool_new(struct loop *loop, uint32_t threads)
{
    check(threads >= 1 && threads <= POOL_THREADS_MAX);
    struct pool *pool = mem_zalloc(sizeof *pool + threads * sizeof pool->threads[0]);
    pool->loop = loop;
    pool->post.cb = pool_done_cb;
    pool->end = &pool->first;
    pool->done_end = &pool->done;
    check(pthread_mutex_init(&pool->mutex, NULL) == 0);
    check(pthread_cond_init(&pool->cond, NULL) == 0);
    for (; pool->n_threads < threads; pool->n_threads++)
        pool->threads[pool->n_threads] = thread_start("compute", pool_thread, pool);
    return pool;
}

void pool_start(struct pool *pool, struct pool_run *run)
{
    run->behind = NULL;
    run->started = run->under_way = 0;
    run->cpu_us = 0;
    pthread_mutex_lock(&pool->mutex);
    *pool->end = run;
    pool->end = &run->behind;
    pthread_cond_signal(&pool->cond);
    pthread_mutex_unlock(&pool->mutex);
}

uint32_t pool_threads(const struct pool *pool)
{
    return pool->n_threads;
}

struct loop *pool_loop(const struct pool *pool)
{
    return pool->loop;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->closing = true;
    pthread_cond_broadcast(&pool->cond);
    pthread_mutex_unlock(&pool->mutex);
    for (uint32_t i = 0; i < pool->n_threads; i++)
        thread_join(pool->threads[i]);
    loop_post_cancel(pool->loop, &pool->post);
    pthread_cond_destroy(&pool->cond);
    pthread_mutex_destroy(&pool->mutex);
    mem_free(pool);
}
