/* The local store when the disk fails it. */
#include "io/store_disk.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"
#include "fault.h"

static char folder[64];
static struct store_disk disk;
static struct store_req req;

static void disk_open(void)
{
    atomic_init(&disk.lock_fd, -1);
    atomic_init(&disk.broken, false);
}

static void make(void)
{
    strcpy(folder, "/tmp/disk-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    disk.root = mem_printf("%s/root", folder);
    disk_open();
}

static void run(const char *script)
{
    char command[200];
    snprintf(command, sizeof command, "cd %s; %s", folder, script);
    ck_assert_int_eq(system(command), 0);
}

static void drop(void)
{
    store_req_free(&req);
    mem_free(disk.root);
    run("rm -rf $PWD");
}

typedef enum store_answer (*disk_op)(struct store_disk *disk, struct store_req *req);

static enum store_answer ask(disk_op op, const char *path, const char *target)
{
    static const struct slice pieces[] = { { "some ", 5 }, { "bytes", 5 } };
    store_req_free(&req);
    req = (struct store_req){ .path = path, .target = target, .pieces = pieces };
    req.n_pieces = 2;
    req.durable = true;
    req.length_max = 100;
    return op(&disk, &req);
}

static bool is_there(const char *path)
{
    char full[200];
    struct stat stat;
    snprintf(full, sizeof full, "%s/root/%s", folder, path);
    return lstat(full, &stat) == 0;
}

static int lowest_free(void)
{
    int fd = dup(0);
    close(fd);
    return fd;
}

static void let_go(void)
{
    if (disk.lock_fd >= 0)
        close(disk.lock_fd);
    disk_open();
}

/* What each does to a root that holds one/file, two/ and a tree; `undone` is there as long as nothing was done, or not there
 * when it begins with !. */
static const struct doing {
    const char *name;
    disk_op op;
    const char *path, *target, *undone;
} doings[] = {
    { "create", store_disk_create, "new/file", NULL, "!new/file" },
    { "rename", store_disk_rename, "one/file", "two/file", "one/file" },
    { "touch", store_disk_touch, "one/file", NULL, "one/file" },
    { "mkdirs", store_disk_mkdirs, "new/a/b", NULL, "!new/a/b" },
    { "list", store_disk_list, "one", NULL, "one" },
    { "read", store_disk_read, "one/file", NULL, "one" },
    { "remove a tree", store_disk_remove, "tree", NULL, "tree/a" },
    { "remove a file", store_disk_remove, "one/file", NULL, "one/file" },
    { "lock", store_disk_lock, "", NULL, "one" },
};

/* The answer when its nth call fails, and with it perhaps all that come after, or YES with *failed NULL. */
static enum store_answer ask_failing(const struct doing *doing, unsigned n, bool all,
                                     const char **failed)
{
    let_go();
    run("rm -rf root; mkdir -p root/one root/two root/tree/a; echo text "
        ">root/one/file");
    int before = lowest_free();
    (all ? fault_from : fault)(NULL, n, EIO);
    enum store_answer answer = ask(doing->op, doing->path, doing->target);
    *failed = fault_end();
    let_go();
    ck_assert_msg(lowest_free() == before, "%s, %s", doing->name, *failed);
    return answer;
}

START_TEST(refused_is_not_done_and_no_failure_is_a_yes)
{
    const struct doing *doing = &doings[_i / 2];
    const char *failed;
    for (unsigned n = 1;; n++) {
        enum store_answer answer = ask_failing(doing, n, _i % 2, &failed);
        if (!failed)
            break;
        bool reads = doing->op == store_disk_list || doing->op == store_disk_read;
        bool closes = strcmp(failed, "close") == 0; /* of what was only read, or synced before */
        bool asks =
            strcmp(failed, "statfs") == 0; /* which file system it is: then it is a local one */
        if (answer == STORE_YES && (closes || asks))
            continue;
        ck_assert_msg(answer == STORE_REFUSED || (answer == STORE_UNKNOWN && !reads), "%s, %s: %d",
                      doing->name, failed, answer);
        ck_assert_msg(strstr(req.err.text, "Input/output error") != NULL, "%s: %s", failed,
                      req.err.text);
        ck_assert_uint_eq(req.err.code, 301);
        ck_assert_int_eq(req.err.kind, answer == STORE_UNKNOWN ? ERR_UNKNOWN : ERR_RETRY);
        bool kept = is_there(doing->undone + (*doing->undone == '!')) == (*doing->undone != '!');
        ck_assert_msg(answer == STORE_UNKNOWN || kept, "%s, %s", doing->name, failed);
        ck_assert_ptr_null(req.data.ptr);
        ck_assert_uint_eq(req.n_entries, 0);
    }
}
END_TEST

START_TEST(a_call_that_a_signal_breaks_off_is_made_again)
{
    static const int numbers[] = { EINTR, FAULT_SHORT, 0 };
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        run("rm -rf root; mkdir root");
        fault("writev", 1, numbers[i]);
        ck_assert_int_eq(ask(store_disk_create, "file", NULL), STORE_YES);
        ck_assert_ptr_nonnull(fault_end());
        fault("read", 1, numbers[i] ? numbers[i] : EINTR);
        ck_assert_int_eq(ask(store_disk_read, "file", NULL), STORE_YES);
        ck_assert_ptr_nonnull(fault_end());
        ck_assert_str_eq(buf_text(&req.data), "some bytes");
    }
}
END_TEST

