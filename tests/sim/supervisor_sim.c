/* Scenarios of the supervisor. */
#include <signal.h>

#include "fleet.h"
#include "parts.h"

static uint32_t likelihood(struct sim *sim)
{
    static const uint32_t values[] = { 0, 0, 5, 30, 150 };
    return values[sim_below(sim, ARRAY_SIZE(values))];
}

void supervisor_lives(struct sim *sim)
{
    struct fleet *fleet = fleet_new(sim);
    fleet->machine->harms = (struct machine_harms){ .full = likelihood(sim),
                                                    .unsynced = likelihood(sim),
                                                    .unread = likelihood(sim),
                                                    .unhinted = likelihood(sim) * 3,
                                                    .unborn = likelihood(sim) / 2,
                                                    .late = likelihood(sim) };
    fleet_daemon(fleet);
    fleet_meddle(fleet, 600000);
    fleet_finish(fleet);
}

/* ---- sweeps: a story with everything in it, and a death at each effect */

enum { A, B, C };

static void story_begin(struct fleet *fleet)
{
    const struct version good = { .valid = true,
                                  .enabled = true,
                                  .max = 3,
                                  .window_ms = 60000,
                                  .initial_ms = 1000,
                                  .most_ms = 2000,
                                  .stop_ms = 5000 };
    struct version fails = good, off = good, wrong = good, refuses = good;
    fails.mood = MOOD_FAILS;
    fails.life_ms = 500;
    off.enabled = false;
    wrong.valid = false;
    refuses.refuses = true;
    fleet_version(fleet, good); /* 1, 2: a, b */
    fleet_version(fleet, good);
    fleet_version(fleet, fails);   /* 3: c has FAILED after three attempts */
    fleet_version(fleet, refuses); /* 4: a's worker refuses; 1 runs on */
    fleet_version(fleet, wrong);   /* 5: b's check refuses; 2 runs on */
    fleet_version(fleet, good);    /* 6: c runs */
    fleet_version(fleet, off);     /* 7: b is switched off */
    fleet_version(fleet, good);    /* 8: a is changed */
}

struct story_step {
    uint64_t after_ms;
    unsigned job, version; /* 0: removed */
};
static const struct story_step story[] = { { 0, A, 1 },     { 0, B, 2 },    { 0, C, 3 },
                                           { 12000, A, 4 }, { 0, B, 5 },    { 10000, C, 6 },
                                           { 5000, B, 7 },  { 5000, A, 8 }, { 4000, C, 0 } };

static struct fleet *story_new(struct sim *sim)
{
    sim->faults = (struct sim_faults){ .latency_us = 2000 };
    struct fleet *fleet = fleet_new(sim);
    story_begin(fleet);
    return fleet;
}

static void story_tell(struct fleet *fleet, unsigned life)
{
    struct sim *sim = fleet->sim;
    struct machine *machine = fleet->machine;
    for (size_t i = 0; i < ARRAY_SIZE(story); i++) {
        const struct story_step *step = &story[i];
        sim_run(sim, step->after_ms, NULL, NULL);
        if (step->version)
            fleet_put(fleet, &fleet->jobs[step->job], step->version);
        else
            fleet_remove(fleet, &fleet->jobs[step->job]);
        if (i == C)
            fleet_daemon(fleet);
        if (i == C && life == 2) {
            sim_run(sim, 1000 + sim_below(sim, 10000), NULL, NULL);
            sim_kill(machine->daemon);
        }
    }
    sim_run(sim, 15000, NULL, NULL);
    fleet_finish(fleet);
}

/* The daemon dies at the point in its n-th life. */
static void crash(struct sim *sim, unsigned life)
{
    struct fleet *fleet = story_new(sim);
    fleet->die_in = life;
    fleet->machine->death = (enum machine_death)(sim->seed % MACHINE_DEATHS);
    story_tell(fleet, life);
}

void supervisor_crash(struct sim *sim)
{
    crash(sim, 1);
}

void supervisor_crash_again(struct sim *sim)
{
    crash(sim, 2);
}

/* The daemon's n-th allocation fails: in its first life, or in all of them until there is memory again. */
void supervisor_memory(struct sim *sim)
{
    struct fleet *fleet = story_new(sim);
    fleet->fail_at = sim->point;
    fleet->fails_ever = sim->seed % 2;
    story_tell(fleet, 1);
}

/* ---- how attempts end, in every order */

static bool is_played(void *ctx)
{
    const struct fleet *fleet = ctx;
    return fleet->jobs[A].attempts > FLEET_SCRIPT || fleet->jobs[A].given_up;
}

void supervisor_outcomes(struct sim *sim)
{
    sim->faults = (struct sim_faults){ .latency_us = 2000 };
    struct fleet *fleet = fleet_new(sim);
    struct fleet_job *job = &fleet->jobs[A];
    fleet->script = sim->point - 1;
    sim->hit = true;
    fleet_put(fleet, job,
              fleet_version(fleet, (struct version){ .valid = true,
                                                     .enabled = true,
                                                     .max = 3,
                                                     .window_ms = 60000,
                                                     .stop_ms = 5000,
                                                     .mood = MOOD_SCRIPT }));
    fleet_daemon(fleet);
    sim_expect(sim, sim_run(sim, 1000000, is_played, fleet), "it is not played to its end");
    bool failed = budget_must_fail(&job->budget);
    sim_expect(sim, failed == budget_may_fail(&job->budget), "the reference does not know");
    sim_expect(sim, failed == job->given_up, "by the rule it has%s FAILED", failed ? "" : " not");
    census_note(CENSUS_OUTCOMES);
    fleet_finish(fleet);
}
