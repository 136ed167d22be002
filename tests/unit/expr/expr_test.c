#include <check.h>

#include "base/list.h"
#include "language.h"

static struct language language;

static void begin(void)
{
    language_begin(&language);
}

static void end(void)
{
    language_end(&language);
}

static const struct row {
    const char *expression, *rows, *expected;
} rows[] = {
    { "_", "[\"a\", \"b\"]", "String: \"a\"; \"b\"" },
    { "_.split(\" \")", "[\"a b\", \"\", \" a\", \"a  b \"]",
      "List[String]: [\"a\", \"b\"]; [\"\"]; [\"\", \"a\"]; [\"a\", \"\", \"b\", \"\"]" },
    { "(_, 1)", "[\"a\", \"b\"]", "(String, Int): (\"a\", 1); (\"b\", 1)" },
};

START_TEST(expressions_give_their_values_for_any_size_of_chunk)
{
    static const uint32_t sizes[] = { 4096, 7, 1 };
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        ck_assert_str_eq(language_run(&language, rows[_i].expression, rows[_i].rows, sizes[i]),
                         rows[_i].expected);
}
END_TEST

Suite *expr_suite(void)
{
    Suite *suite = suite_create("expr");
    TCase *values = tcase_create("values");
    tcase_add_checked_fixture(values, begin, end);
    tcase_add_loop_test(values, expressions_give_their_values_for_any_size_of_chunk, 0,
                        ARRAY_SIZE(rows));
    suite_add_tcase(suite, values);
    return suite;
}
