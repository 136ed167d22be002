/* Users and accidents, at random; and how it must all look in the end. */
#include <signal.h>
#include <string.h>

#include "fleet.h"
#include "parts.h"

#define BOUND_MS \
    400000 /* a check that hangs 60 s, a rescan 30 s, the longest wait 60 s, each more than once */
#define CALM_MS 95000 /* a removed file is missed twice, and what began before has ended */
#define STOP_MS 120000

/* ---- users */

static struct version version_drawn(struct sim *sim)
{
    static const int64_t windows_ms[] = { 0, 10000, 60000, 3600000 };
    static const int64_t initial_ms[] = { 0, 100, 1000, 20000 };
    static const int64_t stop_ms[] = { 500, 5000, 30000 };
    struct version drawn = { 0 }; /* a draw a statement: compilers differ in the order of others */
    drawn.valid = !sim_chance(sim, 150);
    drawn.enabled = !sim_chance(sim, 100);
    drawn.refuses = sim_chance(sim, 100);
    drawn.max = 1 + (int64_t)sim_below(sim, 5);
    drawn.window_ms = windows_ms[sim_below(sim, ARRAY_SIZE(windows_ms))];
    drawn.initial_ms = initial_ms[sim_below(sim, ARRAY_SIZE(initial_ms))];
    drawn.most_ms = drawn.initial_ms + (int64_t)sim_below(sim, 60000 - 20000);
    drawn.stop_ms = stop_ms[sim_below(sim, ARRAY_SIZE(stop_ms))];
    drawn.mood = (enum mood)sim_below(sim, MOODS);
    drawn.life_ms = sim_chance(sim, 300) ? 1 + (uint32_t)sim_below(sim, 3000) : 0;
    return drawn;
}

static void user_changes(struct fleet *fleet, struct fleet_job *job)
{
    struct sim *sim = fleet->sim;
    uint64_t what = sim_below(sim, 10);
    if (job->is_half) {
        fleet_put(fleet, job, job->user);
    } else if (what == 0) {
        fleet_remove(fleet, job);
    } else if (what == 1 && job->user) {
        fleet_put(fleet, job, job->user); /* the same once more */
    } else if (what < 4) {
        fleet_put_half(fleet, job, fleet_version(fleet, version_drawn(sim)));
    } else {
        fleet_put(fleet, job, fleet_version(fleet, version_drawn(sim)));
    }
}

static void daemon_harmed(struct fleet *fleet)
{
    struct sim *sim = fleet->sim;
    struct machine *machine = fleet->machine;
    struct sim_process *daemon = machine->daemon;
    uint64_t what = sim_below(sim, 12);
    if (what == 0)
        fleet_power_loss(fleet);
    else if (!daemon)
        return;
    else if (what == 1)
        sim_signal(daemon, SIGTERM);
    else if (what == 2)
        sim_signal(daemon, SIGHUP);
    else if (what == 3 && !daemon->paused)
        sim_pause(daemon);
    else if (what == 4)
        fleet_rival(fleet);
    else if (what == 5)
        sim_kill(daemon);
    else if (what < 9) {
        machine->die_at = machine->effects + 1 + sim_below(sim, 12);
        machine->death = (enum machine_death)sim_below(sim, MACHINE_DEATHS);
    }
}

static void world_turns(struct fleet *fleet)
{
    struct sim *sim = fleet->sim;
    struct machine *machine = fleet->machine;
    uint64_t what = sim_below(sim, 20);
    machine->away = what == 0 && !machine->away;
    if (what == 1) {
        machine_set_wall(machine, (int64_t)sim_below(sim, 20000000) - 10000000);
        for (size_t i = 0; i < FLEET_JOBS; i++)
            budget_wall_set(&fleet->jobs[i].budget, machine->boots);
    }
}

void fleet_meddle(struct fleet *fleet, uint64_t ms)
{
    struct sim *sim = fleet->sim;
    uint64_t until_us = sim->now_us + ms * 1000;
    fleet->meddling = true;
    while (sim->now_us < until_us && !*sim->failure) {
        if (fleet->machine->daemon && fleet->machine->daemon->paused)
            sim_continue(fleet->machine->daemon);
        if (sim_chance(sim, 500))
            user_changes(fleet, &fleet->jobs[sim_below(sim, FLEET_JOBS)]);
        if (sim_chance(sim, 400))
            daemon_harmed(fleet);
        world_turns(fleet);
        sim_run(sim, sim_below(sim, sim_chance(sim, 300) ? 60000 : 6000), NULL, NULL);
    }
}

