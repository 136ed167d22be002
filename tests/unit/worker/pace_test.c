#include <check.h>
#include <math.h>

#include "worker/pace.h"

static struct pace pace_of(double proportional, double integral, double derived)
{
    return (struct pace){ .conf = { .proportional = proportional,
                                    .integral = integral,
                                    .derived = derived,
                                    .min_rate = 100,
                                    .batch_ms = 1000 } };
}

static uint64_t step(struct pace *pace, double time_ms, double records, double processing_ms,
                     double late_ms)
{
    struct pace_batch batch = { time_ms, records, processing_ms, late_ms };
    return pace_step(pace, &batch);
}

START_TEST(the_first_batch_is_only_measured)
{
    struct pace pace = pace_of(1, 0.2, 0);
    ck_assert_uint_eq(step(&pace, 1000, 1000, 500, 0), 0);
    ck_assert_uint_eq(step(&pace, 2000, 1000, 500, 0), 2000); /* what it can bear */
}
END_TEST

START_TEST(the_weights_are_those_of_the_formula)
{
    struct pace pace = pace_of(0.5, 0.2, 0.1);
    step(&pace, 1000, 1000, 1000, 0); /* 1000 a second */
    /* 500 a second: error 500, piled up 400 x 500 / 1000 = 200, change (500 - 0) / 2 s = 250 */
    ck_assert_uint_eq(step(&pace, 3000, 1000, 2000, 400), 1000 - 250 - 40 - 25);
    ck_assert(fabs(pace.error - 500) < 1e-9);
}
END_TEST

START_TEST(the_least_rate_is_always_taken)
{
    struct pace pace = pace_of(1, 1, 0);
    step(&pace, 1000, 1000, 1000, 0);
    ck_assert_uint_eq(step(&pace, 2000, 50, 5000, 9000), 100);
}
END_TEST

START_TEST(nothing_is_learnt_of_an_empty_or_an_earlier_batch)
{
    struct pace pace = pace_of(1, 0, 0);
    step(&pace, 1000, 1000, 500, 0);
    ck_assert_uint_eq(step(&pace, 2000, 0, 500, 0), 0);
    ck_assert_uint_eq(step(&pace, 2000, 1000, 0, 0), 0);
    ck_assert_uint_eq(step(&pace, 1000, 1000, 500, 0), 0);
    ck_assert_uint_eq(step(&pace, 2000, 1000, 500, 0), 2000);
}
END_TEST

START_TEST(a_quiet_hour_is_no_limit_and_a_limit_is_left_again)
{
    struct pace pace = pace_of(1, 0, 0);
    step(&pace, 1000, 1000, 500, 0);
    ck_assert_uint_eq(step(&pace, 2000, 10, 5, 0), 0);      /* 2000 a second, of ten */
    ck_assert_uint_eq(step(&pace, 3000, 100, 500, 0), 200); /* long */
    ck_assert_uint_eq(step(&pace, 4000, 10, 5, 0), 0);
    ck_assert_uint_eq(step(&pace, 5000, 200, 20, 0), 10000); /* short, but all that was let in */
}
END_TEST

START_TEST(a_rate_beyond_all_numbers_is_no_limit)
{
    struct pace pace = pace_of(0, 0, 0);
    step(&pace, 1000, 1e30, 1000, 0);
    ck_assert_uint_eq(step(&pace, 2000, 1e30, 1000, 0), 0);
}
END_TEST

Suite *pace_suite(void)
{
    Suite *suite = suite_create("pace");
    TCase *tcase = tcase_create("pace");
    tcase_add_test(tcase, the_first_batch_is_only_measured);
    tcase_add_test(tcase, the_weights_are_those_of_the_formula);
    tcase_add_test(tcase, the_least_rate_is_always_taken);
    tcase_add_test(tcase, nothing_is_learnt_of_an_empty_or_an_earlier_batch);
    tcase_add_test(tcase, a_quiet_hour_is_no_limit_and_a_limit_is_left_again);
    tcase_add_test(tcase, a_rate_beyond_all_numbers_is_no_limit);
    suite_add_tcase(suite, tcase);
    return suite;
}
