#include "engine/engine.h"

#include "../op/whole.h"
#include "base/mem.h"
#include "engine/compute.h"
#include "engine/dead.h"

static struct job job;

static const char word_count[] =
    "- flatMap: _.value.split(\" \")\n"
    "- map: (_, 1)\n"
    "- reduceByKey: _ + _\n";

static void stage_close(void)
{
    job_close(&job);
}

START_TEST(words_are_counted_in_order_of_their_first_coming)
{
    job_open(&job, word_count);
    job_shows(&job, LINES("a b a", "c a"), "('a', 3)\n('b', 1)\n('c', 1)\n\n");
    ck_assert_uint_eq(job.cut.records, 2);
    ck_assert_uint_eq(job.cut.errors, 0);
}
END_TEST

START_TEST(each_batch_begins_with_nothing)
{
    job_open(&job, word_count);
    job_shows(&job, LINES("a b a"), "('a', 2)\n('b', 1)\n\n");
    ck_assert(job_cut(&job));
    ck_assert_str_eq(job_printed(&job, 0), "\n");
    ck_assert_uint_eq(job.cut.records, 0);
    job_shows(&job, LINES("b a", "a word of more than sixteen bytes: abcdefghijklmnop"),
              "('b', 1)\n('a', 2)\n('word', 1)\n('of', 1)\n('more', 1)\n('than', 1)\n"
              "('sixteen', 1)\n('bytes:', 1)\n('abcdefghijklmnop', 1)\n\n");
}
END_TEST

START_TEST(blocks_are_one_batch_in_the_order_of_feeding)
{
    job_open(&job, word_count);
    for (int i = 0; i < 100; i++)
        job_feed(&job, 0, LINES("x y", "z"));
    job_shows(&job, LINES("w"), "('x', 100)\n('y', 100)\n('z', 100)\n('w', 1)\n\n");
    ck_assert_uint_eq(job.cut.records, 201);
}
END_TEST

START_TEST(operations_show_what_they_make)
{
    static const struct {
        const char *ops, *rows;
    } cases[] = {
        { "- map: _.value", "a b\n\nb\n\n" },
        { "- map: _.offset", "0\n1\n2\n\n" },
        { "- map: (_.topic, _.partition, _.timestamp, _.key)",
          "('lines', 3, 1970-01-01 00:00:00.007000, None)\n"
          "('lines', 3, 1970-01-01 00:00:00.007000, None)\n"
          "('lines', 3, 1970-01-01 00:00:00.007000, None)\n\n" },
        { "- flatMap: _.value.split(\" \")", "a\nb\n\nb\n\n" },
        { "- flatMap: _.value.words", "a\nb\nb\n\n" },
        { "- filter: _.value == \"b\"\n- map: (_.offset, _.value)", "(2, 'b')\n\n" },
        { "- map: (_.value, _.offset)\n- mapValues: _ + 10",
          "('a b', 10)\n('', 11)\n('b', 12)\n\n" },
        { "- count", "3\n\n" },
        { "- filter: false\n- count", "0\n\n" },
        { "- map: (_.value, 1)\n- reduceByKey: count\n- count", "3\n\n" },
        { "- map: (1, _.offset)\n- reduceByKey: _ + _", "(1, 3)\n\n" },
        { "- map: (1, _.offset)\n- reduceByKey: max", "(1, 2)\n\n" },
        { "- map: (1, _.offset - 9)\n- reduceByKey: max", "(1, -7)\n\n" },
        { "- map: (1, _.offset + 9)\n- reduceByKey: (a, b) => a.min(b)", "(1, 9)\n\n" },
        { "- map: (1, _.offset + 0.5)\n- reduceByKey: min", "(1, 0.5)\n\n" },
        { "- map: (1, -0.5 - _.offset)\n- reduceByKey: max", "(1, -0.5)\n\n" },
        { "- map: (1, _.offset)\n- reduceByKey: min", "(1, 0)\n\n" },
        { "- map: (1, _.offset)\n- reduceByKey: sum", "(1, 3)\n\n" },
        { "- map: (true, 0.5)\n- reduceByKey: sum", "(True, 1.5)\n\n" },
        { "- map: ((_.partition, _.value), 0.5)\n- reduceByKey: _ + _",
          "((3, 'a b'), 0.5)\n((3, ''), 0.5)\n((3, 'b'), 0.5)\n\n" },
        { "- map: (1, _.value)\n- reduceByKey: _ + _", "(1, 'a bb')\n\n" },
        { "- map: (1, (_.offset, 1))\n- reduceByKey: (a, b) => (a._1 + b._1, a._2 + b._2)",
          "(1, (3, 3))\n\n" },
        { "- map: (1, _.offset)\n- reduceByKey: (a, b) => a * 10 + b", "(1, 12)\n\n" },
    };
    job_open(&job, cases[_i].ops);
    job_shows(&job, LINES("a b", "", "b"), cases[_i].rows);
}
END_TEST

