/* Happy path: count files and bytes of log/, save, wait until it is verified, trim. Failure modes:
 * a snapshot that does not read back as written stops the job; the log is still whole. Close: at any
 * time; the next worker begins from what is there. */
#include "worker/keeper.h"

#include "base/list.h"
#include "base/mem.h"
#include "durable/directory.h"
#include "durable/recover.h"
#include "durable/snapshot.h"
#include "durable/trim.h"
#include "engine/engine.h"
#include "io/loop.h"
#include "spec/job.h"
#include "worker/outcome.h"

struct open_record {       /* a record some of whose outputs may not be noted as delivered */
    uint64_t index, batch; /* number of its last batch */
};
struct keeper {
    struct keeper_conf conf;
    uint64_t files, bytes; /* of log/ since the last snapshot */
    uint64_t changes;      /* bytes of changes of states since then */
    uint64_t states;       /* bytes of the states in it */
    struct record *caught; /* a snapshot to be; NULL = none */
    struct record *part;   /* the last part of it */
    uint64_t caught_bytes; /* in all parts before that */
    bool copying;          /* states are being copied into it */
    uint64_t index, hash;  /* of the record that it stands for; 0 = not yet published */
    struct loop_timer turn;
    uint64_t log_first; /* lowest index that may still be in log/ */
    uint64_t saved_ms;  /* when the last snapshot was begun */
    uint64_t
        *snapshots; /* indices that are there, oldest first; room for one more than there are */
    uint32_t n_snapshots;
    struct open_record *open; /* a ring of KEEPER_OPEN_MAX, oldest first */
    uint32_t open_first, n_open;
    uint64_t all_delivered; /* log/ up to here has nothing left to deliver */
    bool saving;
};

/* The lowest number of a batch up to which every output of the job has delivered. */
static uint64_t keeper_delivered(const struct keeper *keeper)
{
    const struct job_spec *spec = keeper->conf.spec;
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < spec->n_outputs; i++) {
        uint64_t delivered = progress_delivered(keeper->conf.progress, spec->outputs[i].label);
        if (delivered < least)
            least = delivered;
    }
    return least;
}

static void keeper_settle(struct keeper *keeper)
{
    uint64_t delivered = keeper_delivered(keeper);
    while (keeper->n_open) {
        const struct open_record *record = &keeper->open[keeper->open_first];
        if (record->batch > delivered)
            return;
        keeper->all_delivered = record->index;
        keeper->open_first = (keeper->open_first + 1) % KEEPER_OPEN_MAX;
        keeper->n_open--;
    }
}

/* Only the newest `retain` stay. */
static void keeper_trim_snapshots(struct keeper *keeper)
{
    uint32_t retain = keeper->conf.spec->checkpoint_retain, old = 0;
    while (keeper->n_snapshots - old > retain)
        trim_snap(keeper->conf.trim, keeper->snapshots[old++]);
    keeper->n_snapshots -= old;
    for (uint32_t i = 0; i < keeper->n_snapshots; i++)
        keeper->snapshots[i] = keeper->snapshots[i + old];
}

static void keeper_trim(struct keeper *keeper)
{
    keeper_trim_snapshots(keeper);
    uint64_t last = keeper->snapshots[0] - 1; /* the record it stands for is kept beside it */
    if (last > keeper->all_delivered)
        last = keeper->all_delivered;
    if (last < keeper->log_first)
        return;
    trim_log(keeper->conf.trim, keeper->log_first, last);
    keeper->log_first = last + 1;
}

static void keeper_saved_cb(void *ctx, uint64_t index, const struct err *err)
{
    struct keeper *keeper = ctx;
    keeper->saving = false;
    if (err->kind != ERR_NONE) {
        keeper->conf.failed(keeper->conf.ctx, err);
        return;
    }
    keeper->snapshots[keeper->n_snapshots++] = index;
    keeper_trim(keeper);
    struct keeper_saved saved = { .index = index, .bytes = keeper->states };
    saved.took_ms = loop_now_ms(keeper->conf.directory->loop) - keeper->saved_ms;
    keeper->conf.saved(keeper->conf.ctx, &saved);
}

/* The first one at once: from then on a log that is empty is one that was lost. */
static bool keeper_is_due(const struct keeper *keeper)
{
    uint64_t now = loop_now_ms(keeper->conf.directory->loop);
    if (keeper->n_snapshots == 0)
        return !keeper->saving;
    return !keeper->saving && now - keeper->saved_ms >= keeper->conf.spec->checkpoint_interval_ms &&
           (keeper->files >= KEEPER_FILES_MAX || keeper->bytes >= KEEPER_BYTES_MAX ||
            (keeper->changes > KEEPER_CHANGES_MAX && keeper->changes > keeper->states / 2));
}

void keeper_changed(struct keeper *keeper, uint64_t bytes)
{
    keeper->changes += bytes;
}

