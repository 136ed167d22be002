#include "io/loop.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "io/loop_uv.h"
#include "io/world.h"

static struct stage { /* what the callbacks of a test write to */
    struct world *world;
    struct loop *loop;
    char seen[64]; /* one letter for each callback */
    struct loop_timer timers[4];
    struct loop_post posts[4];
    unsigned count;
} stage;

static void stage_open(void)
{
    memset(&stage, 0, sizeof stage);
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
}

static void stage_close(void)
{
    loop_free(stage.loop);
    world_free(stage.world);
}

static void see(char letter)
{
    stage.seen[strlen(stage.seen)] = letter;
}

static void timer_seen(struct loop_timer *timer)
{
    ck_assert(!loop_timer_active(timer));
    see((char)('a' + (timer - stage.timers)));
}

static void timer_last(struct loop_timer *timer)
{
    timer_seen(timer);
    loop_stop(stage.loop);
}

static void timer_in_turn(struct loop_timer *timer)
{
    ck_assert_uint_ge(loop_now_ms(stage.loop), timer->due_ms); /* never early */
    timer_seen(timer);
    if (strlen(stage.seen) == 4)
        loop_stop(stage.loop);
}

/* When each is due is known once it is started: a busy machine may start them far apart. */
START_TEST(timers_fire_by_time_then_by_start)
{
    static const uint64_t delays_ms[] = { 12, 6, 2, 6 };
    for (int i = 0; i < 4; i++)
        loop_timer_start(stage.loop, &stage.timers[i], delays_ms[i], timer_in_turn);
    loop_run(stage.loop);
    for (int i = 1; i < 4; i++) {
        const struct loop_timer *one = &stage.timers[stage.seen[i - 1] - 'a'],
                                *next = &stage.timers[stage.seen[i] - 'a'];
        ck_assert(one->due_ms < next->due_ms || (one->due_ms == next->due_ms && one < next));
    }
}
END_TEST

static void timer_stops_its_neighbour(struct loop_timer *timer)
{
    timer_seen(timer);
    loop_timer_stop(stage.loop, &stage.timers[1]); /* due in the same turn */
    loop_timer_stop(stage.loop, &stage.timers[1]);
}

START_TEST(a_stopped_timer_stays_silent)
{
    loop_timer_start(stage.loop, &stage.timers[0], 1, timer_stops_its_neighbour);
    loop_timer_start(stage.loop, &stage.timers[1], 1, timer_seen);
    loop_timer_start(stage.loop, &stage.timers[2], 500, timer_seen);
    loop_timer_start(stage.loop, &stage.timers[2], 3, timer_last); /* starts anew */
    loop_run(stage.loop);
    ck_assert_str_eq(stage.seen, "ac");
}
END_TEST

static void timer_without_end(struct loop_timer *timer)
{
    loop_timer_start(stage.loop, timer, 0, timer_without_end);
}

static void readable(uv_poll_t *handle, int status, int events)
{
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(events, UV_READABLE);
    see('r');
    uv_close((uv_handle_t *)handle, NULL);
    loop_stop(stage.loop);
}

START_TEST(a_timer_that_starts_itself_starves_no_socket)
{
    int ends[2];
    uv_poll_t poll;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    ck_assert_int_eq(uv_poll_init(uv_of_loop(stage.loop), &poll, ends[0]), 0);
    ck_assert_int_eq(uv_poll_start(&poll, UV_READABLE, readable), 0);
    loop_timer_start(stage.loop, &stage.timers[0], 0, timer_without_end);
    loop_run(stage.loop);
    ck_assert_str_eq(stage.seen, "r");
    close(ends[0]);
    close(ends[1]);
}
END_TEST

static void post_seen(struct loop_post *post)
{
    see((char)('0' + (post - stage.posts)));
    if (post == &stage.posts[3])
        loop_stop(stage.loop);
}

static void post_again(struct loop_post *post)
{
    see('p');
    if (++stage.count < 3)
        loop_post(stage.loop, post); /* runs later, never from inside this call */
    else
        loop_post(stage.loop, &stage.posts[3]);
    see('q');
}

START_TEST(posts_run_in_order_and_never_from_inside)
{
    for (int i = 0; i < 4; i++)
        stage.posts[i].cb = post_seen;
    stage.posts[1].cb = post_again;
    for (int i = 0; i < 3; i++)
        loop_post(stage.loop, &stage.posts[i]);
    ck_assert_str_eq(stage.seen, "");
    loop_run(stage.loop);
    ck_assert_str_eq(stage.seen, "0pq2pqpq3");
}
END_TEST

