#include "source/rate.h"

#include <check.h>

START_TEST(batches_share_all_records_out_and_each_comes_in_its_own)
{
    static const uint64_t rates[] = { 1, 3, 7, 1000, 10000000 };
    static const uint64_t intervals[] = { 10, 100, 999, 1000, 86400000 };
    for (int i = 0; i < 5; i++) {
        uint64_t rate = rates[i], interval = intervals[_i];
        for (uint64_t k = 0; k < 50; k++) {
            uint64_t from = rate_first(rate, k * interval),
                     to = rate_first(rate, (k + 1) * interval);
            ck_assert_uint_le(from, to);
            if (from == to)
                continue;
            ck_assert_uint_ge(rate_time_ms(rate, from), k * interval);
            ck_assert_uint_lt(rate_time_ms(rate, to - 1), (k + 1) * interval);
        }
        ck_assert_uint_eq(rate_first(rate, 0), 0);
        ck_assert_uint_eq(rate_first(rate, 1000 * 3600), rate * 3600);
    }
}
END_TEST

Suite *rate_suite(void);
Suite *rate_suite(void)
{
    Suite *suite = suite_create("rate");
    TCase *tcase = tcase_create("rate");
    tcase_add_loop_test(tcase, batches_share_all_records_out_and_each_comes_in_its_own, 0, 5);
    suite_add_tcase(suite, tcase);
    return suite;
}
