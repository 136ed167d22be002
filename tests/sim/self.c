/* The simulator itself: each thing that its store may do to a request is shown once, by plain
 * requests with that one fault made certain. */
#include "self.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "io/loop.h"
#include "io/out.h"
#include "io/pool.h"
#include "io/store.h"
#include "io/task.h"
#include "parts.h"

#define HDFS "webhdfs://nn/job"
#define LOCAL "file:///job"

typedef void (*store_call)(struct store *store, struct store_req *req);

struct ask { /* one request, sent from inside a process and waited for by the scenario */
    struct store_req req;
    struct slice piece;
    struct store *store;
    store_call call;
    bool answered;
};

struct actor { /* a process that only does what the scenario asks of it */
    struct sim_process *process;
    struct store *store;
};

static void actor_main(struct sim_process *process, void *ctx)
{
    struct actor *actor = ctx;
    actor->store = sim_store_open(process, strcmp(process->name, "local") == 0 ? LOCAL : HDFS);
}

static bool actor_is_up(void *ctx)
{
    return ((struct actor *)ctx)->store != NULL;
}

static void actor_start(struct sim *sim, struct actor *actor, const char *name)
{
    *actor = (struct actor){ 0 };
    actor->process = sim_start(sim, name, actor_main, actor);
    sim_run(sim, 1000, actor_is_up, actor);
}

static void ask_cb(struct store_req *req)
{
    CONTAINER_OF(req, struct ask, req)->answered = true;
}

static void ask_send(void *ctx)
{
    struct ask *ask = ctx;
    ask->req.cb = ask_cb;
    ask->call(ask->store, &ask->req);
}

static bool ask_answered(void *ctx)
{
    return ((struct ask *)ctx)->answered;
}

static void ask_start(struct actor *actor, struct ask *ask, store_call call)
{
    ask->store = actor->store;
    ask->call = call;
    ask->answered = false;
    ask->req.length_max = 1 << 20;
    sim_post(actor->process->sim, actor->process, 0, ask_send, ask);
}

static enum store_answer ask_wait(struct actor *actor, struct ask *ask)
{
    struct sim *sim = actor->process->sim;
    sim_expect(sim, sim_run(sim, 600000, ask_answered, ask), "%s is never answered", ask->req.path);
    return ask->req.answer;
}

static enum store_answer ask(struct actor *actor, store_call call, const char *path,
                             const char *target)
{
    struct ask one = { .req = { .path = path, .target = target } };
    ask_start(actor, &one, call);
    return ask_wait(actor, &one);
}

static enum store_answer create(struct actor *actor, const char *path, const char *text)
{
    struct ask one = { .req = { .path = path, .n_pieces = 1 }, .piece = { text, strlen(text) } };
    one.req.pieces = &one.piece;
    ask_start(actor, &one, actor->store->ops->create);
    return ask_wait(actor, &one);
}

static enum store_answer rename_to(struct actor *actor, const char *path, const char *target)
{
    return ask(actor, actor->store->ops->rename, path, target);
}

static bool holds(struct sim *sim, const char *url, const char *path, const char *text)
{
    struct slice bytes;
    return sim_store_read(sim_store(sim, url), path, &bytes) && bytes.len == strlen(text) &&
           memcmp(bytes.ptr, text, bytes.len) == 0;
}

static bool there(struct sim *sim, const char *url, const char *path)
{
    struct slice bytes;
    return sim_store_read(sim_store(sim, url), path, &bytes);
}

static void calm(struct sim *sim)
{
    sim->faults = (struct sim_faults){ .latency_us = 1000,
                                       .give_up_ms = 1000,
                                       .late_ms = 5000,
                                       .refused_ms = 5000,
                                       .stall_ms = 5000 };
}

#define EXPECT(condition) sim_expect(sim, condition, "%s:%d: %s", __FILE__, __LINE__, #condition)

/* ---- what each operation answers when nothing goes wrong */

