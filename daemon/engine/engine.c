#include "engine/engine.h"

#include "base/check.h"
#include "base/mem.h"
#include "engine/catchup.h"
#include "engine/compute.h"
#include "engine/memories.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/world.h"

/* Blocks wait in `fed` while the pool computes those in `taken`, in the order of feeding. When a run ends its
 * blocks are given back and all that gathered meanwhile becomes the next run: the loop and the compute threads meet once a
 * run, whatever the number of blocks. The cut is a run of its own, between those: the loop goes on meanwhile, whatever the
 * batch's result takes, and may look at nothing that compute holds. */

struct fed {
    struct list link;
    struct block *block;
    engine_cb cb;
    void *ctx;
};

struct engine {
    struct engine_conf conf;
    struct compute compute; /* the pool's while a run is under way, else the loop's */
    struct list fed, taken; /* of struct fed */
    struct block **blocks;  /* of those in taken */
    size_t n_blocks, blocks_cap;
    struct pool_run run;
    bool running;
    uint64_t fed_bytes;  /* of blocks that were fed and not given back */
    size_t bytes;        /* that operations hold, as of the last run … */
    size_t base;         /* … and what of it the open batch began with */
    bool dead_half_full; /* after the last run */
    struct dead dead[2]; /* of the open batch and of the last one, in turns */
    unsigned open;       /* which is the open batch's */
    struct buf *outputs; /* of the last cut */
    struct memories memories;
    int64_t zero_ms;
    uint64_t tick; /* of the last cut */
    bool has_clock;
    bool is_open;        /* the open batch's time is known: compute.batch_ms */
    uint64_t closed_us;  /* when the last cut began … */
    bool closing;        /* the cut under way: */
    uint64_t elapsed_us; /* … and how long before this one */
    bool renewed;        /* its batch was full, or much of it stayed */
    struct pool_run cut_run;
    struct engine_cut cut;
    engine_cut_cb cut_cb;
    void *cut_ctx;
};

static uint64_t engine_now_us(const struct engine *engine)
{
    return world_mono_us(loop_world(pool_loop(engine->conf.pool)));
}

struct engine *engine_new(const struct engine_conf *conf)
{
    struct engine *made = mem_zalloc(sizeof *made);
    made->conf = *conf;
    list_init(&made->fed);
    list_init(&made->taken);
    compute_open(&made->compute, &made->conf, pool_threads(conf->pool));
    made->compute.dead = &made->dead[0];
    made->closed_us = engine_now_us(made);
    memories_open(&made->memories, &made->compute);
    made->outputs = mem_zalloc(conf->spec->n_outputs * sizeof *made->outputs);
    return made;
}

/* ---- blocks */

static uint32_t engine_next(void *ctx, uint32_t done, bool *more) /* on any thread, one at a time */
{
    return compute_next(&((struct engine *)ctx)->compute, done, more);
}

static void engine_task(void *ctx, uint32_t task) /* on any thread of the pool */
{
    compute_task(&((struct engine *)ctx)->compute, task);
}

static void engine_run_cb(struct pool_run *run);

static void list_move(struct list *from, struct list *to)
{
    while (!list_empty(from)) {
        struct list *link = list_first(from);
        list_remove(link);
        list_add_tail(to, link);
    }
}

/* Computes what was fed so far. */
static void engine_start(struct engine *engine)
{
    if (engine->running || list_empty(&engine->fed))
        return;
    list_move(&engine->fed, &engine->taken);
    engine->n_blocks = 0;
    LIST_EACH(link, &engine->taken)
    {
        if (engine->n_blocks == engine->blocks_cap) {
            engine->blocks_cap = engine->blocks_cap ? engine->blocks_cap * 2 : 64;
            engine->blocks =
                mem_realloc(engine->blocks, engine->blocks_cap * sizeof(struct block *));
        }
        engine->blocks[engine->n_blocks++] = LIST_ITEM(link, struct fed, link)->block;
    }
    compute_feed(&engine->compute, engine->blocks, engine->n_blocks);
    engine->running = true;
    engine->run = (struct pool_run){
        .fn = engine_task, .ctx = engine, .next = engine_next, .cb = engine_run_cb
    };
    pool_start(engine->conf.pool, &engine->run);
}

