/* A store that is the real client of WebHDFS on simulated HTTP: NameNodes and DataNodes that are made
 * of the simulated store with the given URL. */
#pragma once
#include <stdbool.h>

#include "sim.h"

struct sim_process;
struct store;

struct store *sim_http_store_open(struct sim_process *process, const char *url);

struct sim_http_plan {
    uint64_t left;      /* the HTTP request, counted from now on, of all processes; 0 = none */
    enum sim_fate fate; /* what becomes of it; SIM_FATES: it is answered */
    bool cut;           /* the body of its answer ends too early */
};
void sim_http_at(const struct sim_http_plan *plan); /* replaces the one before */
