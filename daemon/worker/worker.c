/* Happy path: lock the store, claim the job, recover, deliver what was not noted as delivered,
 * compute the log's tail, run. Failure modes: a store or a source that is away is waited for; a job
 * lost to another worker ends with 75, at any time; what could lose or double records ends with 1.
 * Close: stop receiving, log what was received, run the last batch, commit, deliver, end with 0. */
#include "worker/worker.h"

#include <stdio.h>
#include <string.h>

#include "base/backoff.h"
#include "base/check.h"
#include "base/diag.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/sm.h"
#include "durable/batch_log.h"
#include "durable/claim.h"
#include "durable/recover.h"
#include "durable/trim.h"
#include "engine/engine.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/store.h"
#include "io/world.h"
#include "spec/job.h"
#include "worker/batcher.h"
#include "worker/delivery.h"
#include "worker/intake.h"
#include "worker/keeper.h"
#include "worker/outcome.h"
#include "worker/states.h"
#include "worker/voice.h"

#define LOCK_AGAIN_MS 1000 /* between two tries for a store that another process holds */
#define PATIENCE_MIN_MS \
    10000                 /* an owner's silence counts as death after 3 x the longer of this … */
#define PATIENCE_FACTOR 3 /* … and the batch interval */
#define COMPUTE_THREADS_MAX 8u /* more would have nothing to do: a table has 8 shards */

enum {
    WORKER_LOCKING,
    WORKER_CLAIMING,
    WORKER_RECOVERING,
    WORKER_RUNNING,
    WORKER_STOPPING,
    WORKER_ENDED
};
static const struct sm_state worker_states[] = {
    [WORKER_LOCKING] = { "locking", SM_TO(WORKER_CLAIMING) | SM_TO(WORKER_ENDED) },
    [WORKER_CLAIMING] = { "claiming", SM_TO(WORKER_RECOVERING) | SM_TO(WORKER_ENDED) },
    [WORKER_RECOVERING] = { "recovering", SM_TO(WORKER_RUNNING) | SM_TO(WORKER_ENDED) },
    [WORKER_RUNNING] = { "running", SM_TO(WORKER_STOPPING) | SM_TO(WORKER_ENDED) },
    [WORKER_STOPPING] = { "stopping", SM_TO(WORKER_ENDED) },
    [WORKER_ENDED] = { "ended", 0 },
};

struct worker {
    struct worker_conf conf;
    struct sm sm;
    struct store_req lock;
    struct loop_timer timer; /* of the next try for the lock */
    uint32_t lock_tries;     /* refusals in a row */
    struct claim *claim;
    struct directory *directory;
    struct recovered *recovered; /* until its tail is computed */
    struct progress progress;
    struct pool *pool;
    struct engine *engine;
    struct batch_log *log;
    struct trim *trim;
    struct keeper *keeper;
    struct delivery *delivery;
    struct batcher *batcher;
    struct intake *intake;
    uint64_t hash_seed, began_ms;
    struct discard discard;
    char drop[sizeof "tidemark run --once --discard-state /" +
              JOB_ID_MAX]; /* and the state's id drops it */
};

/* ---- the end */

static void worker_end(struct worker *worker, int status)
{
    if (sm_state(&worker->sm) == WORKER_ENDED)
        return;
    sm_move(&worker->sm, WORKER_ENDED);
    loop_timer_stop(worker->conf.loop, &worker->timer);
    batcher_halt(worker->batcher); /* what was said is still read, nothing more is done */
    delivery_halt(worker->delivery);
    worker->conf.ended(worker->conf.ctx, status);
}

