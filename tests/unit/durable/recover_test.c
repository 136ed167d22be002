#include <check.h>
#include <string.h>

#include "durable/trim.h"
#include "past.h"

START_TEST(nothing_is_a_job_that_has_not_begun)
{
    struct past past = { .flag = false };
    test_begin(&past.test);
    past.directory = test_directory(&past.test);
    past_recover(&past);
    past_is_whole(&past);
    ck_assert(!past.found->progress.started);
    ck_assert_uint_eq(past.found->records + past.found->n_sources + past.found->n_outputs, 0);
    test_end(&past.test);
}
END_TEST

START_TEST(records_give_the_progress_back)
{
    struct past past;
    past_begin(&past);
    for (unsigned i = 0; i < 25; i++)
        past_batch(&past, i);
    past_recover(&past);
    past_is_whole(&past);
    ck_assert_uint_eq(past.found->records, 26);
    ck_assert_uint_eq(past.found->log_first, 1);
    ck_assert_uint_eq(past.found->n_outputs, 1); /* of batch 25: 24 are noted */
    ck_assert_uint_eq(past.found->outputs[0].number, 25);
    ck_assert_str_eq(past.found->outputs[0].label, "print");
    ck_assert_uint_eq(past.found->outputs[0].bytes.len, 3);
    test_end(&past.test);
}
END_TEST

START_TEST(what_no_batch_took_is_found_and_the_rest_deleted)
{
    struct past past;
    past_begin(&past);
    past_batch(&past, 0);
    past_batch(&past, 0);
    past_receive(&past);
    past_receive(&past);
    ck_assert_uint_eq(memory_count(past.test.store, TOP "wal/"), 4);
    past_recover(&past);
    past_is_whole(&past);
    ck_assert_uint_eq(past.found->n_sources, 1);
    ck_assert_str_eq(past.found->sources[0].name, "k");
    ck_assert_uint_eq(past.found->sources[0].first, 3);
    ck_assert_uint_eq(past.found->sources[0].last, 4);
    ck_assert_uint_eq(past.found->n_outputs, 2);
    for (int i = 0; i < 500 && memory_count(past.test.store, TOP "wal/") > 2; i++)
        test_turns(&past.test, 2);
    ck_assert(memory_has(past.test.store, TOP "wal/k-3"));
    ck_assert_uint_eq(memory_count(past.test.store, TOP "wal/"), 2);
    test_end(&past.test);
}
END_TEST

START_TEST(a_snapshot_stands_for_the_records_before_it)
{
    struct past past;
    past_begin(&past);
    past_batch(&past, 0);
    past_batch(&past, 1);
    past_save(&past);
    ck_assert_int_eq(past.err.kind, ERR_NONE);
    past_batch(&past, 2);
    memory_drop(past.test.store, TOP "log/1");
    memory_drop(past.test.store, TOP "log/2");
    past_recover(&past);
    past_is_whole(&past);
    ck_assert_uint_eq(past.found->snapshot, 3);
    ck_assert_uint_eq(past.found->n_snapshots, 1);
    ck_assert_uint_eq(past.found->records, 1);
    ck_assert_uint_eq(past.found->log_first, 3);
    test_end(&past.test);
}
END_TEST

START_TEST(outputs_owed_from_before_the_snapshot_are_found)
{
    struct past past;
    past_begin(&past);
    for (unsigned i = 0; i < 6; i++)
        past_batch(&past, i == 2 ? 2 : 0);
    past_save(&past);
    past_batch(&past, 0);
    past_recover(&past);
    past_is_whole(&past);
    ck_assert_uint_eq(past.found->n_outputs, 5); /* of batches 3 to 7 */
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(past.found->outputs[i].number, i + 3);
    test_end(&past.test);
}
END_TEST

START_TEST(outputs_are_not_looked_for_where_the_log_was_trimmed)
{
    struct past past;
    past_begin(&past);
    for (unsigned i = 0; i < 6; i++) /* an output that the job has no longer: nobody delivers it */
        past_batch(&past, 0);
    past_save(&past);
    memory_drop(past.test.store, TOP "log/4");
    past_recover(&past);
    past_is_whole(&past);
    ck_assert_uint_eq(past.found->n_outputs, 3);
    test_end(&past.test);
}
END_TEST

