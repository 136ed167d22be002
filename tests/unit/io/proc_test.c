#include "io/proc.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"
#include "io/loop.h"
#include "io/world.h"

static struct stage {
    struct world *world;
    struct loop *loop;
    struct proc *proc;
    struct loop_timer timer;
    struct proc_end end;
    char said[200000];
    size_t n_said;
    unsigned ends, again; /* starts that are still to come */
    unsigned after;       /* pieces read after its end */
    const char *script;
} stage;

static void stage_open(void)
{
    memset(&stage, 0, sizeof stage);
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    stage.proc = proc_new(stage.loop);
}

static void stage_close(void)
{
    loop_timer_stop(stage.loop, &stage.timer);
    proc_free(stage.proc);
    loop_free(stage.loop);
    world_free(stage.world);
}

static void said(void *ctx, struct slice bytes)
{
    (void)ctx;
    ck_assert_uint_eq(stage.ends, 0);
    ck_assert_uint_le(stage.n_said + bytes.len, sizeof stage.said - 1);
    memcpy(stage.said + stage.n_said, bytes.ptr, bytes.len);
    stage.n_said += bytes.len;
}

static void run_script(void);

static void ended(void *ctx, const struct proc_end *end)
{
    ck_assert_ptr_eq(ctx, &stage);
    ck_assert(!proc_active(stage.proc));
    proc_signal(stage.proc, SIGKILL); /* nobody is hit */
    stage.end = *end;
    if (stage.again) {
        stage.again--;
        run_script();
        return;
    }
    stage.ends++;
    loop_stop(stage.loop);
}

static void start(const char *program, char *const *argv)
{
    proc_start(stage.proc, &(struct proc_spec){ .program = program,
                                                .argv = argv,
                                                .out_fd = STDOUT_FILENO,
                                                .err_fd = STDERR_FILENO,
                                                .read_cb = said,
                                                .end_cb = ended,
                                                .ctx = &stage });
    ck_assert(proc_active(stage.proc));
    ck_assert_uint_eq(stage.ends, 0);
}

static void run_script(void)
{
    char *argv[] = { "sh", "-c", (char *)stage.script, NULL };
    start("/bin/sh", argv);
}

static void play(const char *script)
{
    stage.script = script;
    run_script();
    loop_run(stage.loop);
    ck_assert_uint_eq(stage.ends, 1);
}

START_TEST(what_a_child_said_comes_before_its_end)
{
    play("echo one >&3; echo two >&3; exit 7");
    ck_assert_str_eq(stage.said, "one\ntwo\n");
    ck_assert(stage.end.born);
    ck_assert_int_eq(stage.end.status, 7);
    ck_assert_int_eq(stage.end.signal, 0);
}
END_TEST

START_TEST(all_that_a_child_said_before_its_end_comes)
{
    siginfo_t info;
    stage.script = "head -c 180000 /dev/zero >&3"; /* more than libuv reads in one turn */
    run_script();
    ck_assert_int_eq(waitid(P_PID, proc_pid(stage.proc), &info, WEXITED | WNOWAIT), 0);
    loop_run(stage.loop);
    ck_assert_uint_eq(stage.n_said, 180000);
}
END_TEST

static void say_more_than_is_read_in_a_turn(void)
{
    siginfo_t info;
    stage.script = "head -c 180000 /dev/zero >&3";
    run_script();
    ck_assert_int_eq(waitid(P_PID, proc_pid(stage.proc), &info, WEXITED | WNOWAIT), 0);
}

START_TEST(what_is_read_at_the_end_has_a_limit)
{
    say_more_than_is_read_in_a_turn();
    fault_from("read", 1, FAULT_SHORT); /* as slowly as a grandchild may write, for ever */
    loop_run(stage.loop);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_uint_lt(stage.n_said, 180000);
    stage.n_said = stage.ends = 0;
    say_more_than_is_read_in_a_turn();
    fault("read", 1, EINTR);
    loop_run(stage.loop);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_uint_eq(stage.n_said, 180000);
}
END_TEST

static void signal_it(void *ctx, struct slice bytes)
{
    siginfo_t info;
    (void)ctx;
    stage.n_said += bytes.len;
    bool reaped = waitid(P_PID, proc_pid(stage.proc), &info, WEXITED | WNOHANG | WNOWAIT) != 0;
    if (reaped)
        fault("uv_process_kill", 1, 0);
    proc_signal(stage.proc, SIGTERM);
    ck_assert_ptr_null(fault_end());
    stage.after += reaped;
}

