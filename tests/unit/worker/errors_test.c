#include "worker/errors.h"

#include <check.h>
#include <string.h>

#include "engine/engine.h"
#include "spec/job.h"

static const struct job_spec spec = { .on_error = ON_ERROR_DEAD_LETTER, .fail_above = 0.1 };
static const struct job_spec spec_fail = { .on_error = ON_ERROR_FAIL, .fail_above = 0.1 };

static bool judge(struct errors *errors, const struct job_spec *of, uint64_t records, uint64_t bad,
                  struct err *err)
{
    struct engine_dead dead = { .place = "transformations[0].map", .reason = "overflow" };
    struct engine_cut cut = { .records = records, .errors = bad, .dead = &dead, .n_dead = bad > 0 };
    return errors_judge(errors, of, &cut, err);
}

START_TEST(few_records_are_never_too_many_errors)
{
    struct errors errors = { 0 };
    struct err err;
    ck_assert(judge(&errors, &spec, 99, 99, &err));
}
END_TEST

START_TEST(the_share_itself_passes_one_more_does_not)
{
    struct errors errors = { 0 }, other = { 0 };
    struct err err;
    ck_assert(judge(&errors, &spec, 100, 10, &err));
    ck_assert(!judge(&other, &spec, 100, 11, &err));
    ck_assert_int_eq(err.kind, ERR_BAD_RECORD);
    ck_assert_str_eq(err.text,
                     "11 of the last 100 records failed, more than onError.failAbove allows (10%); "
                     "as transformations[0].map: overflow");
}
END_TEST

START_TEST(the_last_ten_batches_count_together)
{
    struct errors errors = { 0 };
    struct err err;
    for (int i = 0; i < 9; i++)
        ck_assert(judge(&errors, &spec, 20, 1, &err));
    ck_assert(judge(&errors, &spec, 20, 11, &err)); /* 20 of 200 */
    ck_assert(!judge(&errors, &spec, 20, 2, &err)); /* 21 of 200: the first gave way */
}
END_TEST

START_TEST(fail_allows_none)
{
    struct errors errors = { 0 };
    struct err err;
    ck_assert(judge(&errors, &spec_fail, 1000, 0, &err));
    ck_assert(!judge(&errors, &spec_fail, 1000, 1, &err));
}
END_TEST

Suite *errors_suite(void)
{
    Suite *suite = suite_create("errors");
    TCase *tcase = tcase_create("errors");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, few_records_are_never_too_many_errors);
    tcase_add_test(tcase, the_share_itself_passes_one_more_does_not);
    tcase_add_test(tcase, the_last_ten_batches_count_together);
    tcase_add_test(tcase, fail_allows_none);
    return suite;
}
