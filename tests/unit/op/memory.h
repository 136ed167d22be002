/* Jobs whose operations remember, for tests: each is run as it is, and with a new engine between every two batches that is made
 * of what the batches before left: of their changes, of the state as a whole, or of both. Nothing may show. */
#pragma once
#include "memory_log.h"

/* LATE: of the whole of the state before a batch, written down behind it, and of its changes. */
enum memory_mode { MEMORY_PLAIN, MEMORY_CHANGES, MEMORY_MIXED, MEMORY_LATE, MEMORY_MODES };

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

struct memory_seen {
    struct buf out;     /* what is shown, a batch a line */
    struct buf changes; /* what the batch log is given */
};

static inline void memory_forget(struct memory_seen *seen)
{
    buf_free(&seen->out);
    buf_free(&seen->changes);
}

static inline void memory_run(struct job *job, const char *file, enum memory_mode mode,
                              const char *const *batches, struct memory_seen *seen)
{
    struct memory_log log = { .n = 0 };
    int64_t ms = 0;
    if (!whole_plan(job, file))
        ck_abort_msg("%s", buf_text(&job->shown));
    job_start(job);
    engine_set_clock(job->engine, 0, 0);
    for (size_t i = 0; batches[i]; i++) {
        memory_batch(job, batches[i], &ms);
        memory_show(job, &seen->out);
        memory_put(job, &seen->changes);
        memory_kill(job, &log, mode, ms);
    }
    memory_drop(&log);
}

/* Neither what is shown nor what is written down hangs on threads, chunks, seeds. */
static inline void memory_shows(const char *ops, const char *const *batches, const char *shown)
{
    static const uint32_t chunks[] = { 4096, 1, 7, 0 };
    for (enum memory_mode mode = MEMORY_PLAIN; mode < MEMORY_MODES; mode++) {
        struct memory_seen first = { 0 };
        for (uint32_t i = 0; i < ARRAY_SIZE(chunks); i++) {
            struct job job = { .threads = 1 + i, .chunk_rows = chunks[i], .seed = i };
            struct memory_seen other = { 0 }, *seen = i ? &other : &first;
            memory_run(&job, whole_file(&job, ops), mode, batches, seen);
            ck_assert_str_eq(buf_text(&seen->out), shown);
            ck_assert_uint_eq(seen->changes.len, first.changes.len);
            if (first.changes.len)
                ck_assert_mem_eq(seen->changes.ptr, first.changes.ptr, first.changes.len);
            memory_forget(&other);
            job_close(&job);
        }
        memory_forget(&first);
    }
}
