#include "io/ledger.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/list.h"
#include "fault.h"
#include "folder.h"
#include "io/dir.h"

START_TEST(a_ledger_grows_and_is_replaced)
{
    struct buf got = { 0 };
    struct ledger *ledger = ledger_new(path);
    ck_assert(ledger_load(ledger, &got, &err));
    ck_assert_uint_eq(got.len, 0);
    ck_assert(ledger_replace(ledger, (struct slice){ "a\n", 2 }, &err));
    ck_assert(ledger_append(ledger, (struct slice){ "b\n", 2 }, &err));
    expect_text("a\nb\n");
    limit_files(5);
    ck_assert(!ledger_append(ledger, (struct slice){ "cc\n", 3 }, &err));
    ck_assert_int_eq(err.kind, ERR_UNKNOWN);
    ck_assert(!ledger_is_open(ledger));
    limit_files(RLIM_INFINITY);
    ck_assert(ledger_replace(ledger, (struct slice){ "d\n", 2 }, &err));
    ck_assert(ledger_append(ledger, (struct slice){ "e\n", 2 }, &err));
    expect_text("d\ne\n");
    ledger_free(ledger);
}
END_TEST

START_TEST(a_ledger_whose_disk_fails_is_closed_until_it_is_replaced)
{
    static const struct {
        const char *call;
        int number;
        const char *why;
    } rows[] = { { "write", FAULT_SHORT, "no space left" },
                 { "write", EIO, "Input/output error" },
                 { "fdatasync", EIO, "Input/output error" } };
    struct ledger *ledger = ledger_new(path);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        ck_assert(ledger_replace(ledger, (struct slice){ "a\n", 2 }, &err));
        fault(rows[i].call, 1, rows[i].number);
        ck_assert(!ledger_append(ledger, (struct slice){ "b\n", 2 }, &err));
        ck_assert_ptr_nonnull(fault_end());
        ck_assert_int_eq(err.kind, ERR_UNKNOWN);
        ck_assert_ptr_nonnull(strstr(err.text, rows[i].why));
        ck_assert(!ledger_is_open(ledger));
    }
    for (unsigned n = 1; n <= 2; n++) { /* the file itself, and its opening for lines */
        fault("open", n == 1 ? 1 : 3, EMFILE);
        ck_assert(!ledger_replace(ledger, (struct slice){ "c\n", 2 }, &err));
        ck_assert_ptr_nonnull(fault_end());
        ck_assert(!ledger_is_open(ledger));
    }
    ledger_free(ledger);
    ledger_free(NULL);
}
END_TEST

START_TEST(a_ledger_that_cannot_be_read_is_not_an_empty_one)
{
    struct buf got = { 0 };
    struct ledger *ledger = ledger_new(path);
    write_text("a\n");
    fault("read", 1, EIO);
    ck_assert(!ledger_load(ledger, &got, &err));
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_int_eq(err.kind, ERR_RETRY);
    ck_assert_int_eq(truncate(path, LEDGER_BYTES_MAX + 1), 0);
    ck_assert(!ledger_load(ledger, &got, &err));
    ck_assert_int_eq(err.kind, ERR_FATAL);
    ck_assert_ptr_nonnull(strstr(err.text, "longer than 67108864 bytes"));
    buf_free(&got);
    ledger_free(ledger);
}
END_TEST

Suite *ledger_suite(void)
{
    Suite *suite = suite_create("ledger");
    TCase *tcase = tcase_create("ledger");
    tcase_add_checked_fixture(tcase, folder_make, folder_drop);
    tcase_add_test(tcase, a_ledger_grows_and_is_replaced);
    tcase_add_test(tcase, a_ledger_whose_disk_fails_is_closed_until_it_is_replaced);
    tcase_add_test(tcase, a_ledger_that_cannot_be_read_is_not_an_empty_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
