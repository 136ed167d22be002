/* Types and values that stand in a job file. */
#include "op/literal.h"

#include "memory.h"

#define STATE(type, initial)                                                      \
    "- map: (_.value, 1)\n- updateStateByKey:\n    id: t\n    stateType: \"" type \
    "\"\n    initial: [[k, " initial "]]\n    func: (values, state) => state"
#define SHOWN(initial)                                                   \
    "- map: (_.value, 1)\n- updateStateByKey: {id: t, initial: " initial \
    ", func: '(values, state) => state'}"
#define INT8 "Int, Int, Int, Int, Int, Int, Int, Int, "
#define LIST8 "List[List[List[List[List[List[List[List["

static const struct {
    const char *ops, *shown;
} good[] = {
    { STATE("Int", "-5"), "('k', -5)\n" },
    { STATE("Double", "5"), "('k', 5.0)\n" },
    { STATE("Double", "2.5"), "('k', 2.5)\n" },
    { STATE("Bool", "true"), "('k', True)\n" },
    { STATE("String", "x"), "('k', 'x')\n" },
    { STATE("String", "5"), "('k', '5')\n" },
    { STATE("Timestamp", "7"), "('k', 1970-01-01 00:00:00.007000)\n" },
    { STATE("Option[Int]", "3"), "('k', 3)\n" },
    { STATE("Option[Int]", "~"), "('k', None)\n" },
    { STATE("List[Int]", "[1, 2]"), "('k', [1, 2])\n" },
    { STATE("List[String]", "[]"), "('k', [])\n" },
    { STATE("(Int, String)", "[1, a]"), "('k', (1, 'a'))\n" },
    { STATE(" ( Int ,String ) ", "[1, a]"), "('k', (1, 'a'))\n" },
    { STATE("{a: Int, b: Option[Int], c_1: Bool}", "{c_1: false, a: 1}"),
      "('k', {'a': 1, 'b': None, 'c_1': False})\n" },
    { STATE("Map[String, List[Int]]", "{b: [2], a: [], \"\": [1]}"),
      "('k', {'': [1], 'a': [], 'b': [2]})\n" },
    { SHOWN("[[a, 1], [b, 2.5]]"), "('a', 1.0) ('b', 2.5)\n" },
    { SHOWN("[[a, true]]"), "('a', True)\n" },
    { SHOWN("[[a, x]]"), "('a', 'x')\n" },
};

START_TEST(a_value_is_read_as_its_type)
{
    memory_shows(good[_i].ops, LINES(""), good[_i].shown);
}
END_TEST

static const char *const no_types[] = {
    "",
    "Itn",
    "Int x",
    "Int]",
    "Map[Int, Int]",
    "Map[String Int]",
    "Map[String, Itn]",
    "List[Int",
    "List[Itn]",
    "Set[Int]",
    "(Int String)",
    "(Int",
    "(Itn)",
    "{a Int}",
    "{: Int}",
    "{a: Itn}",
};

START_TEST(what_is_no_type_is_refused)
{
    struct job job = { 0 };
    const char *ops = arena_printf(&job.arena,
                                   "- map: (_.value, 1)\n- updateStateByKey: {id: t, func: '(v, s) "
                                   "=> s', stateType: \"%s\"}",
                                   no_types[_i]);
    whole_says(ops,
               "job.yaml:3:61: error[E206]: stateType must be a type\n"
               "  help: as \"Int\", \"Option[String]\", \"List[(String, Int)]\" or \"{name: "
               "String}\"\n");
    arena_free(&job.arena);
}
END_TEST

static const char *const too_large[] = {
    "(" INT8 INT8 INT8 INT8 INT8 INT8 INT8 INT8 "Int)",
    LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8
        LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 LIST8 "Int",
};

START_TEST(a_type_has_a_largest_size)
{
    struct job job = { 0 };
    const char *ops = arena_printf(&job.arena,
                                   "- map: (_.value, 1)\n- updateStateByKey: {id: t, func: '(v, s) "
                                   "=> s', stateType: \"%s\"}",
                                   too_large[_i]);
    whole_says(ops,
               "job.yaml:3:61: error[E236]: stateType is too large: at most 200 types may stand in "
               "it, 64 in one tuple or record\n");
    arena_free(&job.arena);
}
END_TEST

