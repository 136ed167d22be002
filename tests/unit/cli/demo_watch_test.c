/* cli/demo_watch.c: what the demo reads in the daemon's log, and which of its children is the worker. */
#include "cli/demo_watch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "job_dir.h"

#define RECOVERED "level=info job=wordcount event=job.recovered\n"
#define COMPLETED "level=info job=wordcount event=batch.completed batch=1\n"
#define AT "ts=1970-01-01T00:00:"

static struct demo_watch watch;

static void hear(const char *text)
{
    job_dir_text("log", text);
    demo_watch_read(&watch, job_dir_path("log"));
}

static void killed(int64_t wall_ms)
{
    watch.kills[watch.n_kills++] = (struct demo_kill){ .wall_ms = wall_ms };
}

START_TEST(a_kill_is_over_with_the_next_batch_behind_a_recovery)
{
    const struct demo_kill *kill = watch.kills;
    hear(AT "01.000Z " RECOVERED AT "02.000Z " COMPLETED);
    ck_assert(watch.n_batches == 1 && !demo_watch_recovering(&watch));
    killed(3000);
    ck_assert(demo_watch_recovering(&watch));
    hear(AT "03.100Z " COMPLETED); /* of the one that was killed */
    ck_assert(demo_watch_recovering(&watch) && kill->batch_ms == 0);
    hear(AT "03.250Z " RECOVERED AT "03.260Z " RECOVERED);
    ck_assert(demo_watch_recovering(&watch) && kill->recovered_ms == 250);
    hear(AT "04.500Z " COMPLETED AT "06.000Z " COMPLETED);
    ck_assert(!demo_watch_recovering(&watch) && kill->batch_ms == 1500);
    ck_assert_uint_eq(watch.n_batches, 4);
}
END_TEST

START_TEST(a_line_without_a_time_counts_all_the_same)
{
    static const char *const times[] = { "", "ts=yesterday ", "ts=1970-01-01T00:00:09Z ",
                                         AT "00.000Z " };
    killed(5000);
    hear(times[_i]);
    hear(RECOVERED);
    hear(times[_i]);
    hear(COMPLETED);
    ck_assert_int_eq(watch.kills[0].recovered_ms, 1);
    ck_assert_int_eq(watch.kills[0].batch_ms, 1);
}
END_TEST

START_TEST(a_line_is_read_when_it_is_whole)
{
    hear("level=warning msg=\"the first\"\nlevel=info msg=\"none\"\nlevel=err");
    ck_assert_str_eq(watch.last, "level=warning msg=\"the first\"");
    hear("or msg=\"the second\"");
    ck_assert_str_eq(watch.last, "level=warning msg=\"the first\"");
    hear("\n");
    ck_assert_str_eq(watch.last, "level=error msg=\"the second\"");
    demo_watch_read(&watch, job_dir_path("none"));
    ck_assert_str_eq(watch.last, "level=error msg=\"the second\"");
}
END_TEST

START_TEST(a_long_line_holds_up_none_behind_it)
{
    char text[5000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    hear(text);
    hear("\n" COMPLETED);
    ck_assert_uint_eq(watch.n_batches, 1);
}
END_TEST

/* A child that runs a program with these words until it is killed; it has begun when this returns:
 * between the closing of what execv() closes and the program's first word it has no words at all. */
static pid_t child(const char *const *words)
{
    int begun[2], stays[2];
    char byte;
    ck_assert_int_eq(pipe2(begun, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(stays, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(stays[0], STDIN_FILENO);
        dup2(begun[1], STDOUT_FILENO);
        execv("/bin/sh", (char *const *)(uintptr_t)words);
        _exit(127);
    }
    close(begun[1]);
    ck_assert_int_eq(read(begun[0], &byte, 1), 1);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(the_worker_is_the_child_that_runs_a_job)
{
    uint32_t self = (uint32_t)getpid();
    ck_assert_uint_eq(demo_watch_worker(self), 0);
    pid_t other = child((const char *const[]){ "sh", "-c", "echo; read x", "run", "--jobs", NULL });
    pid_t check = child(
        (const char *const[]){ "sh", "-c", "echo; read x", "sh", "worker", "w", "--check", NULL });
    ck_assert_uint_eq(demo_watch_worker(self), 0);
    pid_t worker =
        child((const char *const[]){ "sh", "-c", "echo; read x", "sh", "worker", "w", NULL });
    ck_assert_uint_eq(demo_watch_worker(self), (uint32_t)worker);
    kill(worker, SIGKILL); /* and is not yet waited for */
    siginfo_t info;
    ck_assert_int_eq(waitid(P_PID, (id_t)worker, &info, WEXITED | WNOWAIT), 0);
    ck_assert_uint_eq(demo_watch_worker(self), 0);
    end(worker);
    end(check);
    end(other);
    ck_assert_uint_eq(demo_watch_worker(UINT32_MAX), 0);
}
END_TEST

static void watch_begin(void)
{
    watch = (struct demo_watch){ 0 };
    job_dir_make();
}

Suite *demo_watch_suite(void)
{
    Suite *suite = suite_create("demo_watch");
    TCase *tcase = tcase_create("demo_watch");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, watch_begin, job_dir_remove);
    tcase_add_test(tcase, a_kill_is_over_with_the_next_batch_behind_a_recovery);
    tcase_add_loop_test(tcase, a_line_without_a_time_counts_all_the_same, 0, 4);
    tcase_add_test(tcase, a_line_is_read_when_it_is_whole);
    tcase_add_test(tcase, a_long_line_holds_up_none_behind_it);
    tcase_add_test(tcase, the_worker_is_the_child_that_runs_a_job);
    return suite;
}
