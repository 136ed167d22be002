/* Threads that take pieces of the oldest run that has any left. The thread that finishes a run's
 * last piece puts the run on `done` and, unless one is on its way already, sends the pool's one
 * post to the loop, which calls back all that is done. */
#include <stdbool.h>
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
    struct pool_run *first, **end;     /* runs with pieces not begun */
    struct pool_run *done, **done_end; /* runs to be called back */
    bool posted;                       /* the post is on its way */
    bool closing;
    uint32_t n_threads;
    pthread_t threads[];
};

static void pool_finished(struct pool *pool, struct pool_run *run) /* under the mutex */
{
    run->next = NULL;
    *pool->done_end = run;
    pool->done_end = &run->next;
    if (!pool->posted && !pool->closing)
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
        struct pool_run *next = run->next;
        run->cb(run);
        run = next;
    }
}

/* Begins a run, or its next phase; wake: so many threads more than those awake can have a piece. */
static void pool_queue(struct pool *pool, struct pool_run *run, uint32_t wake) /* under the mutex */
{
    run->started = run->finished = 0;
    if (run->pieces == 0) {
        pool_finished(pool, run);
    } else {
        run->next = NULL;
        *pool->end = run;
        pool->end = &run->next;
    }
    if (wake == 1)
        pthread_cond_signal(&pool->cond);
    else if (wake)
        pthread_cond_broadcast(&pool->cond);
}

/* All pieces of a phase are done. */
static void pool_joined(struct pool *pool,
                        struct pool_run *run) /* under the mutex, as pool_piece() */
{
    uint32_t pieces = 0;
    if (run->more) {
        pthread_mutex_unlock(&pool->mutex);
        pieces = run->more(run->ctx);
        pthread_mutex_lock(&pool->mutex);
    }
    if (pieces) {
        run->pieces = pieces;
        pool_queue(pool, run, pieces - 1); /* this thread has one */
    } else {
        pool_finished(pool, run);
    }
}

static void pool_piece(struct pool *pool) /* under the mutex, which is free while the piece runs */
{
    struct pool_run *run = pool->first;
    uint32_t piece = run->started++;
    if (run->started == run->pieces) {
        pool->first = run->next;
        if (!pool->first)
            pool->end = &pool->first;
    }
    pthread_mutex_unlock(&pool->mutex);
    run->fn(run->ctx, piece);
    pthread_mutex_lock(&pool->mutex);
    if (++run->finished == run->pieces)
        pool_joined(pool, run);
}

static void *pool_thread(void *ctx)
{
    struct pool *pool = ctx;
    pthread_mutex_lock(&pool->mutex);
    while (!pool->closing) {
        if (pool->first)
            pool_piece(pool);
        else
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
    pthread_mutex_lock(&pool->mutex);
    pool_queue(pool, run, run->pieces);
    pthread_mutex_unlock(&pool->mutex);
}

uint32_t pool_threads(const struct pool *pool)
{
    return pool->n_threads;
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
