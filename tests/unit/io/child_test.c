#include "io/child.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"
#include "fault.h"

static struct buf output, said;
static struct err err;

static bool run(const char *script, struct slice input, uint64_t patience_ms)
{
    const char *const argv[] = { "sh", "-c", script, NULL };
    struct child_job job = { argv, input, 1 << 20, patience_ms };
    buf_clear(&output);
    buf_clear(&said);
    return child_run(&job, &output, &said, &err);
}

static void fails(const char *script, uint64_t patience_ms, const char *why)
{
    ck_assert(!run(script, slice_of_text("some input\n"), patience_ms));
    ck_assert_str_eq(err.text, why);
    ck_assert_int_eq(err.kind, ERR_RETRY);
}

START_TEST(bytes_go_in_and_come_out)
{
    ck_assert(run("tr a-z A-Z; echo warned >&2", slice_of_text("a\nb"), 60000));
    ck_assert_str_eq(buf_text(&output), "A\nB");
    ck_assert_str_eq(buf_text(&said), "warned\n");
    ck_assert(run("cat", slice_of_text(""), 60000));
    ck_assert_uint_eq(output.len, 0);
}
END_TEST

START_TEST(more_than_pipes_hold_goes_through)
{
    size_t n = 1 << 20;
    char *bytes = calloc(n, 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 7 + i / 4096);
    ck_assert_msg(run("cat", (struct slice){ bytes, n }, 60000), "%s", err.text);
    ck_assert_uint_eq(output.len, n);
    ck_assert_mem_eq(output.ptr, bytes, n);
    free(bytes);
}
END_TEST

START_TEST(what_fails_says_why)
{
    fails("cat; exit 7", 60000, "'sh' ended with status 7");
    fails("cat; echo first >&2; echo second >&2; exit 7", 60000,
          "'sh' ended with status 7: first\\nsecond");
    fails("cat; kill -TERM $$", 60000, "'sh' was ended by signal 15 (Terminated)");
    fails(":", 60000, "'sh' ended before it had read all of its input");
    fails("exec </dev/null; exec tail -f /dev/null", 50,
          "'sh' neither read nor wrote anything for 0.05 s");
    fails("exec >/dev/null 2>&1; cat; exec tail -f /dev/null", 50,
          "'sh' neither read nor wrote anything for 0.05 s");
    fails("while :; do echo flood; done", 60000, "'sh' wrote more than 1 MiB in one batch");
    fails("while :; do echo flood; done >&2", 60000, "'sh' wrote more than 1 MiB in one batch");
}
END_TEST

START_TEST(what_cannot_be_started_says_why)
{
    const char *const argv[] = { "no-such-program", NULL };
    struct child_job job = { argv, { NULL, 0 }, 1, 1 };
    ck_assert(!child_run(&job, &output, &said, &err));
    ck_assert_str_eq(err.text, "cannot start 'no-such-program': No such file or directory");
}
END_TEST

START_TEST(only_the_end_of_what_it_says_is_kept)
{
    ck_assert(run("cat >/dev/null; seq 10000 >&2", slice_of_text("x"), 60000));
    ck_assert_uint_eq(said.len, CHILD_SAID_MAX);
    ck_assert_str_eq(buf_text(&said) + CHILD_SAID_MAX - 12, "\n9999\n10000\n");
}
END_TEST

/* A group that holds its output open counts as the program; what holds nothing is killed with it. */
START_TEST(nothing_is_left_behind)
{
    ck_assert(run("cat; (read never </dev/zero; echo) >/dev/null 2>&1 & echo $!", slice_of_text(""),
                  60000));
    pid_t left = (pid_t)atoi(buf_text(&output));
    ck_assert_int_gt(left, 1);
    int fd = (int)syscall(SYS_pidfd_open, left, 0);
    if (fd >= 0) { /* killed, but not dead yet */
        ck_assert_int_eq(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 60000), 1);
        close(fd);
    }
    fails("cat & tail -f /dev/null", 50, "'sh' neither read nor wrote anything for 0.05 s");
    fails("cat; tail -f /dev/null >/dev/null &", 50,
          "'sh' neither read nor wrote anything for 0.05 s");
}
END_TEST

/* Signals 32 and 33 are glibc's own: sigaction() does not touch them, and whoever started us may have ignored them. */
static unsigned long long ignored_by_glibc(void)
{
    unsigned long long ignored = 0;
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        sscanf(line, "SigIgn: %llx", &ignored);
    fclose(file);
    return ignored & 3ull << 31;
}

START_TEST(it_meets_no_descriptor_and_no_signal_of_ours)
{
    char wanted[100];
    snprintf(wanted, sizeof wanted, "4\nSigBlk:\t0000000000000000\nSigIgn:\t%016llx\n",
             ignored_by_glibc());
    for (int fd = 3; fd < 1000; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC); /* what whoever started us left open */
    signal(SIGPIPE, SIG_IGN);
    ck_assert(run("cat; ls /proc/self/fd | wc -l; grep -E 'SigIgn|SigBlk' /proc/self/status",
                  slice_of_text(""), 60000));
    ck_assert_str_eq(buf_text(&output), wanted);
    signal(SIGPIPE, SIG_DFL);
}
END_TEST

START_TEST(no_descriptor_is_left)
{
    int before = dup(0);
    close(before);
    for (int i = 0; i < 3; i++) {
        ck_assert(run("cat", slice_of_text("x"), 60000));
        ck_assert(!run("exit 1", slice_of_text("x"), 60000));
    }
    int after = dup(0);
    ck_assert_int_eq(after, before);
    close(after);
}
END_TEST

/* ---- what the system refuses */

