#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/policy.h"

#define HOUR 3600000
static const struct job_policy limits = { 1, 3, HOUR, 1000, 60000, 30000, 10000 };

struct drive { /* a policy and what its last step asked for */
    struct policy policy;
    struct policy_actions actions;
};

static bool asked_for(const struct drive *drive, enum policy_action_kind kind)
{
    for (size_t i = 0; i < drive->actions.n; i++)
        if (drive->actions.items[i].kind == kind)
            return true;
    return false;
}

static const struct policy_action *action(const struct drive *drive, enum policy_action_kind kind)
{
    for (size_t i = 0; i < drive->actions.n; i++)
        if (drive->actions.items[i].kind == kind)
            return &drive->actions.items[i];
    ck_abort_msg("no action %d", kind);
}

static void step(struct drive *drive, struct policy_event event)
{
    policy_step(&drive->policy, &event, &drive->actions);
}

static void accept_file(struct drive *drive, const struct job_policy *policy, bool changed,
                        int64_t now)
{
    step(drive, (struct policy_event){
                    .kind = POLICY_ACCEPTED, .limits = policy, .changed = changed, .now_ms = now });
}

static void start_job(struct drive *drive, const struct job_policy *policy, int64_t now)
{
    policy_init(&drive->policy, "wordcount", false);
    accept_file(drive, policy, false, now);
    ck_assert(asked_for(drive, POLICY_ACT_START));
}

static void end_with(struct drive *drive, int status, int sig, int64_t now)
{
    step(drive, (struct policy_event){
                    .kind = POLICY_EXITED, .status = status, .signal = sig, .now_ms = now });
}

/* The wait for the next attempt passes at once, so that the ends can be told by time alone. */
static void next_attempt(struct drive *drive, int64_t now)
{
    if (drive->policy.phase == POLICY_WAIT)
        step(drive, (struct policy_event){ .kind = POLICY_TIMER, .now_ms = now });
}

static const struct {
    int64_t ends[5];
    size_t n;
    uint32_t counted; /* at the last end */
    bool failed;
} worked[] = {
    /* YARN 3.x: an end exactly one window old counts */
    { { 0, 1000, 2000 }, 3, 3, true },
    { { 0, 1800000, 3599999 }, 3, 3, true },
    { { 0, 1800000, 3600000 }, 3, 3, true },
    { { 0, 1800000, 3600001 }, 3, 2, false },
    { { 0, 3000000, 3700000 }, 3, 2, false },
    { { 0, 3000000, 3700000, 6500000 }, 4, 3, true },
    { { 0, 3700000, 7400000, 11100000, 14800000 }, 5, 1, false },
    { { 0, 0, 0 }, 3, 3, true },
};

START_TEST(failures_are_counted_by_their_end_within_the_window)
{
    static struct drive drive;
    for (int64_t base = -2 * HOUR; base <= 2 * HOUR; base += HOUR) { /* also before this boot */
        start_job(&drive, &limits, base);
        for (size_t i = 0; i < worked[_i].n; i++) {
            ck_assert(!drive.policy.failed);
            end_with(&drive, 1, 0, base + worked[_i].ends[i]);
            if (i + 1 < worked[_i].n)
                next_attempt(&drive, base + worked[_i].ends[i]);
        }
        ck_assert_uint_eq(policy_count(&drive.policy, base + worked[_i].ends[worked[_i].n - 1]),
                          worked[_i].counted);
        ck_assert_int_eq(drive.policy.failed, worked[_i].failed);
        ck_assert_int_eq(asked_for(&drive, POLICY_ACT_FAILED), worked[_i].failed);
        ck_assert_int_eq(drive.policy.phase, worked[_i].failed ? POLICY_REST : POLICY_WAIT);
    }
}
END_TEST

START_TEST(
    executors_of_the_same_rule_agree) /* Spark's own example: window 100 s, ends at 100, 251, … */
{
    static struct failures failures;
    failures = (struct failures){ 0 };
    failures_add(&failures, 100);
    ck_assert_uint_eq(failures_count(&failures, 100, 100), 1);
    ck_assert_uint_eq(failures_count(&failures, 201, 100), 0);
    failures_add(&failures, 201);
    failures_add(&failures, 201);
    ck_assert_uint_eq(failures_count(&failures, 201, 100), 2);
    failures_add(&failures, 251);
    ck_assert_uint_eq(failures_count(&failures, 251, 100), 3);
    ck_assert_uint_eq(failures_count(&failures, 302, 100), 1);
    ck_assert_uint_eq(failures_count(&failures, 352, 100), 0);
}
END_TEST

