/* batchTime in every place where an expression is evaluated: the time of the batch that shows the rows, whatever was computed
 * as it came and whatever at the cut, across restarts and ticks without a batch. Batches come at 1 s, 2 s, … */
#include <check.h>

#include "memory.h"

#define NUMBERS "- flatMap: _.value.words\n- map: _.toInt\n"
#define PAIRS "- flatMap: _.value.words\n- map: (_.substring(0, 1), _.substring(1).toInt)\n"
#define NOW "batchTime.millis / 1000"
#define W(w, s) "windowDuration: " #w "s, slideDuration: " #s "s}"
#define UPDATE(id, func) "- updateStateByKey: {id: " id ", func: \"(values, state) => " func "\"}"

static const struct {
    const char *ops;
    const char *batches[10];
    const char *shown;
} cases[] = {
    { NUMBERS "- map: (_, " NOW ")", { "5 6", "7", "+2 8" }, "(5, 1) (6, 1)\n(7, 2)\n(8, 5)\n" },
    { NUMBERS "- filter: _ == " NOW, { "1 2", "1 2", "3" }, "1\n2\n3\n" },
    { NUMBERS "- flatMap: \"[_, " NOW "]\"", { "7", "8" }, "7 1\n8 2\n" },
    { PAIRS "- mapValues: _ * 10 + " NOW, { "a1", "a2" }, "('a', 11)\n('a', 22)\n" },
    { PAIRS "- flatMapValues: \"[_, " NOW "]\"",
      { "a7", "a8" },
      "('a', 7) ('a', 1)\n('a', 8) ('a', 2)\n" },
    { "- map: batchTime", { "x", "+1 x" }, "1970-01-01 00:00:01\n1970-01-01 00:00:03\n" },
    { NUMBERS "- reduce: \"(a, b) => a + b + " NOW "\"", { "10 20 30", "10 20" }, "62\n32\n" },
    { PAIRS "- reduceByKey: \"(a, b) => a * b + " NOW "\"",
      { "a2 a3", "a2 a3 b1" },
      "('a', 7)\n('a', 8) ('b', 1)\n" },
    { NUMBERS "- top: {num: 1, by: \"x => if (" NOW " == 1) x else -x\"}",
      { "1 2 3", "1 2 3" },
      "3\n1\n" },
    { "- count\n- map: (_, " NOW ")", { "x x", "", "+1 x" }, "(1, 1)\n(0, 2)\n(1, 4)\n" },
    /* an error record is the record that it came of */
    { NUMBERS "- map: 6 / (_ - " NOW ")",
      { "7 1", "1" },
      "1 E404 7 1: `6 / (_ - " NOW ")`: division by 0\n-6\n" },
    /* rows of a window are shown in the batch of the window; a fold is made in its own */
    { NUMBERS "- window: {" W(2, 1) "\n- map: (_, " NOW ")",
      { "5", "6", "" },
      "(5, 1)\n(5, 2) (6, 2)\n(6, 3)\n" },
    { PAIRS "- reduceByKeyAndWindow: {func: \"(a, b) => a + b + 100 * (" NOW ")\", " W(2, 1),
      { "a1 a2", "a3" },
      "('a', 103)\n('a', 306)\n" },
    { PAIRS
      "- reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, filterFunc: \"(k, v) => v > 0 && " NOW
      " < 3\", " W(9, 1),
      { "a1 b2", "a3", "", "a1" },
      "('a', 1) ('b', 2)\n('a', 4) ('b', 2)\n\n\n" },
    /* states see every tick, those without a batch among them, also when the ones before changed nothing */
    { PAIRS UPDATE("s", "if (values.size > 0) " NOW " else state"),
      { "a1", "b1", "+2 a1" },
      "('a', 1)\n('a', 1) ('b', 2)\n('a', 5) ('b', 2)\n" },
    { PAIRS UPDATE("s", "if (" NOW " == 5) 5 else state.getOrElse(0)"),
      { "a1", "", "+5 " },
      "('a', 0)\n('a', 0)\n('a', 5)\n" },
    { PAIRS UPDATE("s", "state.getOrElse(0)") "\n- filter: " NOW " == 5\n" UPDATE(
          "t", "state.getOrElse(0) + values.size"),
      { "a1", "", "+5 " },
      "\n\n('a', 1)\n" },
    { PAIRS "- mapWithState: {id: s, func: \"(key, value, state) => ((key, state, " NOW "), " NOW
            ")\"}",
      { "a1 a1", "a1", "+1 b1" },
      "('a', None, 1) ('a', 1, 1)\n('a', 1, 2)\n('b', None, 4)\n" },
};

START_TEST(batch_time_is_that_of_the_batch)
{
    memory_shows(cases[_i].ops, cases[_i].batches, cases[_i].shown);
}
END_TEST

Suite *batch_time_suite(void);
Suite *batch_time_suite(void)
{
    Suite *suite = suite_create("batch_time");
    TCase *tcase = tcase_create("batch_time");
    tcase_add_loop_test(tcase, batch_time_is_that_of_the_batch, 0, ARRAY_SIZE(cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
