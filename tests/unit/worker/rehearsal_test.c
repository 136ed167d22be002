/* worker/rehearsal.c: a job in memory, and what its kill leaves. */
#include "worker/rehearsal.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/plan.h"
#include "spec/job.h"

static struct arena arena;
static struct diags diags;
static struct job_spec *spec;
static struct plan *plan;
static struct rehearsal *rehearsal;
static struct buf seen; /* what was delivered: number of the batch, then what it shows */
static uint32_t rows_seen;

static const char *nothing(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return NULL;
}

static void delivered(void *ctx, const struct rehearsal_output *output)
{
    (void)ctx;
    buf_printf(&seen, "%llu:%zu ", (unsigned long long)output->batch, output->output);
    buf_put(&seen, output->bytes.ptr, output->bytes.len);
}

static void rows_come(void *ctx, size_t output, const struct column *rows, uint32_t n)
{
    (void)ctx, (void)output, (void)rows;
    rows_seen = n;
}

static void begin(void)
{
    static const char text[] =
        "batchInterval: 10s\nsources:\n  - kafka: {bootstrap.servers: \"b:1\", group.id: g, "
        "topics: {lines: 1}}\ntransformations:\n  - map: _.offset\n"
        "outputs:\n  - print: {num: 2}\n";
    static const struct expand_env expand = { .variable = nothing };
    const struct job_env env = { .expand = &expand };
    struct err err;
    setenv("TZ", "UTC", 1);
    tzset();
    diags = (struct diags){ .arena = &arena, .file = "j.yaml", .source = { text, strlen(text) } };
    ck_assert(job_parse(&arena, "j", &env, &diags, &spec));
    ck_assert(plan_build(&arena, spec, &diags, &plan));
    struct rehearsal_conf conf = { .spec = spec,
                                   .plan = plan,
                                   .threads = 1,
                                   .can_be_killed = true,
                                   .rows = rows_come,
                                   .deliver = delivered };
    ck_assert(rehearsal_new(&conf, &rehearsal, &err));
}

static void end(void)
{
    rehearsal_free(rehearsal);
    arena_free(&arena);
    buf_free(&seen);
}

static void put(int32_t partition, int64_t offset)
{
    struct rehearsal_record record = { .topic = "lines",
                                       .partition = partition,
                                       .record = {
                                           .value = "v", .value_len = 1, .offset = offset } };
    struct err err;
    ck_assert(rehearsal_put(rehearsal, &record, &err));
}

static void commit(void)
{
    struct engine_cut cut;
    struct err err;
    ck_assert_msg(rehearsal_commit(rehearsal, &cut, &err), "%s", err.text);
}

static void kill_it(void)
{
    struct err err;
    ck_assert_msg(rehearsal_kill(rehearsal, &err), "%s", err.text);
}

static const char *deliver(void)
{
    buf_clear(&seen);
    rehearsal_deliver(rehearsal);
    return buf_text(&seen);
}

#define RULE "-------------------------------------------\n"
#define AT(time) RULE "Time: 1970-01-01 00:00:" time "\n" RULE

START_TEST(offsets_count_on_for_each_partition)
{
    put(0, -1), put(0, -1), put(1, -1), put(0, 7), put(0, -1);
    commit();
    ck_assert_uint_eq(rows_seen, 5); /* though two are shown */
    ck_assert_str_eq(deliver(), "1:0 " AT("10") "0\n1\n...\n\n");
    put(0, -1), put(1, -1);
    ck_assert_int_eq(rehearsal_time_ms(rehearsal), 20000);
    commit();
    ck_assert_str_eq(deliver(), "2:0 " AT("20") "9\n1\n\n");
}
END_TEST

START_TEST(what_was_not_delivered_is_delivered_after_a_kill)
{
    put(0, 5);
    commit();
    kill_it();
    ck_assert_str_eq(deliver(), "1:0 " AT("10") "5\n\n");
    ck_assert_str_eq(deliver(), "");
}
END_TEST

START_TEST(a_delivery_that_no_record_notes_is_done_again)
{
    put(0, 5);
    commit();
    ck_assert_str_ne(deliver(), "");
    kill_it();
    ck_assert_str_eq(deliver(), "1:0 " AT("10") "5\n\n");
    commit();
    kill_it();
    ck_assert_str_eq(deliver(), "2:0 " AT("20") "\n"); /* the second batch alone */
}
END_TEST

START_TEST(a_kill_before_the_first_batch_goes_on_with_the_first)
{
    kill_it();
    kill_it();
    put(0, 5);
    commit();
    ck_assert_str_eq(deliver(), "1:0 " AT("10") "5\n\n");
}
END_TEST

START_TEST(many_blocks_of_a_batch_are_one_batch)
{
    for (int i = 0; i < 300; i++)
        put(i % 2, -1);
    commit();
    ck_assert_uint_eq(rows_seen, 300);
}
END_TEST

START_TEST(records_of_any_size_find_room)
{
    static char large[3 << 20];
    struct rehearsal_record record = { .topic = "lines" };
    struct err err;
    for (int i = 0; i < 17000; i++) /* more than a block has rows */
        put(0, -1);
    memset(large, 'x', sizeof large);
    record.record =
        (struct block_record){ .value = large, .value_len = sizeof large, .offset = -1 };
    ck_assert(rehearsal_put(rehearsal, &record, &err));
    commit();
    ck_assert_uint_eq(rows_seen, 17001);
    record.record.value_len = REHEARSAL_RECORD_MAX + 1; /* it is refused unread */
    ck_assert(!rehearsal_put(rehearsal, &record, &err));
    ck_assert_int_eq(err.kind, ERR_BAD_RECORD);
    ck_assert_uint_eq(err.code, 407);
    ck_assert_str_eq(err.text, "a record of 1000000001 bytes, more than 1000000000");
    rehearsal_free(NULL);
}
END_TEST

Suite *rehearsal_suite(void)
{
    Suite *suite = suite_create("rehearsal");
    TCase *tcase = tcase_create("rehearsal");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, offsets_count_on_for_each_partition);
    tcase_add_test(tcase, what_was_not_delivered_is_delivered_after_a_kill);
    tcase_add_test(tcase, a_delivery_that_no_record_notes_is_done_again);
    tcase_add_test(tcase, a_kill_before_the_first_batch_goes_on_with_the_first);
    tcase_add_test(tcase, many_blocks_of_a_batch_are_one_batch);
    tcase_add_test(tcase, records_of_any_size_find_room);
    return suite;
}
