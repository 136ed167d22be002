#include "op/window.h"

#include "memory.h"

#define NUMBERS "- flatMap: _.value.words\n- map: _.toInt\n"
#define PAIRS "- flatMap: _.value.words\n- map: (_.substring(0, 1), _.substring(1).toInt)\n"
#define W(w, s) "windowDuration: " #w "s, slideDuration: " #s "s}"

static const struct {
    const char *ops;
    const char *batches[10];
    const char *shown;
} cases[] = {
    /* windows of rows */
    { NUMBERS "- window: {" W(2, 1),
      { "0", "1", "2", "3", "4", "5" },
      "0\n0 1\n1 2\n2 3\n3 4\n4 5\n" },
    { NUMBERS "- window: {windowDuration: 2s}", { "0", "1", "2" }, "0\n0 1\n1 2\n" },
    { NUMBERS "- window: {" W(2, 2), { "0", "1", "2", "3", "4", "5" }, "-\n0 1\n-\n2 3\n-\n4 5\n" },
    { NUMBERS "- window: {" W(4, 2),
      { "0", "1", "2", "3", "4", "5", "", "" },
      "-\n0 1\n-\n0 1 2 3\n-\n2 3 4 5\n-\n4 5\n" },
    { NUMBERS "- window: {" W(2, 3), { "0", "1", "2", "3", "4", "5" }, "-\n-\n1 2\n-\n-\n4 5\n" },
    { NUMBERS "- window: {" W(3, 2),
      { "0", "1", "2", "3", "4", "5" },
      "-\n0 1\n-\n1 2 3\n-\n3 4 5\n" },
    { NUMBERS "- window: {" W(2, 2) "\n- window: {" W(4, 4) "\n- count",
      { "0", "1", "2", "3", "4 4", "", "", "7" },
      "-\n-\n-\n4\n-\n-\n-\n3\n" },
    { NUMBERS "- window: {" W(2, 2) "\n- filter: _ > 1\n- map: _ * 10",
      { "0", "1", "2", "3" },
      "-\n\n-\n20 30\n" },
    { NUMBERS "- window: {" W(3, 1),
      { "0", "+1 1", "+1 2", "+5 3", "4" },
      "0\n0 1\n1 2\n3\n3 4\n" },
    /* folded anew */
    { PAIRS "- reduceByKeyAndWindow: {func: _ + _, " W(2, 1),
      { "a1", "a1", "", "" },
      "('a', 1)\n('a', 2)\n('a', 1)\n\n" },
    { PAIRS "- reduceByKeyAndWindow: {func: _ + _, " W(2, 1),
      { "a1", "a1 b1" },
      "('a', 1)\n('a', 2) ('b', 1)\n" },
    { PAIRS "- reduceByKeyAndWindow: {func: sum, " W(2, 1), { "a1 a3" }, "('a', 4)\n" },
    { PAIRS "- reduceByKeyAndWindow: {func: count, " W(2, 1),
      { "a1 a3", "b1 a1", "" },
      "('a', 2)\n('a', 3) ('b', 1)\n('b', 1) ('a', 1)\n" },
    { PAIRS "- reduceByKeyAndWindow: {func: max, " W(2, 1),
      { "a1 a3", "b1 a1", "a2" },
      "('a', 3)\n('a', 3) ('b', 1)\n('b', 1) ('a', 2)\n" },
    { PAIRS "- reduceByKeyAndWindow: {func: _ + _, " W(4, 2),
      { "a1", "a2", "a3", "a4", "a5", "a6", "", "" },
      "-\n('a', 3)\n-\n('a', 10)\n-\n('a', 18)\n-\n('a', 11)\n" },
    { PAIRS "- reduceByKeyAndWindow: {func: '(a, b) => a * 10 + b', " W(2, 1),
      { "a1 a2", "a3", "a4 b7" },
      "('a', 12)\n('a', 123)\n('a', 34) ('b', 7)\n" },
    { NUMBERS "- reduceByWindow: {func: _ + _, " W(2, 1),
      { "1 2 3", "4 5 6", "7 8 9", "", "" },
      "6\n21\n39\n24\n\n" },
    { "- flatMap: _.value.words\n- reduceByWindow: {func: '_ + _', " W(2, 1),
      { "a b", "c", "" },
      "ab\nabc\nc\n" },
    { PAIRS "- reduceByKeyAndWindow: {func: _ + _, filterFunc: '(k, v) => 6 / v > 1', " W(2, 1),
      { "a1 b2", "a1 b3 c0", "" },
      "('a', 1) ('b', 2)\n('a', 2) E404 c: `6 / v`: division by 0\n('a', 1) ('b', 3) E404 c: `6 / "
      "v`: division by 0\n" },
    /* with an inverse */
    { PAIRS "- reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, " W(2, 1),
      { "a1", "a1", "", "" },
      "('a', 1)\n('a', 2)\n('a', 1)\n('a', 0)\n" },
    { PAIRS "- reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, filterFunc: '(k, v) => v != "
            "0', " W(2, 1),
      { "a1", "a1 b1", "", "", "b2 a1" },
      "('a', 1)\n('a', 2) ('b', 1)\n('a', 1) ('b', 1)\n\n('b', 2) ('a', 1)\n" },
    { PAIRS "- reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, " W(4, 2),
      { "a1", "a2", "b3", "a4", "a5", "a6", "", "" },
      "-\n('a', 3)\n-\n('a', 7) ('b', 3)\n-\n('a', 15) ('b', 3)\n-\n('a', 11) ('b', 0)\n" },
    { PAIRS "- reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, " W(2, 3),
      { "a1", "a2", "a3 b1", "a4", "a5", "", "", "", "a8" },
      "-\n-\n('a', 5) ('b', 1)\n-\n-\n('a', 5) ('b', 0)\n-\n-\n('a', 8) ('b', 0)\n" },
    { PAIRS "- reduceByKeyAndWindow: {func: sum, invFunc: _ - _, " W(3, 1),
      { "a1", "+1 a1", "+9 b1", "" },
      "('a', 1)\n('a', 2)\n('a', 0) ('b', 1)\n('a', 0) ('b', 1)\n" },
    { NUMBERS "- reduceByWindow: {func: _ + _, invFunc: _ - _, " W(2, 1),
      { "1 2 3", "4 5 6", "7 8 9", "", "" },
      "6\n21\n39\n24\n0\n" },
    /* counted */
    { "- flatMap: _.value.words\n- countByWindow: {" W(2, 1),
      { "", "1", "1", "1 2", "0", "", "" },
      "\n1\n2\n3\n3\n1\n0\n" },
    { "- flatMap: _.value.words\n- countByWindow: {" W(3, 1),
      { "1", "1 1", "1 1 1", "1 1 1 1", "1 1 1 1 1", "", "" },
      "1\n3\n6\n9\n12\n9\n5\n" },
    { "- flatMap: _.value.words\n- countByValueAndWindow: {" W(2, 1),
      { "a", "b b", "a b", "", "" },
      "('a', 1)\n('a', 1) ('b', 2)\n('a', 1) ('b', 3)\n('a', 1) ('b', 1)\n\n" },
    /* grouped */
    { PAIRS "- groupByKeyAndWindow: {" W(3, 1),
      { "a0", "a1", "a2", "a3", "a4", "", "" },
      "('a', [0])\n('a', [0, 1])\n('a', [0, 1, 2])\n('a', [1, 2, 3])\n('a', [2, 3, 4])\n"
      "('a', [3, 4])\n('a', [4])\n" },
    /* behind one another */
    { PAIRS "- reduceByKeyAndWindow: {func: _ + _, " W(
          2, 2) "\n- updateStateByKey: {id: t, func: '(v, s) => s.getOrElse(0) + v.sum + 100'}",
      { "a1", "a1", "", "b1", "+1 " },
      "-\n('a', 102)\n-\n('a', 202) ('b', 101)\n('a', 302) ('b', 201)\n" },
};

