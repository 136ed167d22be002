/* cli/tally.c: how far it is, on a terminal; here standard error is a file. */
#include "cli/tally.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/world.h"

static struct world *world;
static struct tally tally;
static int shown;

static void begin(uint64_t seconds_ago, uint64_t total)
{
    tally = (struct tally){ .what = "lines",
                            .world = world,
                            .began_us = world_mono_us(world) - seconds_ago * 1000000,
                            .total = total };
}

/* What was written since the last call. */
static const char *said(void)
{
    static char text[200];
    fflush(stderr);
    ssize_t n = pread(shown, text, sizeof text - 1, 0);
    ck_assert_int_ge(n, 0);
    text[n] = 0;
    ck_assert_int_eq(ftruncate(shown, 0), 0);
    ck_assert_int_eq(lseek(shown, 0, SEEK_SET), 0);
    return text;
}

START_TEST(a_rate_is_told_and_taken_away)
{
    begin(1000000, 0);
    tally_show(&tally, 6500000, 5);
    ck_assert_str_eq(said(), "\r\033[K6500000 lines, 6/s");
    tally.shown_us -= 1000000;
    tally_show(&tally, 7500000, 5);
    ck_assert_str_eq(said(), "\r\033[K7500000 lines, 7/s");
    tally_clear(&tally);
    ck_assert_str_eq(said(), "\r\033[K");
    tally_clear(&tally);
    ck_assert_str_eq(said(), "");
}
END_TEST

static const struct {
    uint64_t bytes;
    const char *wanted;
} shares[] = { { 0, "" }, { 50, ", 50%, " }, { 100, ", 100%, " }, { 120, ", 100%, " } };

START_TEST(a_share_is_told_where_it_is_known)
{
    begin(3600, 100);
    tally_show(&tally, 3600 * 17 / 2, shares[_i].bytes);
    const char *text = said();
    ck_assert_int_eq(strncmp(text, "\r\033[K30600 lines, 8/s", 20), 0);
    ck_assert_int_eq(strncmp(text + 20, shares[_i].wanted, strlen(shares[_i].wanted)), 0);
    ck_assert_int_eq(strstr(text, " left") != NULL, *shares[_i].wanted != 0);
}
END_TEST

START_TEST(what_is_no_terminal_is_told_nothing)
{
    tally_open(&tally, world, "lines", false);
    tally.began_us -= 1000000000;
    tally_show(&tally, 1, 1);
    ck_assert_str_eq(said(), "");
}
END_TEST

static void tally_begin(void)
{
    char name[] = "/tmp/tidemark-unit-XXXXXX";
    shown = mkstemp(name);
    unlink(name);
    ck_assert_int_eq(dup2(shown, STDERR_FILENO), STDERR_FILENO);
    world = world_new();
}

static void tally_end(void)
{
    world_free(world);
}

Suite *tally_suite(void)
{
    Suite *suite = suite_create("tally");
    TCase *tcase = tcase_create("tally");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, tally_begin, tally_end);
    tcase_add_test(tcase, a_rate_is_told_and_taken_away);
    tcase_add_loop_test(tcase, a_share_is_told_where_it_is_known, 0,
                        sizeof shares / sizeof shares[0]);
    tcase_add_test(tcase, what_is_no_terminal_is_told_nothing);
    return suite;
}