/* The one place that turns an error into the end of an attempt. */
static void worker_failed(void *ctx, const struct err *err)
{
    struct worker *worker = ctx;
    if (sm_state(&worker->sm) == WORKER_ENDED)
        return;
    if (err->kind == ERR_FENCED) {
        voice_fenced(worker->conf.voice, err->text);
        worker_end(worker, WORKER_AGAIN);
        return;
    }
    if (worker->conf.diags && diag_errors(worker->conf.diags)) {
        states_refuse(worker->conf.diags, worker->conf.voice);
        worker_end(worker, WORKER_REJECTED);
        return;
    }
    voice_log(worker->conf.voice,
              &(struct log_entry){ .level = LOG_ERROR,
                                   .event = "job.error",
                                   .code = err->code,
                                   .fields = { LOG_TEXT("kind", err_kind_name(err->kind)) },
                                   .msg = err->text });
    voice_failed(worker->conf.voice, err);
    if (err->kind == ERR_BAD_CONFIG) {
        voice_rejected(worker->conf.voice, 1, err->text);
        worker_end(worker, WORKER_REJECTED);
        return;
    }
    worker_end(worker, 1);
}

static void worker_drained_cb(void *ctx)
{
    struct worker *worker = ctx;
    struct intake_sum sum = intake_sum(worker->intake);
    voice_log(worker->conf.voice,
              &(struct log_entry){ .level = LOG_INFO,
                                   .event = "job.stopped",
                                   .fields = { LOG_INT("records", (int64_t)sum.records),
                                               LOG_INT("again", (int64_t)sum.again),
                                               LOG_SECONDS("silence", (int64_t)sum.silence_ms) } });
    worker_end(worker, WORKER_DONE);
}

/* ---- running */

static void worker_store_trouble(void *ctx, const struct err *err, uint64_t next_ms)
{
    struct worker *worker = ctx;
    voice_trouble(worker->conf.voice, VOICE_STORE, err, next_ms);
    if (err->kind > ERR_UNKNOWN) /* it will say the same for ever */
        worker_failed(worker, err);
}

static void worker_source_trouble(void *ctx, const struct err *err)
{
    struct worker *worker = ctx;
    voice_trouble(worker->conf.voice, VOICE_SOURCE, err, 0);
}

static void worker_damaged_cb(void *ctx, const struct err *err)
{
    struct worker *worker = ctx;
    voice_damaged(worker->conf.voice, err);
}

static void worker_output_trouble(void *ctx, const struct err *err, uint64_t next_ms)
{
    struct worker *worker = ctx;
    voice_trouble(worker->conf.voice, VOICE_OUTPUT, err, next_ms);
}

static void worker_delivered_cb(void *ctx, const char *label, uint64_t number)
{
    struct worker *worker = ctx;
    batcher_delivered(worker->batcher, label, number);
}

static void worker_note_cb(void *ctx, const struct entry *entry)
{
    struct worker *worker = ctx;
    batcher_note(worker->batcher, entry);
}

static void worker_noted_cb(void *ctx)
{
    struct worker *worker = ctx;
    batcher_flush(worker->batcher);
}

static void worker_idle_cb(void *ctx)
{
    struct worker *worker = ctx;
    batcher_poke(worker->batcher);
}

static void worker_finished_cb(void *ctx)
{
    struct worker *worker = ctx;
    batcher_drain(worker->batcher);
}

static void worker_drain(struct worker *worker)
{
    sm_move(&worker->sm, WORKER_STOPPING);
    voice_phase(worker->conf.voice, JOB_STOPPING, NULL);
    intake_finish(worker->intake);
    batcher_poke(worker->batcher); /* a batch that is full is not waited with */
}

static void worker_gap_cb(void *ctx, const struct entry *gap)
{
    struct worker *worker = ctx;
    voice_gap(worker->conf.voice, gap);
}

static void worker_once_cb(void *ctx)
{
    struct worker *worker = ctx;
    if (sm_state(&worker->sm) == WORKER_RUNNING)
        worker_drain(worker);
}