START_TEST(a_call_that_fails_at_its_start_is_told_and_leaves_nothing)
{
    for (unsigned n = 1;; n++) {
        int before = dup(0);
        close(before);
        fault(NULL, n, EIO);
        bool done = run("cat", slice_of_text("x"), 30000);
        const char *failed = fault_end();
        if (!failed || strcmp(failed, "poll") == 0) {
            ck_assert_msg(done, "%s: %s", failed, err.text);
            break;
        }
        bool other = strcmp(failed, "getppid") == 0; /* its errno is whatever was there before */
        ck_assert_msg(done || other || strstr(err.text, "Input/output error") != NULL, "%s: %s",
                      failed, err.text);
        ck_assert_msg(!done || strcmp(failed, "close") == 0 || strcmp(failed, "read") == 0, "%s",
                      failed);
        int after = dup(0);
        close(after);
        ck_assert_int_eq(after, before);
    }
}
END_TEST

START_TEST(a_child_without_its_descriptors_does_not_run)
{
    static const char *const calls[] = { "getppid", "dup2", "dup2", "dup2" };
    for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
        fault(calls[i], i ? i : 1, EIO);
        ck_assert(!run("echo ran >&2; cat", slice_of_text("x"), 30000));
        ck_assert_ptr_nonnull(fault_end());
        ck_assert_msg(strncmp(err.text, "cannot start 'sh': ", 19) == 0, "%s", err.text);
        ck_assert_uint_eq(said.len, 0);
    }
}
END_TEST

START_TEST(a_call_that_a_signal_breaks_off_is_made_again)
{
    static const struct {
        const char *call;
        unsigned nth;
        int number;
    } rows[] = { { "read", 1, EINTR },      { "read", 2, EINTR },  { "write", 1, EAGAIN },
                 { "write", 1, EINTR },     { "poll", 1, EINTR },  { "poll", 1, 0 },
                 { "waitpid", 1, EINTR },   { "read", 2, EAGAIN }, { "write", 1, FAULT_SHORT },
                 { "read", 2, FAULT_SHORT } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        fault(rows[i].call, rows[i].nth, rows[i].number);
        bool done = run("cat", slice_of_text("some input"), 30000);
        ck_assert_str_eq(fault_end(), rows[i].call);
        ck_assert_msg(done, "%s: %s", rows[i].call, err.text);
        ck_assert_str_eq(buf_text(&output), "some input");
    }
}
END_TEST

START_TEST(an_output_that_cannot_be_read_is_at_its_end)
{
    fault("read", 2, EIO);
    ck_assert(!run("cat; exit 3", slice_of_text("x"), 30000));
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_uint_eq(output.len, 0);
    ck_assert_str_eq(err.text, "'sh' ended with status 3");
}
END_TEST

START_TEST(input_that_nobody_can_count_counts_as_unread)
{
    fault("ioctl", 1, EIO);
    ck_assert(!run("cat", slice_of_text("x"), 30000));
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_str_eq(err.text, "'sh' ended before it had read all of its input");
    fault_from("write", 1, EAGAIN);
    ck_assert(!run(":", slice_of_text("x"), 30000));
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_str_eq(err.text, "'sh' ended before it had read all of its input");
}
END_TEST

START_TEST(without_a_process_there_is_no_child)
{
    struct rlimit none;
    ck_assert_int_eq(getrlimit(RLIMIT_NPROC, &none), 0);
    none.rlim_cur = 0;
    if (geteuid() == 0 && setresuid(54321, 54321, 0) != 0)
        return; /* root has no such limit */
    ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &none), 0);
    ck_assert(!run("cat", slice_of_text("x"), 30000));
    ck_assert_str_eq(err.text, "cannot start 'sh': Resource temporarily unavailable");
    none.rlim_cur = none.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &none), 0);
    if (seteuid(0) == 0) /* who came as root leaves as root */
        ck_assert_int_eq(setuid(0), 0);
}
END_TEST

START_TEST(a_limit_of_ours_is_not_its_own)
{
    mem_limit(512 << 20);
    ck_assert(run("ulimit -S -d", slice_of_text(""), 10000));
    char soft[40];
    snprintf(soft, sizeof soft, "%.*s", (int)output.len, (const char *)output.ptr);
    ck_assert(run("ulimit -H -d", slice_of_text(""), 10000));
    ck_assert_str_eq(buf_text(&output), soft);
}
END_TEST

Suite *child_suite(void)
{
    Suite *suite = suite_create("child");
    TCase *tcase = tcase_create("child");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, bytes_go_in_and_come_out);
    tcase_add_test(tcase, more_than_pipes_hold_goes_through);
    tcase_add_test(tcase, a_limit_of_ours_is_not_its_own);
    tcase_add_test(tcase, what_fails_says_why);
    tcase_add_test(tcase, what_cannot_be_started_says_why);
    tcase_add_test(tcase, only_the_end_of_what_it_says_is_kept);
    tcase_add_test(tcase, nothing_is_left_behind);
    tcase_add_test(tcase, it_meets_no_descriptor_and_no_signal_of_ours);
    tcase_add_test(tcase, no_descriptor_is_left);
    tcase_add_test(tcase, a_call_that_fails_at_its_start_is_told_and_leaves_nothing);
    tcase_add_test(tcase, a_child_without_its_descriptors_does_not_run);
    tcase_add_test(tcase, a_call_that_a_signal_breaks_off_is_made_again);
    tcase_add_test(tcase, an_output_that_cannot_be_read_is_at_its_end);
    tcase_add_test(tcase, input_that_nobody_can_count_counts_as_unread);
    tcase_add_test(tcase, without_a_process_there_is_no_child);
    suite_add_tcase(suite, tcase);
    return suite;
}
