/* What sources tell. A partition that is new to the job is read only after its starting position is
 * in the batch log; one that the log knows goes on behind its last record there. */
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "column/block.h"
#include "spec/job.h"
#include "worker/intake_parts.h"

#define ONCE_LOOK_MS 50

static void intake_assign(struct intake_source *source, struct position *at)
{
    at->is_taken = true;
    struct source_position position = { at->topic, at->partition, at->next, at->crc };
    source->source->ops->assign(source->source, &position, 1);
}

/* Whether the log knew another partition of this topic when the attempt began. */
static bool intake_knows(const struct intake_source *source, const char *topic)
{
    const struct intake *intake = source->intake;
    for (size_t i = 0; i < intake->n_known; i++)
        if (intake->positions.items[i].source == source->index &&
            strcmp(intake->positions.items[i].topic, topic) == 0)
            return true;
    return false;
}

/* Where a partition begins that the log does not know: at a topic's first sight at the group's
 * offset, else where the job says; one that was added later is read from its start. */
static int64_t intake_begin(const struct intake_source *source, const struct source_found *found)
{
    const struct job_source *spec = &source->intake->conf.spec->sources[source->index];
    if (intake_knows(source, found->topic))
        return found->low;
    if (found->committed >= 0)
        return found->committed;
    if (found->is_later)
        return found->low;
    return spec->starting_offsets == OFFSET_EARLIEST ? found->low : found->high;
}

static void intake_note_position(struct intake_source *source, struct position *at)
{
    struct intake *intake = source->intake;
    at->note = ++intake->notes;
    intake->conf.note(intake->conf.ctx,
                      &(struct entry){ .kind = ENTRY_POSITION,
                                       .position = { .source = slice_of_text(source->name),
                                                     .topic = slice_of_text(at->topic),
                                                     .partition = at->partition,
                                                     .offset = at->next } });
}

static void intake_found_one(struct intake_source *source, const struct source_found *found)
{
    struct intake *intake = source->intake;
    struct position *at =
        positions_find(&intake->positions, source->index, found->topic, found->partition);
    bool is_known = at != NULL;
    if (!at)
        at = positions_add(&intake->positions, source->index, found->topic, found->partition,
                           intake_begin(source, found));
    at->until = found->high;
    if (at->again) {
        intake_found_again(source, at, found->low);
    } else if (is_known) {
        intake_assign(source, at);
    } else if (!found->is_later && !intake_knows(source, found->topic)) {
        at->waits = true;
    } else {
        intake_note_position(source, at);
        intake->conf.noted(intake->conf.ctx);
    }
}

/* The partitions of a topic's first sight begin in one record: after a crash between two, the rest
 * would pass for partitions that were added later, and be read from their start. */
static void intake_looked(struct intake_source *source)
{
    struct intake *intake = source->intake;
    bool is_new = false;
    source->found = true;
    for (size_t i = 0; i < intake->positions.n; i++) {
        struct position *at = &intake->positions.items[i];
        if (at->source != source->index || !at->waits)
            continue;
        at->waits = false;
        if (at->again) {
            intake_assign(source, at);
        } else {
            is_new = true;
            intake_note_position(source, at);
        }
    }
    intake_looked_again(source);
    if (is_new)
        intake->conf.noted(intake->conf.ctx);
}

static void intake_found_cb(void *ctx, struct source *from, const struct source_found *found,
                            size_t n)
{
    struct intake_source *source = ctx;
    source->source = from;
    for (size_t i = 0; i < n; i++)
        intake_found_one(source, &found[i]);
    if (n == 0)
        intake_looked(source);
}

void intake_noted(struct intake *intake, uint64_t notes)
{
    for (size_t i = 0; i < intake->positions.n; i++) {
        struct position *at = &intake->positions.items[i];
        struct intake_source *source = &intake->sources[at->source];
        if (!at->note || at->note > notes)
            continue;
        at->note = 0;
        if (!intake->finishing)
            intake_assign(source, at);
    }
}

uint64_t intake_notes(const struct intake *intake)
{
    return intake->notes;
}

static void intake_block_cb(void *ctx, struct source *from, struct block *block)
{
    struct intake_source *source = ctx;
    struct position *at =
        positions_find(&source->intake->positions, source->index, block->topic, block->partition);
    (void)from;
    check(at); /* only what was assigned is read */
    at->blocks++;
    at->again = false;
    block->source = source->index;
    wal_add(source->wal, block);
}

static void intake_gap_cb(void *ctx, struct source *from, struct source_position gap, int64_t to)
{
    struct intake_source *source = ctx;
    struct position *at =
        positions_find(&source->intake->positions, source->index, gap.topic, gap.partition);
    (void)from;
    check(at);
    if (at->again) {
        intake_damage(source, source->intake->conf.failed,
                      "%s/%d: offset %lld is gone, Kafka could be read from %lld on", at->topic,
                      at->partition, (long long)at->next, (long long)to);
        return;
    }
    at->gap_to = to;
}