void self_answers(struct sim *sim)
{
    struct actor a;
    calm(sim);
    actor_start(sim, &a, "hdfs");
    const struct store_ops *ops = a.store->ops;
    EXPECT(create(&a, "tmp/x/one", "first") == STORE_YES); /* makes its parents */
    EXPECT(create(&a, "tmp/x/one", "other") == STORE_NO);
    EXPECT(holds(sim, HDFS, "tmp/x/one", "first"));
    EXPECT(rename_to(&a, "tmp/x/one", "e1/log/1") == STORE_NO); /* a rename makes none */
    EXPECT(ask(&a, ops->mkdirs, "e1/log", NULL) == STORE_YES);
    EXPECT(ask(&a, ops->mkdirs, "e1/log", NULL) == STORE_YES);
    EXPECT(ask(&a, ops->mkdirs, "tmp/x/one", NULL) == STORE_NO);
    EXPECT(rename_to(&a, "tmp/x/one", "e1/log/1") == STORE_YES);
    EXPECT(rename_to(&a, "tmp/x/one", "e1/log/1") == STORE_NO); /* its source is used up */
    EXPECT(create(&a, "tmp/x/two", "second") == STORE_YES);
    EXPECT(rename_to(&a, "tmp/x/two", "e1/log/1") == STORE_NO); /* replaces nothing */
    EXPECT(rename_to(&a, "e1", "e2") == STORE_YES);             /* a directory with all below it */
    EXPECT(holds(sim, HDFS, "e2/log/1", "first") && !there(sim, HDFS, "e1/log/1"));
    EXPECT(rename_to(&a, "e2", "e2/log/e3") == STORE_NO);
    EXPECT(ask(&a, ops->touch, "e2/log/1", NULL) == STORE_YES);
    EXPECT(ask(&a, ops->touch, "e1/log/1", NULL) == STORE_NO);
    EXPECT(rename_to(&a, "tmp/x/two", "e2/log") == STORE_YES); /* onto a directory: into it */
    EXPECT(holds(sim, HDFS, "e2/log/two", "second"));
    EXPECT(ask(&a, ops->remove, "e2/log", NULL) == STORE_YES);
    EXPECT(ask(&a, ops->remove, "e2/log", NULL) == STORE_NO);
    EXPECT(ask(&a, ops->lock, "", NULL) == STORE_YES);
}

void self_reading(struct sim *sim)
{
    struct actor a;
    struct ask list = { .req = { .path = "d" } }, read = { .req = { .path = "d/b" } };
    calm(sim);
    actor_start(sim, &a, "hdfs");
    EXPECT(create(&a, "d/b", "bytes") == STORE_YES && create(&a, "d/a", "") == STORE_YES);
    EXPECT(create(&a, "d/c/x", "") == STORE_YES);
    ask_start(&a, &list, a.store->ops->list);
    EXPECT(ask_wait(&a, &list) == STORE_YES && list.req.n_entries == 3);
    if (list.req.n_entries == 3) {
        const struct store_entry *entries = list.req.entries;
        EXPECT(strcmp(entries[0].name, "a") == 0 && strcmp(entries[1].name, "b") == 0);
        EXPECT(entries[1].length == 5 && !entries[1].is_directory && entries[2].is_directory);
    }
    ask_start(&a, &read, a.store->ops->read);
    EXPECT(ask_wait(&a, &read) == STORE_YES && read.req.data.len == 5);
    EXPECT(ask(&a, a.store->ops->read, "d/z", NULL) == STORE_NO);
    EXPECT(ask(&a, a.store->ops->list, "z", NULL) == STORE_NO);
}

/* ---- one fault each */

