/* cli/expect.c and cli/compare.c: what YAML says beside values of every type. */
#include "cli/expect.h"

#include <check.h>
#include <math.h>
#include <string.h>

#include "cli/compare.h"
#include "column/codec.h"

static struct arena arena;
static struct buf shown;

static struct yaml_node *yaml(const char *text)
{
    struct diags *diags = arena_zalloc(&arena, sizeof *diags);
    struct yaml_node *root;
    *diags = (struct diags){ .arena = &arena, .file = "t", .source = { text, strlen(text) } };
    ck_assert_msg(yaml_parse(&arena, diags->source, diags, &root), "%s", text);
    return root;
}

/* A column of n rows of a type, whose arrays the caller fills. */
static struct column *column_of(const struct type *type, uint32_t n)
{
    struct column *column = arena_alloc(&arena, sizeof *column);
    column_alloc(&arena, type, n, column);
    return column;
}

static struct column *texts(const struct type *type, uint32_t n, const char *const *text)
{
    struct column *column = column_of(type, n);
    for (uint32_t i = 0; i < n; i++) {
        column->ptr[i] = text[i];
        column->len[i] = (uint32_t)strlen(text[i]);
    }
    return column;
}

static struct column *scalar(const struct type *type, int64_t number, double real, const char *text)
{
    struct column *column = column_of(type, 1);
    if (type == &type_int || type == &type_time)
        column->i64[0] = number;
    else if (type == &type_double)
        column->f64[0] = real;
    else if (type == &type_bool)
        column->b8[0] = (uint8_t)number;
    else
        column = texts(type, 1, &text);
    return column;
}

static const struct {
    const struct type *type;
    int64_t number;
    double real;
    const char *text, *yaml;
    bool equal;
} scalars[] = {
    { &type_int, 1, 0, NULL, "1", true },
    { &type_int, 1, 0, NULL, "1.0", true },
    { &type_int, 1, 0, NULL, "'1'", false },
    { &type_int, 1, 0, NULL, "true", false },
    { &type_int, 1, 0, NULL, "~", false },
    { &type_int, INT64_MAX, 0, NULL, "9223372036854775807", true },
    { &type_int, INT64_MAX, 0, NULL, "9223372036854775806", false },
    { &type_double, 0, 0.1, NULL, "0.1", true },
    { &type_double, 0, 0.1, NULL, "0.10000000009", true },
    { &type_double, 0, 0.1, NULL, "0.100000001", false },
    { &type_double, 0, 1e300, NULL, "1.0000000000001e300", true },
    { &type_double, 0, 0, NULL, "1e-300", false },
    { &type_double, 0, -0.0, NULL, "0", true },
    { &type_double, 0, NAN, NULL, ".nan", true },
    { &type_double, 0, INFINITY, NULL, ".inf", true },
    { &type_double, 0, INFINITY, NULL, "-.inf", false },
    { &type_double, 0, INFINITY, NULL, "1e308", false },
    { &type_double, 0, 1, NULL, "'1.0'", false },
    { &type_bool, 1, 0, NULL, "true", true },
    { &type_bool, 1, 0, NULL, "false", false },
    { &type_bool, 1, 0, NULL, "1", false },
    { &type_string, 0, 0, "1", "'1'", true },
    { &type_string, 0, 0, "1", "1", false },
    { &type_string, 0, 0, "", "''", true },
    { &type_string, 0, 0, "", "~", false },
    { &type_string, 0, 0, "no", "no", true },
    { &type_bytes, 0, 0, "a", "YQ==", true },
    { &type_bytes, 0, 0, "ab\xff", "YWL/", true },
    { &type_bytes, 0, 0, "abcd", "YWJjZA==", true },
    { &type_bytes, 0, 0, "a", "a", false },
    { &type_time, 1500, 0, NULL, "1970-01-01T00:00:01.5Z", true },
    { &type_time, 1500, 0, NULL, "1970-01-01 01:00:01.500+01:00", true },
    { &type_time, -1, 0, NULL, "1969-12-31T23:59:59.999Z", true },
    { &type_time, 0, 0, NULL, "1970-01-01T00:00", true },
    { &type_time, 0, 0, NULL, "1970-01-01T00:00:01Z", false },
    { &type_time, 0, 0, NULL, "1970-13-01T00:00:00Z", false },
    { &type_time, 0, 0, NULL, "0", false },
    { &type_time, 0, 0, NULL, "1", false },
    { &type_bytes, 0, 0, "a", "~", false },
    { &type_bool, 0, 0, NULL, "false", true },
    { &type_double, 0, NAN, NULL, "1", false },
    { &type_double, 0, 1, NULL, ".nan", false },
    { &type_double, 0, 1, NULL, ".inf", false },
    { &type_double, 0, -INFINITY, NULL, "-.inf", true },
    { &type_double, 0, 1, NULL, "~", false },
    { &type_int, 3, 0, NULL, "3.5", false },
    { &type_json, 0, 0, "{\"a\": [1, null, 2.0]}", "{a: [1, ~, 2]}", true },
    { &type_json, 0, 0, "1", "1.0", true },
    { &type_json, 0, 0, "1", "2", false },
    { &type_json, 0, 0, "1.5", "1.5", true },
    { &type_json, 0, 0, "1.5", "2", false },
    { &type_json, 0, 0, "1", "'1'", false },
    { &type_json, 0, 0, "\"1\"", "1", false },
    { &type_json, 0, 0, "1.5", "'1.5'", false },
    { &type_json, 0, 0, "null", "~", true },
    { &type_json, 0, 0, "true", "true", true },
    { &type_json, 0, 0, "true", "false", false },
    { &type_json, 0, 0, "[1, 2]", "[1, 3]", false },
    { &type_json, 0, 0, "[1, 2]", "[1]", false },
    { &type_json, 0, 0, "{\"a\": 1}", "{b: 1}", false },
    { &type_json, 0, 0, "{\"a\": 1}", "{a: 2}", false },
    { &type_json, 0, 0, "\"x\"", "y", false },
    { &type_json, 0, 0, "{\"a\": 1}", "{a: 1, b: 2}", false },
    { &type_json, 0, 0, "\"x\"", "x", true },
};

