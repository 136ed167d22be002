#include "io/dir.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/list.h"
#include "fault.h"
#include "folder.h"
#include "io/loop.h"
#include "io/world.h"

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

/* ---- calls that fail */

static bool scan(void);

static bool write_second(void)
{
    return dir_write(path, (struct slice){ "second", 6 }, &err);
}

static bool read_it(void)
{
    struct buf got = { 0 };
    bool read = dir_read(path, 1000, &got, &err);
    buf_free(&got);
    return read;
}

static bool make_three(void)
{
    char deep[120];
    snprintf(deep, sizeof deep, "%s/a/b/c", folder);
    return dir_make(deep, &err);
}

static bool lock_it(void)
{
    return dir_lock(path, "me", &err);
}

static bool append_to_it(void)
{
    int fd = dir_open_append(path, &err);
    dir_close(fd);
    return fd >= 0;
}

static const struct doing {
    const char *name;
    bool (*does)(void);
    bool keeps_open;
} doings[] = {
    { "write", write_second, false },  { "read", read_it, false }, { "make", make_three, false },
    { "scan", scan, false },           { "lock", lock_it, true }, /* the descriptor is the lock */
    { "append", append_to_it, false },
};

static int lowest_free(void)
{
    int fd = dup(0);
    close(fd);
    return fd;
}

START_TEST(a_call_that_fails_is_told_and_leaves_nothing_open)
{
    const struct doing *doing = &doings[_i / 2];
    for (unsigned n = 1;; n++) {
        int before = lowest_free();
        write_text("first");
        err = (struct err){ 0 };
        (_i % 2 ? fault_from : fault)(NULL, n, EIO); /* and then all that come after it */
        bool done = doing->does();
        const char *failed = fault_end();
        if (!failed) {
            ck_assert_msg(done && n > 1, "%s without a fault: %s", doing->name, err.text);
            break;
        }
        bool harmless = strcmp(failed, "close") == 0 || strcmp(failed, "fstatat") == 0;
        ck_assert_msg(harmless || !done, "%s whose %s failed", doing->name, failed);
        if (!done)
            ck_assert_msg(strstr(err.text, folder) != NULL, "%s, %s: %s", doing->name, failed,
                          err.text);
        ck_assert_msg(doing->keeps_open || lowest_free() == before, "%s, %s", doing->name, failed);
    }
}
END_TEST

START_TEST(a_call_that_a_signal_breaks_off_is_made_again)
{
    static const struct {
        bool (*does)(void);
        const char *call;
        int number;
    } rows[] = { { write_second, "write", EINTR },
                 { write_second, "write", FAULT_SHORT },
                 { write_second, "write", 0 },
                 { read_it, "read", EINTR },
                 { read_it, "read", FAULT_SHORT } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        write_text("first");
        fault(rows[i].call, 1, rows[i].number);
        ck_assert_msg(rows[i].does(), "%s: %s", rows[i].call, err.text);
        ck_assert_ptr_nonnull(fault_end());
        expect_text(rows[i].does == read_it ? "first" : "second");
    }
}
END_TEST

START_TEST(what_is_renamed_and_not_synced_is_unknown)
{
    fault("fsync", 2, EIO);
    ck_assert(!write_second());
    ck_assert_str_eq(fault_end(), "fsync");
    ck_assert_int_eq(err.kind, ERR_UNKNOWN);
    expect_text("second");
    fault("close", 1, EIO); /* before the rename: nothing has happened */
    ck_assert(!dir_write(path, (struct slice){ "third", 5 }, &err));
    ck_assert_str_eq(fault_end(), "close");
    ck_assert_int_eq(err.kind, ERR_RETRY);
    expect_text("second");
}
END_TEST

START_TEST(a_path_may_be_a_name_alone)
{
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_msg(dir_write("file", (struct slice){ "here", 4 }, &err), "%s", err.text);
    expect_text("here");
    dir_remove("file");
    ck_assert(!dir_has(path));
    dir_remove("file"); /* again: fine */
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(a_name_that_cannot_be_looked_up_may_be_there)
{
    char below[120];
    write_text("x");
    snprintf(below, sizeof below, "%s/below", path);
    ck_assert(dir_has(path));
    ck_assert(dir_has(below)); /* ENOTDIR */
    dir_remove(path);
    ck_assert(!dir_has(path));
}
END_TEST

START_TEST(a_lock_that_cannot_be_had_is_no_other_holder)
{
    fault("fcntl", 1, ENOLCK);
    ck_assert(!lock_it());
    ck_assert_str_eq(fault_end(), "fcntl");
    ck_assert_int_eq(err.kind, ERR_RETRY);
    ck_assert_ptr_nonnull(strstr(err.text, "No locks available"));
    int fd = open(path, O_RDWR | O_CLOEXEC);
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &whole), 0); /* as if by another process */
    fault("pread", 1, EIO);
    ck_assert(!lock_it()); /* held, and nobody says by whom */
    ck_assert_str_eq(fault_end(), "pread");
    ck_assert_int_eq(err.kind, ERR_FENCED);
    ck_assert_str_eq(err.text, "");
    close(fd);
}
END_TEST

/* ---- scan */

static char seen[200];

static void see(void *ctx, const struct dir_entry *entry)
{
    static const char kinds[] = { [DIR_FILE] = 'f', [DIR_NULL] = 'n', [DIR_OTHER] = 'o' };
    (void)ctx;
    size_t n = strlen(seen);
    if (n + 40 < sizeof seen)
        snprintf(seen + n, sizeof seen - n, "%s:%c:%u ", entry->name, kinds[entry->kind],
                 (unsigned)entry->size);
}

