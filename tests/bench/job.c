/* A job file over records that lie in memory, by the engine alone: no source, no log.
 *   job run FILE TEXT ROUNDS THREADS [CHUNK]
 *       a line of TEXT is a record, all of them one batch a round; for each round: records, seconds of CPU of all threads,
 *       seconds, allocations. CHUNK: records computed at once; with it all threads have a share, whatever else runs
 *   job show FILE TEXT THREADS
 *       what the outputs show of one */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/block.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/world.h"
#include "spec/job.h"

#define BLOCK_BYTES (512u << 10)

/* ---- allocations of all threads are counted */

static _Atomic unsigned long long allocations;
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return __libc_realloc(p, n);
}

/* ---- blocks */

struct blocks {
    struct block **block;
    uint32_t n;
    uint64_t records;
};

static struct block *blocks_more(struct blocks *blocks)
{
    struct block *block = block_new(BLOCK_BYTES, BLOCK_BYTES / 16);
    block->topic = "lines";
    blocks->block = mem_realloc(blocks->block, (blocks->n + 1) * sizeof *blocks->block);
    return blocks->block[blocks->n++] = block;
}

static void blocks_read(struct blocks *blocks, const char *path)
{
    FILE *file = fopen(path, "r");
    check(file);
    char *line = NULL;
    size_t cap = 0;
    struct block *block = blocks_more(blocks);
    struct block_record record = { .time_ms = -1 };
    for (ssize_t n; (n = getline(&line, &cap, file)) > 0; record.offset++) {
        record.value = line;
        record.value_len = (uint32_t)n - (line[n - 1] == '\n');
        if (!block_append(block, &record)) {
            block = blocks_more(blocks);
            check(block_append(block, &record));
        }
    }
    blocks->records = (uint64_t)record.offset;
    free(line);
    fclose(file);
}

/* ---- the job */

static struct stage {
    struct arena arena;
    struct diags diags;
    struct job_spec *spec;
    struct plan *plan;
    struct loop *loop;
    struct engine *engine;
    uint32_t waiting;
    int64_t time_ms;
} stage;

static char *read_all(const char *path, size_t *n)
{
    static char text[1 << 16];
    FILE *file = fopen(path, "r");
    check(file);
    *n = fread(text, 1, sizeof text, file);
    fclose(file);
    return text;
}

static void stage_plan(const char *path)
{
    static const struct expand_env expand = { 0 };
    static const struct job_env env = { .expand = &expand };
    size_t n;
    const char *text = read_all(path, &n);
    struct slice source = { text, n };
    stage.diags = (struct diags){ .arena = &stage.arena, .file = path, .source = source };
    if (job_parse(&stage.arena, "bench", &env, &stage.diags, &stage.spec) &&
        plan_build(&stage.arena, stage.spec, &stage.diags, &stage.plan))
        return;
    struct buf said = { 0 };
    diag_print(&stage.diags, DIAG_GNU, false, &said);
    fprintf(stderr, "%s", buf_text(&said));
    exit(65);
}

static void given_back(void *ctx, struct block *block)
{
    (void)ctx;
    (void)block;
    if (--stage.waiting == 0)
        loop_stop(stage.loop);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double seconds(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void closed(void *ctx, const struct engine_cut *cut, const struct err *err)
{
    (void)err;
    check(cut);
    *(struct engine_cut *)ctx = *cut;
    loop_stop(stage.loop);
}

static void run_batch(const struct blocks *blocks, struct engine_cut *cut)
{
    stage.time_ms += (int64_t)stage.spec->batch_interval_ms;
    engine_open_batch(stage.engine, stage.time_ms);
    stage.waiting = blocks->n;
    for (uint32_t i = 0; i < blocks->n; i++)
        engine_feed(stage.engine, blocks->block[i], given_back, NULL);
    loop_run(stage.loop);
    engine_close_batch(stage.engine, stage.time_ms, closed, cut);
    loop_run(stage.loop);
    check(cut->errors == 0);
}

static void run_rounds(const struct blocks *blocks, int rounds)
{
    struct engine_cut cut;
    for (int i = 0; i < rounds; i++) {
        double cpu = cpu_seconds(), wall = seconds();
        unsigned long long before = allocations;
        run_batch(blocks, &cut);
        unsigned long long after = allocations;
        printf("%llu %.6f %.6f %llu\n", (unsigned long long)blocks->records, cpu_seconds() - cpu,
               seconds() - wall, after - before);
    }
}

static void show(const struct blocks *blocks)
{
    struct engine_cut cut;
    run_batch(blocks, &cut);
    for (size_t i = 0; i < cut.n_outputs; i++)
        fwrite(cut.outputs[i].ptr, 1, cut.outputs[i].len, stdout);
}

int main(int argc, char **argv)
{
    bool run = (argc == 6 || argc == 7) && strcmp(argv[1], "run") == 0;
    struct blocks blocks = { 0 };
    if (!run && (argc != 5 || strcmp(argv[1], "show") != 0))
        return 64;
    stage_plan(argv[2]);
    blocks_read(&blocks, argv[3]);
    stage.loop = loop_new(world_new());
    struct pool *pool = pool_new(stage.loop, (uint32_t)atoi(argv[run ? 5 : 4]));
    struct engine_conf conf = { .spec = stage.spec,
                                .plan = stage.plan,
                                .pool = pool,
                                .hash_seed = 42,
                                .chunk_rows = run && argc == 7 ? (uint32_t)atoi(argv[6]) : 0 };
    stage.engine = engine_new(&conf);
    engine_set_clock(stage.engine, 0, 0);
    if (run)
        run_rounds(&blocks, atoi(argv[4]));
    else
        show(&blocks);
    engine_free(stage.engine);
    pool_free(pool);
    loop_free(stage.loop);
    return 0;
}
