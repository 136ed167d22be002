/* The ledger, and what must be true at the end. It shares nothing with the daemon's code but the
 * layout of files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "life.h"
#include "parts.h"

void life_ledger_init(struct life_ledger *ledger, struct sim *sim, const char *url)
{
    memset(ledger, 0, sizeof *ledger);
    ledger->sim = sim;
    ledger->url = url;
    ledger->records = 20 + (uint32_t)sim_below(sim, 60);
    ledger->pushes = (uint32_t)sim_below(sim, 10);
    ledger->interval_ms = 100 + (uint32_t)sim_below(sim, 900);
    ledger->keep_log = sim_chance(sim, 500);
    ledger->impatient = sim_chance(sim, 700);
    ledger->acked = sim_alloc(ledger->pushes);
}

void life_ledger_free(struct life_ledger *ledger)
{
    for (size_t i = 0; i < LIFE_BATCHES_MAX; i++)
        free(ledger->delivered[i].ids);
    free(ledger->acked);
}

/* ---- what came out */

static void judge_batch(struct life_ledger *ledger, uint64_t number, uint32_t *records,
                        uint32_t *pushes)
{
    const struct life_batch *batch = &ledger->delivered[number];
    sim_expect(ledger->sim, batch->ids, "batch %llu of %llu was never delivered",
               (unsigned long long)number, (unsigned long long)ledger->last);
    for (uint32_t i = 0; i < batch->n; i++) {
        uint32_t id = batch->ids[i];
        if (id < ledger->records)
            records[id]++;
        else if (id >= LIFE_PUSH && id < LIFE_PUSH + ledger->pushes)
            pushes[id - LIFE_PUSH]++;
        else
            sim_fail(ledger->sim, "batch %llu holds %u, which nobody sent",
                     (unsigned long long)number, id);
    }
}

static void judge_delivered(struct life_ledger *ledger)
{
    uint32_t *records = sim_alloc(ledger->records * sizeof *records);
    uint32_t *pushes = sim_alloc(ledger->pushes * sizeof *pushes);
    for (uint64_t number = 1; number <= ledger->last; number++)
        judge_batch(ledger, number, records, pushes);
    for (uint32_t i = 0; i < ledger->records; i++)
        sim_expect(ledger->sim, records[i] == 1, "record %u came out %u times", i, records[i]);
    for (uint32_t i = 0; i < ledger->pushes; i++)
        sim_expect(ledger->sim, pushes[i] >= ledger->acked[i],
                   "event %u was acknowledged and never came out", i);
    free(records);
    free(pushes);
}

/* ---- what lies in the store */

struct inventory {
    struct life_ledger *ledger;
    char directory[64]; /* "" until the first file in it is seen */
    uint8_t lineage[16];
    bool has_lineage;
    uint64_t log_last, log_n, snaps, damaged;
    char newest_head[8]; /* hash of the record before, in the newest log file */
};

static uint64_t be64(const uint8_t *at)
{
    uint64_t n = 0;
    for (int i = 0; i < 8; i++)
        n = n << 8 | at[i];
    return n;
}

static void inventory_file(struct inventory *in, const char *path, struct slice bytes)
{
    struct sim *sim = in->ledger->sim;
    const uint8_t *at = bytes.ptr;
    bool whole = bytes.len >= 196 && memcmp(at, "TIDEMARK", 8) == 0 && be64(at + 48) == bytes.len;
    sim_expect(sim, whole, "%s is not whole: %zu bytes", path, bytes.len);
    if (!whole)
        return;
    if (!in->has_lineage)
        memcpy(in->lineage, at + 16, sizeof in->lineage);
    in->has_lineage = true;
    sim_expect(sim, memcmp(in->lineage, at + 16, sizeof in->lineage) == 0, "%s: another lineage",
               path);
}

static void inventory_each(void *ctx, const char *path, struct slice bytes)
{
    struct inventory *in = ctx;
    struct sim *sim = in->ledger->sim;
    const char *slash = strchr(path, '/');
    if (strcmp(path, "job") == 0) {
        inventory_file(in, path, bytes);
        return;
    }
    if (path[0] != 'e' || !slash)
        return; /* tmp/ and init.* are litter, and may be anything */
    size_t len = (size_t)(slash - path);
    check(len < sizeof in->directory);
    if (!*in->directory)
        memcpy(in->directory, path, len);
    sim_expect(sim, strncmp(in->directory, path, len) == 0 && !in->directory[len],
               "two directories: %s and %s", in->directory, path);
    if (strncmp(slash, "/wal/", 5) == 0)
        return; /* all is taken by now: what is here is litter, put back by repeated requests */
    inventory_file(in, path, bytes);
    uint64_t index = bytes.len >= 48 ? be64((const uint8_t *)bytes.ptr + 40) : 0;
    if (strncmp(slash, "/log/", 5) == 0) {
        sim_expect(sim, strtoull(slash + 5, NULL, 10) == index, "%s says it is %llu", path,
                   (unsigned long long)index);
        in->log_last = index > in->log_last ? index : in->log_last;
        in->log_n++;
    }
    in->snaps += strncmp(slash, "/snap/", 6) == 0;
}