static void worker_saved_cb(void *ctx, const struct keeper_saved *saved)
{
    struct worker *worker = ctx;
    voice_log(worker->conf.voice,
              &(struct log_entry){ .level = LOG_INFO,
                                   .event = "checkpoint.saved",
                                   .fields = { LOG_INT("record", (int64_t)saved->index),
                                               LOG_INT("bytes", (int64_t)saved->bytes),
                                               LOG_SECONDS("took", (int64_t)saved->took_ms) } });
}

static void worker_replayed_cb(void *ctx, uint64_t blocks)
{
    struct worker *worker = ctx;
    struct recovered *recovered = worker->recovered;
    if (sm_state(&worker->sm) == WORKER_ENDED)
        return;
    uint64_t took = loop_now_ms(worker->conf.loop) - worker->began_ms;
    voice_log(
        worker->conf.voice,
        &(struct log_entry){ .level = LOG_INFO,
                             .event = "job.recovered",
                             .fields = { LOG_INT("epoch", (int64_t)worker->directory->epoch),
                                         LOG_INT("snapshot", (int64_t)recovered->snapshot),
                                         LOG_INT("records", (int64_t)recovered->records),
                                         LOG_INT("blocks", (int64_t)blocks),
                                         LOG_INT("undelivered", (int64_t)recovered->n_outputs),
                                         LOG_INT("batch", (int64_t)recovered->progress.batch),
                                         LOG_SECONDS("took", (int64_t)took) } });
    arena_free(&recovered->arena);
    worker->recovered = NULL;
    sm_move(&worker->sm, WORKER_RUNNING);
    intake_open(worker->intake);
    voice_phase(worker->conf.voice, JOB_RUNNING, NULL);
}

/* ---- from the claim to the first batch */

static bool worker_make_engine(struct worker *worker, struct err *err)
{
    struct loop *loop = worker->conf.loop;
    worker->hash_seed = worker->progress.hash_seed;
    if (!worker->progress.started)
        world_random(loop_world(loop), &worker->hash_seed, sizeof worker->hash_seed);
    uint32_t cores = pool_cores();
    worker->pool = pool_new(loop, cores < COMPUTE_THREADS_MAX ? cores : COMPUTE_THREADS_MAX);
    struct engine_conf engine = { .spec = worker->conf.spec,
                                  .plan = worker->conf.plan,
                                  .pool = worker->pool,
                                  .hash_seed = worker->hash_seed,
                                  .diags = worker->conf.diags,
                                  .drop = worker->drop,
                                  .instead = worker->conf.replaces ? "; the running version is kept"
                                                                   : "" };
    snprintf(worker->drop, sizeof worker->drop,
             worker->conf.once ? "tidemark run --once --discard-state %s/"
                               : "tidemark restart %s --discard-state ",
             worker->conf.spec->id);
    states_drop(&worker->discard, worker->recovered, worker->conf.voice);
    worker->engine = engine_new(&engine);
    return outcome_restore(worker->engine, worker->recovered, err);
}

static void worker_make_out(struct worker *worker)
{
    struct directory *directory = worker->directory;
    worker->log = batch_log_new(directory, worker->progress.index, worker->progress.hash);
    worker->trim = trim_new(directory);
    struct delivery_conf delivery = { .loop = worker->conf.loop,
                                      .out = worker->conf.out,
                                      .delivered = worker_delivered_cb,
                                      .trouble = worker_output_trouble,
                                      .ctx = worker };
    worker->delivery = delivery_new(&delivery);
    struct keeper_conf keeper = { .directory = directory,
                                  .trim = worker->trim,
                                  .progress = &worker->progress,
                                  .engine = worker->engine,
                                  .spec = worker->conf.spec,
                                  .saved = worker_saved_cb,
                                  .failed = worker_failed,
                                  .ctx = worker };
    worker->keeper = keeper_new(&keeper, worker->recovered);
    struct batcher_conf batcher = { .directory = directory,
                                    .spec = worker->conf.spec,
                                    .log = worker->log,
                                    .progress = &worker->progress,
                                    .keeper = worker->keeper,
                                    .engine = worker->engine,
                                    .delivery = worker->delivery,
                                    .voice = worker->conf.voice,
                                    .failed = worker_failed,
                                    .drained = worker_drained_cb,
                                    .ctx = worker };
    worker->batcher = batcher_new(&batcher);
    states_note(&worker->discard, worker->batcher);
}

