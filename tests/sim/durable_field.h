/* Where the workers of one job meet: they are started, restarted when they end, and at last one of
 * them alone, without faults, brings everything to its end. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "durable_worker.h"

struct sim;
struct sim_process;

#define FIELD_WORKERS 400
#define FIELD_DRAIN_MS 300000 /* faults have stopped: within this, all is done */

struct durable {
    struct sim *sim;
    struct ledger *ledger;
    struct durable_plan plan;
    struct sim_process *workers[FIELD_WORKERS];
    uint32_t n;
    bool restarts; /* a worker that ends is started again */
};

struct durable *durable_new(struct sim *sim, const char *url); /* a plan drawn from the seed */
void durable_free(struct durable *durable);
struct sim_process *durable_start(struct durable *durable);
bool durable_complete(void *durable); /* for sim_run() */
/* Kills all, heals all, starts one: all must be done in time; then everything is counted. */
void durable_drain(struct durable *durable);
