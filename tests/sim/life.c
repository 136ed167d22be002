#include "life.h"

#include <string.h>

#include "base/check.h"
#include "column/block.h"
#include "durable/batch_log.h"
#include "durable/recover.h"
#include "durable/snapshot.h"
#include "durable/trim.h"
#include "durable/wal.h"
#include "io/world.h"
#include "life_parts.h"
#include "parts.h"

const struct life_kind life_sources[LIFE_SOURCES] = { { "records0", "t" }, { "push1", "p" } };

/* ---- delivery: what the outside sees */

void life_deliver(struct life *life, uint64_t number, struct slice ids)
{
    struct life_ledger *ledger = life->ledger;
    check(number < LIFE_BATCHES_MAX);
    struct life_batch *batch = &ledger->delivered[number];
    if (batch->ids) {
        bool same = batch->n * 4 == ids.len && memcmp(batch->ids, ids.ptr, ids.len) == 0;
        sim_expect(ledger->sim, same, "batch %llu is delivered with other content",
                   (unsigned long long)number);
        return;
    }
    batch->ids = sim_alloc(ids.len);
    batch->n = (uint32_t)(ids.len / 4);
    if (ids.len)
        memcpy(batch->ids, ids.ptr, ids.len);
    if (number > ledger->last)
        ledger->last = number;
    sim_trace(ledger->sim, "%s[%u] delivers batch %llu: %u ids", life->process->name,
              life->process->pid, (unsigned long long)number, batch->n);
}

/* ---- computing: the ids of published blocks, in the order of the log */

void life_compute(struct life *life, int index, struct block *block)
{
    struct life_source *source = &life->sources[index];
    struct block_record record;
    uint32_t at = 0;
    for (uint32_t i = 0; i < block->count; i++) {
        at = block_read(block, i, at, &record);
        check(record.value_len == 4);
        buf_put(&life->open, record.value, 4);
    }
    if (index == 0) {
        if (!life->count)
            life->from = block->first_offset;
        life->to = block->last_offset + 1;
        life->count += block->count;
    }
    source->dirty = true;
}

static void life_published(void *ctx, struct wal *wal, struct list *blocks)
{
    struct life *life = ctx;
    int index = wal == life->sources[1].wal;
    while (!list_empty(blocks)) {
        struct block *block = LIST_ITEM(list_first(blocks), struct block, link);
        list_remove(&block->link);
        life_compute(life, index, block);
        for (int64_t i = block->first_offset; index && i <= block->last_offset; i++)
            life->ledger->acked[i] = 1;
        block_free(block);
    }
    life->sources[index].seq = wal_seq(wal);
    life->sources[index].chain = wal_chain(wal);
}

/* ---- receiving */

static void life_block(struct life *life, int index, uint32_t first, uint32_t n)
{
    struct block *block = block_new(64, LIFE_BLOCK);
    block->topic = life_sources[index].topic;
    block->source = (uint32_t)index;
    block->partition = 0;
    for (uint32_t i = first; i < first + n; i++) {
        uint32_t id = index ? LIFE_PUSH + i : i;
        struct block_record record = { .value = &id, .value_len = 4, .offset = i, .time_ms = -1 };
        bool fits = block_append(block, &record);
        check(fits);
    }
    wal_add(life->sources[index].wal, block);
}

static bool life_is_through(const struct life *life)
{
    const struct life_ledger *ledger = life->ledger;
    bool through = ledger->finishing && life->sources[0].next == ledger->records &&
                   !life->open.len && !batch_log_busy(life->log) &&
                   life->noted == life->delivered && life->delivered == life->progress.batch;
    for (uint32_t i = 0; through && i < ledger->pushes; i++)
        through = ledger->acked[i];
    for (int i = 0; through && i < LIFE_SOURCES; i++)
        through = wal_waiting(life->sources[i].wal) == 0;
    return through;
}

