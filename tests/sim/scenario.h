/* The scenarios and how often each runs. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct sim;

enum sim_points {
    POINTS_EACH,
    POINTS_SOME, /* only every so-many-th is tried, see --step */
    POINTS_GRID, /* each with sim->second = 1, 2, …, until that is not hit any more, or so often; as SOME in both directions */
};
struct sim_scenario {
    const char *name;
    void (*run)(struct sim *sim); /* one seed: safety first, then sim_heal() and progress */
    uint32_t seeds;               /* in the quick run */
    uint32_t sweep; /* > 0: each seed runs with sim->point = 1, 2, … until that point is not hit any
                       more, or so often */
    enum sim_points points;
};
extern const struct sim_scenario sim_scenarios[]; /* ended by a row without name */