void life_judge(struct life_ledger *ledger)
{
    struct sim *sim = ledger->sim;
    struct inventory in = { .ledger = ledger };
    judge_delivered(ledger);
    sim_store_walk(sim_store(sim, ledger->url), "", inventory_each, &in);
    sim_expect(sim, *in.directory, "no directory is left");
    if (ledger->keep_log)
        sim_expect(sim, in.log_n == in.log_last, "%llu records in log/, the last is %llu",
                   (unsigned long long)in.log_n, (unsigned long long)in.log_last);
    else
        sim_expect(sim, in.snaps <= 10, "%llu snapshots are kept", (unsigned long long)in.snaps);
}

/* ---- scenarios */

#define HDFS "webhdfs://nn/job"
#define LOCAL "file:///job"
#define BOUND_MS 600000 /* of virtual time: so long after all faults ended everything is through */

static bool all_finished(void *ctx)
{
    struct life_ledger *ledger = ctx;
    return ledger->finished > 0;
}

static void start(struct life_ledger *ledger, const char *name);

static void start_a(void *ledger)
{
    start(ledger, "a");
}

static void start_b(void *ledger)
{
    start(ledger, "b");
}

/* A supervisor: a worker that ended is started again, some time later. */
static void ended(struct sim_process *process)
{
    struct life_ledger *ledger = process->ctx;
    if (!ledger->finished)
        sim_after(ledger->sim, 1000 + sim_below(ledger->sim, 5000000),
                  *process->name == 'a' ? start_a : start_b, ledger);
}

static void start(struct life_ledger *ledger, const char *name)
{
    struct sim_process *process = sim_start(ledger->sim, name, life_main, ledger);
    process->host = strncmp(ledger->url, "file:", 5) == 0 || *name == 'a' ? "host-a" : "host-b";
    process->ended = ended;
    if (sim_chance(ledger->sim, 300) && !ledger->finishing)
        sim_crash_within(process, 200);
}

static void finish(struct life_ledger *ledger)
{
    struct sim *sim = ledger->sim;
    sim_heal(sim);
    ledger->finishing = true;
    ledger->impatient = false;
    bool through = sim_run(sim, BOUND_MS, all_finished, ledger);
    sim_expect(sim, through, "no end within %d ms of the last fault: %llu batches are out",
               BOUND_MS, (unsigned long long)ledger->last);
    if (!*sim->failure)
        life_judge(ledger);
    life_ledger_free(ledger);
    free(ledger);
}

static struct life_ledger *begin(struct sim *sim, const char *url)
{
    struct life_ledger *ledger = sim_alloc(sizeof *ledger);
    life_ledger_init(ledger, sim, url);
    return ledger;
}

void life_two_workers(struct sim *sim)
{
    census_note(CENSUS_WRITERS);
    struct life_ledger *ledger = begin(sim, HDFS);
    start(ledger, "a");
    start(ledger, "b");
    sim_run(sim, 20000 + sim_below(sim, 200000), NULL, NULL);
    finish(ledger);
}

void life_local(struct sim *sim)
{
    struct life_ledger *ledger = begin(sim, LOCAL);
    start(ledger, "a");
    start(ledger, "b");
    sim_run(sim, 20000 + sim_below(sim, 100000), NULL, NULL);
    finish(ledger);
}

/* ---- sweeps: sim->point is the request that the process dies at */

static void calm(struct sim *sim)
{
    sim->faults = (struct sim_faults){ .latency_us = 2000, .give_up_ms = 1000, .late_ms = 20000 };
}

static void start_dying(struct life_ledger *ledger, uint64_t point)
{
    struct sim_process *process = sim_start(ledger->sim, "a", life_main, ledger);
    process->ended = ended;
    process->host = "host-a";
    sim_crash_at(process, point, (enum sim_crash)(ledger->sim->seed % SIM_CRASHES));
}

static void crash(struct sim *sim, const char *url)
{
    calm(sim);
    struct life_ledger *ledger = begin(sim, url);
    start_dying(ledger, sim->point);
    sim_run(sim, 20000, NULL, NULL);
    if (sim_chance(sim, 500) && strcmp(url, HDFS) == 0)
        sim_store_failover(sim_store(sim, url), false);
    finish(ledger);
}

void life_crash(struct sim *sim)
{
    crash(sim, HDFS);
}

void life_crash_local(struct sim *sim)
{
    crash(sim, LOCAL);
}

void life_crash_recovery(struct sim *sim)
{
    calm(sim);
    struct life_ledger *ledger = begin(sim, HDFS);
    struct sim_process *first = sim_start(sim, "a", life_main, ledger);
    first->host = "host-a";
    sim_run(sim, 1000 + sim_below(sim, 10000), NULL, NULL);
    sim_kill(first);
    sim->hit = false;
    start_dying(ledger, sim->point);
    sim_run(sim, 20000, NULL, NULL);
    finish(ledger);
}

void life_power(struct sim *sim)
{
    struct life_ledger *ledger = begin(sim, LOCAL);
    for (int i = 0; i < 5; i++) {
        start(ledger, "a");
        sim_run(sim, 500 + sim_below(sim, 10000), NULL, NULL);
        sim_store_power_loss(sim_store(sim, LOCAL));
    }
    finish(ledger);
}
