/* Each of the canonical jobs, dead at each of its requests to the store in turn: in its first life, and in the one that recovers
 * from a death; with nothing, all, a prefix or garbage of what was under way; on HDFS, on a local store, and with the power lost.
 * The seed's number says which of these; the rest of it is chance. */
#include <ctype.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "canon.h"
#include "plan.h"
#include "store_parts.h"
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

/* ---- dead in a recovery: for each situation that a first death can leave, at each operation of the life that finds it */

#define SITUATIONS_MAX 1000

static struct situations { /* of one seed, and the first death that led to each */
    uint64_t seed;
    size_t n;
    struct situation {
        uint64_t hash, point;
    } at[SITUATIONS_MAX];
} situations;

/* What something is by its path, without numbers and nonces: e/log, tmp//wal-lines-. */
static uint64_t kind_of(const char *path, const char *more)
{
    char kind[1024];
    size_t n = 0;
    bool is_name = true;
    check(strlen(path) + strlen(more) < sizeof kind);
    for (; *path; path++) {
        is_name = *path == '/' || (is_name && (isalpha((unsigned char)*path) || *path == '-'));
        if (is_name)
            kind[n++] = *path;
    }
    strcpy(kind + n, more);
    return hash64(kind, strlen(kind), 0);
}

/* How many there are of each kind, whole or not, in whatever order. */
static uint64_t below(const struct sim_node *node, const char *path)
{
    char name[1024];
    unsigned kind;
    uint64_t index;
    struct slice bytes = { NULL, 0 };
    if (node->content)
        bytes = (struct slice){ node->content->bytes, node->content->len };
    bool is_whole = node->is_directory || canon_whole(bytes, &kind, &index);
    uint64_t sum = kind_of(path, is_whole ? "" : " in part");
    for (size_t i = 0; i < node->n; i++) {
        int len = snprintf(name, sizeof name, "%s/%s", path, node->children[i]->name);
        check(len > 0 && (size_t)len < sizeof name);
        sum += below(node->children[i], name);
    }
    return sum;
}

/* What the next life finds, and what is still on its way. */
static uint64_t situation_of(const struct sim_store *store)
{
    uint64_t sum = below(store->vis.root, "");
    LIST_EACH(link, &store->requests)
    {
        const struct request *request = LIST_ITEM(link, struct request, link);
        if (!request->over && !sim_store_ops[request->op].is_read)
            sum += kind_of(request->edit.path, sim_store_ops[request->op].name);
    }
    return sum;
}

/* True: no death of this seed before this one has left the same. */
static bool is_new(const struct sim *sim, uint64_t hash)
{
    if (situations.seed != sim->seed)
        situations = (struct situations){ .seed = sim->seed };
    for (size_t i = 0; i < situations.n; i++)
        if (situations.at[i].hash == hash)
            return situations.at[i].point == sim->point;
    check(situations.n < SITUATIONS_MAX);
    situations.at[situations.n++] = (struct situation){ hash, sim->point };
    census_note(CENSUS_SITUATIONS);
    return true;
}

/* The life that dies, and its machine's power goes with it. */
static void die(struct tally *tally, bool power)
{
    live(tally);
    if (power && !*tally->sim->failure)
        sim_store_power_loss(sim_store(tally->sim, tally->url));
}

/* The first life dies at its n-th request. False: it has less. */
static bool die_first(struct tally *tally, enum place place)
{
    struct sim *sim = tally->sim;
    uint64_t n = (sim->point - 1) / SIM_CRASHES + 1;
    tally_start(tally, 0);
    struct sim_process *first = tally->workers[0];
    sim_crash_at(first, n, (enum sim_crash)((sim->point - 1) % SIM_CRASHES));
    die(tally, place == PLACE_POWER);
    return first->requests >= n;
}

/* The second one at one thing that it does before it has a record of its own in the batch log; of what it does to others, which
 * begins then, before it has three. False: it does less. */
static bool die_again(struct tally *tally, enum place place, bool at_peers)
{
    struct sim *sim = tally->sim;
    uint64_t n = sim->second, last = tally->n_log;
    uint64_t way = sim->seed + sim->seed / CANON_JOBS / PLACES + sim->point + n;
    tally_start(tally, 0);
    struct sim_process *second = tally->workers[0];
    if (at_peers)
        sim_die_at(second, n, (enum sim_death)(way % SIM_DEATHS));
    else
        sim_crash_at(second, n, (enum sim_crash)(way % SIM_CRASHES));
    die(tally, place == PLACE_POWER);
    last += at_peers ? 2 : 0;
    return (at_peers ? second->parts->peers : second->requests) >= n && tally->n_log <= last;
}

static void crash_twice(struct sim *sim, bool at_peers)
{
    enum place place = (enum place)((sim->seed + sim->seed / CANON_JOBS) % PLACES);
    struct tally *tally = begin(sim, place == PLACE_HDFS ? HDFS : LOCAL, sim->seed % CANON_JOBS);
    sim->hit = die_first(tally, place);
    if (!sim->hit || !is_new(sim, situation_of(sim_store(sim, tally->url)))) {
        sim->second_hit = false;
        tally_drop(tally);
        return;
    }
    sim->second_hit = die_again(tally, place, at_peers);
    census_add(CENSUS_AGAIN, sim->second_hit);
    tally_finish(tally);
}

void jobs_crash_twice(struct sim *sim)
{
    crash_twice(sim, false);
}

void jobs_crash_twice_peers(struct sim *sim)
{
    crash_twice(sim, true);
}
