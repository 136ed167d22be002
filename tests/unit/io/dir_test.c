#include "io/dir.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/ledger.h"
#include "io/log_door.h"
#include "io/loop.h"
#include "io/notify.h"
#include "io/world.h"

static char folder[64], path[100];
static struct err err;

static void make(void)
{
    strcpy(folder, "/tmp/dir-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

static void drop(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void write_text(const char *text)
{
    ck_assert_msg(dir_write(path, (struct slice){ text, strlen(text) }, &err), "%s", err.text);
}

static void expect_text(const char *text)
{
    struct buf got = { 0 };
    ck_assert_msg(dir_read(path, 1000, &got, &err), "%s", err.text);
    ck_assert_str_eq(buf_text(&got), text);
    buf_free(&got);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit = { bytes, RLIM_INFINITY };
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_file_is_replaced_whole_or_not_at_all)
{
    write_text("one");
    write_text("two and more");
    expect_text("two and more");
    limit_files(4);
    ck_assert(!dir_write(path, (struct slice){ "three and more", 14 }, &err));
    limit_files(RLIM_INFINITY);
    ck_assert_ptr_nonnull(strstr(err.text, "File too large"));
    expect_text("two and more");
    snprintf(path, sizeof path, "%s/file.tmp", folder);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_long_file_is_cut)
{
    struct buf got = { 0 };
    write_text("0123456789");
    ck_assert(dir_read(path, 4, &got, &err));
    ck_assert_str_eq(buf_text(&got), "0123");
    buf_free(&got);
}
END_TEST

START_TEST(what_is_no_file_is_not_read)
{
    struct buf got = { 0 };
    ck_assert(!dir_read(folder, 100, &got, &err));
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!dir_read(path, 100, &got, &err)); /* and waits for no writer */
    ck_assert(!dir_read("/dev/zero", 100, &got, &err));
    ck_assert_str_eq(err.text, "/dev/zero: not a regular file");
}
END_TEST

START_TEST(parents_are_made)
{
    snprintf(path, sizeof path, "%s/a/b/c", folder);
    ck_assert(dir_make(path, &err));
    ck_assert(dir_make(path, &err));
    ck_assert(!dir_write(path, (struct slice){ "x", 1 }, &err)); /* a folder is in the way */
}
END_TEST

static void expect_mode(mode_t mode)
{
    struct stat stat_;
    ck_assert_int_eq(stat(path, &stat_), 0);
    ck_assert_uint_eq(stat_.st_mode & 0777, mode);
}

START_TEST(what_is_made_is_closed_to_others)
{
    umask(0);
    write_text("x");
    expect_mode(0640);
    snprintf(path, sizeof path, "%s/a/b", folder);
    ck_assert(dir_make(path, &err));
    expect_mode(0750);
    snprintf(path, sizeof path, "%s/a", folder);
    expect_mode(0750);
    snprintf(path, sizeof path, "%s/lock", folder);
    ck_assert(dir_lock(path, "x", &err));
    expect_mode(0640);
    snprintf(path, sizeof path, "%s/out", folder);
    dir_close(dir_open_append(path, &err));
    expect_mode(0640);
}
END_TEST

START_TEST(a_lock_names_its_holder)
{
    int status;
    ck_assert(dir_lock(path, "pid 12\n", &err));
    pid_t child = fork();
    if (child == 0) {
        bool refused = !dir_lock(path, "pid 13\n", &err) && strcmp(err.text, "pid 12") == 0;
        _exit(refused ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- hints */

static struct watching {
    struct loop *loop;
    unsigned hints;
    struct loop_timer late;
} watching;

static void hinted(void *ctx)
{
    ck_assert_ptr_eq(ctx, &watching);
    watching.hints++;
    loop_stop(watching.loop);
}

static void too_late(struct loop_timer *timer)
{
    (void)timer;
    loop_stop(watching.loop);
}

static void wait_for_hint(void)
{
    watching.hints = 0;
    loop_timer_start(watching.loop, &watching.late, 10000, too_late);
    loop_run(watching.loop);
    ck_assert_uint_gt(watching.hints, 0);
}

START_TEST(changes_in_a_folder_are_hinted_at)
{
    char away[80];
    struct world *world = world_new();
    watching = (struct watching){ .loop = loop_new(world) };
    struct dir_watch *watch = dir_watch_new(watching.loop, folder, hinted, &watching);
    ck_assert(dir_watch_renew(watch));
    write_text("one");
    wait_for_hint();
    snprintf(away, sizeof away, "%s.away", folder);
    ck_assert_int_eq(rename(folder, away), 0);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    wait_for_hint();
    ck_assert(dir_watch_renew(watch)); /* the new folder */
    write_text("two");
    wait_for_hint();
    snprintf(path, sizeof path, "%s/file", away);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(away), 0);
    loop_timer_stop(watching.loop, &watching.late);
    dir_watch_free(watch);
    loop_free(watching.loop);
    world_free(world);
}
END_TEST

/* ---- the small doors beside it */

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

START_TEST(systemds_words_are_taken_out_of_the_environment)
{
    setenv("NOTIFY_SOCKET", "/nowhere/notify", 1);
    setenv("WATCHDOG_USEC", "30000000", 1);
    setenv("LISTEN_FDS", "1", 1);
    struct notify *notify = notify_new();
    ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
    ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
    ck_assert_ptr_null(getenv("LISTEN_FDS"));
    ck_assert_uint_eq(notify_watchdog_ms(notify), 15000);
    notify_send(notify, "READY=1"); /* nobody there: nothing happens */
    notify_free(notify);
    setenv("WATCHDOG_USEC", "30000000", 1);
    setenv("WATCHDOG_PID", "1", 1); /* another's */
    notify = notify_new();
    ck_assert_uint_eq(notify_watchdog_ms(notify), 0);
    notify_free(notify);
}
END_TEST

START_TEST(a_log_waits_for_no_reader)
{
    int fds[2];
    char line[100];
    ck_assert_int_eq(pipe(fds), 0);
    struct world *world = world_new();
    struct log_file file = { .world = world, .fd = fds[1] };
    struct log_door door = log_door_of(&file);
    memset(line, 'x', sizeof line);
    for (unsigned i = 0; i < 1000; i++)
        door.write(door.ctx, line, sizeof line);
    ck_assert_uint_gt(file.dropped, 300);
    ck_assert_uint_lt(file.dropped, 1000);
    ck_assert_int_gt(door.wall_ms(door.ctx), 1500000000000);
    close(fds[0]);
    close(fds[1]);
    world_free(world);
}
END_TEST

Suite *dir_suite(void)
{
    Suite *suite = suite_create("dir");
    TCase *tcase = tcase_create("dir");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, make, drop);
    tcase_add_test(tcase, a_file_is_replaced_whole_or_not_at_all);
    tcase_add_test(tcase, a_long_file_is_cut);
    tcase_add_test(tcase, what_is_no_file_is_not_read);
    tcase_add_test(tcase, parents_are_made);
    tcase_add_test(tcase, what_is_made_is_closed_to_others);
    tcase_add_test(tcase, a_lock_names_its_holder);
    tcase_add_test(tcase, changes_in_a_folder_are_hinted_at);
    tcase_add_test(tcase, a_ledger_grows_and_is_replaced);
    tcase_add_test(tcase, systemds_words_are_taken_out_of_the_environment);
    tcase_add_test(tcase, a_log_waits_for_no_reader);
    suite_add_tcase(suite, tcase);
    return suite;
}
