#include "io/child.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/list.h"

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
    ck_assert(run("tr a-z A-Z; echo warned >&2", slice_of_text("a\nb"), 10000));
    ck_assert_str_eq(buf_text(&output), "A\nB");
    ck_assert_str_eq(buf_text(&said), "warned\n");
    ck_assert(run("cat", slice_of_text(""), 10000));
    ck_assert_uint_eq(output.len, 0);
}
END_TEST

START_TEST(more_than_pipes_hold_goes_through)
{
    size_t n = 1 << 20;
    char *bytes = calloc(n, 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 7 + i / 4096);
    ck_assert_msg(run("cat", (struct slice){ bytes, n }, 10000), "%s", err.text);
    ck_assert_uint_eq(output.len, n);
    ck_assert_mem_eq(output.ptr, bytes, n);
    free(bytes);
}
END_TEST

START_TEST(what_fails_says_why)
{
    fails("cat; exit 7", 10000, "'sh' ended with status 7");
    fails("cat; echo first >&2; echo second >&2; exit 7", 10000,
          "'sh' ended with status 7: first\\nsecond");
    fails("cat; kill -TERM $$", 10000, "'sh' was ended by signal 15 (Terminated)");
    fails(":", 10000, "'sh' ended before it had read all of its input");
    fails("exec </dev/null; exec tail -f /dev/null", 50,
          "'sh' neither read nor wrote anything for 0.05 s");
    fails("exec >/dev/null 2>&1; cat; exec tail -f /dev/null", 50,
          "'sh' neither read nor wrote anything for 0.05 s");
    fails("while :; do echo flood; done", 10000, "'sh' wrote more than 1 MiB in one batch");
    fails("while :; do echo flood; done >&2", 10000, "'sh' wrote more than 1 MiB in one batch");
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
    ck_assert(run("cat >/dev/null; seq 10000 >&2", slice_of_text("x"), 10000));
    ck_assert_uint_eq(said.len, CHILD_SAID_MAX);
    ck_assert_str_eq(buf_text(&said) + CHILD_SAID_MAX - 12, "\n9999\n10000\n");
}
END_TEST

/* A group that holds its output open counts as the program; what holds nothing is killed with it. */
START_TEST(nothing_is_left_behind)
{
    ck_assert(run("cat; (read never </dev/zero; echo) >/dev/null 2>&1 & echo $!", slice_of_text(""),
                  10000));
    pid_t left = (pid_t)atoi(buf_text(&output));
    ck_assert_int_gt(left, 1);
    int fd = (int)syscall(SYS_pidfd_open, left, 0);
    if (fd >= 0) { /* killed, but not dead yet */
        ck_assert_int_eq(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 10000), 1);
        close(fd);
    }
    fails("cat & tail -f /dev/null", 50, "'sh' neither read nor wrote anything for 0.05 s");
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
                  slice_of_text(""), 10000));
    ck_assert_str_eq(buf_text(&output), wanted);
    signal(SIGPIPE, SIG_DFL);
}
END_TEST

START_TEST(no_descriptor_is_left)
{
    int before = dup(0);
    close(before);
    for (int i = 0; i < 3; i++) {
        ck_assert(run("cat", slice_of_text("x"), 10000));
        ck_assert(!run("exit 1", slice_of_text("x"), 10000));
    }
    int after = dup(0);
    ck_assert_int_eq(after, before);
    close(after);
}
END_TEST

Suite *child_suite(void)
{
    Suite *suite = suite_create("child");
    TCase *tcase = tcase_create("child");
    tcase_add_test(tcase, bytes_go_in_and_come_out);
    tcase_add_test(tcase, more_than_pipes_hold_goes_through);
    tcase_add_test(tcase, what_fails_says_why);
    tcase_add_test(tcase, what_cannot_be_started_says_why);
    tcase_add_test(tcase, only_the_end_of_what_it_says_is_kept);
    tcase_add_test(tcase, nothing_is_left_behind);
    tcase_add_test(tcase, it_meets_no_descriptor_and_no_signal_of_ours);
    tcase_add_test(tcase, no_descriptor_is_left);
    suite_add_tcase(suite, tcase);
    return suite;
}
