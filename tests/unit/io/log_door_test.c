#include "io/log_door.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "io/world.h"

START_TEST(a_log_goes_on_after_a_signal_and_drops_what_fails)
{
    int fds[2];
    char got[10];
    ck_assert_int_eq(pipe(fds), 0);
    struct log_file file = { .fd = fds[1] };
    struct log_door door = log_door_of(&file);
    fault("write", 1, EINTR);
    door.write(door.ctx, "one\n", 4);
    ck_assert_ptr_nonnull(fault_end());
    fault("write", 1, FAULT_SHORT);
    door.write(door.ctx, "two\n", 4);
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_uint_eq(file.dropped, 0);
    ck_assert_int_eq(read(fds[0], got, sizeof got), 8);
    ck_assert_mem_eq(got, "one\ntwo\n", 8);
    fault("write", 1, EIO);
    door.write(door.ctx, "x", 1);
    ck_assert_ptr_nonnull(fault_end());
    signal(SIGPIPE, SIG_IGN);
    close(fds[0]);
    door.write(door.ctx, "y", 1); /* nobody will ever read */
    close(fds[1]);
    door.write(door.ctx, "z", 1); /* no descriptor at all */
    ck_assert_uint_eq(file.dropped, 3);
}
END_TEST

START_TEST(a_log_waits_for_no_reader)
{
    int fds[2];
    char line[100];
    ck_assert_int_eq(pipe(fds), 0);
    struct world *world = world_new();
    struct log_file file = { .world = world, .fd = fds[1] };
    struct log_door door = log_door_of(&file);
    memset(line, 'x', sizeof line);
    for (unsigned i = 0; i < 1000; i++)
        door.write(door.ctx, line, sizeof line);
    ck_assert_uint_gt(file.dropped, 300);
    ck_assert_uint_lt(file.dropped, 1000);
    ck_assert_int_gt(door.wall_ms(door.ctx), 1500000000000);
    close(fds[0]);
    close(fds[1]);
    world_free(world);
}
END_TEST

Suite *log_door_suite(void)
{
    Suite *suite = suite_create("log_door");
    TCase *tcase = tcase_create("log_door");
    tcase_add_test(tcase, a_log_goes_on_after_a_signal_and_drops_what_fails);
    tcase_add_test(tcase, a_log_waits_for_no_reader);
    suite_add_tcase(suite, tcase);
    return suite;
}
