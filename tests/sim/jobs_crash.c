/* Each of the canonical jobs, dead at each of its requests to the store in turn: in its first life, and in the one that recovers
 * from a death; with nothing, all, a prefix or garbage of what was under way; on HDFS, on a local store, and with the power lost.
 * The seed's number says which of these; the rest of it is chance. */
#include "canon.h"
#include "parts.h"
#include "plan.h"
#include "worker_sim.h"

#define HDFS "webhdfs://nn/job"
#define LOCAL "file:///job"
#define PLACES 3
#define LIVES 2
#define WAYS (SIM_CRASHES * PLACES * LIVES)
#define LIFE_MS 2000 /* then it is told to stop */
#define STOP_MS 4000

enum place { PLACE_HDFS, PLACE_LOCAL, PLACE_POWER };

struct way {
    size_t job, index;
    enum sim_crash how;
    enum place place;
    bool again; /* in the second life */
};

static bool whole[CANON_JOBS][WAYS]; /* swept to the end */

static struct way way_of(uint64_t seed)
{
    uint64_t index = seed / CANON_JOBS % WAYS;
    return (struct way){ .job = seed % CANON_JOBS,
                         .index = index,
                         .how = (enum sim_crash)(index % SIM_CRASHES),
                         .place = (enum place)(index / SIM_CRASHES % PLACES),
                         .again = index / SIM_CRASHES / PLACES };
}

/* A job counts when the last of its sweeps came to its end: no request is left to die at. */
static void note_whole(const struct sim *sim, const struct way *way)
{
    size_t n = 0;
    if (sim->hit || *sim->failure || sim_step > 1 || whole[way->job][way->index])
        return;
    whole[way->job][way->index] = true;
    for (size_t i = 0; i < WAYS; i++)
        n += whole[way->job][i];
    census_add(CENSUS_JOBS, n == WAYS);
}

static bool is_over(void *ctx)
{
    return !((struct tally *)ctx)->workers[0];
}

/* A life with a graceful end, unless it dies before. */
static void live(struct tally *tally)
{
    struct sim *sim = tally->sim;
    if (!sim_run(sim, LIFE_MS, is_over, tally) && tally->workers[0]) {
        worker_tell_stop(tally->workers[0]);
        sim_run(sim, STOP_MS, is_over, tally);
    }
}

static struct tally *begin(struct sim *sim, const char *url, size_t job)
{
    sim->faults = (struct sim_faults){ .latency_us = 2000, .give_up_ms = 1000, .late_ms = 20000 };
    return tally_new_of(sim, &(struct tally_conf){ url, &canon_jobs[job], 500, 150 });
}

/* Another one begins where this life ends, at any of its requests. */
static void live_before(struct tally *tally)
{
    struct sim *sim = tally->sim;
    tally_start(tally, 0);
    sim_crash_within(tally->workers[0], 60);
    live(tally);
    sim->hit = false;
}

void jobs_crash(struct sim *sim)
{
    struct way way = way_of(sim->seed);
    const char *url = way.place == PLACE_HDFS ? HDFS : LOCAL;
    struct tally *tally = begin(sim, url, way.job);
    if (way.again)
        live_before(tally);
    tally_start(tally, 0);
    sim_crash_at(tally->workers[0], sim->point, way.how);
    live(tally);
    if (sim->hit && way.place == PLACE_POWER)
        sim_store_power_loss(sim_store(sim, url));
    tally_finish(tally);
    note_whole(sim, &way);
}

/* The same at each thing that is asked of Kafka, taken from it, or written to the output. */
void jobs_crash_peers(struct sim *sim)
{
    uint64_t way = sim->seed / CANON_JOBS;
    struct tally *tally = begin(sim, HDFS, sim->seed % CANON_JOBS);
    if (way / SIM_DEATHS % LIVES)
        live_before(tally);
    tally_start(tally, 0);
    sim_die_at(tally->workers[0], sim->point, (enum sim_death)(way % SIM_DEATHS));
    live(tally);
    tally_finish(tally);
}