START_TEST(a_child_that_is_reaped_is_signalled_no_more)
{
    siginfo_t info;
    char *argv[] = { "sh", "-c", "head -c 180000 /dev/zero >&3", NULL };
    struct proc_spec spec = { "/bin/sh", argv, 1, 2, signal_it, ended, &stage };
    proc_start(stage.proc, &spec);
    ck_assert_int_eq(waitid(P_PID, proc_pid(stage.proc), &info, WEXITED | WNOWAIT), 0);
    loop_run(stage.loop);
    ck_assert_uint_gt(stage.after, 0); /* libuv reads 128 KiB in one turn, then it reaps */
    ck_assert_uint_eq(stage.n_said, 180000);
}
END_TEST

START_TEST(a_signal_is_told_apart_from_a_status)
{
    play("kill -SEGV $$");
    ck_assert_int_eq(stage.end.signal, SIGSEGV);
}
END_TEST

static void kill_now(struct loop_timer *timer)
{
    (void)timer;
    proc_signal(stage.proc, SIGTERM);
}

START_TEST(a_signal_reaches_the_child)
{
    loop_timer_start(stage.loop, &stage.timer, 20, kill_now);
    play("exec cat >&2 <&3"); /* reads for ever: its end of the pipe is open both ways */
    ck_assert_int_eq(stage.end.signal, SIGTERM);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_an_end_too)
{
    char *argv[] = { "nothing", NULL };
    start("/nowhere/nothing", argv);
    loop_run(stage.loop);
    ck_assert(!stage.end.born);
    ck_assert_str_eq(stage.end.err.text, "/nowhere/nothing: no such file or directory");
    stage.ends = 0;
    play("exit 3"); /* the same struct is as good as new */
    ck_assert_int_eq(stage.end.status, 3);
}
END_TEST

START_TEST(a_grandchild_that_holds_the_pipe_delays_nothing)
{
    play("sleep 600 >/dev/null 2>&1 & echo $! >&3; exit 0"); /* delay: of a process left behind,
                                                                longer than a test may take */
    ck_assert_int_eq(kill((pid_t)atoi(stage.said), SIGKILL), 0);
}
END_TEST

START_TEST(a_child_can_be_started_anew_from_its_end)
{
    stage.again = 20;
    play("echo x >&3");
    ck_assert_uint_eq(stage.n_said, 42);
}
END_TEST

START_TEST(standard_input_is_empty_and_the_loops_descriptors_are_closed)
{
    play("cat >&3; ls -l /proc/self/fd | grep -c anon_inode >&3");
    ck_assert_str_eq(stage.said, "0\n");
}
END_TEST

START_TEST(a_bound_child_dies_with_its_parent)
{
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t parent = fork();
    if (parent == 0) {
        pid_t self = getpid();
        if (fork() == 0) {
            bool bound = proc_bind_to_parent((uint32_t)self);
            if (write(ready[1], bound ? "y" : "n", 1) == 1)
                pause();
            _exit(1);
        }
        close(ready[1]);
        pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    ck_assert_int_eq(kill(parent, SIGKILL), 0);
    ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
    ck_assert_int_eq(read(ready[0], &byte, 1), 0); /* the child is gone: its end is closed */
    ck_assert(!proc_bind_to_parent(1234567890));
}
END_TEST

Suite *proc_suite(void)
{
    Suite *suite = suite_create("proc");
    TCase *tcase = tcase_create("proc");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_add_test(tcase, what_a_child_said_comes_before_its_end);
    tcase_add_test(tcase, all_that_a_child_said_before_its_end_comes);
    tcase_add_test(tcase, what_is_read_at_the_end_has_a_limit);
    tcase_add_test(tcase, a_child_that_is_reaped_is_signalled_no_more);
    tcase_add_test(tcase, a_signal_is_told_apart_from_a_status);
    tcase_add_test(tcase, a_signal_reaches_the_child);
    tcase_add_test(tcase, a_program_that_is_not_there_is_an_end_too);
    tcase_add_test(tcase, a_grandchild_that_holds_the_pipe_delays_nothing);
    tcase_add_test(tcase, a_child_can_be_started_anew_from_its_end);
    tcase_add_test(tcase, standard_input_is_empty_and_the_loops_descriptors_are_closed);
    tcase_add_test(tcase, a_bound_child_dies_with_its_parent);
    suite_add_tcase(suite, tcase);
    return suite;
}