/* All of it is there. */
static void keeper_save(struct keeper *keeper)
{
    struct snapshot_job job = { .directory = keeper->conf.directory,
                                .content = keeper->caught,
                                .index = keeper->index,
                                .hash = keeper->hash,
                                .cb = keeper_saved_cb,
                                .ctx = keeper };
    keeper->states = keeper->caught_bytes + keeper->part->bytes.len;
    keeper->caught = NULL;
    keeper->saving = true;
    snapshot_start(&job);
}

static void keeper_turn_cb(struct loop_timer *timer);

/* A part of the snapshot: each is as long as what is copied at once, and grows little by being moved. */
static void keeper_add_part(struct keeper *keeper)
{
    struct record *part = mem_zalloc(sizeof *part);
    if (keeper->part) {
        keeper->caught_bytes += keeper->part->bytes.len;
        keeper->part->next = part;
    } else {
        keeper->caught = part;
    }
    keeper->part = part;
}

/* Copies some of the states: no more than a batch can wait for. */
static void keeper_turn(struct keeper *keeper)
{
    struct engine_state part;
    while (keeper->copying && !engine_closing(keeper->conf.engine) &&
           keeper->part->bytes.len < KEEPER_TURN_BYTES) {
        keeper->copying = engine_save(keeper->conf.engine, &part);
        if (keeper->copying)
            outcome_put_state(keeper->part, &part);
    }
    if (keeper->copying) {
        if (keeper->part->bytes.len >= KEEPER_TURN_BYTES)
            keeper_add_part(keeper);
        loop_timer_start(keeper->conf.directory->loop, &keeper->turn, KEEPER_TURN_MS,
                         keeper_turn_cb);
    } else if (keeper->index) {
        keeper_save(keeper);
    }
}

static void keeper_turn_cb(struct loop_timer *timer)
{
    keeper_turn(CONTAINER_OF(timer, struct keeper, turn));
}

/* The states are on their way to a later batch already: the next record will do. */
static bool keeper_is_late(const struct keeper *keeper)
{
    return keeper->conf.engine && engine_closing(keeper->conf.engine);
}

/* What runs ahead of the log is not in it: between this and the record's publishing further batches are closed. */
void keeper_committing(struct keeper *keeper, uint64_t bytes)
{
    keeper->files++;
    keeper->bytes += bytes;
    if (keeper->caught || !keeper_is_due(keeper) || keeper_is_late(keeper))
        return;
    keeper->part = NULL;
    keeper->caught_bytes = 0;
    keeper_add_part(keeper);
    keeper->copying = keeper->conf.engine;
    keeper->index = 0;
    keeper->saved_ms = loop_now_ms(keeper->conf.directory->loop);
    keeper->files = keeper->bytes = keeper->changes = 0;
    if (!keeper->copying)
        return;
    engine_save_begin(keeper->conf.engine);
    keeper_turn(keeper);
}

void keeper_committed(struct keeper *keeper)
{
    const struct progress *progress = keeper->conf.progress;
    if (keeper->n_open < KEEPER_OPEN_MAX) /* else the log is kept a little longer */
        keeper->open[(keeper->open_first + keeper->n_open++) % KEEPER_OPEN_MAX] =
            (struct open_record){ progress->index, progress->batch };
    keeper_settle(keeper);
    if (!keeper->caught || keeper->index)
        return;
    keeper->index = progress->index;
    keeper->hash = progress->hash;
    progress_save(progress, keeper->part);
    if (!keeper->copying)
        keeper_save(keeper);
}

/* Those that earlier workers left. What is newer than the one that recovery began from could not be
 * read: it goes, and does not count among those that stay. */
static void keeper_take_snapshots(struct keeper *keeper, const struct recovered *recovered)
{
    for (size_t i = 0; i < recovered->n_snapshots; i++)
        if (recovered->snapshots[i] <= recovered->snapshot)
            keeper->snapshots[keeper->n_snapshots++] = recovered->snapshots[i];
        else
            trim_snap(keeper->conf.trim, recovered->snapshots[i]);
    keeper_trim_snapshots(keeper);
}

struct keeper *keeper_new(const struct keeper_conf *conf, const struct recovered *recovered)
{
    struct keeper *keeper = mem_zalloc(sizeof *keeper);
    *keeper = (struct keeper){ .conf = *conf,
                               .files = recovered->log_files,
                               .bytes = recovered->log_bytes,
                               .log_first = recovered->log_first ? recovered->log_first : 1,
                               .snapshots = mem_zalloc(
                                   (conf->spec->checkpoint_retain + recovered->n_snapshots + 1) *
                                   sizeof(uint64_t)),
                               .open = mem_zalloc(KEEPER_OPEN_MAX * sizeof(struct open_record)) };
    keeper_take_snapshots(keeper, recovered);
    return keeper;
}
