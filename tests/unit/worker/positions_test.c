#include "worker/positions.h"

#include <check.h>

START_TEST(a_partition_is_found_by_source_topic_and_number)
{
    struct positions positions = { 0 };
    for (int32_t i = 0; i < 100; i++)
        positions_add(&positions, (uint32_t)i % 2, i % 3 ? "a" : "b", i, 10 * i);
    for (int32_t i = 99; i >= 0; i--) {
        struct position *at = positions_find(&positions, (uint32_t)i % 2, i % 3 ? "a" : "b", i);
        ck_assert_ptr_nonnull(at);
        ck_assert_int_eq(at->next, 10 * i);
    }
    struct position *same = positions_find(&positions, 0, "b", 0);
    ck_assert_ptr_eq(positions_find(&positions, 0, same->topic, 0), same); /* by its very name */
    ck_assert_ptr_null(positions_find(&positions, 1, "b", 0));             /* it is of source 0 */
    ck_assert_ptr_null(positions_find(&positions, 0, "a", 0));             /* it is of topic b */
    positions_free(&positions);
}
END_TEST

START_TEST(a_new_one_is_at_rest)
{
    struct positions positions = { 0 };
    struct position *at = positions_add(&positions, 0, "t", 3, 42);
    ck_assert_int_eq(at->from, -1);
    ck_assert_int_eq(at->until, -1);
    ck_assert_int_eq(at->gap_to, -1);
    ck_assert_uint_eq(at->note + at->count + at->blocks, 0);
    positions_free(&positions);
    ck_assert_uint_eq(positions.n, 0);
}
END_TEST

Suite *positions_suite(void)
{
    Suite *suite = suite_create("positions");
    TCase *tcase = tcase_create("positions");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, a_partition_is_found_by_source_topic_and_number);
    tcase_add_test(tcase, a_new_one_is_at_rest);
    return suite;
}
