#include "io/task.h"

#include <check.h>
#include <signal.h>
#include <string.h>

#include "base/list.h"
#include "io/loop.h"
#include "io/world.h"

struct letter {
    struct mail mail;
    char text;
};

static struct stage {
    struct world *world;
    struct loop *loop;
    struct task *task;
    struct loop_post ended, answer;
    struct loop_timer timer;
    struct letter letters[3];
    char got[16];
    unsigned steps;
    bool alarm_blocked;
} stage;

static void ended_cb(struct loop_post *post)
{
    (void)post;
    loop_stop(stage.loop);
}

static void stage_open(void)
{
    memset(&stage, 0, sizeof stage);
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    stage.ended.cb = ended_cb;
}

static void stage_close(void)
{
    task_free(stage.task);
    task_free(NULL);
    loop_free(stage.loop);
    world_free(stage.world);
}

static uint64_t step_reads(void *ctx) /* until it has three letters */
{
    (void)ctx;
    for (struct mail *mail = task_take(stage.task); mail; mail = mail->next)
        stage.got[strlen(stage.got)] = CONTAINER_OF(mail, struct letter, mail)->text;
    return strlen(stage.got) == 3 ? TASK_END : 3600000;
}

static void post_letters(struct loop_timer *timer)
{
    (void)timer;
    for (int i = 0; i < 3; i++) {
        stage.letters[i].text = (char)('a' + i);
        task_post(stage.task, &stage.letters[i].mail);
    }
}

static uint64_t step_waits_for_the_first_mail(
    void *ctx) /* stage.task is set before the first mail is sent */
{
    return stage.steps++ == 0 ? 3600000 : step_reads(ctx);
}

START_TEST(mail_ends_the_wait_and_comes_in_order)
{
    stage.task =
        task_start(stage.loop, "reader", step_waits_for_the_first_mail, NULL, &stage.ended);
    loop_timer_start(stage.loop, &stage.timer, 5, post_letters);
    loop_run(stage.loop);
    ck_assert_str_eq(stage.got, "abc");
}
END_TEST

static uint64_t step_counts(void *ctx)
{
    (void)ctx;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    stage.alarm_blocked = sigismember(&mask, SIGTERM);
    return ++stage.steps < 5 ? stage.steps % 2 : TASK_END;
}

START_TEST(steps_come_again_after_their_wait)
{
    stage.task = task_start(stage.loop, "counter", step_counts, NULL, &stage.ended);
    loop_run(stage.loop);
    ck_assert_uint_eq(stage.steps, 5);
    ck_assert(stage.alarm_blocked); /* signals are the loop's */
}
END_TEST

static uint64_t step_until_woken(void *ctx)
{
    (void)ctx;
    return stage.steps++ == 0 ? TASK_END - 1 : TASK_END;
}

START_TEST(a_wake_that_comes_early_is_not_lost)
{
    stage.task = task_start(stage.loop, "sleeper", step_until_woken, NULL, &stage.ended);
    task_wake(stage.task); /* perhaps before the first step: then it is seen after it */
    loop_run(stage.loop);
    ck_assert_uint_eq(stage.steps, 2);
}
END_TEST

Suite *task_suite(void)
{
    Suite *suite = suite_create("task");
    TCase *tcase = tcase_create("task");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, mail_ends_the_wait_and_comes_in_order);
    tcase_add_test(tcase, steps_come_again_after_their_wait);
    tcase_add_test(tcase, a_wake_that_comes_early_is_not_lost);
    return suite;
}
