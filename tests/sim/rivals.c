/* Workers interleaved at every step of claim, publish and trim: one is stopped at its n-th request, for each n, another takes the
 * job over and is stopped at its m-th, for each m, perhaps a third takes over from both; then they go on in either order, and none
 * of them may do harm. The job of the durable layer alone is small, so that a life is short and has all of it: blocks, records,
 * snapshots, deletions. Whole workers are tried in the same way, with fewer pairs. */
#include "rivals.h"

#include "census.h"
#include "durable_field.h"
#include "sim.h"
#include "worker_sim.h"

#define HDFS "webhdfs://nn/orders"
#define TIME_MS 800 /* that a worker has, who needs a quarter of it when nothing is wrong */

/* What is to become of a worker at a request. */
enum stop {
    STOP_SENT,   /* it is stopped, the request goes its way */
    STOP_BEFORE, /* it is stopped, the request arrives when it goes on */
    STOP_LATE, /* it goes on without an answer, the request arrives when others have had their time */
    STOP_KILLED, /* and as many more as there are ways of it */
    STOPS = STOP_KILLED + SIM_CRASHES
};

/* All ways come in turn for each point: in the first direction and, more slowly, in the second. */
static enum stop first_stop(const struct sim *sim)
{
    return (enum stop)((sim->seed + sim->point + sim->second) % STOPS);
}

static enum stop second_stop(const struct sim *sim)
{
    return (enum stop)((sim->seed / STOPS + sim->point + sim->second / STOPS) % STOPS);
}

static void stop_at(struct sim_process *process, uint64_t n, enum stop stop)
{
    if (stop >= STOP_KILLED)
        sim_crash_at(process, n, (enum sim_crash)(stop - STOP_KILLED));
    else if (stop == STOP_SENT)
        sim_pause_at(process, n);
    else
        sim_hold_at(process, n, stop == STOP_BEFORE);
}

static void go_on(struct sim_process *process)
{
    sim_let_go(process);
    sim_run(process->sim, TIME_MS, NULL, NULL);
}

static struct durable *small_job(struct sim *sim)
{
    struct durable *durable = durable_new(sim, HDFS);
    sim->faults = (struct sim_faults){ .latency_us = 1000, .give_up_ms = 200 };
    durable->ledger->offsets = durable->ledger->pushes = 0;
    durable->plan.receive_ms = 10;
    durable->plan.batch_ms = 20;
    durable->plan.snapshot_records = 1;
    durable->plan.retain = 1;
    durable->plan.knows_death = true;
    durable->plan.has_ended = NULL; /* all believe that all others are dead */
    return durable;
}

/* Something new to read and to acknowledge, and a worker of its own until it is stopped at its n-th request, or has nothing more to
 * do. True: it was stopped. */
static bool run_to(struct durable *durable, uint64_t n, enum stop stop,
                   struct sim_process **process)
{
    durable->ledger->offsets += 3;
    durable->ledger->pushes += 2;
    *process = durable_start(durable);
    stop_at(*process, n, stop);
    sim_run(durable->sim, TIME_MS, NULL, NULL);
    return (*process)->requests >= n;
}

/* Those that were stopped go on, in either order; then one alone has to bring everything to its end. */
static void finish(struct durable *durable, struct sim_process *a, struct sim_process *b)
{
    bool is_a_first = sim_chance(durable->sim, 500);
    go_on(is_a_first ? a : b);
    go_on(is_a_first ? b : a);
    if (!*durable->sim->failure)
        durable_drain(durable);
}

void durable_rivals(struct sim *sim)
{
    struct durable *durable = small_job(sim);
    struct sim_process *a, *b, *c;
    sim->hit = run_to(durable, sim->point, first_stop(sim), &a);
    sim->second_hit = sim->hit && run_to(durable, sim->second, second_stop(sim), &b);
    if (sim->second_hit) {
        census_note(CENSUS_WRITERS);
        census_note(CENSUS_RIVALS);
        if (sim_chance(sim, 500))
            run_to(durable, UINT64_MAX, STOP_SENT, &c);
        finish(durable, a, b);
    }
    durable_free(durable);
}

/* Five first starts at once on an empty store: two of them are stopped, each at each request of its claim. In half of the runs all
 * believe that all others are dead, else they leave an owner in peace. */
void durable_first_five(struct sim *sim)
{
    struct durable *durable = small_job(sim);
    struct sim_process *five[5];
    durable->ledger->offsets = 3;
    durable->ledger->pushes = 2;
    durable->plan.knows_death = sim_chance(sim, 500);
    durable->plan.patience_ms = 5000;
    for (int i = 0; i < 5; i++)
        five[i] = durable_start(durable);
    stop_at(five[0], sim->point, first_stop(sim));
    stop_at(five[1], sim->second, second_stop(sim));
    sim_run(sim, TIME_MS, NULL, NULL);
    sim->hit = five[0]->requests >= sim->point;
    sim->second_hit = sim->hit && five[1]->requests >= sim->second;
    if (sim->second_hit) {
        census_note(CENSUS_STARTS);
        finish(durable, five[0], five[1]);
    }
    durable_free(durable);
}

/* ---- whole workers */

#define PATIENCE_MS 40000 /* a spare on another host has taken over after that */

static struct tally *quick_job(struct sim *sim)
{
    sim->faults = (struct sim_faults){ .latency_us = 2000, .give_up_ms = 1000 };
    return tally_new(sim, HDFS);
}

static struct sim_process *run_worker(struct tally *tally, int which, uint64_t n, enum stop stop)
{
    tally_start(tally, which);
    struct sim_process *process = tally->workers[which];
    stop_at(process, n, stop);
    sim_run(tally->sim, which ? PATIENCE_MS : 3000, NULL, NULL);
    return process;
}

/* The first is stopped at each request of its life, the second at some request of its own; who dies is started again. */
void worker_rivals(struct sim *sim)
{
    struct tally *tally = quick_job(sim);
    struct sim_process *a = run_worker(tally, 0, sim->point, first_stop(sim));
    if (a->requests < sim->point) {
        tally_drop(tally);
        return;
    }
    struct sim_process *b = run_worker(tally, 1, sim_below(sim, 80), second_stop(sim));
    if (sim_chance(sim, 500))
        run_worker(tally, 2, UINT64_MAX, STOP_SENT);
    bool is_a_first = sim_chance(sim, 500);
    go_on(is_a_first ? a : b);
    go_on(is_a_first ? b : a);
    census_note(CENSUS_WRITERS);
    tally_finish(tally);
}

/* Five whole workers at once on a new topic: where its partitions begin is one worker's to say. */
void worker_first_five(struct sim *sim)
{
    struct tally *tally = quick_job(sim);
    struct sim_process *five[TALLY_WORKERS];
    for (int i = 0; i < TALLY_WORKERS; i++) {
        tally_start(tally, i);
        five[i] = tally->workers[i];
    }
    stop_at(five[0], sim->point, first_stop(sim));
    stop_at(five[1], sim->second, second_stop(sim));
    sim_run(sim, 2000, NULL, NULL);
    sim->hit = five[0]->requests >= sim->point;
    sim->second_hit = sim->hit && five[1]->requests >= sim->second;
    if (!sim->second_hit) {
        tally_drop(tally);
        return;
    }
    sim_run(sim, sim_chance(sim, 500) ? PATIENCE_MS : 1000, NULL, NULL);
    go_on(five[0]);
    go_on(five[1]);
    census_note(CENSUS_STARTS);
    tally_finish(tally);
}
