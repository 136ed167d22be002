#include "base/mem.h"
#include "base/check.h"

#include <assert.h>
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>

#define MIB ((size_t)1 << 20)

START_TEST(an_array_that_grows_keeps_what_it_holds)
{
    static const size_t size[] = { 8, 4096, MIB, 2 * MIB - 8, 2 * MIB, 5 * MIB, 6 * MIB, 64 * MIB };
    size_t n = 0;
    uint64_t *array = NULL;
    for (unsigned i = 0; i < sizeof size / sizeof *size; i++) {
        array = mem_grow(array, n * sizeof *array, size[i]);
        ck_assert_uint_eq((uintptr_t)array % 64, 0);
        for (size_t k = 0; k < n; k++)
            if (array[k] != k)
                ck_abort_msg("%zu of %zu holds %zu", k, n, (size_t)array[k]);
        for (; n < size[i] / sizeof *array; n++)
            array[n] = n;
    }
    mem_grow_free(array, n * sizeof *array);
}
END_TEST

START_TEST(an_array_of_no_bytes_is_freed)
{
    mem_grow_free(NULL, 0);
    mem_grow_free(mem_grow(NULL, 0, 1), 1);
    mem_grow_free(mem_grow(NULL, 0, 9 * MIB), 9 * MIB);
}
END_TEST

START_TEST(an_array_of_a_simulated_process_goes_with_it)
{
    struct mem_domain *domain = mem_domain_new();
    struct mem_domain *before = mem_domain_enter(domain);
    char *array = mem_grow(mem_grow(NULL, 0, 100), 100, 3 * MIB);
    array[3 * MIB - 1] = 1;
    mem_domain_enter(before);
    ck_assert_uint_eq(mem_domain_drop(domain), 1);
}
END_TEST

START_TEST(nothing_can_be_had_too)
{
    char *none = mem_realloc(NULL, 0);
    ck_assert_ptr_nonnull(none);
    none = mem_realloc(none, 0);
    ck_assert_ptr_nonnull(none);
    mem_free(none);
}
END_TEST

START_TEST(a_failed_mapping_ends_the_process)
{
    mem_free(mem_grow(NULL, 0, (size_t)1 << 60));
}
END_TEST

START_TEST(beyond_its_limit_a_process_gets_nothing)
{
    mem_limit(64 * MIB);
    mem_grow_free(mem_grow(NULL, 0, 32 * MIB), 32 * MIB);
    mem_grow(NULL, 0, 128 * MIB);
}
END_TEST

START_TEST(a_limit_that_is_there_is_not_raised)
{
    mem_limit(64 * MIB);
    mem_limit(256 * MIB);
    mem_grow(NULL, 0, 128 * MIB);
}
END_TEST

START_TEST(a_library_that_gets_no_memory_ends_the_process)
{
    errno = ENOMEM;
    __assert_fail("p", "rd.h", 140, "rd_malloc");
}
END_TEST

START_TEST(another_assertion_of_a_library_is_a_bug)
{
    errno = 0;
    __assert_fail("p", "rd.h", 140, "rd_malloc");
}
END_TEST

Suite *mem_suite(void)
{
    Suite *suite = suite_create("mem");
    TCase *tcase = tcase_create("mem");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, an_array_that_grows_keeps_what_it_holds);
    tcase_add_test(tcase, an_array_of_no_bytes_is_freed);
    tcase_add_test(tcase, an_array_of_a_simulated_process_goes_with_it);
    tcase_add_test(tcase, nothing_can_be_had_too);
    tcase_add_exit_test(tcase, a_failed_mapping_ends_the_process, CHECK_SPENT);
    tcase_add_exit_test(tcase, beyond_its_limit_a_process_gets_nothing, CHECK_SPENT);
    tcase_add_exit_test(tcase, a_limit_that_is_there_is_not_raised, CHECK_SPENT);
    tcase_add_exit_test(tcase, a_library_that_gets_no_memory_ends_the_process, CHECK_SPENT);
    tcase_add_test_raise_signal(tcase, another_assertion_of_a_library_is_a_bug, SIGABRT);
    return suite;
}
