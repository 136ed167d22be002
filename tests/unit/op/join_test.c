#include "op/join.h"

#include "whole.h"

/* Records "key value" of both sources as pairs. */
#define SIDES                                                                           \
    " l: {from: a, transformations: [map: '(_.value.split(\" \")(0), _.value.split(\" " \
    "\")(1))']}\n"                                                                      \
    " r: {from: b, transformations: [map: '(_.value.split(\" \")(0), _.value.split(\" " \
    "\")(1).toInt)']}\n"
#define BOTH ">b 1;c 2;b 3|a x;b y;a z;b w|>d 4"

static const struct {
    const char *ops, *batches[5], *shown;
} cases[] = {
    { SIDES " o: {from: l, transformations: [join: r]}\n",
      { BOTH, "a x", "", ">a 1|a x" },
      "('b', ('y', 1))\n('b', ('y', 3))\n('b', ('w', 1))\n('b', ('w', 3))\n\n\n\n"
      "('a', ('x', 1))\n\n" },
    { SIDES " o: {from: l, transformations: [leftOuterJoin: r]}\n",
      { BOTH, ">a 1" },
      "('a', ('x', None))\n('a', ('z', None))\n('b', ('y', 1))\n('b', ('y', 3))\n"
      "('b', ('w', 1))\n('b', ('w', 3))\n\n\n" },
    { SIDES " o: {from: l, transformations: [rightOuterJoin: r]}\n",
      { BOTH, "a x" },
      "('b', ('y', 1))\n('b', ('y', 3))\n('b', ('w', 1))\n('b', ('w', 3))\n('c', (None, 2))\n"
      "('d', (None, 4))\n\n\n" },
    { SIDES " o: {from: l, transformations: [fullOuterJoin: r]}\n",
      { BOTH, "a x", ">a 1" },
      "('a', ('x', None))\n('a', ('z', None))\n('b', ('y', 1))\n('b', ('y', 3))\n"
      "('b', ('w', 1))\n('b', ('w', 3))\n('c', (None, 2))\n('d', (None, 4))\n\n"
      "('a', ('x', None))\n\n('a', (None, 1))\n\n" },
    { SIDES " o: {from: l, transformations: [cogroup: r]}\n",
      { BOTH, "a x", "" },
      "('a', (['x', 'z'], []))\n('b', (['y', 'w'], [1, 3]))\n('c', ([], [2]))\n('d', ([], [4]))\n\n"
      "('a', (['x'], []))\n\n\n" },
    { SIDES " o: {from: r, transformations: [join: l, map: _._2._1, reduce: sum]}\n",
      { BOTH },
      "8\n\n" },
    { " o: {from: l, transformations: [join: l, count]}\n"
      " l: {from: a, transformations: [map: \"(_.value, 1)\"]}\n",
      { "x;x;y" },
      "5\n\n" },
    { " l: {from: [a, b], transformations: [map: \"(_.value.length, _.value)\"]}\n"
      " o: {from: l, transformations: [cogroup: r]}\n"
      " r: {from: [b, a], transformations: [map: \"(_.value.length, _.value)\"]}\n",
      { ">c;dd|a;bb|>e" },
      "(1, (['a', 'c', 'e'], ['c', 'e', 'a']))\n(2, (['bb', 'dd'], ['dd', 'bb']))\n\n" },
    { " l: {from: a, transformations: [map: \"((_.value, [1]), _.value)\", reduceByKey: count]}\n"
      " o: {from: l, transformations: [fullOuterJoin: r, \"map\": \"((_._1._1, 1), (_._1, "
      "_._2))\", sortByKey, map: _._2]}\n"
      " r: {from: b, transformations: [map: \"((_.value, [1]), _.value)\"]}\n",
      { "b;a;b|>a;b;x" },
      "(('a', [1]), (1, 'a'))\n(('b', [1]), (2, 'b'))\n(('x', [1]), (None, 'x'))\n\n" },
    { " l: {from: a, transformations: [map: \"(_.value.toInt % 2, _.value.toInt)\"]}\n"
      " o: {from: l, transformations: [join: r, mapValues: 6 / (_._1 * _._2)]}\n"
      " r: {from: b, transformations: [map: \"(_.value.toInt % 2, _.value.toInt)\"]}\n",
      { "1;2;0|>2;3" },
      "(1, 2)\n(0, 1)\n\n"
      "E404 at -1: streams.o.transformations[1].mapValues: `6 / (_._1 * _._2)`: division by 0: "
      "(0, (0, 2))\n" },
};

START_TEST(joins_give_what_spark_gives)
{
    whole_shows(cases[_i].ops, cases[_i].batches, cases[_i].shown);
}
END_TEST

START_TEST(a_key_of_many_rows_is_given_in_steps)
{
    static const char one[] =
        "x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;"
        "x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;x|y;z";
    whole_shows(
        " o: {from: l, transformations: [join: m, flatMapValues: \"[_, _]\", count]}\n"
        " m: {from: l, transformations: [filter: true]}\n"
        " l: {from: a, transformations: [map: \"(_.value, _.offset)\"]}\n",
        (const char *[]){ one, one, NULL }, "5004\n\n5004\n\n");
}
END_TEST

START_TEST(pairs_without_end_fail_the_batch_and_not_the_machine)
{
    struct job job = { 0 };
    struct err err;
    const char *lines[2001] = { NULL };
    ck_assert(whole_plan(
        &job, whole_file(&job,
                         " o: {from: l, transformations: [join: m, map: \"(1, _)\", groupByKey]}\n"
                         " m: {from: l, transformations: [filter: true]}\n"
                         " l: {from: [a, b], transformations: [map: \"(1, _.value)\"]}\n")));
    job.spec.memory_max = 16 << 20;
    job_start(&job);
    for (size_t i = 0; i < 2000; i++)
        lines[i] = "a value of some length";
    job_feed(&job, 0, lines);
    ck_assert(!job_cut(&job));
    err = job.err;
    job_close(&job);
    ck_assert_int_eq(err.kind, ERR_FATAL);
    ck_assert_msg(strncmp(err.text, "the batch needs 2", 17) == 0, "%s", err.text);
}
END_TEST