static void worker_make_in(struct worker *worker)
{
    struct intake_conf intake = { .directory = worker->directory,
                                  .engine = worker->engine,
                                  .trim = worker->trim,
                                  .spec = worker->conf.spec,
                                  .progress = &worker->progress,
                                  .once = worker->conf.once,
                                  .note = worker_note_cb,
                                  .noted = worker_noted_cb,
                                  .idle = worker_idle_cb,
                                  .replayed = worker_replayed_cb,
                                  .damaged = worker_damaged_cb,
                                  .trouble = worker_source_trouble,
                                  .failed = worker_failed,
                                  .drained = worker_once_cb,
                                  .gap = worker_gap_cb,
                                  .finished = worker_finished_cb,
                                  .ctx = worker };
    worker->intake = intake_new(&intake);
    batcher_set_intake(worker->batcher, worker->intake);
}

static const char *worker_label(const struct worker *worker, const char *label)
{
    for (size_t i = 0; i < worker->conf.spec->n_outputs; i++)
        if (strcmp(worker->conf.spec->outputs[i].label, label) == 0)
            return worker->conf.spec->outputs[i].label;
    return NULL; /* the job has no such output any more: there is nobody to deliver to */
}

static void worker_recovered_cb(void *ctx, struct recovered *recovered, const struct err *err)
{
    struct worker *worker = ctx;
    struct err bad = *err;
    if (sm_state(&worker->sm) == WORKER_ENDED)
        return;
    if (bad.kind == ERR_NONE) {
        worker->recovered = recovered;
        worker->progress = recovered->progress;
        if (worker_make_engine(worker, &bad) &&
            intake_may_replay(worker->conf.spec, recovered, &bad))
            bad.kind = ERR_NONE;
    }
    if (bad.kind != ERR_NONE) {
        worker_failed(worker, &bad);
        return;
    }
    worker_make_out(worker);
    worker_make_in(worker);
    for (size_t i = 0; i < recovered->n_outputs; i++) {
        const struct recovered_output *output = &recovered->outputs[i];
        const char *label = worker_label(worker, output->label);
        struct buf bytes = { 0 };
        if (!label)
            continue;
        buf_put(&bytes, output->bytes.ptr, output->bytes.len);
        delivery_add(worker->delivery, label, output->number, &bytes);
    }
    batcher_start(worker->batcher, worker->hash_seed);
    intake_replay(worker->intake, recovered);
}

static void worker_claimed_cb(void *ctx, struct directory *directory, const struct err *err)
{
    struct worker *worker = ctx;
    if (sm_state(&worker->sm) == WORKER_ENDED)
        return;
    if (err->kind != ERR_NONE) {
        worker_failed(worker, err);
        return;
    }
    worker->directory = directory;
    worker->began_ms = loop_now_ms(worker->conf.loop);
    if (worker->conf.again && directory->epoch == 1)
        voice_empty(worker->conf.voice);
    sm_move(&worker->sm, WORKER_RECOVERING);
    voice_phase(worker->conf.voice, JOB_RECOVERING, NULL);
    recover_start(directory, worker_recovered_cb, worker);
}

static void worker_waiting_cb(void *ctx, const struct claim_owner *owner)
{
    struct worker *worker = ctx;
    char note[REPORT_TEXT_MAX];
    claim_owner_show(owner, note, sizeof note);
    voice_phase(worker->conf.voice, JOB_STANDBY, note);
}

static bool worker_owner_dead(void *ctx, const struct claim_owner *owner)
{
    struct worker *worker = ctx;
    return claim_owner_gone(owner, loop_world(worker->conf.loop), worker->conf.spare);
}

