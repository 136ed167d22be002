/* Doors task, pool and out: what the daemon has threads for. Here each step, each piece of work and
 * each write is an event of its own at a time of the seed's choosing. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "io/child.h"
#include "io/loop.h"
#include "io/out.h"
#include "io/pool.h"
#include "io/task.h"
#include "parts.h"

#define SWITCH_US 100 /* a thread is woken within so long */

/* ---- tasks */

struct task {
    struct list link; /* of its process, until the process ends: an event may still name it */
    struct sim_process *process;
    task_step step;
    void *ctx;
    struct loop_post *ended;
    struct mail *first, **end;
    uint64_t due_us; /* of the next step; UINT64_MAX: none comes */
    bool running, woken, over;
};

static void task_run(void *ctx);

static void task_plan(struct task *task, uint64_t delay_us)
{
    task->due_us = task->process->sim->now_us + delay_us;
    sim_post(task->process->sim, task->process, delay_us, task_run, task);
}

static void task_run(void *ctx)
{
    struct task *task = ctx;
    struct sim *sim = task->process->sim;
    if (task->over || task->due_us > sim->now_us)
        return; /* planned anew meanwhile */
    task->due_us = UINT64_MAX;
    task->running = true;
    task->woken = false;
    uint64_t wait_ms = task->step(task->ctx);
    task->running = false;
    if (sim_dying(task->process))
        return;
    if (wait_ms == TASK_END) {
        task->over = true;
        loop_post(task->process->loop, task->ended);
    } else if (task->woken || task->first) {
        task_plan(task, 1 + sim_below(sim, SWITCH_US));
    } else if (wait_ms < UINT64_MAX / 2000) {
        task_plan(task, wait_ms * 1000 + 1 + sim_below(sim, SWITCH_US));
    }
}

struct task *task_start(struct loop *loop, const char *name, task_step step, void *ctx,
                        struct loop_post *ended)
{
    check(strlen(name) <= 15 && ended->cb);
    struct task *task = sim_alloc(sizeof *task);
    *task =
        (struct task){ .process = sim_process_of(loop), .step = step, .ctx = ctx, .ended = ended };
    task->end = &task->first;
    list_add_tail(&task->process->parts->tasks, &task->link);
    task_plan(task, 1 + sim_below(task->process->sim, SWITCH_US));
    return task;
}

void task_wake(struct task *task)
{
    struct sim *sim = task->process->sim;
    uint64_t soon_us = 1 + sim_below(sim, SWITCH_US);
    task->woken = true;
    if (!task->over && !task->running && task->due_us > sim->now_us + soon_us)
        task_plan(task, soon_us);
}

void task_post(struct task *task, struct mail *mail)
{
    mail->next = NULL;
    *task->end = mail;
    task->end = &mail->next;
    task_wake(task);
}

struct mail *task_take(struct task *task)
{
    struct mail *mail = task->first;
    task->first = NULL;
    task->end = &task->first;
    return mail;
}

void task_free(struct task *task)
{
    check(!task || task->over);
}

void sim_tasks_drop(struct list *tasks)
{
    while (!list_empty(tasks)) {
        struct list *link = list_first(tasks);
        list_remove(link);
        free(LIST_ITEM(link, struct task, link));
    }
}

/* ---- pool */

struct pool_slot { /* one thread and the piece it works on */
    struct pool *pool;
    struct pool_run *run; /* NULL: idle */
    uint32_t piece;
};
struct pool {
    struct list link; /* of its process, until the process ends */
    struct sim_process *process;
    struct loop *loop;
    struct pool_run *first, **end; /* not called back; in the order of their start */
    bool closed;
    uint32_t threads;
    struct pool_slot slots[];
};

static void pool_done(void *ctx) /* in the loop's thread: the runs that are whole, in order */
{
    struct pool *pool = ctx;
    struct pool_run *run = pool->first;
    if (pool->closed || !run || !run->ended)
        return;
    pool->first = run->behind;
    if (!pool->first)
        pool->end = &pool->first;
    if (pool->first && pool->first->ended)
        sim_post(pool->process->sim, pool->process, 1, pool_done, pool);
    run->cb(run);
}

static void pool_work(void *ctx);

/* Has the slot do what comes next in the run, if anything can now. */
static void slot_begin(struct pool_slot *slot, struct pool_run *run, uint32_t done)
{
    struct pool *pool = slot->pool;
    struct sim *sim = pool->process->sim;
    bool more;
    uint32_t piece = pool_next(run, done, &more);
    if (piece == POOL_END) {
        run->ended = true;
        if (run == pool->first)
            sim_post(sim, pool->process, 1, pool_done, pool);
    } else if (piece != POOL_WAIT) {
        run->under_way++;
        slot->run = run;
        slot->piece = piece;
        uint64_t delay_us = 1 + sim_below(sim, 2000);
        run->cpu_us += delay_us;
        sim_post(sim, pool->process, delay_us, pool_work, slot);
    }
}

