/* What came of a batch, as entries of its record. */
#pragma once
#include "durable/record.h"

struct engine;
struct engine_cut;
struct engine_state;
struct recovered;
struct job_spec;

/* Appends, behind the batch's own entry, its dead letters, what its outputs show, and what changed in its states. */
void outcome_put(struct record *record, const struct job_spec *spec, const struct engine_cut *cut);
/* ctx is a record: a state, whole or changed, as an entry of it. */
void outcome_put_state(void *ctx, const struct engine_state *state);
/* The states that recovery found, into a new engine: see engine_restore(). */
bool outcome_restore(struct engine *engine, const struct recovered *recovered, struct err *err);