static void life_receive(struct loop_timer *timer)
{
    struct life *life = CONTAINER_OF(timer, struct life, receive_timer);
    struct life_ledger *ledger = life->ledger;
    struct sim *sim = ledger->sim;
    struct life_source *records = &life->sources[0], *push = &life->sources[1];
    uint32_t n = 1 + (uint32_t)sim_below(sim, LIFE_BLOCK);
    if (records->next + n > ledger->records)
        n = ledger->records - records->next;
    if (n && life->positioned && wal_waiting(records->wal) < 2000) {
        life_block(life, 0, records->next, n);
        records->next += n;
    }
    while (push->next < ledger->pushes && ledger->acked[push->next])
        push->next++;
    if (push->next < ledger->pushes && sim_chance(sim, 300))
        life_block(life, 1, push->next++, 1);
    if (life_is_through(life)) {
        ledger->finished++;
        world_exit(life->process->world, 0);
        return;
    }
    loop_timer_start(life->process->loop, timer, 5 + sim_below(sim, 100), life_receive);
}

/* ---- snapshots and what may go behind them */

static void life_trim_log(struct life *life)
{
    if (life->noted != life->progress.batch)
        return;
    while (life->n_snapshots > RETAIN) {
        trim_snap(life->trim, life->snapshots[0]);
        life->n_snapshots--;
        memmove(life->snapshots, life->snapshots + 1, life->n_snapshots * sizeof *life->snapshots);
    }
    if (life->n_snapshots == RETAIN && life->snapshots[0] > life->log_first) {
        trim_log(life->trim, life->log_first, life->snapshots[0] - 1);
        life->log_first = life->snapshots[0];
    }
}

static void life_snapshot_cb(void *ctx, uint64_t index, const struct err *err)
{
    struct life *life = ctx;
    sim_expect(life->ledger->sim, err->kind == ERR_NONE, "snapshot %llu: %s",
               (unsigned long long)index, err->text);
    life->snapshot_busy = false;
    life->snapshots[life->n_snapshots++] = index;
    life_trim_log(life);
}

static void life_snapshot(struct life *life)
{
    uint64_t since = life->n_snapshots ? life->snapshots[life->n_snapshots - 1] : 0;
    if (life->ledger->keep_log || life->snapshot_busy || life->n_snapshots == SNAPSHOTS_MAX ||
        life->progress.index < since + SNAPSHOT_RECORDS)
        return;
    struct record *content = mem_zalloc(sizeof *content);
    progress_save(&life->progress, content);
    life->snapshot_busy = true;
    struct snapshot_job job = { .directory = life->directory,
                                .content = content,
                                .index = life->progress.index,
                                .hash = life->progress.hash,
                                .cb = life_snapshot_cb,
                                .ctx = life };
    snapshot_start(&job);
}

/* ---- batches */

static void life_apply(struct life *life, uint64_t index, uint64_t hash)
{
    struct err err;
    uint64_t before = life->progress.hash;
    bool fits =
        progress_apply(&life->progress, record_seal(&life->record, before), index, hash, &err);
    sim_expect(life->ledger->sim, fits, "own record %llu does not apply: %s",
               (unsigned long long)index, err.text);
}

static void life_committed(void *ctx, uint64_t index, uint64_t hash)
{
    struct life *life = ctx;
    uint64_t batch = life->progress.batch;
    life_apply(life, index, hash);
    record_clear(&life->record);
    life->positioned = true;
    for (int i = 0; i < LIFE_SOURCES; i++) {
        struct life_source *source = &life->sources[i];
        if (life->taking[i] > source->taken)
            trim_wal(life->trim, life_sources[i].name, source->taken + 1, life->taking[i]);
        source->taken = life->taking[i];
    }
    life->noted = life->delivered;
    if (life->progress.batch > batch) {
        life_deliver(life, life->progress.batch, buf_slice(&life->committing));
        life->delivered = life->progress.batch;
    }
    life_trim_log(life);
    life_snapshot(life);
}

static struct slice text_of(const char *text)
{
    return (struct slice){ text, strlen(text) };
}