START_TEST(a_snapshot_without_its_record_is_a_log_that_is_gone)
{
    struct past past;
    past_begin(&past);
    past_batch(&past, 0);
    past_save(&past);
    memory_drop(past.test.store, TOP "log/1");
    memory_drop(past.test.store, TOP "log/2");
    past_recover(&past);
    past_is_refused(&past, TOP "log/2: the record is missing", 350);
    test_end(&past.test);
}
END_TEST

START_TEST(a_damaged_snapshot_gives_way_to_the_one_before)
{
    struct past past;
    past_begin(&past);
    past_batch(&past, 0);
    past_save(&past);
    past_batch(&past, 1);
    past_save(&past);
    memory_file(past.test.store, TOP "snap/3")->ptr[200] ^= 1;
    past_recover(&past);
    past_is_whole(&past);
    ck_assert_uint_eq(past.found->snapshot, 2);
    memory_file(past.test.store, TOP "snap/2")->ptr[200] ^= 1;
    past_recover(&past);
    past_is_whole(&past);
    ck_assert_uint_eq(past.found->snapshot, 0);
    memory_drop(past.test.store, TOP "log/1");
    past_recover(&past);
    past_is_refused(&past, TOP "snap/2: the checksum", 351);
    test_end(&past.test);
}
END_TEST

static const struct damage {
    const char *drop, *flip, *text;
} damages[] = {
    { TOP "log/2", NULL, "log/2 to 2 are missing, the log goes to 4" },
    { TOP "log/1", NULL, "log/1 to 1 are missing" },
    { NULL, TOP "log/3", TOP "log/3: the checksum" },
    { TOP "log", NULL, "the folder " TOP "log is missing" },
    { TOP "wal/k-5", NULL, "wal/k-5 to 5 are missing" },
    { TOP "wal/k-4", NULL, "wal/k-4 to 4 are missing" },
    { TOP "log/4", NULL, "wal/k-3 to 3 are missing" }, /* deleted when batch 3 had taken it */
};

START_TEST(what_is_missing_or_damaged_is_named)
{
    struct past past;
    const struct damage *damage = &damages[_i];
    past_begin(&past);
    for (unsigned i = 0; i < 3; i++)
        past_batch(&past, 0);
    for (unsigned i = 0; i < 3; i++)
        past_receive(&past);
    memory_drop(past.test.store, TOP "wal/k-3");
    if (damage->drop)
        memory_drop(past.test.store, damage->drop);
    if (damage->flip)
        memory_file(past.test.store, damage->flip)->ptr[210] ^= 4;
    past_recover(&past);
    past_is_refused(&past, damage->text, 350);
    test_end(&past.test);
}
END_TEST

struct rival { /* takes the directory before a record is read, and loses it to a failover */
    struct past *past;
    bool was, has;
};

static enum memory_fault rival_hook(void *ctx, const char *op, const struct store_req *req)
{
    struct rival *rival = ctx;
    static const char ours[] = "e1.00112233445566ff", theirs[] = "e2.0000000000000001";
    if (strcmp(op, "read") == 0 && !rival->was) {
        rival->was = rival->has = true;
        memory_move(rival->past->test.store, ours, theirs);
    } else if (strcmp(op, "touch") == 0 && strcmp(req->path, ours) == 0 && rival->has) {
        rival->has = false;
        memory_move(rival->past->test.store, theirs, ours);
    }
    return MEMORY_FINE;
}

START_TEST(a_directory_that_was_away_has_lost_nothing)
{
    struct past past;
    struct rival rival = { &past, false, false };
    past_begin(&past);
    past_batch(&past, 0);
    memory_on(past.test.store, rival_hook, &rival);
    past_recover(&past);
    past_is_whole(&past);
    ck_assert(rival.was && !rival.has);
    memory_on(past.test.store, NULL, NULL);
    test_end(&past.test);
}
END_TEST

START_TEST(records_swapped_with_another_life_are_found)
{
    struct past past, other;
    past_begin(&other);
    past_batch(&other, 0);
    past_batch(&other, 1);
    struct buf *file = memory_file(other.test.store, TOP "log/2");
    uint8_t bytes[1000];
    size_t n = file->len;
    ck_assert_uint_le(n, sizeof bytes);
    memcpy(bytes, file->ptr, n);
    test_end(&other.test);
    past_begin(&past);
    record_put(&past.record, &(struct entry){ .kind = ENTRY_POSITION,
                                              .position = { TEXT("k"), TEXT("t"), 1, 0 } });
    past_append(&past);
    past_batch(&past, 0);
    file = memory_file(past.test.store, TOP "log/2");
    buf_clear(file);
    buf_put(file, bytes, n); /* a proper record 2 behind the same first one */
    past_recover(&past);
    past_is_refused(&past, "another record stood before", 350);
    test_end(&past.test);
}
END_TEST