START_TEST(scalars_compare_by_value_and_type)
{
    const struct column *column =
        scalar(scalars[_i].type, scalars[_i].number, scalars[_i].real, scalars[_i].text);
    ck_assert_msg(expect_equal(yaml(scalars[_i].yaml), column, 0) == scalars[_i].equal, "%s",
                  scalars[_i].yaml);
    expect_put_row(&shown, column, 0); /* what is shown can be written into the file */
    ck_assert_msg(expect_equal(yaml(buf_text(&shown)), column, 0), "%s", buf_text(&shown));
}
END_TEST

static const struct {
    const char *text;
    int64_t ms; /* -1: it is no time */
} times[] = {
    { "1970-01-02", -1 },
    { "1970-01-01T00:00", 0 },
    { "1970-01-01 10:20:30", 37230000 },
    { "1970-01-01T00:00:00.9", 900 },
    { "1970-01-01T00:00:00.0019999", 1 },
    { "1970-01-01T00:00:00.Z", -1 },
    { "1970-01-01T00:00.5", 500 },
    { "1970-01-01T02:00:00+01:30", 1800000 },
    { "1970-01-01T00:00:00-00:01", 60000 },
    { "1970-01-01T00:00Z", 0 },
    { "1970-01-01T00:00Z ", -1 },
    { "1970-01-01T00:00 ", -1 },
    { "1970-01-01T00:00+", -1 },
    { "1970-01-01T00:00+0", -1 },
    { "1970-01-01T00:00+01", -1 },
    { "1970-01-01T00:00+01:", -1 },
    { "1970-01-01T00:00+01:0", -1 },
    { "1970-01-01T00:00+01:00x", -1 },
    { "1970-01-01T23:59+23:59", 0 },
    { "1970-01-02T00:00+24:00", -1 },
    { "1970-01-01T01:00+00:60", -1 },
    { "1970-01-01T24:00", -1 },
    { "1970-01-01T00:60", -1 },
    { "1970-01-01T00:00:60", -1 },
    { "1972-02-29T00:00", 68169600000 },
    { "1970-02-29T00:00", -1 },
    { "1970-00-01T00:00", -1 },
    { "1970-13-01T00:00", -1 },
    { "1970-01-00T00:00", -1 },
};

