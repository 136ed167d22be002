#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"

static struct arena arena;
static struct diags diags;
static struct buf printed;

#define LONG "a-word-of-more-than-64-letters-that-is-compared-with-nothing-at-all-"

static void begin(void)
{
    diags = (struct diags){ .arena = &arena, .file = "w.yaml" };
}

static void clean(void)
{
    arena_free(&arena);
    buf_free(&printed);
}

static const char *print(const char *source, enum diag_format format, bool color)
{
    diags.source = (struct slice){ source, strlen(source) };
    buf_clear(&printed);
    diag_print(&diags, format, color, &printed);
    return buf_text(&printed);
}

static struct diag_place at(uint32_t line, uint32_t column, uint32_t width)
{
    return (struct diag_place){ line, column, width, "a.b" };
}

static const char wordcount[] =
    "a: 1\nb: 2\nc: 3\nd: 4\ntransformations:\n  - flatmap: _.value.split(\" \")\n";

START_TEST(human_quotes_the_line_with_a_caret)
{
    diag_help(&diags, diag_add(&diags, at(6, 5, 7), 201, "unknown operation '%s'", "flatmap"),
              "did you mean 'flatMap'?");
    ck_assert_str_eq(print(wordcount, DIAG_HUMAN, false),
                     "w.yaml:6:5: error[E201]: unknown operation 'flatmap'\n"
                     "  6 |   - flatmap: _.value.split(\" \")\n"
                     "    |     ^^^^^^^\n"
                     "  help: did you mean 'flatMap'?\n");
}
END_TEST

START_TEST(gnu_has_head_and_help_only)
{
    diag_help(&diags, diag_add(&diags, at(6, 5, 7), 201, "unknown"), "try");
    diag_warn(&diags, (struct diag_place){ 0 }, 104, "all of it");
    ck_assert_str_eq(print(wordcount, DIAG_GNU, false),
                     "w.yaml: warning[W104]: all of it\n"
                     "w.yaml:6:5: error[E201]: unknown\n"
                     "  help: try\n");
}
END_TEST

START_TEST(json_has_every_part)
{
    diag_help(&diags, diag_add(&diags, at(6, 5, 7), 201, "a \"b\" \\ é"), "h");
    diag_warn(&diags, (struct diag_place){ 0 }, 104, "w");
    ck_assert_str_eq(print(wordcount, DIAG_JSON, false),
                     "{\"file\":\"w.yaml\",\"errors\":1,\"warnings\":1,\"findings\":["
                     "{\"file\":\"w.yaml\",\"line\":null,\"column\":null,\"width\":null,"
                     "\"severity\":\"warning\",\"code\":\"W104\","
                     "\"path\":\"\",\"message\":\"w\",\"help\":null},"
                     "{\"file\":\"w.yaml\",\"line\":6,\"column\":5,\"width\":7,\"severity\":"
                     "\"error\",\"code\":\"E201\","
                     "\"path\":\"a.b\",\"message\":\"a \\\"b\\\" \\\\ é\",\"help\":\"h\"}]}");
}
END_TEST

START_TEST(color_is_there_only_when_asked_for)
{
    diag_add(&diags, at(1, 1, 1), 201, "x");
    ck_assert(!strchr(print("a\n", DIAG_HUMAN, false), '\033'));
    ck_assert(strchr(print("a\n", DIAG_HUMAN, true), '\033'));
}
END_TEST

START_TEST(findings_come_in_file_order_and_each_once)
{
    diag_add(&diags, at(2, 9, 1), 201, "second");
    diag_add(&diags, at(1, 1, 1), 202, "first");
    diag_help(&diags, diag_add(&diags, at(2, 9, 1), 201, "again"), "not shown");
    diag_add(&diags, at(2, 9, 1), 203, "third");
    ck_assert_uint_eq(diag_errors(&diags), 3);
    ck_assert_str_eq(print("", DIAG_GNU, false),
                     "w.yaml:1:1: error[E202]: first\n"
                     "w.yaml:2:9: error[E201]: second\n"
                     "w.yaml:2:9: error[E203]: third\n");
}
END_TEST

static size_t lines_with(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *found = text; (found = strstr(found, word)); found++)
        n++;
    return n;
}

START_TEST(twenty_are_shown_without_a_total_and_of_more_the_total_is_said)
{
    for (uint32_t i = 1; i <= 20; i++)
        diag_add(&diags, at(i, 1, 1), 202, "x");
    ck_assert(!strstr(print("", DIAG_GNU, false), "shown"));
    diag_add(&diags, at(21, 1, 1), 202, "x");
    diag_warn(&diags, at(22, 1, 1), 102, "x");
    const char *text = print("", DIAG_GNU, false);
    ck_assert_uint_eq(lines_with(text, "[E202]"), 20);
    ck_assert(strstr(text, "\nw.yaml: 21 errors, 1 warning; the first 20 are shown\n"));
}
END_TEST

START_TEST(one_error_among_many_warnings_is_one)
{
    diag_add(&diags, at(1, 1, 1), 202, "x");
    for (uint32_t i = 1; i <= 20; i++)
        diag_warn(&diags, at(i, 1, 1), 102, "x");
    ck_assert(strstr(print("", DIAG_GNU, false),
                     "\nw.yaml: 1 error, 20 warnings; the first 20 are shown\n"));
}
END_TEST

START_TEST(what_would_turn_the_quoted_line_around_is_not_shown)
{
    diag_add(&diags, at(1, 1, 1), 202, "x");
    ck_assert_str_eq(print("a\xe2\x80\xa8"
                           "b\xe2\x80\xae"
                           "c\xe2\x81\xa6"
                           "d\xe2\x81\xa9"
                           "e\xe2\x81\xaa\x7f\xc2\x85\xff",
                           DIAG_HUMAN, false),
                     "w.yaml:1:1: error[E202]: x\n  1 | a�b�c�d�e\xe2\x81\xaa���\n    | ^\n");
}
END_TEST

START_TEST(a_flood_is_counted_and_not_kept)
{
    for (uint32_t i = 1; i <= 50000; i++)
        diag_help(&diags, diag_add(&diags, at(i, 1, 1), 202, "x"), "y");
    ck_assert_uint_eq(diags.n, DIAG_KEPT_MAX);
    ck_assert(strstr(print("", DIAG_GNU, false), "w.yaml: 50000 errors; the first 20 are shown\n"));
}
END_TEST

START_TEST(texts_stay_on_one_line_and_hold_no_control_characters)
{
    diag_add(&diags, at(1, 1, 1), 202, "a\nb\033[2Jc\xffz\xe2\x80\xae");
    ck_assert_str_eq(print("", DIAG_GNU, false),
                     "w.yaml:1:1: error[E202]: a\\nb\\x1b[2Jc\xef\xbf\xbdz\\u202e\n");
}
END_TEST

START_TEST(long_texts_are_cut)
{
    diag_add(&diags, at(1, 1, 1), 202, "%0*d", 100000, 7);
    ck_assert_uint_eq(strlen(print("", DIAG_GNU, false)),
                      strlen("w.yaml:1:1: error[E202]: ") + DIAG_TEXT_MAX + strlen("…\n"));
}
END_TEST

START_TEST(tabs_and_wide_code_points_keep_the_caret_in_place)
{
    diag_add(&diags, at(1, 4, 9), 202, "x");
    ck_assert_str_eq(print("\té:bad\033\n", DIAG_HUMAN, false),
                     "w.yaml:1:4: error[E202]: x\n"
                     "  1 | \té:bad\xef\xbf\xbd\n"
                     "    | \t  ^^^^\n");
}
END_TEST

START_TEST(of_a_long_line_the_part_around_the_caret_is_quoted)
{
    char line[1001];
    memset(line, 'x', 1000);
    line[1000] = 0;
    memcpy(line + 500, "here", 4);
    diag_add(&diags, at(1, 501, 4), 202, "x");
    const char *text = print(line, DIAG_HUMAN, false);
    const char *quote = strstr(text, "\n  1 | …x"), *caret = strchr(text, '^');
    ck_assert(quote && caret && strlen(text) < 400);
    const char *under = strstr(text, "\n    | ");
    ck_assert_int_eq(caret - (under + 7),
                     strstr(text, "here") - (quote + 7) - (int)strlen("…") + 1);
}
END_TEST

START_TEST(a_place_behind_the_end_of_its_line_has_one_caret)
{
    diag_add(&diags, at(1, 4, 5), 202, "x");
    ck_assert_str_eq(print("abc", DIAG_HUMAN, false),
                     "w.yaml:1:4: error[E202]: x\n  1 | abc\n    |    ^\n");
    ck_assert_str_eq(print("a", DIAG_HUMAN, false), /* a file that has changed since */
                     "w.yaml:1:4: error[E202]: x\n  1 | a\n    |  ^\n");
}
END_TEST

START_TEST(the_nearest_word_is_found_and_far_ones_are_not)
{
    static const char *const words[] = { "flatMap",     "map",    "filter",
                                         "reduceByKey", "count",  "countByValue",
                                         "group.id",    LONG "a", NULL };
    static const char *const pairs[][2] = {
        { "flatmap", "flatMap" },
        { "fitler", "filter" },
        { "reduceByKeys", "reduceByKey" },
        { "redcueByKey", "reduceByKey" },
        { "group_id", "group.id" },
        { "mpa", "map" },
        { "COUNT", "count" },
        { "banana", NULL },
        { "x", NULL },
        { "", NULL },
        { "sort", NULL },
        { "filt", "filter" },
        { "reduceby", "reduceByKey" },
        { "group", "group.id" },
        { "map", NULL }, /* it is there */
        { LONG "b", NULL },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const char *nearest = diag_nearest(pairs[i][0], words);
        ck_assert_msg(pairs[i][1] ? nearest && strcmp(nearest, pairs[i][1]) == 0 : !nearest,
                      "%s: %s", pairs[i][0], nearest ? nearest : "none");
    }
}
END_TEST

Suite *diag_suite(void)
{
    Suite *suite = suite_create("diag");
    TCase *tcase = tcase_create("diag");
    tcase_add_checked_fixture(tcase, begin, clean);
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, human_quotes_the_line_with_a_caret);
    tcase_add_test(tcase, gnu_has_head_and_help_only);
    tcase_add_test(tcase, json_has_every_part);
    tcase_add_test(tcase, color_is_there_only_when_asked_for);
    tcase_add_test(tcase, findings_come_in_file_order_and_each_once);
    tcase_add_test(tcase, twenty_are_shown_without_a_total_and_of_more_the_total_is_said);
    tcase_add_test(tcase, one_error_among_many_warnings_is_one);
    tcase_add_test(tcase, what_would_turn_the_quoted_line_around_is_not_shown);
    tcase_add_test(tcase, a_flood_is_counted_and_not_kept);
    tcase_add_test(tcase, texts_stay_on_one_line_and_hold_no_control_characters);
    tcase_add_test(tcase, long_texts_are_cut);
    tcase_add_test(tcase, tabs_and_wide_code_points_keep_the_caret_in_place);
    tcase_add_test(tcase, of_a_long_line_the_part_around_the_caret_is_quoted);
    tcase_add_test(tcase, a_place_behind_the_end_of_its_line_has_one_caret);
    tcase_add_test(tcase, the_nearest_word_is_found_and_far_ones_are_not);
    return suite;
}
