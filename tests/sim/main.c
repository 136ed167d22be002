/* sim [--seeds N] [--from S] [--seed S] [--scenario NAME] [--point P] [--second Q] [--step N] [--census FILE] [--stop] [--trace]: runs the scenarios, or those
 * whose names begin with NAME; N seeds of each from S on, or seed S alone. A seed that fails prints one line that runs it
 * again, what was wrong, and the end of its trace. The census tells how often what happened. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "parts.h"
#include "scenario.h"

#define FAILURES_SHOWN 3

struct options {
    uint64_t seed, seeds, from, point, second; /* 0: not given */
    const char *scenario, *census;
    bool stop; /* at the first seed that fails */
};

struct runner {
    struct options options;
    const struct sim_scenario *scenario; /* the one that runs */
    struct sim *sim;
    uint64_t passed, failed;
    uint64_t traces; /* a hash of all traces: the same for every compiler */
};

static struct runner runner; /* for the signal handler */

static void print_replay(FILE *file, const struct sim *sim)
{
    fprintf(file, "replay: build/sim --scenario %s --seed %llu", runner.scenario->name,
            (unsigned long long)sim->seed);
    if (sim->point)
        fprintf(file, " --point %llu", (unsigned long long)sim->point);
    if (sim->second)
        fprintf(file, " --second %llu", (unsigned long long)sim->second);
    fprintf(file, " --trace\n");
}

static void on_abort(int number) /* a check() of the real code, or worse */
{
    struct sim *sim = runner.sim;
    signal(number, SIG_DFL);
    if (sim) {
        sim_print_trace(sim, sim_verbose ? 0 : SIM_LINES, stdout);
        print_replay(stdout, sim);
        printf("sim: %llu passed, %llu failed\n", (unsigned long long)runner.passed,
               (unsigned long long)runner.failed + 1);
        fflush(stdout);
    }
    raise(number);
}

struct at { /* of a sweep */
    uint64_t point, second;
    bool hit, second_hit;
};

/* Runs one seed; true when it passed. *hash is its trace's. */
static bool run_one(uint64_t seed, struct at *at, uint64_t *hash)
{
    struct sim *sim = runner.sim = sim_new(seed);
    sim->point = at->point;
    sim->second = at->second;
    runner.scenario->run(sim);
    bool ok = !*sim->failure;
    *hash = sim_hash(sim);
    runner.traces = hash64(hash, sizeof *hash, runner.traces);
    at->hit = sim->hit;
    at->second_hit = sim->second_hit;
    if (!ok && runner.failed < FAILURES_SHOWN) {
        sim_print_trace(sim, sim_verbose ? 0 : SIM_LINES, stdout);
        printf("%s: %s\n", runner.scenario->name, sim->failure);
        print_replay(stdout, sim);
    }
    census_note(CENSUS_SIMULATIONS);
    runner.failed += !ok;
    runner.passed += ok;
    runner.sim = NULL;
    sim_free(sim);
    return ok;
}

/* The same seed gives the same trace; one of sixteen is tried twice. */
static void run_seed(uint64_t seed, struct at *at)
{
    uint64_t hash, again;
    bool ok = run_one(seed, at, &hash);
    if (!ok || seed % 16)
        return;
    run_one(seed, at, &again);
    runner.passed--;
    if (hash == again)
        return;
    printf("%s: seed %llu gave two different traces\n", runner.scenario->name,
           (unsigned long long)seed);
    runner.failed++;
}

/* A grid is tried by steps in both directions that come to the same number of runs. */
static uint64_t grid_step(void)
{
    uint64_t step = 1;
    while (step * step < sim_step)
        step++;
    return step;
}

static bool run_row(uint64_t seed, uint64_t point)
{
    struct at at = { .point = point, .hit = true, .second_hit = true };
    uint64_t step = grid_step();
    for (at.second = 1 + (seed + point) % step;
         at.hit && at.second_hit && at.second <= runner.scenario->sweep; at.second += step)
        run_seed(seed, &at);
    return at.hit;
}

static void run_sweep(uint64_t seed)
{
    struct at at = { runner.options.point, runner.options.second, true, true };
    bool is_grid = runner.scenario->points == POINTS_GRID;
    uint64_t step = is_grid ? grid_step() : runner.scenario->points == POINTS_SOME ? sim_step : 1;
    if (at.point || !runner.scenario->sweep) {
        run_seed(seed, &at);
        return;
    }
    for (at.point = 1 + seed % step; at.hit && at.point <= runner.scenario->sweep; at.point += step)
        if (is_grid)
            at.hit = run_row(seed, at.point);
        else
            run_seed(seed, &at);
}

static void run_scenario(const struct sim_scenario *scenario)
{
    const struct options *options = &runner.options;
    uint64_t n = options->seed ? 1 : options->seeds ? options->seeds : scenario->seeds;
    uint64_t failed = runner.failed, passed = runner.passed;
    runner.scenario = scenario;
    for (uint64_t i = 0; i < n && !(options->stop && runner.failed); i++)
        run_sweep(options->seed ? options->seed : (options->from ? options->from : 1) + i);
    printf("%-24s %8llu passed %6llu failed\n", scenario->name,
           (unsigned long long)(runner.passed - passed),
           (unsigned long long)(runner.failed - failed));
}

static bool parse(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        sim_verbose |= strcmp(argv[i], "--trace") == 0;
        options->stop |= strcmp(argv[i], "--stop") == 0;
        if (strcmp(argv[i], "--trace") == 0 || strcmp(argv[i], "--stop") == 0)
            continue;
        if (!value)
            return false;
        if (strcmp(argv[i], "--seeds") == 0)
            options->seeds = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            options->seed = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--step") == 0)
            sim_step = strtoull(value, NULL, 10) ? strtoull(value, NULL, 10) : 1;
        else if (strcmp(argv[i], "--from") == 0)
            options->from = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--census") == 0)
            options->census = value;
        else if (strcmp(argv[i], "--point") == 0)
            options->point = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--second") == 0)
            options->second = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--scenario") == 0)
            options->scenario = value;
        else
            return false;
        i++;
    }
    return true;
}

/* worker. is all that begins so, worker.two that one. */
static bool is_chosen(const char *name)
{
    const char *chosen = runner.options.scenario;
    size_t n = chosen ? strlen(chosen) : 0;
    return n == 0 || strcmp(name, chosen) == 0 ||
           (chosen[n - 1] == '.' && strncmp(name, chosen, n) == 0);
}

static void print_census(const char *path)
{
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    census_print(file);
    fclose(file);
}

int main(int argc, char **argv)
{
    if (!parse(argc, argv, &runner.options)) {
        fprintf(stderr,
                "sim [--seeds N] [--from S] [--seed S] [--scenario NAME] [--point P] [--second Q] "
                "[--step N] [--census "
                "FILE] [--trace]\n");
        return 64;
    }
    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_abort);
    for (const struct sim_scenario *scenario = sim_scenarios; scenario->name; scenario++)
        if (is_chosen(scenario->name))
            run_scenario(scenario);
    print_census(runner.options.census);
    printf("traces: %016llx\n", (unsigned long long)runner.traces);
    printf("sim: %llu passed, %llu failed\n", (unsigned long long)runner.passed,
           (unsigned long long)runner.failed);
    return runner.failed ? 1 : 0;
}
