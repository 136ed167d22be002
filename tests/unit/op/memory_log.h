/* What a batch log holds of states, and engines made of it. */
#pragma once
#include "whole.h"

#define MEMORY_KEPT 400
struct memory_log { /* what a batch log would hold */
    struct engine_state states[MEMORY_KEPT];
    size_t n;
    bool late; /* a copy was begun */
};

static inline void memory_keep(void *ctx, const struct engine_state *state)
{
    struct memory_log *log = ctx;
    char *copy = malloc(state->bytes.len);
    ck_assert_uint_lt(log->n, MEMORY_KEPT);
    memcpy(copy, state->bytes.ptr, state->bytes.len);
    log->states[log->n++] = (struct engine_state){ strdup(state->id), { copy, state->bytes.len } };
}

static inline void memory_drop(struct memory_log *log)
{
    while (log->n) {
        log->n--;
        free((void *)(uintptr_t)log->states[log->n].id);
        free((void *)(uintptr_t)log->states[log->n].bytes.ptr);
    }
}

static inline bool memory_restart(struct job *job, struct memory_log *log, int64_t last_ms)
{
    struct engine_conf conf = { .spec = &job->spec,
                                .plan = job->plan,
                                .pool = job->pool,
                                .hash_seed = job->seed,
                                .chunk_rows = job->chunk_rows,
                                .diags = &job->diags,
                                .drop = "tidemark restart job --discard-state " };
    engine_free(job->engine);
    job->engine = engine_new(&conf);
    engine_set_clock(job->engine, 0, last_ms);
    return engine_restore(job->engine, log->states, log->n, &job->err);
}

/* The rest of a copy, in place of all before. */
static inline void memory_copy(struct job *job, struct memory_log *log)
{
    struct engine_state part;
    memory_drop(log);
    while (engine_save(job->engine, &part))
        memory_keep(log, &part);
}