START_TEST(a_time_is_a_moment_that_there_is)
{
    int64_t ms = 7;
    bool good = times[_i].ms >= 0;
    ck_assert_msg(expect_time(times[_i].text, &ms) == good, "%s", times[_i].text);
    ck_assert_msg(ms == (good ? times[_i].ms : 7), "%s: %lld", times[_i].text, (long long)ms);
}
END_TEST

START_TEST(a_time_with_a_wrong_letter_or_cut_off_is_none)
{
    static const char whole[] = "1970-01-01T00:00:00.5+01:00";
    int64_t ms;
    ck_assert(expect_time(whole, &ms));
    for (size_t i = 0; i + 1 < sizeof whole; i++) {
        char text[sizeof whole];
        memcpy(text, whole, sizeof whole);
        text[i] = whole[i] == '.' ? '/' : '!';
        ck_assert_msg(!expect_time(text, &ms), "%s", text);
        text[i] = ';'; /* behind the digits */
        ck_assert_msg(!expect_time(text, &ms), "%s", text);
        text[i] = 0;
        bool good = i == 16 || i == 19 || i == 21;
        ck_assert_msg(expect_time(text, &ms) == good, "%s", text);
    }
}
END_TEST

START_TEST(what_was_wanted_is_shown_as_it_may_be_written)
{
    static const char text[] =
        "{\"a\": [1, 1.5, true, false, null, \"x\", .inf, -.inf, .nan, {}, []], \"b c\": {\"d\": "
        "1}}";
    struct yaml_node *node = yaml(text);
    expect_put_node(&shown, node);
    ck_assert_str_eq(buf_text(&shown), text);
    node->items[1]->items[0]->masked = true;
    buf_clear(&shown);
    expect_put_node(&shown, node->items[1]);
    ck_assert_str_eq(buf_text(&shown), "{\"d\": ***}");
}
END_TEST

START_TEST(a_text_that_is_no_json_is_equal_to_nothing)
{
    const char *text = "{";
    ck_assert(!expect_equal(yaml("'{'"), texts(&type_json, 1, &text), 0));
}
END_TEST

START_TEST(nothing_is_null)
{
    struct column *column = column_of(&type_nothing, 1);
    ck_assert(expect_equal(yaml("~"), column, 0));
    ck_assert(!expect_equal(yaml("0"), column, 0));
    expect_put_row(&shown, column, 0);
    ck_assert_str_eq(buf_text(&shown), "null");
}
END_TEST

static struct column *some(struct types *types, const struct column *of, bool there)
{
    struct column *option = column_of(type_option(types, of->type), of->n);
    option->child[0] = *of;
    memset(option->valid, there, of->n);
    return option;
}

static struct column *list(const struct type *type, const struct column *items)
{
    struct column *list = column_of(type, 1);
    list->offset[0] = 0;
    list->len[0] = items->n;
    list->child[0] = *items;
    return list;
}

static void says(const char *text, const struct column *column, bool equal)
{
    ck_assert_msg(expect_equal(yaml(text), column, 0) == equal, "%s", text);
}

START_TEST(an_option_is_null_or_its_value)
{
    struct types *types = types_new(&arena);
    struct column *one = scalar(&type_int, 1, 0, NULL);
    says("1", some(types, one, true), true);
    says("~", some(types, one, true), false);
    says("~", some(types, one, false), true);
    says("1", some(types, one, false), false);
    expect_put_row(&shown, some(types, one, true), 0);
    expect_put_row(&shown, some(types, one, false), 0);
    ck_assert_str_eq(buf_text(&shown), "1null");
}
END_TEST

START_TEST(lists_compare_in_order)
{
    struct types *types = types_new(&arena);
    struct column *items = texts(&type_string, 2, (const char *const[]){ "a", "b" });
    struct column *column = list(type_list(types, &type_string), items);
    says("[a, b]", column, true);
    says("[b, a]", column, false);
    says("[a]", column, false);
    says("[a, b, c]", column, false);
    says("a", column, false);
    expect_put_row(&shown, column, 0);
    ck_assert_str_eq(buf_text(&shown), "[\"a\", \"b\"]");
}
END_TEST