START_TEST(a_window_of_nothing_counts_for_ever)
{
    static struct drive drive;
    struct job_policy ever = limits;
    ever.window_ms = 0;
    start_job(&drive, &ever, 0);
    for (int64_t year = 0; year < 3; year++) {
        ck_assert(!drive.policy.failed);
        end_with(&drive, 1, 0, year * 365 * 24 * HOUR);
        next_attempt(&drive, year * 365 * 24 * HOUR);
    }
    ck_assert(drive.policy.failed);
    ck_assert_str_eq(drive.policy.why,
                     "job wordcount failed 3 times due to exit status 1. Failing the job.");
}
END_TEST

START_TEST(the_sentence_names_the_budget_and_the_last_end)
{
    static struct drive drive;
    start_job(&drive, &limits, 0);
    end_with(&drive, 1, 0, 10);
    next_attempt(&drive, 10);
    end_with(&drive, 2, 0, 20);
    next_attempt(&drive, 20);
    step(&drive,
         (struct policy_event){
             .kind = POLICY_EXITED, .signal = SIGKILL, .now_ms = 30, .text = "out of memory." });
    ck_assert_str_eq(drive.policy.why,
                     "job wordcount failed 3 times in previous 3600000 milliseconds due to "
                     "signal 9 (killed): out of memory.. Failing the job.");
}
END_TEST

enum how { RUNS, ASKED, FENCED, SILENT, UNBORN };
static const struct {
    enum how before;
    int status, signal;
    bool counted, restarts;
    const char *text;
} ends[] = {
    /* what counts */
    { RUNS, 1, 0, true, true, "exit status 1" },
    { RUNS, 0, 0, true, true, "exit status 0" }, /* nobody asked it to stop */
    { RUNS, 137, 0, true, true, "exit status 137" },
    { RUNS, 71, 0, true, true, "exit status 71 (no memory, thread or file left)" },
    { RUNS, 0, SIGKILL, true, true, "signal 9 (killed)" },
    { RUNS, 0, SIGTERM, true, true, "signal 15 (terminated)" }, /* not from us */
    { RUNS, 0, SIGSEGV, true, true, "signal 11 (segmentation fault)" },
    { RUNS, 75, SIGSEGV, true, true, "signal 11 (segmentation fault)" },
    { RUNS, 75, 0, false, true, "exit status 75" },
    { RUNS, 78, 0, false, false, "exit status 78" },
    { ASKED, 0, 0, false, false, "exit status 0" },
    { ASKED, 1, 0, false, false, "exit status 1" },
    { ASKED, 0, SIGKILL, false, false, "signal 9 (killed)" },
    { ASKED, 78, 0, false, false, "exit status 78" },
    { FENCED, 75, 0, false, true, "exit status 75" },
    { FENCED, 0, SIGKILL, false, true, "signal 9 (killed)" },
    { SILENT, 0, SIGABRT, true, true, "no sign of progress; ended with signal 6 (aborted)" },
    { SILENT, 78, 0, true, true, "no sign of progress; ended with exit status 78" },
    { UNBORN, 0, 0, true, true, "could not be started: no such file" },
};

START_TEST(what_counts_is_what_yarn_counts)
{
    static struct drive drive;
    start_job(&drive, &limits, 0);
    if (ends[_i].before == ASKED)
        step(&drive, (struct policy_event){ .kind = POLICY_UNTAKE });
    if (ends[_i].before == FENCED)
        step(&drive, (struct policy_event){ .kind = POLICY_FENCED });
    if (ends[_i].before == SILENT)
        step(&drive, (struct policy_event){ .kind = POLICY_SILENT });
    if (ends[_i].before == UNBORN)
        step(&drive,
             (struct policy_event){ .kind = POLICY_UNBORN, .text = "no such file", .now_ms = 5 });
    else
        end_with(&drive, ends[_i].status, ends[_i].signal, 5);
    ck_assert(asked_for(&drive, POLICY_ACT_ENDED));
    ck_assert_int_eq(drive.policy.counted, ends[_i].counted);
    ck_assert_uint_eq(policy_count(&drive.policy, 5), ends[_i].counted);
    ck_assert_int_eq(drive.policy.phase, ends[_i].restarts ? POLICY_WAIT : POLICY_REST);
    ck_assert_str_eq(drive.policy.how, ends[_i].text);
}
END_TEST

