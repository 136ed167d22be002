/* What the intake decides of what sources tell it: sources are played by `stage`. */
#include "worker/intake.h"

#include <check.h>
#include <string.h>

#include "column/block.h"
#include "intake_stage.h"

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
        { NULL, true, true, -1, "kafka0 t/0@2 ", "kafka0 t/0@2 ", "" },
        { NULL, true, true, 7, "kafka0 t/0@7 ", "kafka0 t/0@7 ", "" },
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
        stage.intake->sources[0].trouble.kind = rows[i].away ? ERR_RETRY : ERR_NONE;
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

/* What is told when a source says that it is away, or back. */
static const char *told(uint32_t source, enum err_kind kind)
{
    struct err err = { .kind = kind, .text = "away" };
    intake_events.state(&stage.intake->sources[source], &fakes[source].source, &err);
    return stage.err.kind == ERR_NONE ? "" : stage.err.text;
}

START_TEST(a_source_that_is_back_does_not_hide_one_that_is_away)
{
    begin(NULL, 0);
    ck_assert_str_eq(told(1, ERR_RETRY), "kafka1: away");
    ck_assert_str_eq(told(0, ERR_RETRY), "kafka0: away");
    ck_assert_str_eq(told(0, ERR_NONE), "kafka1: away");
    ck_assert_str_eq(told(1, ERR_NONE), "");
    stage.spec.n_sources = 1; /* it needs no name */
    ck_assert_str_eq(told(0, ERR_RETRY), "away");
    stage.spec.n_sources = SOURCES;
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

Suite *intake_suite(void)
{
    const TTest *const tests[] = {
        a_partition_begins_where_the_job_or_the_group_or_the_log_says,
        what_was_noted_is_read_once_it_is_published,
        the_lag_is_the_sum_of_what_is_known,
        once_ends_when_all_that_was_there_is_received,
        a_source_that_is_back_does_not_hide_one_that_is_away,
        it_is_finished_when_every_source_is,
        it_is_not_finished_while_anything_waits,
        each_source_hears_of_its_own_offsets,
        a_gap_is_told_to_the_group_once_it_is_in_the_log,
    };
    Suite *suite = suite_create("intake");
    TCase *tcase = tcase_create("intake");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_make, stage_drop);
    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tcase, tests[i]);
    return suite;
}
