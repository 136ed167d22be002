/* Events that come when they are not expected: early, late, twice. */
#include <check.h>
#include <signal.h>
#include <string.h>

#include "supervisor/policy.h"

static const struct job_policy limits = { 1, 3, 3600000, 1000, 60000, 30000, 10000 };
static struct policy policy;
static struct policy_actions actions;

static void step(struct policy_event event)
{
    policy_step(&policy, &event, &actions);
}

static void start_job(bool once)
{
    policy_init(&policy, "wordcount", once);
    step((struct policy_event){ .kind = POLICY_ACCEPTED, .limits = &limits });
    ck_assert_int_eq(policy.phase, POLICY_WORK);
}

static void expect_quiet(enum policy_event_kind kind)
{
    enum policy_phase before = policy.phase;
    step((struct policy_event){ .kind = kind, .limits = &limits });
    ck_assert_uint_eq(actions.n, 0);
    ck_assert_int_eq(policy.phase, before);
}

START_TEST(a_timer_that_is_no_longer_waited_for_does_nothing)
{
    start_job(false);
    expect_quiet(POLICY_TIMER);
    step((struct policy_event){ .kind = POLICY_UNTAKE });
    step((struct policy_event){ .kind = POLICY_EXITED });
    ck_assert_int_eq(policy.phase, POLICY_REST);
    expect_quiet(POLICY_TIMER);
}
END_TEST

START_TEST(the_same_file_again_does_not_end_the_wait)
{
    start_job(false);
    step((struct policy_event){ .kind = POLICY_EXITED, .status = 1 });
    ck_assert_int_eq(policy.phase, POLICY_WAIT);
    expect_quiet(POLICY_ACCEPTED);
}
END_TEST

START_TEST(the_same_file_that_may_not_run_any_more_stops)
{
    struct job_policy off = limits;
    off.enabled = 0;
    start_job(false);
    step((struct policy_event){ .kind = POLICY_ACCEPTED, .limits = &off });
    ck_assert_int_eq(policy.phase, POLICY_STOP);
}
END_TEST

START_TEST(limits_that_a_worker_reports_hold)
{
    struct job_policy more = limits;
    more.max_attempts = 7;
    start_job(false);
    step((struct policy_event){ .kind = POLICY_LIMITS, .limits = &more });
    ck_assert_int_eq(policy.limits.max_attempts, 7);
    ck_assert_uint_eq(actions.n, 0);
}
END_TEST

START_TEST(only_a_worker_that_lives_can_be_fenced)
{
    start_job(false);
    expect_quiet(POLICY_FENCED);
    expect_quiet(POLICY_FENCED);
    ck_assert(policy.fenced);
    policy_init(&policy, "wordcount", false);
    expect_quiet(POLICY_FENCED);
    ck_assert(!policy.fenced);
}
END_TEST

START_TEST(a_stop_before_the_first_start_rests_at_once)
{
    policy_init(&policy, "wordcount", false);
    step((struct policy_event){ .kind = POLICY_UNTAKE });
    ck_assert_int_eq(policy.phase, POLICY_REST);
    ck_assert_int_eq(actions.items[actions.n - 1].kind, POLICY_ACT_RESTED);
}
END_TEST

START_TEST(what_was_not_born_after_a_stop_is_not_tried_again)
{
    start_job(false);
    step((struct policy_event){ .kind = POLICY_UNTAKE });
    step((struct policy_event){ .kind = POLICY_UNBORN });
    ck_assert_int_eq(policy.phase, POLICY_REST);
    ck_assert_str_eq(policy.how, "could not be started: unknown reason");
}
END_TEST

START_TEST(the_reason_of_what_was_not_born_is_told_once)
{
    start_job(false);
    policy.limits.max_attempts = 1;
    step((struct policy_event){ .kind = POLICY_UNBORN, .text = "no such file" });
    ck_assert(policy.failed);
    ck_assert_ptr_nonnull(strstr(policy.why, "due to could not be started: no such file. Failing"));
}
END_TEST

START_TEST(once_a_killed_worker_is_not_done)
{
    start_job(true);
    step((struct policy_event){ .kind = POLICY_EXITED, .signal = SIGKILL });
    ck_assert(!policy.done && policy.counted);
    ck_assert_int_eq(policy.phase, POLICY_REST);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *policy_order_suite(void)
{
    Suite *suite = suite_create("policy_order");
    TCase *tcase = tcase_create("policy_order");
    suite_add_tcase(suite, tcase);
    TEST(a_timer_that_is_no_longer_waited_for_does_nothing);
    TEST(the_same_file_again_does_not_end_the_wait);
    TEST(the_same_file_that_may_not_run_any_more_stops);
    TEST(limits_that_a_worker_reports_hold);
    TEST(only_a_worker_that_lives_can_be_fenced);
    TEST(a_stop_before_the_first_start_rests_at_once);
    TEST(what_was_not_born_after_a_stop_is_not_tried_again);
    TEST(the_reason_of_what_was_not_born_is_told_once);
    TEST(once_a_killed_worker_is_not_done);
    return suite;
}
