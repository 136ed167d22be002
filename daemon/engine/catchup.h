/* Ticks that passed while the job was down, or too slow: each changes windows, states and timeouts as a batch without records
 * would have. Nothing of them is shown. What fails in them is an error of the batch that is open, once for each key and
 * operation, in however many ticks: a key that fails keeps its state, and after a night down it would be named 86,400 times. */
#pragma once
#include "engine/compute.h"

/* Runs the ticks between `last` and `tick`, whose batch is open and of time_ms; only while nothing is being computed. */
void catchup(struct compute *compute, uint64_t last, uint64_t tick, int64_t time_ms);