START_TEST(exempt_ends_restart_without_limit_but_do_not_spin)
{
    static struct drive drive;
    struct job_policy one = limits;
    one.max_attempts = 1;
    one.backoff_initial_ms = 0;
    start_job(&drive, &one, 0);
    int64_t waited = 0;
    for (int i = 0; i < 50; i++) {
        end_with(&drive, WORKER_AGAIN, 0, waited);
        ck_assert_int_eq(drive.policy.phase, POLICY_WAIT);
        waited += action(&drive, POLICY_ACT_TIMER)->delay_ms;
        next_attempt(&drive, waited);
    }
    ck_assert_int_gt(waited, 49 * POLICY_AGAIN_MS / 4 * 3);
}
END_TEST

START_TEST(a_fenced_worker_comes_back_as_a_spare)
{
    static struct drive drive;
    start_job(&drive, &limits, 0);
    ck_assert(!action(&drive, POLICY_ACT_START)->standby);
    step(&drive, (struct policy_event){ .kind = POLICY_FENCED });
    end_with(&drive, WORKER_AGAIN, 0, 1);
    ck_assert_int_eq(action(&drive, POLICY_ACT_TIMER)->delay_ms, 0);
    next_attempt(&drive, 1);
    ck_assert(action(&drive, POLICY_ACT_START)->standby);
    end_with(&drive, WORKER_AGAIN, 0, 2); /* not fenced this time: told to restart */
    next_attempt(&drive, 2);
    ck_assert(!action(&drive, POLICY_ACT_START)->standby);
}
END_TEST

START_TEST(waits_grow_and_a_long_run_makes_them_short_again)
{
    static struct drive drive;
    struct job_policy many = limits;
    many.max_attempts = 100;
    start_job(&drive, &many, 0);
    int64_t now = 0, before = 0;
    for (int i = 0; i < 5; i++) {
        end_with(&drive, 1, 0, now);
        int64_t wait = action(&drive, POLICY_ACT_TIMER)->delay_ms;
        ck_assert_int_gt(wait, before);
        before = wait;
        now += wait;
        next_attempt(&drive, now);
    }
    end_with(&drive, 1, 0, now + many.backoff_max_ms + 1);
    ck_assert_int_le(action(&drive, POLICY_ACT_TIMER)->delay_ms, 1250);
}
END_TEST

START_TEST(no_initial_wait_means_none_as_in_yarn)
{
    static struct drive drive;
    struct job_policy yarn = limits;
    yarn.backoff_initial_ms = 0;
    start_job(&drive, &yarn, 0);
    end_with(&drive, 1, 0, 0);
    ck_assert_int_eq(action(&drive, POLICY_ACT_TIMER)->delay_ms, 0);
    next_attempt(&drive, 0);
    end_with(&drive, 1, 0, 0);
    ck_assert_int_eq(action(&drive, POLICY_ACT_TIMER)->delay_ms, 0);
}
END_TEST

START_TEST(a_stop_is_asked_for_then_forced)
{
    static struct drive drive;
    start_job(&drive, &limits, 0);
    step(&drive, (struct policy_event){ .kind = POLICY_UNTAKE });
    ck_assert(asked_for(&drive, POLICY_ACT_TERM));
    ck_assert_int_eq(action(&drive, POLICY_ACT_TIMER)->delay_ms, 30000);
    step(&drive, (struct policy_event){ .kind = POLICY_UNTAKE }); /* again: nothing new */
    ck_assert_uint_eq(drive.actions.n, 0);
    step(&drive, (struct policy_event){ .kind = POLICY_TIMER });
    ck_assert(asked_for(&drive, POLICY_ACT_KILL));
    end_with(&drive, 0, SIGKILL, 5);
    ck_assert(asked_for(&drive, POLICY_ACT_RESTED));
    ck_assert_uint_eq(policy_count(&drive.policy, 5), 0);
}
END_TEST