START_TEST(a_result_runs_on_through_further_operations)
{
    job_open(&job,
             "- flatMap: _.value.split(\" \")\n- map: (_, 1)\n- reduceByKey: _ + _\n"
             "- filter: _._2 > 1\n- map: (_._2, 1)\n- reduceByKey: _ + _\n");
    job_shows(&job, LINES("a b c a b d a e b f c"), "(3, 2)\n(2, 1)\n\n");
}
END_TEST

/* ---- whatever the threads and chunks */

static void compute_with(uint32_t threads, uint32_t chunk_rows, const char *ops, struct buf *out)
{
    job.threads = threads;
    job.chunk_rows = chunk_rows;
    job.seed = threads * 31 + chunk_rows;
    job.spec.on_error = ON_ERROR_DEAD_LETTER;
    job_open(&job, ops);
    uint64_t random = 1;
    for (int k = 0; k < 30; k++) {
        char text[50][40];
        const char *lines[51] = { NULL };
        for (int i = 0; i < 50; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            snprintf(text[i], sizeof text[i], "w%d w%d v%d", (int)(random >> 60),
                     (int)(random >> 55) % 31, i % 7);
            lines[i] = text[i];
        }
        job_feed(&job, (uint32_t)k % 2, lines);
    }
    ck_assert(job_cut(&job));
    buf_put(out, job.cut.outputs[0].ptr, job.cut.outputs[0].len);
    buf_printf(out, "%d errors\n", (int)job.cut.errors);
    for (size_t i = 0; i < job.cut.n_dead; i++)
        buf_printf(out, "%d %lld E%u %s %s\n", (int)job.cut.dead[i].source,
                   (long long)job.cut.dead[i].offset, job.cut.dead[i].code, job.cut.dead[i].place,
                   job.cut.dead[i].reason);
    job_close(&job);
}

START_TEST(threads_chunks_and_seed_do_not_show)
{
    static const char *const jobs[] = {
        "- flatMap: _.value.split(\" \")\n- map: (_, 1)\n- reduceByKey: _ + _\n",
        "- map: (_.value.split(\" \")(0), _.value)\n- reduceByKey: _ + _\n",
        "- map: (_.offset % 7, _.offset)\n- reduceByKey: (a, b) => a * 3 - b\n",
        "- map: (_.offset % 7, 100 / (_.offset % 5))\n- reduceByKey: (a, b) => a / b\n",
        "- flatMap: _.value.split(\" \")\n- map: 100 / (_.length - 3)\n",
        "- map: (100 / (_.offset % 5), _.offset)\n- map: 100 / (_._2 % 3)\n",
        "- map: (_.value.split(\" \")(1), _.offset)\n- groupByKey\n",
        "- map: _.value\n- distinct\n- map: (_.length, _)\n- groupByKey\n",
        "- flatMap: _.value.split(\" \")\n- countByValue\n- sortByKey\n",
        "- map: (_.value, 100 / (_.offset % 9 - 4))\n- reduce: (a, b) => (b._1, a._2 - b._2)\n"
        "- map: (_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _)\n",
        "- map: _.offset\n- filter: _ % 7 < 3\n- glom\n",
    };
    static const uint32_t chunks[] = { 1, 7, 4096, 0 };
    struct buf first = { 0 }, other = { 0 };
    compute_with(1, 0, jobs[_i], &first);
    for (uint32_t threads = 1; threads <= 4; threads *= 2) {
        for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
            buf_clear(&other);
            compute_with(threads, chunks[i], jobs[_i], &other);
            ck_assert_str_eq(buf_text(&other), buf_text(&first));
        }
    }
    ck_assert_uint_gt(first.len, 290);
    buf_free(&first);
    buf_free(&other);
}
END_TEST