START_TEST(maps_compare_by_key)
{
    struct types *types = types_new(&arena);
    struct column *column = list(type_map(types, &type_string),
                                 texts(&type_string, 2, (const char *const[]){ "x", "y" }));
    column->child[1] = *texts(&type_string, 2, (const char *const[]){ "a", "b" });
    says("{y: b, x: a}", column, true);
    says("{y: a, x: b}", column, false);
    says("{x: a}", column, false);
    says("{x: a, z: b}", column, false);
    says("{x: a, yy: b}", column, false);
    says("[x, y]", column, false);
    expect_put_row(&shown, column, 0);
    ck_assert_str_eq(buf_text(&shown), "{\"x\": \"a\", \"y\": \"b\"}");
}
END_TEST

START_TEST(tuples_are_lists_and_records_mappings)
{
    static const char *const names[] = { "host", "n" };
    struct types *types = types_new(&arena);
    const struct type *member[] = { &type_string, &type_int };
    struct column *tuple = column_of(type_tuple(types, member, 2), 1);
    struct column *record = column_of(type_record(types, names, member, 2), 1);
    tuple->child[0] = record->child[0] = *scalar(&type_string, 0, 0, "a");
    tuple->child[1] = record->child[1] = *scalar(&type_int, 3, 0, NULL);
    says("[a, 3]", tuple, true);
    says("[a]", tuple, false);
    says("[3, a]", tuple, false);
    says("{host: a, n: 3}", record, true);
    says("{host: a}", record, false);
    says("{host: a, n: 3, m: ~}", record, false);
    says("{host: a, m: 3}", record, false);
    says("{host: b, n: 3}", record, false);
    says("[a, 3]", record, false);
    expect_put_row(&shown, record, 0);
    ck_assert_str_eq(buf_text(&shown), "{\"host\": \"a\", \"n\": 3}");
}
END_TEST

/* ---- rows of a batch */

static bool compared(const char *wanted, const char *const *rows, uint32_t n, bool ordered)
{
    struct compare compare = { yaml(wanted), n ? texts(&type_string, n, rows) : NULL, n, ordered };
    buf_clear(&shown);
    return compare_rows(&compare, 2, &shown);
}

static const char *const abc[] = { "a", "b", "c" };
static const char *const aab[] = { "a", "a", "b" };

START_TEST(the_order_of_a_batch_counts_only_when_asked_for)
{
    ck_assert(compared("[c, a, b]", abc, 3, false));
    ck_assert(!compared("[c, a, b]", abc, 3, true));
    ck_assert(compared("[a, b, c]", abc, 3, true));
}
END_TEST

START_TEST(rows_are_counted)
{
    ck_assert(!compared("[a, b, b]", aab, 3, false));
    ck_assert(!compared("[a, b]", aab, 3, false));
    ck_assert(!compared("[a, a, b, b]", aab, 3, false));
    ck_assert(compared("[]", NULL, 0, false));
    ck_assert(compared("~", NULL, 0, false));
    ck_assert(!compared("~", abc, 1, false));
    ck_assert(!compared("[a]", NULL, 0, true));
    ck_assert(!compared("[[a], b]", abc, 2, false));
}
END_TEST

START_TEST(both_sides_stand_side_by_side)
{
    ck_assert(!compared("[a, x, b, \"a text of more than eight\"]", aab, 3, false));
    ck_assert_str_eq(buf_text(&shown),
                     "  expected                      actual\n"
                     "  \"a\"                           \"a\"\n"
                     "  \"x\"                         | \"a\"\n"
                     "  \"b\"                           \"b\"\n"
                     "  \"a text of more than eight\" <\n");
    ck_assert(!compared("[a]", abc, 3, true));
    ck_assert_str_eq(buf_text(&shown),
                     "  expected   actual\n"
                     "  \"a\"        \"a\"\n"
                     "           > \"b\"\n"
                     "           > \"c\"\n");
}
END_TEST

