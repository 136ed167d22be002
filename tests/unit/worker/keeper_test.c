#include "worker/keeper.h"

#include <check.h>
#include <string.h>

#include "../durable/memory.h"
#include "../op/whole.h"
#include "base/mem.h"
#include "durable/recover.h"
#include "durable/trim.h"
#include "spec/job.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable() (void)0
#endif

#define TOP "e1.00112233445566ff/"

static struct stage {
    struct test test;
    struct job_output outputs[1];
    struct job_spec spec;
    struct progress progress;
    struct progress_output delivered[1];
    struct keeper *keeper;
    bool saved, failed;
    uint64_t due,
        bytes; /* the record that the next snapshot stands for; 0 = the last one. Of its states */
    void (*failed_cb)(void *ctx, const struct err *err); /* NULL: none is expected */
} stage;

static void saved_cb(void *ctx, const struct keeper_saved *saved)
{
    (void)ctx;
    ck_assert_uint_eq(saved->index, stage.due ? stage.due : stage.progress.index);
    stage.saved = true;
    stage.bytes = saved->bytes;
}

static void failed_cb(void *ctx, const struct err *err)
{
    if (stage.failed_cb) {
        stage.failed_cb(ctx, err);
        return;
    }
    ck_abort_msg("%s", err->text);
}

static struct engine *engine; /* NULL = no states */

static void no_states(void)
{
    engine = NULL;
}

/* A worker that found these snapshots and began from `from`. */
static void stage_open(uint32_t retain, uint64_t *snapshots, size_t n, uint64_t from)
{
    memset(&stage, 0, sizeof stage);
    if (engine) { /* whose threads know no domain of memory */
        __lsan_disable();
        stage.test.loop = loop_new(world_new());
        stage.test.store = memory_new(stage.test.loop);
    } else {
        test_begin(&stage.test);
    }
    struct directory *directory = test_directory(&stage.test);
    stage.outputs[0].label = "print0";
    stage.spec =
        (struct job_spec){ .checkpoint_retain = retain, .outputs = stage.outputs, .n_outputs = 1 };
    stage.delivered[0] = (struct progress_output){ .label = "print0" };
    stage.progress = (struct progress){
        .started = true, .index = 4000, .outputs = stage.delivered, .n_outputs = 1
    };
    memory_put(stage.test.store, TOP "snap/1000");
    memory_put(stage.test.store, TOP "snap/2000");
    memory_put(stage.test.store, TOP "snap/3000");
    memory_put(stage.test.store, TOP "log/1500");
    memory_put(stage.test.store, TOP "log/2500");
    struct recovered recovered = {
        .snapshots = snapshots, .n_snapshots = n, .snapshot = from, .log_first = 1500
    };
    struct keeper_conf conf = { .directory = directory,
                                .trim = trim_new(directory),
                                .progress = &stage.progress,
                                .engine = engine,
                                .spec = &stage.spec,
                                .saved = saved_cb,
                                .failed = failed_cb };
    stage.keeper = keeper_new(&conf, &recovered);
    test_turns(&stage.test, 20);
}

/* A record of so many bytes; so many of the last batches are not delivered. */
static void commit(uint64_t owed, uint64_t bytes)
{
    stage.progress.index++;
    stage.progress.batch++;
    stage.delivered[0].last = stage.progress.batch;
    stage.delivered[0].delivered = stage.progress.batch - owed;
    stage.saved = false;
    keeper_committing(stage.keeper, bytes);
    keeper_committed(stage.keeper);
}

static void begin(uint64_t owed)
{
    commit(owed, KEEPER_BYTES_MAX);
    stage.due = stage.progress.index;
}

static void save_owing(uint64_t owed)
{
    begin(owed);
    test_until(&stage.test, &stage.saved);
    test_turns(&stage.test, 20);
}

static void save(void)
{
    save_owing(0);
}

static bool has(const char *path)
{
    return memory_has(stage.test.store, path);
}

