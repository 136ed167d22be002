#include "base/err.h"

#include <check.h>
#include <errno.h>

static const struct {
    const char *said, *text;
} rows[] = {
    { "No such file", "No such file" }, { "two\nlines\r\n", "two lines  " },
    { "\033[2Jgone\x7f", " [2Jgone " }, { "\xc2\x9b\x33m\xc2\xa0\xc3\xa9", "  3m\xc2\xa0\xc3\xa9" },
    { "cut \xc2", "cut \xc2" },
};

START_TEST(a_text_is_one_line_that_no_terminal_obeys)
{
    struct err err;
    ck_assert(!err_set(&err, ERR_RETRY, "%s", rows[_i].said));
    ck_assert_str_eq(err.text, rows[_i].text);
}
END_TEST

START_TEST(a_text_grows_outward)
{
    struct err err;
    err_code(&err, ERR_FATAL, 310, "safe mode");
    ck_assert(!err_wrap(&err, "rename '%s'", "a\nb"));
    ck_assert_str_eq(err.text, "rename 'a b': safe mode");
    ck_assert(err.kind == ERR_FATAL && err.code == 310);
    ck_assert_str_eq(err_kind_name(err.kind), "FATAL");
}
END_TEST

START_TEST(only_what_passes_is_worth_another_try)
{
    ck_assert(err_passes(EIO) && err_passes(ENOSPC) && err_passes(EMFILE) && err_passes(EINTR));
    ck_assert(!err_passes(EACCES) && !err_passes(ENOENT) && !err_passes(EROFS) && !err_passes(0));
}
END_TEST

Suite *err_suite(void)
{
    Suite *suite = suite_create("err");
    TCase *tcase = tcase_create("err");
    tcase_add_loop_test(tcase, a_text_is_one_line_that_no_terminal_obeys, 0,
                        sizeof rows / sizeof *rows);
    tcase_add_test(tcase, a_text_grows_outward);
    tcase_add_test(tcase, only_what_passes_is_worth_another_try);
    suite_add_tcase(suite, tcase);
    return suite;
}