START_TEST(only_what_is_taken_away_again_is_refused_for_a_full_disk)
{
    static const int numbers[] = { ENOSPC, EDQUOT, EFBIG };
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        fault("fsync", 3, numbers[i]); /* after two parents */
        ck_assert_int_eq(ask(store_disk_create, "file", NULL), STORE_REFUSED);
        ck_assert_ptr_nonnull(fault_end());
        ck_assert_uint_eq(req.err.code, 320);
        ck_assert(!is_there("file"));
        run("rm -r root");
        disk_open();
    }
}
END_TEST

START_TEST(a_large_file_is_synced_piece_by_piece)
{
    char *much = mem_zalloc(3 << 20);
    struct slice pieces[6];
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
        pieces[i] = (struct slice){ much, 3 << 20 };
    for (unsigned n = 1; n <= 3; n++) {
        run("rm -rf root; mkdir root");
        req = (struct store_req){ .path = "file", .pieces = pieces, .n_pieces = 6 };
        fault("fdatasync", n, EIO);
        enum store_answer answer = store_disk_create(&disk, &req);
        ck_assert_int_eq(answer, fault_end() ? STORE_UNKNOWN : STORE_YES);
        ck_assert_int_eq(is_there("file"), answer == STORE_YES);
        ck_assert_int_eq(answer, n <= 2 ? STORE_UNKNOWN : STORE_YES);
    }
    mem_free(much);
}
END_TEST

START_TEST(a_move_syncs_both_directories)
{
    static const struct {
        const char *from, *to;
        unsigned syncs;
    } rows[] = { { "one/file", "one/other", 1 },
                 { "one/file", "two/file", 2 },
                 { "one/file", "other", 2 } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        for (unsigned n = 1; n <= 3; n++) {
            run("rm -rf root; mkdir -p root/one root/two; : >root/one/file");
            disk_open();
            fault("fsync", n, EIO);
            enum store_answer answer = ask(store_disk_rename, rows[i].from, rows[i].to);
            fault_end();
            ck_assert_int_eq(answer, n <= rows[i].syncs ? STORE_UNKNOWN : STORE_YES);
            ck_assert(is_there(rows[i].to));
        }
}
END_TEST

START_TEST(a_rename_says_why_it_is_refused)
{
    static const struct {
        int number;
        enum store_answer answer;
        enum err_kind kind;
        const char *text;
    } rows[] = {
        { ENOENT, STORE_NO, ERR_NONE, "" },
        { ENOTDIR, STORE_NO, ERR_NONE, "" },
        { EEXIST, STORE_NO, ERR_NONE, "" },
        { EACCES, STORE_REFUSED, ERR_RETRY, "rename 'one/file': Permission denied" },
        { EINVAL, STORE_REFUSED, ERR_BAD_CONFIG, "cannot rename without replacing" },
    };
    char much[5000];
    memset(much, 'x', sizeof much);
    much[sizeof much - 1] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        fault("renameat2", 1, rows[i].number);
        ck_assert_int_eq(ask(store_disk_rename, "one/file", "two/file"), rows[i].answer);
        ck_assert_ptr_nonnull(fault_end());
        ck_assert_int_eq(req.err.kind, rows[i].kind);
        ck_assert_ptr_nonnull(strstr(req.err.text, rows[i].text));
    }
    ck_assert_int_eq(ask(store_disk_rename, "one/file", much), STORE_REFUSED);
    ck_assert_int_eq(ask(store_disk_list, much, NULL), STORE_REFUSED);
    ck_assert_int_eq(ask(store_disk_read, much, NULL), STORE_REFUSED);
    ck_assert_uint_eq(req.err.code, 301);
}
END_TEST

