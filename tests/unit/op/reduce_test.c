#include "op/reduce.h"

#include "whole.h"

static const struct {
    const char *ops, *batches[5], *shown;
} cases[] = {
    { "- map: _.value\n- countByValue",
      { "1;1|2;2", "", "b" },
      "('1', 2)\n('2', 2)\n\n\n('b', 1)\n\n" },
    { "- map: (_.value, [_.value])\n- countByValue",
      { "x;y;x" },
      "(('x', ['x']), 2)\n(('y', ['y']), 1)\n\n" },
    { "- map: _.value == \"x\"\n- countByValue", { "x;y;x" }, "(True, 2)\n(False, 1)\n\n" },
    { "- map: _.value\n- distinct", { "b;a;b|c;a", "", "a;a" }, "b\na\nc\n\n\na\n\n" },
    { "- map: (_.value.length, _.value)\n- distinct", { "b;ab;b" }, "(1, 'b')\n(2, 'ab')\n\n" },
    { "- distinct\n- count", { "b;a;b" }, "3\n\n" },
    { "- map: _.value.toInt\n- reduce: _ + _",
      { "1;2|3;4", "5;6;7;8", "", "9;10;11;12" },
      "10\n\n26\n\n\n42\n\n" },
    { "- map: _.value.toInt\n- reduce: sum", { "1;2|3;4", "" }, "10\n\n\n" },
    { "- map: _.value.toInt\n- reduce: min", { "7;2|3;4" }, "2\n\n" },
    { "- map: _.value.toDouble\n- reduce: max", { "7;2.5|3;-4" }, "7.0\n\n" },
    { "- map: _.value\n- reduce: max", { "a;bc|\xc3\xa9;d", "" }, "\xc3\xa9\n\n\n" },
    { "- map: (_.value.length, (_.value, _.offset))\n- reduceByKey: min",
      { "b;cc;a|a;bb" },
      "(1, ('a', 2))\n(2, ('bb', 4))\n\n" },
    { "- map: (_.partition, _.timestamp)\n- reduceByKey: max",
      { "b;c" },
      "(3, 1970-01-01 00:00:00.007000)\n\n" },
    { "- reduce: count", { "a;b;c", "" }, "3\n\n\n" },
    { "- map: _.value.toInt\n- reduce: (a, b) => a * 10 + b", { "1;2|3;4" }, "1234\n\n" },
    { "- map: _.value\n- reduce: _ + _", { "a;bc|d" }, "abcd\n\n" },
    { "- map: (_.value, 1)\n- reduce: (a, b) => (b._1 + a._1, a._2 + b._2)",
      { "a;bc|d" },
      "('dbca', 3)\n\n" },
    { "- map: (_.value.substring(0, 1), _.value)\n- reduceByKey: (a, b) => a + \",\" + b",
      { "a1;b2;a|c;a4;b", "b5;b" },
      "('a', 'a1,a,a4')\n('b', 'b2,b')\n('c', 'c')\n\n('b', 'b5,b')\n\n" },
    { "- map: (_.value.length, [_.value])\n- reduceByKey: _ + _",
      { "a;bc|d;ef;ef;", "g" },
      "(1, ['a', 'd'])\n(2, ['bc', 'ef', 'ef'])\n(0, [''])\n\n(1, ['g'])\n\n" },
    { "- map: (_.value.length, [(_.value, [_.offset])])\n- reduceByKey: (a, b) => a + b + b",
      { "a;bc|d" },
      "(1, [('a', [0]), ('d', [2]), ('d', [2])])\n(2, [('bc', [1])])\n\n" },
    { "- map: (_.value.length, _.value)\n- reduceByKey: (a, b) => a + (6 / b.toInt).toString",
      { "0;10;3;2|x;20;1", "1;2|3" },
      "(2, '100')\n\n"
      "E403 at -1: transformations[1].reduceByKey: not a whole number: 1\n(1, '132')\n\n" },
    { "- map: _.value.toInt\n- reduce: _ + _",
      { "9223372036854775807;1", "1;1" },
      "\nE404 at -1: transformations[1].reduce: overflow: the result does not fit an Int\n2\n\n" },
    { "- map: _.value.toInt\n- reduce: (a, b) => a / b",
      { "8;2;0;5" },
      "\nE404 at -1: transformations[1].reduce: division by 0\n" },
    { "- map: (_.value, 1)\n- reduceByKey: _ + _",
      { "a;a|b", ";", "" },
      "('a', 2)\n('b', 1)\n\n('', 2)\n\n\n" },
    { "- map: (_.value, _.value)\n- reduceByKey: count", { "a;b|a" }, "('a', 2)\n('b', 1)\n\n" },
    { "- map: (_.value, 1)\n- flatMapValues: \"[_, _ + 1]\"",
      { "a;b" },
      "('a', 1)\n('a', 2)\n('b', 1)\n('b', 2)\n\n" },
    { "- map: (_.value.length, _.value)\n- flatMapValues: _.split(\"-\").map(x => 6 / x.toInt)",
      { "1-2;3;1-0-2;2" },
      "(3, 6)\n(3, 3)\n(1, 2)\n(1, 3)\n\n"
      "E404 at 2: transformations[1].flatMapValues: `6 / x.toInt`: division by 0: 1-0-2\n" },
    { " o: {from: [l, r], transformations: [reduce: \"(x, y) => x + y\"]}\n"
      " l: {from: a, transformations: [map: _.value]}\n"
      " r: {from: b, transformations: [map: _.value]}\n",
      { ">c|a;b|>d", ">e" },
      "abcd\n\ne\n\n" },
    { " o: {from: [a, b], transformations: [map: _.value, distinct]}\n",
      { ">c;b;x|a;b|>d" },
      "a\nb\nc\nx\nd\n\n" },
};

