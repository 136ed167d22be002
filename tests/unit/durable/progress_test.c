#include <check.h>
#include <string.h>

#include "durable/progress.h"

#define TEXT(literal)               \
    {                               \
        literal, sizeof literal - 1 \
    }
static const struct entry start = { .kind = ENTRY_START, .start = { 1000, 500, 77 } };
static const struct entry position0 = { .kind = ENTRY_POSITION,
                                        .position = { TEXT("k"), TEXT("t"), 0, 10 } };
static const struct entry position1 = { .kind = ENTRY_POSITION,
                                        .position = { TEXT("k"), TEXT("t"), 1, 0 } };
static const struct entry batch1 = { .kind = ENTRY_BATCH, .batch = { 1, 1500, 3, 1 } };
static const struct entry taken4 = { .kind = ENTRY_TAKEN, .taken = { TEXT("k"), 4, 99 } };
static const struct entry range0 = { .kind = ENTRY_RANGE,
                                     .range = { TEXT("k"), TEXT("t"), 0, 10, 20, 3 } };
static const struct entry shown = { .kind = ENTRY_OUTPUT, .output = { TEXT("print"), TEXT("x") } };
static const struct entry batch2 = { .kind = ENTRY_BATCH, .batch = { 2, 2000, 0, 0 } };
static const struct entry delivered1 = { .kind = ENTRY_DELIVERED,
                                         .delivered = { TEXT("print"), 1 } };

/* Applies these entries as the next record, whose hash is 100 + its index. */
static bool apply(struct progress *progress, const struct entry *const *entries, struct err *err)
{
    struct record record = { 0 };
    for (; *entries; entries++)
        record_put(&record, *entries);
    uint64_t index = progress->index + 1;
    bool ok =
        progress_apply(progress, record_seal(&record, progress->hash), index, 100 + index, err);
    record_free(&record);
    return ok;
}
#define APPLY(progress, err, ...) \
    apply(progress, (const struct entry *const[]){ __VA_ARGS__, NULL }, err)

static struct progress begun(void)
{
    struct progress progress = { 0 };
    struct err err;
    ck_assert(APPLY(&progress, &err, &start, &position1, &position0));
    ck_assert(APPLY(&progress, &err, &batch1, &taken4, &range0, &shown));
    return progress;
}

static void is_begun(const struct progress *progress)
{
    ck_assert(progress->started);
    ck_assert_int_eq(progress->zero_ms, 1000);
    ck_assert_uint_eq(progress->interval_ms, 500);
    ck_assert_uint_eq(progress->hash_seed, 77);
    ck_assert_uint_eq(progress->index, 2);
    ck_assert_uint_eq(progress->hash, 102);
    ck_assert_uint_eq(progress->batch, 1);
    ck_assert_int_eq(progress->batch_ms, 1500);
    ck_assert_uint_eq(progress->records, 3);
    ck_assert_uint_eq(progress->errors, 1);
    ck_assert_uint_eq(progress_source(progress, "k")->seq, 4);
    ck_assert_uint_eq(progress_source(progress, "k")->chain, 99);
    ck_assert_int_eq(progress_find(progress, "k", "t", 0)->offset, 20);
    ck_assert_int_eq(progress_find(progress, "k", "t", 1)->offset, 0);
    ck_assert_ptr_null(progress_find(progress, "k", "t", 2));
    ck_assert_ptr_null(progress_find(progress, "other", "t", 0));
    ck_assert_uint_eq(progress->n_outputs, 1);
    ck_assert_uint_eq(progress->outputs[0].delivered, 0);
}

START_TEST(records_add_up)
{
    struct progress progress = begun();
    is_begun(&progress);
    ck_assert(APPLY(&progress, NULL, &batch2, &delivered1));
    ck_assert_uint_eq(progress.outputs[0].delivered, 1);
    progress_free(&progress);
}
END_TEST

START_TEST(what_is_saved_is_loaded)
{
    struct progress progress = begun(), loaded = { 0 };
    struct record record = { 0 };
    struct err err;
    progress_save(&progress, &record);
    ck_assert(progress_load(&loaded, record_seal(&record, progress.hash), 2, &err));
    is_begun(&loaded);
    ck_assert(APPLY(&loaded, &err, &batch2));
    record_free(&record);
    progress_free(&progress);
    progress_free(&loaded);
}
END_TEST

