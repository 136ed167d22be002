#include "spec/units.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    enum units_answer answer;
    uint64_t ms;
} durations[] = {
    { "10s", UNITS_OK, 10000 },
    { "500ms", UNITS_OK, 500 },
    { "1h", UNITS_OK, 3600000 },
    { "2m", UNITS_OK, 120000 },
    { "36500d", UNITS_OK, UNITS_DURATION_MAX },
    { "0s", UNITS_OK, 0 },
    { "007s", UNITS_OK, 7000 },
    { "36501d", UNITS_RANGE, 0 },
    { "99999999999999999999999ms", UNITS_RANGE, 0 },
    { "213503982334602d", UNITS_RANGE, 0 }, /* times 86400000 passes 2^64 */
    { "-1s", UNITS_RANGE, 0 },
    { "-1", UNITS_RANGE, 0 },
    { "10", UNITS_MISSING, 0 },
    { "10S", UNITS_UNKNOWN, 0 },
    { "10sec", UNITS_UNKNOWN, 0 },
    { "10 s", UNITS_FORM, 0 },
    { "1.5s", UNITS_FORM, 0 },
    { "1h30m", UNITS_FORM, 0 },
    { "+1s", UNITS_FORM, 0 },
    { "s", UNITS_FORM, 0 },
    { "", UNITS_FORM, 0 },
};

START_TEST(a_duration_is_one_whole_number_and_one_unit)
{
    uint64_t ms = 0;
    ck_assert_int_eq(units_duration(durations[_i].text, &ms), durations[_i].answer);
    ck_assert_uint_eq(ms, durations[_i].ms);
}
END_TEST

START_TEST(sizes_are_powers_of_1024)
{
    uint64_t bytes = 0;
    ck_assert_int_eq(units_size("20GiB", &bytes), UNITS_OK);
    ck_assert_uint_eq(bytes, 20ull << 30);
    ck_assert_int_eq(units_size("7B", &bytes), UNITS_OK);
    ck_assert_uint_eq(bytes, 7);
    ck_assert_int_eq(units_size("1GB", &bytes), UNITS_UNKNOWN);
    ck_assert_int_eq(units_size("1048577TiB", &bytes), UNITS_RANGE);
    ck_assert_str_eq(units_meant("GB", true), "GiB");
    ck_assert_str_eq(units_meant("kib", true), "KiB");
    ck_assert_str_eq(units_meant("Minutes", false), "m");
    ck_assert_ptr_null(units_meant("fortnights", false));
}
END_TEST

START_TEST(a_share_has_a_percent_sign)
{
    double share = 0;
    ck_assert_int_eq(units_share("10%", &share), UNITS_OK);
    ck_assert_double_eq(share, 0.1);
    ck_assert_int_eq(units_share("0.5%", &share), UNITS_OK);
    ck_assert_double_eq(share, 0.005);
    ck_assert_int_eq(units_share("100%", &share), UNITS_OK);
    ck_assert_int_eq(units_share("101%", &share), UNITS_RANGE);
    ck_assert_int_eq(units_share("0.1", &share), UNITS_MISSING);
    ck_assert_int_eq(units_share("%", &share), UNITS_FORM);
    ck_assert_int_eq(units_share("1e1%", &share), UNITS_FORM);
    ck_assert_int_eq(units_share("-1%", &share), UNITS_RANGE);
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
    static const uint64_t values[] = { 0, 1, 999, 1000, 1500, 60000, 90000, 3600000, 86400000 };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct buf text = { 0 };
        uint64_t back = 1;
        units_put_duration(values[i], &text);
        ck_assert_int_eq(units_duration(buf_text(&text), &back), UNITS_OK);
        ck_assert_uint_eq(back, values[i]);
        buf_clear(&text);
        units_put_size(values[i] << 10, &text);
        ck_assert_int_eq(units_size(buf_text(&text), &back), UNITS_OK);
        ck_assert_uint_eq(back, values[i] << 10);
        buf_free(&text);
    }
}
END_TEST

START_TEST(a_duration_is_written_in_the_unit_of_another)
{
    struct buf text = { 0 };
    units_put_duration_like(600000, 2000, &text); /* 10m, beside 2s */
    buf_puts(&text, " ");
    units_put_duration_like(1500, 1000, &text);
    buf_puts(&text, " ");
    units_put_duration_like(0, 2000, &text);
    ck_assert_str_eq(buf_text(&text), "600s 1500ms 0s");
    buf_free(&text);
}
END_TEST

static const struct { /* a bare number is of seconds here; -2 = not one of Spark's */
    const char *text;
    int64_t ms;
} spark[] = {
    { "1h", 3600000 },
    { "60m", 3600000 },
    { "60min", 3600000 },
    { "3600s", 3600000 },
    { "3600", 3600000 },
    { "1H", 3600000 },
    { " 1d ", 86400000 },
    { "500us", 0 },
    { "1999us", 1 },
    { "-1", -1000 },
    { "-1ms", -1 },
    { "250ms", 250 },
    { "1 h", -2 },
    { "1hr", -2 },
    { "1sec", -2 },
    { "1h30m", -2 },
    { "+1s", -2 },
    { "1.5h", -2 },
    { "", -2 },
    { "h", -2 },
    { "1minutesss", -2 },
    { "1w", -2 },
    { "106751991168d", -2 },
    { "9223372036854775808ms", -2 },
    { "9223372036854775807ms", INT64_MAX },
    { "18446744073709551619ms", -2 },
    { "99999999999999999999s", -2 },
    { "-", -2 },
};

START_TEST(spark_reads_durations_its_own_way)
{
    int64_t ms = -2;
    bool good = units_spark_duration(spark[_i].text, 1000, &ms);
    ck_assert_msg(good == (spark[_i].ms != -2), "%s", spark[_i].text);
    ck_assert_int_eq(ms, spark[_i].ms);
}
END_TEST

Suite *units_suite(void)
{
    Suite *suite = suite_create("units");
    TCase *tcase = tcase_create("units");
    tcase_add_loop_test(tcase, a_duration_is_one_whole_number_and_one_unit, 0,
                        sizeof durations / sizeof durations[0]);
    tcase_add_test(tcase, sizes_are_powers_of_1024);
    tcase_add_test(tcase, a_share_has_a_percent_sign);
    tcase_add_test(tcase, what_is_written_is_read_again);
    tcase_add_test(tcase, a_duration_is_written_in_the_unit_of_another);
    tcase_add_loop_test(tcase, spark_reads_durations_its_own_way, 0,
                        sizeof spark / sizeof spark[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
