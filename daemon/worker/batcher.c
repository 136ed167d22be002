/* Happy path: tick, pause the intake, wait until the engine is idle, cut, let the intake go on;
 * publish the record; deliver, trim, tell. Failure modes: a batch that must not be committed (its
 * errors say so) ends the attempt before anything of it is visible; a log that is slow lets batches
 * gather up to a limit, at which batches are no longer closed and sources are held; ticks missed on
 * the way are folded into one entry; an open batch that is full before its tick takes no more, and
 * sources are held until then. Close: batcher_drain(). */
#include "worker/batcher.h"

#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "durable/batch_log.h"
#include "durable/directory.h"
#include "durable/progress.h"
#include "engine/engine.h"
#include "io/loop.h"
#include "io/world.h"
#include "spec/job.h"
#include "worker/delivery.h"
#include "worker/errors.h"
#include "worker/intake.h"
#include "worker/keeper.h"
#include "worker/outcome.h"
#include "worker/voice.h"

struct batch { /* closed, not yet committed */
    struct list link;
    struct voice_batch told;
    uint64_t tick_ms; /* monotonic: when its close began */
    size_t n_outputs;
    struct buf *outputs;
};
struct batcher {
    struct batcher_conf conf;
    struct list ready;        /* batches in `next` */
    struct list committing;   /* batches in `current` */
    struct record next;       /* gathers entries */
    struct record current;    /* is being published while batch_log_busy() */
    uint64_t next_bytes;      /* of `next` */
    uint64_t current_bytes;   /* of `current` */
    uint64_t n_ready;         /* batches in both lists */
    uint64_t current_notes;   /* intake_notes() in `current` and before */
    uint64_t number;          /* of the last batch closed */
    int64_t zero_ms, last_ms; /* zeroTime; time of the last batch closed or tick folded */
    int64_t wall_ms; /* the wall clock at mono_ms: labels go on from here by the monotonic */
    uint64_t mono_ms;
    uint64_t tick_ms; /* monotonic: when the close under way began */
    int64_t due_ms;   /* label of the next tick: when the open batch is closed */
    int64_t open_ms;  /* time of the open batch */
    struct loop_timer timer;
    struct loop_post poke;
    struct errors errors; /* of the last batches */
    uint64_t cut_us;      /* monotonic: when the cut under way began */
    int64_t late_ms;      /* by how much */
    bool cutting;         /* of the batch that is closing: the engine has it */
    bool full, was_full;  /* the open batch takes no more; the one before took no more */
    bool started, closing, draining, drained, failed, poked;
};

static void batcher_step(struct batcher *batcher);

/* ---- the clock */

static uint64_t batcher_mono(const struct batcher *batcher)
{
    return loop_now_ms(batcher->conf.directory->loop);
}

static int64_t batcher_wall(const struct batcher *batcher)
{
    return batcher->wall_ms + (int64_t)(batcher_mono(batcher) - batcher->mono_ms);
}

/* The first batch time, zeroTime + k x interval, that is later than `after`. */
static int64_t batcher_after(const struct batcher *batcher, int64_t after)
{
    int64_t interval = (int64_t)batcher->conf.spec->batch_interval_ms;
    int64_t since = after - batcher->zero_ms;
    int64_t k = since >= 0 ? since / interval : -((-since + interval - 1) / interval);
    return batcher->zero_ms + (k + 1) * interval;
}

static void batcher_timer_cb(struct loop_timer *timer)
{
    struct batcher *batcher = CONTAINER_OF(timer, struct batcher, timer);
    batcher_step(batcher);
}

static void batcher_set_due(struct batcher *batcher)
{
    int64_t now = batcher_wall(batcher), next = batcher_after(batcher, batcher->last_ms);
    batcher->due_ms = batcher_after(batcher, now);
    /* the last batch of a graceful stop bears the time of a tick that it did not wait for; further
     * ahead than that the clock was set back, which is not waited for */
    if (next > batcher->due_ms && next - now <= 2 * (int64_t)batcher->conf.spec->batch_interval_ms)
        batcher->due_ms = next;
}

/* Begins the next batch. Its time is that of its tick, however late it is closed: so it is known before a record is computed
 * into it, and batchTime is the same for all of them. */
static void batcher_open(struct batcher *batcher)
{
    batcher_set_due(batcher);
    batcher->open_ms = batcher->due_ms > batcher->last_ms
                           ? batcher->due_ms
                           : batcher_after(batcher, batcher->last_ms);
    engine_open_batch(batcher->conf.engine, batcher->open_ms);
}

