/* Processes: each callback runs inside its process' memory domain; a process that dies inside one of
 * its own callbacks is deaf from that moment, and buried when the callback is over. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "base/check.h"
#include "base/list.h"
#include "io/loop.h"
#include "parts.h"

struct process { /* both halves in one piece */
    struct sim_process head;
    struct sim_process_parts parts;
    jmp_buf out;   /* of the callback that runs */
    bool is_short; /* one will */
};

static void process_main(void *ctx)
{
    struct sim_process *process = ctx;
    struct sim_process_parts *parts = process->parts;
    parts->main(process, parts->main_ctx);
}

struct sim_process *sim_start(struct sim *sim, const char *name, sim_main main, void *ctx)
{
    struct process *both = sim_alloc(sizeof *both);
    struct sim_process *process = &both->head;
    struct sim_process_parts *parts = process->parts = &both->parts;
    *process = (struct sim_process){ .sim = sim, .name = name, .host = "host-a", .alive = true };
    process->parts = parts;
    process->pid = 1000 + ++sim->parts->pids;
    *parts = (struct sim_process_parts){ .process = process, .main = main, .main_ctx = ctx };
    parts->domain = mem_domain_new();
    parts->mono_us = 1000000 + sim_below(sim, 1000000000);
    parts->boot_ms = 5000000;
    strcpy(parts->boot_id, "6d6f6e64-6179-4d6f-b264-617920303031");
    parts->wall_ms = 1795537622000 + (int64_t)sim_below(sim, 10000) - 5000;
    list_init(&parts->tasks);
    list_init(&parts->pools);
    list_init(&parts->outs);
    list_add_tail(&sim->parts->processes, &parts->link);
    process->world = sim_world_new(process);
    process->loop = sim_loop_new(process);
    process->ctx = ctx;
    sim_trace(sim, "%s[%u] starts", name, process->pid);
    sim_post(sim, process, sim_below(sim, 1000), process_main, process);
    return process;
}

static void process_bury(struct sim_process *process)
{
    struct sim_process_parts *parts = process->parts;
    if (!process->alive)
        return;
    struct mem_domain *before = mem_domain_enter(NULL); /* perhaps another one killed it */
    process->alive = false;
    sim_trace(process->sim, "%s[%u] has ended: %d", process->name, process->pid, process->status);
    sim_stores_bury(process);
    sim_kafkas_bury(process);
    sim_tasks_drop(&parts->tasks);
    sim_pools_drop(&parts->pools);
    sim_outs_drop(&parts->outs);
    sim_loop_drop(process->loop);
    free(process->world);
    process->loop = NULL;
    process->world = NULL;
    mem_domain_drop(parts->domain);
    parts->domain = NULL;
    free(parts->deferred.at);
    parts->deferred = (struct sim_events){ 0 };
    if (process->ended)
        process->ended(process);
    mem_domain_enter(before);
}

void sim_process_free(struct sim_process *process)
{
    process->ended = NULL;
    process_bury(process);
    list_remove(&process->parts->link);
    free(CONTAINER_OF(process, struct process, head));
}

bool sim_dying(const struct sim_process *process)
{
    return process->parts->dying;
}

void sim_end(struct sim_process *process, int status)
{
    if (process->parts->dying)
        return;
    process->parts->dying = true;
    process->status = status;
    if (!process->parts->inside)
        process_bury(process);
}

void sim_kill(struct sim_process *process)
{
    if (sim_dying(process))
        return;
    sim_trace(process->sim, "%s[%u] is killed", process->name, process->pid);
    census_note(CENSUS_KILLS);
    sim_end(process, SIM_KILLED);
}

void sim_crash_at(struct sim_process *process, uint64_t n, enum sim_crash how)
{
    process->parts->crash_at = n;
    process->parts->crash_how = how;
}

void sim_crash_within(struct sim_process *process, uint64_t n)
{
    uint64_t at = process->requests + 1 + sim_below(process->sim, n);
    sim_crash_at(process, at, (enum sim_crash)sim_below(process->sim, SIM_CRASHES));
}

void sim_pause_at(struct sim_process *process, uint64_t n)
{
    process->parts->pause_at = n;
}

void sim_error_at(struct sim_process *process, uint64_t n, enum sim_error error, bool for_ever)
{
    process->parts->error_at = n;
    process->parts->error = error;
    process->parts->error_stays = for_ever;
}

void sim_hold_at(struct sim_process *process, uint64_t n, bool stops)
{
    process->parts->hold_at = n;
    process->parts->hold_stops = stops;
}

/* ---- out of a callback, wherever it stands */

enum { OUT_LEAVE = 1, OUT_DIE, OUT_SPENT };

static struct sim_process *process_inside;

struct sim_process *sim_inside(void)
{
    return process_inside;
}

static void process_out(int why) __attribute__((noreturn));
static void process_out(int why)
{
    check(process_inside);
    longjmp(CONTAINER_OF(process_inside, struct process, head)->out, why);
}

void sim_die(void)
{
    process_out(OUT_DIE);
}

