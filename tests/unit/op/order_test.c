#include "op/order.h"

#include "whole.h"

static const struct {
    const char *ops, *batches[5], *shown;
} cases[] = {
    { "- map: (_.value.toInt, _.offset)\n- sortByKey",
      { "3;-1|2;3;10", "", "2;1" },
      "(-1, 1)\n(2, 2)\n(3, 0)\n(3, 3)\n(10, 4)\n\n\n(1, 6)\n(2, 5)\n\n" },
    { "- map: (_.value.toInt, _.offset)\n- sortByKey: {ascending: false}",
      { "3;-1|2;3;10" },
      "(10, 4)\n(3, 0)\n(3, 3)\n(2, 2)\n(-1, 1)\n\n" },
    { "- map: (_.value.toDouble, _.offset)\n- sortByKey: {}",
      { "3;-0.5|2;nan;-1e300" },
      "(-1e+300, 4)\n(-0.5, 1)\n(2.0, 2)\n(3.0, 0)\n(nan, 3)\n\n" },
    { "- map: (_.value, _.offset)\n- sortByKey: {ascending: true}",
      { "b;\xc3\xa9;|Z;a;\xf0\x9f\x98\x80;\xef\xbf\xbd;ab" },
      "('', 2)\n('Z', 3)\n('a', 4)\n('ab', 7)\n('b', 0)\n('\xc3\xa9', 1)\n('\xef\xbf\xbd', 6)\n"
      "('\xf0\x9f\x98\x80', 5)\n\n" },
    { "- map: ((_.value.length, _.value), _.value == \"b\")\n- sortByKey",
      { "b;ab;a|" },
      "((0, ''), False)\n((1, 'a'), False)\n((1, 'b'), True)\n((2, 'ab'), False)\n\n" },
    { "- flatMap: _.value.words\n- map: (_, 1)\n- reduceByKey: sum\n- map: (_._2, _._1)\n"
      "- sortByKey: {ascending: false}",
      { "a b c b|c b d" },
      "(3, 'b')\n(2, 'c')\n(1, 'a')\n(1, 'd')\n\n" },
    { "- map: (_.value, _.offset)\n- top: {num: 2, by: _._1.length}",
      { "a;bbb;cc|ddd;eeee;fff", "", "g" },
      "('eeee', 4)\n('bbb', 1)\n\n\n('g', 6)\n\n" },
    { "- map: _.value\n- top: {num: 3, by: 6 / _.toInt}",
      { "3;0;2|6;1;x" },
      "1\n2\n3\n\n"
      "E404 at 1: transformations[1].top: `6 / _.toInt`: division by 0: 0\n"
      "E403 at 5: transformations[1].top: `_.toInt`: \"x\" is not a whole number: x\n" },
    { " o: {from: [b, a], transformations: [top: {num: 3, by: _.value.length}, map: _.value]}\n",
      { "a;bb|>c;dd;eee|f" },
      "eee\ndd\nbb\n\n" },
};

START_TEST(rows_in_order)
{
    whole_shows(cases[_i].ops, cases[_i].batches, cases[_i].shown);
}
END_TEST

START_TEST(top_drops_what_it_cannot_show)
{
    struct job job = { 0 };
    ck_assert(whole_plan(
        &job, whole_file(&job, "- top: {num: 3, by: _.value.length}\n- map: (_.offset, _.value)")));
    job.spec.memory_max = 1 << 20; /* all of them take twice as much */
    job_start(&job);
    for (int i = 0; i < 3000; i++)
        job_feed(&job, 0, LINES("aa", "a", "aa", "", "a", "a", "aaa", "a", "aa", "aa"));
    job_feed(&job, 0, LINES("aaaa"));
    ck_assert_msg(job_cut(&job), "%s", job.err.text);
    ck_assert_str_eq(job_printed(&job, 0), "(30000, 'aaaa')\n(6, 'aaa')\n(16, 'aaa')\n\n");
    job_close(&job);
}
END_TEST

static const struct {
    const char *ops, *said;
} said[] = {
    { "- map: _.value\n- sortByKey",
      "job.yaml:3:3: error[E230]: sortByKey needs pairs (K, V), but here is a stream of String\n"
      "  help: make pairs first: map: (_, 1)\n" },
    { "- map: ([1], 1)\n- sortByKey",
      "job.yaml:3:3: error[E230]: sortByKey needs keys that have an order, but here is a stream of "
      "(List[Int], Int)\n"
      "  help: map the key to an Int, Double, String, Bool, Timestamp, or a tuple of those\n" },
    { "- sortByKey: {descending: true}",
      "job.yaml:2:15: error[E202]: unknown key 'descending'\n"
      "  help: did you mean 'ascending'?\n" },
    { "- sortByKey: 5",
      "job.yaml:2:14: error[E206]: sortByKey must be a mapping, as {ascending: false}, here is "
      "'5'\n" },
    { "- top",
      "job.yaml:2:3: error[E205]: top needs a mapping\n  help: as top: {num: 10, by: _._2}\n" },
    { "- top: {num: 0, by: _.value}",
      "job.yaml:2:14: error[E208]: num must be at least 1, here is '0'\n" },
    { "- top: {num: 3}", "job.yaml:2:3: error[E205]: top needs 'by'\n  help: as by: _._2\n" },
    { "- top: {num: 3, by: _.headers}",
      "job.yaml:2:21: error[E232]: top needs a 'by' that has an order, but this is Map[String, "
      "String]\n  help: an Int, Double, String, Bool, Timestamp, or a tuple of those\n" },
    { "- top: {num: 3, by: [_.value, 1]}",
      "job.yaml:2:21: error[E206]: by must be an expression, here YAML made a list of it\n"
      "  help: write it in quotes: by: \"[_.value, 1]\"\n" },
    { "- top: {num: 3, by: _.vallue}",
      "job.yaml:2:23: error[E233]: a record {key: Option[String], value: String, topic: "
      "String, partition: Int, offset: Int, timestamp: Timestamp, headers: Map[String, String]} "
      "has no field 'vallue'\n  help: did you mean 'value'?\n" },
};

START_TEST(mistakes_name_the_type_and_the_mend)
{
    whole_says(said[_i].ops, said[_i].said);
}
END_TEST

Suite *order_suite(void)
{
    Suite *suite = suite_create("order");
    TCase *tcase = tcase_create("order");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, rows_in_order, 0, ARRAY_SIZE(cases));
    tcase_add_test(tcase, top_drops_what_it_cannot_show);
    tcase_add_loop_test(tcase, mistakes_name_the_type_and_the_mend, 0, ARRAY_SIZE(said));
    return suite;
}
