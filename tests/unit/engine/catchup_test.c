/* Ticks that passed without the job, and errors that no record stands for. */
#include "engine/catchup.h"

#include "../op/memory.h"

static struct job job;

static void stage_close(void)
{
    job_close(&job);
}

static void start(const char *ops, enum job_error_action on_error)
{
    if (!whole_plan(&job, whole_file(&job, ops)))
        ck_abort_msg("%s", buf_text(&job.shown));
    job.spec.on_error = on_error;
    job_start(&job);
    engine_set_clock(job.engine, 0, 0);
}

#define FAILS                                                                                \
    "- flatMap: _.value.words\n- map: (_, 1)\n- updateStateByKey: {id: t, func: \"(values, " \
    "state) "                                                                                \
    "=> if (values.size > 0) 1 else 1 / (batchTime - batchTime)\"}"

/* Fifty keys fail at each of the ticks. */
START_TEST(an_error_that_comes_with_every_tick_is_kept_once)
{
    struct buf line = { 0 };
    int64_t ms = 0;
    start(FAILS, ON_ERROR_SKIP);
    for (int i = 0; i < 50; i++)
        buf_printf(&line, "k%d ", i);
    memory_batch(&job, buf_text(&line), &ms);
    ck_assert_uint_eq(job.cut.n_dead, 0);
    memory_batch(&job, "+20 ", &ms);
    ck_assert_uint_eq(job.cut.n_dead, 100); /* of all ticks before, and of this one */
    ck_assert_mem_eq(job.cut.dead[0].value.ptr, "k0", 2);
    ck_assert_mem_eq(job.cut.dead[49].value.ptr, "k49", 3);
    ck_assert_mem_eq(job.cut.dead[50].value.ptr, "k0", 2);
    memory_batch(&job, "+20 ", &ms); /* and said again in the next batch */
    ck_assert_uint_eq(job.cut.n_dead, 100);
    buf_free(&line);
}
END_TEST

START_TEST(fail_names_the_operation_where_there_is_no_record)
{
    start("- map: (_.value, 9000000000000000000)\n- reduceByKey: _ + _", ON_ERROR_FAIL);
    whole_feed(&job, "a;a");
    loop_run(job.loop);
    ck_assert(!job_close_batch(&job, 1000));
    ck_assert_int_eq(job.err.kind, ERR_BAD_RECORD);
    ck_assert_uint_eq(job.err.code, 404);
    ck_assert_str_eq(job.err.text,
                     "transformations[1].reduceByKey: overflow: the result does not fit an Int");
}
END_TEST

START_TEST(of_a_long_row_an_error_shows_the_front)
{
    char row[1500];
    memset(row, 'x', sizeof row);
    row[sizeof row - 1] = 0;
    start("- map: _.value\n- distinct\n- map: 1 / (_.length - 1499)", ON_ERROR_DEAD_LETTER);
    whole_feed(&job, row);
    loop_run(job.loop);
    ck_assert(job_close_batch(&job, 1000));
    ck_assert_uint_eq(job.cut.n_dead, 1);
    ck_assert_uint_eq(job.cut.dead[0].value.len, 1000);
}
END_TEST

/* Blocks {partition, topic} of a source, each of one record, and the lists that glom makes of them. */
static void glom_shows(const char *kind, const char *shown)
{
    static const struct {
        int32_t partition;
        const char *topic;
    } blocks[] = { { 0, "t" }, { 0, "t" }, { 1, "t" }, { 1, "u" }, { 1, "u" } };
    start("- map: _.value\n- glom", ON_ERROR_SKIP);
    job.spec.sources[0].kind = kind;
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
        struct block *block = block_new(1, 1);
        block->topic = blocks[i].topic;
        block->partition = blocks[i].partition;
        ck_assert(
            block_append(block, &(struct block_record){ .value = &"abcde"[i], .value_len = 1 }));
        job_feed_block(&job, block);
    }
    loop_run(job.loop);
    ck_assert(job_close_batch(&job, 1000));
    ck_assert_str_eq(job_printed(&job, 0), shown);
}

START_TEST(a_receivers_partition_is_a_block)
{
    glom_shows("kafka", "['a']\n['b']\n['c']\n['d']\n['e']\n\n");
}
END_TEST

START_TEST(a_direct_sources_partition_is_a_topics)
{
    glom_shows("kafkaDirect", "['a', 'b']\n['c']\n['d', 'e']\n\n");
}
END_TEST

START_TEST(large_records_make_small_pieces)
{
    char row[4001];
    memset(row, 'x', sizeof row);
    row[sizeof row - 1] = 0;
    start(
        "- map: _.value.toUpperCase.length + _.value.replace(\"x\", \"yy\").length\n- reduce: _ + "
        "_",
        ON_ERROR_SKIP);
    for (int i = 0; i < 600; i++)
        whole_feed(&job, row);
    loop_run(job.loop);
    ck_assert(job_close_batch(&job, 1000));
    ck_assert_str_eq(job_printed(&job, 0), "7200000\n\n");
}
END_TEST

START_TEST(of_two_streams_one_output_shows_as_many_rows_as_of_one)
{
    char a[121], b[121];
    for (int i = 0; i < 60; i++) {
        memcpy(a + 2 * i, "a;", 3);
        memcpy(b + 2 * i, i ? "b;" : ">b", 3);
    }
    a[119] = b[119] = 0;
    start(
        "  o: {from: [x, y]}\n  x: {from: a, transformations: [map: _.value]}\n  y: {from: b, "
        "transformations: [map: _.value]}",
        ON_ERROR_SKIP);
    whole_feed(&job, b);
    whole_feed(&job, a);
    loop_run(job.loop);
    ck_assert(job_close_batch(&job, 1000));
    const char *shown = job_printed(&job, 0);
    ck_assert_uint_eq(strlen(shown), 50 * 2 + strlen("...\n\n"));
    ck_assert_ptr_null(strchr(shown, 'b')); /* x comes first */
}
END_TEST

Suite *catchup_suite(void)
{
    Suite *suite = suite_create("catchup");
    TCase *tcase = tcase_create("catchup");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, stage_close);
    tcase_add_test(tcase, an_error_that_comes_with_every_tick_is_kept_once);
    tcase_add_test(tcase, fail_names_the_operation_where_there_is_no_record);
    tcase_add_test(tcase, of_a_long_row_an_error_shows_the_front);
    tcase_add_test(tcase, a_receivers_partition_is_a_block);
    tcase_add_test(tcase, a_direct_sources_partition_is_a_topics);
    tcase_add_test(tcase, large_records_make_small_pieces);
    tcase_add_test(tcase, of_two_streams_one_output_shows_as_many_rows_as_of_one);
    return suite;
}