START_TEST(windows_show_what_they_should)
{
    memory_shows(cases[_i].ops, cases[_i].batches, cases[_i].shown);
}
END_TEST

START_TEST(a_key_that_fails_keeps_its_value)
{
    memory_shows(PAIRS "- reduceByKeyAndWindow: {func: '10 / _ + _', invFunc: _ - _, " W(2, 1),
                 LINES("a0 b5", "a1 b2", ""),
                 "('a', 0) ('b', 5)\n"
                 "('b', 4) E404 a: `10 / _`: division by 0\n"
                 "('a', 0) ('b', -1)\n");
}
END_TEST

static const struct {
    const char *ops, *said;
} wrongs[] = {
    { "- window: {windowDuration: 1500ms}",
      "job.yaml:2:28: error[E212]: windowDuration 1500ms is not a multiple of its stream's slide, "
      "1s\n  help: use 1s or 2s\n" },
    { "- window: {windowDuration: 4s, slideDuration: 2s}\n- window: {windowDuration: 6s, "
      "slideDuration: 3s}",
      "job.yaml:3:47: error[E212]: slideDuration 3s is not a multiple of its stream's slide, 2s\n"
      "  help: use 2s or 4s\n" },
    { "- window: {windowDuration: 4}",
      "job.yaml:2:28: error[E207]: windowDuration needs a unit: "
      "'4' could be 4ms or 4s\n" },
    { "- countByWindow: {slideDuration: 4s}",
      "job.yaml:2:3: error[E205]: countByWindow needs 'windowDuration'\n  help: as windowDuration: "
      "30s\n" },
    { "streams:\n"
      "  x: {from: a, transformations: [window: {windowDuration: 2s, slideDuration: 2s}]}\n"
      "  o: {from: [x, b]}" +
          9,
      "job.yaml:3:3: error[E212]: 'x' slides by 2s, but 'b' by 1s\n  help: only streams of the "
      "same "
      "slide can be put together: window the other one with slideDuration: 2s first\n" },
};

START_TEST(mistakes_are_said)
{
    whole_says(wrongs[_i].ops, wrongs[_i].said);
}
END_TEST

Suite *window_suite(void);
Suite *window_suite(void)
{
    Suite *suite = suite_create("window");
    TCase *tcase = tcase_create("window");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, windows_show_what_they_should, 0, ARRAY_SIZE(cases));
    tcase_add_test(tcase, a_key_that_fails_keeps_its_value);
    tcase_add_loop_test(tcase, mistakes_are_said, 0, ARRAY_SIZE(wrongs));
    suite_add_tcase(suite, tcase);
    return suite;
}