static bool scan(void)
{
    seen[0] = '\0';
    return dir_scan(folder, see, NULL, &err);
}

START_TEST(a_scan_tells_what_each_entry_is)
{
    static const struct {
        const char *target, *seen;
    } rows[] = { { "/dev/null", "link:n:0 " },
                 { "/dev/zero", "link:o:0 " },
                 { "nowhere", "link:o:0 " },
                 { "/proc/self/comm", "link:f:0 " } };
    char link[120];
    snprintf(link, sizeof link, "%s/link", folder);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        ck_assert_int_eq(symlink(rows[i].target, link), 0);
        ck_assert(scan());
        ck_assert_str_eq(seen, rows[i].seen);
        ck_assert_int_eq(unlink(link), 0);
    }
    write_text("12345");
    ck_assert(scan());
    ck_assert_str_eq(seen, "file:f:5 ");
}
END_TEST

START_TEST(only_a_scan_that_may_work_later_is_tried_again)
{
    static const struct {
        int number;
        enum err_kind kind;
    } rows[] = { { EIO, ERR_RETRY },         { EMFILE, ERR_RETRY },      { ENFILE, ERR_RETRY },
                 { ENOMEM, ERR_RETRY },      { ENOENT, ERR_BAD_CONFIG }, { EACCES, ERR_BAD_CONFIG },
                 { ENOTDIR, ERR_BAD_CONFIG } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        fault("opendir", 1, rows[i].number);
        ck_assert(!scan());
        ck_assert_ptr_nonnull(fault_end());
        ck_assert_int_eq(err.kind, rows[i].kind);
    }
    write_text("x");
    fault("readdir", 2, EIO); /* and half a directory is none */
    ck_assert(!scan());
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_int_eq(err.kind, ERR_RETRY);
}
END_TEST

START_TEST(a_directory_of_too_many_is_refused)
{
    for (unsigned i = 0; i < DIR_ENTRIES_MAX; i++) {
        snprintf(path, sizeof path, "%s/%u", folder, i);
        ck_assert_int_eq(symlink("x", path), 0);
    }
    ck_assert(scan());
    snprintf(path, sizeof path, "%s/more", folder);
    ck_assert_int_eq(symlink("x", path), 0);
    ck_assert(!scan());
    ck_assert_int_eq(err.kind, ERR_BAD_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, ": more than 20000 files"));
}
END_TEST

static void lock_fork_and_wait(int said)
{
    bool locked = dir_lock(path, "pid 12\n", &err);
    pid_t child = locked ? fork() : -1;
    if (child > 0 && write(said, &child, sizeof child) != sizeof child)
        _exit(1);
    for (;;)
        pause();
}

/* Between fork and exec a child has all of its parent's descriptors. */
START_TEST(a_lock_ends_with_its_holder_whatever_it_has_just_started)
{
    pid_t child;
    int pipe_[2];
    ck_assert_int_eq(pipe(pipe_), 0);
    pid_t holder = fork();
    if (holder == 0)
        lock_fork_and_wait(pipe_[1]);
    close(pipe_[1]);
    ck_assert_int_eq(read(pipe_[0], &child, sizeof child), sizeof child);
    ck_assert(!dir_lock(path, "pid 13\n", &err));
    ck_assert_int_eq(kill(holder, SIGKILL), 0);
    ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
    bool locked = dir_lock(path, "pid 14\n", &err);
    kill(child, SIGKILL);
    ck_assert_msg(locked, "%s", err.text);
}
END_TEST

/* ---- hints */

static struct watching {
    struct loop *loop;
    unsigned hints;
} watching;

static void hinted(void *ctx)
{
    ck_assert_ptr_eq(ctx, &watching);
    watching.hints++;
    loop_stop(watching.loop);
}

static void wait_for_hint(void) /* as long as a test may take */
{
    watching.hints = 0;
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
    dir_watch_free(watch);
    loop_free(watching.loop);
    world_free(world);
}
END_TEST

Suite *dir_suite(void)
{
    Suite *suite = suite_create("dir");
    TCase *tcase = tcase_create("dir");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, folder_make, folder_drop);
    tcase_add_test(tcase, a_file_is_replaced_whole_or_not_at_all);
    tcase_add_test(tcase, a_long_file_is_cut);
    tcase_add_test(tcase, what_is_no_file_is_not_read);
    tcase_add_test(tcase, parents_are_made);
    tcase_add_test(tcase, what_is_made_is_closed_to_others);
    tcase_add_test(tcase, a_lock_names_its_holder);
    tcase_add_loop_test(tcase, a_call_that_fails_is_told_and_leaves_nothing_open, 0,
                        2 * ARRAY_SIZE(doings));
    tcase_add_test(tcase, a_call_that_a_signal_breaks_off_is_made_again);
    tcase_add_test(tcase, what_is_renamed_and_not_synced_is_unknown);
    tcase_add_test(tcase, a_path_may_be_a_name_alone);
    tcase_add_test(tcase, a_name_that_cannot_be_looked_up_may_be_there);
    tcase_add_test(tcase, a_lock_that_cannot_be_had_is_no_other_holder);
    tcase_add_test(tcase, a_scan_tells_what_each_entry_is);
    tcase_add_test(tcase, only_a_scan_that_may_work_later_is_tried_again);
    tcase_add_test(tcase, a_directory_of_too_many_is_refused);
    tcase_add_test(tcase, a_lock_ends_with_its_holder_whatever_it_has_just_started);
    tcase_add_test(tcase, changes_in_a_folder_are_hinted_at);
    suite_add_tcase(suite, tcase);
    return suite;
}
