/* A windowed word count alone: the engine of the daemon, fed with blocks that lie in memory.
 *   window FUNC SLIDES BATCHES    counts over SLIDES batches with reduceByKeyAndWindow: {func: FUNC}, one batch a slide; once the
 *                                 window is full: CPU ns a record of BATCHES further batches, all threads, and the first rows */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "column/block.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/world.h"
#include "spec/job.h"

#define RECORDS 1000u /* of a batch: lines of 16 words */
#define WORDS 16u
#define KEYS 20000u

static struct stage {
    struct arena arena;
    struct job_spec *spec;
    struct plan *plan;
    struct world *world;
    struct loop *loop;
    struct pool *pool;
    struct engine *engine;
    struct engine_cut cut;
    uint64_t random;
} stage;

static void stage_open(const char *func, uint32_t slides)
{
    static const struct expand_env expand = { 0 };
    const struct job_env env = { .expand = &expand };
    const char *file = arena_printf(
        &stage.arena,
        "sources: [kafka: {bootstrap.servers: \"b:1\", group.id: g, topics: [t]}]\n"
        "transformations:\n  - flatMap: _.value.split(\" \")\n  - map: (_, 1)\n"
        "  - reduceByKeyAndWindow: {func: \"%s\", windowDuration: %us}\noutputs: [print]\n",
        func, slides);
    struct diags diags = { .arena = &stage.arena, .file = "job", .source = slice_of_text(file) };
    check(job_parse(&stage.arena, "job", &env, &diags, &stage.spec) &&
          plan_build(&stage.arena, stage.spec, &diags, &stage.plan));
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    stage.pool = pool_new(stage.loop, 1);
    struct engine_conf conf = {
        .spec = stage.spec, .plan = stage.plan, .pool = stage.pool, .hash_seed = 42
    };
    stage.engine = engine_new(&conf);
    engine_set_clock(stage.engine, 0, 0);
}

static void given_back(void *ctx, struct block *block)
{
    (void)ctx;
    block_free(block);
    loop_stop(stage.loop);
}

static struct block *make(void)
{
    struct block *block = block_new(RECORDS * WORDS * 12, RECORDS);
    block->topic = "t";
    for (uint32_t i = 0; i < RECORDS; i++) {
        char line[WORDS * 12];
        int n = 0;
        for (uint32_t k = 0; k < WORDS; k++) {
            stage.random = stage.random * 6364136223846793005u + 1442695040888963407u;
            n += snprintf(line + n, sizeof line - (size_t)n, k ? " w%u" : "w%u",
                          (unsigned)(stage.random >> 33) % KEYS);
        }
        struct block_record record = { .value = line, .value_len = (uint32_t)n, .offset = i };
        check(block_append(block, &record));
    }
    return block;
}

static void closed(void *ctx, const struct engine_cut *cut, const struct err *err)
{
    (void)ctx;
    (void)err;
    check(cut);
    stage.cut = *cut;
    loop_stop(stage.loop);
}

static double batch(uint32_t number) /* CPU ns */
{
    struct block *block = make();
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    engine_open_batch(stage.engine, number * 1000);
    engine_feed(stage.engine, block, given_back, NULL);
    loop_run(stage.loop);
    engine_close_batch(stage.engine, number * 1000, closed, NULL);
    loop_run(stage.loop);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    return (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 64;
    uint32_t slides = (uint32_t)atoi(argv[2]), batches = (uint32_t)atoi(argv[3]);
    double sum = 0;
    stage_open(argv[1], slides);
    for (uint32_t i = 1; i <= slides; i++)
        batch(i);
    for (uint32_t i = 1; i <= batches; i++)
        sum += batch(slides + i);
    printf("%.1f\n", sum / batches / (RECORDS * WORDS));
    fwrite(stage.cut.outputs[0].ptr, 1, stage.cut.outputs[0].len, stdout);
    return 0;
}