START_TEST(a_row_of_the_same_key_stands_beside)
{
    struct types *types = types_new(&arena);
    struct column *pairs = column_of(type_pair(types, &type_string, &type_int), 2);
    pairs->child[0] = *texts(&type_string, 2, (const char *const[]){ "a", "b" });
    pairs->child[1] = *column_of(&type_int, 2);
    pairs->child[1].i64[0] = 1;
    pairs->child[1].i64[1] = 2;
    struct compare compare = { yaml("[[], [b, 3], x]"), pairs, 2, false };
    ck_assert(!compare_rows(&compare, 0, &shown));
    ck_assert_str_eq(buf_text(&shown),
                     "expected   actual\n"
                     "[]       | [\"a\", 1]\n"
                     "[\"b\", 3] | [\"b\", 2]\n"
                     "\"x\"      <\n");
}
END_TEST

START_TEST(a_very_long_row_has_a_line_of_its_own)
{
    static const char wide[] =
        "a text that is so long that no column beside it would find room on a terminal";
    ck_assert(
        !compared("[a text that is so long that no column beside it would find room on a terminal]",
                  abc, 1, false));
    buf_clear(&shown);
    struct compare compare = { yaml("[b, \"a text that is so long that no column beside it would "
                                    "find room on a terminal\"]"),
                               texts(&type_string, 2, (const char *const[]){ "c", wide }), 2,
                               true };
    ck_assert(!compare_rows(&compare, 2, &shown));
    ck_assert_str_eq(
        buf_text(&shown),
        "  expected   actual\n"
        "  \"b\"      | \"c\"\n"
        "  \"a text that is so long that no column beside it would find room on a terminal\"\n"
        "             \"a text that is so long that no column beside it would find room on a "
        "terminal\"\n");
    ck_assert(!compared("[a]", NULL, 0, false));
    ck_assert_str_eq(buf_text(&shown), "  expected   actual\n  \"a\"      <\n");
}
END_TEST

START_TEST(of_many_rows_those_that_differ_are_shown)
{
    const char *rows[100];
    struct buf wanted = { 0 };
    for (int i = 0; i < 100; i++) {
        rows[i] = i == 50 ? "other" : "same";
        buf_puts(&wanted, i ? ", same" : "[same");
    }
    buf_puts(&wanted, "]");
    ck_assert(!compared(buf_text(&wanted), rows, 100, true));
    ck_assert_str_eq(buf_text(&shown),
                     "  expected   actual\n"
                     "  \"same\"   | \"other\"\n"
                     "  99 equal rows are not shown\n");
    ck_assert(!compared("[]", rows, 100, true));
    ck_assert_ptr_nonnull(strstr(buf_text(&shown), "… and 60 more that differ"));
    buf_free(&wanted);
}
END_TEST

static void expect_clean(void)
{
    arena_free(&arena);
    buf_free(&shown);
}

Suite *expect_suite(void)
{
    Suite *suite = suite_create("expect");
    TCase *tcase = tcase_create("expect");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, NULL, expect_clean);
    tcase_add_loop_test(tcase, scalars_compare_by_value_and_type, 0,
                        sizeof scalars / sizeof scalars[0]);
    tcase_add_loop_test(tcase, a_time_is_a_moment_that_there_is, 0, sizeof times / sizeof times[0]);
    tcase_add_test(tcase, a_time_with_a_wrong_letter_or_cut_off_is_none);
    tcase_add_test(tcase, what_was_wanted_is_shown_as_it_may_be_written);
    tcase_add_test(tcase, a_text_that_is_no_json_is_equal_to_nothing);
    tcase_add_test(tcase, nothing_is_null);
    tcase_add_test(tcase, a_row_of_the_same_key_stands_beside);
    tcase_add_test(tcase, a_very_long_row_has_a_line_of_its_own);
    tcase_add_test(tcase, an_option_is_null_or_its_value);
    tcase_add_test(tcase, lists_compare_in_order);
    tcase_add_test(tcase, maps_compare_by_key);
    tcase_add_test(tcase, tuples_are_lists_and_records_mappings);
    tcase_add_test(tcase, the_order_of_a_batch_counts_only_when_asked_for);
    tcase_add_test(tcase, rows_are_counted);
    tcase_add_test(tcase, both_sides_stand_side_by_side);
    tcase_add_test(tcase, of_many_rows_those_that_differ_are_shown);
    return suite;
}
