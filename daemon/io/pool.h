/* Door: threads that compute. A run is n independent pieces of work, in one phase or several; none
 * waits for another; the callback joins them. */
#pragma once
#include <stdint.h>

struct loop;
struct pool;
struct pool_run;

typedef void (*pool_fn)(void *ctx, uint32_t piece); /* on any thread of the pool */
typedef void (*pool_cb)(struct pool_run *run); /* on the loop's thread, once all pieces are done */
struct pool_run { /* one run in flight; the struct belongs to the pool until cb */
    pool_fn fn;
    void *ctx;
    uint32_t pieces; /* fn is called with 0 … pieces - 1 */
    /* Once all pieces are done, by the thread that did the last: how many there are in the next phase, which is at once begun
     * like a run; 0: there is none. NULL: the run has one phase. */
    uint32_t (*more)(void *ctx);
    pool_cb cb;
    struct pool_run *next; /* the pool's, as the two below */
    uint32_t started, finished;
};

uint32_t pool_cores(void); /* that this process may use, at least 1 */
struct pool *pool_new(struct loop *loop, uint32_t threads);
void pool_start(struct pool *pool,
                struct pool_run *run); /* runs are begun in the order of these calls */
uint32_t pool_threads(const struct pool *pool);
void pool_free(struct pool *pool); /* waits for what runs; callbacks of it no longer fire. Not from
                                      inside one */