/* ---- error records */

static struct block *block_with(const struct block_record *records, size_t n)
{
    struct block *block = block_new(1000, 100);
    block->topic = "lines";
    block->partition = 3;
    for (size_t i = 0; i < n; i++)
        ck_assert(block_append(block, &records[i]));
    return block;
}

static void dead_is(size_t i, unsigned code, int64_t offset, const char *reason)
{
    ck_assert_uint_lt(i, job.cut.n_dead);
    const struct engine_dead *dead = &job.cut.dead[i];
    ck_assert_uint_eq(dead->code, code);
    ck_assert_int_eq(dead->offset, offset);
    ck_assert_str_eq(dead->topic, "lines");
    ck_assert_int_eq(dead->partition, 3);
    ck_assert_str_eq(dead->reason, reason);
}

static const struct block_record odd[] = {
    { .value = "fine", .value_len = 4, .offset = 10 },
    { .value = "\xff", .value_len = 1, .key = "k", .key_len = 1, .offset = 11 },
    { .key = "gone", .key_len = 4, .offset = 15 },
    { .value = "\xc3\xa4", .value_len = 2, .key = "\x80", .key_len = 1, .offset = 16 },
};

START_TEST(what_is_no_string_is_an_error_record)
{
    job_open(&job, "- map: _.value");
    job_feed_block(&job, block_with(odd, 4));
    ck_assert(job_cut(&job));
    ck_assert_str_eq(job_printed(&job, 0), "fine\n\xc3\xa4\n\n");
    ck_assert_uint_eq(job.cut.records, 4);
    ck_assert_uint_eq(job.cut.errors, 2);
    dead_is(0, 401, 11, "the value is not UTF-8");
    ck_assert(job.cut.dead[0].value.len == 1 && job.cut.dead[0].key.len == 1);
    dead_is(1, 409, 15, "the record has no value");
    ck_assert_ptr_null(job.cut.dead[1].value.ptr);
    ck_assert_mem_eq(job.cut.dead[1].key.ptr, "gone", 4);
}
END_TEST

START_TEST(only_what_is_looked_at_must_be_a_string)
{
    job_open(&job, "- map: _.key.getOrElse(\"none\")");
    job_feed_block(&job, block_with(odd, 4));
    ck_assert(job_cut(&job));
    ck_assert_str_eq(job_printed(&job, 0), "none\nk\n\n");
    dead_is(0, 409, 15, "the record has no value");
    dead_is(1, 401, 16, "the key is not UTF-8");
}
END_TEST

START_TEST(a_record_that_cannot_be_mapped_is_left_out)
{
    job_open(&job, "- map: 6 / _.value.toInt");
    job_shows(&job, LINES("2", "x", "0", "3"), "3\n2\n\n");
    ck_assert_uint_eq(job.cut.errors, 2);
    dead_is(0, 403, 1, job.cut.dead[0].reason);
    dead_is(1, 404, 2, job.cut.dead[1].reason);
    ck_assert_str_eq(job.cut.dead[0].place, "[0].map");
}
END_TEST

START_TEST(a_key_that_overflows_is_one_error)
{
    job_open(&job, "- map: (_.value, 5000000000000000000)\n- reduceByKey: _ + _");
    job_shows(&job, LINES("a", "b", "a", "a", "c"),
              "('b', 5000000000000000000)\n('c', 5000000000000000000)\n\n");
    ck_assert_uint_eq(job.cut.errors, 1);
    ck_assert_uint_eq(job.cut.dead[0].code, 404);
    ck_assert_mem_eq(job.cut.dead[0].value.ptr, "a", 1);
    ck_assert_int_eq(job.cut.dead[0].offset, -1);
}
END_TEST