static void worker_claim(struct worker *worker)
{
    const struct job_spec *spec = worker->conf.spec;
    uint64_t silence = spec->batch_interval_ms;
    if (silence < PATIENCE_MIN_MS)
        silence = PATIENCE_MIN_MS;
    struct claim_conf claim = { .loop = worker->conf.loop,
                                .store = worker->conf.store,
                                .job = spec->id,
                                .version = TIDEMARK_VERSION,
                                .is_dead = worker_owner_dead,
                                .patience_ms = PATIENCE_FACTOR * silence,
                                .places = spec->wal_in_flight,
                                .trouble = worker_store_trouble,
                                .fenced = worker_failed,
                                .waiting = worker_waiting_cb,
                                .done = worker_claimed_cb,
                                .ctx = worker };
    sm_move(&worker->sm, WORKER_CLAIMING);
    worker->claim = claim_start(&claim);
}

static void worker_lock(struct worker *worker);

static void worker_lock_timer_cb(struct loop_timer *timer)
{
    worker_lock(CONTAINER_OF(timer, struct worker, timer));
}

static void worker_locked_cb(struct store_req *req)
{
    struct worker *worker = CONTAINER_OF(req, struct worker, lock);
    uint64_t wait_ms = LOCK_AGAIN_MS;
    if (sm_state(&worker->sm) == WORKER_ENDED)
        return;
    if (req->answer == STORE_YES) {
        voice_trouble(worker->conf.voice, VOICE_STORE, &(struct err){ .kind = ERR_NONE }, 0);
        worker_claim(worker);
        return;
    }
    if (req->answer != STORE_NO && req->err.kind != ERR_RETRY && req->err.kind != ERR_UNKNOWN) {
        worker_failed(worker, &req->err);
        return;
    }
    if (req->answer == STORE_NO) {
        voice_phase(worker->conf.voice, JOB_STANDBY,
                    "another process on this host holds the checkpoint directory");
    } else {
        struct backoff backoff = { .initial_ms = LOCK_AGAIN_MS, .max_ms = 30000 };
        wait_ms = backoff_ms(&backoff, ++worker->lock_tries, 0x80000000u);
        voice_trouble(worker->conf.voice, VOICE_STORE, &req->err, wait_ms);
    }
    loop_timer_start(worker->conf.loop, &worker->timer, wait_ms, worker_lock_timer_cb);
}

static void worker_lock(struct worker *worker)
{
    worker->lock = (struct store_req){ .path = "", .cb = worker_locked_cb };
    worker->conf.store->ops->lock(worker->conf.store, &worker->lock);
}

struct worker *worker_new(const struct worker_conf *conf)
{
    struct worker *worker = mem_zalloc(sizeof *worker);
    *worker = (struct worker){ .conf = *conf, .discard = { conf->discard, conf->spec->id } };
    sm_init(&worker->sm, worker_states, WORKER_LOCKING);
    worker_lock(worker);
    return worker;
}

void worker_stop(struct worker *worker)
{
    unsigned state = sm_state(&worker->sm);
    if (state == WORKER_STOPPING || state == WORKER_ENDED)
        return;
    if (state != WORKER_RUNNING || !worker->conf.spec->stop_gracefully)
        worker_end(worker, WORKER_DONE);
    else
        worker_drain(worker);
}

struct job_policy worker_policy(const struct job_spec *spec)
{
    return (struct job_policy){ .enabled = spec->enabled,
                                .max_attempts = spec->max_app_attempts,
                                .window_ms = (int64_t)spec->attempt_window_ms,
                                .backoff_initial_ms = (int64_t)spec->backoff_initial_ms,
                                .backoff_max_ms = (int64_t)spec->backoff_max_ms,
                                .stop_timeout_ms = (int64_t)spec->stop_timeout_ms,
                                .interval_ms = (int64_t)spec->batch_interval_ms };
}
