#include "intake_stage.h"

#include <check.h>
#include <string.h>

#include "column/block.h"
#include "durable/trim.h"

struct fake fakes[SOURCES];
struct stage stage;

/* ---- a source that does nothing */

static struct fake *fake_of(struct source *source)
{
    return CONTAINER_OF(source, struct fake, source);
}

static void put_positions(struct buf *out, const struct source_position *positions, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s/%d@%lld ", positions[i].topic, positions[i].partition,
                   (long long)positions[i].offset);
}

static void fake_assign(struct source *source, const struct source_position *positions, size_t n)
{
    put_positions(&fake_of(source)->assigned, positions, n);
}

static void fake_commit(struct source *source, const struct source_position *positions, size_t n)
{
    put_positions(&fake_of(source)->committed, positions, n);
}

static size_t fake_lag(struct source *source, struct source_lag *out, size_t max)
{
    struct fake *fake = fake_of(source);
    size_t n = fake->n_lags < max ? fake->n_lags : max;
    memcpy(out, fake->lags, n * sizeof *out);
    stage.looked = ++fake->looks >= 2;
    return n;
}

static void fake_finish(struct source *source)
{
    fake_of(source)->finishes++;
}

static const struct source_ops fake_ops = { .assign = fake_assign,
                                            .commit = fake_commit,
                                            .lag = fake_lag,
                                            .finish = fake_finish };

/* ---- its worker */

static void note_cb(void *ctx, const struct entry *entry)
{
    (void)ctx;
    ck_assert_int_eq(entry->kind, ENTRY_POSITION);
    buf_printf(&stage.notes, "%.*s %.*s/%d@%lld ", (int)entry->position.source.len,
               (const char *)entry->position.source.ptr, (int)entry->position.topic.len,
               (const char *)entry->position.topic.ptr, entry->position.partition,
               (long long)entry->position.offset);
}

static void noted_cb(void *ctx)
{
    (void)ctx;
    stage.noted++;
}

static void gap_cb(void *ctx, const struct entry *gap)
{
    (void)ctx, (void)gap;
}

static void drained_cb(void *ctx)
{
    (void)ctx;
    stage.drained = true;
}

static void finished_cb(void *ctx)
{
    (void)ctx;
    ck_assert(!stage.finished);
    stage.finished = true;
}

static void failed_cb(void *ctx, const struct err *err)
{
    (void)ctx;
    stage.failed = true;
    stage.err = *err;
}

static void trouble_cb(void *ctx, const struct err *err)
{
    (void)ctx;
    stage.err = *err;
}

static void damaged_cb(void *ctx, const struct err *err)
{
    (void)ctx;
    stage.err = *err;
}

static void replayed_cb(void *ctx, uint64_t blocks)
{
    (void)ctx, (void)blocks;
    stage.replayed = true;
}

void published_cb(void *ctx, struct wal *wal, struct list *blocks)
{
    (void)ctx, (void)wal;
    for (struct list *link; (link = list_first(blocks));) {
        list_remove(link);
        block_free(LIST_ITEM(link, struct block, link));
    }
    stage.published = true;
}

static struct wal *wal_of(const char *source)
{
    return wal_new(&(struct wal_conf){
        .directory = stage.directory, .source = source, .published = published_cb });
}

void begin(const struct progress_partition *partitions, size_t n)
{
    for (size_t i = 0; i < SOURCES; i++) {
        buf_free(&fakes[i].assigned);
        buf_free(&fakes[i].committed);
    }
    buf_clear(&stage.notes);
    memset(fakes, 0, sizeof fakes);
    stage.noted = 0;
    stage.drained = stage.finished = stage.failed = stage.looked = false;
    stage.progress.n_partitions = n;
    for (size_t i = 0; i < n; i++)
        stage.partitions[i] = partitions[i];
    struct intake_conf conf = { .directory = stage.directory,
                                .trim = trim_new(stage.directory),
                                .spec = &stage.spec,
                                .progress = &stage.progress,
                                .note = note_cb,
                                .noted = noted_cb,
                                .gap = gap_cb,
                                .trouble = trouble_cb,
                                .drained = drained_cb,
                                .finished = finished_cb,
                                .damaged = damaged_cb,
                                .replayed = replayed_cb,
                                .failed = failed_cb };
    stage.intake = intake_new(&conf);
    stage.intake->n_known = stage.intake->positions.n;
    for (size_t i = 0; i < SOURCES; i++) {
        fakes[i].source.ops = &fake_ops;
        stage.intake->sources[i].source = &fakes[i].source;
        stage.intake->sources[i].wal = wal_of(stage.sources[i].name);
    }
}

void stage_make(void)
{
    memset(&stage, 0, sizeof stage);
    memset(fakes, 0, sizeof fakes); /* what they held went with the test before */
    test_begin(&stage.test);
    stage.directory = test_directory(&stage.test);
    for (size_t i = 0; i < SOURCES; i++) {
        stage.sources[i] = (struct job_source){ .name = i ? "kafka1" : "kafka0" };
        strcpy(stage.known[i].name, stage.sources[i].name);
    }
    stage.spec = (struct job_spec){ .sources = stage.sources, .n_sources = SOURCES };
    stage.progress = (struct progress){ .started = true,
                                        .sources = stage.known,
                                        .n_sources = SOURCES,
                                        .partitions = stage.partitions };
}

void stage_drop(void)
{
    test_end(&stage.test);
}

void find(uint32_t source, const struct source_found *found, size_t n)
{
    intake_events.found(&stage.intake->sources[source], &fakes[source].source, found, n);
}

struct block *block_of(int64_t offset)
{
    struct block *block = block_new(1000, 10);
    block->topic = "t";
    ck_assert(block_append(
        block, &(struct block_record){ .value = "v", .value_len = 1, .offset = offset }));
    return block;
}