START_TEST(outputs_that_nobody_names_are_deleted)
{
    struct past past;
    past_begin(&past);
    past_receive(&past);
    past_put_batch(&past);
    record_put(&past.record, &(struct entry){ .kind = ENTRY_OUTFILE,
                                              .outfile = { TEXT("f"), TEXT("1-1-f-0"), 1, 2 } });
    past_append(&past);
    memory_put(past.test.store, TOP "out/1-1-f-0");
    memory_put(past.test.store, TOP "out/1-2-f-0");
    past_recover(&past);
    past_is_whole(&past);
    for (int i = 0; i < 500 && memory_has(past.test.store, TOP "out/1-2-f-0"); i++)
        test_turns(&past.test, 2);
    ck_assert(!memory_has(past.test.store, TOP "out/1-2-f-0"));
    ck_assert(memory_has(past.test.store, TOP "out/1-1-f-0"));
    test_end(&past.test);
}
END_TEST

START_TEST(a_snapshot_that_cannot_be_read_back_is_told)
{
    struct past past;
    past_begin(&past);
    past_batch(&past, 0);
    memory_put(past.test.store,
               TOP "snap/2"); /* so that the rename says no and the touch says yes */
    past_save(&past);
    past_is_refused(&past, "snapshot " TOP "snap/2, read back", 351);
    test_end(&past.test);
}
END_TEST

START_TEST(files_are_trimmed_a_few_at_a_time)
{
    struct past past;
    past_begin(&past);
    for (unsigned i = 0; i < 9; i++)
        past_batch(&past, i);
    struct trim *trim = trim_new(past.directory);
    trim_log(trim, 1, 9);
    trim_wal(trim, "k", 1, 8);
    trim_wal(trim, "k", 5, 4); /* none */
    ck_assert_uint_eq(trim_waiting(trim), 17);
    ck_assert_uint_eq(memory_asked(past.test.store, "remove"), 4);
    for (int i = 0; i < 500 && trim_waiting(trim); i++)
        test_turns(&past.test, 2);
    ck_assert(memory_has(past.test.store, TOP "log/10") &&
              memory_has(past.test.store, TOP "wal/k-9"));
    ck_assert_uint_eq(memory_count(past.test.store, TOP "log/"), 1);
    ck_assert_uint_eq(memory_count(past.test.store, TOP "wal/"), 1);
    trim_free(trim);
    test_end(&past.test);
}
END_TEST

START_TEST(who_is_fenced_trims_nothing)
{
    struct past past;
    past_begin(&past);
    directory_fence(past.directory);
    struct trim *trim = trim_new(past.directory);
    trim_log(trim, 1, 1);
    ck_assert_uint_eq(trim_waiting(trim), 0);
    ck_assert_uint_eq(memory_asked(past.test.store, "remove"), 0);
    trim_free(trim);
    test_end(&past.test);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *recover_suite(void)
{
    Suite *suite = suite_create("recover");
    TCase *tcase = tcase_create("recover");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 120);
    TEST(nothing_is_a_job_that_has_not_begun);
    TEST(records_give_the_progress_back);
    TEST(what_no_batch_took_is_found_and_the_rest_deleted);
    TEST(a_snapshot_stands_for_the_records_before_it);
    TEST(outputs_owed_from_before_the_snapshot_are_found);
    TEST(outputs_are_not_looked_for_where_the_log_was_trimmed);
    TEST(a_snapshot_without_its_record_is_a_log_that_is_gone);
    TEST(a_damaged_snapshot_gives_way_to_the_one_before);
    tcase_add_loop_test(tcase, what_is_missing_or_damaged_is_named, 0,
                        sizeof damages / sizeof damages[0]);
    TEST(a_directory_that_was_away_has_lost_nothing);
    TEST(records_swapped_with_another_life_are_found);
    TEST(outputs_that_nobody_names_are_deleted);
    TEST(a_snapshot_that_cannot_be_read_back_is_told);
    TEST(files_are_trimmed_a_few_at_a_time);
    TEST(who_is_fenced_trims_nothing);
    return suite;
}
