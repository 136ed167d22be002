/* The scenarios and how often each runs. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct sim;

struct sim_scenario {
    const char *name;
    void (*run)(struct sim *sim); /* one seed: safety first, then sim_heal() and progress */
    uint32_t seeds;               /* in the quick run */
    uint32_t sweep; /* > 0: each seed runs with sim->point = 1, 2, … until that point is not hit any
                       more, or so often */
    bool many;      /* points: only every so-many-th is tried, see --step */
};
extern const struct sim_scenario sim_scenarios[]; /* ended by a row without name */
