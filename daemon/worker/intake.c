/* Happy path: a source seals a block, the log publishes its group commit, the engine computes it,
 * the source has its memory back; a cut notes how far the batch goes; the batch's commit deletes the
 * group commits. Failure modes: a source that stops for good and a log that does not read back are
 * told through failed(); all else waits and goes on by itself. Close: finish sources, drain the log,
 * drain the engine. */
#include "worker/intake.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/block.h"
#include "durable/progress.h"
#include "durable/trim.h"
#include "engine/engine.h"
#include "io/world.h"
#include "spec/job.h"
#include "worker/intake_parts.h"
#include "worker/registry.h"

#define INTAKE_COMMIT_MS 1000 /* between two advisory commits of a source's offsets */

static struct pace intake_pace_start(const struct job_spec *spec)
{
    return (struct pace){ .conf = { .proportional = spec->pid_proportional,
                                    .integral = spec->pid_integral,
                                    .derived = spec->pid_derived,
                                    .min_rate = (double)spec->min_rate,
                                    .batch_ms = (double)spec->batch_interval_ms },
                          .limit = (double)spec->initial_rate };
}

/* Whether its offset was committed to the group, nobody knows: it is, again. */
static void intake_know(struct intake *intake, uint32_t source, const struct progress_partition *at)
{
    struct position *position =
        positions_add(&intake->positions, source, at->topic, at->partition, at->offset);
    position->crc = at->crc;
    position->is_dirty = true;
}

struct intake *intake_new(const struct intake_conf *conf)
{
    struct intake *intake = mem_zalloc(sizeof *intake);
    *intake = (struct intake){ .conf = *conf };
    list_init(&intake->cuts);
    size_t n = conf->spec->n_sources;
    intake->sources = mem_zalloc(n * sizeof *intake->sources);
    for (uint32_t i = 0; i < n; i++) {
        struct intake_source *source = &intake->sources[i];
        *source = (struct intake_source){ .intake = intake,
                                          .index = i,
                                          .name = conf->spec->sources[i].name,
                                          .pace = intake_pace_start(conf->spec) };
        list_init(&source->groups);
        const struct progress_source *known = progress_source(conf->progress, source->name);
        if (known) {
            source->seq = source->cut_seq = source->trimmed_seq = known->seq;
            source->chain = known->chain;
        }
    }
    for (size_t i = 0; i < conf->progress->n_partitions; i++) {
        const struct progress_partition *at = &conf->progress->partitions[i];
        for (uint32_t s = 0; s < n; s++)
            if (strcmp(conf->progress->sources[at->source].name, intake->sources[s].name) == 0)
                intake_know(intake, s, at);
    }
    return intake;
}

/* ---- to the engine and back */

static uint64_t intake_now_us(const struct intake *intake)
{
    return world_mono_us(loop_world(intake->conf.directory->loop));
}

static void intake_computed(void *ctx, struct block *block)
{
    struct intake_source *source = ctx;
    struct intake *intake = source->intake;
    if (source->source)
        source->source->ops->release(source->source, block);
    else
        block_free(block);
    if (--intake->computing)
        return;
    intake->busy_us += intake_now_us(intake) - intake->since_us;
    intake_feed(intake); /* what waited for memory */
    intake_replay_step(intake);
    if (!intake->computing)
        intake->conf.idle(intake->conf.ctx);
    intake_check_end(intake);
}

static void intake_count(struct intake_source *source, const struct block *block)
{
    struct positions *positions = &source->intake->positions;
    struct position *position =
        positions_find(positions, source->index, block->topic, block->partition);
    if (!position)
        position = positions_add(positions, source->index, block->topic, block->partition,
                                 block->first_offset);
    if (position->from < 0)
        position->from = position->next;
    if (position->blocks)
        position->blocks--;
    position->count += block->count;
    position->next = block->last_offset + 1;
    position->crc = block_last_crc(block);
    position->is_dirty = true;
}

