#include "engine/compute.h"

#include "batch.h"

#define RECORDS 20u /* of a block: as many pieces, and more than the ring has */

static struct stage {
    struct job job;
    struct engine_conf conf;
    struct compute compute;
    struct dead dead;
    struct block *block;
    uint32_t tasks[64]; /* begun and not ended */
    uint32_t n;
} stage;

static void stage_open(uint32_t chunk_rows)
{
    static const char *const result[] = { "result", NULL };
    stage = (struct stage){ .conf.chunk_rows = chunk_rows };
    ck_assert(job_plan(&stage.job, "- map: (_.value, 1)\n- reduceByKey: _ + _\n", result));
    stage.conf.spec = &stage.job.spec;
    stage.conf.plan = stage.job.plan;
    compute_open(&stage.compute, &stage.conf, 2);
    stage.compute.dead = &stage.dead;
    stage.block = block_new(1u << 20, RECORDS);
    stage.block->topic = "lines";
    stage.block->used = 1u << 20; /* as it counts; most of it belongs to no record */
    for (uint32_t i = 0; i < RECORDS; i++) {
        stage.block->rows[i] = (struct block_row){ BLOCK_ABSENT, 1, BLOCK_ABSENT, i, -1 };
        stage.block->bytes[i] = (uint8_t)('a' + i % 7);
    }
    stage.block->count = RECORDS;
}

static void stage_close(void)
{
    compute_close(&stage.compute);
    dead_free(&stage.dead);
    block_free(stage.block);
    job_close(&stage.job);
}

/* Begins all that can be begun at once. */
static void begin_all(void)
{
    bool more = true;
    for (uint32_t task; (task = compute_next(&stage.compute, POOL_NONE, &more)) < POOL_END;) {
        ck_assert_uint_lt(stage.n, 64);
        stage.tasks[stage.n++] = task;
    }
    ck_assert(!more);
}

/* One thread does all that is left, but for what others have begun. */
static uint32_t do_all(uint32_t done)
{
    bool more;
    uint32_t tasks = 0;
    for (; (done = compute_next(&stage.compute, done, &more)) < POOL_END; tasks++)
        compute_task(&stage.compute, done);
    return tasks;
}

static void cut(void)
{
    struct buf output = { 0 };
    stage.compute.tick++;
    compute_cut(&stage.compute, &output);
    ck_assert_ptr_nonnull(strstr(buf_text(&output), "('a', 3)\n('b', 3)\n('c', 3)\n('d', 3)\n"));
    buf_free(&output);
}

START_TEST(a_thread_that_stands_still_holds_nobody_up_at_once)
{
    stage_open(1);
    compute_feed(&stage.compute, &stage.block, 1);
    bool more;
    uint32_t slow = compute_next(&stage.compute, POOL_NONE, &more);
    ck_assert(more);
    ck_assert_uint_eq(do_all(POOL_NONE), stage.compute.n_pieces - 1);
    compute_task(&stage.compute, slow);
    ck_assert_uint_gt(do_all(slow), RECORDS - stage.compute.n_pieces);
    ck_assert_uint_eq(stage.compute.settled, RECORDS);
    cut();
}
END_TEST

START_TEST(shards_take_at_once)
{
    stage_open(1);
    compute_feed(&stage.compute, &stage.block, 1);
    begin_all();
    ck_assert_uint_eq(stage.n, stage.compute.n_pieces);
    for (uint32_t i = stage.n; i-- > 0;) { /* the first one last: then all are in order */
        bool more;
        compute_task(&stage.compute, stage.tasks[i]);
        uint32_t next = compute_next(&stage.compute, stage.tasks[i], &more);
        ck_assert(i == 0 ? next < SHARDS && more : next == POOL_WAIT && !more);
    }
    stage.n = 1;
    begin_all();
    ck_assert_uint_eq(stage.n, SHARDS);
}
END_TEST

/* A batch of the block, of a tenth of a second, which took so long; done by several at once, or not. */
static void batch(uint64_t cpu_us, bool wide)
{
    stage.compute.chunk_rows = 1;
    compute_feed(&stage.compute, &stage.block, 1);
    begin_all();
    ck_assert_uint_eq(stage.n > 1, wide);
    while (stage.n) {
        uint32_t task = stage.tasks[--stage.n];
        compute_task(&stage.compute, task);
        do_all(task);
    }
    compute_took(&stage.compute, cpu_us);
    cut();
    compute_choose(&stage.compute, 100000);
}

START_TEST(work_is_shared_out_when_one_thread_hardly_keeps_up)
{
    stage_open(0);
    batch(50000, false);
    batch(90000, false);
    batch(110000, true);
    batch(70000, true);
    batch(70000, false);
}
END_TEST

START_TEST(a_long_batch_does_not_begin_with_one_thread)
{
    stage_open(0);
    ck_assert_uint_eq(stage.compute.shards, 1);
    stage_close();
    stage_open(0);
    stage.job.spec.batch_interval_ms = 60000;
    compute_close(&stage.compute);
    compute_open(&stage.compute, &stage.conf, 2);
    ck_assert_uint_eq(stage.compute.shards, SHARDS);
}
END_TEST

Suite *compute_suite(void)
{
    Suite *suite = suite_create("compute");
    TCase *tcase = tcase_create("compute");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, NULL, stage_close);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_thread_that_stands_still_holds_nobody_up_at_once);
    tcase_add_test(tcase, shards_take_at_once);
    tcase_add_test(tcase, work_is_shared_out_when_one_thread_hardly_keeps_up);
    tcase_add_test(tcase, a_long_batch_does_not_begin_with_one_thread);
    return suite;
}