static void batcher_schedule(struct batcher *batcher)
{
    int64_t left = batcher->due_ms - batcher_wall(batcher);
    loop_timer_start(batcher->conf.directory->loop, &batcher->timer, left > 0 ? (uint64_t)left : 0,
                     batcher_timer_cb);
}

/* ---- closing a batch */

static bool batcher_full(const struct batcher *batcher)
{
    return batcher->n_ready >= BATCHER_READY_MAX ||
           batcher->next_bytes + batcher->current_bytes >= BATCHER_READY_BYTES ||
           delivery_full(batcher->conf.delivery);
}

static void batcher_put_catchup(struct batcher *batcher, int64_t time_ms)
{
    int64_t before = time_ms - (int64_t)batcher->conf.spec->batch_interval_ms;
    if (before <= batcher->last_ms)
        return;
    batcher_note(batcher, &(struct entry){
                              .kind = ENTRY_CATCHUP,
                              .catchup = { .after_ms = batcher->last_ms, .up_to_ms = before } });
}

static void batcher_log_dead(struct batcher *batcher, const struct engine_cut *cut)
{
    for (size_t i = 0; i < cut->n_dead && i < ERRORS_LOGGED; i++)
        errors_log(batcher->conf.voice, batcher->conf.spec, &cut->dead[i]);
    for (size_t i = 0; i < cut->n_said; i++)
        voice_log(batcher->conf.voice,
                  &(struct log_entry){ .level = LOG_WARNING,
                                       .event = "program.said",
                                       .fields = { LOG_TEXT("at", cut->said[i].place) },
                                       .msg = cut->said[i].text });
}

static void batch_keep_outputs(struct batch *batch, const struct engine_cut *cut)
{
    batch->n_outputs = cut->n_outputs;
    batch->outputs = mem_zalloc((cut->n_outputs + 1) * sizeof *batch->outputs);
    for (size_t i = 0; i < cut->n_outputs; i++)
        buf_put(&batch->outputs[i], cut->outputs[i].ptr, cut->outputs[i].len);
}

static void batcher_put_batch(struct batcher *batcher, int64_t time_ms,
                              const struct engine_cut *cut)
{
    struct batch *batch = mem_zalloc(sizeof *batch);
    batcher_put_catchup(batcher, time_ms);
    batch->told = (struct voice_batch){ .number = ++batcher->number,
                                        .time_ms = time_ms,
                                        .records = cut->records,
                                        .errors = cut->errors };
    batch->tick_ms = batcher->tick_ms;
    batcher->last_ms = time_ms;
    batcher_note(batcher, &(struct entry){ .kind = ENTRY_BATCH,
                                           .batch = { .number = batch->told.number,
                                                      .time_ms = time_ms,
                                                      .records = cut->records,
                                                      .errors = cut->errors } });
    intake_cut(batcher->conf.intake, &batcher->next);
    batcher_log_dead(batcher, cut);
    batch_keep_outputs(batch, cut);
    outcome_put(&batcher->next, batcher->conf.spec, cut);
    for (size_t i = 0; i < cut->n_changes; i++)
        keeper_changed(batcher->conf.keeper, cut->changes[i].bytes.len);
    batcher->next_bytes = batcher->next.bytes.len;
    batcher->n_ready++;
    list_add_tail(&batcher->ready, &batch->link);
}

static void batcher_refuse(struct batcher *batcher, const struct err *err)
{
    struct err why = *err;
    err_wrap(&why, "batch %llu", (unsigned long long)batcher->number + 1);
    batcher->failed = true;
    batcher->conf.failed(batcher->conf.ctx, &why);
}

static void batcher_take(struct batcher *batcher, const struct engine_cut *cut)
{
    struct world *world = loop_world(batcher->conf.directory->loop);
    batcher->closing = false;
    batcher_put_batch(batcher, batcher->open_ms, cut);
    batcher->was_full = batcher->full;
    batcher->full = false;
    batcher_open(batcher);
    intake_pace(batcher->conf.intake, (double)(world_mono_us(world) - batcher->cut_us) / 1000,
                batcher->late_ms > 0 ? (double)batcher->late_ms : 0);
    intake_pause(batcher->conf.intake, false);
    batcher_flush(batcher);
    if (!batcher->draining)
        batcher_schedule(batcher);
}

static void batcher_cut_cb(void *ctx, const struct engine_cut *cut, const struct err *err)
{
    struct batcher *batcher = ctx;
    struct err why = *err;
    batcher->cutting = false;
    if (batcher->failed) /* halted meanwhile */
        return;
    if (cut && errors_judge(&batcher->errors, batcher->conf.spec, cut, &why))
        batcher_take(batcher, cut);
    else
        batcher_refuse(batcher, &why);
    batcher_step(batcher);
}

