/* Keys, arguments and functions that are odd, and are none the worse for it or refused. */
#include "memory.h"

#define WORDS "- flatMap: _.value.words\n"
#define STREAMS(ops)                                                    \
    "  x: {from: a, transformations: [map: '(_.value.substring(0, 1), " \
    "_.value.substring(1).toInt)']}\n"                                  \
    "  y: {from: b, transformations: [map: '(_.value.substring(0, 1), " \
    "_.value.substring(1).toInt)']}\n"                                  \
    "  o: {from: [x, y], transformations: [" ops "]}"
#define BIG "9000000000000000000"
#define LUA_MAP                                                                                  \
    "- map: _.value\n- lua: {code: 'return function(s) local m = {[\"\"] = 0} for i = 1, #s do " \
    "m[s .. i] "                                                                                 \
    "= i end return {m, 1} end', type: \"(Map[String, Int], Int)\"}\n"
#define X10 "xxxxxxxxxx"

static const struct {
    const char *ops, *batches[5], *shown;
} cases[] = {
    { "- map: (_.timestamp, 1)\n- reduceByKey: _ + _",
      { "a;b" },
      "(1970-01-01 00:00:00.007000, 2)\n\n" },
    { "- map: (_.value == \"a\", _.value)\n- reduceByKey: _ + _",
      { "a;b;a" },
      "(True, 'aa')\n(False, 'b')\n\n" },
    { "- map: ((_.value, _.key), 1)\n- reduceByKey: sum",
      { "a;b;a" },
      "(('a', None), 2)\n(('b', None), 1)\n\n" },
    { "- map: _.value\n- lua: {code: 'return function(s) return {s, 1} end', type: \"(Bytes, "
      "Int)\"}\n- reduceByKey: _ + _",
      { "a;b;a;a key of more than sixteen bytes" },
      "(b'a', 2)\n(b'b', 1)\n(b'a key of more than sixteen bytes', 1)\n\n" },
    { "- map: (7, 5)\n- reduceByKey: max", { "a;b" }, "(7, 5)\n\n" },
    { "- map: (_.value, 5)\n- reduceByKey: max", { "a;b;a" }, "('a', 5)\n('b', 5)\n\n" },
    { "- map: (_.value, 5)\n- reduceByKey: min", { "a;b;a" }, "('a', 5)\n('b', 5)\n\n" },
    { LUA_MAP "- reduceByKey: _ + _\n- map: (_._1.size, _._1(\"\"), _._2)",
      { "ab;" X10 X10 X10 X10 X10 X10 X10 ";ab" },
      "(3, 0, 2)\n(71, 0, 1)\n\n" },
    /* a key that fails in one of two streams, or in both, is left out */
    { STREAMS("reduceByKey: _ + _"),
      { "a1;b" BIG "|>a" BIG ";a" BIG ";b1;c2", "a1|>a2" },
      "('b', 9000000000000000001)\n('c', 2)\n\nE404 at -1: "
      "streams.o.transformations[0].reduceByKey: overflow: the result does not fit an Int: "
      "a\n('a', 3)\n\n" },
    { STREAMS("reduceByKey: _ + _"),
      { "a" BIG ";a" BIG "|>a1;b1" },
      "('b', 1)\n\nE404 at -1: streams.o.transformations[0].reduceByKey: overflow: the result does "
      "not fit an Int: a\n" },
    { STREAMS("reduceByKey: _ * 1 + _"),
      { "a1;b" BIG "|>a" BIG ";a" BIG ";b1;c2" },
      "('b', 9000000000000000001)\n('c', 2)\n\nE404 at -1: "
      "streams.o.transformations[0].reduceByKey: overflow: the result does not fit an Int: a\n" },
};

START_TEST(odd_rows_are_shown)
{
    whole_shows(cases[_i].ops, cases[_i].batches, cases[_i].shown);
}
END_TEST