/* One bit of the snapshot that is about to be read changes. */
static enum memory_fault stir(void *ctx, const char *op, const struct store_req *req)
{
    struct buf *file = ctx ? NULL : memory_file(stage.test.store, req->path);
    if (strcmp(op, "read") == 0 && file)
        file->ptr[file->len - 5] ^= 1; /* the last of the content */
    return MEMORY_FINE;
}

static void spoilt_cb(void *ctx, const struct err *err)
{
    (void)ctx;
    ck_assert_int_eq(err->code, 351);
    ck_assert_msg(strstr(err->text, "snap/4001, read back: the checksum"), "%s", err->text);
    stage.failed = true;
}

START_TEST(a_snapshot_that_reads_otherwise_than_it_was_written_fails_the_job)
{
    uint64_t found[] = { 3000 };
    stage_open(1, found, 1, 3000);
    memory_on(stage.test.store, stir, NULL);
    stage.failed_cb = spoilt_cb;
    begin(0);
    test_until(&stage.test, &stage.failed);
    ck_assert(!stage.saved && has(TOP "snap/3000"));
    test_end(&stage.test);
}
END_TEST

START_TEST(snapshots_of_earlier_workers_stay_and_go_like_its_own)
{
    uint64_t found[] = { 1000, 2000, 3000 };
    stage_open(3, found, 3, 3000);
    save();
    ck_assert(!has(TOP "snap/1000") && has(TOP "snap/2000") && has(TOP "snap/4001"));
    ck_assert_msg(!has(TOP "log/1500") && has(TOP "log/2500"), "behind the oldest that stays");
    test_end(&stage.test);
}
END_TEST

START_TEST(a_record_stays_until_its_outputs_are_delivered)
{
    uint64_t found[] = { 1000, 2000, 3000 };
    stage_open(1, found, 3, 3000);
    memory_put(stage.test.store, TOP "log/4001");
    save_owing(1);
    save_owing(2);
    ck_assert(has(TOP "snap/4002") && !has(TOP "snap/4001"));
    ck_assert_msg(has(TOP "log/4001"), "its batch is owed");
    save();
    ck_assert(!has(TOP "log/4001"));
    test_end(&stage.test);
}
END_TEST

START_TEST(what_is_too_many_at_the_start_goes_at_once)
{
    uint64_t found[] = { 1000, 2000, 3000 };
    stage_open(1, found, 3, 3000);
    ck_assert(!has(TOP "snap/1000") && !has(TOP "snap/2000") && has(TOP "snap/3000"));
    ck_assert(has(TOP "log/1500"));
    test_end(&stage.test);
}
END_TEST

START_TEST(a_snapshot_that_could_not_be_read_counts_for_nothing)
{
    uint64_t found[] = { 1000, 2000, 3000 };
    stage_open(2, found, 3, 2000);
    ck_assert(has(TOP "snap/1000") && has(TOP "snap/2000") && !has(TOP "snap/3000"));
    test_end(&stage.test);
}
END_TEST

START_TEST(enough_changes_of_states_make_one_due)
{
    uint64_t found[] = { 3000 };
    stage_open(1, found, 1, 3000);
    commit(0, 0);
    keeper_changed(stage.keeper, KEEPER_CHANGES_MAX);
    commit(0, 0);
    test_turns(&stage.test, 20);
    ck_assert_uint_eq(memory_asked(stage.test.store, "create"), 0);
    keeper_changed(stage.keeper, 1);
    commit(0, 0);
    test_until(&stage.test, &stage.saved);
    ck_assert(has(TOP "snap/4003"));
    test_end(&stage.test);
}
END_TEST

