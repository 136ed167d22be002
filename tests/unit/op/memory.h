/* Jobs whose operations remember, for tests: each is run as it is, and with a new engine between every two batches that is made
 * of what the batches before left: of their changes, of the state as a whole, or of both. Nothing may show. */
#pragma once
#include "whole.h"

/* LATE: of the whole of the state before a batch, written down behind it, and of its changes. */
enum memory_mode { MEMORY_PLAIN, MEMORY_CHANGES, MEMORY_MIXED, MEMORY_LATE, MEMORY_MODES };

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
                                .drop = "tidemark restart job" };
    engine_free(job->engine);
    ck_assert(engine_new(&conf, &job->engine, &job->err));
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

/* After a batch, by the mode. */
static inline void memory_kill(struct job *job, struct memory_log *log, enum memory_mode mode,
                               int64_t ms)
{
    bool whole = mode == MEMORY_MIXED && ms / 1000 % 2;
    if (log->late)
        memory_copy(job, log);
    for (size_t i = 0; i < job->cut.n_changes; i++)
        memory_keep(log, &job->cut.changes[i]);
    if (mode == MEMORY_PLAIN)
        return;
    if (whole) {
        engine_save_begin(job->engine);
        memory_copy(job, log);
    }
    if (!memory_restart(job, log, ms))
        ck_abort_msg("%s", job->err.text);
    log->late = mode == MEMORY_LATE;
    if (log->late)
        engine_save_begin(job->engine);
}

/* The rows that a batch printed, with blanks between; "-" where the output does not run. */
static inline void memory_show(struct job *job, struct buf *out)
{
    const char *text = buf_text(&job->cut.outputs[0]);
    if (!*text) {
        buf_puts(out, "-");
    } else {
        for (int line = 0; line < 3; line++)
            text = strchr(text, '\n') + 1;
        for (; text[0] != '\n' || text[1]; text++)
            buf_put_u8(out, *text == '\n' ? ' ' : (uint8_t)*text);
    }
    for (size_t i = 0; i < job->cut.n_dead; i++)
        buf_printf(out, "E%u %.*s: %s ", job->cut.dead[i].code, (int)job->cut.dead[i].value.len,
                   (const char *)job->cut.dead[i].value.ptr, job->cut.dead[i].reason);
    while (out->len && out->ptr[out->len - 1] == ' ')
        out->len--;
    buf_puts(out, "\n");
}

/* The next batch; "+2 …" comes two ticks later than it would. */
static inline void memory_batch(struct job *job, const char *batch, int64_t *ms)
{
    *ms += 1000;
    if (*batch == '+') {
        *ms += 1000 * strtol(batch + 1, NULL, 10);
        batch += strcspn(batch, " ");
        batch += *batch == ' ';
    }
    engine_open_batch(job->engine, *ms);
    if (*batch)
        whole_feed(job, batch);
    if (job->waiting)
        loop_run(job->loop);
    if (!job_close_batch(job, *ms))
        ck_abort_msg("%s", job->err.text);
}

/* What the batch log is given. */
static inline void memory_put(const struct job *job, struct buf *out)
{
    for (size_t i = 0; i < job->cut.n_changes; i++) {
        buf_puts(out, job->cut.changes[i].id);
        buf_put(out, job->cut.changes[i].bytes.ptr, job->cut.changes[i].bytes.len);
    }
}

/* Ends each batch's rows with a line break; changes: what the batch log is given, may be NULL. */
static inline void memory_run(struct job *job, const char *file, enum memory_mode mode,
                              const char *const *batches, struct buf *out, struct buf *changes)
{
    struct memory_log log = { .n = 0 };
    int64_t ms = 0;
    if (!whole_plan(job, file))
        ck_abort_msg("%s", buf_text(&job->shown));
    job_start(job);
    engine_set_clock(job->engine, 0, 0);
    for (size_t i = 0; batches[i]; i++) {
        memory_batch(job, batches[i], &ms);
        memory_show(job, out);
        if (changes)
            memory_put(job, changes);
        memory_kill(job, &log, mode, ms);
    }
    memory_drop(&log);
}

/* Neither what is shown nor what is written down hangs on threads, chunks, seeds. */
static inline void memory_shows(const char *ops, const char *const *batches, const char *shown)
{
    static const uint32_t chunks[] = { 4096, 1, 7, 0 };
    for (enum memory_mode mode = MEMORY_PLAIN; mode < MEMORY_MODES; mode++) {
        struct buf first = { 0 };
        for (uint32_t i = 0; i < ARRAY_SIZE(chunks); i++) {
            struct job job = { .threads = 1 + i, .chunk_rows = chunks[i], .seed = i };
            struct buf out = { 0 }, changes = { 0 };
            memory_run(&job, whole_file(&job, ops), mode, batches, &out, i ? &changes : &first);
            ck_assert_str_eq(buf_text(&out), shown);
            ck_assert(!i || (changes.len == first.len &&
                             (!first.len || memcmp(changes.ptr, first.ptr, first.len) == 0)));
            buf_free(&out);
            buf_free(&changes);
            job_close(&job);
        }
        buf_free(&first);
    }
}
