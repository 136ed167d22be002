#include <check.h>

#include "base/backoff.h"

static const struct {
    uint64_t initial, max;
    uint32_t tries;
    uint64_t least, most; /* with the smallest and the largest random number */
} rows[] = {
    { 1000, 60000, 1, 750, 1250 },
    { 1000, 60000, 2, 1500, 2500 },
    { 1000, 60000, 3, 3000, 5000 },
    { 1000, 60000, 6, 24000, 40000 },
    { 1000, 60000, 7, 45000, 60000 }, /* 64 s is cut to 60, jitter does not pass it */
    { 1000, 60000, 4000000000u, 45000, 60000 },
    { 0, 60000, 5, 0, 0 },
    { 5000, 1000, 9, 3750, 5000 }, /* a max below initial is initial */
    { 1, 1, 1, 1, 1 },
};

START_TEST(waits_double_up_to_the_limit)
{
    struct backoff backoff = { rows[_i].initial, rows[_i].max };
    uint64_t least = UINT64_MAX, most = 0;
    for (uint32_t i = 0; i < 4096; i++) {
        uint64_t wait =
            backoff_ms(&backoff, rows[_i].tries, i * 1048573u + (i == 4095 ? UINT32_MAX : 0));
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
    }
    ck_assert_uint_ge(least, rows[_i].least);
    ck_assert_uint_le(most, rows[_i].most);
    uint64_t spread = rows[_i].most - rows[_i].least;
    ck_assert_uint_ge(most - least, spread / 10 * 9); /* the jitter uses its room */
}
END_TEST

Suite *backoff_suite(void)
{
    Suite *suite = suite_create("backoff");
    TCase *tcase = tcase_create("backoff");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, waits_double_up_to_the_limit, 0, sizeof rows / sizeof rows[0]);
    return suite;
}
