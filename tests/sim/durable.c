/* Workers that claim one job from one another on a store that loses answers, does requests late or
 * twice, refuses, and fails over; at last one worker alone, with no faults, must bring everything to
 * its end. Then the ledger is held against what is in the store. */
#include "durable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "durable_field.h"
#include "sim.h"
#include "sim_http.h"

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

static void fight(struct sim *sim, const char *url, bool over_http)
{
    struct durable *durable = durable_new(sim, url);
    durable->plan.over_http = over_http;
    durable->restarts = true;
    for (uint32_t i = 2 + (uint32_t)sim_below(sim, 2); i; i--)
        durable_start(durable);
    for (uint32_t i = 5 + (uint32_t)sim_below(sim, 20); i && !*sim->failure; i--) {
        sim_run(sim, 1 + sim_below(sim, 5000), NULL, NULL);
        if (sim_chance(sim, 600))
            disturb(durable);
    }
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}

void durable_fight(struct sim *sim)
{
    census_note(CENSUS_WRITERS);
    fight(sim, "webhdfs://nn/orders", false);
}

void durable_http(struct sim *sim)
{
    census_note(CENSUS_WRITERS);
    sim_http_at(&(struct sim_http_plan){ .left = 0 });
    fight(sim, "webhdfs://nn/orders", true);
}

void durable_local(struct sim *sim)
{
    fight(sim, "file:///orders", false);
}

/* One HTTP request of a worker's life, each in a run by itself, ends so: done and the reply lost, done
 * when its sender has given it up, not done, done and once more later, answered with a body that is cut;
 * in half of the runs another has taken the job over before it is done late. */
void durable_http_each(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    uint64_t fate = sim->seed % (SIM_FATES + 1);
    sim->faults = (struct sim_faults){ .latency_us = 1000, .give_up_ms = 1000, .late_ms = 20000 };
    durable->plan.over_http = durable->plan.knows_death = true;
    durable->plan.has_ended = NULL;
    sim_http_at(&(struct sim_http_plan){
        .left = sim->point, .fate = (enum sim_fate)fate, .cut = fate == SIM_FATES });
    struct sim_process *first = durable_start(durable);
    sim_run(sim, 60000, durable_complete, durable);
    if (sim_chance(sim, 500)) {
        sim_pause(first);
        durable_start(durable);
        sim_run(sim, 30000, NULL, NULL);
        if (first->alive)
            sim_continue(first);
        sim_run(sim, 3000, NULL, NULL);
    }
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}

/* One worker, no faults: everything is there, and it takes no time. */
void durable_calm(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    sim->faults = (struct sim_faults){ .latency_us = 1000, .give_up_ms = 1000 };
    durable_drain(durable);
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
    struct sim_process *first = durable_start(durable);
    sim_crash_at(first, sim->point, (enum sim_crash)sim_below(sim, SIM_CRASHES));
    sim_run(sim, 60000, durable_complete, durable);
    if (twice && !first->alive) {
        struct sim_process *second = durable_start(durable);
        sim_crash_within(second, 40);
        sim_run(sim, 1 + sim_below(sim, 5000), NULL, NULL);
    }
    if (local && sim_chance(sim, 300))
        sim_store_power_loss(sim_store(sim, durable->ledger->url));
    else if (!local && sim_chance(sim, 300))
        sim_store_failover(sim_store(sim, durable->ledger->url), sim_chance(sim, 500));
    if (!*sim->failure)
        durable_drain(durable);
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

/* Five first starts at once on an empty store. */
void durable_first(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    durable->restarts = true;
    census_note(CENSUS_STARTS);
    for (uint32_t i = 0; i < 5; i++)
        durable_start(durable);
    sim_run(sim, 1 + sim_below(sim, 3000), NULL, NULL);
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}

/* One worker at a time, whatever the store does: an owner never takes himself for fenced, and when
 * all is well again he goes on by himself. */
void durable_alone(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    if (sim_chance(sim, 500)) {
        sim->faults.failover = 100 + (uint32_t)sim_below(sim, 300);
        sim->faults.unanswered = 100 + (uint32_t)sim_below(sim, 300);
    }
    durable->restarts = true; /* a take-over that a failover undoes ends a worker before he owns */
    durable_start(durable);
    sim_run(sim, 30000, durable_complete, durable);
    sim_heal(sim);
    bool done = *sim->failure || sim_run(sim, FIELD_DRAIN_MS, durable_complete, durable);
    sim_expect(sim, done, "it does not go on by itself");
    sim_expect(sim, !durable->plan.owner_fenced, "an owner took himself for fenced");
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}

/* ---- what was lost behind everybody's back must stop the job, and never begins anew */

struct loss {
    struct sim_store *store;
    const char *front, *middle; /* of the paths that are lost */
    char paths[2000][120];
    size_t n;
};

static void lose_this(void *ctx, const char *path, struct slice bytes)
{
    struct loss *loss = ctx;
    (void)bytes;
    if (strncmp(path, loss->front, strlen(loss->front)) == 0 && strstr(path, loss->middle) &&
        loss->n < 2000)
        snprintf(loss->paths[loss->n++], sizeof loss->paths[0], "%s", path);
}

static bool stopped(void *ctx)
{
    const struct durable *durable = ctx;
    return durable->plan.failed;
}

static void lose(struct durable *durable, const char *front, const char *middle)
{
    struct loss *loss = calloc(1, sizeof *loss);
    struct sim *sim = durable->sim;
    *loss = (struct loss){ .store = sim_store(sim, durable->ledger->url) };
    loss->front = front;
    loss->middle = middle;
    sim_store_walk(loss->store, "", lose_this, loss);
    for (size_t i = 0; i < loss->n; i++)
        sim_store_put(loss->store, loss->paths[i], (struct slice){ 0 });
    sim_trace(sim, "%zu files %s…%s are lost", loss->n, front, middle);
    free(loss);
}

void durable_lost(struct sim *sim)
{
    static const struct {
        const char *front, *middle, *text;
    } losses[] = {
        { "job", "", "`job` that belongs to it is missing" },
        { "e", "/log/2", "are missing" },
        { "e", "/log/", "missing" },
    };
    size_t which = sim_below(sim, sizeof losses / sizeof losses[0]);
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    sim->faults = (struct sim_faults){ .latency_us = 1000, .give_up_ms = 1000 };
    durable->plan.snapshot_records = 0;
    durable_start(durable);
    sim_run(sim, 60000, durable_complete, durable);
    sim_kill(durable->workers[0]);
    lose(durable, losses[which].front, losses[which].middle);
    durable->plan.may_fail = durable->plan.knows_death = true;
    durable_start(durable);
    sim_run(sim, 60000, stopped, durable);
    sim_expect(sim, stopped(durable) && strstr(durable->plan.err.text, losses[which].text),
               "what was lost is stepped over: %s", durable->plan.err.text);
    durable_free(durable);
}