static void batcher_cut(struct batcher *batcher)
{
    batcher->cutting = true;
    batcher->cut_us = world_mono_us(loop_world(batcher->conf.directory->loop));
    batcher->late_ms = batcher_wall(batcher) - batcher->due_ms;
    engine_close_batch(batcher->conf.engine, batcher->open_ms, batcher_cut_cb, batcher);
}

/* While draining the open batch is due when there is anything in it; at the end also when no more goes into it. */
static bool batcher_is_due(const struct batcher *batcher)
{
    const struct intake *intake = batcher->conf.intake;
    if (batcher->draining)
        return intake_has_open(intake);
    return batcher_wall(batcher) >= batcher->due_ms ||
           (intake_is_finishing(intake) && intake_full(intake));
}

/* Drained: nothing is open, everything is committed and delivered, and the log says so. */
static void batcher_check_drained(struct batcher *batcher)
{
    if (!batcher->draining || batcher->drained || batcher->closing || batcher->n_ready ||
        !delivery_idle(batcher->conf.delivery))
        return;
    batcher_flush(batcher);
    if (batcher->next.n || batch_log_busy(batcher->conf.log) ||
        intake_has_open(batcher->conf.intake))
        return;
    batcher->drained = true;
    batcher->conf.drained(batcher->conf.ctx);
}

/* Sources are held while they must be. Of batches that are full in a row the first is told. */
static void batcher_hold(struct batcher *batcher)
{
    bool full = intake_full(batcher->conf.intake);
    if (full && !batcher->full && !batcher->was_full)
        voice_log(batcher->conf.voice,
                  &(struct log_entry){
                      .level = LOG_WARNING,
                      .event = "batch.full",
                      .fields = { LOG_INT("batch", (int64_t)batcher->number + 1) },
                      .msg = "it has as many records as limits.memoryPerJob leaves room for, or as "
                             "many error records as can be kept: sources wait for its tick; should "
                             "they fall behind, make batchInterval shorter or the limit larger" });
    batcher->full |= full;
    intake_hold(batcher->conf.intake, full || batcher_full(batcher));
}

/* The tick's time has come, or something that it waited for has. */
static void batcher_step(struct batcher *batcher)
{
    if (!batcher->started || batcher->failed)
        return;
    batcher_hold(batcher);
    if (!batcher->closing && batcher_is_due(batcher) && !batcher_full(batcher)) {
        batcher->closing = true;
        batcher->tick_ms = batcher_mono(batcher);
        intake_pause(batcher->conf.intake, true);
    }
    if (batcher->closing && !batcher->cutting && intake_idle(batcher->conf.intake))
        batcher_cut(batcher);
    batcher_check_drained(batcher);
}

/* ---- committing */

static void batcher_tell(struct batcher *batcher, struct batch *batch)
{
    uint64_t now = batcher_mono(batcher);
    int64_t total = batcher_wall(batcher) - batch->told.time_ms;
    batch->told.processing_ms = (int64_t)(now - batch->tick_ms);
    batch->told.total_ms = total > batch->told.processing_ms ? total : batch->told.processing_ms;
    batch->told.scheduling_ms = batch->told.total_ms - batch->told.processing_ms;
    batch->told.lag_records = intake_lag(batcher->conf.intake);
    voice_batch(batcher->conf.voice, &batch->told);
}

static void batcher_finish_batch(struct batcher *batcher, struct batch *batch)
{
    list_remove(&batch->link);
    batcher->n_ready--;
    intake_committed(batcher->conf.intake);
    for (size_t i = 0; i < batch->n_outputs; i++)
        delivery_add(batcher->conf.delivery, batcher->conf.spec->outputs[i].label,
                     batch->told.number, &batch->outputs[i]);
    batcher_tell(batcher, batch);
    mem_free(batch->outputs);
    mem_free(batch);
}

static void batcher_commit_cb(void *ctx, uint64_t index, uint64_t hash)
{
    struct batcher *batcher = ctx;
    struct progress *progress = batcher->conf.progress;
    struct slice content = record_seal(&batcher->current, progress->hash);
    struct err err;
    /* uncovered: what we have just written does not fit: a fault of ours, to be told in its words */
    if (!progress_apply(progress, content, index, hash, &err)) {
        batcher->conf.failed(batcher->conf.ctx, &err);
        return;
    }
    record_clear(&batcher->current);
    batcher->current_bytes = 0;
    intake_noted(batcher->conf.intake, batcher->current_notes);
    for (struct list *link; (link = list_first(&batcher->committing));)
        batcher_finish_batch(batcher, LIST_ITEM(link, struct batch, link));
    keeper_committed(batcher->conf.keeper);
    batcher_flush(batcher);
    batcher_poke(batcher);
}

