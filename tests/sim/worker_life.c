/* Scenarios of whole workers. */
#include <stdlib.h>
#include <string.h>

#include "canon.h"
#include "parts.h"
#include "worker_sim.h"

#define HDFS "webhdfs://nn/job"
#define LOCAL "file:///job"
#define BOUND_MS 600000 /* so long after the last fault all must be through */

static bool stopped(void *ctx)
{
    const struct tally *tally = ctx;
    for (int i = 0; i < TALLY_WORKERS; i++)
        if (tally->workers[i])
            return false;
    return tally->done;
}

void tally_finish(struct tally *tally)
{
    struct sim *sim = tally->sim;
    sim_heal(sim);
    tally->fail_at = 0;
    for (int i = 0; i < TALLY_WORKERS; i++) {
        if (!tally->workers[i])
            continue;
        sim_crash_at(tally->workers[i], 0, SIM_CRASH_BEFORE);
        sim_die_at(tally->workers[i], 0, SIM_DEATH_BEFORE);
        sim_pause_at(tally->workers[i], 0);
        sim_hold_at(tally->workers[i], 0, false);
        sim_fail_allocation(tally->workers[i], 0);
        sim_let_go(tally->workers[i]);
    }
    sim_run(sim, 5000, NULL, NULL);
    tally->producing = false;
    tally_fence(tally); /* its commit shows that all is read */
    bool idle = sim_run(sim, BOUND_MS, tally_idle, tally);
    sim_expect(sim, idle, "not all is read %d ms after the last fault", BOUND_MS);
    tally_stop(tally);
    bool ended = sim_run(sim, BOUND_MS, stopped, tally);
    sim_expect(sim, ended, "no end %d ms after they were told to stop", BOUND_MS);
    if (!*sim->failure)
        tally_judge(tally);
    tally_free(tally);
}

/* kill -9, SIGSTOP and SIGCONT, now and then. */
static void trouble(struct tally *tally, uint64_t ms)
{
    struct sim *sim = tally->sim;
    uint64_t until_us = sim->now_us + ms * 1000;
    while (sim->now_us < until_us && !*sim->failure) {
        struct sim_process *worker = tally->workers[sim_below(sim, 2)];
        uint64_t what = sim_below(sim, 8);
        if (worker && what == 0)
            sim_kill(worker);
        else if (worker && what == 1)
            sim_pause(worker);
        else if (worker && worker->paused)
            sim_continue(worker);
        else if (worker && what == 2)
            sim_crash_within(worker, 30);
        sim_run(sim, sim_below(sim, 20000), NULL, NULL);
    }
}

void worker_alone(struct sim *sim)
{
    struct tally *tally = tally_new(sim, HDFS);
    tally_start(tally, 0);
    trouble(tally, 60000);
    tally_finish(tally);
}

/* An hour of a bad week in a minute: mostly one worker, killed every few seconds in any way. */
void worker_storm(struct sim *sim)
{
    bool is_local = sim_chance(sim, 300);
    struct tally *tally = tally_new(sim, is_local ? LOCAL : HDFS);
    if (is_local)
        sim->faults.unanswered = 0;
    sim->faults.kafka_away = 0; /* else there is little to lose */
    sim->faults.refused = 0;
    tally_start(tally, 0);
    for (int i = 0; i < 200 && !*sim->failure && (tally->recoveries < 6 || tally->records < 1000);
         i++) {
        sim_run(sim, 500 + sim_below(sim, 8000), NULL, NULL);
        struct sim_process *worker = tally->workers[0];
        if (worker && sim_chance(sim, 500))
            sim_kill(worker);
        else if (worker)
            sim_crash_within(worker, 30);
    }
    tally_finish(tally);
}

void worker_two(struct sim *sim)
{
    census_note(CENSUS_WRITERS);
    struct tally *tally = tally_new(sim, HDFS);
    tally_start(tally, 0);
    tally_start(tally, 1);
    trouble(tally, 150000);
    tally_finish(tally);
}

void worker_local(struct sim *sim)
{
    struct tally *tally = tally_new(sim, LOCAL);
    sim->faults.unanswered = 0; /* a sync that failed ends the attempt: shown elsewhere */
    tally_start(tally, 0);
    tally_start(tally, 1);
    trouble(tally, 60000);
    tally_finish(tally);
}

static bool named(void *ctx)
{
    return ((struct tally *)ctx)->named;
}

