/* The counterexamples that gave the protocol its guards, each played on purpose. What a network may
 * do late or twice is sent here by a process of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "durable.h"
#include "durable_field.h"
#include "io/loop.h"
#include "io/store.h"
#include "sim.h"

struct echo { /* a request that comes (again), from nobody */
    const char *url, *path, *target;
    struct store *store;
    struct store_req req;
    bool done;
};

static void echo_cb(struct store_req *req)
{
    CONTAINER_OF(req, struct echo, req)->done = true;
}

static void echo_main(struct sim_process *process, void *ctx)
{
    struct echo *echo = ctx;
    echo->store = sim_store_open(process, echo->url);
    echo->req = (struct store_req){ .path = echo->path, .target = echo->target, .cb = echo_cb };
    if (echo->target)
        echo->store->ops->rename(echo->store, &echo->req);
    else
        echo->store->ops->mkdirs(echo->store, &echo->req);
}

static bool echo_done(void *ctx)
{
    return ((struct echo *)ctx)->done;
}

/* RENAME path → target, or MKDIRS path. */
static enum store_answer send(struct durable *durable, const char *path, const char *target)
{
    struct echo echo = { .url = durable->ledger->url, .path = path, .target = target };
    struct sim_process *process = sim_start(durable->sim, "echo", echo_main, &echo);
    sim_expect(durable->sim, sim_run(durable->sim, 10000, echo_done, &echo), "no answer");
    sim_kill(process);
    return echo.req.answer;
}

static void quiet(struct sim *sim)
{
    sim->faults = (struct sim_faults){ .latency_us = 1000, .give_up_ms = 1000 };
}

static bool two_recovered(void *ctx)
{
    return ((struct durable *)ctx)->ledger->recoveries >= 2;
}

static bool one_acked(void *ctx)
{
    const struct durable *durable = ctx;
    return durable->ledger->acked[0] || durable->ledger->last_batch >= 2;
}

struct spot { /* the first path that begins so */
    const char *front;
    char path[200];
};

static void spot_each(void *ctx, const char *path, struct slice bytes)
{
    struct spot *spot = ctx;
    (void)bytes;
    if (!*spot->path && strncmp(path, spot->front, strlen(spot->front)) == 0)
        snprintf(spot->path, sizeof spot->path, "%s", path);
}

/* The directory's name with this epoch: "e2."; "" = there is none. */
static void name_of(struct durable *durable, const char *front, char *name)
{
    struct spot spot = { .front = front };
    sim_store_walk(sim_store(durable->sim, durable->ledger->url), "", spot_each, &spot);
    snprintf(name, 64, "%.*s", (int)strcspn(spot.path, "/"), spot.path);
}

/* The name of the job's first directory, which `job` says. */
static void place_of(struct durable *durable, char *place)
{
    struct slice job = { NULL, 0 };
    sim_store_read(sim_store(durable->sim, durable->ledger->url), "job", &job);
    sim_expect(durable->sim, job.len > 32, "no `job`");
    strcpy(place, "init.");
    for (size_t i = 0; i < 16 && job.len > 32; i++) /* the lineage */
        snprintf(place + 5 + 2 * i, 3, "%02x", ((const uint8_t *)job.ptr)[16 + i]);
}

static bool is_taken(void *ctx)
{
    char name[64];
    name_of(ctx, "e2.", name);
    return *name;
}

/* One worker works, another takes over while the first is stopped and has recovered. Some answers are
 * lost until the directory has its new name. */
static void take_over(struct durable *durable, uint32_t unanswered, char *first, char *second)
{
    struct sim *sim = durable->sim;
    quiet(sim);
    durable->plan.knows_death = true;
    durable->plan.has_ended = NULL;
    struct sim_process *one = durable_start(durable);
    sim_run(sim, 20000, one_acked, durable);
    name_of(durable, "e1.", first);
    sim_pause(one);
    durable_start(durable);
    sim->faults.unanswered = unanswered;
    sim_run(sim, 600000, is_taken, durable);
    sim->faults.unanswered = 0;
    sim_run(sim, 20000, two_recovered, durable);
    name_of(durable, "e2.", second);
}

/* A take-over that a failover undoes, behind the back of a worker that has read what was there: he
 * must own nothing. Later the rename comes once more, and he finds his directory again. */