START_TEST(an_error_of_a_result_shows_what_the_operation_was_given)
{
    static const char *const ops[] = { "map: 1 / (_.length - 2)",
                                       "flatMap: \"[1 / (_.length - 2)]\"",
                                       "filter: 1 / (_.length - 2) == 0" };
    char text[100];
    snprintf(text, sizeof text, "- map: _.value\n- distinct\n- %s", ops[_i]);
    job_open(&job, text);
    job_feed(&job, 0, LINES("ab"));
    ck_assert(job_cut(&job));
    ck_assert_uint_eq(job.cut.n_dead, 1);
    ck_assert_uint_eq(job.cut.dead[0].value.len, 2);
    ck_assert_mem_eq(job.cut.dead[0].value.ptr, "ab", 2);
}
END_TEST

START_TEST(a_skipped_record_is_counted_and_shown)
{
    job.spec.on_error = ON_ERROR_SKIP;
    job_open(&job, "- map: _.value.toInt");
    job_shows(&job, LINES("2", "x"), "2\n\n");
    ck_assert_uint_eq(job.cut.errors, 1);
    ck_assert_uint_eq(job.cut.n_dead, 1); /* for the log line; only deadLetter keeps it */
}
END_TEST

START_TEST(fail_refuses_the_batch_and_names_the_record)
{
    job.spec.on_error = ON_ERROR_FAIL;
    job_open(&job, "- map: _.value.toInt");
    job_feed(&job, 0, LINES("2", "x", "y"));
    ck_assert(!job_cut(&job));
    ck_assert_int_eq(job.err.kind, ERR_BAD_RECORD);
    ck_assert_uint_eq(job.err.code, 403);
    ck_assert(strstr(job.err.text, "record lines/3/1: [0].map: "));
}
END_TEST

