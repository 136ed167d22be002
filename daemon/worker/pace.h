/* Backpressure: how many records a second a source may take, from how long its batches take to process. The estimator is
 * Spark's (PIDRateEstimator.scala), with one difference: a batch that was neither limited nor long says nothing of what the
 * job can bear, only what little there was; Spark takes it for the limit, and then takes a burst after quiet hours slowly. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define PACE_LONG_SHARE 0.1 /* of the interval: a batch that takes longer is long */

struct pace_conf {
    double proportional, integral, derived; /* weights, from 0 */
    double min_rate;                        /* records a second that are always taken, above 0 */
    double batch_ms;                        /* batchInterval */
};
struct pace_batch { /* how a batch went */
    double time_ms; /* when it was processed, by any clock that does not go back */
    double records; /* of the source */
    double processing_ms, scheduling_ms;
};
struct pace {
    struct pace_conf conf;
    double limit;       /* as last given out, initialRate at first; 0: none */
    double rate, error; /* of the last batch that counted */
    double last_ms;     /* when that was */
    bool measured;      /* there was one */
};

/* The limit after this batch, in records a second; 0: it stays what it was. */
uint64_t pace_step(struct pace *pace, const struct pace_batch *batch);