static void engine_run_cb(struct pool_run *run)
{
    struct engine *engine = CONTAINER_OF(run, struct engine, run);
    struct list done;
    list_init(&done);
    list_move(&engine->taken, &done);
    engine->running = false;
    compute_took(&engine->compute, run->cpu_us);
    engine->bytes = engine->compute.bytes;
    engine->dead_half_full = dead_half_full(engine->compute.dead);
    engine_start(engine);
    while (!list_empty(&done)) {
        struct fed *fed = LIST_ITEM(list_first(&done), struct fed, link);
        list_remove(&fed->link);
        engine->fed_bytes -= fed->block->used;
        fed->cb(fed->ctx, fed->block);
        mem_free(fed);
    }
}

void engine_feed(struct engine *engine, struct block *block, engine_cb cb, void *ctx)
{
    struct fed *fed = mem_alloc(sizeof *fed);
    check(block->source < engine->conf.spec->n_sources);
    *fed = (struct fed){ .block = block, .cb = cb, .ctx = ctx };
    list_add_tail(&engine->fed, &fed->link);
    engine->fed_bytes += block->used;
    engine_start(engine);
}

bool engine_idle(const struct engine *engine)
{
    return !engine->running && !engine->closing && list_empty(&engine->fed);
}

bool engine_closing(const struct engine *engine)
{
    return engine->closing;
}

/* ---- how much goes into a batch */

#define BATCH_PART 3 /* the rest is for what is on its way, for tables that double, for results */
#define STATE_PART 6 /* what stays of a batch: state that grew, and tables */

/* Is it one of so many parts of what was left to the batch? */
static bool engine_is_much(const struct engine *engine, uint64_t bytes, unsigned parts)
{
    uint64_t max = engine->conf.spec->memory_max, base = engine->base; /* max 0 = no limit */
    return max && bytes >= base + (max > base ? (max - base) / parts : 0);
}

bool engine_full(const struct engine *engine)
{
    bool keeps = engine->conf.spec->on_error == ON_ERROR_DEAD_LETTER;
    return (keeps && engine->dead_half_full) ||
           engine_is_much(engine, engine->bytes + engine->fed_bytes, BATCH_PART);
}

/* After a batch. When much stays, or it was full, its tables are given back: what then stays is state, and no batch's. */
static void engine_weigh(struct engine *engine)
{
    struct compute *compute = &engine->compute;
    engine->renewed |= engine_is_much(engine, compute_bytes(compute), STATE_PART);
    if (engine->renewed)
        compute_renew(compute);
    compute->bytes = compute_bytes(compute);
}

/* ---- what outlives the batch */

bool engine_restore(struct engine *engine, const struct engine_state *states, size_t n,
                    struct err *err)
{
    check(engine_idle(engine));
    bool ok = memories_restore(&engine->memories, states, n, err);
    engine->base = compute_bytes(&engine->compute);
    return ok;
}

void engine_save_begin(struct engine *engine)
{
    check(!engine->closing);
    memories_save_begin(&engine->memories);
}

bool engine_save(struct engine *engine, struct engine_state *part)
{
    check(!engine->closing);
    return memories_save(&engine->memories, part);
}

void engine_set_clock(struct engine *engine, int64_t zero_ms, int64_t last_ms)
{
    uint64_t interval = engine->conf.spec->batch_interval_ms;
    check(last_ms >= zero_ms && interval > 0);
    engine->zero_ms = zero_ms;
    engine->tick = (uint64_t)(last_ms - zero_ms) / interval;
    engine->has_clock = true;
}

void engine_open_batch(struct engine *engine, int64_t batch_ms)
{
    check(engine_idle(engine));
    engine->compute.batch_ms = batch_ms;
    engine->is_open = true;
}