START_TEST(a_file_that_cannot_be_closed_is_unknown)
{
    run("mkdir root");
    fault("close", 1, EIO);
    ck_assert_int_eq(ask(store_disk_create, "file", NULL), STORE_UNKNOWN);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_str_eq(req.err.text, "close 'file': Input/output error");
    fault("fsync", 1, EIO);
    ck_assert_int_eq(ask(store_disk_create, "file", NULL), STORE_UNKNOWN);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_str_eq(req.err.text, "sync 'file': Input/output error");
}
END_TEST

START_TEST(after_a_failed_sync_of_a_directory_nothing_is_written)
{
    static const disk_op ops[] = { store_disk_create, store_disk_rename, store_disk_touch,
                                   store_disk_mkdirs, store_disk_remove };
    run("mkdir root; : >root/file");
    fault("fsync", 1, EIO);
    ck_assert_int_eq(ask(store_disk_remove, "file", NULL), STORE_UNKNOWN);
    ck_assert_ptr_nonnull(fault_end());
    for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
        ck_assert_int_eq(ask(ops[i], "other", "file"), STORE_REFUSED);
        ck_assert_int_eq(req.err.kind, ERR_FATAL);
        ck_assert_ptr_nonnull(strstr(req.err.text, "an earlier sync of a directory failed"));
    }
}
END_TEST

START_TEST(what_is_gone_meanwhile_is_removed)
{
    run("mkdir -p root/two; : >root/file");
    fault("remove", 1, ENOENT);
    ck_assert_int_eq(ask(store_disk_remove, "two", NULL), STORE_YES);
    ck_assert_ptr_nonnull(fault_end());
    fault("unlink", 1, ENOENT);
    ck_assert_int_eq(ask(store_disk_remove, "file", NULL), STORE_YES);
    ck_assert_ptr_nonnull(fault_end());
}
END_TEST

/* ---- the lock */

START_TEST(a_root_that_cannot_be_looked_at_ends_all_writing)
{
    ck_assert_int_eq(ask(store_disk_lock, "", NULL), STORE_YES);
    fault("lstat", 1, EIO);
    ck_assert_int_eq(ask(store_disk_create, "file", NULL), STORE_REFUSED);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_int_eq(req.err.kind, ERR_FATAL);
    ck_assert_ptr_nonnull(strstr(req.err.text, "root': Input/output error"));
    fault("fstat", 1, EIO);
    ck_assert_int_eq(ask(store_disk_touch, "", NULL), STORE_REFUSED);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_int_eq(req.err.kind, ERR_FATAL);
    fault("lstat", 1, 0); /* the same number, on another device */
    ck_assert_int_eq(ask(store_disk_create, "file", NULL), STORE_REFUSED);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_int_eq(req.err.kind, ERR_BAD_CONFIG);
    run("rm root/lock; : >root/lock"); /* another file of that name */
    ck_assert_int_eq(ask(store_disk_create, "file", NULL), STORE_REFUSED);
    ck_assert_int_eq(req.err.kind, ERR_BAD_CONFIG);
    run("rm -r root; : >root");
    ck_assert_int_eq(ask(store_disk_create, "file", NULL), STORE_REFUSED);
    ck_assert_int_eq(req.err.kind, ERR_BAD_CONFIG);
    let_go();
}
END_TEST