START_TEST(folds_give_what_spark_gives)
{
    whole_shows(cases[_i].ops, cases[_i].batches, cases[_i].shown);
}
END_TEST

START_TEST(a_fold_holds_no_more_than_its_value)
{
    struct job job = { 0 };
    ck_assert(whole_plan(&job, whole_file(&job,
                                          "- map: (_.value, 1)\n"
                                          "- reduce: (a, b) => (b._1, a._2 + b._2)")));
    job.spec.memory_max = 256 << 10; /* 20,000 values take more */
    job_start(&job);
    for (int i = 0; i < 2000; i++)
        job_feed(&job, 0, LINES("a", "bb", "ccc", "", "a", "bbbb", "c", "dddddd", "e", "f"));
    ck_assert_msg(job_cut(&job), "%s", job.err.text);
    ck_assert_str_eq(job_printed(&job, 0), "('f', 20000)\n\n");
    job_close(&job);
}
END_TEST

static const struct {
    const char *ops, *said;
} said[] = {
    { "- countByValue: 3",
      "job.yaml:2:17: error[E206]: countByValue takes no argument\n"
      "  help: write it as a bare word: - countByValue\n" },
    { "- map: 1.5\n- distinct",
      "job.yaml:3:3: error[E230]: distinct needs values that compare exactly, but here is a stream "
      "of Double\n  help: a key cannot hold a Double or Json: map it to an Int or a String\n" },
    { "- map: (1, [1.5])\n- countByValue",
      "job.yaml:3:3: error[E230]: countByValue needs values that compare exactly, but here is a "
      "stream of (Int, List[Double])\n"
      "  help: a key cannot hold a Double or Json: map it to an Int or a String\n" },
    { "- reduce",
      "job.yaml:2:3: error[E205]: reduce needs an expression\n  help: as reduce: _ + _\n" },
    { "- map: _.value\n- reduce: sum",
      "job.yaml:3:3: error[E230]: reduce needs numbers for 'sum', but here is a stream of "
      "String\n  help: make numbers first: map: _.toInt\n" },
    { "- map: \"[_.value]\"\n- reduce: min",
      "job.yaml:3:3: error[E230]: reduce needs values that have an order for 'min', but here is a "
      "stream of List[String]\n" },
    { "- map: _.value\n- reduceByKey: count",
      "job.yaml:3:3: error[E230]: reduceByKey needs pairs (K, V), but here is a stream of "
      "String\n  help: make pairs first: map: (_, 1)\n" },
    { "- map: _.value\n- flatMapValues: _.words",
      "job.yaml:3:3: error[E230]: flatMapValues needs pairs (K, V), but here is a stream of "
      "String\n  help: make pairs first: map: (_, 1)\n" },
    { "- map: (1, _.value)\n- flatMapValues: _",
      "job.yaml:3:18: error[E232]: flatMapValues wants a List, but this is a String\n"
      "  help: a List of its words: .split(\" \")\n" },
};

START_TEST(mistakes_name_the_type_and_the_mend)
{
    whole_says(said[_i].ops, said[_i].said);
}
END_TEST

Suite *reduce_suite(void)
{
    Suite *suite = suite_create("reduce");
    TCase *tcase = tcase_create("reduce");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, folds_give_what_spark_gives, 0, ARRAY_SIZE(cases));
    tcase_add_test(tcase, a_fold_holds_no_more_than_its_value);
    tcase_add_loop_test(tcase, mistakes_name_the_type_and_the_mend, 0, ARRAY_SIZE(said));
    return suite;
}