void batcher_flush(struct batcher *batcher)
{
    if (batch_log_busy(batcher->conf.log) || !batcher->next.n || batcher->failed)
        return;
    struct record empty = batcher->current;
    batcher->current = batcher->next;
    batcher->next = empty;
    batcher->current_bytes = batcher->current.bytes.len;
    batcher->current_notes = intake_notes(batcher->conf.intake);
    for (struct list *link; (link = list_first(&batcher->ready));) {
        list_remove(link);
        list_add_tail(&batcher->committing, link);
    }
    keeper_committing(batcher->conf.keeper, batcher->current_bytes);
    batch_log_append(batcher->conf.log, &batcher->current, batcher_commit_cb, batcher);
}

void batcher_note(struct batcher *batcher, const struct entry *entry)
{
    record_put(&batcher->next, entry);
}

void batcher_delivered(struct batcher *batcher, const char *label, uint64_t number)
{
    batcher_note(batcher, &(struct entry){ .kind = ENTRY_DELIVERED,
                                           .delivered = { .label = { label, strlen(label) },
                                                          .number = number } });
    batcher_poke(batcher);
}

/* ---- beginning and end */

static void batcher_poke_cb(struct loop_post *post)
{
    struct batcher *batcher = CONTAINER_OF(post, struct batcher, poke);
    batcher->poked = false;
    batcher_step(batcher);
}

void batcher_poke(struct batcher *batcher)
{
    if (batcher->poked)
        return;
    batcher->poked = true;
    batcher->poke.cb = batcher_poke_cb;
    loop_post(batcher->conf.directory->loop, &batcher->poke);
}

struct batcher *batcher_new(const struct batcher_conf *conf)
{
    struct batcher *batcher = mem_zalloc(sizeof *batcher);
    *batcher = (struct batcher){ .conf = *conf,
                                 .number = conf->progress->batch,
                                 .zero_ms = conf->progress->zero_ms,
                                 .last_ms = conf->progress->batch_ms,
                                 .wall_ms = world_wall_ms(loop_world(conf->directory->loop)),
                                 .mono_ms = loop_now_ms(conf->directory->loop) };
    list_init(&batcher->ready);
    list_init(&batcher->committing);
    if (batcher->last_ms < batcher->zero_ms)
        batcher->last_ms = batcher->zero_ms;
    return batcher;
}

void batcher_set_intake(struct batcher *batcher, struct intake *intake)
{
    batcher->conf.intake = intake;
}

static bool batcher_has_output(const struct batcher *batcher, const char *label)
{
    for (size_t i = 0; i < batcher->conf.spec->n_outputs; i++)
        if (strcmp(batcher->conf.spec->outputs[i].label, label) == 0)
            return true;
    return false;
}

/* What an output still owed when the job lost it is owed to nobody: noted, or each recovery would
 * look for it in a log that is trimmed long since. */
static void batcher_forget_outputs(struct batcher *batcher)
{
    const struct progress *progress = batcher->conf.progress;
    for (size_t i = 0; i < progress->n_outputs; i++) {
        const struct progress_output *output = &progress->outputs[i];
        if (output->last > output->delivered && !batcher_has_output(batcher, output->label))
            batcher_delivered(batcher, output->label, output->last);
    }
}

void batcher_start(struct batcher *batcher, uint64_t hash_seed)
{
    uint64_t interval_ms = batcher->conf.spec->batch_interval_ms;
    if (!batcher->conf.progress->started) {
        batcher->zero_ms = batcher_after(batcher, batcher_wall(batcher)) - (int64_t)interval_ms;
        batcher->last_ms = batcher->zero_ms;
        batcher_note(batcher, &(struct entry){ .kind = ENTRY_START,
                                               .start = { .zero_ms = batcher->zero_ms,
                                                          .interval_ms = interval_ms,
                                                          .hash_seed = hash_seed } });
    }
    engine_set_clock(batcher->conf.engine, batcher->zero_ms, batcher->last_ms);
    batcher_open(batcher);
    batcher_forget_outputs(batcher);
    batcher->started = true;
    batcher_flush(batcher);
    batcher_schedule(batcher);
}

void batcher_drain(struct batcher *batcher)
{
    batcher->draining = true;
    loop_timer_stop(batcher->conf.directory->loop, &batcher->timer);
    batcher_poke(batcher);
}

void batcher_halt(struct batcher *batcher)
{
    if (!batcher)
        return;
    batcher->failed = true;
    loop_timer_stop(batcher->conf.directory->loop, &batcher->timer);
}
