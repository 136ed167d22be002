#include "worker/outcome.h"

#include <string.h>

#include "base/mem.h"
#include "durable/recover.h"
#include "engine/engine.h"
#include "spec/job.h"
#include "worker/errors.h"

void outcome_put_state(void *ctx, const struct engine_state *state)
{
    record_put(ctx, &(struct entry){ .kind = ENTRY_DELTA,
                                     .delta = { .id = { state->id, strlen(state->id) },
                                                .bytes = state->bytes } });
}

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
    for (size_t i = 0; i < cut->n_changes; i++)
        outcome_put_state(record, &cut->changes[i]);
}

bool outcome_restore(struct engine *engine, const struct recovered *recovered, struct err *err)
{
    struct engine_state *states = mem_alloc((recovered->n_states + 1) * sizeof *states);
    for (size_t i = 0; i < recovered->n_states; i++)
        states[i] = (struct engine_state){ recovered->states[i].id, recovered->states[i].bytes };
    bool ok = engine_restore(engine, states, recovered->n_states, err);
    mem_free(states);
    return ok;
}