static const struct {
    const char *ops, *said;
} refused[] = {
    { "- map: \"{a: _.value}\"\n- reduceByKey: _ + _",
      "job.yaml:3:3: error[E230]: reduceByKey needs pairs (K, V), but here is a stream of {a: "
      "String}\n  help: make pairs first: map: (_, 1)\n" },
    { "- map: (1, 2, 3)\n- reduceByKey: _ + _",
      "job.yaml:3:3: error[E230]: reduceByKey needs pairs (K, V), but here is a stream of (Int, "
      "Int, Int)\n  help: make pairs first: map: (_, 1)\n" },
    { "- map: (_.value, true)\n- reduceByKey: true",
      "job.yaml:3:16: error[E234]: reduceByKey calls this with two arguments, so there must be two "
      "_, the first for the first; here are 0\n  help: give them names: (a, b) => …\n" },
    { "- map: (_.value, true)\n- reduceByKey: \"false\"",
      "job.yaml:3:17: error[E234]: reduceByKey calls this with two arguments, so there must be two "
      "_, the first for the first; here are 0\n  help: give them names: (a, b) => …\n" },
    { "- map: (_.value, 1)\n- reduceByKey: \"\"",
      "job.yaml:3:17: error[E231]: expected a value, but here is the end\n" },
    { "- map: (_.value, 1)\n- reduceByKey: summ",
      "job.yaml:3:16: error[E233]: reduceByKey knows no 'summ'\n  help: did you mean 'sum'?\n" },
    { "- map: (_.value, 1)\n- reduceByKey: everything",
      "job.yaml:3:16: error[E233]: reduceByKey knows no 'everything'\n  help: it knows sum, min, "
      "max and count; all else is said by an expression: _ + _\n" },
    { "- map: (_.value, 1)\n- updateStateByKey: {id: t, func: '(v, s) => [s]'}",
      "job.yaml:3:35: error[E232]: the type of the state cannot be known from the function\n  "
      "help: say it: stateType: \"Int\"\n" },
    { "- map: (_.value, 1)\n- updateStateByKey: {id: t, func: '(v, s) => s + nope'}",
      "job.yaml:3:50: error[E233]: unknown name 'nope'\n  help: when it needs to know what the "
      "state is: stateType: \"Int\"\n" },
    { "- map: (_.value, 1)\n- mapWithState: {id: t, stateType: Int, func: '(k, v, s) => k'}",
      "job.yaml:3:47: error[E232]: the function must give a pair (out, state), but this is "
      "String\n  help: as (key, value, state) => (what goes on, the new state); either may be "
      "None\n" },
    { "- map: (_.value, 1)\n- mapWithState: {id: t, stateType: Int, func: '(k, v, s) => (k, "
      "nope)'}",
      "job.yaml:3:65: error[E233]: unknown name 'nope'\n" },
    { "- map: (_.value, 1)\n- mapWithState: {id: t, func: '(k, v, s) => nope'}",
      "job.yaml:3:45: error[E233]: unknown name 'nope'\n  help: when it needs to know what the "
      "state is: stateType: \"Int\"\n" },
    { "- map: (_.value, 1)\n- mapWithState: {id: t, func: '(k, v, s) => (k, None)'}",
      "job.yaml:3:31: error[E232]: the type of the state cannot be known from the function\n  "
      "help: say it: stateType: \"Int\"\n" },
    { "- map: (_.value, 1)\n- reduceByKeyAndWindow: {func: _ + _, invFunc: nope, filterFunc: "
      "nope, windowDuration: 2500ms}",
      "job.yaml:3:48: error[E234]: reduceByKeyAndWindow calls this with two arguments, so there "
      "must be two _, the first for the first; here are 0\n  help: give them names: (a, b) => "
      "…\njob.yaml:3:66: error[E234]: reduceByKeyAndWindow calls this with two arguments, so there "
      "must be two _, the first for the first; here are 0\n  help: give them names: (a, b) => "
      "…\njob.yaml:3:88: error[E212]: windowDuration 2500ms is not a multiple of its stream's "
      "slide, 1s\n  help: use 2s or 3s\n" },
    { "- map: (_.value, 1)\n- reduceByKeyAndWindow: {func: _ + _, filterFunc: nope, "
      "windowDuration: 2s}",
      "job.yaml:3:51: error[E234]: reduceByKeyAndWindow calls this with two arguments, so there "
      "must be two _, the first for the first; here are 0\n  help: give them names: (a, b) => "
      "…\n" },
    { "- map: (_.value, 1)\n- reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, filterFunc: "
      "\"(k, v) => 1\", "
      "windowDuration: 2s}",
      "job.yaml:3:78: error[E232]: reduceByKeyAndWindow wants a Bool, but this is an Int\n  help: "
      "compare it: … != 0\n" },
    { "- map: _.offset\n- reduceByWindow: {func: nope, windowDuration: 2s}",
      "job.yaml:3:26: error[E233]: reduceByWindow knows no 'nope'\n  help: it knows sum, min, max "
      "and count; all else is said by an expression: _ + _\n" },
    { "- map: _.offset\n- reduceByWindow: {func: _ + _, windowDuration: 2500ms}",
      "job.yaml:3:49: error[E212]: windowDuration 2500ms is not a multiple of its stream's slide, "
      "1s\n  help: use 2s or 3s\n" },
    { "- countByWindow: {windowDuration: 2500ms}",
      "job.yaml:2:35: error[E212]: windowDuration 2500ms is not a multiple of its stream's slide, "
      "1s\n  help: use 2s or 3s\n" },
    { "- map: _.value\n- countByValueAndWindow: {windowDuration: 2500ms}",
      "job.yaml:3:43: error[E212]: windowDuration 2500ms is not a multiple of its stream's slide, "
      "1s\n  help: use 2s or 3s\n" },
    { "- map: 1.5\n- countByValueAndWindow: {windowDuration: 2s}",
      "job.yaml:3:3: error[E230]: countByValueAndWindow needs values that compare exactly, but "
      "here is a stream of Double\n  help: a key cannot hold a Double or Json: map it to an Int or "
      "a String\n" },
    { "- map: (_.value, 1)\n- window: {windowDuration: 300ms, slideDuration: 1s}",
      "job.yaml:3:28: error[E212]: windowDuration 300ms is not a multiple of its stream's slide, "
      "1s\n  help: use 1s\n" },
    { "- map: (_.value, 1)\n- window: {windowDuration: 2500ms, slideDuration: 1s}",
      "job.yaml:3:28: error[E212]: windowDuration 2500ms is not a multiple of its stream's slide, "
      "1s\n  help: use 2s or 3s\n" },
};

