#include "io/pool.h"

#include <check.h>
#include <stdatomic.h>
#include <string.h>

#include "base/list.h"
#include "io/loop.h"
#include "io/world.h"

#define PIECES 1000

static struct stage {
    struct world *world;
    struct loop *loop;
    struct pool *pool;
    struct job {
        struct pool_run run;
        _Atomic uint32_t times[PIECES]; /* how often each piece ran */
    } jobs[3];
    unsigned ended;
    bool inside; /* pool_start() is under way */
} stage;

static void stage_open(void)
{
    memset(&stage, 0, sizeof stage);
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    stage.pool = pool_new(stage.loop, 3);
}

static void stage_close(void)
{
    pool_free(stage.pool);
    loop_free(stage.loop);
    world_free(stage.world);
}

static void piece(void *ctx, uint32_t piece)
{
    struct job *job = ctx;
    job->times[piece]++;
}

static void run_ended(struct pool_run *run)
{
    struct job *job = CONTAINER_OF(run, struct job, run);
    ck_assert(!stage.inside);
    for (uint32_t i = 0; i < PIECES; i++)
        ck_assert_uint_eq(job->times[i], i < run->pieces ? 1 : 0);
    if (++stage.ended == 3)
        loop_stop(stage.loop);
}

static void start(struct job *job, uint32_t pieces)
{
    job->run = (struct pool_run){ .fn = piece, .ctx = job, .pieces = pieces, .cb = run_ended };
    stage.inside = true;
    pool_start(stage.pool, &job->run);
    stage.inside = false;
}

START_TEST(each_piece_runs_once_then_the_loop_hears)
{
    start(&stage.jobs[0], PIECES);
    start(&stage.jobs[1], 1);
    start(&stage.jobs[2], 7);
    loop_run(stage.loop);
    ck_assert_uint_eq(stage.ended, 3);
}
END_TEST

START_TEST(a_run_of_nothing_ends_too)
{
    for (int i = 0; i < 3; i++)
        start(&stage.jobs[i], 0);
    loop_run(stage.loop);
    ck_assert_uint_eq(stage.ended, 3);
}
END_TEST

/* ---- pieces that others make possible: each step's are begun once all of the step before are done */

static struct steps {
    struct pool_run run;
    uint32_t n, pieces, begun, ended; /* steps begun; pieces of this one */
    _Atomic uint32_t inside, done;
} steps;

static void step_piece(void *ctx, uint32_t index)
{
    struct steps *all = ctx;
    ck_assert_uint_lt(index, all->pieces);
    all->done++;
}

static uint32_t step_next(void *ctx, uint32_t done, bool *more)
{
    struct steps *all = ctx;
    ck_assert_uint_eq(all->inside++, 0);
    all->ended += done != POOL_NONE;
    if (all->ended == all->pieces) {
        ck_assert_uint_eq(all->done, all->pieces);
        all->n++;
        all->pieces = all->n == 200 ? 0 : 1 + all->n % 5;
        all->begun = all->ended = all->done = 0;
    }
    *more = all->begun + 1 < all->pieces;
    all->inside--;
    if (all->begun < all->pieces)
        return all->begun++;
    return all->pieces ? POOL_WAIT : POOL_END;
}

static void steps_ended(struct pool_run *run)
{
    (void)run;
    loop_stop(stage.loop);
}

START_TEST(a_piece_may_wait_for_others)
{
    steps = (struct steps){ .pieces = 7 };
    steps.run =
        (struct pool_run){ .fn = step_piece, .ctx = &steps, .next = step_next, .cb = steps_ended };
    pool_start(stage.pool, &steps.run);
    loop_run(stage.loop);
    ck_assert_uint_eq(steps.n, 200);
}
END_TEST

static void never(struct pool_run *run)
{
    (void)run;
    ck_abort_msg("called back after pool_free()");
}

static void stop(struct loop_timer *timer)
{
    (void)timer;
    loop_stop(stage.loop);
}

START_TEST(a_freed_pool_calls_nobody_back)
{
    struct loop_timer timer = { 0 };
    for (int i = 0; i < 3; i++) {
        stage.jobs[i].run =
            (struct pool_run){ .fn = piece, .ctx = &stage.jobs[i], .pieces = 5, .cb = never };
        pool_start(stage.pool, &stage.jobs[i].run);
    }
    pool_free(stage.pool);
    stage.pool = NULL;
    loop_timer_start(stage.loop, &timer, 2, stop);
    loop_run(stage.loop);
    ck_assert(!loop_timer_active(&timer));
}
END_TEST

static uint32_t without_end(void *ctx, uint32_t done, bool *more)
{
    (void)ctx;
    (void)done;
    *more = true;
    return 0;
}

static atomic_uint begun;

static void begin(void *ctx, uint32_t piece)
{
    (void)piece;
    if (begun++ == 0)
        loop_post(stage.loop, ctx);
}

static void has_begun(struct loop_post *post)
{
    (void)post;
    loop_stop(stage.loop);
}

START_TEST(a_run_without_end_ends_with_its_pool)
{
    struct loop_post post = { .cb = has_begun };
    begun = 0;
    stage.jobs[0].run =
        (struct pool_run){ .fn = begin, .ctx = &post, .next = without_end, .cb = never };
    pool_start(stage.pool, &stage.jobs[0].run);
    loop_run(stage.loop);
    pool_free(stage.pool);
    stage.pool = NULL;
}
END_TEST

static atomic_bool second_ran;

static uint32_t after_the_second(void *ctx, uint32_t done, bool *more)
{
    (void)ctx;
    (void)done;
    *more = false;
    return second_ran ? POOL_END : POOL_WAIT;
}

static void second(void *ctx, uint32_t piece)
{
    (void)ctx;
    (void)piece;
    second_ran = true;
}

/* In any order: the first may be asked between the second's work and its end. */
static void one_ended(struct pool_run *run)
{
    (void)run;
    ck_assert(second_ran);
    if (++stage.ended == 2)
        loop_stop(stage.loop);
}

START_TEST(a_run_may_wait_for_one_behind_it)
{
    stage.jobs[0].run =
        (struct pool_run){ .fn = second, .next = after_the_second, .cb = one_ended };
    stage.jobs[1].run = (struct pool_run){ .fn = second, .pieces = 1, .cb = one_ended };
    pool_start(stage.pool, &stage.jobs[0].run);
    pool_start(stage.pool, &stage.jobs[1].run);
    loop_run(stage.loop);
    ck_assert_uint_eq(stage.ended, 2);
}
END_TEST

Suite *pool_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tcase = tcase_create("pool");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, each_piece_runs_once_then_the_loop_hears);
    tcase_add_test(tcase, a_run_of_nothing_ends_too);
    tcase_add_test(tcase, a_piece_may_wait_for_others);
    tcase_add_test(tcase, a_freed_pool_calls_nobody_back);
    tcase_add_test(tcase, a_run_without_end_ends_with_its_pool);
    tcase_add_test(tcase, a_run_may_wait_for_one_behind_it);
    return suite;
}
