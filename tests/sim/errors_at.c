/* The store fails at each request of a small job's life in turn: another NameNode is active that has forgotten what was not synced,
 * once or twice; no space, an I/O error, no answer, once or until all faults end. Whoever was at work goes on by himself then, and
 * an owner never takes himself for fenced while he is alone. */
#include "errors_at.h"

#include "census.h"
#include "durable_field.h"
#include "sim.h"
#include "worker/report.h"
#include "worker_sim.h"

#define HDFS "webhdfs://nn/orders"
#define LOCAL "file:///orders"
#define TIME_MS 1500

static struct durable *small_job(struct sim *sim, const char *url)
{
    struct durable *durable = durable_new(sim, url);
    sim->faults = (struct sim_faults){ .latency_us = 1000, .give_up_ms = 200, .late_ms = 2000 };
    durable->ledger->offsets = 4;
    durable->ledger->pushes = 3;
    durable->plan.receive_ms = 10;
    durable->plan.batch_ms = 20;
    durable->plan.snapshot_records = 1;
    durable->plan.retain = 1;
    durable->plan.patience_ms = 500;
    return durable;
}

/* All faults end, and those who are there bring everything to its end; then somebody else finds it so. */
static void finish(struct durable *durable)
{
    struct sim *sim = durable->sim;
    sim_heal(sim);
    bool done = *sim->failure || sim_run(sim, FIELD_DRAIN_MS, durable_complete, durable);
    sim_expect(sim, done, "it does not go on by itself");
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}

/* ---- failovers */

/* The ways of both come in turn for each pair. The second one is no lost answer alone. */
static void plan_failovers(struct sim *sim)
{
    struct sim_store *store = sim_store(sim, HDFS);
    uint64_t way = sim->seed + sim->point + sim->second;
    enum sim_failover second = (way & 1) ? SIM_FAILOVER_BEFORE : SIM_FAILOVER_BEHIND;
    sim_failover_at(store, 0, sim->point, (enum sim_failover)(way % SIM_FAILOVERS));
    sim_failover_at(store, 1, sim->point + sim->second, second);
    sim->faults.stale = way / 6 % 3 == 0 ? 300 : 0;
}

static void note_hits(struct sim *sim)
{
    uint64_t sent = sim_store_requests(sim_store(sim, HDFS));
    sim->hit = sent >= sim->point;
    sim->second_hit = sent >= sim->point + sim->second;
}

void failover_alone(struct sim *sim)
{
    struct durable *durable = small_job(sim, HDFS);
    plan_failovers(sim);
    durable->restarts = true; /* a take-over that a failover undoes ends a worker before he owns */
    durable_start(durable);
    sim_run(sim, TIME_MS, NULL, NULL);
    note_hits(sim);
    sim_expect(sim, !durable->plan.owner_fenced, "an owner took himself for fenced");
    finish(durable);
}

/* The same with another one who wants the job: he believes that the owner is dead, or waits for it. */
void failover_rivals(struct sim *sim)
{
    struct durable *durable = small_job(sim, HDFS);
    plan_failovers(sim);
    durable->plan.knows_death = sim->seed % 2;
    durable->plan.has_ended = NULL;
    durable->restarts = true;
    census_note(CENSUS_WRITERS);
    durable_start(durable);
    sim_run(sim, 30 + sim_below(sim, 100), NULL, NULL);
    durable_start(durable);
    sim_run(sim, TIME_MS, NULL, NULL);
    note_hits(sim);
    durable->plan.knows_death = false;
    finish(durable);
}

/* ---- failovers under whole workers: each of the canonical jobs, in its first life or in the one that goes on behind a kill -9 */

#define LIVES 2
#define LIFE_MS 2000

/* All of them in turn for each request: it is the first at the new NameNode, the last that the old one does, or done and not
 * answered, and a few requests later this and what came with it is forgotten, in either way; with reads of the old one or none. */
