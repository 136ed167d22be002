/* A job file: refused with findings that can be shown, or explained, and its tests end the same way with kills, threads and small
 * chunks. */
#include "cli/explain.h"
#include "cli/test_run.h"
#include "column/json_text.h"
#include "engine/plan.h"
#include "fuzz.h"
#include "spec/job.h"

void job_fuzz(const uint8_t *data, size_t size);

#define BATCHES_MAX 50

/* What would start programs, or runs long. */
static bool is_tame(const struct job_spec *spec)
{
    for (size_t i = 0; i < spec->n_streams; i++)
        for (size_t k = 0; k < spec->streams[i].n_ops; k++)
            if (strcmp(spec->streams[i].ops[k].name, "pipe") == 0 ||
                strcmp(spec->streams[i].ops[k].name, "lua") == 0)
                return false;
    for (size_t i = 0; i < spec->n_tests; i++)
        if (spec->tests[i].batches > BATCHES_MAX)
            return false;
    return true;
}

/* Kills, threads and the size of chunks do not show. */
static void fuzz_tests(const struct job_spec *spec, const struct plan *plan)
{
    static const struct test_run modes[] = {
        { .crash = true },
        { .threads = 3, .chunk_rows = 2 },
        { .crash = true, .threads = 2, .chunk_rows = 1 },
    };
    for (size_t i = 0; i < spec->n_tests; i++) {
        struct test_run run = { .spec = spec, .plan = plan, .test = &spec->tests[i] };
        struct buf plain = { 0 }, other = { 0 };
        bool passed = test_run(&run, &plain);
        for (size_t k = 0; k < ARRAY_SIZE(modes); k++) {
            run.crash = modes[k].crash;
            run.threads = modes[k].threads;
            run.chunk_rows = modes[k].chunk_rows;
            buf_clear(&other);
            check(test_run(&run, &other) == passed);
            check(strcmp(buf_text(&plain), buf_text(&other)) == 0);
        }
        buf_free(&plain);
        buf_free(&other);
    }
}

/* Every form of it; JSON is JSON. */
static void fuzz_explain(struct arena *arena, const struct job_spec *spec, const struct plan *plan)
{
    static void (*const forms[])(const struct explain *explain,
                                 struct buf *out) = { explain_put_json, explain_put_text,
                                                      explain_put_dot, explain_put_mermaid };
    struct explain explain = { .arena = arena,
                               .spec = spec,
                               .plan = plan,
                               .state_directory = "/var/lib/tidemark",
                               .verbose = true };
    explain_open(&explain);
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        struct buf out = { 0 };
        forms[i](&explain, &out);
        check(out.len && fuzz_is_utf8(buf_slice(&out)));
        check(i || json_text_valid(buf_slice(&out)));
        buf_free(&out);
    }
}

void job_fuzz(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct expand_env none = { 0 };
    struct job_env env = { .expand = &none, .memory_max = 64 << 20 };
    struct diags diags = { .arena = &arena, .file = "job.yaml", .source = { data, size } };
    struct job_spec *spec = NULL;
    struct plan *plan = NULL;
    struct buf shown = { 0 };
    bool good = job_parse(&arena, "job", &env, &diags, &spec);
    check(good == (diag_errors(&diags) == 0));
    if (spec)
        good = plan_build(&arena, spec, &diags, &plan) && good;
    diag_print(&diags, DIAG_HUMAN, true, &shown);
    check(fuzz_is_utf8(buf_slice(&shown)));
    buf_clear(&shown);
    diag_print(&diags, DIAG_JSON, true, &shown);
    check(json_text_valid(buf_slice(&shown)));
    if (good && plan && diag_errors(&diags) == 0)
        fuzz_explain(&arena, spec, plan);
    if (good && plan && diag_errors(&diags) == 0 && is_tame(spec))
        fuzz_tests(spec, plan);
    buf_free(&shown);
    arena_free(&arena);
}