void durable_undone(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    char first[64], second[64];
    take_over(durable, 300, first, second);
    struct sim_process *one = durable->workers[0], *two = durable->workers[1];
    sim_pause(two);
    sim_store_failover(sim_store(sim, durable->ledger->url), true);
    sim_continue(one);
    sim_run(sim, 3000, NULL, NULL);
    sim_pause(one);
    if (one->alive) /* he was undone, and the first has gone on */
        send(durable, first, second);
    sim_continue(two);
    sim_run(sim, 3000, NULL, NULL);
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}

/* Old requests come again, in the order in which they made a directory the first time, and the old
 * owner wakes up: he must not find one of his name. */
void durable_resurrected(struct sim *sim)
{
    static const char *const folders[] = { "wal", "log", "snap", "out", "dead" };
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    char first[64], second[64], path[300], place[64];
    take_over(durable, 0, first, second);
    place_of(durable, place);
    for (unsigned i = 0; i < ARRAY_SIZE(folders); i++) {
        snprintf(path, sizeof path, "tmp/0.0/init.1/new/%s", folders[i]);
        send(durable, path, NULL);
    }
    send(durable, "tmp/0.0/init.1", place);
    snprintf(path, sizeof path, "%s/new", place);
    enum store_answer answer = send(durable, path, first);
    sim_expect(sim, answer != STORE_YES, "%s is there again", first);
    sim_continue(durable->workers[0]);
    sim_run(sim, 3000, NULL, NULL);
    sim_expect(sim, !durable->workers[0]->alive, "the old owner works on");
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}

/* A worker stops before its rename of the directory arrives; another claims meanwhile; the rename
 * comes late. It takes nothing, and the first one does not think that it did. */
void durable_delayed(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    char first[64], second[64];
    take_over(durable, 0, first, second);
    sim_expect(sim, send(durable, first, "e2.00000000000000ab") == STORE_NO, "it took %s", first);
    sim_continue(durable->workers[0]);
    sim_run(sim, 3000, NULL, NULL);
    sim_expect(sim, !durable->workers[0]->alive && durable->ledger->fences == 1,
               "the old owner works on");
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}

static bool has_failed(void *ctx)
{
    return ((struct durable *)ctx)->plan.failed;
}

/* Listings that cannot be stay so: the job stops and says what is there, and what is not. */
void durable_odd(struct sim *sim)
{
    static const char *const texts[] = { "two directories, e1.", "its directory is missing",
                                         "its directory is missing",
                                         "the file `job` that belongs to it is missing" };
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    size_t which = sim_below(sim, ARRAY_SIZE(texts));
    char name[64], place[64];
    quiet(sim);
    struct sim_process *one = durable_start(durable);
    sim_run(sim, 20000, one_acked, durable);
    sim_kill(one);
    name_of(durable, "e1.", name);
    place_of(durable, place);
    if (which == 0)
        send(durable, "e7.00000000000000ab", NULL);
    else
        send(durable, which == 3 ? "job" : name, "elsewhere");
    if (which == 2)
        send(durable, place, "elsewhere too");
    durable->plan.may_fail = durable->plan.knows_death = true;
    durable_start(durable);
    sim_run(sim, 60000, has_failed, durable);
    sim_expect(sim, has_failed(durable) && strstr(durable->plan.err.text, texts[which]),
               "it goes on: %s", durable->plan.err.text);
    durable_free(durable);
}

/* What late requests of the dead write is deleted by the hour. */
void durable_swept(struct sim *sim)
{
    char name[64];
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    quiet(sim);
    durable->plan.receive_ms = durable->plan.batch_ms = 60000;
    durable_start(durable);
    sim_run(sim, 1000, NULL, NULL);
    send(durable, "tmp/0.00000000000000ab/late", NULL);
    sim_run(sim, 3700000, NULL, NULL);
    name_of(durable, "tmp/0.", name);
    sim_expect(sim, !*name, "%s is still there", name);
    durable_free(durable);
}

/* The store goes away and comes back, again and again: a spare leaves an owner in peace who is well, and
 * takes the job when he is dead. */
void durable_outage(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    quiet(sim);
    durable->plan.knows_death = false;
    durable->plan.patience_ms = 30000;
    durable->plan.receive_ms = durable->plan.batch_ms = 500;
    struct sim_process *owner = durable_start(durable);
    sim_run(sim, 20000, one_acked, durable);
    durable_start(durable);
    for (int i = 0; i < 20; i++) {
        sim_run(sim, sim_below(sim, 60000), NULL, NULL);
        sim->faults.lost = 1000;
        sim_run(sim, 4000 + sim_below(sim, 60000), NULL, NULL);
        sim->faults.lost = 0;
    }
    sim_expect(sim, durable->ledger->recoveries == 1, "the job was taken from who was well");
    sim_kill(owner);
    sim_run(sim, 120000, two_recovered, durable);
    sim_expect(sim, two_recovered(durable), "nobody took the job of a dead owner");
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}