/* The worst of what the sources suffer from, and, of several, which one does: that one is back says nothing of the others. */
static void intake_tell_trouble(const struct intake *intake)
{
    const struct intake_source *worst = &intake->sources[0];
    for (size_t i = 1; i < intake->conf.spec->n_sources; i++)
        if (intake->sources[i].trouble.kind > worst->trouble.kind)
            worst = &intake->sources[i];
    struct err err = worst->trouble;
    if (err.kind != ERR_NONE && intake->conf.spec->n_sources > 1)
        err_wrap(&err, "%s", worst->name);
    intake->conf.trouble(intake->conf.ctx, &err);
}

static void intake_state_cb(void *ctx, struct source *from, const struct err *err)
{
    struct intake_source *source = ctx;
    struct intake *intake = source->intake;
    (void)from;
    source->trouble = *err;
    if (err->kind == ERR_NONE || err->kind == ERR_RETRY)
        intake_tell_trouble(intake);
    else if (intake_rereads(source) && err->code == 330)
        intake_damage(source, intake->conf.failed, "%s", err->text);
    else
        intake->conf.failed(intake->conf.ctx, err);
}

static void intake_closed_cb(void *ctx, struct source *from)
{
    struct intake_source *source = ctx;
    (void)from;
    source->closed = true;
    intake_check_end(source->intake);
}

const struct source_events intake_events = { .found = intake_found_cb,
                                             .block = intake_block_cb,
                                             .gap = intake_gap_cb,
                                             .state = intake_state_cb,
                                             .closed = intake_closed_cb };

/* ---- the end */

void intake_check_end(struct intake *intake)
{
    if (!intake->finishing || intake->ended || intake->computing || intake_waiting(intake))
        return;
    for (size_t i = 0; i < intake->conf.spec->n_sources; i++)
        if (!intake->sources[i].closed || wal_waiting(intake->sources[i].wal))
            return;
    intake->ended = true;
    intake->conf.finished(intake->conf.ctx);
}

void intake_finish(struct intake *intake)
{
    if (intake->finishing)
        return;
    intake->finishing = true;
    loop_timer_stop(intake->conf.directory->loop, &intake->timer);
    for (size_t i = 0; i < intake->conf.spec->n_sources; i++)
        intake->sources[i].source->ops->finish(intake->sources[i].source);
}

bool intake_is_finishing(const struct intake *intake)
{
    return intake->finishing;
}

static size_t intake_lags(const struct intake_source *source, struct source_lag **lags)
{
    size_t n = source->intake->positions.n + 1;
    *lags = mem_alloc(n * sizeof **lags);
    return !source->source ? 0 : source->source->ops->lag(source->source, *lags, n);
}

int64_t intake_lag(const struct intake *intake)
{
    int64_t sum = -1;
    for (size_t i = 0; i < intake->conf.spec->n_sources; i++) {
        struct source_lag *lags;
        size_t n = intake_lags(&intake->sources[i], &lags);
        for (size_t k = 0; k < n; k++)
            if (lags[k].end >= 0 && lags[k].next >= 0)
                sum = (sum < 0 ? 0 : sum) +
                      (lags[k].end > lags[k].next ? lags[k].end - lags[k].next : 0);
        mem_free(lags);
    }
    return sum;
}

struct intake_sum intake_sum(const struct intake *intake)
{
    struct intake_sum sum = { 0 };
    for (size_t i = 0; i < intake->conf.spec->n_sources; i++) {
        const struct source *source = intake->sources[i].source;
        sum.records += source->records;
        sum.again += source->again;
        if (source->silence_ms > sum.silence_ms)
            sum.silence_ms = source->silence_ms;
    }
    return sum;
}

/* --once: everything that was there when a partition was found is received; behind the last record
 * there may be markers of transactions only, which the source's own position passes. */
static bool intake_has_all(struct intake_source *source)
{
    struct positions *positions = &source->intake->positions;
    bool all = source->found && source->trouble.kind == ERR_NONE;
    struct source_lag *lags;
    size_t n = intake_lags(source, &lags);
    for (size_t i = 0; i < positions->n && all; i++) {
        const struct position *at = &positions->items[i];
        if (at->source != source->index || at->until < 0 || at->next >= at->until)
            continue;
        all = false;
        for (size_t k = 0; k < n; k++)
            if (lags[k].partition == at->partition && strcmp(lags[k].topic, at->topic) == 0)
                all = lags[k].next >= at->until && !at->blocks;
    }
    mem_free(lags);
    return all;
}

static void intake_once_cb(struct loop_timer *timer)
{
    struct intake *intake = CONTAINER_OF(timer, struct intake, timer);
    bool all = true;
    for (size_t i = 0; i < intake->conf.spec->n_sources; i++)
        all &= intake_has_all(&intake->sources[i]);
    if (all)
        intake->conf.drained(intake->conf.ctx);
    else
        intake_once_start(intake);
}

void intake_once_start(struct intake *intake)
{
    loop_timer_start(intake->conf.directory->loop, &intake->timer, ONCE_LOOK_MS, intake_once_cb);
}