START_TEST(no_more_patience_kills_at_once)
{
    static struct drive drive;
    start_job(&drive, &limits, 0);
    step(&drive, (struct policy_event){ .kind = POLICY_UNTAKE });
    step(&drive, (struct policy_event){ .kind = POLICY_NOW });
    ck_assert(asked_for(&drive, POLICY_ACT_KILL));
    end_with(&drive, 0, SIGKILL, 5);
    step(&drive, (struct policy_event){ .kind = POLICY_NOW }); /* nobody left to kill */
    ck_assert_uint_eq(drive.actions.n, 0);
}
END_TEST

START_TEST(a_silent_worker_is_aborted_then_killed)
{
    static struct drive drive;
    start_job(&drive, &limits, 0);
    step(&drive, (struct policy_event){ .kind = POLICY_SILENT });
    ck_assert(asked_for(&drive, POLICY_ACT_ABORT));
    step(&drive, (struct policy_event){ .kind = POLICY_SILENT });
    ck_assert_uint_eq(drive.actions.n, 0);
    step(&drive, (struct policy_event){ .kind = POLICY_TIMER });
    ck_assert(asked_for(&drive, POLICY_ACT_KILL));
}
END_TEST

START_TEST(a_changed_file_stops_gracefully_starts_anew_and_counts_anew)
{
    static struct drive drive;
    start_job(&drive, &limits, 0);
    end_with(&drive, 1, 0, 1);
    next_attempt(&drive, 1);
    accept_file(&drive, &limits, false, 2); /* the same file again: nothing */
    ck_assert_uint_eq(drive.actions.n, 0);
    accept_file(&drive, &limits, true, 2);
    ck_assert(asked_for(&drive, POLICY_ACT_TERM));
    ck_assert(asked_for(&drive, POLICY_ACT_RECOUNT));
    ck_assert_uint_eq(policy_count(&drive.policy, 2), 0);
    end_with(&drive, 0, 0, 3);
    ck_assert(asked_for(&drive, POLICY_ACT_START));
}
END_TEST

START_TEST(a_failed_job_stays_so_until_its_file_changes)
{
    static struct drive drive;
    start_job(&drive, &limits, 0);
    for (int i = 0; i < 3; i++) {
        end_with(&drive, 1, 0, i);
        next_attempt(&drive, i);
    }
    ck_assert(drive.policy.failed);
    accept_file(&drive, &limits, false, 10 * HOUR);
    ck_assert(!asked_for(&drive, POLICY_ACT_START));
    accept_file(&drive, &limits, true, 10 * HOUR);
    ck_assert(asked_for(&drive, POLICY_ACT_START));
    ck_assert(!drive.policy.failed);
}
END_TEST

START_TEST(a_change_ends_the_wait_for_the_next_attempt)
{
    static struct drive drive;
    start_job(&drive, &limits, 0);
    end_with(&drive, 1, 0, 1);
    accept_file(&drive, &limits, true, 2);
    ck_assert(asked_for(&drive, POLICY_ACT_START));
    ck_assert_int_eq(action(&drive, POLICY_ACT_TIMER)->delay_ms, -1);
}
END_TEST

START_TEST(a_job_that_is_not_enabled_has_no_worker)
{
    static struct drive drive;
    struct job_policy off = limits;
    off.enabled = 0;
    start_job(&drive, &limits, 0);
    accept_file(&drive, &off, true, 1);
    ck_assert(asked_for(&drive, POLICY_ACT_TERM));
    end_with(&drive, 0, 0, 2);
    ck_assert_int_eq(drive.policy.phase, POLICY_REST);
    accept_file(&drive, &limits, true, 3);
    ck_assert(asked_for(&drive, POLICY_ACT_START));
}
END_TEST

START_TEST(once_ends_with_the_first_outcome)
{
    static struct drive drive;
    for (int status = 0; status < 2; status++) {
        policy_init(&drive.policy, "wordcount", true);
        accept_file(&drive, &limits, false, 0);
        end_with(&drive, status, 0, 1);
        ck_assert_int_eq(drive.policy.phase, POLICY_REST);
        ck_assert_int_eq(drive.policy.done, status == 0);
        ck_assert_int_eq(drive.policy.counted, status != 0);
    }
}
END_TEST

/* Eight attempts, each ended in one of four ways, every sequence of them, against the rule written
 * down a second time. */
enum outcome { FAILS_SOON, FAILS_AT_HALF, TOLD_TO_RESTART, FILE_CHANGES };
static const int64_t takes[] = { 1000, HOUR / 2, HOUR / 3, HOUR / 6 };