void self_unanswered(struct sim *sim)
{
    struct actor a;
    calm(sim);
    actor_start(sim, &a, "hdfs");
    EXPECT(create(&a, "tmp/f", "text") == STORE_YES);
    sim->faults.unanswered = 1000;
    EXPECT(rename_to(&a, "tmp/f", "f") == STORE_UNKNOWN);
    EXPECT(holds(sim, HDFS, "f", "text")); /* done */
    calm(sim);
    sim_store_failover(sim_store(sim, HDFS), true);
    EXPECT(holds(sim, HDFS, "tmp/f", "text")); /* but not synced, and a failover undoes it */
    sim->faults.unanswered = 1000;
    EXPECT(rename_to(&a, "tmp/f", "f") == STORE_UNKNOWN);
    calm(sim);
    EXPECT(create(&a, "other", "") == STORE_YES); /* an answer syncs what was before it */
    sim_store_failover(sim_store(sim, HDFS), true);
    EXPECT(holds(sim, HDFS, "f", "text"));
}

void self_partial(struct sim *sim)
{
    struct actor a;
    struct slice bytes = { 0 };
    calm(sim);
    actor_start(sim, &a, "hdfs");
    sim->faults.unanswered = 1000;
    EXPECT(create(&a, "tmp/f", "a text of some length") == STORE_UNKNOWN);
    EXPECT(sim_store_read(sim_store(sim, HDFS), "tmp/f", &bytes) && bytes.len <= 21);
    EXPECT(create(&a, "tmp/f", "a text of some length") == STORE_UNKNOWN);
}

void self_late(struct sim *sim)
{
    struct actor a, b;
    calm(sim);
    actor_start(sim, &a, "hdfs");
    EXPECT(create(&a, "tmp/f", "ghost") == STORE_YES && create(&a, "e1/x", "") == STORE_YES);
    sim->faults.late = 1000;
    EXPECT(rename_to(&a, "tmp/f", "e1/f") == STORE_UNKNOWN);
    EXPECT(!there(sim, HDFS, "e1/f"));
    calm(sim);
    sim_kill(a.process);
    actor_start(sim, &b, "hdfs");
    sim_run(sim, 10000, NULL, NULL);
    EXPECT(holds(sim, HDFS, "e1/f", "ghost")); /* long after its sender was dead */
    sim->faults.twice = 1000;
    EXPECT(create(&b, "tmp/g", "again") == STORE_YES);
    EXPECT(rename_to(&b, "tmp/g", "e1/g") == STORE_YES);
    EXPECT(!there(sim, HDFS, "tmp/g"));
    sim_run(sim, 10000, NULL, NULL);
    EXPECT(there(sim, HDFS, "tmp/g")); /* the doubled create found its name free again */
    sim->faults.twice = 0;
    sim->faults.lost = 1000;
    EXPECT(create(&b, "tmp/h", "") == STORE_UNKNOWN);
    sim_run(sim, 100000, NULL, NULL);
    EXPECT(!there(sim, HDFS, "tmp/h"));
}

void self_refused(struct sim *sim)
{
    struct actor a;
    calm(sim);
    actor_start(sim, &a, "hdfs");
    sim->faults.refused = 1000;
    struct ask one = { .req = { .path = "tmp/f" } };
    ask_start(&a, &one, a.store->ops->create);
    EXPECT(ask_wait(&a, &one) == STORE_REFUSED);
    EXPECT(one.req.err.kind == ERR_RETRY && one.req.err.code >= 302);
    EXPECT(!there(sim, HDFS, "tmp/f"));
    sim_heal(sim);
    EXPECT(create(&a, "tmp/f", "") == STORE_YES);
}

void self_stale(struct sim *sim)
{
    struct actor a, b;
    calm(sim);
    actor_start(sim, &a, "hdfs");
    actor_start(sim, &b, "hdfs");
    EXPECT(create(&a, "f", "") == STORE_YES);
    sim_store_failover(sim_store(sim, HDFS), true);
    EXPECT(create(&a, "g", "") == STORE_YES);
    sim->faults.stale = 1000;
    EXPECT(ask(&b, a.store->ops->read, "f", NULL) == STORE_YES);
    EXPECT(ask(&b, a.store->ops->read, "g", NULL) == STORE_NO);
    EXPECT(ask(&a, a.store->ops->read, "g", NULL) == STORE_YES); /* has found the new one */
    EXPECT(create(&b, "g", "") == STORE_NO);                     /* only reads are stale */
    EXPECT(ask(&b, a.store->ops->read, "g", NULL) == STORE_YES);
}

