#include "sink/print.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sink/printable.h"
#include "sink/python.h"

#define PRINTABLE_N 144516 /* code points, and their sum, by Python's str.isprintable() */
#define PRINTABLE_SUM 14867683184ull

struct golden {
    const char *bytes;
    size_t n;
    const char *repr;
};
#define G(bytes, repr)                \
    {                                 \
        bytes, sizeof bytes - 1, repr \
    }

static const struct golden strings[] = {
    /* repr() of Python 3.11, UTF-8 */
    G("", "''"),
    G("a", "'a'"),
    G("hello world", "'hello world'"),
    G("it's", "\"it's\""),
    G("say \"hi\"", "'say \"hi\"'"),
    G("it's \"both\"", "'it\\'s \"both\"'"),
    G("back\\slash", "'back\\\\slash'"),
    G("a\012b\015c\011d", "'a\\nb\\rc\\td'"),
    G("\000\001\037\177", "'\\x00\\x01\\x1f\\x7f'"),
    G("\302\200\302\237\302\240\302\241\302\255", "'\\x80\\x9f\\xa0\302\241\\xad'"),
    G("\303\251", "'\303\251'"),
    G("\303\261and\303\272", "'\303\261and\303\272'"),
    G("\346\227\245\346\234\254\350\252\236", "'\346\227\245\346\234\254\350\252\236'"),
    G("\342\200\213\342\200\216\342\200\250\342\200\251\357\273\277",
      "'\\u200b\\u200e\\u2028\\u2029\\ufeff'"),
    G("\302\240\343\200\200", "'\\xa0\\u3000'"),
    G("\360\237\230\200", "'\360\237\230\200'"),
    G("\360\237\247\221\342\200\215\360\237\232\200", "'\360\237\247\221\\u200d\360\237\232\200'"),
    G("\363\240\200\201\364\217\277\277\363\260\200\200", "'\\U000e0001\\U0010ffff\\U000f0000'"),
    G("\356\200\200\357\267\220\357\277\277\357\277\275", "'\\ue000\\ufdd0\\uffff\357\277\275'"),
    G("\315\270\315\271\324\260", "'\\u0378\\u0379\\u0530'"),
    G("e\314\201", "'e\314\201'"),
    G("\330\234", "'\\u061c'"),
    G("\357\267\272", "'\357\267\272'"),
    G("\330\200", "'\\u0600'"),
    G("\360\235\205\263\360\235\205\262", "'\\U0001d173\360\235\205\262'"),
    G("\360\237\233\235\360\237\253\250\360\237\253\220",
      "'\360\237\233\235\\U0001fae8\360\237\253\220'"),
    G("\"", "'\"'"),
    G("'", "\"'\""),
    G("''\"\"", "'\\'\\'\"\"'"),
    G("\\x41", "'\\\\x41'"),
    G("%s %d", "'%s %d'"),
    G("\342\260\257\341\234\264\341\234\237", "'\342\260\257\341\234\264\341\234\237'"),
};

static const struct golden bytes[] = {
    G("", "b''"),
    G("ab\377", "b'ab\\xff'"),
    G("it's", "b\"it's\""),
    G("\"", "b'\"'"),
    G("'\"", "b'\\'\"'"),
    G("\\\012\015\011\000\177\200", "b'\\\\\\n\\r\\t\\x00\\x7f\\x80'"),
    G(" !\"#$%&'()*+,-./"
      "0123456789:;<=>\?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~",
      "b' "
      "!\"#$%&\\'()*+,-./"
      "0123456789:;<=>\?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_`abcdefghijklmnopqrstuvwxyz{|}~'"),
    G("\303\251", "b'\\xc3\\xa9'"),
};

static struct buf out;

static void stage_open(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
}

static void stage_close(void)
{
    buf_free(&out);
}

static void shows(const char *text)
{
    ck_assert_str_eq(buf_text(&out), text);
    buf_clear(&out);
}

START_TEST(strings_are_quoted_as_python_quotes_them)
{
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        python_put_string(&out, strings[i].bytes, strings[i].n);
        shows(strings[i].repr);
    }
}
END_TEST

START_TEST(bytes_are_quoted_as_python_quotes_them)
{
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
        python_put_bytes(&out, bytes[i].bytes, bytes[i].n);
        shows(bytes[i].repr);
    }
}
END_TEST

START_TEST(the_same_characters_are_printable_as_in_unicode_14)
{
    uint64_t n = 0, sum = 0;
    for (uint32_t point = 0; point < 0x110000; point++) {
        n += printable(point);
        sum += printable(point) ? point : 0;
    }
    ck_assert_uint_eq(n, PRINTABLE_N);
    ck_assert_uint_eq(sum, PRINTABLE_SUM);
}
END_TEST

START_TEST(times_show_a_fraction_only_when_they_have_one)
{
    static const struct {
        const char *zone;
        int64_t ms;
        const char *text;
    } times[] = {
        { "UTC", 0, "1970-01-01 00:00:00" },
        { "UTC", -1, "1969-12-31 23:59:59.999000" },
        { "UTC", 1795359610000, "2026-11-22 15:00:10" },
        { "UTC", 1795359610500, "2026-11-22 15:00:10.500000" },
        { "UTC", 1795359610007, "2026-11-22 15:00:10.007000" },
        { "CET-1CEST,M3.5.0,M10.5.0/3", 1795359610000, "2026-11-22 16:00:10" },
        { "CET-1CEST,M3.5.0,M10.5.0/3", 1782000000000, "2026-06-21 02:00:00" },
    };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        setenv("TZ", times[i].zone, 1);
        tzset();
        python_put_time(&out, times[i].ms);
        shows(times[i].text);
    }
}
END_TEST