START_TEST(nothing_is_saved_and_loaded_too)
{
    struct progress progress = { 0 }, loaded = { 0 };
    struct record record = { 0 };
    progress_save(&progress, &record);
    ck_assert(progress_load(&loaded, record_seal(&record, 0), 0, NULL));
    ck_assert(!loaded.started && loaded.index == 0 && loaded.batch == 0);
    record_free(&record);
    progress_free(&loaded);
}
END_TEST

START_TEST(a_record_out_of_place_is_refused)
{
    struct progress progress = begun();
    struct record record = { 0 };
    struct err err;
    struct slice content = record_seal(&record, progress.hash);
    ck_assert(!progress_apply(&progress, content, 4, 1, &err));
    content = record_seal(&record, progress.hash + 1);
    ck_assert(!progress_apply(&progress, content, 3, 1, &err));
    ck_assert(err.kind == ERR_FATAL && err.code == 350);
    content = record_seal(&record, progress.hash);
    ck_assert(progress_apply(&progress, content, 3, 1, &err));
    record_free(&record);
    progress_free(&progress);
}
END_TEST

static const struct entry misfits[] = {
    { .kind = ENTRY_START },
    { .kind = ENTRY_POSITION, .position = { TEXT("k"), TEXT("t"), 0, 30 } },
    { .kind = ENTRY_POSITION, .position = { TEXT("k"), TEXT("t"), 7, -1 } },
    { .kind = ENTRY_GAP, .gap = { TEXT("k"), TEXT("t"), 0, 19, 25 } },
    { .kind = ENTRY_GAP, .gap = { TEXT("k"), TEXT("t"), 5, 0, 25 } },
    { .kind = ENTRY_BATCH, .batch = { 1, 2000, 0, 0 } },
    { .kind = ENTRY_BATCH, .batch = { 3, 2000, 0, 0 } },
    { .kind = ENTRY_BATCH, .batch = { 2, 1500, 0, 0 } },
    { .kind = ENTRY_TAKEN, .taken = { TEXT("k"), 3, 0 } },
    { .kind = ENTRY_RANGE, .range = { TEXT("k"), TEXT("t"), 0, 19, 25, 1 } },
    { .kind = ENTRY_RANGE, .range = { TEXT("k"), TEXT("t"), 0, 25, 20, 0 } },
    { .kind = ENTRY_RANGE, .range = { TEXT("k"), TEXT("t"), 0, 20, 25, 6 } },
    { .kind = ENTRY_RANGE, .range = { TEXT("k"), TEXT("u"), 0, 20, 25, 1 } },
    { .kind = ENTRY_DELIVERED, .delivered = { TEXT("print"), 2 } },
    { .kind = ENTRY_CATCHUP, .catchup = { 1400, 2000 } },
    { .kind = ENTRY_CATCHUP, .catchup = { 1500, 1500 } },
    { .kind = ENTRY_TAKEN, .taken = { { "", 1 }, 3, 0 } },
};

START_TEST(what_does_not_fit_is_refused)
{
    struct progress progress = begun();
    struct err err = { 0 };
    ck_assert(!APPLY(&progress, &err, &misfits[_i]));
    ck_assert(err.kind == ERR_FATAL && err.code == 350 && err.text[0]);
    progress_free(&progress);
}
END_TEST

START_TEST(names_have_a_longest)
{
    char name[FILE_NAME_SIZE + 1];
    struct err err;
    memset(name, 'n', sizeof name);
    for (size_t n = FILE_NAME_SIZE - 1; n <= FILE_NAME_SIZE; n++) {
        struct entry source = position0, output = delivered1;
        struct progress of_source = { 0 }, of_output = { 0 };
        source.position.source = output.delivered.label = (struct slice){ name, n };
        output.delivered.number = 0;
        ck_assert_int_eq(APPLY(&of_source, &err, &start, &source), n < FILE_NAME_SIZE);
        ck_assert_int_eq(APPLY(&of_output, &err, &start, &output), n < FILE_NAME_SIZE);
        progress_free(&of_source);
        progress_free(&of_output);
    }
}
END_TEST

START_TEST(a_gap_moves_the_position_either_way)
{
    struct progress progress = begun();
    struct entry gap = { .kind = ENTRY_GAP, .gap = { TEXT("k"), TEXT("t"), 0, 20, 90 } };
    ck_assert(APPLY(&progress, NULL, &gap));
    ck_assert_int_eq(progress_find(&progress, "k", "t", 0)->offset, 90);
    gap.gap.from = 90;
    gap.gap.to = 5; /* the topic was made anew */
    ck_assert(APPLY(&progress, NULL, &gap));
    ck_assert_int_eq(progress_find(&progress, "k", "t", 0)->offset, 5);
    progress_free(&progress);
}
END_TEST