/* ---- the directory is renamed under a create */

void self_moved(struct sim *sim)
{
    struct actor a;
    struct ask one = { .req = { .path = "e1/f", .n_pieces = 1 }, .piece = { "text", 4 } };
    calm(sim);
    one.req.pieces = &one.piece;
    actor_start(sim, &a, "hdfs");
    EXPECT(create(&a, "e1/x", "") == STORE_YES);
    sim->faults.latency_us = 1000000;
    ask_start(&a, &one, a.store->ops->create);
    for (int i = 0; i < 4000 && !there(sim, HDFS, "e1/f"); i++)
        sim_run(sim, 1, NULL, NULL);
    sim->faults.latency_us = 1;
    EXPECT(rename_to(&a, "e1", "e2") == STORE_YES);
    enum store_answer answer = ask_wait(&a, &one);
    EXPECT(answer == STORE_YES && holds(sim, HDFS, "e2/f", "text"));
}

/* ---- crashes */

static const char *crash_case(struct sim *sim, enum sim_crash how)
{
    struct actor a;
    struct ask one = { .req = { .path = "f", .target = "g" } };
    actor_start(sim, &a, "hdfs");
    if (!there(sim, HDFS, "f"))
        EXPECT(create(&a, "f", "text") == STORE_YES);
    sim_crash_at(a.process, a.process->requests + 1, how);
    ask_start(&a, &one, a.store->ops->rename);
    EXPECT(!sim_run(sim, 100, ask_answered, &one) && !a.process->alive);
    return there(sim, HDFS, "f") ? "f" : "g";
}

void self_crash(struct sim *sim)
{
    calm(sim);
    EXPECT(strcmp(crash_case(sim, SIM_CRASH_BEFORE), "f") == 0);
    sim->faults.late_ms = 1000000;
    EXPECT(strcmp(crash_case(sim, SIM_CRASH_LATE), "f") == 0);
    sim_run(sim, 1000000, NULL, NULL);
    EXPECT(holds(sim, HDFS, "g", "text"));
    sim_store_put(sim_store(sim, HDFS), "g", (struct slice){ 0 });
    EXPECT(strcmp(crash_case(sim, SIM_CRASH_LOST), "g") == 0);
    sim_store_failover(sim_store(sim, HDFS), true);
    EXPECT(strcmp(crash_case(sim, SIM_CRASH_DONE), "g") == 0);
    sim_store_failover(sim_store(sim, HDFS), true);
    EXPECT(holds(sim, HDFS, "g", "text"));
}

/* ---- a local store */

void self_local(struct sim *sim)
{
    struct actor a, b;
    calm(sim);
    actor_start(sim, &a, "local");
    actor_start(sim, &b, "local");
    EXPECT(ask(&a, a.store->ops->lock, "", NULL) == STORE_YES);
    EXPECT(ask(&b, b.store->ops->lock, "", NULL) == STORE_NO);
    sim_pause(a.process);
    EXPECT(ask(&b, b.store->ops->lock, "", NULL) == STORE_NO);
    sim_kill(a.process);
    EXPECT(ask(&b, b.store->ops->lock, "", NULL) == STORE_YES);
    EXPECT(create(&b, "tmp/f", "text") == STORE_YES && create(&b, "e1/x", "") == STORE_YES);
    EXPECT(rename_to(&b, "tmp/f", "e1") == STORE_NO); /* no moving into a directory here */
    struct ask one = { .req = { .path = "tmp/f", .target = "e1/f" } };
    sim->faults.latency_us = 1000000;
    ask_start(&b, &one, b.store->ops->rename);
    sim_run(sim, 1001, NULL, NULL); /* its paths are resolved by now, or not yet */
    sim->faults.latency_us = 1;
    EXPECT(rename_to(&b, "e1", "e2") == STORE_YES);
    ask_wait(&b, &one);
    EXPECT(there(sim, LOCAL, "e2/f") == (one.req.answer == STORE_YES));
}

