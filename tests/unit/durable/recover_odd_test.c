/* What recovery meets only when files were lost, damaged or written by another program. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "past.h"

/* A whole file of this directory with any content, in the place of the one that is there. */
static uint64_t forge(struct past *past, enum file_kind kind, uint64_t index, struct slice content)
{
    char path[DIRECTORY_PATH_SIZE];
    struct file_head head = { .kind = kind, .index = index };
    uint8_t first[FILE_HEAD_SIZE], last[FILE_TAIL_SIZE];
    directory_path(past->directory, path, "%s/%u", kind == FILE_LOG ? "log" : "snap",
                   (unsigned)index);
    struct buf *file = memory_file(past->test.store, path);
    directory_want(past->directory, &head);
    file_seal(&head, &content, 1, first, last);
    buf_clear(file);
    buf_put(file, first, sizeof first);
    buf_put(file, content.ptr, content.len);
    buf_put(file, last, sizeof last);
    return record_hash(buf_slice(file));
}

static struct reading { /* what is done to the first reading of a file */
    struct past *past;
    const char *path;
    bool gone; /* it is deleted; else reading it is refused for good */
} reading;

static enum memory_fault reading_hook(void *ctx, const char *op, const struct store_req *req)
{
    (void)ctx;
    if (strcmp(op, "read") != 0 || strcmp(req->path, reading.path) != 0)
        return MEMORY_FINE;
    if (!reading.gone)
        return MEMORY_BREAK;
    memory_drop(reading.past->test.store, req->path);
    return MEMORY_FINE;
}

static void two_snapshots(struct past *past)
{
    past_begin(past);
    past_batch(past, 0);
    past_save(past);
    past_batch(past, 1);
    past_save(past);
}

START_TEST(a_snapshot_that_cannot_be_read_gives_way_to_the_one_before)
{
    static const char *const reasons[] = { "snap/3: read " TOP "snap/3: refused",
                                           "snap/3: it is missing" };
    struct past past;
    two_snapshots(&past);
    memory_drop(past.test.store, TOP "snap/2");
    memory_drop(past.test.store, TOP "log/1");
    reading = (struct reading){ &past, TOP "snap/3", .gone = _i };
    memory_on(past.test.store, reading_hook, NULL);
    past_recover(&past);
    ck_assert_msg(strstr(past.err.text, reasons[_i]), "%s", past.err.text);
    test_end(&past.test);
    two_snapshots(&past);
    memory_on(past.test.store, reading_hook, NULL);
    past_recover(&past);
    past_is_whole(&past);
    ck_assert_uint_eq(past.found->snapshot, 2);
    test_end(&past.test);
}
END_TEST

static enum memory_fault folder_hook(void *ctx, const char *op, const struct store_req *req)
{
    const char *folder = ctx;
    return strcmp(op, "list") == 0 && strcmp(req->path, folder) == 0 ? MEMORY_BREAK : MEMORY_FINE;
}

START_TEST(a_folder_that_cannot_be_listed_says_why)
{
    static const struct {
        const char *path, *says;
    } rows[] = {
        { TOP "snap", "list " TOP "snap: refused" },
        { TOP "log", "list " TOP "log: refused" },
        { TOP "wal", "list " TOP "wal: refused" },
        { TOP "out", "list " TOP "out: refused" },
    };
    struct past past;
    two_snapshots(&past);
    memory_on(past.test.store, folder_hook, (void *)rows[_i].path);
    past_recover(&past);
    ck_assert_int_eq(past.err.kind, ERR_FATAL);
    ck_assert_str_eq(past.err.text, rows[_i].says);
    test_end(&past.test);
}
END_TEST

START_TEST(a_whole_snapshot_of_what_is_no_progress_gives_way)
{
    static const uint8_t zeros[12]; /* the hash of the record it stands for, no entries */
    struct past past;
    two_snapshots(&past);
    struct record record = { 0 }; /* outputs without a batch */
    record_put(&record,
               &(struct entry){ .kind = ENTRY_OUTPUT, .output = { TEXT("print"), TEXT("out") } });
    struct slice bad[] = { { zeros, 11 }, record_seal(&record, past.progress.hash) };
    forge(&past, FILE_SNAP, 3, bad[_i]);
    past_recover(&past);
    past_is_whole(&past);
    ck_assert_uint_eq(past.found->snapshot, 2);
    record_free(&record);
    test_end(&past.test);
}
END_TEST

START_TEST(a_snapshot_of_another_record_is_refused)
{
    struct past past;
    past_begin(&past);
    past_batch(&past, 0);
    past.progress.hash ^= 1;
    past_save(&past);
    past_recover(&past);
    past_is_refused(&past, TOP "log/2 is not the record that stood before the next one", 350);
    test_end(&past.test);
}
END_TEST

/* Its hash is the one that the snapshot names. */
START_TEST(a_record_under_the_snapshot_must_be_one)
{
    static const struct {
        size_t n;
        const char *text;
    } rows[] = { { 11, "a record of 11 bytes" }, { 13, "a record that does not end" } };
    static const char zeros[13];
    struct past past;
    past_begin(&past);
    past_batch(&past, 0);
    past.progress.hash = forge(&past, FILE_LOG, 2, (struct slice){ zeros, rows[_i].n });
    past_save(&past);
    past_recover(&past);
    past_is_refused(&past, rows[_i].text, 350);
    test_end(&past.test);
}
END_TEST

