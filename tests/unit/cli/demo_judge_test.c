/* cli/demo_judge.c: what is lost or doubled is seen in the batch log and in what was printed, and nothing else is. */
#include "cli/demo.h"
#include "job_dir.h"

static struct demo_verdict verdict;
static struct err err;

/* ---- the ledger */

START_TEST(a_ledger_is_read_as_it_was_written)
{
    struct demo_counts counts, again;
    for (uint64_t i = 0; i < DEMO_PARTITIONS; i++)
        counts.records[i] = 7 * i;
    for (uint64_t i = 0; i < DEMO_WORDS; i++)
        counts.words[i] = UINT64_MAX - i;
    ck_assert(demo_ledger_write(job_dir_path("ledger"), &counts, &err));
    ck_assert(demo_ledger_read(job_dir_path("ledger"), &again, &err));
    ck_assert_mem_eq(&counts, &again, sizeof counts);
    ck_assert_uint_eq(demo_sum(counts.records, DEMO_PARTITIONS), 42);
}
END_TEST

START_TEST(a_ledger_that_is_not_whole_is_none)
{
    struct demo_counts counts;
    ck_assert(!demo_ledger_read(job_dir_path("none"), &counts, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/none: No such file or directory"));
    job_dir_text("ledger", "1\n2\n3\n");
    ck_assert(!demo_ledger_read(job_dir_path("ledger"), &counts, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/ledger: not whole"));
    job_dir_text("ledger", "4\n5\n6\nx\n");
    ck_assert(!demo_ledger_read(job_dir_path("ledger"), &counts, &err));
    ck_assert(!demo_ledger_write(job_dir_path("none/ledger"), &counts, &err));
    ck_assert(!demo_ledger_write("/dev/full", &counts, &err));
    ck_assert_str_eq(err.text, "/dev/full: No space left on device");
}
END_TEST

/* ---- the batch log */

static void put_batch(struct record *record, uint64_t number)
{
    record_put(record, &(struct entry){ .kind = ENTRY_BATCH, .batch = { .number = number } });
}

static void put_range(struct record *record, int32_t partition, int64_t from, int64_t to)
{
    struct entry entry = { .kind = ENTRY_RANGE };
    entry.range.source = slice_of_text("kafka0");
    entry.range.topic = slice_of_text(DEMO_TOPIC);
    entry.range.partition = partition;
    entry.range.from = from;
    entry.range.to = to;
    entry.range.count = (uint64_t)(to - from);
    record_put(record, &entry);
}

static bool judged(void)
{
    return demo_judge_log(job_dir_path("."), &verdict, &err);
}

static const struct {
    int64_t ranges[4][2]; /* from, to; of partition 1 */
    unsigned n;
    uint64_t lost, doubled;
    int64_t next;
} logs[] = {
    { { { 0, 10 } }, 1, 0, 0, 10 },
    { { { 0, 10 }, { 10, 30 }, { 30, 31 } }, 3, 0, 0, 31 },
    { { { 5, 10 } }, 1, 5, 0, 10 },
    { { { 0, 10 }, { 12, 20 } }, 2, 2, 0, 20 },
    { { { 0, 10 }, { 8, 20 } }, 2, 0, 2, 20 },
    { { { 0, 10 }, { 0, 10 } }, 2, 0, 10, 10 },
    { { { 0, 10 }, { 2, 4 }, { 10, 11 } }, 3, 0, 2, 11 },
    { { { 0, 10 }, { 11, 12 }, { 10, 12 } }, 3, 1, 2, 12 },
};

START_TEST(each_offset_is_in_one_batch)
{
    struct record record = { 0 };
    uint64_t taken = 0;
    job_dir_folder("e1.ab");
    job_dir_folder("e1.ab/log");
    put_range(&record, -1, 0, 7); /* of nobody's partition */
    put_range(&record, DEMO_PARTITIONS, 0, 7);
    for (unsigned i = 0; i < logs[_i].n; i++) {
        char name[32];
        int64_t from = logs[_i].ranges[i][0], to = logs[_i].ranges[i][1];
        put_batch(&record, i + 1);
        put_range(&record, 1, from, to);
        taken += (uint64_t)(to - from);
        snprintf(name, sizeof name, "e1.ab/log/%u", i + 1);
        job_dir_record(name, FILE_LOG, &record);
    }
    ck_assert_msg(judged(), "%s", err.text);
    ck_assert_uint_eq(verdict.lost, logs[_i].lost);
    ck_assert_uint_eq(verdict.doubled, logs[_i].doubled);
    ck_assert_int_eq(verdict.next[1], logs[_i].next);
    ck_assert_uint_eq(verdict.batches.records[1], taken);
    ck_assert_uint_eq(verdict.n_batches, logs[_i].n);
    ck_assert_uint_eq(verdict.last_batch, logs[_i].n);
}
END_TEST

START_TEST(a_log_that_is_not_there_yet_is_asked_for_again)
{
    ck_assert(!judged());
    ck_assert_int_eq(err.kind, ERR_RETRY);
    ck_assert_ptr_nonnull(strstr(err.text, "holds no job"));
    ck_assert(!demo_judge_log(job_dir_path("none"), &verdict, &err));
    ck_assert_int_eq(err.kind, ERR_RETRY);
    job_dir_folder("tmp");
    job_dir_folder("empty"); /* begins like a job's directory, and is none */
    ck_assert(!judged());
    job_dir_folder("e1.ab");
    ck_assert(judged());
    ck_assert_uint_eq(verdict.n_batches, 0);
}
END_TEST

START_TEST(a_damaged_log_is_no_verdict)
{
    struct record record = { 0 };
    job_dir_folder("e1.ab");
    job_dir_folder("e1.ab/log");
    put_batch(&record, 1);
    job_dir_record("e1.ab/log/1", FILE_LOG, &record);
    job_dir_spoil("e1.ab/log/1", (size_t)_i);
    ck_assert(!judged());
    ck_assert_int_eq(err.kind, ERR_FATAL);
    ck_assert_ptr_nonnull(strstr(err.text, "/e1.ab/log/1: "));
}
END_TEST

static void seal_content(const char *content, size_t n)
{
    uint8_t head_bytes[FILE_HEAD_SIZE], tail[FILE_TAIL_SIZE];
    struct file_head head = { .kind = FILE_LOG, .epoch = 1, .index = 1 };
    struct slice piece = { content, n };
    file_seal(&head, &piece, 1, head_bytes, tail);
    job_dir_append("e1.ab/log/1", head_bytes, sizeof head_bytes);
    job_dir_append("e1.ab/log/1", content, n);
    job_dir_append("e1.ab/log/1", tail, sizeof tail);
}

START_TEST(a_file_that_holds_no_record_is_no_verdict)
{
    static const char *const contents[] = { "short", "01234567\0\0\0\1\0\4\0\0\0\1x" };
    static const size_t sizes[] = { 5, 19 };
    job_dir_folder("e1.ab");
    job_dir_folder("e1.ab/log");
    seal_content(contents[_i], sizes[_i]);
    ck_assert(!judged());
    ck_assert_ptr_nonnull(strstr(err.text, "/e1.ab/log/1: "));
}
END_TEST

/* ---- what was printed */

#define RULE "-------------------------------------------\n"
#define BLOCK(time, rows) RULE "Time: " time "\n" RULE rows "\n"

static const struct {
    const char *text;
    uint64_t the, sea; /* counted */
} outputs[] = {
    { "", 0, 0 },
    { BLOCK("1", "('the', 3)\n('sea', 2)\n"), 3, 2 },
    { BLOCK("1", "('the', 3)\n") BLOCK("2", "('the', 4)\n"), 7, 0 },
    { BLOCK("1", "('the', 3)\n") BLOCK("1", "('the', 3)\n('sea', 1)\n"), 3, 1 }, /* again */
    { BLOCK("1", "('the', 3)\n") RULE "Time: 2\n" RULE "('the', 4)\n", 3, 0 },   /* cut off */
    { BLOCK("1", "('the', x)\n(the, 3)\n('none', 3)\n..."), 0, 0 },
    { "('the', 3)\n\n" BLOCK("1", ""), 0, 0 }, /* in no block */
};

START_TEST(the_last_whole_block_of_a_batch_counts)
{
    struct demo_counts ledger = { .words = { 3, 2 } };
    uint64_t the = outputs[_i].the, sea = outputs[_i].sea;
    job_dir_text("out", outputs[_i].text);
    ck_assert(demo_judge_output(job_dir_path("out"), &ledger, &verdict, &err));
    ck_assert_uint_eq(verdict.batches.words[0], the);
    ck_assert_uint_eq(verdict.batches.words[1], sea);
    ck_assert_uint_eq(verdict.words_lost, (the < 3 ? 3 - the : 0) + (sea < 2 ? 2 - sea : 0));
    ck_assert_uint_eq(verdict.words_doubled, the > 3 ? the - 3 : 0);
}
END_TEST

START_TEST(many_batches_are_counted)
{
    struct demo_counts ledger = { .words = { 200 } };
    for (int i = 0; i < 200; i++) {
        char block[200];
        snprintf(block, sizeof block, BLOCK("%d", "('the', 1)\n"), i);
        job_dir_text("out", block);
    }
    ck_assert(demo_judge_output(job_dir_path("out"), &ledger, &verdict, &err));
    ck_assert_uint_eq(verdict.words_lost + verdict.words_doubled, 0);
    ck_assert(!demo_judge_output(job_dir_path("none"), &ledger, &verdict, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/none: No such file or directory"));
}
END_TEST

/* ---- the whole */

static const struct {
    struct demo_verdict verdict;
    bool exact;
    uint64_t lost;
} wholes[] = {
    { { .batches.records = { 5, 3 }, .next = { 5, 3 } }, true, 0 },
    { { .batches.records = { 4, 3 }, .next = { 4, 3 } }, false, 1 },
    { { .batches.records = { 5, 1 }, .next = { 5, 1 }, .lost = 2 }, false, 4 },
    { { .batches.records = { 6, 3 }, .next = { 5, 3 } },
      false,
      0 }, /* as many as offsets, it says */
    { { .batches.records = { 5, 3 }, .next = { 5, 3 }, .doubled = 1 }, false, 0 },
    { { .batches.records = { 5, 3 }, .next = { 5, 3 }, .words_lost = 1 }, false, 0 },
    { { .batches.records = { 5, 3 }, .next = { 5, 3 }, .words_doubled = 1 }, false, 0 },
};

START_TEST(exact_is_all_of_it_once)
{
    struct demo_counts ledger = { .records = { 5, 3 } };
    verdict = wholes[_i].verdict;
    ck_assert_int_eq(demo_judge_exact(&ledger, &verdict), wholes[_i].exact);
    ck_assert_uint_eq(verdict.lost, wholes[_i].lost);
}
END_TEST

static void judge_begin(void)
{
    verdict = (struct demo_verdict){ 0 };
    job_dir_make();
}

Suite *demo_judge_suite(void)
{
    Suite *suite = suite_create("demo_judge");
    TCase *tcase = tcase_create("demo_judge");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, judge_begin, job_dir_remove);
    tcase_add_test(tcase, a_ledger_is_read_as_it_was_written);
    tcase_add_test(tcase, a_ledger_that_is_not_whole_is_none);
    tcase_add_loop_test(tcase, each_offset_is_in_one_batch, 0, sizeof logs / sizeof logs[0]);
    tcase_add_test(tcase, a_log_that_is_not_there_yet_is_asked_for_again);
    tcase_add_loop_test(tcase, a_damaged_log_is_no_verdict, 190, 210);
    tcase_add_loop_test(tcase, a_file_that_holds_no_record_is_no_verdict, 0, 2);
    tcase_add_loop_test(tcase, the_last_whole_block_of_a_batch_counts, 0,
                        sizeof outputs / sizeof outputs[0]);
    tcase_add_test(tcase, many_batches_are_counted);
    tcase_add_loop_test(tcase, exact_is_all_of_it_once, 0, sizeof wholes / sizeof wholes[0]);
    return suite;
}