struct reference {
    int64_t ends[8];
    int n;
    bool failed;
};

static int reference_count(const struct reference *reference, int64_t now)
{
    int count = 0;
    for (int i = 0; i < reference->n; i++)
        count += !(now - reference->ends[i] > HOUR);
    return count;
}

static void reference_step(struct reference *reference, enum outcome outcome, int64_t now)
{
    if (outcome == FILE_CHANGES)
        *reference = (struct reference){ 0 };
    if (reference->failed || outcome == TOLD_TO_RESTART || outcome == FILE_CHANGES)
        return;
    reference->ends[reference->n++] = now;
    reference->failed = reference_count(reference, now) == 3;
}

static void drive_step(struct drive *drive, enum outcome outcome, int64_t now)
{
    if (outcome == FILE_CHANGES) {
        accept_file(drive, &limits, true, now);
        if (drive->policy.phase == POLICY_STOP)
            end_with(drive, 0, 0, now);
    } else if (drive->policy.phase == POLICY_WORK) {
        end_with(drive, outcome == TOLD_TO_RESTART ? WORKER_AGAIN : 1, 0, now);
        next_attempt(drive, now);
    }
}

START_TEST(every_sequence_of_eight_outcomes_agrees_with_the_reference)
{
    static struct drive drive;
    for (unsigned sequence = 0; sequence < 65536; sequence++) {
        struct reference reference = { 0 };
        int64_t now = 0;
        start_job(&drive, &limits, now);
        for (unsigned i = 0; i < 8; i++) {
            enum outcome outcome = sequence >> 2 * i & 3;
            now += takes[outcome];
            reference_step(&reference, outcome, now);
            drive_step(&drive, outcome, now);
            if (drive.policy.failed != reference.failed ||
                drive.policy.phase != (reference.failed ? POLICY_REST : POLICY_WORK) ||
                (int)policy_count(&drive.policy, now) != reference_count(&reference, now))
                ck_abort_msg("sequence %x differs at %u", sequence, i);
        }
    }
    const char *census = getenv("TIDEMARK_CENSUS"); /* what was tried, for those who count it */
    FILE *file = census ? fopen(census, "a") : NULL;
    if (!file)
        return;
    fprintf(file, "attempt_sequences %d\n", 65536);
    fclose(file);
}
END_TEST

START_TEST(as_many_ends_are_kept_as_can_matter)
{
    static struct failures failures;
    failures = (struct failures){ 0 };
    for (int64_t i = 0; i < 3 * REPORT_ATTEMPTS_MAX; i++)
        failures_add(&failures, i);
    ck_assert_uint_eq(failures_count(&failures, 3 * REPORT_ATTEMPTS_MAX, 0), REPORT_ATTEMPTS_MAX);
    ck_assert_uint_eq(failures_count(&failures, 3 * REPORT_ATTEMPTS_MAX, 10), 10);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *policy_suite(void)
{
    Suite *suite = suite_create("policy");
    TCase *tcase = tcase_create("policy");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, failures_are_counted_by_their_end_within_the_window, 0,
                        sizeof worked / sizeof worked[0]);
    tcase_add_loop_test(tcase, what_counts_is_what_yarn_counts, 0, sizeof ends / sizeof ends[0]);
    TEST(executors_of_the_same_rule_agree);
    TEST(a_window_of_nothing_counts_for_ever);
    TEST(the_sentence_names_the_budget_and_the_last_end);
    TEST(exempt_ends_restart_without_limit_but_do_not_spin);
    TEST(a_fenced_worker_comes_back_as_a_spare);
    TEST(waits_grow_and_a_long_run_makes_them_short_again);
    TEST(no_initial_wait_means_none_as_in_yarn);
    TEST(a_stop_is_asked_for_then_forced);
    TEST(no_more_patience_kills_at_once);
    TEST(a_silent_worker_is_aborted_then_killed);
    TEST(a_changed_file_stops_gracefully_starts_anew_and_counts_anew);
    TEST(a_failed_job_stays_so_until_its_file_changes);
    TEST(a_change_ends_the_wait_for_the_next_attempt);
    TEST(a_job_that_is_not_enabled_has_no_worker);
    TEST(once_ends_with_the_first_outcome);
    TEST(every_sequence_of_eight_outcomes_agrees_with_the_reference);
    TEST(as_many_ends_are_kept_as_can_matter);
    return suite;
}