void self_power(struct sim *sim)
{
    struct actor a;
    calm(sim);
    actor_start(sim, &a, "local");
    EXPECT(create(&a, "d/synced", "text") == STORE_YES);
    sim->faults.unanswered = 1000;
    EXPECT(create(&a, "d/failed", "of an fsync that failed") == STORE_UNKNOWN);
    sim_store_power_loss(sim_store(sim, LOCAL));
    EXPECT(!a.process->alive && holds(sim, LOCAL, "d/synced", "text"));
}

/* ---- processes, tasks, pools, output, time */

struct crew {
    struct loop *loop;
    struct loop_timer timer;
    struct task *task;
    struct loop_post ended;
    struct pool *pool;
    struct pool_run run;
    struct out *out;
    struct out_req req;
    unsigned steps, pieces, ticks;
    uint64_t at_ms[2]; /* of the first tick and of the newest */
    bool joined, task_over;
};

static void crew_tick(struct loop_timer *timer)
{
    struct crew *crew = CONTAINER_OF(timer, struct crew, timer);
    crew->at_ms[crew->ticks++ ? 1 : 0] = loop_now_ms(crew->loop);
    loop_timer_start(crew->loop, timer, 100, crew_tick);
}

static uint64_t crew_step(void *ctx)
{
    struct crew *crew = ctx;
    return ++crew->steps < 5 ? 10 : TASK_END;
}

static void crew_ended(struct loop_post *post)
{
    struct crew *crew = CONTAINER_OF(post, struct crew, ended);
    task_free(crew->task);
    crew->task_over = true;
}

static void crew_piece(void *ctx, uint32_t piece)
{
    ((struct crew *)ctx)->pieces |= 1u << piece;
}

static void crew_joined(struct pool_run *run)
{
    CONTAINER_OF(run, struct crew, run)->joined = true;
}

static void crew_wrote(struct out_req *req)
{
    (void)req;
}

static void crew_main(struct sim_process *process, void *ctx)
{
    struct crew *crew = ctx;
    crew->loop = process->loop;
    check(mem_alloc(100)); /* never freed: goes with the process */
    crew->ended.cb = crew_ended;
    crew->task = task_start(crew->loop, "stepper", crew_step, crew, &crew->ended);
    crew->pool = pool_new(crew->loop, 2);
    crew->run = (struct pool_run){ .fn = crew_piece, .ctx = crew, .pieces = 5, .cb = crew_joined };
    pool_start(crew->pool, &crew->run);
    crew->out = out_open(crew->loop, 1);
    crew->req = (struct out_req){ .bytes = { "hello\n", 6 }, .cb = crew_wrote };
    out_write(crew->out, &crew->req);
    loop_timer_start(crew->loop, &crew->timer, 100, crew_tick);
}

void self_processes(struct sim *sim)
{
    struct crew crew = { 0 };
    size_t from = 0;
    calm(sim);
    struct sim_process *process = sim_start(sim, "crew", crew_main, &crew);
    sim_run(sim, 1000, NULL, NULL);
    EXPECT(crew.steps == 5 && crew.task_over && crew.pieces == 31 && crew.joined);
    EXPECT(crew.ticks >= 8 && crew.at_ms[1] - crew.at_ms[0] == 100 * (crew.ticks - 1));
    EXPECT(sim_output(sim, &from).len == 6 && sim_output(sim, &from).len == 0);
    sim_pause(process);
    unsigned ticks = crew.ticks;
    sim_run(sim, 5000, NULL, NULL);
    EXPECT(crew.ticks == ticks);
    sim_continue(process);
    sim_run(sim, 150, NULL, NULL);
    EXPECT(crew.ticks > ticks && crew.ticks < ticks + 5);
    sim_kill(process);
    ticks = crew.ticks;
    EXPECT(!process->alive && process->status == SIM_KILLED);
    sim_run(sim, 5000, NULL, NULL);
    EXPECT(crew.ticks == ticks);
}
