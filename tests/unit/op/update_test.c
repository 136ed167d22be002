#include "op/update.h"

#include "memory.h"

#define WORDS "- flatMap: _.value.words\n- map: (_, 1)\n"
#define SUM(more)                                            \
    "- updateStateByKey: {id: t, func: '(values, state) => " \
    "state.getOrElse(0) + values.sum'" more "}"

START_TEST(sums_over_all_batches)
{
    memory_shows(WORDS SUM(""), LINES("a", "a b", "a b c", "a b", "a", ""),
                 "('a', 1)\n"
                 "('a', 2) ('b', 1)\n"
                 "('a', 3) ('b', 2) ('c', 1)\n"
                 "('a', 4) ('b', 3) ('c', 1)\n"
                 "('a', 5) ('b', 3) ('c', 1)\n"
                 "('a', 5) ('b', 3) ('c', 1)\n");
}
END_TEST

START_TEST(begins_with_the_first_states)
{
    memory_shows(WORDS SUM(", initial: [[a, 1], [c, 2]]"),
                 LINES("a", "a b", "a b c", "a b", "a", ""),
                 "('a', 2) ('c', 2)\n"
                 "('a', 3) ('c', 2) ('b', 1)\n"
                 "('a', 4) ('c', 3) ('b', 2)\n"
                 "('a', 5) ('c', 3) ('b', 3)\n"
                 "('a', 6) ('c', 3) ('b', 3)\n"
                 "('a', 6) ('c', 3) ('b', 3)\n");
}
END_TEST

/* (sum, idle batches) */
#define DROPS                                                                  \
    WORDS                                                                      \
    "- updateStateByKey:\n    id: t\n    stateType: (Int, Int)\n    func: |\n" \
    "      (values, state) => if (values.size > 0) "                           \
    "(state.map(_._1).getOrElse(0) + values.sum, 0)"                           \
    " else if (state.map(_._2).getOrElse(0) == 1) None"                        \
    " else (state.map(_._1).getOrElse(0), state.map(_._2).getOrElse(0) + 1)\n" \
    "- map: (_._1, _._2._1)\n"

START_TEST(a_key_whose_state_is_none_is_gone)
{
    memory_shows(DROPS, LINES("a b", "", "a c a", "c", "", ""),
                 "('a', 1) ('b', 1)\n"
                 "('a', 1) ('b', 1)\n"
                 "('a', 3) ('c', 1)\n"
                 "('a', 3) ('c', 2)\n"
                 "('c', 2)\n"
                 "\n");
}
END_TEST

START_TEST(a_key_that_comes_again_stands_last)
{
    memory_shows(DROPS, LINES("a b c", "b c", "b c", "a b", "c a", "b"),
                 "('a', 1) ('b', 1) ('c', 1)\n"
                 "('a', 1) ('b', 2) ('c', 2)\n"
                 "('b', 3) ('c', 3)\n"
                 "('b', 4) ('c', 3) ('a', 1)\n"
                 "('b', 4) ('c', 4) ('a', 2)\n"
                 "('b', 5) ('c', 4) ('a', 2)\n");
}
END_TEST

START_TEST(a_key_that_comes_again_stands_before_those_that_come_after_it)
{
    memory_shows(DROPS, LINES("a b", "a", "a", "a c b d c b e", "a"),
                 "('a', 1) ('b', 1)\n"
                 "('a', 2) ('b', 1)\n"
                 "('a', 3)\n"
                 "('a', 4) ('c', 2) ('b', 2) ('d', 1) ('e', 1)\n"
                 "('a', 5) ('c', 2) ('b', 2) ('d', 1) ('e', 1)\n");
}
END_TEST

START_TEST(ticks_that_passed_without_the_job_count_as_empty_batches)
{
    memory_shows(DROPS, LINES("a b", "+1 a", "+1 c", "+100 d", ""),
                 "('a', 1) ('b', 1)\n"
                 "('a', 2)\n"
                 "('c', 1)\n"
                 "('d', 1)\n"
                 "('d', 1)\n");
}
END_TEST

START_TEST(a_key_that_fails_keeps_its_state_and_is_left_out)
{
    memory_shows(
        "- map: (_.value.substring(0, 1), _.value.substring(1).toInt)\n"
        "- updateStateByKey: {id: t, func: '(vs, s) => s.getOrElse(0) + 10 / "
        "(if (vs.size == 0) 1 else vs.sum)'}",
        LINES("a5;b10", "a0;b2;c0", "a1"),
        "('a', 2) ('b', 1)\n"
        "('b', 6) E404 a: `10 / (if (vs.size == 0) 1 else vs.sum)`: division by 0 "
        "E404 c: `10 / (if (vs.size == 0) 1 else vs.sum)`: division by 0\n"
        "('a', 12) ('b', 16)\n");
}
END_TEST

