/* The ledger around a worker's life: who produces, who starts workers again, who stops them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "canon.h"
#include "parts.h"
#include "store_parts.h"
#include "worker/report.h"
#include "worker_sim.h"

static void job_text(struct tally *tally, unsigned interval_ms, unsigned block_ms)
{
    static const unsigned intervals_ms[] = { 50, 200, 1000, 3000 };
    struct sim *sim = tally->sim;
    unsigned drawn_ms = intervals_ms[sim_below(sim, ARRAY_SIZE(intervals_ms))];
    unsigned drawn_block_ms = 50 + (unsigned)sim_below(sim, 200);
    bool is_rare = sim_chance(sim, 500);
    size_t size;
    FILE *out = open_memstream(&tally->job, &size);
    check(out);
    interval_ms = interval_ms ? interval_ms : drawn_ms;
    fprintf(out,
            "batchInterval: %ums\n"
            "blockInterval: %ums\n"
            "checkpoint: {directory: \"%s\", interval: %s, retain: 2}\n"
            "sources:\n",
            interval_ms, block_ms ? block_ms : drawn_block_ms, tally->url, is_rare ? "1d" : "1s");
    for (int i = 0; i < tally->kind->topics; i++)
        fprintf(out,
                "  - kafka: {name: %s, bootstrap.servers: \"" TALLY_SERVERS
                "\", group.id: group, startingOffsets: earliest, onOffsetOutOfRange: fail    , "
                "topics: {%s: 1}}\n",
                canon_topics[i], canon_topics[i]);
    canon_file(tally->kind, interval_ms, out);
    fclose(out);
}

/* What is published in the batch log is kept: the daemon deletes what it needs no more. */
static void put_in_place(void *ctx, const char *path, struct sim_bytes *content)
{
    struct tally *tally = ctx;
    if (strncmp(path, "log/", 4) != 0)
        return;
    size_t index = strtoull(path + 4, NULL, 10);
    sim_expect(tally->sim, index && index <= tally->n_log + 1, "%s comes after %zu", path,
               tally->n_log);
    if (*tally->sim->failure)
        return;
    if (index > tally->n_log) {
        tally->log = realloc(tally->log, (index + 1) * sizeof(struct sim_bytes *));
        check(tally->log);
        tally->log[0] = tally->log[index] = NULL;
        tally->n_log = index;
    }
    sim_bytes_drop(tally->log[index]);
    tally->log[index] = sim_bytes_ref(content);
}

void tally_policy(struct tally *tally, const char *on_gone)
{
    static const char key[] = "onOffsetOutOfRange: ";
    for (char *at = tally->job; (at = strstr(at, key)) != NULL;) {
        at += sizeof key - 1;
        memset(at, ' ', 8);
        memcpy(at, on_gone, strlen(on_gone));
    }
    tally->on_gone = on_gone;
}

static void produce_cb(void *ctx);

struct tally *tally_new_of(struct sim *sim, const struct tally_conf *conf)
{
    struct tally *tally = sim_alloc(sizeof *tally);
    *tally = (struct tally){ .sim = sim, .url = conf->url };
    tally->kafka = sim_kafka(sim, TALLY_SERVERS);
    tally->kind = &canon_jobs[sim_below(sim, CANON_JOBS)];
    if (conf->kind)
        tally->kind = conf->kind;
    tally->has_holes = sim_chance(sim, 300);
    for (int i = 0; i < tally->kind->topics; i++) {
        tally->partitions[i] = 1 + (int32_t)sim_below(sim, TALLY_PARTITIONS);
        sim_kafka_topic(tally->kafka, canon_topics[i], tally->partitions[i]);
    }
    sim_store_on_rename(sim_store(sim, conf->url), put_in_place, tally);
    job_text(tally, conf->interval_ms, conf->block_ms);
    tally_policy(tally, "fail");
    tally->producing = true;
    sim_after(sim, 0, produce_cb, tally);
    return tally;
}

struct tally *tally_new(struct sim *sim, const char *url)
{
    return tally_new_of(sim, &(struct tally_conf){ .url = url });
}

void tally_free(struct tally *tally)
{
    sim_store_on_rename(sim_store(tally->sim, tally->url), NULL, NULL);
    for (size_t i = 1; i <= tally->n_log; i++)
        sim_bytes_drop(tally->log[i]);
    free(tally->log);
    free(tally->job);
    free(tally);
}

