/* The log's tail: what no batch has taken is read back, or from the source again. */
#include "worker/intake.h"

#include <check.h>
#include <string.h>

#include "column/block.h"
#include "durable/recover.h"
#include "intake_stage.h"

START_TEST(a_tail_of_a_source_that_is_gone_stops_the_job)
{
    struct recovered_source tail = { .name = "gone", .first = 1, .last = 2 };
    struct recovered recovered = { .sources = &tail, .n_sources = 1 };
    begin(NULL, 0);
    struct err err;
    ck_assert(!intake_may_replay(&stage.spec, &recovered, &err));
    ck_assert_int_eq(err.kind, ERR_BAD_CONFIG);
    ck_assert_uint_eq(err.code, 240);
    ck_assert_ptr_nonnull(strstr(err.text, "records of source 'gone'"));
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

/* Two group commits that no batch has taken, the first one damaged, replayed; the log knows t/0 and t/1. */
static void replay_damaged(void)
{
    static const struct progress_partition known[] = { { .topic = "t", .offset = 4 },
                                                       { .topic = "t", .partition = 1 } };
    static const char path[] = "e1.00112233445566ff/wal/kafka0-1";
    static struct recovered_source tail = { .name = "kafka0", .first = 1, .last = 2 };
    static const struct recovered recovered = { .sources = &tail, .n_sources = 1 };
    begin(known, 2);
    for (int64_t offset = 4; offset <= 5; offset++) {
        stage.published = false;
        intake_events.block(&stage.intake->sources[0], &fakes[0].source, block_of(offset));
        test_until(&stage.test, &stage.published);
    }
    memory_file(stage.test.store, path)->ptr[200] ^= 1;
    begin(known, 2);
    stage.intake->sources[0].source = NULL; /* not open yet */
    stage.replayed = false;
    intake_replay(stage.intake, &recovered);
    test_until(&stage.test, &stage.replayed);
    stage.intake->sources[0].source = &fakes[0].source;
    stage.intake->sources[0].wal = wal_new(&(struct wal_conf){
        .directory = stage.directory, .source = "kafka0", .seq = 2, .published = published_cb });
    ck_assert_ptr_nonnull(strstr(stage.err.text, path));
    ck_assert(!stage.failed);
}

START_TEST(a_damaged_tail_is_read_from_the_source_again)
{
    struct record record = { 0 };
    struct record_reader reader;
    struct entry entry;
    replay_damaged();
    ck_assert(!intake_has_open(stage.intake));
    find(0, &(struct source_found){ "t", 0, false, -1, 0, 9 }, 1);
    ck_assert_str_eq(buf_text(&fakes[0].assigned), "");
    find(0, &(struct source_found){ "t", 1, false, -1, 0, 0 }, 1);
    find(0, NULL, 0);
    ck_assert_str_eq(buf_text(&fakes[0].assigned), "t/0@4 t/1@0 ");
    ck_assert(intake_has_open(stage.intake));
    intake_pause(stage.intake, true);
    intake_cut(stage.intake, &record); /* what is given up counts as taken */
    ck_assert(record_open(record_seal(&record, 0), &reader, NULL));
    ck_assert(record_next(&reader, &entry, NULL));
    ck_assert_int_eq(entry.kind, ENTRY_TAKEN);
    ck_assert_uint_eq(entry.taken.seq, 2);
    ck_assert(!record_next(&reader, &entry, NULL));
    record_free(&record);
}
END_TEST

START_TEST(what_log_and_source_have_lost_stops_the_job_whatever_its_policy)
{
    static const struct source_position gap = { .topic = "t", .offset = 4 };
    static const char lost[] = "t/0: offset 4 is gone, Kafka could be read from 9 on";
    struct err err;
    replay_damaged();
    intake_events.gap(&stage.intake->sources[0], &fakes[0].source, gap, 9);
    ck_assert(stage.failed);
    ck_assert_uint_eq(stage.err.code, 350);
    ck_assert_ptr_nonnull(strstr(stage.err.text, "wal/kafka0-1: "));
    ck_assert_ptr_nonnull(strstr(stage.err.text, lost));
    err_code(&err, ERR_FATAL, 330, "offset 4 is gone");
    intake_events.state(&stage.intake->sources[0], &fakes[0].source, &err);
    ck_assert_uint_eq(stage.err.code, 350);
    ck_assert_ptr_nonnull(strstr(stage.err.text, "; offset 4 is gone"));
    err_code(&err, ERR_FATAL, 305, "no login");
    intake_events.state(&stage.intake->sources[0], &fakes[0].source, &err);
    ck_assert_str_eq(stage.err.text, "no login");
}
END_TEST

START_TEST(what_was_given_up_stays_until_the_source_is_seen_to_have_it)
{
    replay_damaged();
    find(0, &(struct source_found){ "t", 0, false, -1, 5, 9 }, 1);
    ck_assert(stage.failed);
    ck_assert_uint_eq(stage.err.code, 350);
    ck_assert_ptr_nonnull(strstr(stage.err.text, "Kafka begins at offset 5, the log ends at 3"));
    find(0, NULL, 0);
    ck_assert_ptr_nonnull(strstr(stage.err.text, "t/1 is not to be seen in Kafka"));
    ck_assert(!intake_has_open(stage.intake));
    find(0, &(struct source_found){ "t", 1, true, -1, 0, 0 }, 1);
    find(0, NULL, 0);
    ck_assert(intake_has_open(stage.intake));
}
END_TEST

START_TEST(a_gap_behind_what_was_read_again_is_the_policys)
{
    struct err err;
    replay_damaged();
    for (int32_t i = 0; i < 2; i++) {
        struct block *block = block_of(4);
        block->partition = i;
        intake_events.block(&stage.intake->sources[0], &fakes[0].source, block);
    }
    intake_events.gap(&stage.intake->sources[0], &fakes[0].source,
                      (struct source_position){ .topic = "t", .offset = 5 }, 9);
    ck_assert(!stage.failed);
    err_code(&err, ERR_FATAL, 330, "offset 5 is gone");
    intake_events.state(&stage.intake->sources[0], &fakes[0].source, &err);
    ck_assert_uint_eq(stage.err.code, 330);
}
END_TEST

Suite *intake_replay_suite(void)
{
    const TTest *const tests[] = {
        a_tail_of_a_source_that_is_gone_stops_the_job,
        a_tail_that_a_batch_has_taken_stops_the_job,
        a_damaged_tail_is_read_from_the_source_again,
        what_log_and_source_have_lost_stops_the_job_whatever_its_policy,
        what_was_given_up_stays_until_the_source_is_seen_to_have_it,
        a_gap_behind_what_was_read_again_is_the_policys,
    };
    Suite *suite = suite_create("intake_replay");
    TCase *tcase = tcase_create("intake_replay");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_make, stage_drop);
    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tcase, tests[i]);
    return suite;
}
