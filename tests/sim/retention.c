/* Kafka deletes what was not read yet: by the policy the job stops and says which offsets are gone, or goes on behind them. Then
 * each offset is either in one batch or in one GAP entry of the batch log, which names what is gone and nothing else, and somebody
 * was told. What is gone is the ledger's own knowledge. */
#include "retention.h"

#include <string.h>

#include "canon.h"
#include "parts.h"
#include "worker_sim.h"

#define HDFS "webhdfs://nn/job"
#define BOUND_MS 600000

static struct tally *new_job(struct sim *sim, const char *policy)
{
    struct tally *tally = tally_new(sim, HDFS);
    tally_policy(tally, policy);
    return tally;
}

static const char *skipping(struct sim *sim)
{
    return sim_chance(sim, 500) ? "earliest" : "latest";
}

/* A partition begins somewhere between its beginning and its end now; `most`: at its end. */
static void expire(struct tally *tally, int topic, int32_t partition, bool most)
{
    int64_t low = sim_kafka_low(tally->kafka, canon_topics[topic], partition);
    int64_t end = sim_kafka_end(tally->kafka, canon_topics[topic], partition);
    if (low == end)
        return;
    low += most ? end - low : 1 + (int64_t)sim_below(tally->sim, (uint64_t)(end - low));
    sim_kafka_expire(tally->kafka, canon_topics[topic], partition, low);
    census_note(CENSUS_EXPIRED);
}

static void expire_some(struct tally *tally, bool most)
{
    for (int topic = 0; topic < tally->kind->topics; topic++)
        for (int32_t i = 0; i < tally->partitions[topic]; i++)
            if (most || sim_chance(tally->sim, 600))
                expire(tally, topic, i, most);
}

/* A worker that runs, is stopped, is dead or cannot reach Kafka while what it has not read goes. */
void retention_skip(struct sim *sim)
{
    struct tally *tally = new_job(sim, skipping(sim));
    sim->faults.refused = 0;
    tally_start(tally, 0);
    for (int i = 0; i < 8 && !*sim->failure; i++) {
        uint64_t what = sim_below(sim, 4);
        sim_run(sim, 1000 + sim_below(sim, 8000), NULL, NULL);
        struct sim_process *worker = tally->workers[0];
        if (worker && what == 0)
            sim_pause(worker);
        else if (worker && what == 1)
            sim_kill(worker);
        else if (worker && what == 2)
            sim_kafka_away(tally->kafka, 1 + sim_below(sim, 20000));
        sim_run(sim, sim_below(sim, 4000), NULL, NULL);
        expire_some(tally, sim_chance(sim, 300));
        if (tally->workers[0] && tally->workers[0]->paused)
            sim_continue(tally->workers[0]);
        else if (tally->workers[0] && sim_chance(sim, 300))
            sim_crash_within(tally->workers[0], 30);
    }
    tally_finish(tally);
}

static bool has_read(void *ctx)
{
    const struct tally *tally = ctx;
    for (int topic = 0; topic < tally->kind->topics; topic++)
        for (int32_t i = 0; i < tally->partitions[topic]; i++)
            if (sim_kafka_committed(tally->kafka, "group", canon_topics[topic], i) < 0)
                return false;
    return true;
}

static bool named(void *ctx)
{
    return ((struct tally *)ctx)->named;
}

/* `fail`: it stops, names what is gone, and leaves the log as it was; with another policy it goes on. */
void retention_stop(struct sim *sim)
{
    struct tally *tally = new_job(sim, "fail");
    tally_start(tally, 0);
    sim_run(sim, sim_below(sim, 20000), NULL, NULL);
    sim_heal(sim);
    bool begins = sim_run(sim, BOUND_MS, has_read, tally);
    sim_expect(sim, begins, "no record is read of some partition");
    if (tally->workers[0])
        sim_kill(tally->workers[0]);
    tally->stopping = true; /* not started again by itself */
    tally_fence(tally);
    expire_some(tally, true);
    size_t n = tally->n_log;
    tally->harmed = " is gone: Kafka has ";
    tally->stopping = false;
    tally_start(tally, 0);
    bool stops = sim_run(sim, BOUND_MS, named, tally);
    sim_expect(sim, stops, "nobody says that offsets are gone");
    sim_expect(sim, tally_gaps(tally, n) == 0, "offsets are skipped that must stop the job");
    tally_policy(tally, skipping(sim));
    sim_run(sim, 5000, NULL, NULL); /* what stops now was started before */
    tally->harmed = NULL;
    tally_finish(tally);
}

void retention_crash(struct sim *sim)
{
    sim->faults = (struct sim_faults){ .latency_us = 2000, .give_up_ms = 1000, .late_ms = 20000 };
    struct tally *tally = new_job(sim, skipping(sim));
    tally_start(tally, 0);
    sim_run(sim, 3000, NULL, NULL);
    sim_kill(tally->workers[0]);
    tally_fence(tally);
    expire_some(tally, false);
    tally_start(tally, 0);
    struct sim_process *second = tally->workers[0];
    sim_crash_at(second, sim->point, (enum sim_crash)(sim->point % SIM_CRASHES));
    sim_run(sim, 3000, NULL, NULL);
    if (second->requests >= sim->point)
        tally_finish(tally);
    else
        tally_drop(tally);
}