START_TEST(values_come_in_the_order_of_the_log)
{
    memory_shows(
        "- map: (_.value.split(\"=\")(0), _.value.split(\"=\")(1))\n"
        "- updateStateByKey: {id: t, func: '(vs, s) => s.getOrElse(\"\") + "
        "vs.mkString(\"\")'}",
        LINES("k=1;a long key of more than sixteen bytes=x|k=2", "k=3|k=4;k=5"),
        "('k', '12') ('a long key of more than sixteen bytes', 'x')\n"
        "('k', '12345') ('a long key of more than sixteen bytes', 'x')\n");
}
END_TEST

START_TEST(states_of_several_streams_stand_apart)
{
    memory_shows(
        "streams:\n"
        "  x: {from: a, transformations: [map: '(_.value, 1)', "
        "updateStateByKey: {id: one, func: '(v, s) => s.getOrElse(0) + v.sum'}]}\n"
        "  o: {from: x, transformations: [map: '(_._2 % 2, 1)', "
        "updateStateByKey: {id: two, func: '(v, s) => s.getOrElse(0) + v.sum'}]}" +
            9,
        LINES("p;q", "p", "r"), "(1, 2)\n(1, 3) (0, 1)\n(1, 5) (0, 2)\n");
}
END_TEST

/* A key rests once the function gave it what it had, and wakes with its next value. */
START_TEST(a_key_that_rests_wakes)
{
    memory_shows(WORDS
                 "- updateStateByKey: {id: t, func: '(vs, s) => if (vs.size > 0) 3 else "
                 "s.map(_ - 1).getOrElse(9).max(0)'}",
                 LINES("a", "b", "", "", "", "a", "", "", "", "", "c"),
                 "('a', 3)\n"
                 "('a', 2) ('b', 3)\n"
                 "('a', 1) ('b', 2)\n"
                 "('a', 0) ('b', 1)\n"
                 "('a', 0) ('b', 0)\n"
                 "('a', 3) ('b', 0)\n"
                 "('a', 2) ('b', 0)\n"
                 "('a', 1) ('b', 0)\n"
                 "('a', 0) ('b', 0)\n"
                 "('a', 0) ('b', 0)\n"
                 "('a', 0) ('b', 0) ('c', 3)\n");
}
END_TEST

START_TEST(no_key_rests_when_the_function_looks_at_the_time)
{
    memory_shows(WORDS
                 "- updateStateByKey: {id: t, func: '(vs, s) => if (batchTime.millis > 3000) "
                 "5 else s.getOrElse(1)'}",
                 LINES("a", "", "", "", ""), "('a', 1)\n('a', 1)\n('a', 1)\n('a', 5)\n('a', 5)\n");
}
END_TEST

START_TEST(a_key_that_fails_does_not_rest)
{
    memory_shows(
        "- map: (_.value.substring(0, 1), _.value.substring(1).toInt)\n"
        "- updateStateByKey: {id: t, func: '(vs, s) => if (vs.size > 0) vs(0) else 6 / "
        "(s.getOrElse(0) - 2) * 0 + s.getOrElse(0)'}",
        LINES("a2;b3", "", "", "a4", "", ""),
        "('a', 2) ('b', 3)\n"
        "('b', 3) E404 a: `6 / (s.getOrElse(0) - 2)`: division by 0\n"
        "('b', 3) E404 a: `6 / (s.getOrElse(0) - 2)`: division by 0\n"
        "('a', 4) ('b', 3)\n"
        "('a', 4) ('b', 3)\n"
        "('a', 4) ('b', 3)\n");
}
END_TEST

START_TEST(what_fails_in_ticks_that_passed_is_said_once)
{
    memory_shows(
        "- map: (_.value.substring(0, 1), _.value.substring(1).toInt)\n"
        "- updateStateByKey: {id: t, func: '(vs, s) => if (vs.size > 0) vs.sum else 6 / "
        "(s.getOrElse(0) - 2) * 0 + s.getOrElse(0)'}",
        LINES("a2;b3;c2", "+5 a4;c5", "+9 a4", ""),
        "('a', 2) ('b', 3) ('c', 2)\n"
        "('a', 4) ('b', 3) ('c', 5) E404 a: `6 / (s.getOrElse(0) - 2)`: division by 0 "
        "E404 c: `6 / (s.getOrElse(0) - 2)`: division by 0\n"
        "('a', 4) ('b', 3) ('c', 5)\n"
        "('a', 4) ('b', 3) ('c', 5)\n");
}
END_TEST

