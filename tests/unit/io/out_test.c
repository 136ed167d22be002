#include "io/out.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "fault.h"
#include "io/loop.h"
#include "io/world.h"

#define BIG 1000000 /* more than a pipe holds */

static struct stage {
    struct world *world;
    struct loop *loop;
    struct out *out;
    int ends[2];
    struct out_req reqs[2];
    unsigned done;
    uint8_t *got;
} stage;

static void stage_open(void)
{
    memset(&stage, 0, sizeof stage);
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    ck_assert_int_eq(pipe(stage.ends), 0);
    stage.out = out_open(stage.loop, stage.ends[1]);
    stage.got = mem_alloc(2 * BIG);
}

static void stage_close(void)
{
    out_free(stage.out);
    out_free(NULL);
    loop_free(stage.loop);
    world_free(stage.world);
    close(stage.ends[1]);
    mem_free(stage.got);
}

static void wrote(struct out_req *req)
{
    ck_assert_ptr_eq(req, &stage.reqs[stage.done]); /* in order */
    if (++stage.done == 2)
        loop_stop(stage.loop);
}

static void *read_all(void *ctx)
{
    size_t n = 0;
    for (ssize_t got; n < 2 * BIG && (got = read(stage.ends[0], stage.got + n, 2 * BIG - n)) > 0;)
        n += (size_t)got;
    *(size_t *)ctx = n;
    return NULL;
}

START_TEST(a_slow_reader_gets_every_byte_in_order)
{
    uint8_t *bytes = mem_alloc(2 * BIG);
    for (size_t i = 0; i < 2 * BIG; i++)
        bytes[i] = (uint8_t)(i * 31 >> 4);
    for (int i = 0; i < 2; i++) {
        stage.reqs[i] = (struct out_req){ .bytes = { bytes + i * BIG, BIG }, .cb = wrote };
        out_write(stage.out, &stage.reqs[i]);
    }
    pthread_t reader;
    size_t n = 0;
    pthread_create(&reader, NULL, read_all, &n);
    loop_run(stage.loop);
    pthread_join(reader, NULL);
    ck_assert_uint_eq(n, 2 * BIG);
    ck_assert(memcmp(bytes, stage.got, 2 * BIG) == 0);
    ck_assert_int_eq(stage.reqs[0].err.kind, ERR_NONE);
    mem_free(bytes);
    close(stage.ends[0]);
}
END_TEST

START_TEST(a_reader_that_went_away_is_an_error_of_the_write)
{
    close(stage.ends[0]);
    for (int i = 0; i < 2; i++) {
        stage.reqs[i] = (struct out_req){ .bytes = { "x", 1 }, .cb = wrote };
        out_write(stage.out, &stage.reqs[i]);
    }
    loop_run(stage.loop);
    ck_assert_int_eq(stage.reqs[0].err.kind, ERR_RETRY);
    ck_assert_str_eq(stage.reqs[1].err.text, "write: Broken pipe");
}
END_TEST

static void write_two(void)
{
    for (int i = 0; i < 2; i++) {
        stage.reqs[i] = (struct out_req){ .bytes = { stage.got + BIG, BIG / 2 }, .cb = wrote };
        out_write(stage.out, &stage.reqs[i]);
    }
}

START_TEST(a_descriptor_that_does_not_wait_gets_all_as_well)
{
    pthread_t reader;
    size_t n = 0;
    memset(stage.got + BIG, 'x', BIG / 2);
    ck_assert_int_eq(fcntl(stage.ends[1], F_SETFL, O_NONBLOCK), 0);
    fault("write", 1, EINTR);
    write_two();
    pthread_create(&reader, NULL, read_all, &n);
    loop_run(stage.loop);
    ck_assert_ptr_nonnull(fault_end());
    close(stage.ends[1]);
    pthread_join(reader, NULL);
    ck_assert_uint_eq(n, BIG);
    ck_assert_int_eq(stage.reqs[0].err.kind, ERR_NONE);
    close(stage.ends[0]);
}
END_TEST

START_TEST(what_is_written_in_part_is_unknown)
{
    ck_assert_int_eq(fcntl(stage.ends[1], F_SETFL, O_NONBLOCK), 0);
    fault_from("write", 2, EIO); /* the first fills the pipe */
    write_two();
    loop_run(stage.loop);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_int_eq(stage.reqs[0].err.kind, ERR_UNKNOWN);
    ck_assert_str_eq(stage.reqs[0].err.text, "write: Input/output error");
    ck_assert_int_eq(stage.reqs[1].err.kind, ERR_RETRY);
    close(stage.ends[0]);
}
END_TEST

Suite *out_suite(void)
{
    Suite *suite = suite_create("out");
    TCase *tcase = tcase_create("out");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_slow_reader_gets_every_byte_in_order);
    tcase_add_test(tcase, a_descriptor_that_does_not_wait_gets_all_as_well);
    tcase_add_test(tcase, what_is_written_in_part_is_unknown);
    tcase_add_test(tcase, a_reader_that_went_away_is_an_error_of_the_write);
    return suite;
}