static void pool_pump(struct pool *pool)
{
    for (uint32_t i = 0; i < pool->threads; i++)
        for (struct pool_run *run = pool->first; run && !pool->slots[i].run; run = run->behind)
            if (!run->ended)
                slot_begin(&pool->slots[i], run, POOL_NONE);
}

static void pool_work(void *ctx)
{
    struct pool_slot *slot = ctx;
    struct pool_run *run = slot->run;
    if (slot->pool->closed)
        return;
    run->fn(run->ctx, slot->piece);
    run->under_way--;
    slot->run = NULL;
    slot_begin(slot, run, slot->piece);
    pool_pump(slot->pool);
}

uint32_t pool_cores(void)
{
    return 2;
}

struct pool *pool_new(struct loop *loop, uint32_t threads)
{
    check(threads);
    struct pool *pool = sim_alloc(sizeof *pool + threads * sizeof *pool->slots);
    pool->process = sim_process_of(loop);
    pool->loop = loop;
    pool->threads = threads;
    pool->end = &pool->first;
    for (uint32_t i = 0; i < threads; i++)
        pool->slots[i].pool = pool;
    list_add_tail(&pool->process->parts->pools, &pool->link);
    return pool;
}

void pool_start(struct pool *pool, struct pool_run *run)
{
    run->behind = NULL;
    run->started = run->under_way = 0;
    run->cpu_us = 0;
    run->ended = false;
    *pool->end = run;
    pool->end = &run->behind;
    pool_pump(pool);
}

uint32_t pool_threads(const struct pool *pool)
{
    return pool->threads;
}

struct loop *pool_loop(const struct pool *pool)
{
    return pool->loop;
}

void pool_free(struct pool *pool)
{
    if (pool)
        pool->closed = true;
}

void sim_pools_drop(struct list *pools)
{
    while (!list_empty(pools)) {
        struct list *link = list_first(pools);
        list_remove(link);
        free(LIST_ITEM(link, struct pool, link));
    }
}

/* ---- child */

/* Every program is cat. */
bool child_run(const struct child_job *job, struct buf *output, struct buf *said, struct err *err)
{
    (void)said;
    (void)err;
    buf_put(output, job->input.ptr, job->input.len);
    return true;
}

/* ---- out */

struct out {
    struct list link; /* of its process, until the process ends */
    struct sim_process *process;
    struct out_req *first, **end;
    bool closed;
};

static void out_one(void *ctx)
{
    struct out *out = ctx;
    struct out_req *req = out->first;
    if (out->closed || !req)
        return;
    out->first = req->next;
    if (!out->first)
        out->end = &out->first;
    struct mem_domain *before = mem_domain_enter(NULL);
    buf_put(&out->process->sim->parts->output, req->bytes.ptr, req->bytes.len);
    mem_domain_enter(before);
    if (out->first)
        sim_post(out->process->sim, out->process, 1 + sim_below(out->process->sim, 1000), out_one,
                 out);
    req->cb(req);
}

struct out *out_open(struct loop *loop, int fd)
{
    (void)fd;
    struct out *out = sim_alloc(sizeof *out);
    out->process = sim_process_of(loop);
    out->end = &out->first;
    list_add_tail(&out->process->parts->outs, &out->link);
    return out;
}

void out_write(struct out *out, struct out_req *req)
{
    sim_peer(out->process);
    req->next = NULL;
    req->err = (struct err){ .kind = ERR_NONE };
    bool idle = !out->first;
    *out->end = req;
    out->end = &req->next;
    if (idle)
        sim_post(out->process->sim, out->process, 1 + sim_below(out->process->sim, 1000), out_one,
                 out);
}

void out_free(struct out *out)
{
    if (out)
        out->closed = true;
}

void sim_outs_drop(struct list *outs)
{
    while (!list_empty(outs)) {
        struct list *link = list_first(outs);
        list_remove(link);
        struct out *out = LIST_ITEM(link, struct out, link);
        if (!out->closed && out->first &&
            sim_chance(out->process->sim, 500)) { /* torn by its death */
            struct slice bytes = out->first->bytes;
            buf_put(&out->process->sim->parts->output, bytes.ptr,
                    sim_below(out->process->sim, bytes.len + 1));
        }
        free(out);
    }
}
