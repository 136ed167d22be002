/* Windows that slide by what comes and goes show what those show that fold all their batches anew, to the order of rows. */
#include "op/sliding.h"

#include "memory.h"

#define PAIRS "- flatMap: _.value.words\n- map: (_.substring(0, 1), _.substring(1).toInt)\n"
#define DOUBLES "- flatMap: _.value.words\n- map: (_.substring(0, 1), _.substring(1).toDouble)\n"
#define BATCHES 60

static const struct {
    const char *rows, *slides, *anew;
} folds[] = {
    { PAIRS, "func: sum", "func: '(a, b) => a + b + 0'" },
    { PAIRS, "func: _ + _", "func: '(a, b) => 0 + a + b'" },
    { PAIRS, "func: min", "func: '(a, b) => if (a < b) a else b'" },
    { PAIRS, "func: max", "func: '(a, b) => if (a > b) a else b'" },
    { DOUBLES, "func: min", "func: '(a, b) => if (a < b) a else b'" },
    { DOUBLES, "func: max", "func: '(a, b) => if (a > b) a else b'" },
};

static uint32_t dice(uint64_t *seed, uint32_t n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % n;
}

/* Few keys or many, gaps, now and then ticks without the job. */
static void throw(uint64_t * seed, struct buf *batches, const char **text)
{
    for (uint32_t i = 0; i < BATCHES; i++) {
        struct buf *batch = &batches[i];
        uint32_t n = dice(seed, 4) ? dice(seed, 9) : 0, keys = 1 + dice(seed, 26);
        buf_clear(batch);
        if (dice(seed, 12) == 0)
            buf_printf(batch, "+%u ", dice(seed, 9));
        for (uint32_t k = 0; k < n; k++)
            buf_printf(batch, "%c%d ", 'a' + (char)dice(seed, keys), (int)dice(seed, 19) - 9);
        text[i] = buf_text(batch);
    }
}

struct window_of {
    const char *rows, *func;
    uint32_t length, slide;
    enum memory_mode mode;
};

static void run(const struct window_of *window, const char *const *batches, struct buf *out)
{
    struct job job = { .threads = 1, .seed = window->length };
    struct memory_seen seen = { 0 };
    const char *ops = arena_printf(
        &job.arena, "%s- reduceByKeyAndWindow: {%s, windowDuration: %us, slideDuration: %us}",
        window->rows, window->func, window->length, window->slide);
    memory_run(&job, whole_file(&job, ops), window->mode, batches, &seen);
    buf_puts(out, buf_text(&seen.out));
    memory_forget(&seen);
    job_close(&job);
}

START_TEST(a_window_that_slides_is_one_that_is_folded_anew)
{
    static const uint32_t lengths[] = { 1, 2, 3, 7, 20, 59 }, slides[] = { 1, 2, 5 };
    struct buf batches[BATCHES] = { { 0 } };
    const char *text[BATCHES + 1] = { NULL };
    uint64_t seed = 40 + (uint64_t)_i;
    for (uint32_t i = 0; i < ARRAY_SIZE(lengths) * ARRAY_SIZE(slides); i++) {
        uint32_t w = lengths[i % ARRAY_SIZE(lengths)], s = slides[i / ARRAY_SIZE(lengths)];
        struct window_of window = { folds[_i].rows, folds[_i].slides, w, s,
                                    i % 3 ? MEMORY_PLAIN : MEMORY_MIXED };
        struct buf slid = { 0 }, anew = { 0 };
        throw(&seed, batches, text);
        run(&window, text, &slid);
        window.func = folds[_i].anew;
        run(&window, text, &anew);
        ck_assert_msg(strcmp(buf_text(&slid), buf_text(&anew)) == 0, "%u by %u:\n%s\n%s", w, s,
                      buf_text(&slid), buf_text(&anew));
        buf_free(&slid);
        buf_free(&anew);
    }
    for (uint32_t i = 0; i < BATCHES; i++)
        buf_free(&batches[i]);
}
END_TEST

/* The sum of the last three would fit. */
START_TEST(a_sum_that_overflows_on_the_way_is_an_error_as_before)
{
    memory_shows(PAIRS "- reduceByKeyAndWindow: {func: sum, windowDuration: 3s}",
                 LINES("a9223372036854775807 b1", "a1", "a-5", "a7", ""),
                 "('a', 9223372036854775807) ('b', 1)\n"
                 "('b', 1) E404 a: overflow: the result does not fit an Int\n"
                 "('b', 1) E404 a: overflow: the result does not fit an Int\n"
                 "('a', 3)\n"
                 "('a', 2)\n");
}
END_TEST

START_TEST(one_value_of_all)
{
    memory_shows(
        "- flatMap: _.value.words\n- map: _.toInt\n"
        "- reduceByWindow: {func: max, windowDuration: 3s}",
        LINES("1 9 3", "4", "5", "2", "", "", ""), "9\n9\n9\n5\n5\n2\n\n");
}
END_TEST

Suite *sliding_suite(void);
Suite *sliding_suite(void)
{
    Suite *suite = suite_create("sliding");
    TCase *tcase = tcase_create("sliding");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_window_that_slides_is_one_that_is_folded_anew, 0,
                        ARRAY_SIZE(folds));
    tcase_add_test(tcase, a_sum_that_overflows_on_the_way_is_an_error_as_before);
    tcase_add_test(tcase, one_value_of_all);
    suite_add_tcase(suite, tcase);
    return suite;
}