static const struct {
    const char *ops, *said;
} said[] = {
    { " o: {from: l, transformations: [join: r]}\n"
      " l: {from: a, transformations: [map: \"(1, 1)\"]}\n"
      " r: {from: b, transformations: [map: _.value]}\n",
      "job.yaml:2:39: error[E230]: join needs pairs (K, V), but 'r' is a stream of String\n"
      "  help: make pairs first: map: (_, 1)\n" },
    { " o: {from: l, transformations: [cogroup: r]}\n"
      " l: {from: a, transformations: [map: _.value]}\n"
      " r: {from: b, transformations: [map: _.value]}\n",
      "job.yaml:2:33: error[E230]: cogroup needs pairs (K, V), but here is a stream of String\n"
      "  help: make pairs first: map: (_, 1)\n" },
    { " o: {from: l, transformations: [leftOuterJoin: r]}\n"
      " l: {from: a, transformations: [map: \"(1, 1)\"]}\n"
      " r: {from: b, transformations: [map: \"(_.value, 1)\"]}\n",
      "job.yaml:2:33: error[E230]: leftOuterJoin needs keys of one type, but here is a stream of "
      "(Int, Int) and 'r' is one of (String, Int)\n"
      "  help: map one of them to the other's type\n" },
    { " o: {from: l, transformations: [fullOuterJoin: l]}\n"
      " l: {from: [a, b], transformations: [map: \"(1.5, 1)\"]}\n",
      "job.yaml:2:33: error[E230]: fullOuterJoin needs keys that compare exactly, but here is a "
      "stream of (Double, Int)\n"
      "  help: a key cannot hold a Double or Json: map it to an Int or a String\n" },
    { " o: {from: [a, b], transformations: [join]}\n",
      "job.yaml:2:38: error[E205]: join needs the name of a stream\n  help: as join: other\n" },
    { " o: {from: [a, b], transformations: [join: [a, b]]}\n",
      "job.yaml:2:44: error[E206]: join must be the name of one stream, here is a list\n" },
    { " o: {from: [a, b], transformations: [map: \"(1, 1)\", rightOuterJoin: others]}\n"
      " other: {from: a, transformations: [map: \"(1, 1)\"]}\n",
      "job.yaml:2:69: error[E211]: there is no source or stream 'others'\n"
      "  help: did you mean 'other'?\n" },
    { " o: {from: [a, b], transformations: [map: \"(1, 1)\", join: o]}\n",
      "job.yaml:2:59: error[E211]: stream 'o' reads itself\n" },
    { " o: {from: [a, b], transformations: [map: \"(1, 1)\", join: p]}\n"
      " p: {from: a, transformations: [map: \"(1, 1)\", union: q]}\n"
      " q: {from: o}\n",
      "job.yaml:4:12: error[E211]: stream 'q' reads 'o', which reads it in turn\n" },
    { " o: {from: [a, b], transformations: [map: _.value, union: [p]]}\n"
      " p: {from: a, transformations: [map: _.offset]}\n",
      "job.yaml:2:60: error[E230]: a union needs streams of one type, but here is a stream of "
      "String and 'p' is one of Int\n  help: map one of them to the other's type\n" },
    { " o: {from: a, transformations: [map: \"(1, 1)\", jion: p, join: q]}\n"
      " p: {from: b}\n q: {from: b}\n",
      "job.yaml:2:48: error[E201]: unknown operation 'jion'\n  help: did you mean 'join'?\n" },
    { " o: {from: [a, b], transformations: [union: []]}\n",
      "job.yaml:2:45: error[E206]: union must be one name or several, here is an empty list\n" },
};

START_TEST(mistakes_name_the_stream_and_the_mend)
{
    whole_says(said[_i].ops, said[_i].said);
}
END_TEST

START_TEST(a_type_that_doubles_is_refused)
{
    struct buf ops = { 0 };
    struct job job = { 0 };
    buf_puts(&ops, " s0: {from: [a, b], transformations: [map: \"(1, 1)\"]}\n");
    for (int i = 1; i <= 14; i++)
        buf_printf(&ops, " s%d: {from: s%d, transformations: [join: s%d]}\n", i, i - 1, i - 1);
    buf_puts(&ops, " o: {from: s14}\n");
    ck_assert(!whole_plan(&job, whole_file(&job, buf_text(&ops))));
    ck_assert(strstr(buf_text(&job.shown),
                     "error[E236]: the type of what join gives is too large: (Int, ((("));
    ck_assert_uint_eq(diag_errors(&job.diags), 1);
    buf_free(&ops);
    job_close(&job);
}
END_TEST

Suite *join_suite(void)
{
    Suite *suite = suite_create("join");
    TCase *tcase = tcase_create("join");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, joins_give_what_spark_gives, 0, ARRAY_SIZE(cases));
    tcase_add_test(tcase, a_key_of_many_rows_is_given_in_steps);
    tcase_add_test(tcase, pairs_without_end_fail_the_batch_and_not_the_machine);
    tcase_add_loop_test(tcase, mistakes_name_the_stream_and_the_mend, 0, ARRAY_SIZE(said));
    tcase_add_test(tcase, a_type_that_doubles_is_refused);
    return suite;
}
