/* Children as their supervisor meets them: checks that answer or do not, workers that run, fail, hang, say that they lost the
 * job, end when they are told or only when they are killed. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "fleet.h"
#include "parts.h"
#include "worker/report.h"

#define SECOND_US 1000000

static struct fleet *fleet_of(const struct machine_child *child)
{
    return child->machine->ctx;
}

static bool ill(const struct machine_child *child, uint32_t thousandths)
{
    return !fleet_of(child)->healed && fleet_of(child)->meddling &&
           sim_chance(child->machine->sim, thousandths);
}

static void say_ready(struct machine_child *child, const struct version *version)
{
    char line[400];
    snprintf(line, sizeof line,
             "ready enabled=%d max_attempts=%lld window=%lld backoff=%lld backoff_max=%lld "
             "stop_timeout=%lld interval=1000 text=\"version %u\"\n",
             version->enabled, (long long)version->max, (long long)version->window_ms,
             (long long)version->initial_ms, (long long)version->most_ms,
             (long long)version->stop_ms, child->version);
    machine_say(child, line);
}

static void say_rejected(struct machine_child *child)
{
    machine_say(child, "rejected count=1 text=\"no\"\n");
    machine_end(child, WORKER_REJECTED, 0);
}

/* ---- a check */

static void check_runs(struct machine_child *child)
{
    const struct version *version = &fleet_of(child)->versions[child->version];
    if (ill(child, 30))
        return; /* it hangs */
    if (ill(child, 30))
        machine_end(child, 0, SIGSEGV);
    else if (!child->version || !version->valid)
        say_rejected(child);
    else
        say_ready(child, version);
    machine_end(child, ill(child, 20) ? 1 : WORKER_DONE, 0);
}

/* ---- a worker */

static void end_of_any_kind(struct machine_child *child)
{
    static const int signals[] = { SIGKILL, SIGSEGV, SIGABRT, SIGTERM };
    struct sim *sim = child->machine->sim;
    uint64_t kind = sim_below(sim, 8);
    child->fenced = kind < 2;
    if (child->fenced)
        machine_say(child, "fenced text=\"host-b\"\n");
    if (kind == 0 || kind == 2)
        machine_end(child, WORKER_AGAIN, 0);
    else if (kind == 3)
        machine_end(child, 0, 0); /* nobody asked for that */
    else if (kind == 4)
        machine_end(child, 1 + (int)sim_below(sim, 70), 0);
    else
        machine_end(child, 0, signals[sim_below(sim, ARRAY_SIZE(signals))]);
}

static void worker_ends(void *ctx)
{
    struct machine_child *child = ctx;
    const struct version *version = &fleet_of(child)->versions[child->version];
    if (!child->alive || fleet_of(child)->healed)
        return;
    if (version->mood == MOOD_FAILS)
        machine_end(child, 1, 0);
    else if (version->mood == MOOD_TOLD)
        machine_end(child, WORKER_AGAIN, 0);
    else if (version->mood == MOOD_HANGS)
        child->hangs = true;
    else
        end_of_any_kind(child);
}

/* As the script says, by the number of the attempt. */
static void worker_plays(void *ctx)
{
    struct machine_child *child = ctx;
    struct fleet *fleet = fleet_of(child);
    uint64_t outcome = fleet->script >> 2 * child->attempt & 3;
    if (!child->alive || child->attempt >= FLEET_SCRIPT)
        return;
    if (outcome == 3 && child->parent->alive)
        sim_kill(child->parent);
    else
        machine_end(child, outcome == 2 ? WORKER_AGAIN : 1, 0);
}

static void worker_lives(void *ctx)
{
    struct machine_child *child = ctx;
    struct sim *sim = child->machine->sim;
    if (!child->alive || child->hangs)
        return;
    machine_say(child, "progress\n");
    if (child->beats++ == 0) {
        machine_say(
            child,
            "state state=RUNNING next=-1 text=\"\"\n"
            "batch number=1 time=1795537622000 records=1 delay=10 lag_records=0 lag=0 dead=0\n");
        fleet_ran(child);
    }
    sim_after(sim, SECOND_US, worker_lives, child);
}

static void worker_runs(struct machine_child *child)
{
    const struct version *version = &fleet_of(child)->versions[child->version];
    struct sim *sim = child->machine->sim;
    uint32_t most_ms = version->life_ms ? version->life_ms : 1 + (uint32_t)sim_below(sim, 90000);
    if (!child->version) { /* its file is gone */
        machine_end(child, 74, 0);
        return;
    }
    if (!version->valid || version->refuses) {
        say_rejected(child);
        return;
    }
    say_ready(child, version);
    if (!version->enabled) {
        machine_end(child, WORKER_DONE, 0);
        return;
    }
    sim_after(sim, 500000, worker_lives, child);
    if (version->mood == MOOD_SCRIPT)
        sim_after(sim, (fleet_of(child)->script >> 2 * child->attempt & 3) == 1 ? 25000000 : 600000,
                  worker_plays, child);
    else if (version->mood != MOOD_GOOD)
        sim_after(
            sim,
            version->life_ms ? (uint64_t)most_ms * 1000 : sim_below(sim, (uint64_t)most_ms * 1000),
            worker_ends, child);
}

static void child_begins(void *ctx)
{
    struct machine_child *child = ctx;
    struct slice bytes = { "", 0 };
    if (!child->alive)
        return;
    if (!child->parent->alive) { /* it asks for its parent first thing */
        machine_end(child, WORKER_AGAIN, 0);
        return;
    }
    child->version =
        machine_read(child->machine, child->spec, &bytes) ? fleet_read(fleet_of(child), bytes) : 0;
    if (child->is_check)
        check_runs(child);
    else
        worker_runs(child);
}

void fleet_child_begin(struct machine_child *child)
{
    sim_after(child->machine->sim, 1 + sim_below(child->machine->sim, 200000), child_begins, child);
}

/* ---- signals */

static void worker_stops(void *ctx)
{
    machine_end(ctx, WORKER_DONE, 0);
}

static void worker_stops_badly(void *ctx)
{
    machine_end(ctx, 1, 0);
}

static void worker_aborts(void *ctx)
{
    machine_end(ctx, 0, SIGABRT);
}

void fleet_child_told(struct machine_child *child, int signal)
{
    struct sim *sim = child->machine->sim;
    bool deaf = child->hangs || ill(child, 100);
    if (signal == SIGABRT && !ill(child, 300))
        sim_after(sim, sim_below(sim, 50000), worker_aborts, child);
    else if (signal == SIGTERM && !deaf) {
        bool badly = ill(child, 200); /* a draw a statement */
        sim_after(sim, sim_below(sim, 1500000), badly ? worker_stops_badly : worker_stops, child);
    }
}
