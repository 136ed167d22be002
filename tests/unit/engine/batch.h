/* Batches of a job, for tests of the engine: blocks in, what its outputs show out. */
#pragma once
#include "job.h"

static inline void job_start(struct job *job) /* with the plan that it has */
{
    setenv("TZ", "UTC", 1);
    tzset();
    job->world = world_new();
    job->loop = loop_new(job->world);
    job->pool = pool_new(job->loop, job->threads ? job->threads : 1);
    struct engine_conf conf = { .spec = &job->spec,
                                .plan = job->plan,
                                .pool = job->pool,
                                .hash_seed = job->seed,
                                .chunk_rows = job->chunk_rows,
                                .one_partition = job->one_partition };
    job->engine = engine_new(&conf);
}

static inline void job_open(struct job *job, const char *yaml)
{
    static const char *const result[] = { "result", NULL };
    if (!job->plan && !job_plan(job, yaml, result))
        ck_abort_msg("%s", buf_text(&job->shown));
    job_start(job);
}

static inline void job_given_back(void *ctx, struct block *block)
{
    struct job *job = ctx;
    memset(block->bytes, 'x', block->used); /* nobody may look at them any more */
    block_free(block);
    if (--job->waiting == 0)
        loop_stop(job->loop);
}

static inline void job_feed_block(struct job *job, struct block *block)
{
    job->waiting++;
    engine_feed(job->engine, block, job_given_back, job);
}

/* A block of the source with a record for each value; n values, or as many as there are before NULL. */
static inline void job_feed(struct job *job, uint32_t source, const char *const *values)
{
    uint32_t n = 0, bytes = 0;
    for (; values[n]; n++)
        bytes += (uint32_t)strlen(values[n]);
    struct block *block = block_new(bytes, n);
    block->topic = "lines";
    block->partition = 3;
    block->source = source;
    for (size_t i = 0; values[i]; i++) {
        struct block_record record = { .value = values[i],
                                       .value_len = (uint32_t)strlen(values[i]),
                                       .offset = job->offset++,
                                       .time_ms = 7 };
        ck_assert(block_append(block, &record));
    }
    job_feed_block(job, block);
}

static inline void job_closed(void *ctx, const struct engine_cut *cut, const struct err *err)
{
    struct job *job = ctx;
    job->cut = cut ? *cut : (struct engine_cut){ 0 };
    job->err = *err;
    loop_stop(job->loop);
}

static inline bool job_close_batch(struct job *job, int64_t batch_ms)
{
    engine_close_batch(job->engine, batch_ms, job_closed, job);
    loop_run(job->loop);
    return job->err.kind == ERR_NONE;
}

/* What was fed is computed, then the batch closed. */
static inline bool job_cut(struct job *job)
{
    if (job->waiting)
        loop_run(job->loop);
    ck_assert(engine_idle(job->engine));
    return job_close_batch(job, 1000);
}

#define JOB_HEAD                                    \
    "-------------------------------------------\n" \
    "Time: 1970-01-01 00:00:01\n"                   \
    "-------------------------------------------\n"

/* The rows that output i printed. */
static inline const char *job_printed(struct job *job, size_t i)
{
    const char *text = buf_text(&job->cut.outputs[i]);
    ck_assert(strncmp(text, JOB_HEAD, strlen(JOB_HEAD)) == 0);
    return text + strlen(JOB_HEAD);
}

/* One batch of these values shows these rows. */
static inline void job_shows(struct job *job, const char *const *values, const char *rows)
{
    job_feed(job, 0, values);
    if (!job_cut(job))
        ck_abort_msg("%s", job->err.text);
    ck_assert_str_eq(job_printed(job, 0), rows);
}
#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })
