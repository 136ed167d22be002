#include <check.h>
#include <string.h>

#include "base/quote.h"

static const struct {
    const char *text, *quoted;
} pairs[] = {
    { "", "\"\"" },
    { "plain words", "\"plain words\"" },
    { "a \"b\" \\ c", "\"a \\\"b\\\" \\\\ c\"" },
    { "line\nnext\ttab\r", "\"line\\nnext\\ttab\\r\"" },
    { "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
    { "\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
      "\"\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"" }, /* the first and last of a length */
    { "Größe \xe2\x82\xac \xf0\x9f\x8c\x8a", "\"Größe \xe2\x82\xac \xf0\x9f\x8c\x8a\"" },
};

START_TEST(what_is_quoted_reads_back)
{
    struct buf buf = { 0 };
    char out[64];
    quote_put(&buf, pairs[_i].text, strlen(pairs[_i].text));
    ck_assert_str_eq(buf_text(&buf), pairs[_i].quoted);
    ck_assert_uint_eq(quote_get((char *)buf.ptr, buf.len, out, sizeof out), buf.len);
    ck_assert_str_eq(out, pairs[_i].text);
    buf_free(&buf);
}
END_TEST

static const char *const broken[] = {
    "",
    "x",
    "\"open",
    "\"\\",
    "\"\\\"",
    "\"\\q\"",
    "\"\\u0000\"",
    "\"\\u00e4\"",
    "\"\\u12\"",
    "\"a\nb\"",
    "\"\xff\"",
    "\"\xc0\x80\"",
    "\"\xed\xa0\x80\"",
    "\"\xf5\x80\x80\x80\"",
    "\"\xe2\x82\"",
    "\"\xe0\x9f\xbf\"",
    "\"\xf0\x8f\xbf\xbf\"",
    "\"\xf4\x90\x80\x80\"",
};

START_TEST(what_is_not_our_quoting_is_refused)
{
    char out[64];
    ck_assert_uint_eq(quote_get(broken[_i], strlen(broken[_i]), out, sizeof out), 0);
}
END_TEST

START_TEST(a_text_that_does_not_fit_is_refused)
{
    char out[4];
    ck_assert_uint_eq(quote_get("\"abc\"", 5, out, sizeof out), 5);
    ck_assert_uint_eq(quote_get("\"abcd\"", 6, out, sizeof out), 0);
    ck_assert_uint_eq(quote_get("\"\"", 2, out, 1), 2);
    ck_assert_uint_eq(quote_get("\"\"", 2, out, 0), 0);
}
END_TEST

START_TEST(bytes_that_are_not_utf8_are_replaced)
{
    struct buf buf = { 0 };
    quote_put(&buf, "a\xff\xe2\x82z", 5);
    ck_assert_str_eq(buf_text(&buf), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
    buf_free(&buf);
}
END_TEST

START_TEST(a_cut_ends_with_a_whole_character)
{
    ck_assert_uint_eq(quote_cut("a\xe2\x82\xac", 4, 4), 4);
    ck_assert_uint_eq(quote_cut("a\xe2\x82\xac", 4, 3), 1);
    ck_assert_uint_eq(quote_cut("a\xe2\x82\xac", 4, 1), 1);
    ck_assert_uint_eq(quote_cut("abc", 3, 9), 3);
}
END_TEST

Suite *quote_suite(void)
{
    Suite *suite = suite_create("quote");
    TCase *tcase = tcase_create("quote");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, what_is_quoted_reads_back, 0, sizeof pairs / sizeof pairs[0]);
    tcase_add_loop_test(tcase, what_is_not_our_quoting_is_refused, 0,
                        sizeof broken / sizeof broken[0]);
    tcase_add_test(tcase, a_text_that_does_not_fit_is_refused);
    tcase_add_test(tcase, bytes_that_are_not_utf8_are_replaced);
    tcase_add_test(tcase, a_cut_ends_with_a_whole_character);
    return suite;
}
