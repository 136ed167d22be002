#include "column/time_text.h"

#include <check.h>
#include <string.h>

#include "base/list.h"

static const struct moment {
    int64_t ms;
    const char *text;
} moments[] = {
    { 0, "1970-01-01T00:00:00Z" },
    { -1, "1969-12-31T23:59:59.999Z" },
    { 951782400000, "2000-02-29T00:00:00Z" },
    { 1709251199007, "2024-02-29T23:59:59.007Z" },
    { 4107542400000, "2100-03-01T00:00:00Z" },
    { -62167219200000, "0000-01-01T00:00:00Z" },
    { -62167219200001, "-0001-12-31T23:59:59.999Z" },
    { INT64_MAX, "292278994-08-17T07:12:55.807Z" },
    { INT64_MIN, "-292275055-05-16T16:47:04.192Z" },
};

START_TEST(a_moment_has_one_text)
{
    char text[NUMBER_TEXT_MAX];
    size_t n = time_put(moments[_i].ms, text);
    ck_assert_uint_eq(n, strlen(moments[_i].text));
    ck_assert_mem_eq(text, moments[_i].text, n);
}
END_TEST

static struct arena arena;
static struct column column;

static void end(void)
{
    arena_free(&arena);
}

static const char *formatted(const char *pattern, int64_t ms)
{
    uint32_t at;
    const char *why;
    struct slice slice = { pattern, strlen(pattern) };
    const struct column *in[] = { &column };
    struct column out;
    column_zero(&arena, &type_time, &column);
    column.i64[0] = ms;
    struct call call = { .frame = &(struct frame){ .n = 1 },
                         .sel = { NULL, 1 },
                         .in = in,
                         .n_in = 1,
                         .out = &out,
                         .type = &type_string,
                         .arena = &arena };
    call.data = time_pattern_new(&arena, slice, &at, &why);
    ck_assert_ptr_nonnull(call.data);
    kernel_time_format(&call);
    return arena_strndup(&arena, out.ptr[0], out.len[0]);
}

START_TEST(week_days_and_days_of_the_year_follow_the_calendar)
{
    static const struct moment days[] = {
        { 1709164800000, "Thu 060" }, /* 2024-02-29 */
        { 1735603200000, "Tue 366" }, /* 2024-12-31 */
        { 1735689600000, "Wed 001" }, /* 2025-01-01 */
        { -86400000, "Wed 365" },     /* 1969-12-31 */
    };
    for (size_t i = 0; i < ARRAY_SIZE(days); i++)
        ck_assert_str_eq(formatted("EEE DDD", days[i].ms), days[i].text);
}
END_TEST

START_TEST(twelve_hours_begin_with_twelve)
{
    ck_assert_str_eq(formatted("h a", 0), "12 AM");
    ck_assert_str_eq(formatted("h a", 12 * 3600000), "12 PM");
    ck_assert_str_eq(formatted("hh:mm a", 13 * 3600000 + 60000), "01:01 PM");
}
END_TEST

START_TEST(fractions_are_cut)
{
    ck_assert_str_eq(formatted("S SS SSS", 789), "7 78 789");
    ck_assert_str_eq(formatted("S SS SSS", 7), "0 00 007");
}
END_TEST

Suite *time_text_suite(void)
{
    Suite *suite = suite_create("time_text");
    TCase *texts = tcase_create("texts");
    tcase_add_checked_fixture(texts, NULL, end);
    tcase_add_loop_test(texts, a_moment_has_one_text, 0, ARRAY_SIZE(moments));
    tcase_add_test(texts, week_days_and_days_of_the_year_follow_the_calendar);
    tcase_add_test(texts, twelve_hours_begin_with_twelve);
    tcase_add_test(texts, fractions_are_cut);
    suite_add_tcase(suite, texts);
    return suite;
}