/* ---- the end */

static struct machine_child *only_worker(struct fleet *fleet, const struct fleet_job *job,
                                         unsigned *n)
{
    struct machine_child *found = NULL;
    *n = 0;
    LIST_EACH(link, &fleet->machine->children)
    {
        struct machine_child *child = LIST_ITEM(link, struct machine_child, link);
        if (!child->alive || child->is_check || strcmp(child->job, job->id) != 0)
            continue;
        found = child;
        ++*n;
    }
    return found;
}

static bool is_settled(struct fleet *fleet, const struct fleet_job *job)
{
    unsigned n;
    const struct machine_child *worker = only_worker(fleet, job, &n);
    const struct version *version = &fleet->versions[job->user];
    bool runs = n == 1 && worker->beats > 0 && !worker->hangs && worker->version == job->accepted;
    bool is_spent = n == 0 && job->given_up && (job->doubted || budget_may_fail(&job->budget));
    if (!job->user)
        return n == 0;
    if (version->valid && !version->refuses)
        return job->accepted == job->user && (version->enabled ? runs || is_spent : n == 0);
    if (job->good)
        return is_spent || (runs && job->accepted == job->good);
    return n == 0 || runs;
}

static bool is_all_settled(void *ctx)
{
    struct fleet *fleet = ctx;
    for (size_t i = 0; i < FLEET_JOBS; i++)
        if (!is_settled(fleet, &fleet->jobs[i]))
            return false;
    return fleet->machine->daemon && fleet->machine->ready;
}

static bool is_over(void *ctx)
{
    struct fleet *fleet = ctx;
    return !fleet->machine->daemon;
}

static void tell_unsettled(struct fleet *fleet)
{
    for (size_t i = 0; i < FLEET_JOBS; i++) {
        const struct fleet_job *job = &fleet->jobs[i];
        const struct version *version = &fleet->versions[job->user];
        unsigned n;
        only_worker(fleet, job, &n);
        if (!is_settled(fleet, job))
            sim_fail(
                fleet->sim,
                "%s is not as its file says %d ms after the last fault: version %u%s%s%s, accepted "
                "%u, ran well %u, %u workers%s",
                job->id, BOUND_MS, job->user, version->valid ? "" : " not valid",
                version->refuses ? " refuses" : "", version->enabled ? "" : " not enabled",
                job->accepted, job->good, n, job->given_up ? ", given up" : "");
    }
    sim_expect(fleet->sim, fleet->machine->daemon && fleet->machine->ready,
               "the daemon is not ready");
}

void fleet_finish(struct fleet *fleet)
{
    struct sim *sim = fleet->sim;
    struct machine *machine = fleet->machine;
    sim_heal(sim);
    fleet->healed = true;
    fleet->meddling = false;
    machine->harms = (struct machine_harms){ 0 };
    machine->die_at = 0;
    machine->away = false;
    if (machine->daemon)
        sim_continue(machine->daemon);
    for (size_t i = 0; i < FLEET_JOBS; i++)
        if (fleet->jobs[i].is_half)
            fleet_put(fleet, &fleet->jobs[i], fleet->jobs[i].user);
    sim_run(sim, CALM_MS, NULL, NULL);
    if (!sim_run(sim, BOUND_MS - CALM_MS, is_all_settled, fleet))
        tell_unsettled(fleet);
    sim_run(sim, 25000, NULL, NULL);
    sim_expect(sim, is_all_settled(fleet), "what was as it should be did not stay so");
    sim_expect(sim, sim->now_us - machine->barked_us < 20000000,
               "systemd has not heard of the daemon");
    fleet->resting = true;
    if (machine->daemon)
        sim_signal(machine->daemon, SIGTERM);
    sim_expect(sim, sim_run(sim, STOP_MS, is_over, fleet), "no end %d ms after SIGTERM", STOP_MS);
    fleet_free(fleet);
}
