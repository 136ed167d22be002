/* A job's streams typed and compiled: which programs a record runs through, which tables its keys go to, what each output
 * shows. Pure: made from a job's spec, and the only thing that `check`, `explain` and the engine look at. */
#pragma once
#include <stdbool.h>

#include "base/diag.h"
#include "spec/job.h"

struct plan;

/* Types and compiles every expression; findings (E212, E216, E230 … E236) go to diags. The plan lives in the arena. */
bool plan_build(struct arena *arena, const struct job_spec *spec, struct diags *diags,
                struct plan **plan);