static const struct {
    const char *ops, *said;
} bad[] = {
    { STATE("Int", "x"), "job.yaml:6:19: error[E206]: this must be a value of type Int\n" },
    { STATE("Int", "1.5"), "job.yaml:6:19: error[E206]: this must be a value of type Int\n" },
    { STATE("Bool", "1"), "job.yaml:6:19: error[E206]: this must be a value of type Bool\n" },
    { STATE("Double", "x"), "job.yaml:6:19: error[E206]: this must be a value of type Double\n" },
    { STATE("String", "[1]"), "job.yaml:6:19: error[E206]: this must be a value of type String\n" },
    { STATE("String", "~"), "job.yaml:6:19: error[E206]: this must be a value of type String\n" },
    { STATE("Bytes", "x"), "job.yaml:6:19: error[E206]: this must be a value of type Bytes\n" },
    { STATE("Json", "5"), "job.yaml:6:19: error[E206]: this must be a value of type Json\n" },
    { STATE("Option[Int]", "x"), "job.yaml:6:19: error[E206]: this must be a value of type Int\n" },
    { STATE("List[Int]", "5"),
      "job.yaml:6:19: error[E206]: this must be a value of type List[Int]\n" },
    { STATE("List[Int]", "[1, x]"),
      "job.yaml:6:23: error[E206]: this must be a value of type Int\n" },
    { STATE("(Int, Int)", "[1]"),
      "job.yaml:6:19: error[E206]: this must be a value of type (Int, Int)\n" },
    { STATE("{a: Int}", "5"),
      "job.yaml:6:19: error[E206]: this must be a value of type {a: Int}\n" },
    { STATE("{a: Int}", "{b: 1}"),
      "job.yaml:6:19: error[E206]: this must be a value of type {a: Int}\n" },
    { STATE("{a: Int}", "{a: 1, b: 2}"),
      "job.yaml:6:19: error[E206]: this must be a value of type {a: Int}\n" },
    { STATE("{a: Int}", "{a: x}"),
      "job.yaml:6:23: error[E206]: this must be a value of type Int\n" },
    { STATE("Map[String, Int]", "[1]"),
      "job.yaml:6:19: error[E206]: this must be a value of type Map[String, Int]\n" },
    { STATE("Map[String, Int]", "{a: x}"),
      "job.yaml:6:23: error[E206]: this must be a value of type Int\n" },
    { SHOWN("[[a, 1], b]"),
      "job.yaml:3:57: error[E232]: the type of the state cannot be known from the function\n  "
      "help: say it: stateType: \"Int\"\n" },
    { SHOWN("[[a, 1, 2]]"),
      "job.yaml:3:57: error[E232]: the type of the state cannot be known from the function\n  "
      "help: say it: stateType: \"Int\"\n" },
    { SHOWN("[[a, 1], [b, true]]"),
      "job.yaml:3:65: error[E232]: the type of the state cannot be known from the function\n  "
      "help: say it: stateType: \"Int\"\n" },
    { SHOWN("[[a, [1]]]"),
      "job.yaml:3:56: error[E232]: the type of the state cannot be known from the function\n  "
      "help: say it: stateType: \"Int\"\n" },
};

START_TEST(a_value_of_another_type_is_refused)
{
    whole_says(bad[_i].ops, bad[_i].said);
}
END_TEST

Suite *literal_suite(void)
{
    Suite *suite = suite_create("literal");
    TCase *tcase = tcase_create("literal");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_value_is_read_as_its_type, 0, ARRAY_SIZE(good));
    tcase_add_loop_test(tcase, what_is_no_type_is_refused, 0, ARRAY_SIZE(no_types));
    tcase_add_loop_test(tcase, a_type_has_a_largest_size, 0,
                        sizeof too_large / sizeof too_large[0]);
    tcase_add_loop_test(tcase, a_value_of_another_type_is_refused, 0, ARRAY_SIZE(bad));
    return suite;
}
