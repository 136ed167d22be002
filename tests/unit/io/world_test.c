#include "io/world.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/list.h"
#include "fault.h"

START_TEST(clocks_go_forward)
{
    struct world *world = world_new();
    uint64_t mono_us = world_mono_us(world), boot_ms = world_boot_ms(world);
    ck_assert_uint_ge(world_mono_us(world), mono_us);
    ck_assert_uint_ge(world_boot_ms(world), boot_ms);
    ck_assert_uint_ge(boot_ms + 1,
                      mono_us / 1000); /* suspend counts in the one and not in the other */
    ck_assert_int_gt(world_wall_ms(world), 1577836800000); /* 2020 */
    world_free(world);
}
END_TEST

START_TEST(knows_who_it_is)
{
    struct world *world = world_new();
    ck_assert_uint_gt(strlen(world_host(world)), 0);
    ck_assert_uint_eq(strlen(world_boot_id(world)), 36);
    ck_assert_int_eq(world_boot_id(world)[8], '-');
    ck_assert_uint_eq(world_pid(world), (uint32_t)getpid());
    world_free(world);
}
END_TEST

START_TEST(random_bytes_fill_all_that_was_asked)
{
    struct world *world = world_new();
    uint8_t bytes[4][1000] = { { 0 } };
    unsigned last_differs = 0;
    for (int i = 0; i < 4; i++) {
        world_random(world, bytes[i], sizeof bytes[i]);
        last_differs |= bytes[i][999];
    }
    ck_assert(memcmp(bytes[0], bytes[1], 1000) != 0);
    ck_assert_uint_ne(last_differs, 0);
    world_free(world);
}
END_TEST

START_TEST(a_dead_process_does_not_live)
{
    struct world *world = world_new();
    siginfo_t info;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0); /* a zombie now */
    ck_assert(!world_pid_lives(world, (uint32_t)pid, UINT64_MAX));
    ck_assert(world_pid_lives(world, (uint32_t)getpid(), UINT64_MAX));
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert(!world_pid_lives(world, (uint32_t)pid, UINT64_MAX));
    world_free(world);
}
END_TEST

START_TEST(a_number_may_be_anothers_now)
{
    struct world *world = world_new();
    uint32_t pid = (uint32_t)getpid();
    ck_assert(world_pid_lives(world, pid, world_boot_ms(world)));
    ck_assert(!world_pid_lives(world, pid, 0)); /* who had it then died before we began */
    ck_assert(!world_pid_lives(world, 0, UINT64_MAX));
    ck_assert(!world_pid_lives(world, UINT32_MAX, UINT64_MAX));
    world_free(world);
}
END_TEST

START_TEST(another_users_process_lives)
{
    struct world *world = world_new();
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        bool is_nobody = geteuid() != 0 || setuid(65534) == 0;
        _exit(is_nobody && world_pid_lives(world, 1, UINT64_MAX) ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    world_free(world);
}
END_TEST

START_TEST(what_the_kernel_does_not_say_is_made_up)
{
    static const struct {
        const char *call;
        int number;
    } rows[] = { { "open", EMFILE }, { "read", FAULT_SHORT } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        fault(rows[i].call, 1, rows[i].number);
        struct world *world = world_new();
        ck_assert_ptr_nonnull(fault_end());
        ck_assert_str_eq(world_boot_id(world), "000000000000000000000000000000000000");
        world_free(world);
    }
    fault("gethostname", 1, EPERM);
    struct world *world = world_new();
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_str_eq(world_host(world), "localhost");
    world_free(world);
    fault("readlink", 1, EACCES);
    world = world_new();
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_uint_eq(strlen(world_place(world)), 37); /* the boot alone, and a blank */
    world_free(world);
}
END_TEST

START_TEST(random_bytes_come_in_spite_of_signals)
{
    static const int numbers[] = { EINTR, FAULT_SHORT };
    struct world *world = world_new();
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        uint8_t bytes[64] = { 0 }, zeros[32] = { 0 };
        fault("getrandom", 1, numbers[i]);
        world_random(world, bytes, sizeof bytes);
        ck_assert_ptr_nonnull(fault_end());
        ck_assert(memcmp(bytes + 32, zeros, 32) != 0);
    }
    world_free(world);
}
END_TEST

START_TEST(who_cannot_be_looked_at_lives)
{
    static const struct {
        const char *call;
        int number;
    } rows[] = { { "open", EMFILE },
                 { "open", ENOENT },
                 { "read", ESRCH },
                 { "read", 0 },
                 { "read", FAULT_SHORT } };
    struct world *world = world_new();
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        fault(rows[i].call, 1, rows[i].number);
        ck_assert(world_pid_lives(world, (uint32_t)getpid(), UINT64_MAX));
        ck_assert_ptr_nonnull(fault_end());
    }
    world_free(world);
}
END_TEST

Suite *world_suite(void)
{
    Suite *suite = suite_create("world");
    TCase *tcase = tcase_create("world");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, clocks_go_forward);
    tcase_add_test(tcase, knows_who_it_is);
    tcase_add_test(tcase, a_dead_process_does_not_live);
    tcase_add_test(tcase, a_number_may_be_anothers_now);
    tcase_add_test(tcase, another_users_process_lives);
    tcase_add_test(tcase, random_bytes_fill_all_that_was_asked);
    tcase_add_test(tcase, what_the_kernel_does_not_say_is_made_up);
    tcase_add_test(tcase, random_bytes_come_in_spite_of_signals);
    tcase_add_test(tcase, who_cannot_be_looked_at_lives);
    return suite;
}
