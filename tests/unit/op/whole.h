/* Whole job files for tests of operations: read by the checker, planned, and run with several numbers of threads and sizes of
 * chunks, which must not show. */
#pragma once
#include "../engine/batch.h"

#define WHOLE_SOURCE(name) \
    "kafka: {name: " name ", bootstrap.servers: \"b:1\", group.id: g, topics: [t]}"
#define WHOLE_ONE "sources: [{" WHOLE_SOURCE("a") "}]\n"
#define WHOLE_TWO "sources: [{" WHOLE_SOURCE("a") "}, {" WHOLE_SOURCE("b") "}]\n"
#define WHOLE_PRINT "outputs: [print: {num: 50}]\n"

/* Reads and plans a file; false: job->shown says why not. */
static inline bool whole_plan(struct job *job, const char *file)
{
    static const struct expand_env expand = { 0 };
    const struct job_env env = { .expand = &expand };
    struct slice source = { file, strlen(file) };
    struct job_spec *spec = NULL;
    job->diags = (struct diags){ .arena = &job->arena, .file = "job.yaml", .source = source };
    bool ok = job_parse(&job->arena, "job", &env, &job->diags, &spec);
    if (spec) {
        job->spec = *spec;
        ok = plan_build(&job->arena, &job->spec, &job->diags, &job->plan) && ok;
    }
    buf_clear(&job->shown);
    diag_print(&job->diags, DIAG_GNU, false, &job->shown);
    return ok;
}

/* A job of one source, a, whose operations stand from line 2 on: `ops` begins with "- " or is a mapping of streams with a
 * source b as well, that outputs "o". */
static inline const char *whole_file(struct job *job, const char *ops)
{
    if (strncmp(ops, "- ", 2) == 0)
        return arena_printf(&job->arena, "transformations:\n%s\n" WHOLE_ONE WHOLE_PRINT, ops);
    return arena_printf(&job->arena,
                        "streams:\n%s\n" WHOLE_TWO "outputs: [print: {num: 50, from: o}]\n", ops);
}

/* Blocks are separated by '|', their records by ';'; a block that begins with '>' is of the second source. */
static inline void whole_feed(struct job *job, const char *input)
{
    char *copy = arena_strdup(&job->arena, input), *rest = copy;
    for (char *block = strsep(&rest, "|"); block; block = strsep(&rest, "|")) {
        const char *lines[200] = { NULL };
        uint32_t source = *block == '>';
        size_t n = 0;
        block += source;
        for (char *line = strsep(&block, ";"); line; line = strsep(&block, ";"))
            lines[n++] = line;
        job_feed(job, source, lines);
    }
}

/* What the batches show, one behind the other, each ended by an empty line; then what failed. */
static inline void whole_run(struct job *job, const char *ops, const char *const *batches,
                             struct buf *out)
{
    if (!whole_plan(job, whole_file(job, ops)))
        ck_abort_msg("%s", buf_text(&job->shown));
    job_start(job);
    for (; *batches; batches++) {
        if (**batches)
            whole_feed(job, *batches);
        if (!job_cut(job))
            ck_abort_msg("%s", job->err.text);
        buf_puts(out, job_printed(job, 0));
        for (size_t i = 0; i < job->cut.n_dead; i++) {
            const struct engine_dead *dead = &job->cut.dead[i];
            buf_printf(out, "E%u at %d: %s: %s", dead->code, (int)dead->offset, dead->place,
                       dead->reason);
            buf_printf(out, dead->value.ptr ? ": %.*s\n" : "\n", (int)dead->value.len,
                       (const char *)dead->value.ptr);
        }
    }
}

static inline void whole_shows(const char *ops, const char *const *batches, const char *shown)
{
    static const uint32_t chunks[] = { 4096, 1, 7, 0 };
    for (uint32_t threads = 1; threads <= 4; threads *= 2) {
        for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
            struct job job = { .threads = threads, .chunk_rows = chunks[i], .seed = i };
            struct buf out = { 0 };
            whole_run(&job, ops, batches, &out);
            ck_assert_str_eq(buf_text(&out), shown);
            buf_free(&out);
            job_close(&job);
        }
    }
}

/* The findings of a job that is refused. */
static inline void whole_says(const char *ops, const char *said)
{
    struct job job = { 0 };
    ck_assert(!whole_plan(&job, whole_file(&job, ops)));
    ck_assert_str_eq(buf_text(&job.shown), said);
    job_close(&job);
}