static void plan_worker(struct sim *sim, struct sim_store *store, uint64_t way)
{
    uint64_t at = sim_store_requests(store) + sim->point;
    bool is_behind = way % 2, waits = way / 2 % 2;
    enum sim_failover last = is_behind ? SIM_FAILOVER_BEHIND : SIM_FAILOVER_BEFORE;
    sim_failover_at(store, 0, at, waits ? SIM_FAILOVER_WAITING : last);
    if (waits)
        sim_failover_at(store, 1, at + 1 + sim_below(sim, 6), last);
    sim->faults.stale = way / 4 % 2 ? 500 : 0;
}

static bool is_over(void *ctx)
{
    return !((struct tally *)ctx)->workers[0];
}

static void go_down(struct tally *tally)
{
    tally_start(tally, 0);
    sim_run(tally->sim, 1000 + sim_below(tally->sim, 1000), NULL, NULL);
    sim_kill(tally->workers[0]);
    tally->recovered = false;
}

void failover_worker(struct sim *sim)
{
    uint64_t way = sim->seed / CANON_JOBS;
    sim->faults = (struct sim_faults){ .latency_us = 2000, .give_up_ms = 1000, .late_ms = 20000 };
    struct tally *tally =
        tally_new_of(sim, &(struct tally_conf){ .url = HDFS,
                                                .kind = &canon_jobs[sim->seed % CANON_JOBS],
                                                .interval_ms = 500,
                                                .block_ms = 150 });
    struct sim_store *store = sim_store(sim, HDFS);
    if (way % LIVES)
        go_down(tally);
    uint64_t before = sim_store_requests(store);
    plan_worker(sim, store, way / LIVES + sim->point);
    tally_start(tally, 0);
    struct sim_process *process = tally->workers[0];
    if (sim_chance(sim, 500)) /* soon, while what it believes to be published is still needed */
        sim_crash_at(process, sim->point + 1 + sim_below(sim, 6), SIM_CRASH_BEFORE);
    bool is_fenced = sim_run(sim, LIFE_MS, is_over, tally) && process->status == WORKER_AGAIN;
    sim_expect(sim, !is_fenced || !tally->recovered, "an owner took himself for fenced");
    sim->hit = sim_store_requests(store) - before >= sim->point;
    census_add(CENSUS_FAILOVERS_WORKER, sim->hit);
    tally_finish(tally);
}

/* ---- errors */

static void errors(struct sim *sim, bool for_ever)
{
    bool is_local = sim->seed / SIM_ERRORS % 2;
    struct durable *durable = small_job(sim, is_local ? LOCAL : HDFS);
    durable->restarts = true;
    struct sim_process *first = durable_start(durable);
    sim_error_at(first, sim->point, (enum sim_error)(sim->seed % SIM_ERRORS), for_ever);
    sim_run(sim, TIME_MS, NULL, NULL);
    sim->hit = first->requests >= sim->point;
    finish(durable);
}

void errors_once(struct sim *sim)
{
    errors(sim, false);
}

void errors_ever(struct sim *sim)
{
    errors(sim, true);
}

void errors_worker(struct sim *sim)
{
    bool for_ever = sim->seed / 2 % 2;
    sim->faults = (struct sim_faults){ .latency_us = 2000, .give_up_ms = 1000, .late_ms = 20000 };
    struct tally *tally = tally_new_of(
        sim, &(struct tally_conf){
                 .url = sim->seed % 2 ? LOCAL : HDFS, .interval_ms = 500, .block_ms = 150 });
    tally_start(tally, 0);
    struct sim_process *first = tally->workers[0];
    sim_error_at(first, sim->point, (enum sim_error)((sim->point + sim->seed / 4) % SIM_ERRORS),
                 for_ever);
    sim_run(sim, 3000, NULL, NULL);
    sim->hit = first->requests >= sim->point;
    tally_finish(tally);
}
