/* The ledger around a worker's life: who produces, who starts workers again, who stops them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"
#include "worker/report.h"
#include "worker_sim.h"

/* A word is counted only when the time of the batch that it was computed into is that of the batch which shows it. */
#define COUNTS_OF_BATCH                  \
    "  - map: ((_, batchTime), 1)\n"     \
    "  - reduceByKey: _ + _\n"           \
    "  - filter: _._1._2 == batchTime\n" \
    "  - map: (_._1._1, _._2)\n"
#define COUNTS_SO_FAR                                                                     \
    "  - map: (_, batchTime)\n"                                                           \
    "  - updateStateByKey: {id: counts, func: \"(values, state) => state.getOrElse(0) + " \
    "values.filter(t => t == batchTime).size\"}\n"

static void job_text(struct tally *tally)
{
    static const unsigned intervals_ms[] = { 50, 200, 1000, 3000 };
    struct sim *sim = tally->sim;
    unsigned interval_ms = intervals_ms[sim_below(sim, ARRAY_SIZE(intervals_ms))];
    unsigned block_ms = 50 + (unsigned)sim_below(sim, 200);
    bool is_rare = sim_chance(sim, 500);
    snprintf(tally->job, sizeof tally->job,
             "batchInterval: %ums\n"
             "blockInterval: %ums\n"
             "checkpoint: {directory: \"%s\", interval: %s, retain: 2}\n"
             "sources:\n"
             "  - kafka: {bootstrap.servers: \"" TALLY_SERVERS
             "\", group.id: group, "
             "startingOffsets: earliest, topics: {" TALLY_TOPIC
             ": 1}}\n"
             "transformations:\n"
             "%s%s"
             "outputs:\n"
             "  - print: {num: 1000000}\n",
             interval_ms, block_ms, tally->url, is_rare ? "1d" : "1s",
             tally->shows_lines ? "  - map: _.value\n" : "  - flatMap: _.value.split(\" \")\n",
             tally->shows_lines   ? ""
             : tally->keeps_state ? COUNTS_SO_FAR
                                  : COUNTS_OF_BATCH);
}

static void produce_cb(void *ctx);

struct tally *tally_new(struct sim *sim, const char *url)
{
    struct tally *tally = sim_alloc(sizeof *tally);
    *tally = (struct tally){ .sim = sim, .url = url };
    tally->kafka = sim_kafka(sim, TALLY_SERVERS);
    tally->partitions = 1 + (int32_t)sim_below(sim, TALLY_PARTITIONS);
    tally->keeps_state = sim_chance(sim, 400);
    tally->shows_lines = sim_chance(sim, 300);
    tally->has_holes = sim_chance(sim, 300);
    sim_kafka_topic(tally->kafka, TALLY_TOPIC, tally->partitions);
    job_text(tally);
    tally->producing = true;
    sim_after(sim, 0, produce_cb, tally);
    return tally;
}

void tally_free(struct tally *tally)
{
    free(tally);
}

/* ---- producing */

static void produce(struct tally *tally, int32_t partition, const char *text)
{
    char line[40];
    if (tally->shows_lines) {
        snprintf(line, sizeof line, "p%d:%llu", (int)partition,
                 (unsigned long long)tally->lines[partition]++);
        text = line;
    }
    tally->records++;
    sim_kafka_produce(tally->kafka, TALLY_TOPIC, partition, (struct slice){ NULL, 0 },
                      (struct slice){ text, strlen(text) });
}

static void produce_line(struct tally *tally)
{
    char line[200] = "";
    uint64_t n = 1 + sim_below(tally->sim, 5);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t word = sim_below(tally->sim, TALLY_WORDS);
        size_t len = strlen(line);
        snprintf(line + len, sizeof line - len, "%sword%llu", i ? " " : "",
                 (unsigned long long)word);
        tally->words[word] += !tally->shows_lines;
    }
    int32_t partition = (int32_t)sim_below(tally->sim, (uint64_t)tally->partitions);
    produce(tally, partition, line);
    if (tally->has_holes && sim_chance(tally->sim, 50)) /* as transactions leave them */
        sim_kafka_skip(tally->kafka, TALLY_TOPIC, partition, 1 + (int64_t)sim_below(tally->sim, 3));
}

void tally_fence(struct tally *tally, int32_t partition)
{
    tally->words[0] += !tally->shows_lines;
    produce(tally, partition, "word0");
}

static void produce_cb(void *ctx)
{
    struct tally *tally = ctx;
    if (!tally->producing)
        return;
    for (uint64_t n = sim_below(tally->sim, 20); n > 0; n--)
        produce_line(tally);
    sim_after(tally->sim, 1000 + sim_below(tally->sim, 500000), produce_cb, tally);
}

bool tally_idle(void *ctx)
{
    struct tally *tally = ctx;
    for (int32_t i = 0; i < tally->partitions; i++)
        if (sim_kafka_committed(tally->kafka, "group", TALLY_TOPIC, i) !=
            sim_kafka_end(tally->kafka, TALLY_TOPIC, i))
            return false;
    return true;
}

/* ---- workers */

static struct tally *tally_of(struct sim_process *process)
{
    return process->parts->main_ctx;
}

static void again_a(void *ctx)
{
    tally_start(ctx, 0);
}

static void again_b(void *ctx)
{
    tally_start(ctx, 1);
}

static void worker_gone(struct sim_process *process)
{
    struct tally *tally = tally_of(process);
    int which = tally->workers[1] == process;
    tally->workers[which] = NULL;
    tally->done += process->status == WORKER_DONE;
    tally->fenced += process->status == WORKER_AGAIN;
    tally->failed += process->status != WORKER_DONE && process->status != WORKER_AGAIN &&
                     process->status != SIM_KILLED;
    sim_expect(tally->sim,
               process->status != WORKER_REJECTED && (process->status != 1 || tally->harmed),
               "%s[%u] ended with %d", process->name, process->pid, process->status);
    if (!tally->stopping)
        sim_after(tally->sim, 1000 + sim_below(tally->sim, 3000000), which ? again_b : again_a,
                  tally);
}

void tally_start(struct tally *tally, int which)
{
    bool is_local = strncmp(tally->url, "file:", 5) == 0;
    if (tally->stopping || tally->workers[which])
        return;
    struct sim_process *process = sim_start(tally->sim, which ? "b" : "a", worker_main, tally);
    process->host = which && !is_local ? "host-b" : "host-a";
    process->ctx = NULL;
    process->ended = worker_gone;
    sim_fail_allocation(process, tally->fail_at);
    tally->workers[which] = process;
    tally->starts++;
}

void tally_stop(struct tally *tally)
{
    tally->stopping = true;
    for (int i = 0; i < 2; i++)
        if (tally->workers[i])
            worker_tell_stop(tally->workers[i]);
}
