#include "worker/delivery.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../io/fault.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/out.h"
#include "io/world.h"
#include "worker/lines.h"

static struct stage {
    struct world *world;
    struct loop *loop;
    struct out *out;
    struct delivery *delivery;
    struct loop_timer timer;
    int ends[2];
    uint64_t delivered[8];
    unsigned n, wanted, troubles, reliefs;
    bool at_once;
} stage;

static void delivered(void *ctx, const char *label, uint64_t number)
{
    (void)ctx;
    ck_assert_str_eq(label, "print0");
    stage.delivered[stage.n++] = number;
    if (stage.n == stage.wanted)
        loop_stop(stage.loop);
}

static void trouble(void *ctx, const struct err *err, uint64_t next_ms)
{
    (void)ctx;
    stage.reliefs += err->kind == ERR_NONE;
    if (err->kind == ERR_NONE)
        return;
    ck_assert_uint_gt(next_ms, 0);
    stage.troubles++;
    if (stage.at_once)
        fault("loop_timer_start", 1, 1); /* the wait is over at once */
    else
        loop_stop(stage.loop);
}

static void stage_open(int fd)
{
    stage = (struct stage){ .ends = { stage.ends[0], stage.ends[1] } };
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    stage.out = out_open(stage.loop, fd);
    struct delivery_conf conf = {
        .loop = stage.loop, .out = stage.out, .delivered = delivered, .trouble = trouble
    };
    stage.delivery = delivery_new(&conf);
}

static void stage_add(uint64_t number, const char *text)
{
    struct buf bytes = { 0 };
    buf_puts(&bytes, text);
    delivery_add(stage.delivery, "print0", number, &bytes);
    ck_assert_ptr_null(bytes.ptr);
}

static void stage_close(void)
{
    delivery_free(stage.delivery);
    out_free(stage.out);
    loop_free(stage.loop);
    world_free(stage.world);
}

START_TEST(batches_are_delivered_in_order_and_told_once)
{
    char got[16] = "";
    ck_assert_int_eq(pipe(stage.ends), 0);
    stage_open(stage.ends[1]);
    stage.wanted = 3;
    stage_add(1, "one ");
    stage_add(2, "");
    stage_add(3, "three");
    ck_assert(!delivery_idle(stage.delivery));
    loop_run(stage.loop);
    ck_assert(delivery_idle(stage.delivery));
    ck_assert_int_eq(read(stage.ends[0], got, sizeof got - 1), 9);
    ck_assert_str_eq(got, "one three");
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(stage.delivered[i], i + 1);
    stage_close();
}
END_TEST

START_TEST(what_cannot_be_delivered_is_kept_and_told)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    stage_open(fd);
    stage_add(1, "one");
    stage_add(2, "two");
    loop_run(stage.loop);
    ck_assert_uint_eq(stage.troubles, 1);
    ck_assert_uint_eq(stage.n, 0);
    ck_assert(!delivery_idle(stage.delivery));
    stage_close();
    close(fd);
}
END_TEST

START_TEST(what_could_not_be_delivered_is_tried_again_and_the_relief_told)
{
    char got[16] = "";
    ck_assert_int_eq(pipe(stage.ends), 0);
    stage_open(stage.ends[1]);
    stage.wanted = 2;
    stage.at_once = true;
    fault("write", 1, ENOSPC);
    stage_add(1, "one");
    stage_add(2, "two");
    loop_run(stage.loop);
    fault_end();
    ck_assert_uint_eq(stage.troubles, 1);
    ck_assert_uint_eq(stage.reliefs, 1);
    ck_assert_int_eq(read(stage.ends[0], got, sizeof got - 1), 6);
    ck_assert_str_eq(got, "onetwo");
    stage_close();
    delivery_free(NULL);
    lines_free(NULL);
}
END_TEST

START_TEST(nothing_is_begun_after_a_halt)
{
    char got[16] = "";
    ck_assert_int_eq(pipe(stage.ends), 0);
    stage_open(stage.ends[1]);
    stage.wanted = 1;
    stage_add(1, "one");
    stage_add(2, "two");
    delivery_halt(stage.delivery); /* while the first is being written */
    loop_run(stage.loop);
    stage_add(3, "three");
    stage_close();
    ck_assert_int_eq(read(stage.ends[0], got, sizeof got - 1), 3);
    ck_assert_str_eq(got, "one");
}
END_TEST

static void until_idle(struct loop_timer *timer)
{
    struct lines *lines = (struct lines *)(void *)stage.delivered[0];
    if (lines_idle(lines))
        loop_stop(stage.loop);
    else
        loop_timer_start(stage.loop, timer, 1, until_idle);
}

START_TEST(lines_for_a_slow_reader_are_dropped_not_waited_for)
{
    char *line = mem_alloc(1000);
    memset(line, 'x', 1000);
    ck_assert_int_eq(pipe(stage.ends), 0);
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    struct lines *lines = lines_new(stage.loop, stage.ends[1]);
    for (unsigned i = 0; i < 400; i++) /* more than the pipe and the buffer hold */
        lines_put(lines, line, 1000);
    ck_assert_uint_gt(lines_dropped(lines), 0);
    ck_assert(!lines_idle(lines));
    close(stage.ends[0]); /* the reader is gone: the write under way ends */
    stage.delivered[0] = (uint64_t)(uintptr_t)lines;
    loop_timer_start(stage.loop, &stage.timer, 1, until_idle);
    loop_run(stage.loop);
    lines_free(lines);
    loop_free(stage.loop);
    world_free(stage.world);
    mem_free(line);
}
END_TEST

Suite *delivery_suite(void)
{
    Suite *suite = suite_create("delivery");
    TCase *tcase = tcase_create("delivery");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, batches_are_delivered_in_order_and_told_once);
    tcase_add_test(tcase, what_could_not_be_delivered_is_tried_again_and_the_relief_told);
    tcase_add_test(tcase, nothing_is_begun_after_a_halt);
    tcase_add_test(tcase, what_cannot_be_delivered_is_kept_and_told);
    tcase_add_test(tcase, lines_for_a_slow_reader_are_dropped_not_waited_for);
    return suite;
}