START_TEST(a_lock_that_was_replaced_while_it_was_taken_is_anothers)
{
    ck_assert_int_eq(ask(store_disk_mkdirs, "", NULL), STORE_YES);
    fault("lstat", 2, ENOENT); /* the first is that of the root */
    ck_assert_int_eq(ask(store_disk_lock, "", NULL), STORE_NO);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_int_eq(disk.lock_fd, -1);
    fault("flock", 1, ENOLCK);
    ck_assert_int_eq(ask(store_disk_lock, "", NULL), STORE_REFUSED);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_ptr_nonnull(strstr(req.err.text, "lock"));
    ck_assert_ptr_nonnull(strstr(req.err.text, "No locks available"));
}
END_TEST

START_TEST(a_network_file_system_is_refused)
{
    fault("statfs", 1, 0);
    ck_assert_int_eq(ask(store_disk_lock, "", NULL), STORE_REFUSED);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_int_eq(req.err.kind, ERR_BAD_CONFIG);
    ck_assert_ptr_nonnull(
        strstr(req.err.text, "is on a network file system (NFS): write webhdfs://"));
}
END_TEST

START_TEST(a_root_too_long_for_its_lock_is_refused)
{
    size_t n = strlen(disk.root);
    char *root = mem_zalloc(4096);
    memcpy(root, disk.root, n);
    while (n < 4092) /* parts of 100 */
        root[n] = n % 100 == 0 && n < 4000 ? '/' : 'x', n++;
    mem_free(disk.root);
    disk.root = root;
    ck_assert_int_eq(ask(store_disk_lock, "", NULL), STORE_REFUSED);
    ck_assert_str_eq(req.err.text, "path: File name too long");
}
END_TEST

START_TEST(what_the_holder_before_left_is_on_disk)
{
    run("mkdir -p root/a/b; : >root/a/file");
    fault("open", 4, ENOENT); /* the directories' sync: root, a, and b is gone meanwhile */
    ck_assert_int_eq(ask(store_disk_lock, "", NULL), STORE_YES);
    ck_assert_ptr_nonnull(fault_end());
    let_go();
}
END_TEST

START_TEST(a_list_leaves_out_only_what_is_gone)
{
    run("mkdir root; : >root/a; : >root/b");
    fault("fstatat", 1, ENOENT);
    ck_assert_int_eq(ask(store_disk_list, "", NULL), STORE_YES);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_uint_eq(req.n_entries, 1);
    fault("read", 1, 0); /* shorter than it was */
    run("echo text >root/a");
    ck_assert_int_eq(ask(store_disk_read, "a", NULL), STORE_REFUSED);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_str_eq(req.err.text, "read 'a': Input/output error");
}
END_TEST

Suite *store_disk_suite(void)
{
    const TTest *const tests[] = {
        a_call_that_a_signal_breaks_off_is_made_again,
        only_what_is_taken_away_again_is_refused_for_a_full_disk,
        a_large_file_is_synced_piece_by_piece,
        a_move_syncs_both_directories,
        a_rename_says_why_it_is_refused,
        a_file_that_cannot_be_closed_is_unknown,
        after_a_failed_sync_of_a_directory_nothing_is_written,
        what_is_gone_meanwhile_is_removed,
        a_root_that_cannot_be_looked_at_ends_all_writing,
        a_lock_that_was_replaced_while_it_was_taken_is_anothers,
        a_network_file_system_is_refused,
        a_root_too_long_for_its_lock_is_refused,
        what_the_holder_before_left_is_on_disk,
        a_list_leaves_out_only_what_is_gone,
    };
    Suite *suite = suite_create("store_disk");
    TCase *tcase = tcase_create("store_disk");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, make, drop);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, refused_is_not_done_and_no_failure_is_a_yes, 0,
                        2 * ARRAY_SIZE(doings));
    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tcase, tests[i]);
    return suite;
}
