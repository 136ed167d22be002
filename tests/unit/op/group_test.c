#include "op/group.h"

#include "whole.h"

static const struct {
    const char *ops, *batches[5], *shown;
} cases[] = {
    { "- map: (_.value.length, _.value)\n- groupByKey",
      { "b;ab;c|ccc;de;b", "", "x" },
      "(1, ['b', 'c', 'b'])\n(2, ['ab', 'de'])\n(3, ['ccc'])\n\n\n(1, ['x'])\n\n" },
    { "- map: ((_.value, [_.value.length]), (_.offset, _.value))\n- groupByKey",
      { "b;ab;b" },
      "(('b', [1]), [(0, 'b'), (2, 'b')])\n(('ab', [2]), [(1, 'ab')])\n\n" },
    { "- map: (_.value, 0.5)\n- groupByKey\n- mapValues: _.size\n- groupByKey",
      { "a;b;a|a" },
      "('a', [3])\n('b', [1])\n\n" },
    { " o: {from: [b, a], transformations: [map: \"(_.value.length, _.value)\", groupByKey]}\n",
      { "a;bb|>c;dd;eee|f", ">c;dd", "a" },
      "(1, ['c', 'a', 'f'])\n(2, ['dd', 'bb'])\n(3, ['eee'])\n\n(1, ['c'])\n(2, ['dd'])\n\n"
      "(1, ['a'])\n\n" },
    { "- map: _.value\n- glom", { "1;2|3;4", "", "5" }, "['1', '2']\n['3', '4']\n\n\n['5']\n\n" },
    { "- map: _.value\n- filter: _ != \"x\"\n- glom",
      { "x;a|x|b", "x" },
      "['a']\n[]\n['b']\n\n[]\n\n" },
    { "- map: (_.value, 1)\n- reduceByKey: sum\n- glom",
      { "a;b|a", "" },
      "[('a', 2), ('b', 1)]\n\n\n" },
    { "- map: _.value\n- glom\n- glom", { "1;2|3" }, "[['1', '2'], ['3']]\n\n" },
    { " o: {from: l, transformations: [union: [b, l], map: _.value, glom]}\n"
      " l: {from: a, transformations: [filter: true]}\n",
      { ">c|a;b|>d", "", "x" },
      "['a', 'b']\n['c']\n['d']\n['a', 'b']\n\n\n['x']\n['x']\n\n" },
    { "- map: _.value\n- repartition: 2\n- glom",
      { "1;2|3;4;5", "1", "" },
      "['1', '2']\n['3', '4', '5']\n\n[]\n['1']\n\n\n" },
    { "- map: _.value\n- repartition: 3\n- filter: _ != \"2\"\n- glom",
      { "1|2|3;4;5;6;7" },
      "['1']\n['3', '4']\n['5', '6', '7']\n\n" },
    { "- map: _.value\n- repartition: 1\n- glom", { "1|2|3" }, "['1', '2', '3']\n\n" },
    { "- map: _.value\n- repartition: 4", { "1|2|3", "" }, "1\n2\n3\n\n\n" },
};

START_TEST(groups_and_partitions)
{
    whole_shows(cases[_i].ops, cases[_i].batches, cases[_i].shown);
}
END_TEST

START_TEST(where_nobody_asks_for_partitions_rows_are_not_held)
{
    struct job job = { 0 };
    ck_assert(whole_plan(
        &job, whole_file(&job, "- repartition: 4\n- map: 6 / _.value.toInt\n- repartition: 2")));
    for (uint32_t i = 0; i < job.plan->n_nodes; i++)
        ck_assert_int_ne(job.plan->nodes[i].kind, PLAN_GATHER);
    job_close(&job);
}
END_TEST

START_TEST(in_tests_a_batch_is_one_partition)
{
    struct job job = { .one_partition = true };
    struct buf out = { 0 };
    whole_run(&job, "- map: _.value\n- glom", (const char *[]){ "1;2|3;4", "", "5", NULL }, &out);
    ck_assert_str_eq(buf_text(&out), "['1', '2', '3', '4']\n\n\n['5']\n\n");
    buf_free(&out);
    job_close(&job);
}
END_TEST

static const struct {
    const char *ops, *said;
} said[] = {
    { "- groupByKey",
      "job.yaml:2:3: error[E230]: groupByKey needs pairs (K, V), but here is a stream of {key: "
      "Option[String], value: String, topic: String, partition: Int, offset: Int, timestamp: "
      "Timestamp, headers: Map[String, String]}\n  help: make pairs first: map: (_.value, 1)\n" },
    { "- map: (0.5, 1)\n- groupByKey",
      "job.yaml:3:3: error[E230]: groupByKey needs keys that compare exactly, but here is a stream "
      "of (Double, Int)\n"
      "  help: a key cannot hold a Double or Json: map it to an Int or a String\n" },
    { "- groupByKey: 3",
      "job.yaml:2:15: error[E206]: groupByKey takes no argument\n"
      "  help: write it as a bare word: - groupByKey\n" },
    { "- glom: 3",
      "job.yaml:2:9: error[E206]: glom takes no argument\n"
      "  help: write it as a bare word: - glom\n" },
    { "- repartition",
      "job.yaml:2:3: error[E205]: repartition needs a number\n  help: as repartition: 4\n" },
    { "- repartition: 0",
      "job.yaml:2:16: error[E208]: repartition must be at least 1, here is '0'\n" },
    { "- repartition: many",
      "job.yaml:2:16: error[E206]: repartition must be a whole number, here is 'many'\n" },
    { "- repartition: 10001",
      "job.yaml:2:16: error[E208]: repartition must be at most 10000, here is '10001'\n" },
};

START_TEST(mistakes_name_the_type_and_the_mend)
{
    whole_says(said[_i].ops, said[_i].said);
}
END_TEST

Suite *group_suite(void)
{
    Suite *suite = suite_create("group");
    TCase *tcase = tcase_create("group");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, groups_and_partitions, 0, ARRAY_SIZE(cases));
    tcase_add_test(tcase, where_nobody_asks_for_partitions_rows_are_not_held);
    tcase_add_test(tcase, in_tests_a_batch_is_one_partition);
    tcase_add_loop_test(tcase, mistakes_name_the_type_and_the_mend, 0, ARRAY_SIZE(said));
    return suite;
}