static void intake_feed_group(struct intake_source *source, struct group *group)
{
    struct intake *intake = source->intake;
    source->seq = group->seq;
    source->chain = group->chain;
    for (struct list *link; (link = list_first(&group->blocks));) {
        struct block *block = LIST_ITEM(link, struct block, link);
        list_remove(link);
        intake_count(source, block);
        if (!intake->computing++)
            intake->since_us = intake_now_us(intake);
        engine_feed(intake->conf.engine, block, intake_computed, source);
    }
    list_remove(&group->link);
    mem_free(group);
}

void intake_feed(struct intake *intake)
{
    for (size_t i = 0; i < intake->conf.spec->n_sources; i++) {
        struct intake_source *source = &intake->sources[i];
        for (struct list *link; (link = list_first(&source->groups)) != NULL && !intake->paused &&
                                !intake_full(intake);)
            intake_feed_group(source, LIST_ITEM(link, struct group, link));
    }
}

void intake_queue(struct intake_source *source, uint64_t seq, uint64_t chain, struct list *blocks)
{
    struct group *group = mem_alloc(sizeof *group);
    *group = (struct group){ .seq = seq, .chain = chain };
    list_init(&group->blocks);
    for (struct list *link; (link = list_first(blocks));) {
        list_remove(link);
        list_add_tail(&group->blocks, link);
    }
    list_add_tail(&source->groups, &group->link);
}

static void intake_published(void *ctx, struct wal *wal, struct list *blocks)
{
    struct intake_source *source = ctx;
    intake_queue(source, wal_seq(wal), wal_chain(wal), blocks);
    intake_feed(source->intake);
}

void intake_open(struct intake *intake)
{
    intake->n_known = intake->positions.n;
    for (uint32_t i = 0; i < intake->conf.spec->n_sources; i++) {
        struct intake_source *source = &intake->sources[i];
        struct wal_conf wal = { .directory = intake->conf.directory,
                                .source = source->name,
                                .seq = source->given_up ? source->given_up : source->seq,
                                .chain = source->chain,
                                .published = intake_published,
                                .ctx = source };
        source->wal = wal_new(&wal);
        struct registry_conf registry = { .loop = intake->conf.directory->loop,
                                          .spec = intake->conf.spec,
                                          .index = i,
                                          .events = &intake_events,
                                          .ctx = source };
        source->source = registry_open(&registry);
        if (intake->held)
            source->source->ops->hold(source->source, true);
    }
    if (intake->conf.once)
        intake_once_start(intake);
}

void intake_hold(struct intake *intake, bool hold)
{
    if (intake->held == hold)
        return;
    intake->held = hold;
    for (size_t i = 0; i < intake->conf.spec->n_sources; i++)
        if (intake->sources[i].source)
            intake->sources[i].source->ops->hold(intake->sources[i].source, hold);
}

void intake_pause(struct intake *intake, bool pause)
{
    intake->paused = pause;
    intake_feed(intake);
    intake_replay_step(intake);
}

bool intake_idle(const struct intake *intake)
{
    return intake->computing == 0;
}

bool intake_waiting(const struct intake *intake)
{
    for (size_t i = 0; i < intake->conf.spec->n_sources; i++)
        if (!list_empty(&intake->sources[i].groups))
            return true;
    return false;
}

/* ---- a batch */

bool intake_has_open(const struct intake *intake)
{
    for (size_t i = 0; i < intake->conf.spec->n_sources; i++)
        if (intake->sources[i].seq != intake->sources[i].cut_seq)
            return true;
    return false;
}

bool intake_full(const struct intake *intake)
{
    return intake_has_open(intake) && engine_full(intake->conf.engine);
}

static void intake_cut_ranges(struct intake *intake, struct record *record)
{
    for (size_t i = 0; i < intake->positions.n; i++) {
        struct position *at = &intake->positions.items[i];
        if (at->from < 0)
            continue;
        record_put(record, &(struct entry){
                               .kind = ENTRY_RANGE,
                               .range = { .source = slice_of_text(intake->sources[at->source].name),
                                          .topic = slice_of_text(at->topic),
                                          .partition = at->partition,
                                          .from = at->from,
                                          .to = at->next,
                                          .count = at->count,
                                          .crc = at->crc } });
        intake->sources[at->source].cut_records += at->count;
        at->from = -1;
        at->count = 0;
    }
}