void sim_leave(void)
{
    process_out(OUT_LEAVE);
}

/* ---- death at what is no request to a store */

void sim_die_at(struct sim_process *process, uint64_t n, enum sim_death how)
{
    process->parts->die_at = n;
    process->parts->death = how;
}

static void kill_cb(void *ctx)
{
    sim_kill(ctx);
}

void sim_peer(struct sim_process *process)
{
    struct sim_process_parts *parts = process->parts;
    struct sim *sim = process->sim;
    if (sim_dying(process) || process_inside != process || ++parts->peers != parts->die_at)
        return;
    sim->hit = true;
    census_note(CENSUS_PEERS);
    sim_trace(sim, "%s[%u] dies at what it does to others, %llu, way %d", process->name,
              process->pid, (unsigned long long)parts->peers, (int)parts->death);
    if (parts->death == SIM_DEATH_BEFORE)
        sim_die();
    sim_after(sim, parts->death == SIM_DEATH_AFTER ? 0 : sim_below(sim, 20000), kill_cb, process);
}

/* ---- memory that is not there: as the real process does, it ends where it stands */

static void process_spent(void *ctx)
{
    struct process *both = ctx;
    longjmp(both->out, OUT_SPENT);
}

void sim_fail_allocation(struct sim_process *process, uint64_t n)
{
    CONTAINER_OF(process, struct process, head)->is_short = n > 0;
    mem_domain_fail_at(process->parts->domain, n, process_spent,
                       CONTAINER_OF(process, struct process, head));
}

/* What a library holds when its caller ends there is no leak: the real process ends with it. */
static void process_may_leak(const struct process *both, bool may)
{
#ifdef __SANITIZE_ADDRESS__
    if (both->is_short && may)
        __lsan_disable();
    else if (both->is_short)
        __lsan_enable();
#endif
    (void)both, (void)may;
}

static void process_call(struct sim_process *process, const struct sim_event *event)
{
    struct process *both = CONTAINER_OF(process, struct process, head);
    process_may_leak(both, true);
    int out = setjmp(both->out);
    if (out == 0)
        event->fn(event->ctx);
    process_may_leak(both, false);
    if (out == OUT_DIE)
        sim_kill(process);
    if (out != OUT_SPENT)
        return;
    sim_trace(process->sim, "%s[%u] has no memory", process->name, process->pid);
    census_note(CENSUS_ALLOCATIONS);
    process->sim->hit = true;
    sim_end(process, SIM_KILLED);
}

/* ---- pausing: what comes meanwhile is kept, and comes afterwards */

static void process_resume(struct sim_process *process)
{
    struct sim_process_parts *parts = process->parts;
    if (!process->alive || process->paused || parts->stalled)
        return;
    for (size_t i = 0; i < parts->deferred.n; i++)
        sim_post(process->sim, process, 0, parts->deferred.at[i].fn, parts->deferred.at[i].ctx);
    parts->deferred.n = 0;
}

static void process_unstall(void *ctx)
{
    struct sim_process *process = ctx;
    if (process->parts->stalled)
        sim_trace(process->sim, "%s[%u] goes on", process->name, process->pid);
    process->parts->stalled = false;
    process_resume(process);
}

void sim_pause(struct sim_process *process)
{
    if (process->alive && !process->paused) {
        sim_trace(process->sim, "%s[%u] is paused", process->name, process->pid);
        census_note(CENSUS_PAUSES);
    }
    process->paused = true;
}

void sim_continue(struct sim_process *process)
{
    if (process->alive && process->paused)
        sim_trace(process->sim, "%s[%u] is continued", process->name, process->pid);
    process->paused = false;
    process_resume(process);
}

void sim_unstall(struct sim *sim)
{
    LIST_EACH(link, &sim->parts->processes)
    {
        struct sim_process_parts *parts = LIST_ITEM(link, struct sim_process_parts, link);
        parts->error_at = 0;
        process_unstall(parts->process);
    }
}

static void process_stall(struct sim_process *process)
{
    struct sim *sim = process->sim;
    uint64_t ms = 1 + sim_below(sim, sim->faults.stall_ms);
    sim_trace(sim, "%s[%u] stalls for %llu ms", process->name, process->pid,
              (unsigned long long)ms);
    process->parts->stalled = true;
    sim_post(sim, NULL, ms * 1000, process_unstall, process);
}

void sim_process_event(struct sim_process *process, const struct sim_event *event)
{
    struct sim_process_parts *parts = process->parts;
    if (!process->alive)
        return;
    if (!process->paused && !parts->stalled &&
        sim_fires(process->sim, process->sim->faults.stall, CENSUS_STALLS))
        process_stall(process);
    if (process->paused || parts->stalled) {
        sim_events_push(&parts->deferred, *event);
        return;
    }
    struct mem_domain *before = mem_domain_enter(parts->domain);
    struct sim_process *around = process_inside;
    process_inside = process;
    parts->inside = true;
    process_call(process, event);
    parts->inside = false;
    process_inside = around;
    mem_domain_enter(before);
    if (parts->dying)
        process_bury(process);
}