void tally_drop(struct tally *tally)
{
    tally->stopping = true;
    for (int i = 0; i < TALLY_WORKERS; i++)
        if (tally->workers[i])
            sim_kill(tally->workers[i]);
    tally_free(tally);
}

/* ---- producing */

/* A key's records are all in one partition, so that their order means something. */
static void produce(struct tally *tally, int topic, int32_t partition)
{
    char text[64];
    int32_t partitions = tally->partitions[topic];
    uint64_t keys = (CANON_KEYS - (uint64_t)partition - 1) / (uint64_t)partitions + 1;
    int key = (int)partition + (int)sim_below(tally->sim, keys) * partitions;
    canon_write(tally->kind, key, sim_random(tally->sim) >> 8, text, sizeof text);
    tally->records++;
    sim_kafka_produce(tally->kafka, canon_topics[topic], partition, (struct slice){ NULL, 0 },
                      (struct slice){ text, strlen(text) });
}

static void produce_line(struct tally *tally)
{
    int topic = (int)sim_below(tally->sim, (uint64_t)tally->kind->topics);
    int32_t partition = (int32_t)sim_below(tally->sim, (uint64_t)tally->partitions[topic]);
    produce(tally, topic, partition);
    if (tally->has_holes && sim_chance(tally->sim, 50)) /* as transactions leave them */
        sim_kafka_skip(tally->kafka, canon_topics[topic], partition,
                       1 + (int64_t)sim_below(tally->sim, 3));
}

void tally_fence(struct tally *tally)
{
    for (int topic = 0; topic < tally->kind->topics; topic++)
        for (int32_t i = 0; i < tally->partitions[topic]; i++)
            produce(tally, topic, i);
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

static bool all_read(struct tally *tally, const char *topic, int32_t partitions)
{
    for (int32_t i = 0; i < partitions; i++)
        if (sim_kafka_committed(tally->kafka, "group", topic, i) !=
            sim_kafka_end(tally->kafka, topic, i))
            return false;
    return true;
}

bool tally_idle(void *ctx)
{
    struct tally *tally = ctx;
    for (int i = 0; i < tally->kind->topics; i++)
        if (!all_read(tally, canon_topics[i], tally->partitions[i]))
            return false;
    return true;
}

/* ---- workers */

static struct tally *tally_of(struct sim_process *process)
{
    return process->parts->main_ctx;
}

static void start_again(void *ctx)
{
    struct tally_again *again = ctx;
    tally_start(again->tally, again->which);
}

static void worker_gone(struct sim_process *process)
{
    struct tally *tally = tally_of(process);
    int which = 0;
    while (tally->workers[which] != process)
        which++;
    tally->workers[which] = NULL;
    tally->done += process->status == WORKER_DONE;
    tally->fenced += process->status == WORKER_AGAIN;
    tally->failed += process->status != WORKER_DONE && process->status != WORKER_AGAIN &&
                     process->status != SIM_KILLED;
    sim_expect(tally->sim,
               process->status != WORKER_REJECTED && (process->status != 1 || tally->harmed),
               "%s[%u] ended with %d", process->name, process->pid, process->status);
    if (!tally->stopping)
        sim_after(tally->sim, 1000 + sim_below(tally->sim, 3000000), start_again,
                  &tally->again[which]);
}

void tally_start(struct tally *tally, int which)
{
    static const char *const names[] = { "a", "b", "c", "d", "e" };
    static const char *const hosts[] = { "host-a", "host-b", "host-c", "host-d", "host-e" };
    bool is_local = strncmp(tally->url, "file:", 5) == 0;
    if (tally->stopping || tally->workers[which])
        return;
    struct sim_process *process = sim_start(tally->sim, names[which], worker_main, tally);
    process->host = hosts[is_local ? 0 : which];
    process->ctx = NULL;
    process->ended = worker_gone;
    sim_fail_allocation(process, tally->fail_at);
    tally->workers[which] = process;
    tally->again[which] = (struct tally_again){ tally, which };
    tally->starts++;
}

void tally_stop(struct tally *tally)
{
    tally->stopping = true;
    for (int i = 0; i < TALLY_WORKERS; i++)
        if (tally->workers[i])
            worker_tell_stop(tally->workers[i]);
}