static uint32_t acks(const struct durable *durable)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < durable->ledger->pushes; i++)
        n += durable->ledger->acked[i];
    return n;
}

struct acked { /* one more event than before */
    struct durable *durable;
    uint32_t before;
};

static bool one_more_acked(void *ctx)
{
    const struct acked *acked = ctx;
    return acks(acked->durable) > acked->before;
}

/* A block is put in place, the answer is lost, and so is what was not synced: at the moment in which
 * its event is acknowledged another NameNode is active. */
void durable_unsynced(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    quiet(sim);
    durable->ledger->pushes = LEDGER_PUSHES;
    durable->restarts = true; /* a failover may undo a first take-over */
    durable_start(durable);
    for (int i = 0; i < 40 && acks(durable) < LEDGER_PUSHES && !*sim->failure; i++) {
        struct acked acked = { durable, acks(durable) };
        sim->faults.unanswered = 500;
        if (sim_run(sim, 20000, one_more_acked, &acked))
            sim_store_failover(sim_store(sim, durable->ledger->url), true);
        sim->faults.unanswered = 0;
        sim_run(sim, 200, NULL, NULL);
    }
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}

struct seqs { /* of wal/k-<seq>, as they lie there */
    uint64_t least, most, n;
};

static void seqs_each(void *ctx, const char *path, struct slice bytes)
{
    struct seqs *seqs = ctx;
    const char *name = strstr(path, "/wal/k-");
    (void)bytes;
    if (!name || path[0] != 'e')
        return;
    uint64_t seq = strtoull(name + 7, NULL, 10);
    seqs->least = !seqs->n || seq < seqs->least ? seq : seqs->least;
    seqs->most = seq > seqs->most ? seq : seqs->most;
    seqs->n++;
}

static bool has_hole(void *ctx)
{
    const struct durable *durable = ctx;
    struct seqs seqs = { 0 };
    sim_store_walk(sim_store(durable->sim, durable->ledger->url), "", seqs_each, &seqs);
    return seqs.n && seqs.most - seqs.least + 1 != seqs.n;
}

/* Blocks are created at once, some of them at the second or third try; whatever moment the worker is
 * looked at, none has been put in place before an earlier one. */
void durable_hole(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    quiet(sim);
    sim->faults.latency_us = 300000;
    sim->faults.lost = 150;
    durable->ledger->offsets = 60;
    durable->plan.places = 5;
    durable->plan.receive_ms = 20;
    durable->plan.batch_ms = 1u << 30; /* nothing is taken, and so nothing deleted */
    durable_start(durable);
    sim_expect(sim, !sim_run(sim, 20000, has_hole, durable), "the log has a hole");
    durable->plan.batch_ms = 100;
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}

/* Every request comes once more, some time later, when what it put in place has been deleted. What is
 * there again, because its create came again before its rename did, is nothing that anybody reads. */
void durable_trimmed(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    quiet(sim);
    sim->faults.twice = 1000;
    sim->faults.late_ms = 30000;
    durable->plan.snapshot_records = durable->plan.retain = 1;
    durable->plan.batch_ms = 50;
    durable->plan.knows_death = true;
    durable->plan.has_ended = NULL;
    struct sim_process *worker = durable_start(durable);
    sim_run(sim, 60000, durable_complete, durable);
    sim_run(sim, 40000, NULL, NULL); /* all that wanders has come */
    sim_expect(sim, worker->alive, "it has stopped");
    sim_kill(worker);
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}

/* The requests of a first start come once more when another has taken the job over: what they make is
 * moved into what is there already, and no rename finds it under the name that it had. */
void durable_nested(struct sim *sim)
{
    struct durable *durable = durable_new(sim, "webhdfs://nn/orders");
    quiet(sim);
    sim->faults.twice = 1000;
    sim->faults.late_ms = 20000;
    durable->plan.knows_death = true;
    durable->plan.has_ended = NULL;
    struct sim_process *one = durable_start(durable);
    sim_run(sim, 20000, one_acked, durable);
    sim_pause(one);
    durable_start(durable);
    sim_run(sim, 40000, NULL, NULL);
    sim_continue(one);
    sim_run(sim, 3000, NULL, NULL);
    sim_expect(sim, !one->alive, "the old owner works on");
    if (!*sim->failure)
        durable_drain(durable);
    durable_free(durable);
}