START_TEST(a_record_that_cannot_be_read_is_named)
{
    struct past past;
    past_begin(&past);
    past_batch(&past, 0);
    reading = (struct reading){ &past, TOP "log/2", .gone = false };
    memory_on(past.test.store, reading_hook, NULL);
    past_recover(&past);
    ck_assert_int_eq(past.err.kind, ERR_FATAL);
    ck_assert_str_eq(past.err.text, TOP "log/2: read " TOP "log/2: refused");
    test_end(&past.test);
}
END_TEST

START_TEST(all_records_that_are_missing_are_named)
{
    struct past past;
    two_snapshots(&past);
    past_batch(&past, 2);
    past_batch(&past, 3);
    memory_file(past.test.store, TOP "snap/3")->ptr[200] ^= 1;
    memory_drop(past.test.store, TOP "log/3");
    memory_drop(past.test.store, TOP "log/4");
    past_recover(&past);
    past_is_refused(&past, "log/3 to 4 are missing, the log goes to 5", 350);
    test_end(&past.test);
}
END_TEST

START_TEST(a_snapshot_that_is_newer_than_the_log_tells_how_far_it_went)
{
    struct past past;
    two_snapshots(&past);
    memory_file(past.test.store, TOP "snap/3")->ptr[200] ^= 1;
    memory_drop(past.test.store, TOP "log/3");
    past_recover(&past);
    past_is_refused(&past, "log/3 to 3 are missing, the log goes to 3", 350);
    test_end(&past.test);
}
END_TEST

START_TEST(outputs_are_looked_for_as_far_back_as_the_slowest_owes)
{
    struct past past;
    past_begin(&past);
    for (unsigned i = 0; i < 6; i++) {
        past_receive(&past);
        past_put_batch(&past); /* of "print" */
        record_put(&past.record, &(struct entry){ .kind = ENTRY_OUTPUT,
                                                  .output = { TEXT("slow"), TEXT("out") } });
        record_put(&past.record, &(struct entry){ .kind = ENTRY_OUTPUT,
                                                  .output = { TEXT("fast"), TEXT("out") } });
        if (i < 4) /* batch i is delivered to print, and the first to the other */
            record_put(&past.record, &(struct entry){ .kind = ENTRY_DELIVERED,
                                                      .delivered = { TEXT("print"), i } });
        if (i == 2)
            record_put(&past.record, &(struct entry){ .kind = ENTRY_DELIVERED,
                                                      .delivered = { TEXT("slow"), 1 } });
        record_put(&past.record, &(struct entry){ .kind = ENTRY_DELIVERED,
                                                  .delivered = { TEXT("fast"), i + 1 } });
        past_append(&past);
    }
    past_save(&past);
    past_recover(&past);
    past_is_whole(&past);
    unsigned of_print = 0;
    for (size_t i = 0; i < past.found->n_outputs; i++)
        of_print += strcmp(past.found->outputs[i].label, "print") == 0; /* none of "fast" */
    ck_assert_uint_eq(of_print, 3);                                     /* of batches 4 to 6 */
    ck_assert_uint_eq(past.found->n_outputs - of_print, 5);             /* of batches 2 to 6 */
    test_end(&past.test);
}
END_TEST

static void put_state(struct past *past, const char *id, const char *bytes)
{
    struct entry entry = { .kind = ENTRY_DELTA,
                           .delta = { { id, strlen(id) }, { bytes, strlen(bytes) } } };
    record_put(&past->record, &entry);
}

START_TEST(a_state_that_was_dropped_is_not_found_and_others_are)
{
    struct past past;
    past_begin(&past);
    past_receive(&past);
    past_put_batch(&past);
    put_state(&past, "sum", "1");
    put_state(&past, "max", "2");
    put_state(&past, "count", "3");
    put_state(&past, "sum", "4");
    past_append(&past);
    put_state(&past, "sum", ""); /* without bytes, of no batch: by the user's word */
    past_append(&past);
    past_recover(&past);
    past_is_whole(&past);
    ck_assert_uint_eq(past.found->n_states, 2);
    ck_assert_str_eq(past.found->states[0].id, "max");
    ck_assert_str_eq(past.found->states[1].id, "count");
    ck_assert(recovered_drop_state(past.found, (struct slice)TEXT("count")));
    ck_assert(!recovered_drop_state(past.found, (struct slice)TEXT("coun")));
    ck_assert_uint_eq(past.found->n_states, 1);
    test_end(&past.test);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
#define LOOP(name, n) tcase_add_loop_test(tcase, name, 0, n)
Suite *recover_odd_suite(void)
{
    Suite *suite = suite_create("recover_odd");
    TCase *tcase = tcase_create("recover_odd");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 120);
    LOOP(a_snapshot_that_cannot_be_read_gives_way_to_the_one_before, 2);
    LOOP(a_folder_that_cannot_be_listed_says_why, 4);
    LOOP(a_whole_snapshot_of_what_is_no_progress_gives_way, 2);
    TEST(a_snapshot_of_another_record_is_refused);
    LOOP(a_record_under_the_snapshot_must_be_one, 2);
    TEST(a_record_that_cannot_be_read_is_named);
    TEST(all_records_that_are_missing_are_named);
    TEST(a_snapshot_that_is_newer_than_the_log_tells_how_far_it_went);
    TEST(outputs_are_looked_for_as_far_back_as_the_slowest_owes);
    TEST(a_state_that_was_dropped_is_not_found_and_others_are);
    return suite;
}
