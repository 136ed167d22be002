#include <check.h>

#include "supervisor/supervisor_parts.h"

static const struct {
    int64_t ms;
    const char *text;
} rows[] = { { 0, "0s" },           { 59999, "59s" },      { 60000, "1m" },
             { 3599999, "59m" },    { 3600000, "1h00m" },  { 86399999, "23h59m" },
             { 86400000, "1d00h" }, { 183600000, "2d03h" } };

START_TEST(since_is_told_in_two_units_at_most)
{
    char text[16];
    supervisor_put_since(rows[_i].ms, text, sizeof text);
    ck_assert_str_eq(text, rows[_i].text);
}
END_TEST

Suite *supervisor_status_suite(void)
{
    Suite *suite = suite_create("supervisor_status");
    TCase *tcase = tcase_create("supervisor_status");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, since_is_told_in_two_units_at_most, 0, sizeof rows / sizeof rows[0]);
    return suite;
}
