#include "durable_field.h"

#include <stdlib.h>

#include "sim.h"

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

struct sim_process *durable_start(struct durable *durable)
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
    if (durable->restarts && durable->n < FIELD_WORKERS - 1)
        durable_start(durable);
}

struct durable *durable_new(struct sim *sim, const char *url)
{
    struct durable *durable = calloc(1, sizeof *durable);
    durable->sim = sim;
    durable->ledger = durable_ledger_new(sim, url);
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

void durable_free(struct durable *durable)
{
    durable_ledger_free(durable->ledger);
    free(durable);
}

bool durable_complete(void *ctx)
{
    struct durable *durable = ctx;
    return ledger_complete(durable->ledger);
}

/* The end: one worker, no faults, all must be done in time; then everything is counted. */
void durable_drain(struct durable *durable)
{
    struct sim *sim = durable->sim;
    durable->restarts = false;
    for (uint32_t i = 0; i < durable->n; i++) {
        if (durable->workers[i]->alive)
            sim_kill(durable->workers[i]);
    }
    sim_heal(sim);
    durable->restarts = true;
    durable_start(durable);
    bool done = sim_run(sim, FIELD_DRAIN_MS, durable_complete, durable);
    sim_expect(sim, done, "not all is done after %d s without faults", FIELD_DRAIN_MS / 1000);
    if (done)
        sim_run(sim, 1000, NULL, NULL);
    if (!*sim->failure)
        ledger_check(durable->ledger);
    sim_trace(sim, "%u workers, %u recoveries, %u fenced, %llu batches", durable->n,
              durable->ledger->recoveries, durable->ledger->fences,
              (unsigned long long)durable->ledger->last_batch);
    durable->restarts = false;
}