static void life_put_batch(struct life *life)
{
    int64_t now_ms = world_wall_ms(life->process->world);
    if (now_ms <= life->progress.batch_ms)
        now_ms = life->progress.batch_ms + 1;
    record_put(&life->record,
               &(struct entry){ ENTRY_BATCH, .batch = { life->progress.batch + 1, now_ms,
                                                        life->open.len / 4, 0 } });
    for (int i = 0; i < LIFE_SOURCES; i++) {
        struct life_source *source = &life->sources[i];
        if (source->dirty)
            record_put(&life->record,
                       &(struct entry){ ENTRY_TAKEN, .taken = { text_of(life_sources[i].name),
                                                                source->seq, source->chain } });
        life->taking[i] = source->dirty ? source->seq : source->taken;
        source->dirty = false;
    }
    if (life->count)
        record_put(&life->record,
                   &(struct entry){ ENTRY_RANGE, .range = { text_of(life_sources[0].name),
                                                            text_of(life_sources[0].topic), 0,
                                                            life->from, life->to, life->count } });
    record_put(
        &life->record,
        &(struct entry){ ENTRY_OUTPUT, .output = { text_of("ids"), buf_slice(&life->open) } });
    buf_clear(&life->committing);
    buf_put(&life->committing, life->open.ptr, life->open.len);
    buf_clear(&life->open);
    life->count = 0;
}

static void life_put_start(struct life *life)
{
    struct entry start = { ENTRY_START, .start = { world_wall_ms(life->process->world),
                                                   life->ledger->interval_ms, 42 } };
    struct entry position = { ENTRY_POSITION,
                              .position = { text_of(life_sources[0].name),
                                            text_of(life_sources[0].topic), 0, 0 } };
    record_put(&life->record, &start);
    record_put(&life->record, &position);
}

static void life_batch(struct loop_timer *timer)
{
    struct life *life = CONTAINER_OF(timer, struct life, batch_timer);
    struct sim *sim = life->ledger->sim;
    loop_timer_start(life->process->loop, timer, life->ledger->interval_ms, life_batch);
    if (batch_log_busy(life->log))
        return;
    if (life->delivered > life->noted)
        record_put(
            &life->record,
            &(struct entry){ ENTRY_DELIVERED, .delivered = { text_of("ids"), life->delivered } });
    if (life->open.len || sim_chance(sim, 100))
        life_put_batch(life);
    if (life->record.n)
        batch_log_append(life->log, &life->record, life_committed, life);
}

/* ---- from the end of recovery on */

void life_run(struct life *life)
{
    struct life_source *records = &life->sources[0];
    const struct progress_partition *position =
        progress_find(&life->progress, life_sources[0].name, life_sources[0].topic, 0);
    uint32_t next = position ? (uint32_t)position->offset : 0;
    records->next = life->count ? (uint32_t)life->to : next;
    arena_free(&life->recovered->arena);
    life->ledger->recovered++;
    for (int i = 0; i < LIFE_SOURCES; i++) {
        struct wal_conf conf = { .directory = life->directory,
                                 .source = life_sources[i].name,
                                 .seq = life->sources[i].seq,
                                 .chain = life->sources[i].chain,
                                 .published = life_published,
                                 .ctx = life };
        life->sources[i].wal = wal_new(&conf);
    }
    sim_trace(life->ledger->sim, "%s[%u] runs: record %u, batch %llu, log %llu",
              life->process->name, life->process->pid, records->next,
              (unsigned long long)life->progress.batch, (unsigned long long)life->progress.index);
    life->positioned = life->progress.started;
    if (!life->progress.started) {
        life_put_start(life);
        batch_log_append(life->log, &life->record, life_committed, life);
    }
    loop_timer_start(life->process->loop, &life->batch_timer, life->ledger->interval_ms,
                     life_batch);
    loop_timer_start(life->process->loop, &life->receive_timer, 1, life_receive);
}