/* A gap is noted once all that was received before it is in a batch. */
static void intake_cut_gaps(struct intake *intake, struct record *record)
{
    for (size_t i = 0; i < intake->positions.n; i++) {
        struct position *at = &intake->positions.items[i];
        if (at->gap_to < 0 || at->blocks)
            continue;
        struct entry gap = { .kind = ENTRY_GAP,
                             .gap = { .source = slice_of_text(intake->sources[at->source].name),
                                      .topic = slice_of_text(at->topic),
                                      .partition = at->partition,
                                      .from = at->next,
                                      .to = at->gap_to } };
        record_put(record, &gap);
        intake->conf.gap(intake->conf.ctx, &gap);
        at->note = ++intake->notes;
        at->next = at->gap_to;
        at->crc = 0;
        at->is_dirty = true; /* perhaps nothing comes behind it */
        at->gap_to = -1;
    }
}

void intake_cut(struct intake *intake, struct record *record)
{
    size_t n = intake->conf.spec->n_sources;
    struct cut *cut = mem_alloc(sizeof *cut + n * sizeof cut->seq[0]);
    check(intake->paused && !intake->computing);
    for (size_t i = 0; i < n; i++) {
        struct intake_source *source = &intake->sources[i];
        cut->seq[i] = source->seq;
        source->cut_records = 0;
        if (source->cut_seq == source->seq)
            continue;
        source->cut_seq = source->seq;
        record_put(record, &(struct entry){ .kind = ENTRY_TAKEN,
                                            .taken = { .source = slice_of_text(source->name),
                                                       .seq = source->seq,
                                                       .chain = source->chain } });
    }
    intake_cut_ranges(intake, record);
    intake_cut_gaps(intake, record);
    list_add_tail(&intake->cuts, &cut->link);
}

void intake_pace(struct intake *intake, double closing_ms, double late_ms)
{
    struct pace_batch batch = { .time_ms = (double)intake_now_us(intake) / 1000,
                                .processing_ms = (double)intake->busy_us / 1000 + closing_ms,
                                .scheduling_ms = late_ms };
    intake->busy_us = 0;
    for (size_t i = 0; i < intake->conf.spec->n_sources && intake->conf.spec->backpressure; i++) {
        struct intake_source *source = &intake->sources[i];
        batch.records = (double)source->cut_records;
        uint64_t rate = pace_step(&source->pace, &batch);
        if (rate && source->source)
            source->source->ops->limit(source->source, rate);
    }
}

static void intake_commit_source(struct intake *intake, struct intake_source *source)
{
    struct source_position *commits =
        mem_alloc((intake->positions.n + 1) * sizeof(struct source_position));
    size_t n = 0;
    for (size_t i = 0; i < intake->positions.n; i++) {
        struct position *at = &intake->positions.items[i];
        if (at->source != source->index || !at->is_dirty || !at->is_taken || at->note)
            continue; /* while its note is not published, the group does not learn of it either */
        commits[n++] = (struct source_position){ at->topic, at->partition, at->next, 0 };
        at->is_dirty = false;
    }
    if (n)
        source->source->ops->commit(source->source, commits, n);
    mem_free(commits);
}

void intake_committed(struct intake *intake)
{
    struct list *link = list_first(&intake->cuts);
    check(link);
    struct cut *cut = LIST_ITEM(link, struct cut, link);
    list_remove(link);
    uint64_t now = loop_now_ms(intake->conf.directory->loop);
    bool is_time = now - intake->commit_ms >= INTAKE_COMMIT_MS || intake->finishing;
    for (size_t i = 0; i < intake->conf.spec->n_sources; i++) {
        struct intake_source *source = &intake->sources[i];
        if (cut->seq[i] > source->trimmed_seq)
            trim_wal(intake->conf.trim, source->name, source->trimmed_seq + 1, cut->seq[i]);
        source->trimmed_seq = cut->seq[i];
        if (is_time)
            intake_commit_source(intake, source);
    }
    if (is_time)
        intake->commit_ms = now;
    mem_free(cut);
}
