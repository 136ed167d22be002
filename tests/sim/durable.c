/* Workers that claim one job from one another on a store that loses answers, does requests late or
 * twice, refuses, and fails over; at last one worker alone, with no faults, must bring everything to
 * its end. Then the ledger is held against what is in the store. */
#include "durable.h"

#include <stdlib.h>

#include "durable_worker.h"
#include "sim.h"

#define WORKERS_MAX 400
#define DRAIN_MS 300000 /* faults have stopped: within this, all is done */

struct durable {
    struct sim *sim;
    struct ledger *ledger;
    struct durable_plan plan;
    struct sim_process *workers[WORKERS_MAX];
    uint32_t n;
    bool restarts; /* a worker that ends is started again */
};

static void start(void *ctx);

static bool has_ended(void *ctx, uint32_t pid)
{
    const struct durable *durable = ctx;
    for (uint32_t i = 0; i < durable->n; i++) {
        if (durable->workers[i]->pid == pid)
            return !durable->workers[i]->alive;
    }
    return false;
}

static void ended(struct sim_process *process)
{
    struct durable *durable = process->ctx;
    durable->ledger->ends++;
    if (durable->restarts)
        sim_after(durable->sim, 1000 * (1 + sim_below(durable->sim, 2000)), start, durable);
}

static struct sim_process *start_one(struct durable *durable)
{
    struct sim_process *process =
        sim_start(durable->sim, "worker", durable_worker_main, &durable->plan);
    process->ctx = durable;
    process->ended = ended;
    durable->workers[durable->n++] = process;
    return process;
}

static void start(void *ctx)
{
    struct durable *durable = ctx;
    if (durable->restarts && durable->n < WORKERS_MAX - 1)
        start_one(durable);
}

static struct durable *durable_new(struct sim *sim, const char *url)
{
    struct durable *durable = calloc(1, sizeof *durable);
    durable->sim = sim;
    durable->ledger = ledger_new(sim, url);
    durable->plan = (struct durable_plan){
        .ledger = durable->ledger,
        .receive_ms = 5 + sim_below(sim, 300),
        .batch_ms = 5 + sim_below(sim, 500),
        .patience_ms = 500 + sim_below(sim, 5000),
        .places = 2 + (uint32_t)sim_below(sim, 4),
        .snapshot_records = (uint32_t)sim_below(sim, 6),
        .retain = 1 + (uint32_t)sim_below(sim, 3),
        .knows_death = sim_chance(sim, 700),
        .has_ended = has_ended,
        .ctx = durable,
    };
    return durable;
}

static void durable_free(struct durable *durable)
{
    ledger_free(durable->ledger);
    free(durable);
}

static bool complete(void *ctx)
{
    struct durable *durable = ctx;
    return ledger_complete(durable->ledger);
}

/* The end: one worker, no faults, all must be done in time; then everything is counted. */
static void drain(struct durable *durable)
{
    struct sim *sim = durable->sim;
    durable->restarts = false;
    for (uint32_t i = 0; i < durable->n; i++) {
        if (durable->workers[i]->alive)
            sim_kill(durable->workers[i]);
    }
    sim_heal(sim);
    durable->restarts = true;
    start_one(durable);
    bool done = sim_run(sim, DRAIN_MS, complete, durable);
    sim_expect(sim, done, "not all is done after %d s without faults", DRAIN_MS / 1000);
    if (done)
        sim_run(sim, 1000, NULL, NULL);
    if (!*sim->failure)
        ledger_check(durable->ledger);
    sim_trace(sim, "%u workers, %u recoveries, %u fenced, %llu batches", durable->n,
              durable->ledger->recoveries, durable->ledger->fences,
              (unsigned long long)durable->ledger->last_batch);
    durable->restarts = false;
}

static struct sim_process *some_worker(struct durable *durable)
{
    return durable->workers[sim_below(durable->sim, durable->n)];
}

static void go_on(void *ctx)
{
    struct sim_process *process = ctx;
    if (process->alive && process->paused)
        sim_continue(process);
}

static void disturb(struct durable *durable)
{
    struct sim *sim = durable->sim;
    struct sim_process *process = some_worker(durable);
    if (!process->alive)
        return;
    if (sim_chance(sim, 500)) {
        sim_kill(process);
    } else if (!process->paused) {
        sim_pause(process);
        sim_after(sim, 1000 * sim_below(sim, 20000), go_on, process);
    }
}

static void fight(struct sim *sim, const char *url)
{
    struct durable *durable = durable_new(sim, url);
    durable->restarts = true;
    for (uint32_t i = 2 + (uint32_t)sim_below(sim, 2); i; i--)
        start_one(durable);
    for (uint32_t i = 5 + (uint32_t)sim_below(sim, 20); i && !*sim->failure; i--) {
        sim_run(sim, 1 + sim_below(sim, 5000), NULL, NULL);
        if (sim_chance(sim, 600))
            disturb(durable);
    }
    if (!*sim->failure)
        drain(durable);
    durable_free(durable);
}

void durable_fight(struct sim *sim)
{
    fight(sim, "webhdfs://nn/orders");
}

void durable_local(struct sim *sim)
{
    fight(sim, "file:///orders");
}

/* One worker, no faults: everything is there, and it takes no time. */
void durable_calm(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    sim->faults = (struct sim_faults){ .latency_us = 1000, .give_up_ms = 1000 };
    drain(durable);
    sim_expect(sim, durable->ledger->recoveries == 1 && durable->ledger->fences == 0,
               "%u recoveries, %u fenced", durable->ledger->recoveries, durable->ledger->fences);
    durable_free(durable);
}

/* The worker dies at its n-th request, for each n; and the one after it again, at some request. */
static void crash(struct sim *sim, bool twice)
{
    bool local = sim_chance(sim, 300);
    struct durable *durable = durable_new(sim, local ? "file:///orders" : "webhdfs://nn/orders");
    sim->faults = (struct sim_faults){ .latency_us = 1000, .give_up_ms = 1000, .late_ms = 20000 };
    durable->plan.knows_death = true;
    struct sim_process *first = start_one(durable);
    sim_crash_at(first, sim->point, (enum sim_crash)sim_below(sim, SIM_CRASHES));
    sim_run(sim, 60000, complete, durable);
    if (twice && !first->alive) {
        struct sim_process *second = start_one(durable);
        sim_crash_at(second, 1 + sim_below(sim, 40), (enum sim_crash)sim_below(sim, SIM_CRASHES));
        sim_run(sim, 1 + sim_below(sim, 5000), NULL, NULL);
    }
    if (local && sim_chance(sim, 300))
        sim_store_power_loss(sim_store(sim, durable->ledger->url));
    else if (!local && sim_chance(sim, 300))
        sim_store_failover(sim_store(sim, durable->ledger->url), sim_chance(sim, 500));
    if (!*sim->failure)
        drain(durable);
    durable_free(durable);
}

void durable_crash(struct sim *sim)
{
    crash(sim, false);
}

void durable_crash_twice(struct sim *sim)
{
    crash(sim, true);
}

/* Several first starts at once on an empty store. */
void durable_first(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    durable->restarts = true;
    for (uint32_t i = 0; i < 3; i++)
        start_one(durable);
    sim_run(sim, 1 + sim_below(sim, 3000), NULL, NULL);
    if (!*sim->failure)
        drain(durable);
    durable_free(durable);
}
