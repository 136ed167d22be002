#include "worker/outcome.h"

#include <string.h>

#include "engine/engine.h"
#include "spec/job.h"
#include "worker/errors.h"

void outcome_put(struct record *record, const struct job_spec *spec, const struct engine_cut *cut)
{
    for (size_t i = 0; i < cut->n_dead && spec->on_error == ON_ERROR_DEAD_LETTER; i++)
        errors_put(record, spec, &cut->dead[i]);
    for (size_t i = 0; i < cut->n_outputs; i++) {
        const char *label = spec->outputs[i].label;
        record_put(record, &(struct entry){ .kind = ENTRY_OUTPUT,
                                            .output = { .label = { label, strlen(label) },
                                                        .bytes = buf_slice(&cut->outputs[i]) } });
    }
}
