#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/ledger.h"
#include "io/world.h"
#include "supervisor/attempts.h"

static char folder[64], path[80];
static struct world *world;

static void folder_make(void)
{
    strcpy(folder, "/tmp/attempts-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/attempts", folder);
    world = world_new();
}

static void folder_drop(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
    world_free(world);
}

static struct attempts *open_ledger(struct attempts_found *found)
{
    struct err err = { .kind = ERR_NONE };
    struct attempts *attempts = attempts_open(path, world, found, &err);
    ck_assert_msg(attempts != NULL, "%s", err.text);
    return attempts;
}

START_TEST(what_was_noted_is_there_after_a_restart)
{
    struct attempts_found found;
    struct attempts_past past;
    struct attempts *attempts = open_ledger(&found);
    struct attempt_entry start = { .kind = ATTEMPT_START, .job = "j", .attempt = 1 },
                         end = { .kind = ATTEMPT_END, .job = "j", .attempt = 1 };
    end.counted = 1;
    ck_assert(attempts_note(attempts, &start, NULL));
    ck_assert(attempts_note(attempts, &end, NULL));
    start.attempt = 2;
    ck_assert(attempts_note(attempts, &start, NULL));
    attempts_free(attempts);
    attempts = open_ledger(&found);
    ck_assert_uint_eq(found.aborted, 1);
    ck_assert(attempts_past(attempts, "j", &past, NULL));
    ck_assert_uint_eq(past.attempt, 2);
    ck_assert_uint_eq(past.failures.n, 1);
    ck_assert_int_le(past.failures.at_ms[0], (int64_t)world_boot_ms(world));
    attempts_free(attempts);
}
END_TEST

START_TEST(a_ledger_has_a_longest)
{
    struct ledger *ledger = ledger_new(path);
    struct buf bytes = { 0 };
    struct err err;
    for (off_t more = 0; more < 2; more++) {
        FILE *file = fopen(path, "w");
        ck_assert(file && ftruncate(fileno(file), LEDGER_BYTES_MAX + more) == 0);
        fclose(file);
        buf_clear(&bytes);
        ck_assert_int_eq(ledger_load(ledger, &bytes, &err), !more);
    }
    ck_assert_int_eq(err.kind, ERR_FATAL);
    ledger_free(ledger);
    buf_free(&bytes);
}
END_TEST

START_TEST(what_a_full_disk_refused_is_written_later)
{
    struct attempts_found found;
    struct attempts_past past;
    struct err err;
    struct rlimit none = { 0, RLIM_INFINITY }, all = { RLIM_INFINITY, RLIM_INFINITY };
    struct attempts *attempts = open_ledger(&found);
    struct attempt_entry start = { .kind = ATTEMPT_START, .job = "j", .attempt = 1 },
                         end = { .kind = ATTEMPT_END, .job = "j", .attempt = 1 };
    end.counted = 1;
    ck_assert(attempts_note(attempts, &start, NULL));
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    ck_assert(!attempts_note(attempts, &end, &err));
    start.attempt = 2;
    ck_assert(!attempts_note(attempts, &start, &err));
    ck_assert(!attempts_note(attempts, &start, &err));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
    ck_assert(attempts_note(attempts, &start, NULL));
    ck_assert(attempts_past(attempts, "j", &past, NULL));
    ck_assert_uint_eq(past.attempt, 2);
    ck_assert_uint_eq(past.failures.n, 1);
    attempts_free(attempts);
}
END_TEST

Suite *attempts_file_suite(void)
{
    Suite *suite = suite_create("attempts_file");
    TCase *tcase = tcase_create("attempts_file");
    tcase_add_checked_fixture(tcase, folder_make, folder_drop);
    tcase_add_test(tcase, what_was_noted_is_there_after_a_restart);
    tcase_add_test(tcase, a_ledger_has_a_longest);
    tcase_add_test(tcase, what_a_full_disk_refused_is_written_later);
    suite_add_tcase(suite, tcase);
    return suite;
}