START_TEST(the_last_record_of_a_partition_stays_known)
{
    struct progress progress = begun(), loaded = { 0 };
    struct record record = { 0 };
    struct entry range = { .kind = ENTRY_RANGE,
                           .range = { TEXT("k"), TEXT("t"), 0, 20, 25, 5, 77 } };
    struct entry gap = { .kind = ENTRY_GAP, .gap = { TEXT("k"), TEXT("t"), 0, 25, 90 } };
    ck_assert(APPLY(&progress, NULL, &batch2, &range));
    progress_save(&progress, &record);
    ck_assert(progress_load(&loaded, record_seal(&record, progress.hash), 3, NULL));
    ck_assert_uint_eq(progress_find(&loaded, "k", "t", 0)->crc, 77);
    ck_assert(APPLY(&loaded, NULL, &gap));
    ck_assert_uint_eq(progress_find(&loaded, "k", "t", 0)->crc, 0); /* not read: nobody knows */
    record_free(&record);
    progress_free(&progress);
    progress_free(&loaded);
}
END_TEST

START_TEST(folded_ticks_move_the_time)
{
    struct progress progress = begun();
    struct entry catchup = { .kind = ENTRY_CATCHUP, .catchup = { 1500, 9000 } };
    ck_assert(APPLY(&progress, NULL, &catchup));
    ck_assert_int_eq(progress.batch_ms, 9000);
    ck_assert(!APPLY(&progress, NULL, &batch2)); /* at 2000 */
    progress_free(&progress);
}
END_TEST

START_TEST(partitions_are_sorted)
{
    struct progress progress = { 0 };
    for (int i = 0; i < 50; i++) {
        struct entry entry = { .kind = ENTRY_POSITION,
                               .position = { TEXT("k"), TEXT("t"), i * 37 % 50, i } };
        if (i % 2)
            entry.position.topic = (struct slice)TEXT("tt");
        ck_assert(APPLY(&progress, NULL, &entry));
    }
    for (size_t i = 1; i < progress.n_partitions; i++) {
        const struct progress_partition *a = &progress.partitions[i - 1], *b = a + 1;
        int order = strcmp(a->topic, b->topic);
        ck_assert(order < 0 || (order == 0 && a->partition < b->partition));
    }
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(progress_find(&progress, "k", i % 2 ? "tt" : "t", i * 37 % 50)->offset, i);
    progress_free(&progress);
}
END_TEST

START_TEST(a_new_output_needs_no_older_batches)
{
    struct progress progress = begun();
    struct entry more = { .kind = ENTRY_OUTPUT, .output = { TEXT("more"), TEXT("x") } };
    ck_assert(APPLY(&progress, NULL, &batch2, &more));
    ck_assert_str_eq(progress.outputs[1].label, "more");
    ck_assert_uint_eq(progress.outputs[1].delivered, 1);
    progress_free(&progress);
}
END_TEST

START_TEST(an_output_that_owed_nothing_owes_nothing_when_it_is_back)
{
    struct progress progress = begun();
    struct entry back = { .kind = ENTRY_OUTPUT, .output = { TEXT("print"), TEXT("x") } };
    progress.batch = 7; /* it was not there for a while */
    progress.outputs[0].last = progress.outputs[0].delivered = 1;
    struct entry batch8 = batch2;
    batch8.batch.number = 8;
    ck_assert(APPLY(&progress, NULL, &batch8, &back));
    ck_assert_uint_eq(progress.outputs[0].delivered, 7);
    ck_assert_uint_eq(progress.outputs[0].last, 8);
    progress_free(&progress);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *progress_suite(void)
{
    Suite *suite = suite_create("progress");
    TCase *tcase = tcase_create("progress");
    suite_add_tcase(suite, tcase);
    TEST(names_have_a_longest);
    TEST(records_add_up);
    TEST(what_is_saved_is_loaded);
    TEST(nothing_is_saved_and_loaded_too);
    TEST(a_record_out_of_place_is_refused);
    tcase_add_loop_test(tcase, what_does_not_fit_is_refused, 0, sizeof misfits / sizeof misfits[0]);
    TEST(a_gap_moves_the_position_either_way);
    TEST(the_last_record_of_a_partition_stays_known);
    TEST(folded_ticks_move_the_time);
    TEST(partitions_are_sorted);
    TEST(a_new_output_needs_no_older_batches);
    TEST(an_output_that_owed_nothing_owes_nothing_when_it_is_back);
    return suite;
}