static void feed_errors(uint32_t n)
{
    for (uint32_t i = 0; i < n; i += 10)
        job_feed(&job, 0, LINES("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
}

START_TEST(more_dead_letters_than_can_be_kept_refuse_the_batch)
{
    job_open(&job, "- map: _.value.toInt");
    feed_errors(DEAD_MAX);
    ck_assert(job_cut(&job));
    ck_assert_uint_eq(job.cut.n_dead, DEAD_MAX);
    feed_errors(DEAD_MAX + 10);
    ck_assert(!job_cut(&job));
    ck_assert_int_eq(job.err.kind, ERR_BAD_RECORD);
    ck_assert_uint_eq(job.err.code, 407);
}
END_TEST

START_TEST(skipped_ones_are_shown_up_to_the_bound)
{
    job.spec.on_error = ON_ERROR_SKIP;
    job_open(&job, "- map: _.value.toInt");
    feed_errors(DEAD_MAX + 10);
    ck_assert(job_cut(&job));
    ck_assert_uint_eq(job.cut.errors, DEAD_MAX + 10);
    ck_assert_uint_eq(job.cut.n_dead, DEAD_MAX);
    ck_assert_int_eq(job.cut.dead[DEAD_MAX - 1].offset, DEAD_MAX - 1);
}
END_TEST

/* ---- how much goes into a batch */

static const struct {
    const char *ops;
    unsigned keys; /* after so many they come again */
} filling[] = {
    { "- map: (1, _.value)\n- groupByKey\n- count", 1u << 30 },
    { "- map: (_.value, 1)\n- reduceByKey: _ + _\n- count", 1u << 30 },
    { "- map: (_.value, 1)\n- updateStateByKey: {id: t, func: '(v, s) => v.size'}\n- count", 5000 },
};

/* Feeds blocks of 200 records until no more should come; how many they were. */
static unsigned fill_batch(unsigned keys)
{
    char key[200][16];
    const char *lines[201] = { NULL };
    unsigned n = 0;
    for (; !engine_full(job.engine); n++) {
        for (unsigned i = 0; i < 200; i++) {
            snprintf(key[i], sizeof key[i], "key %u", (n * 200 + i) % keys);
            lines[i] = key[i];
        }
        job_feed(&job, 0, lines);
        loop_run(job.loop);
    }
    return n;
}

START_TEST(a_batch_is_full_before_it_fails)
{
    if (!whole_plan(&job, whole_file(&job, filling[_i].ops)))
        ck_abort_msg("%s", buf_text(&job.shown));
    job.spec.memory_max = 4u << 20;
    job_start(&job);
    for (unsigned i = 0; i < 6; i++) { /* what one kept must not count against the next for ever */
        unsigned blocks = fill_batch(filling[_i].keys);
        ck_assert_msg(blocks > 4, "batch %u: %u blocks", i, blocks);
        ck_assert_msg(job_cut(&job), "batch %u: %s", i, job.err.text);
    }
}
END_TEST

START_TEST(a_batch_is_full_of_half_the_dead_letters)
{
    job_open(&job, "- map: _.value.toInt");
    feed_errors(DEAD_MAX / 2 - 10);
    loop_run(job.loop);
    ck_assert(!engine_full(job.engine));
    feed_errors(10);
    loop_run(job.loop);
    ck_assert(engine_full(job.engine) && job_cut(&job));
    ck_assert(!engine_full(job.engine));
}
END_TEST

/* ---- several streams */

START_TEST(a_stream_may_be_read_twice)
{
    static const char *const outputs[] = { "words", "lengths", NULL };
    ck_assert(job_plan(&job,
                       "words: {from: kafka0, transformations: [flatMap: _.value.words]}\n"
                       "lengths: {from: words, transformations: [map: _.length]}\n",
                       outputs));
    job_open(&job, NULL);
    job_shows(&job, LINES("ab c", "def"), "ab\nc\ndef\n\n");
    ck_assert_str_eq(job_printed(&job, 1), "2\n1\n3\n\n");
}
END_TEST

START_TEST(a_union_is_one_stream_behind_the_other)
{
    static const char *const outputs[] = { "both", "counts", NULL };
    ck_assert(
        job_plan(&job,
                 "counts: {from: both, transformations: [map: \"(_, 1)\", reduceByKey: sum]}\n"
                 "both: {from: [one, two]}\n"
                 "one: {from: kafka1, transformations: [map: _.value]}\n"
                 "two: {from: kafka0, transformations: [map: _.value]}\n",
                 outputs));
    job_open(&job, NULL);
    job_feed(&job, 0, LINES("a", "b"));
    job_feed(&job, 1, LINES("c", "b"));
    job_feed(&job, 0, LINES("c", "d"));
    ck_assert(job_cut(&job));
    ck_assert_str_eq(job_printed(&job, 0), "c\nb\na\nb\nc\nd\n\n");
    ck_assert_str_eq(job_printed(&job, 1), "('c', 2)\n('b', 2)\n('a', 1)\n('d', 1)\n\n");
}
END_TEST

/* ---- memory */

static struct block *block_of_words(uint32_t n)
{
    struct block *block = block_new(n * 20, n);
    block->topic = "lines";
    for (uint32_t i = 0; i < n; i++) {
        char text[20];
        struct block_record record = { .value = text, .offset = i };
        record.value_len = (uint32_t)sprintf(text, "w%u and w%u", i % 100, i % 77);
        ck_assert(block_append(block, &record));
    }
    return block;
}

/* Allocations while a block of n records is computed and its batch closed. */
static uint64_t allocations_for(struct compute *compute, uint32_t n)
{
    struct buf output = { 0 };
    struct block *block = block_of_words(n);
    uint64_t before = mem_count();
    compute_feed(compute, &block, 1);
    bool more;
    for (uint32_t task = POOL_NONE; (task = compute_next(compute, task, &more)) != POOL_END;)
        compute_task(compute, task);
    uint64_t used = mem_count() - before;
    compute->tick = 1;
    compute->batch_ms = 1000;
    compute_cut(compute, &output);
    block_free(block);
    buf_free(&output);
    return used;
}

#ifdef __SANITIZE_ADDRESS__ /* an arena is then made of pieces of their own: so many a chunk, or a round of one key */
#define ALLOCATIONS_MAX(records) (200 + 20 * (records))
#else
#define ALLOCATIONS_MAX(records) 8
#endif

START_TEST(no_record_costs_an_allocation)
{
    static const char *const jobs[] = {
        word_count,
        "- map: (_.value.split(\" \")(0), _.value.length)\n- reduceByKey: (a, b) => a * 1 + b\n",
        "- filter: _.value.startsWith(\"w1\")\n- map: (_.offset, _.timestamp, _.value)\n",
        "- map: ((_.value.split(\" \")(0), _.partition), 1)\n- reduceByKey: _ + _\n",
        "- map: (_.value.split(\" \")(0), _.offset)\n- groupByKey\n- mapValues: _.size\n",
        "- flatMap: _.value.split(\" \")\n- distinct\n",
        "- map: (_.value, _.offset)\n- sortByKey\n",
        "- map: (_.value.length, _.offset)\n- reduce: (a, b) => (a._1 * 1 + b._1, b._2)\n",
        "- map: _.offset\n- glom\n- map: _.size\n",
    };
    static const char *const result[] = { "result", NULL };
    struct compute compute;
    struct dead dead = { 0 };
    ck_assert(job_plan(&job, jobs[_i], result));
    struct engine_conf conf = { .spec = &job.spec, .plan = job.plan };
    compute_open(&compute, &conf, 1);
    compute.dead = &dead;
    for (int i = 0; i < 5; i++)
        allocations_for(&compute, 20000); /* the arena and the tables take their size */
    ck_assert_uint_le(allocations_for(&compute, 1000), ALLOCATIONS_MAX(1000));
    ck_assert_uint_le(allocations_for(&compute, 100000), ALLOCATIONS_MAX(100000));
    compute_close(&compute);
    dead_free(&dead);
}
END_TEST

Suite *engine_suite(void)
{
    Suite *suite = suite_create("engine");
    TCase *tcase = tcase_create("engine");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, NULL, stage_close);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, words_are_counted_in_order_of_their_first_coming);
    tcase_add_test(tcase, each_batch_begins_with_nothing);
    tcase_add_test(tcase, blocks_are_one_batch_in_the_order_of_feeding);
    tcase_add_loop_test(tcase, operations_show_what_they_make, 0, 23);
    tcase_add_test(tcase, a_result_runs_on_through_further_operations);
    tcase_add_loop_test(tcase, threads_chunks_and_seed_do_not_show, 0, 11);
    tcase_add_test(tcase, what_is_no_string_is_an_error_record);
    tcase_add_test(tcase, only_what_is_looked_at_must_be_a_string);
    tcase_add_test(tcase, a_record_that_cannot_be_mapped_is_left_out);
    tcase_add_test(tcase, a_key_that_overflows_is_one_error);
    tcase_add_loop_test(tcase, an_error_of_a_result_shows_what_the_operation_was_given, 0, 3);
    tcase_add_test(tcase, a_skipped_record_is_counted_and_shown);
    tcase_add_test(tcase, fail_refuses_the_batch_and_names_the_record);
    tcase_add_test(tcase, more_dead_letters_than_can_be_kept_refuse_the_batch);
    tcase_add_test(tcase, skipped_ones_are_shown_up_to_the_bound);
    tcase_add_loop_test(tcase, a_batch_is_full_before_it_fails, 0, ARRAY_SIZE(filling));
    tcase_add_test(tcase, a_batch_is_full_of_half_the_dead_letters);
    tcase_add_test(tcase, a_stream_may_be_read_twice);
    tcase_add_test(tcase, a_union_is_one_stream_behind_the_other);
    tcase_add_loop_test(tcase, no_record_costs_an_allocation, 0, 9);
    return suite;
}
