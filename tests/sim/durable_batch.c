/* Batches of the reduced worker: commit, deliver, save, trim. */
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "durable/snapshot.h"
#include "durable_parts.h"

struct slice text(const char *s)
{
    return (struct slice){ s, strlen(s) };
}

static void put_range(struct worker *worker, int32_t partition, int64_t to)
{
    const struct progress_partition *known = progress_find(&worker->progress, "k", "t", partition);
    record_put(&worker->record,
               &(struct entry){ .kind = ENTRY_RANGE,
                                .range = { text("k"), text("t"), partition, known->offset, to,
                                           (uint64_t)(to - known->offset) } });
}

/* All groups of a source that are there: their ids, and how far the partitions have come. */
static void take_source(struct worker *worker, unsigned i, struct buf *ids)
{
    struct source *source = &worker->sources[i];
    struct list *last = list_last(&source->groups);
    int64_t to[LEDGER_PARTITIONS] = { -1, -1 };
    if (!last)
        return;
    LIST_EACH(link, &source->groups)
    {
        const struct group *group = CONTAINER_OF(link, struct group, link);
        buf_put(ids, group->ids.ptr, group->ids.len);
        for (unsigned k = 0; k < LEDGER_PARTITIONS; k++)
            to[k] = group->to[k] >= 0 ? group->to[k] : to[k];
    }
    const struct group *group = CONTAINER_OF(last, struct group, link);
    worker->batch_to[i] = group->seq;
    record_put(&worker->record,
               &(struct entry){ .kind = ENTRY_TAKEN,
                                .taken = { text(source_names[i]), group->seq, group->chain } });
    for (int32_t k = 0; k < LEDGER_PARTITIONS; k++) {
        if (to[k] >= 0)
            put_range(worker, k, to[k]);
    }
}

static void drop_groups(struct worker *worker, unsigned i)
{
    struct source *source = &worker->sources[i];
    for (struct list *link; (link = list_first(&source->groups));) {
        struct group *group = CONTAINER_OF(link, struct group, link);
        if (group->seq > worker->batch_to[i])
            return;
        list_remove(link);
        source->n_groups--;
        buf_free(&group->ids);
        mem_free(group);
    }
}

static void logged_cb(void *ctx, uint64_t index, uint64_t hash);

static void commit(struct worker *worker)
{
    struct buf ids = { 0 };
    uint64_t number = worker->progress.batch + 1;
    record_put(&worker->record,
               &(struct entry){ .kind = ENTRY_BATCH, .batch = { number, (int64_t)number, 0, 0 } });
    for (unsigned i = 0; i < SOURCES; i++)
        take_source(worker, i, &ids);
    record_put(&worker->record,
               &(struct entry){ .kind = ENTRY_OUTPUT, .output = { text("out"), buf_slice(&ids) } });
    buf_free(&ids);
    if (worker->delivered)
        record_put(&worker->record,
                   &(struct entry){ .kind = ENTRY_DELIVERED,
                                    .delivered = { text("out"), worker->delivered } });
    batch_log_append(worker->log, &worker->record, logged_cb, worker);
}

static void batch_cb(struct loop_timer *timer)
{
    struct worker *worker = CONTAINER_OF(timer, struct worker, batch);
    bool any = worker->sources[KAFKA].n_groups || worker->sources[PUSH].n_groups;
    if (any && !batch_log_busy(worker->log) && worker->progress.batch + 1 < LEDGER_BATCHES &&
        worker->to_deliver == worker->delivered)
        commit(worker);
    loop_timer_start(worker->process->loop, timer, some_ms(worker, worker->plan->batch_ms),
                     batch_cb);
}

/* ---- behind the commit */

static void saved_cb(void *ctx, uint64_t index, const struct err *err)
{
    struct worker *worker = ctx;
    worker->saving = false;
    if (err->kind != ERR_NONE) {
        worker_fail(worker, err);
        return;
    }
    worker->snapshots[worker->n_snapshots++] = index;
    while (worker->n_snapshots > worker->plan->retain) {
        trim_snap(worker->trim, worker->snapshots[0]);
        worker->n_snapshots--;
        memmove(worker->snapshots, worker->snapshots + 1, worker->n_snapshots * sizeof index);
    }
    if (worker->delivered < worker->progress.batch) /* its record is still needed */
        return;
    trim_log(worker->trim, worker->log_first, worker->snapshots[0] - 1);
    worker->log_first = worker->snapshots[0];
}

/* The first one at once: from then on a log that is empty is one that was lost. */
void worker_save(struct worker *worker)
{
    bool due = worker->plan->snapshot_records &&
               ++worker->since_snapshot >= worker->plan->snapshot_records;
    if (worker->saving || (worker->n_snapshots && !due))
        return;
    struct record *record = mem_zalloc(sizeof *record);
    worker->saving = true;
    worker->since_snapshot = 0;
    progress_save(&worker->progress, record);
    snapshot_start(&(struct snapshot_job){ .directory = worker->directory,
                                           .content = record,
                                           .index = worker->progress.index,
                                           .hash = worker->progress.hash,
                                           .cb = saved_cb,
                                           .ctx = worker });
}

/* Shows what a record holds to the outside. */
static void deliver(struct worker *worker, struct slice content)
{
    struct record_reader reader;
    struct entry entry;
    struct err err;
    uint64_t number = 0;
    record_open(content, &reader, &err);
    while (record_next(&reader, &entry, &err)) {
        if (entry.kind == ENTRY_BATCH)
            number = entry.batch.number;
        if (entry.kind == ENTRY_OUTPUT)
            ledger_deliver(worker->ledger, number, entry.output.bytes);
    }
    if (number)
        worker->delivered = worker->to_deliver = number;
}

static void deliver_cb(struct loop_timer *timer)
{
    struct worker *worker = CONTAINER_OF(timer, struct worker, deliver);
    deliver(worker, buf_slice(&worker->record.bytes));
    record_clear(&worker->record);
}

static void trim_taken(struct worker *worker, unsigned i)
{
    struct source *source = &worker->sources[i];
    if (worker->batch_to[i] > source->trimmed) {
        trim_wal(worker->trim, source_names[i], source->trimmed + 1, worker->batch_to[i]);
        source->trimmed = worker->batch_to[i];
    }
}

static void logged_cb(void *ctx, uint64_t index, uint64_t hash)
{
    struct worker *worker = ctx;
    struct err err;
    ledger_record(worker->ledger, index, hash);
    if (!progress_apply(&worker->progress, buf_slice(&worker->record.bytes), index, hash, &err)) {
        worker_fail(worker, &err);
        return;
    }
    for (unsigned i = 0; i < SOURCES; i++) {
        drop_groups(worker, i);
        trim_taken(worker, i);
    }
    worker_save(worker);
    worker->to_deliver = worker->progress.batch;
    loop_timer_start(worker->process->loop, &worker->deliver, some_ms(worker, 20), deliver_cb);
}

void worker_commit_start(struct worker *worker)
{
    loop_timer_start(worker->process->loop, &worker->batch, 1, batch_cb);
}