START_TEST(records_beyond_those_kept_track_of_stay_a_little_longer)
{
    uint64_t found[] = { 3000 };
    stage_open(1, found, 1, 3000);
    stage.spec.checkpoint_interval_ms = UINT64_MAX; /* none is due */
    memory_put(stage.test.store, TOP "log/8096");
    memory_put(stage.test.store, TOP "log/8097");
    for (uint64_t i = 1; i <= KEEPER_OPEN_MAX + 1; i++)
        commit(i, 0);
    stage.spec.checkpoint_interval_ms = 0;
    save();
    ck_assert(has(TOP "snap/8098"));
    ck_assert(!has(TOP "log/8096") && has(TOP "log/8097"));
    test_end(&stage.test);
}
END_TEST

/* ---- the states of an engine, more than is copied at once */

static struct job job;

static void fill(unsigned from, unsigned n)
{
    static char texts[500][100];
    const char *values[501] = { NULL };
    for (unsigned at = 0; at < n; at += 500) {
        for (unsigned i = 0; i < 500; i++) {
            snprintf(texts[i], sizeof texts[i], "%090u", from + at + i);
            values[i] = texts[i];
        }
        job_feed(&job, 0, values);
    }
}

#define OPS \
    "- map: (_.value, 1)\n- updateStateByKey: {id: s, func: '(v, s) => s.getOrElse(0) + v.sum'}"

static void with_states(void)
{
    uint64_t found[] = { 3000 };
    ck_assert(whole_plan(&job, whole_file(&job, OPS)));
    job_start(&job);
    fill(0, 20000);
    ck_assert_msg(job_cut(&job), "%s", job.err.text);
    engine = job.engine;
    stage_open(3, found, 1, 3000);
}

START_TEST(large_states_are_copied_turn_by_turn)
{
    with_states();
    begin(0);
    ck_assert_uint_eq(memory_asked(stage.test.store, "create"), 0); /* not all in one turn */
    stage.due = stage.progress.index;
    commit(0, KEEPER_BYTES_MAX); /* meanwhile another: it is not begun anew */
    test_until(&stage.test, &stage.saved);
    ck_assert(has(TOP "snap/4001") && !has(TOP "snap/4002"));
    ck_assert_uint_gt(stage.bytes, 2 * KEEPER_TURN_BYTES);
    save(); /* the next one begins anew */
    ck_assert(has(TOP "snap/4003"));
}
END_TEST

START_TEST(copying_gives_way_to_a_batch_that_closes)
{
    with_states();
    begin(0);
    fill(0, 500);
    loop_run(job.loop);
    engine_close_batch(engine, 2000, job_closed, &job); /* and is not done before its loop turns */
    stage.due = stage.progress.index;
    test_turns(&stage.test, 50);
    ck_assert(!stage.saved);
    loop_run(job.loop);
    test_until(&stage.test, &stage.saved);
    ck_assert(has(TOP "snap/4001"));
    engine_close_batch(engine, 3000, job_closed, &job);
    commit(
        0,
        KEEPER_BYTES_MAX); /* its states are on their way to a later batch: the next record will do */
    test_turns(&stage.test, 50);
    ck_assert(!has(TOP "snap/4002"));
    loop_run(job.loop);
    save();
    ck_assert(has(TOP "snap/4003"));
}
END_TEST

Suite *keeper_suite(void)
{
    Suite *suite = suite_create("keeper");
    TCase *tcase = tcase_create("keeper");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, no_states, NULL);
    tcase_add_test(tcase, snapshots_of_earlier_workers_stay_and_go_like_its_own);
    tcase_add_test(tcase, a_record_stays_until_its_outputs_are_delivered);
    tcase_add_test(tcase, enough_changes_of_states_make_one_due);
    tcase_add_test(tcase, records_beyond_those_kept_track_of_stay_a_little_longer);
    tcase_add_test(tcase, large_states_are_copied_turn_by_turn);
    tcase_add_test(tcase, copying_gives_way_to_a_batch_that_closes);
    tcase_add_test(tcase, what_is_too_many_at_the_start_goes_at_once);
    tcase_add_test(tcase, a_snapshot_that_could_not_be_read_counts_for_nothing);
    tcase_add_test(tcase, a_snapshot_that_reads_otherwise_than_it_was_written_fails_the_job);
    return suite;
}
