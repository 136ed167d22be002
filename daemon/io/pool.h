/* Door: threads that compute. A run is pieces of work, any number of which are done at once; none waits for another; the
 * callback joins them. The pieces are known from the start, or one that ends shows which may be begun. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct loop;
struct pool;
struct pool_run;

#define POOL_NONE UINT32_MAX       /* no piece; of those that next() was asked for: */
#define POOL_WAIT (UINT32_MAX - 1) /* none before one under way is done */
#define POOL_END (UINT32_MAX - 2)  /* all are done */

typedef void (*pool_fn)(void *ctx, uint32_t piece); /* on any thread of the pool */
typedef void (*pool_cb)(struct pool_run *run); /* on the loop's thread, once all pieces are done */
struct pool_run { /* one run in flight; the struct belongs to the pool until cb */
    pool_fn fn;
    void *ctx;
    uint32_t pieces; /* fn is called with 0 … pieces - 1 */
    /* Else: which piece is to be begun; on any thread, but one call at a time, so it is brief. done: the one that ended just
     * now, or POOL_NONE; *more: another thread would find one, too. */
    uint32_t (*next)(void *ctx, uint32_t done, bool *more);
    pool_cb cb;
    uint64_t cpu_us;         /* at cb: what it took of the threads' time, their waiting left out */
    struct pool_run *behind; /* the pool's, as those below */
    uint32_t started, under_way;
    bool ended;
};

uint32_t pool_cores(void); /* that this process may use, at least 1 */
struct pool *pool_new(struct loop *loop, uint32_t threads);
void pool_start(struct pool *pool,
                struct pool_run *run); /* runs are begun in the order of these calls */
uint32_t pool_threads(const struct pool *pool);
struct loop *pool_loop(const struct pool *pool);
void pool_free(struct pool *pool); /* waits for what runs; callbacks of it no longer fire. Not from
                                      inside one */

/* For pools: what next() says of a run, or would say had it one. */
static inline uint32_t pool_next(struct pool_run *run, uint32_t done, bool *more)
{
    if (run->next)
        return run->next(run->ctx, done, more);
    *more = run->started + 1 < run->pieces;
    if (run->started < run->pieces)
        return run->started++;
    return run->under_way ? POOL_WAIT : POOL_END;
}
