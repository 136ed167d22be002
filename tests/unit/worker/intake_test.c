/* What the intake decides of what sources tell it: sources are played by `stage`. */
#include "worker/intake.h"

#include <check.h>
#include <string.h>

#include "../durable/memory.h"
#include "base/mem.h"
#include "column/block.h"
#include "durable/progress.h"
#include "durable/recover.h"
#include "durable/trim.h"
#include "spec/job.h"
#include "worker/intake_parts.h"

#define SOURCES 2

static struct fake {
    struct source source;
    struct source_lag lags[4];
    size_t n_lags;
    unsigned looks, finishes;       /* calls of lag() and finish() */
    struct buf assigned, committed; /* "t/0@5 " each */
} fakes[SOURCES];

static struct stage {
    struct test test;
    struct directory *directory;
    struct job_source sources[SOURCES];
    struct job_spec spec;
    struct progress progress;
    struct progress_source known[SOURCES];
    struct progress_partition partitions[4];
    struct intake *intake;
    struct buf notes; /* what was noted: "kafka0 t/0@5 " each */
    unsigned noted;
    bool drained, finished, failed, published, looked;
    struct err err;
} stage;

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

static void published_cb(void *ctx, struct wal *wal, struct list *blocks)
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

/* The intake of a log that knows these partitions. */
static void begin(const struct progress_partition *partitions, size_t n)
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
                                .drained = drained_cb,
                                .finished = finished_cb,
                                .failed = failed_cb };
    stage.intake = intake_new(&conf);
    stage.intake->n_known = stage.intake->positions.n;
    for (size_t i = 0; i < SOURCES; i++) {
        fakes[i].source.ops = &fake_ops;
        stage.intake->sources[i].source = &fakes[i].source;
        stage.intake->sources[i].wal = wal_of(stage.sources[i].name);
    }
}

static void make(void)
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

static void drop(void)
{
    test_end(&stage.test);
}

static void find(uint32_t source, const struct source_found *found, size_t n)
{
    intake_events.found(&stage.intake->sources[source], &fakes[source].source, found, n);
}

/* ---- where reading begins */

START_TEST(a_partition_begins_where_the_job_or_the_group_or_the_log_says)
{
    static const struct progress_partition other = { .topic = "t", .partition = 9, .offset = 4 },
                                           same = { .topic = "t", .partition = 0, .offset = 4 },
                                           anothers = { .source = 1, .topic = "t", .offset = 4 };
    static const struct {
        const struct progress_partition *known; /* by the log; NULL = nothing */
        bool is_later, latest;
        int64_t committed;
        const char *noted;    /* at once, or after the whole first look: */
        const char *after;    /* what is noted then */
        const char *assigned; /* at once */
    } rows[] = {
        { NULL, false, false, 7, "", "kafka0 t/0@7 ", "" },
        { NULL, false, false, -1, "", "kafka0 t/0@2 ", "" },
        { NULL, false, true, -1, "", "kafka0 t/0@8 ", "" },
        { NULL, true, true, 7, "kafka0 t/0@2 ", "kafka0 t/0@2 ", "" },
        { &other, false, true, 7, "kafka0 t/0@2 ", "kafka0 t/0@2 ", "" },
        { &same, false, true, 7, "", "", "t/0@4 " },
        { &anothers, false, true, 7, "", "kafka0 t/0@7 ", "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        begin(rows[i].known, rows[i].known ? 1 : 0);
        stage.sources[0].starting_offsets = rows[i].latest ? OFFSET_LATEST : OFFSET_EARLIEST;
        find(0, &(struct source_found){ "t", 0, rows[i].is_later, rows[i].committed, 2, 8 }, 1);
        ck_assert_str_eq(buf_text(&stage.notes), rows[i].noted);
        ck_assert_uint_eq(stage.noted, *rows[i].noted ? 1 : 0);
        ck_assert_str_eq(buf_text(&fakes[0].assigned), rows[i].assigned);
        find(0, NULL, 0);
        ck_assert_str_eq(buf_text(&stage.notes), rows[i].after);
        ck_assert_uint_eq(stage.noted, *rows[i].after ? 1 : 0);
    }
}
END_TEST

START_TEST(what_was_noted_is_read_once_it_is_published)
{
    const struct source_found found[] = { { "t", 0, false, -1, 2, 8 },
                                          { "t", 1, false, -1, 3, 8 } };
    begin(NULL, 0);
    find(0, found, 2);
    find(1, found, 1);
    find(0, NULL, 0); /* only what the one has found */
    ck_assert_str_eq(buf_text(&stage.notes), "kafka0 t/0@2 kafka0 t/1@3 ");
    intake_noted(stage.intake, 1);
    ck_assert_str_eq(buf_text(&fakes[0].assigned), "t/0@2 ");
    intake_finish(stage.intake);
    intake_noted(stage.intake, intake_notes(stage.intake)); /* nobody reads it any more */
    ck_assert_str_eq(buf_text(&fakes[0].assigned), "t/0@2 ");
    ck_assert_str_eq(buf_text(&fakes[1].assigned), "");
}
END_TEST

/* ---- lag, and the end */

START_TEST(the_lag_is_the_sum_of_what_is_known)
{
    static const struct {
        struct source_lag lags[2];
        int64_t sum;
    } rows[] = { { { { "t", 0, -1, -1 }, { "t", 1, -1, 5 } }, -1 },
                 { { { "t", 0, 2, 5 }, { "t", 1, 3, -1 } }, 3 },
                 { { { "t", 0, 2, 5 }, { "t", 1, 9, 5 } }, 3 },
                 { { { "t", 0, 2, 5 }, { "t", 1, 1, 5 } }, 7 } };
    begin((struct progress_partition[]){ { .topic = "t" }, { .topic = "t", .partition = 1 } }, 2);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        memcpy(fakes[0].lags, rows[i].lags, sizeof rows[i].lags);
        fakes[0].n_lags = 2;
        ck_assert_int_eq(intake_lag(stage.intake), rows[i].sum);
    }
}
END_TEST