/* The number of a batch's tick; without a clock they are counted. */
static uint64_t engine_tick(const struct engine *engine, int64_t batch_ms)
{
    uint64_t interval = engine->conf.spec->batch_interval_ms;
    if (!engine->has_clock)
        return engine->tick + 1;
    uint64_t tick = (uint64_t)(batch_ms - engine->zero_ms) / interval;
    check(batch_ms > engine->zero_ms && tick > engine->tick);
    return tick;
}

/* ---- the cut */

static void engine_cut_task(void *ctx,
                            uint32_t task) /* on a thread of the pool, all others at rest */
{
    struct engine *engine = ctx;
    struct compute *compute = &engine->compute;
    struct dead *dead = &engine->dead[engine->open];
    int64_t batch_ms = compute->batch_ms;
    uint64_t tick = engine_tick(engine, batch_ms), records = compute->records;
    engine->renewed = engine_is_much(engine, compute->bytes, BATCH_PART);
    (void)task;
    catchup(compute, engine->tick, tick, batch_ms);
    compute->tick = engine->tick = tick;
    compute->batch_ms = batch_ms;
    compute_cut(compute, engine->outputs);
    compute_choose(compute, engine->elapsed_us);
    if (compute->failed.kind != ERR_NONE)
        return;
    engine->open = !engine->open;
    compute->dead = &engine->dead[engine->open];
    dead_clear(compute->dead);
    dead_sort(dead);
    memories_changes(&engine->memories);
    engine_weigh(engine);
    engine->cut = (struct engine_cut){ .records = records,
                                       .errors = dead->errors,
                                       .outputs = engine->outputs,
                                       .n_outputs = engine->conf.spec->n_outputs,
                                       .dead = dead->items,
                                       .n_dead = dead->n,
                                       .changes = engine->memories.states,
                                       .n_changes = engine->memories.n_states,
                                       .said = dead->said,
                                       .n_said = dead->n_said };
}

static void engine_closed_cb(struct pool_run *run)
{
    struct engine *engine = CONTAINER_OF(run, struct engine, cut_run);
    const struct err *err = &engine->compute.failed;
    engine->closing = false;
    engine->bytes = engine->compute.bytes; /* here: the loop asks engine_full() meanwhile */
    if (engine->renewed || engine->bytes < engine->base)
        engine->base = engine->bytes;
    engine->dead_half_full = false;
    engine->cut_cb(engine->cut_ctx, err->kind == ERR_NONE ? &engine->cut : NULL, err);
}

void engine_close_batch(struct engine *engine, int64_t batch_ms, engine_cut_cb cb, void *ctx)
{
    check(engine_idle(engine));
    check(!engine->is_open || batch_ms == engine->compute.batch_ms);
    engine->compute.batch_ms = batch_ms;
    engine->is_open = false;
    engine->closing = true;
    uint64_t now_us = engine_now_us(engine);
    engine->elapsed_us = now_us - engine->closed_us;
    engine->closed_us = now_us;
    engine->cut_cb = cb;
    engine->cut_ctx = ctx;
    for (size_t i = 0; i < engine->conf.spec->n_outputs; i++)
        buf_clear(&engine->outputs[i]);
    engine->cut_run = (struct pool_run){
        .fn = engine_cut_task, .ctx = engine, .pieces = 1, .cb = engine_closed_cb
    };
    pool_start(engine->conf.pool, &engine->cut_run);
}

static void list_drop(struct list *list)
{
    while (!list_empty(list)) {
        struct list *link = list_first(list);
        list_remove(link);
        mem_free(LIST_ITEM(link, struct fed, link));
    }
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    list_drop(&engine->fed);
    list_drop(&engine->taken);
    memories_close(&engine->memories);
    compute_close(&engine->compute);
    for (size_t i = 0; i < engine->conf.spec->n_outputs; i++)
        buf_free(&engine->outputs[i]);
    for (int i = 0; i < 2; i++)
        dead_free(&engine->dead[i]);
    mem_free(engine->outputs);
    mem_free(engine->blocks);
    mem_free(engine);
}