START_TEST(a_cancelled_post_does_not_run)
{
    for (int i = 0; i < 4; i++) {
        stage.posts[i].cb = post_seen;
        loop_post(stage.loop, &stage.posts[i]);
    }
    loop_post_cancel(stage.loop, &stage.posts[1]);
    loop_run(stage.loop);
    ck_assert_str_eq(stage.seen, "023");
}
END_TEST

START_TEST(the_last_post_can_be_cancelled)
{
    for (int i = 0; i < 4; i++)
        stage.posts[i].cb = post_seen;
    loop_post(stage.loop, &stage.posts[0]);
    loop_post(stage.loop, &stage.posts[1]);
    loop_post_cancel(stage.loop, &stage.posts[1]);
    loop_post(stage.loop, &stage.posts[3]);
    loop_run(stage.loop);
    ck_assert_str_eq(stage.seen, "03");
}
END_TEST

#define SENDERS 4
#define SENT_EACH 20000
static struct sent {
    struct loop_post post;
    unsigned sender, number;
} sent[SENDERS][SENT_EACH];
static unsigned next_number[SENDERS];

static void sent_cb(struct loop_post *post)
{
    struct sent *it = CONTAINER_OF(post, struct sent, post);
    ck_assert_uint_eq(it->number, next_number[it->sender]++);
    if (++stage.count == SENDERS * SENT_EACH)
        loop_stop(stage.loop);
}

static void *send_all(void *ctx)
{
    struct sent *mine = ctx;
    for (unsigned i = 0; i < SENT_EACH; i++)
        loop_post(stage.loop, &mine[i].post);
    return NULL;
}

START_TEST(posts_of_many_threads_come_once_each_in_order)
{
    pthread_t threads[SENDERS];
    memset(next_number, 0, sizeof next_number);
    for (unsigned s = 0; s < SENDERS; s++) {
        for (unsigned i = 0; i < SENT_EACH; i++)
            sent[s][i] = (struct sent){ .post.cb = sent_cb, .sender = s, .number = i };
        pthread_create(&threads[s], NULL, send_all, sent[s]);
    }
    loop_run(stage.loop);
    ck_assert_uint_eq(stage.count, SENDERS * SENT_EACH);
    for (unsigned s = 0; s < SENDERS; s++)
        pthread_join(threads[s], NULL);
}
END_TEST

static void signal_seen(void *ctx, int number)
{
    ck_assert_ptr_eq(ctx, &stage);
    see(number == SIGUSR1 ? 'u' : 'v');
    if (number == SIGUSR2)
        loop_stop(stage.loop);
    else
        raise(SIGUSR2);
}

START_TEST(signals_come_to_the_loop)
{
    loop_signals(stage.loop, (int[]){ SIGUSR1, SIGUSR2 }, 2, signal_seen, &stage);
    raise(SIGUSR1);
    ck_assert_str_eq(stage.seen, "");
    loop_run(stage.loop);
    ck_assert_str_eq(stage.seen, "uv");
}
END_TEST

static void signal_never(void *ctx, int number)
{
    ck_abort_msg("%p heard of %d after the end", ctx, number);
}

START_TEST(a_signal_on_its_way_does_not_hold_up_the_end)
{
    loop_signals(stage.loop, (int[]){ SIGUSR1 }, 1, signal_never, &stage);
    raise(SIGUSR1);
    loop_free(stage.loop);
    stage.loop = NULL; /* which stage_close() may free as well */
}
END_TEST

Suite *loop_suite(void)
{
    Suite *suite = suite_create("loop");
    TCase *tcase = tcase_create("loop");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, timers_fire_by_time_then_by_start);
    tcase_add_test(tcase, a_stopped_timer_stays_silent);
    tcase_add_test(tcase, a_timer_that_starts_itself_starves_no_socket);
    tcase_add_test(tcase, posts_run_in_order_and_never_from_inside);
    tcase_add_test(tcase, a_cancelled_post_does_not_run);
    tcase_add_test(tcase, the_last_post_can_be_cancelled);
    tcase_add_test(tcase, posts_of_many_threads_come_once_each_in_order);
    tcase_add_test(tcase, signals_come_to_the_loop);
    tcase_add_test(tcase, a_signal_on_its_way_does_not_hold_up_the_end);
    return suite;
}
