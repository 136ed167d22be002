#include "worker/errors.h"

#include <check.h>
#include <string.h>

#include "base/list.h"
#include "durable/record.h"
#include "engine/engine.h"
#include "spec/job.h"
#include "worker/outcome.h"

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

START_TEST(what_is_too_much_is_told_as_far_as_it_is_known)
{
    static struct {
        const char *place, *reason;
        const char *end; /* of the text */
    } rows[] = { { "", "the record has no value", "(10%); as the record has no value" },
                 { NULL, NULL, "(10%)" } }; /* its errors are those of batches before */
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct errors errors = { .records = { 1000 }, .errors = { 200 }, .next = 1 };
        struct engine_dead dead = { .place = rows[i].place, .reason = rows[i].reason };
        struct engine_cut cut = { .records = 1, .dead = &dead, .n_dead = rows[i].reason ? 1 : 0 };
        struct err err;
        ck_assert(!errors_judge(&errors, &spec, &cut, &err));
        size_t n = strlen(rows[i].end);
        ck_assert_str_eq(err.text + strlen(err.text) - n, rows[i].end);
    }
}
END_TEST

/* Entries of a kind that a record has. */
static unsigned entries(struct record *record, enum entry_kind kind)
{
    struct record_reader reader;
    struct entry entry;
    struct err err;
    unsigned n = 0;
    ck_assert(record_open(record_seal(record, 0), &reader, &err));
    while (record_next(&reader, &entry, &err))
        n += entry.kind == kind;
    return n;
}

START_TEST(dead_records_are_kept_where_the_job_wants_them)
{
    static const enum job_error_action on[] = { ON_ERROR_DEAD_LETTER, ON_ERROR_SKIP };
    struct job_source source = { .name = "kafka0" };
    struct engine_dead dead[2] = { { .topic = "t", .place = "map", .reason = "overflow" },
                                   { .topic = "t", .place = "map", .reason = "overflow" } };
    struct engine_cut cut = { .records = 2, .errors = 2, .dead = dead, .n_dead = 2 };
    for (size_t i = 0; i < ARRAY_SIZE(on); i++) {
        struct job_spec job = { .sources = &source, .n_sources = 1, .on_error = on[i] };
        struct record record = { 0 };
        outcome_put(&record, &job, &cut);
        ck_assert_uint_eq(entries(&record, ENTRY_DEAD), on[i] == ON_ERROR_DEAD_LETTER ? 2 : 0);
        record_free(&record);
    }
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
    tcase_add_test(tcase, what_is_too_much_is_told_as_far_as_it_is_known);
    tcase_add_test(tcase, dead_records_are_kept_where_the_job_wants_them);
    return suite;
}