void worker_anew(struct sim *sim)
{
    struct tally *tally = tally_new(sim, HDFS);
    size_t from = 0;
    sim->faults = (struct sim_faults){ .latency_us = 2000, .give_up_ms = 1000 };
    tally_start(tally, 0);
    sim_run(sim, sim_chance(sim, 500) ? 60000 : 8000, NULL, NULL); /* with or without a snapshot */
    tally->producing = false;
    if (sim_chance(sim, 500)) {
        tally_stop(tally);
        sim_run(sim, BOUND_MS, stopped, tally);
    } else {
        tally->stopping = true;
        sim_kill(tally->workers[0]);
    }
    sim_output(sim, &from);
    for (int i = 0; i < tally->kind->topics; i++)
        sim_kafka_remake(tally->kafka, canon_topics[i]);
    tally->stopping = false;
    tally->harmed = "made anew";
    tally_start(tally, 0);
    sim_run(sim, BOUND_MS, named, tally);
    struct slice more = sim_output(sim, &from);
    sim_expect(sim, tally->named, "nobody sees that the topic is another");
    sim_expect(sim, !memmem(more.ptr, more.len, "'x", 2), "its records are counted");
    tally->stopping = true;
    tally_free(tally);
}

/* Nothing comes any more when a worker goes on: the group learns all the same how far the job is. */
void worker_idle(struct sim *sim)
{
    struct tally *tally = tally_new(sim, HDFS);
    sim->faults = (struct sim_faults){ .latency_us = 2000, .give_up_ms = 1000 };
    tally->has_holes = false;
    tally_start(tally, 0);
    sim_run(sim, 3000 + sim_below(sim, 3000), NULL, NULL);
    tally->producing = false;
    sim_run(sim, sim_below(sim, 1200), NULL, NULL);
    sim_kill(tally->workers[0]);
    bool idle = sim_run(sim, BOUND_MS, tally_idle, tally);
    sim_expect(sim, idle, "the group is not told of what a worker before this one had read");
    tally_finish(tally);
}

static bool shown(void *ctx)
{
    size_t from = 0;
    struct slice all = sim_output(((struct tally *)ctx)->sim, &from);
    return memmem(all.ptr, all.len, "('", 2);
}

/* When nothing is slow its first records are not waited for: a second has passed by itself before. */
void worker_prompt(struct sim *sim)
{
    struct tally *tally =
        tally_new_of(sim, &(struct tally_conf){ HDFS, &canon_jobs[0], .interval_ms = 100, 20 });
    sim->faults = (struct sim_faults){ .latency_us = 2000, .give_up_ms = 1000 };
    tally_start(tally, 0);
    sim_run(sim, 900, shown, tally);
    sim_expect(sim, shown(tally), "the first records are not counted within 900 ms");
    tally_finish(tally);
}

/* ---- sweeps */

static void calm(struct sim *sim)
{
    sim->faults = (struct sim_faults){ .latency_us = 2000, .give_up_ms = 1000, .late_ms = 20000 };
}

/* A zombie: it sleeps over its own fencing, and wakes. */
void worker_pause(struct sim *sim)
{
    calm(sim);
    census_note(CENSUS_WRITERS);
    struct tally *tally = tally_new(sim, HDFS);
    tally_start(tally, 0);
    sim_pause_at(tally->workers[0], sim->point);
    sim_run(sim, 4000, NULL, NULL);
    if (!sim->hit) {
        tally_drop(tally);
        return;
    }
    tally_start(tally, 1);
    sim_run(sim, 60000, NULL, NULL);
    if (tally->workers[0])
        sim_continue(tally->workers[0]);
    sim_run(sim, 4000, NULL, NULL);
    tally_finish(tally);
}

static struct tally *memory_job(struct sim *sim)
{
    calm(sim);
    return tally_new_of(sim, &(struct tally_conf){ .url = HDFS,
                                                   .kind = &canon_jobs[sim->seed % CANON_JOBS],
                                                   .interval_ms = 500,
                                                   .block_ms = 150 });
}

static void memory(struct sim *sim, bool for_ever)
{
    struct tally *tally = memory_job(sim);
    tally->fail_at = sim->point;
    tally_start(tally, 0);
    if (!for_ever)
        tally->fail_at = 0;
    sim_run(sim, 3000, NULL, NULL);
    tally_finish(tally);
}

void worker_memory_once(struct sim *sim)
{
    memory(sim, false);
}

void worker_memory_ever(struct sim *sim)
{
    memory(sim, true);
}

/* Who goes on where another has ended, with all that there is to recover, while a spare waits for the job. */
void worker_memory_again(struct sim *sim)
{
    struct tally *tally = memory_job(sim);
    tally_start(tally, 0);
    sim_run(sim, 4000, NULL, NULL);
    sim_kill(tally->workers[0]);
    tally->fail_at = sim->point;
    tally_start(tally, 0);
    tally->fail_at = 0;
    tally_start(tally, 1);
    sim_run(sim, 2000, NULL, NULL);
    tally_finish(tally);
}
