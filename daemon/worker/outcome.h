/* What came of a batch, as entries of its record. */
#pragma once
#include "durable/record.h"

struct engine_cut;
struct job_spec;

/* Appends, behind the batch's own entry, its dead letters and what its outputs show. */
void outcome_put(struct record *record, const struct job_spec *spec, const struct engine_cut *cut);
