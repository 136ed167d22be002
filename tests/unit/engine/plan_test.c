#include "engine/plan.h"

#include "engine/lift.h"
#include "job.h"

static struct job job;

static void stage_close(void)
{
    job_close(&job);
}

static void plan_shows(const char *yaml, const char *findings)
{
    static const char *const result[] = { "result", NULL };
    bool ok = job_plan(&job, yaml, result);
    ck_assert_str_eq(buf_text(&job.shown), findings);
    ck_assert(ok == (findings[0] == 0));
}

START_TEST(findings_name_the_operation_and_the_mend)
{
    static const struct {
        const char *ops, *findings;
    } cases[] = {
        { "- flatmap: _.value.split(\" \")",
          "job.yaml:1:3: error[E201]: unknown operation 'flatmap'\n"
          "  help: did you mean 'flatMap'?\n" },
        { "- zzzzzzzzz: 1", "job.yaml:1:3: error[E201]: unknown operation 'zzzzzzzzz'\n" },
        { "- foreachRDD: x",
          "job.yaml:1:3: error[E216]: there is no operation 'foreachRDD' here\n"
          "  help: write an output: print, saveAsTextFiles, kafka, postgres, http, or pipe for a "
          "program of yours\n" },
        { "- map: _.value\n- reduceByKey: _ + _",
          "job.yaml:2:3: error[E230]: reduceByKey needs pairs (K, V), but here is a stream of "
          "String\n  help: make pairs first: map: (_, 1)\n" },
        { "- map: _.value\n- mapValues: _ + 1",
          "job.yaml:2:3: error[E230]: mapValues needs pairs (K, V), but here is a stream of "
          "String\n  help: make pairs first: map: (_, 1)\n" },
        { "- map: (1.5, 1)\n- reduceByKey: _ + _",
          "job.yaml:2:3: error[E230]: reduceByKey needs keys that compare exactly, but here is a "
          "stream of (Double, Int)\n"
          "  help: a key cannot hold a Double or Json: map it to an Int or a String\n" },
        { "- map: (1, \"a\")\n- reduceByKey: sum",
          "job.yaml:2:3: error[E230]: reduceByKey needs pairs (K, number) for 'sum', but here is a "
          "stream of (Int, String)\n  help: make numbers first: mapValues: _.toInt\n" },
        { "- count: 5",
          "job.yaml:1:10: error[E206]: count takes no argument\n"
          "  help: write it as a bare word: - count\n" },
        { "- map", "job.yaml:1:3: error[E205]: map needs an expression\n" },
    };
    plan_shows(cases[_i].ops, cases[_i].findings);
}
END_TEST

START_TEST(what_follows_from_another_mistake_is_not_reported)
{
    static const char *const result[] = { "result", NULL };
    ck_assert(!job_plan(
        &job, "- map: _.value.nope\n- reduceByKey: _ + _\n- fliter: true\n- count\n", result));
    ck_assert_uint_eq(diag_errors(&job.diags), 2);
    ck_assert(strstr(buf_text(&job.shown), "job.yaml:1:"));
    ck_assert(
        strstr(buf_text(&job.shown), "job.yaml:3:3: error[E201]: unknown operation 'fliter'"));
}
END_TEST

START_TEST(a_stream_made_from_itself_is_refused)
{
    static const char *const outputs[] = { "a", NULL };
    ck_assert(!job_plan(&job, "a: {from: b}\nb: {from: [kafka0, a]}\n", outputs));
    ck_assert(strstr(buf_text(&job.shown), "error[E211]: 'a' would be made from itself"));
    ck_assert_uint_eq(diag_errors(&job.diags), 1);
}
END_TEST

START_TEST(a_name_that_nobody_has_is_refused)
{
    static const char *const outputs[] = { "a", NULL };
    ck_assert(!job_plan(&job, "a: {from: [kafka0, nobody]}\n", outputs));
    ck_assert_str_eq(buf_text(&job.shown),
                     "job.yaml:1:11: error[E211]: there is no source or stream 'nobody'\n");
}
END_TEST

START_TEST(a_union_of_unlike_streams_is_refused)
{
    static const char *const outputs[] = { "u", NULL };
    ck_assert(!job_plan(&job,
                        "a: {from: kafka0, transformations: [map: _.value]}\n"
                        "b: {from: kafka0, transformations: [map: _.offset]}\n"
                        "u: {from: [a, b]}\n",
                        outputs));
    ck_assert(
        strstr(buf_text(&job.shown),
               "error[E230]: a union needs streams of one type, but 'a' is a stream of String "
               "and 'b' of Int"));
}
END_TEST

START_TEST(streams_that_double_and_double_are_refused)
{
    static const char *const outputs[] = { "s19", NULL };
    struct buf yaml = { 0 };
    buf_puts(&yaml, "s0: {from: kafka0}\n");
    for (int i = 1; i < 20; i++)
        buf_printf(&yaml, "s%d: {from: [s%d, s%d]}\n", i, i - 1, i - 1);
    ck_assert(!job_plan(&job, buf_text(&yaml), outputs));
    ck_assert(strstr(buf_text(&job.shown), "error[E208]"));
    buf_free(&yaml);
}
END_TEST

START_TEST(a_chain_without_end_is_refused)
{
    static const char *const outputs[] = { "result", NULL };
    struct buf yaml = { 0 };
    for (int i = 0; i < 2000; i++)
        buf_puts(&yaml, "- filter: true\n");
    ck_assert(!job_plan(&job, buf_text(&yaml), outputs));
    ck_assert(strstr(buf_text(&job.shown), "error[E208]"));
    buf_free(&yaml);
}
END_TEST

START_TEST(only_fields_that_are_looked_at_are_made)
{
    static const struct {
        const char *ops;
        uint64_t fields;
    } cases[] = {
        { "- map: _.value", 1 << LIFT_VALUE },
        { "- filter: _.partition == 1\n- map: (_.value, _.offset)",
          1 << LIFT_PARTITION | 1 << LIFT_VALUE | 1 << LIFT_OFFSET },
        { "- count", 0 },
        { "- filter: _.key.isDefined\n- count", 1 << LIFT_KEY },
        { "- map: 1", 0 },
        { "- filter: true", UINT64_MAX },
        { "- map: _", UINT64_MAX },
    };
    plan_shows(cases[_i].ops, "");
    ck_assert_uint_eq(job.plan->nodes[0].fields, cases[_i].fields);
}
END_TEST

Suite *plan_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("plan");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, NULL, stage_close);
    tcase_add_loop_test(tcase, findings_name_the_operation_and_the_mend, 0, 9);
    tcase_add_test(tcase, what_follows_from_another_mistake_is_not_reported);
    tcase_add_test(tcase, a_stream_made_from_itself_is_refused);
    tcase_add_test(tcase, a_name_that_nobody_has_is_refused);
    tcase_add_test(tcase, a_union_of_unlike_streams_is_refused);
    tcase_add_test(tcase, streams_that_double_and_double_are_refused);
    tcase_add_test(tcase, a_chain_without_end_is_refused);
    tcase_add_loop_test(tcase, only_fields_that_are_looked_at_are_made, 0, 7);
    return suite;
}