START_TEST(many_keys_come_and_go)
{
    struct job job = { .threads = 1, .seed = 3 };
    struct buf batch = { 0 }, out = { 0 };
    struct memory_log log = { .n = 0 };
    int64_t ms = 0;
    ck_assert(whole_plan(
        &job,
        whole_file(&job, WORDS "- updateStateByKey: {id: t, func: '(v, s) => if (v.size == 0) None "
                               "else s.getOrElse(0) + v.sum'}\n- count")));
    job_start(&job);
    engine_set_clock(job.engine, 0, 0);
    for (int round = 0; round < 12; round++) {
        buf_clear(&batch);
        for (int i = 0; i < 2000; i++)
            buf_printf(&batch, "k%d ", round * 1000 + i);
        memory_batch(&job, buf_text(&batch), &ms);
        buf_clear(&out);
        memory_show(&job, &out);
        ck_assert_str_eq(buf_text(&out), "2000\n");
        memory_kill(&job, &log, round % 4 ? MEMORY_CHANGES : MEMORY_PLAIN, ms);
    }
    buf_free(&batch);
    buf_free(&out);
    memory_drop(&log);
    job_close(&job);
}
END_TEST

static const struct {
    const char *ops, *said;
} wrongs[] = {
    { WORDS "- updateStateByKey: {id: t}",
      "job.yaml:4:3: error[E205]: updateStateByKey needs 'func'\n  help: as func: \"(values, "
      "state) => state.getOrElse(0) + values.sum\"\n" },
    { "- map: _.value\n- updateStateByKey: {id: t, func: '(v, s) => 1'}",
      "job.yaml:3:3: error[E230]: updateStateByKey needs pairs (K, V), but here is a stream of "
      "String\n  help: make pairs first: map: (_, 1)\n" },
    { WORDS "- updateStateByKey: {id: t, func: '(v, s) => s'}",
      "job.yaml:4:35: error[E232]: the type of the state cannot be known from the function\n"
      "  help: say it: stateType: \"Int\"\n" },
    { WORDS "- updateStateByKey: {id: t, func: '(v, s) => 1', initial: [[a, [1]]]}",
      "job.yaml:4:64: error[E206]: this must be a value of type Int\n" },
    { WORDS "- updateStateByKey: {id: 'a b', func: '(v, s) => 1'}",
      "job.yaml:4:26: error[E208]: an id is of letters, digits, '_' and '-', at most 63; here is "
      "'a b'\n" },
    { WORDS "- updateStateByKey: {id: t, func: '(v, s) => 1', stateType: Intt}",
      "job.yaml:4:61: error[E206]: stateType must be a type\n  help: as \"Int\", "
      "\"Option[String]\", \"List[(String, Int)]\" or \"{name: String}\"\n" },
    { WORDS SUM("") "\n" SUM(""),
      "job.yaml:5:26: error[E213]: state id 't' is used twice\n  help: give each operation an id "
      "of its own: saved state is found by it\n" },
};

START_TEST(what_cannot_be_is_said)
{
    whole_says(wrongs[_i].ops, wrongs[_i].said);
}
END_TEST

Suite *update_suite(void)
{
    Suite *suite = suite_create("update");
    TCase *tcase = tcase_create("update");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, sums_over_all_batches);
    tcase_add_test(tcase, begins_with_the_first_states);
    tcase_add_test(tcase, a_key_whose_state_is_none_is_gone);
    tcase_add_test(tcase, a_key_that_comes_again_stands_last);
    tcase_add_test(tcase, a_key_that_comes_again_stands_before_those_that_come_after_it);
    tcase_add_test(tcase, ticks_that_passed_without_the_job_count_as_empty_batches);
    tcase_add_test(tcase, a_key_that_fails_keeps_its_state_and_is_left_out);
    tcase_add_test(tcase, values_come_in_the_order_of_the_log);
    tcase_add_test(tcase, states_of_several_streams_stand_apart);
    tcase_add_test(tcase, a_key_that_rests_wakes);
    tcase_add_test(tcase, no_key_rests_when_the_function_looks_at_the_time);
    tcase_add_test(tcase, a_key_that_fails_does_not_rest);
    tcase_add_test(tcase, what_fails_in_ticks_that_passed_is_said_once);
    tcase_add_test(tcase, many_keys_come_and_go);
    tcase_add_loop_test(tcase, what_cannot_be_is_said, 0, ARRAY_SIZE(wrongs));
    suite_add_tcase(suite, tcase);
    return suite;
}
