/* Counting words alone: the engine of the daemon, fed with blocks that lie in memory.
 *   count make LINES         writes text: lines of 16 words, Zipf over 50,000, some 100 bytes
 *   count run FILE ROUNDS    counts it as one batch a round; for each round: words, CPU seconds of all threads
 *   count print FILE         the counts, as the job prints them */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "column/block.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/world.h"

#define WORDS 50000
#define WORDS_A_LINE 16
#define BLOCK_BYTES (512u << 10)

static const char transformations[] =
    "- flatMap: _.value.split(\" \")\n"
    "- map: (_, 1)\n"
    "- reduceByKey: _ + _\n";

/* ---- text */

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Frequent words are short, as in a language; the number makes each different. */
static int word_of(uint32_t rank, char *out)
{
    uint64_t state = rank;
    int n = 0, len = rank < 20 ? 3 : 4 + (int)(next_random(&state) % 6);
    for (uint32_t left = rank; left || n < len; left /= 26)
        out[n++] = (char)('a' + (left ? left : next_random(&state)) % 26);
    return n;
}

static void make_text(uint32_t lines)
{
    static double sum[WORDS];
    uint64_t state = 1;
    double total = 0;
    for (uint32_t i = 0; i < WORDS; i++)
        sum[i] = total += 1.0 / (i + 1);
    for (uint32_t i = 0; i < lines * WORDS_A_LINE; i++) {
        double at = (double)(next_random(&state) >> 11) * 0x1p-53 * total;
        uint32_t from = 0, to = WORDS - 1;
        char word[32];
        while (from < to) {
            uint32_t middle = (from + to) / 2;
            if (sum[middle] < at)
                from = middle + 1;
            else
                to = middle;
        }
        fwrite(word, 1, (size_t)word_of(from, word), stdout);
        putchar(i % WORDS_A_LINE == WORDS_A_LINE - 1 ? '\n' : ' ');
    }
}

/* ---- blocks */

struct blocks {
    struct block **block;
    uint32_t n;
    uint64_t words;
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
        blocks->words++;
        for (uint32_t i = 0; i < record.value_len; i++)
            blocks->words += line[i] == ' ';
        if (!block_append(block, &record)) {
            block = blocks_more(blocks);
            check(block_append(block, &record));
        }
    }
    free(line);
    fclose(file);
}

/* ---- the job */

static struct stage {
    struct arena arena;
    struct diags diags;
    struct job_spec spec;
    struct plan *plan;
    struct loop *loop;
    struct engine *engine;
    uint32_t waiting;
} stage;

static void stage_plan(uint32_t num)
{
    static struct job_source source = { .name = "kafka0", .kind = "kafka" };
    static const char *from[] = { "kafka0" };
    static struct job_op ops[3];
    static struct job_stream stream = {
        .name = "result", .from = from, .n_from = 1, .ops = ops, .n_ops = 3
    };
    static struct job_output output = { .kind = "print", .from = "result" };
    struct yaml_node *root;
    struct slice yaml = { transformations, sizeof transformations - 1 };
    stage.diags = (struct diags){ .arena = &stage.arena, .file = "count", .source = yaml };
    check(yaml_parse(&stage.arena, yaml, &stage.diags, &root));
    for (size_t i = 0; i < root->n; i++) {
        struct yaml_node *item = root->items[i];
        ops[i] = (struct job_op){ .name = item->keys[0]->text,
                                  .node = item->keys[0],
                                  .arg = item->items[0] };
    }
    output.num = num;
    output.node = stream.node = root;
    stage.spec = (struct job_spec){ .sources = &source,
                                    .n_sources = 1,
                                    .streams = &stream,
                                    .n_streams = 1,
                                    .outputs = &output,
                                    .n_outputs = 1 };
    check(plan_build(&stage.arena, &stage.spec, &stage.diags, &stage.plan));
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

static void closed(void *ctx, const struct engine_cut *cut, const struct err *err)
{
    (void)err;
    check(cut);
    *(struct engine_cut *)ctx = *cut;
    loop_stop(stage.loop);
}

static double run_batch(const struct blocks *blocks, struct engine_cut *cut)
{
    double before = cpu_seconds();
    stage.waiting = blocks->n;
    for (uint32_t i = 0; i < blocks->n; i++)
        engine_feed(stage.engine, blocks->block[i], given_back, NULL);
    loop_run(stage.loop);
    engine_close_batch(stage.engine, 1000, closed, cut);
    loop_run(stage.loop);
    return cpu_seconds() - before;
}

static void run_job(const char *path, int rounds, bool print)
{
    struct blocks blocks = { 0 };
    struct engine_cut cut;
    struct err err;
    struct world *world = world_new();
    blocks_read(&blocks, path);
    stage_plan(print ? UINT32_MAX - 1 : 10);
    stage.loop = loop_new(world);
    struct pool *pool = pool_new(stage.loop, 1);
    struct engine_conf conf = {
        .spec = &stage.spec, .plan = stage.plan, .pool = pool, .hash_seed = 42
    };
    check(engine_new(&conf, &stage.engine, &err));
    for (int i = 0; i < rounds; i++) {
        double seconds = run_batch(&blocks, &cut);
        if (print)
            fwrite(cut.outputs[0].ptr, 1, cut.outputs[0].len, stdout);
        else
            printf("%llu %.6f\n", (unsigned long long)blocks.words, seconds);
    }
    engine_free(stage.engine);
    pool_free(pool);
    loop_free(stage.loop);
    world_free(world);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "make") == 0)
        make_text((uint32_t)atoi(argv[2]));
    else if (argc == 4 && strcmp(argv[1], "run") == 0)
        run_job(argv[2], atoi(argv[3]), false);
    else if (argc == 3 && strcmp(argv[1], "print") == 0)
        run_job(argv[2], 1, true);
    else
        return 64;
    return 0;
}