/* ---- whole rows, each a constant of one row */

static const char *hello[] = { "hello" };
static uint32_t hello_len[] = { 5 };
static int64_t three[] = { 3 };
static double half[] = { 0.5 };
static uint8_t yes[] = { 1 }, no[] = { 0 };
static uint32_t zero[] = { 0 }, one[] = { 1 };

#define CONST(t, ...)                                       \
    {                                                       \
        .type = &(t), .n = 1, .is_const = true, __VA_ARGS__ \
    }
static struct column text = CONST(type_string, .ptr = hello, .len = hello_len);
static struct column number = CONST(type_int, .i64 = three);
static struct column real = CONST(type_double, .f64 = half);
static struct column truth = CONST(type_bool, .b8 = yes);

static const struct type *const two_types[] = { &type_string, &type_int };
static const char *const two_names[] = { "word", "n" };
static const struct type pair = { .kind = K_TUPLE, .n = 2, .member = two_types };
static const struct type single = { .kind = K_TUPLE, .n = 1, .member = two_types };
static const struct type record = { .kind = K_RECORD,
                                    .n = 2,
                                    .member = two_types,
                                    .name = two_names };
static const struct type list = { .kind = K_LIST, .n = 1, .member = two_types };
static const struct type map = { .kind = K_MAP, .n = 2, .member = two_types };
static const struct type option = { .kind = K_OPTION, .n = 1, .member = two_types };

static void row_shows(const struct column *column, const char *expected)
{
    python_put_row(&out, column, 0, false);
    shows(expected);
}

START_TEST(scalars_stand_raw_at_the_top)
{
    row_shows(&text, "hello");
    row_shows(&number, "3");
    row_shows(&real, "0.5");
    row_shows(&truth, "True");
    truth.b8 = no;
    row_shows(&truth, "False");
}
END_TEST

START_TEST(what_has_parts_shows_them_as_repr)
{
    struct column parts[] = { text, number };
    struct column whole = CONST(pair, .n_child = 2, .child = parts);
    row_shows(&whole, "('hello', 3)");
    whole.type = &record;
    row_shows(&whole, "{'word': 'hello', 'n': 3}");
    whole = (struct column)CONST(single, .n_child = 1, .child = parts);
    row_shows(&whole, "('hello',)");
    whole = (struct column)CONST(map, .n_child = 2, .child = parts, .offset = zero, .len = one);
    row_shows(&whole, "{'hello': 3}");
    whole.len = zero;
    row_shows(&whole, "{}");
    whole = (struct column)CONST(list, .n_child = 1, .child = parts, .offset = zero, .len = one);
    row_shows(&whole, "['hello']");
    whole.len = zero;
    row_shows(&whole, "[]");
}
END_TEST

START_TEST(an_option_shows_as_its_value)
{
    struct column maybe = CONST(option, .n_child = 1, .child = &text, .valid = yes);
    row_shows(&maybe, "hello");
    python_put_row(&out, &maybe, 0, true);
    shows("'hello'");
    maybe.valid = NULL;
    row_shows(&maybe, "hello");
    maybe.valid = no;
    row_shows(&maybe, "None");
}
END_TEST

static void prints(uint32_t num, uint32_t n, const char *rows)
{
    char expected[300];
    struct job_output output = { .kind = "print", .num = num };
    struct sink_batch batch = { .time_ms = 1795359610000, .rows = &number, .n = n };
    snprintf(expected, sizeof expected,
             "-------------------------------------------\n"
             "Time: 2026-11-22 15:00:10\n"
             "-------------------------------------------\n"
             "%s\n",
             rows);
    sink_find("print")->render(&output, &batch, &out);
    shows(expected);
}

START_TEST(print_shows_num_rows_and_whether_there_are_more)
{
    prints(2, 0, "");
    prints(2, 1, "3\n");
    prints(2, 2, "3\n3\n");
    prints(2, 3, "3\n3\n...\n");
    prints(0, 1, "...\n");
    ck_assert_uint_eq(sink_print.rows_max(&(struct job_output){ .num = 10 }), 11);
    ck_assert_ptr_eq(sink_find("postgres"), &sink_print); /* until something delivers it */
}
END_TEST

Suite *print_suite(void)
{
    Suite *suite = suite_create("print");
    TCase *tcase = tcase_create("print");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_add_test(tcase, strings_are_quoted_as_python_quotes_them);
    tcase_add_test(tcase, bytes_are_quoted_as_python_quotes_them);
    tcase_add_test(tcase, the_same_characters_are_printable_as_in_unicode_14);
    tcase_add_test(tcase, times_show_a_fraction_only_when_they_have_one);
    tcase_add_test(tcase, scalars_stand_raw_at_the_top);
    tcase_add_test(tcase, what_has_parts_shows_them_as_repr);
    tcase_add_test(tcase, an_option_shows_as_its_value);
    tcase_add_test(tcase, print_shows_num_rows_and_whether_there_are_more);
    return suite;
}
