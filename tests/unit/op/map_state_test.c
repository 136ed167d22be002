#include "op/map_state.h"

#include "memory.h"

#define WORDS "- flatMap: _.value.words\n- map: (_, 1)\n"
#define COUNTS                                                                       \
    "- mapWithState: {id: t, func: '(k, v, s) => (s.getOrElse(0) + v.getOrElse(0), " \
    "s.getOrElse(0) + v.getOrElse(0))'"

/* The second sight of a word removes it, and only then it goes on. */
#define SECOND                                                      \
    WORDS                                                           \
    "- mapWithState:\n    id: t\n    stateType: Int\n    func: |\n" \
    "      (k, v, s) => if (s.isDefined) (k, None) else (None, 1)\n"

/* Keys that time out go on with what they had. */
#define SESSIONS                                                          \
    WORDS                                                                 \
    "- mapWithState:\n    id: t\n    timeout: 2s\n    func: |\n"          \
    "      (k, v, s) => (if (v.isDefined) None else (k, s.getOrElse(0))," \
    " s.getOrElse(0) + v.getOrElse(0))\n"

static const struct {
    const char *ops;
    const char *batches[12];
    const char *shown;
} cases[] = {
    { WORDS COUNTS "}",
      { "", "a", "a b", "a b c", "a b", "a", "" },
      "\n1\n2 1\n3 2 1\n4 3\n5\n\n" },
    { WORDS COUNTS ", initial: [[a, 5]]}", { "b a", "a" }, "1 6\n7\n" },
    { WORDS COUNTS "}", { "a b a|a b", "c a" }, "1 1 2 3 2\n1 4\n" },
    { SECOND, { "", "a", "a b", "a b c", "a b c", "a b", "a", "" }, "\n\na\nb\na c\nb\na\n\n" },
    { SECOND, { "a a a b a", "b" }, "a a\nb\n" },
    { SESSIONS,
      { "a b", "a", "", "", "", "b", "", "", "", "" },
      "\n\n\n('b', 1)\n('a', 2)\n\n\n\n('b', 1)\n\n" },
    { SESSIONS, { "a b", "+1 a", "+1 a", "+1 c", "+9 " }, "\n\n\n\n\n" },
    { SESSIONS, { "a b", "+2 c a", "+2 " }, "\n('b', 1)\n('a', 2) ('c', 1)\n" },
    { "- flatMap: _.value.words\n- map: (1, _)\n"
      "- mapWithState: {id: t, stateType: String, func: '(k, v, s) => (s, v)'}",
      { "abcdef", "gh", "ij kl", "" },
      "\nabcdef\ngh ij\n\n" },
};

START_TEST(records_see_what_those_before_left)
{
    memory_shows(cases[_i].ops, cases[_i].batches, cases[_i].shown);
}
END_TEST

START_TEST(a_record_that_fails_changes_nothing)
{
    memory_shows(
        "- flatMap: _.value.words\n- map: (_.substring(0, 1), _.substring(1).toInt)\n"
        "- mapWithState: {id: t, stateType: Int, func: '(k, v, s) => (s, 10 / "
        "v.getOrElse(1) + s.getOrElse(0))'}",
        LINES("a1 a0 a2 b0", "a5"),
        "10 E404 b: `10 / v.getOrElse(1)`: division by 0 E404 a: `10 / "
        "v.getOrElse(1)`: division by 0\n"
        "15\n");
}
END_TEST

START_TEST(a_key_whose_timeout_fails_is_late_again)
{
    memory_shows(
        "- flatMap: _.value.words\n- map: (_.substring(0, 1), _.substring(1).toInt)\n"
        "- mapWithState: {id: t, timeout: 1s, func: '(k, v, s) => (10 / "
        "v.getOrElse(s.getOrElse(1)), v)'}",
        LINES("a5 b5", "c1", "", "d2", "", "", ""),
        "2 2\n"
        "10\n"
        "2 2\n"
        "5 10\n"
        "\n"
        "5\n"
        "\n");
    memory_shows(
        "- flatMap: _.value.words\n- map: (_.substring(0, 1), _.substring(1).toInt)\n"
        "- mapWithState: {id: t, timeout: 1s, stateType: Int, func: '(k, v, s) => (if "
        "(v.isDefined) None else 10 / s.getOrElse(1), v)'}",
        LINES("a0 b5", "", "", "", "c3", "a2", ""),
        "\n"
        "\n"
        "2 E404 a: `10 / s.getOrElse(1)`: division by 0\n"
        "E404 a: `10 / s.getOrElse(1)`: division by 0\n"
        "E404 a: `10 / s.getOrElse(1)`: division by 0\n"
        "\n"
        "3\n");
}
END_TEST

static const struct {
    const char *ops, *said;
} wrongs[] = {
    { WORDS "- mapWithState: {func: '(k, v, s) => (k, 1)'}",
      "job.yaml:4:3: error[E205]: mapWithState needs 'id'\n  help: as id: totals\n" },
    { WORDS "- mapWithState: {id: t, func: '(k, v, s) => k'}",
      "job.yaml:4:31: error[E232]: the function must give a pair (out, state), but this is String\n"
      "  help: as (key, value, state) => (what goes on, the new state); either may be None\n" },
    { WORDS "- mapWithState: {id: t, func: '(k, v) => (k, 1)'}",
      "job.yaml:4:32: error[E234]: mapWithState calls this with three arguments, but it has 2 "
      "parameters\n  help: as in (key, value, state) => …\n" },
    { WORDS "- mapWithState: {id: t, func: '(k, v, s) => (k, 1)', timeout: 3}",
      "job.yaml:4:63: error[E207]: timeout needs a unit: '3' could be 3ms or 3s\n" },
    { WORDS "- mapWithState: {id: t, func: '(k, v, s) => (k, 1)', initial: [[a, x]]}",
      "job.yaml:4:45: error[E232]: mapWithState wants a tuple (Option[String], Option[String]), "
      "but "
      "this is a tuple (String, Int)\n" },
};

START_TEST(mistakes_are_said)
{
    whole_says(wrongs[_i].ops, wrongs[_i].said);
}
END_TEST

Suite *map_state_suite(void);
Suite *map_state_suite(void)
{
    Suite *suite = suite_create("map_state");
    TCase *tcase = tcase_create("map_state");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, records_see_what_those_before_left, 0, ARRAY_SIZE(cases));
    tcase_add_test(tcase, a_key_whose_timeout_fails_is_late_again);
    tcase_add_test(tcase, a_record_that_fails_changes_nothing);
    tcase_add_loop_test(tcase, mistakes_are_said, 0, ARRAY_SIZE(wrongs));
    suite_add_tcase(suite, tcase);
    return suite;
}