START_TEST(once_ends_when_all_that_was_there_is_received)
{
    static const struct {
        int64_t next;           /* as the log has it; the partition ends at 8 */
        struct source_lag lag;  /* as the source says; topic NULL = nothing */
        uint64_t blocks;        /* on their way */
        bool found, away, done; /* the first look is over; the source is in trouble */
    } rows[] = {
        { 8, { NULL, 0, 0, 0 }, 0, true, false, true },
        { 8, { NULL, 0, 0, 0 }, 0, false, false, false },
        { 8, { NULL, 0, 0, 0 }, 0, true, true, false },
        { 7, { NULL, 0, 0, 0 }, 0, true, false, false },
        { 7, { "t", 0, 8, 8 }, 0, true, false, true }, /* what follows is no record */
        { 7, { "t", 0, 8, 8 }, 1, true, false, false },
        { 7, { "t", 0, 7, 8 }, 0, true, false, false },
        { 7, { "u", 0, 8, 8 }, 0, true, false, false },
        { 7, { "t", 1, 8, 8 }, 0, true, false, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct progress_partition known[] = {
            { .topic = "t", .offset = rows[i].next },
            { .topic = "u", .partition = 5, .offset = 3 }, /* not found: it is not waited for */
            { .source = 1, .topic = "t", .offset = 1 },
        };
        begin(known, 3);
        stage.intake->sources[0].found = rows[i].found;
        stage.intake->sources[0].troubled = rows[i].away;
        stage.intake->sources[1].found = true;
        struct position *at = positions_find(&stage.intake->positions, 0, "t", 0);
        at->until = 8;
        at->blocks = rows[i].blocks;
        fakes[0].lags[0] = rows[i].lag;
        fakes[0].n_lags = rows[i].lag.topic ? 1 : 0;
        intake_once_start(stage.intake);
        test_until(&stage.test, rows[i].done ? &stage.drained : &stage.looked);
        ck_assert_msg(stage.drained == rows[i].done, "row %zu", i);
        loop_timer_stop(stage.test.loop, &stage.intake->timer);
    }
}
END_TEST

START_TEST(it_is_finished_when_every_source_is)
{
    begin(NULL, 0);
    intake_check_end(stage.intake);
    ck_assert(!stage.finished);
    intake_finish(stage.intake);
    intake_finish(stage.intake); /* again: the first one counts */
    ck_assert_uint_eq(fakes[0].finishes + fakes[1].finishes, 2);
    intake_events.closed(&stage.intake->sources[0], &fakes[0].source);
    ck_assert(!stage.finished);
    intake_events.closed(&stage.intake->sources[1], &fakes[1].source);
    ck_assert(stage.finished);
    intake_check_end(stage.intake); /* told once */
}
END_TEST

static struct block *block_of(int64_t offset)
{
    struct block *block = block_new(1000, 10);
    block->topic = "t";
    ck_assert(block_append(
        block, &(struct block_record){ .value = "v", .value_len = 1, .offset = offset }));
    return block;
}

START_TEST(it_is_not_finished_while_anything_waits)
{
    struct list blocks;
    begin(&(struct progress_partition){ .topic = "t" }, 1);
    intake_finish(stage.intake);
    intake_events.block(&stage.intake->sources[0], &fakes[0].source, block_of(0));
    intake_events.closed(&stage.intake->sources[0], &fakes[0].source);
    intake_events.closed(&stage.intake->sources[1], &fakes[1].source);
    ck_assert(!stage.finished); /* the log has it, and is not done */
    test_until(&stage.test, &stage.published);
    intake_pause(stage.intake, true);
    list_init(&blocks);
    list_add_tail(&blocks, &block_of(1)->link);
    intake_queue(&stage.intake->sources[0], 2, 0, &blocks);
    ck_assert(intake_waiting(stage.intake));
    intake_check_end(stage.intake);
    ck_assert(!stage.finished); /* nor this, which is not computed */
}
END_TEST

START_TEST(each_source_hears_of_its_own_offsets)
{
    struct progress_partition known[] = { { .topic = "t", .offset = 5 },
                                          { .source = 1, .topic = "t", .offset = 6 },
                                          { .source = 1, .topic = "u", .offset = 7 } };
    struct record record = { 0 };
    begin(known, 3);
    find(0, &(struct source_found){ .topic = "t", .committed = -1 }, 1);
    find(1, &(struct source_found){ .topic = "u", .committed = -1 }, 1); /* and not its t */
    intake_finish(stage.intake);                                         /* so that it is time */
    intake_pause(stage.intake, true);
    for (int i = 0; i < 2; i++) {
        intake_cut(stage.intake, &record);
        intake_committed(stage.intake);
        ck_assert_str_eq(buf_text(&fakes[0].committed), "t/0@5 ");
        ck_assert_str_eq(buf_text(&fakes[1].committed), "u/0@7 "); /* once */
    }
    record_free(&record);
}
END_TEST

START_TEST(a_gap_is_told_to_the_group_once_it_is_in_the_log)
{
    struct progress_partition known = { .topic = "t", .offset = 5 };
    struct record record = { 0 };
    begin(&known, 1);
    find(0, &(struct source_found){ .topic = "t", .committed = 5 }, 1);
    intake_finish(stage.intake); /* so that it is time */
    intake_pause(stage.intake, true);
    intake_cut(stage.intake, &record); /* a batch whose record is under way … */
    intake_events.gap(&stage.intake->sources[0], &fakes[0].source,
                      (struct source_position){ .topic = "t", .offset = 5 }, 9);
    intake_cut(stage.intake, &record); /* … when the next one takes the gap */
    intake_committed(stage.intake);
    ck_assert_ptr_null(strstr(buf_text(&fakes[0].committed), "@9"));
    intake_noted(stage.intake, intake_notes(stage.intake));
    intake_committed(stage.intake);
    ck_assert_ptr_nonnull(strstr(buf_text(&fakes[0].committed), "t/0@9 "));
    record_free(&record);
}
END_TEST

/* ---- the log's tail */

START_TEST(a_tail_of_a_source_that_is_gone_stops_the_job)
{
    struct recovered_source tail = { .name = "gone", .first = 1, .last = 2 };
    struct recovered recovered = { .sources = &tail, .n_sources = 1 };
    begin(NULL, 0);
    intake_replay(stage.intake, &recovered);
    ck_assert(stage.failed);
    ck_assert_int_eq(stage.err.kind, ERR_BAD_CONFIG);
    ck_assert_uint_eq(stage.err.code, 240);
    ck_assert_ptr_nonnull(strstr(stage.err.text, "records of source 'gone'"));
}
END_TEST

START_TEST(a_tail_that_a_batch_has_taken_stops_the_job)
{
    struct recovered_source tail = { .name = "kafka0", .first = 1, .last = 1 };
    struct recovered recovered = { .sources = &tail, .n_sources = 1 };
    begin(&(struct progress_partition){ .topic = "t", .offset = 4 }, 1);
    intake_events.block(&stage.intake->sources[0], &fakes[0].source, block_of(3));
    test_until(&stage.test, &stage.published);
    begin(&(struct progress_partition){ .topic = "t", .offset = 4 }, 1);
    stage.intake->sources[0].source = NULL; /* not open yet */
    intake_replay(stage.intake, &recovered);
    test_until(&stage.test, &stage.failed);
    ck_assert_int_eq(stage.err.kind, ERR_FATAL);
    ck_assert_uint_eq(stage.err.code, 350);
    ck_assert_ptr_nonnull(strstr(stage.err.text, "t [0]: offset 3 is in the log already, up to 3"));
}
END_TEST

Suite *intake_suite(void)
{
    const TTest *const tests[] = {
        a_partition_begins_where_the_job_or_the_group_or_the_log_says,
        what_was_noted_is_read_once_it_is_published,
        the_lag_is_the_sum_of_what_is_known,
        once_ends_when_all_that_was_there_is_received,
        it_is_finished_when_every_source_is,
        it_is_not_finished_while_anything_waits,
        each_source_hears_of_its_own_offsets,
        a_gap_is_told_to_the_group_once_it_is_in_the_log,
        a_tail_of_a_source_that_is_gone_stops_the_job,
        a_tail_that_a_batch_has_taken_stops_the_job,
    };
    Suite *suite = suite_create("intake");
    TCase *tcase = tcase_create("intake");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, make, drop);
    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tcase, tests[i]);
    return suite;
}