START_TEST(what_cannot_be_is_refused)
{
    whole_says(refused[_i].ops, refused[_i].said);
}
END_TEST

#define EVER(func)                                                                 \
    "- flatMap: _.value.words\n- map: (_.substring(0, 1), _.substring(1).toInt)\n" \
    "- reduceByKeyAndWindow: {func: " func ", invFunc: \"(a, b) => a\", windowDuration: 2s}"

/* An inverse that forgets nothing: the least, or the greatest, that was ever seen. */
START_TEST(a_word_may_have_an_inverse)
{
    const char *batches[] = { "a3 a5 b1", "a4 b2", "a9 b0", "", "a1", NULL };
    memory_shows(EVER("min"), batches,
                 "('a', 3) ('b', 1)\n('a', 3) ('b', 1)\n('a', 3) ('b', 0)\n('a', 3) ('b', "
                 "0)\n('a', 1) ('b', 0)\n");
    memory_shows(EVER("max"), batches,
                 "('a', 5) ('b', 1)\n('a', 5) ('b', 2)\n('a', 9) ('b', 2)\n('a', 9) ('b', "
                 "2)\n('a', 9) ('b', 2)\n");
}
END_TEST

Suite *op_suite(void)
{
    Suite *suite = suite_create("op");
    TCase *tcase = tcase_create("op");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, odd_rows_are_shown, 0, ARRAY_SIZE(cases));
    tcase_add_test(tcase, a_word_may_have_an_inverse);
    tcase_add_loop_test(tcase, what_cannot_be_is_refused, 0, ARRAY_SIZE(refused));
    return suite;
}
