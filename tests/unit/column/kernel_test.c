/* Kernels against straightforward C, and numbers as text. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "column/kernel.h"
#include "column/letter.h"
#include "column/number.h"

static struct arena arena;
static void *owned[20000];
static size_t n_owned;

static void end(void)
{
    while (n_owned)
        mem_free(owned[--n_owned]);
    arena_free(&arena);
}

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

#define ROWS_N 40

/* Rows of up to 70 bytes of a small alphabet, each in memory of its own, so that reading past its
 * end is seen. */
static struct column random_rows(uint64_t *seed, const char *alphabet)
{
    struct column rows;
    column_alloc(&arena, &type_string, ROWS_N, &rows);
    for (uint32_t row = 0; row < ROWS_N; row++) {
        size_t n = next(seed) % 70;
        ck_assert_uint_lt(n_owned, ARRAY_SIZE(owned));
        char *bytes = owned[n_owned++] = mem_alloc(n);
        for (size_t i = 0; i < n; i++)
            bytes[i] = alphabet[next(seed) % strlen(alphabet)];
        rows.ptr[row] = bytes;
        rows.len[row] = (uint32_t)n;
    }
    return rows;
}

static struct column run(kernel_fn *which, const struct column *a, const struct column *b,
                         struct sel sel)
{
    struct types *types = types_new(&arena);
    struct frame frame = { .n = ROWS_N };
    const struct column *in[] = { a, b };
    struct column out;
    struct call call = { .frame = &frame,
                         .sel = sel,
                         .in = in,
                         .n_in = b ? 2 : 1,
                         .out = &out,
                         .type = type_list(types, &type_string),
                         .arena = &arena };
    which(&call);
    ck_assert_ptr_null(frame.err);
    return out;
}

static void is_piece(const struct column *lists, uint32_t row, uint32_t i, struct slice piece)
{
    ck_assert_uint_lt(i, lists->len[row]);
    struct slice got = column_slice(&lists->child[0], lists->offset[row] + i);
    ck_assert_uint_eq(got.len, piece.len);
    ck_assert_mem_eq(got.ptr, piece.ptr, piece.len);
}

/* Every second row, to see that only selected ones are made. */
static struct sel odd_rows(void)
{
    uint32_t *row = arena_alloc(&arena, ROWS_N / 2 * sizeof *row);
    for (uint32_t i = 0; i < ROWS_N / 2; i++)
        row[i] = 2 * i + 1;
    return (struct sel){ row, ROWS_N / 2 };
}

static void split_as_expected(const struct column *rows, struct slice sep, struct sel sel)
{
    struct column seps;
    column_zero(&arena, &type_string, &seps);
    seps.ptr[0] = sep.ptr;
    seps.len[0] = (uint32_t)sep.len;
    struct column out = run(kernel_split, rows, &seps, sel);
    SEL_EACH(sel, row)
    {
        const char *at = rows->ptr[row], *last = at + rows->len[row];
        uint32_t i = 0;
        for (const char *to = at; to + sep.len <= last;)
            if (memcmp(to, sep.ptr, sep.len) == 0) {
                is_piece(&out, row, i++, (struct slice){ at, (size_t)(to - at) });
                at = to = to + sep.len;
            } else {
                to++;
            }
        is_piece(&out, row, i++, (struct slice){ at, (size_t)(last - at) });
        ck_assert_uint_eq(i, out.len[row]);
    }
}

START_TEST(split_is_the_split_of_plain_c)
{
    uint64_t seed = 1234567 + (uint64_t)_i;
    for (int round = 0; round < 20; round++) {
        struct column rows = random_rows(&seed, "ab  ");
        split_as_expected(&rows, (struct slice){ " ", 1 }, (struct sel){ NULL, ROWS_N });
        split_as_expected(&rows, (struct slice){ " ", 1 }, odd_rows());
        split_as_expected(&rows, (struct slice){ "a ", 2 }, (struct sel){ NULL, ROWS_N });
    }
}
END_TEST

static bool is_blank(char c)
{
    return strchr(" \t\n\x1c", c) != NULL;
}

static void words_as_expected(const struct column *rows, const struct column *out, uint32_t row)
{
    const char *at = rows->ptr[row], *last = at + rows->len[row];
    uint32_t i = 0;
    while (at < last) {
        const char *to = at;
        while (to < last && !is_blank(*to))
            to++;
        if (to > at)
            is_piece(out, row, i++, (struct slice){ at, (size_t)(to - at) });
        at = to + 1;
    }
    ck_assert_uint_eq(i, out->len[row]);
}

START_TEST(words_are_the_words_of_plain_c)
{
    uint64_t seed = 7654321 + (uint64_t)_i;
    for (int round = 0; round < 20; round++) {
        struct column rows = random_rows(&seed, "abc \t\n\x1c~");
        struct column out = run(kernel_words, &rows, NULL, (struct sel){ NULL, ROWS_N });
        for (uint32_t row = 0; row < ROWS_N; row++)
            words_as_expected(&rows, &out, row);
    }
}
END_TEST

START_TEST(split_finds_more_pieces_than_it_guessed)
{
    char *all = arena_alloc(&arena, 100000);
    memset(all, ' ', 100000);
    struct column rows = random_rows(&(uint64_t){ 5 }, "a");
    rows.ptr[3] = all;
    rows.len[3] = 100000;
    split_as_expected(&rows, (struct slice){ " ", 1 }, (struct sel){ NULL, ROWS_N });
}
END_TEST

static const struct {
    double value;
    const char *text;
} doubles[] = {
    { 0, "0.0" },
    { -0.0, "-0.0" },
    { 1, "1.0" },
    { 0.1, "0.1" },
    { 100, "100.0" },
    { 1e15, "1000000000000000.0" },
    { 1e16, "1e+16" },
    { 123456789.125, "123456789.125" },
    { 1e-4, "0.0001" },
    { 1e-5, "1e-05" },
    { 1.5e-7, "1.5e-07" },
    { 1e100, "1e+100" },
    { 5e-324, "5e-324" },
    { 1.7976931348623157e308, "1.7976931348623157e+308" },
    { 2.0 / 3, "0.6666666666666666" },
    { 0.1 + 0.2, "0.30000000000000004" },
    { HUGE_VAL, "inf" },
    { -HUGE_VAL, "-inf" },
    { 12345678901234567.0, "1.2345678901234568e+16" },
    { 9007199254740993.0, "9007199254740992.0" },
};

START_TEST(doubles_print_as_python_does)
{
    char text[NUMBER_TEXT_MAX + 1];
    text[number_put_double(doubles[_i].value, text)] = 0;
    ck_assert_str_eq(text, doubles[_i].text);
    double back;
    ck_assert(number_get_double((struct slice){ text, strlen(text) }, &back));
    ck_assert(back == doubles[_i].value);
}
END_TEST

START_TEST(ints_print_and_read_to_their_ends)
{
    static const int64_t values[] = { 0, 7, -7, INT64_MAX, INT64_MIN };
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        char text[NUMBER_TEXT_MAX];
        int64_t back;
        size_t n = number_put_int(values[i], text);
        ck_assert(number_get_int((struct slice){ text, n }, &back));
        ck_assert_int_eq(back, values[i]);
    }
    int64_t none = 5;
    ck_assert(!number_get_int((struct slice){ "9223372036854775808", 19 }, &none));
    ck_assert(!number_get_int((struct slice){ "-", 1 }, &none));
    ck_assert(!number_get_int((struct slice){ "1 ", 2 }, &none));
    ck_assert_int_eq(none, 5);
}
END_TEST

START_TEST(letters_have_their_simple_counterparts)
{
    static const uint32_t pairs[][2] = { { 'A', 'a' },      { 0xc4, 0xe4 },      { 0x100, 0x101 },
                                         { 0x3a9, 0x3c9 },  { 0x42f, 0x44f },    { 0x1e9e, 0xdf },
                                         { 0x23a, 0x2c65 }, { 0x10400, 0x10428 } };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        ck_assert_uint_eq(letter_lower(pairs[i][0]), pairs[i][1]);
    ck_assert_uint_eq(letter_upper(0xe4), 0xc4);
    ck_assert_uint_eq(letter_upper(0xdf), 0xdf);
    ck_assert_uint_eq(letter_lower(0x4e00), 0x4e00);
    ck_assert_uint_eq(letter_upper(0x101), 0x100);
    ck_assert_uint_eq(letter_upper(0x100), 0x100);
}
END_TEST

Suite *kernel_suite(void)
{
    Suite *suite = suite_create("kernel");
    TCase *all = tcase_create("kernels");
    tcase_add_checked_fixture(all, NULL, end);
    tcase_add_loop_test(all, split_is_the_split_of_plain_c, 0, 5);
    tcase_add_loop_test(all, words_are_the_words_of_plain_c, 0, 5);
    tcase_add_test(all, split_finds_more_pieces_than_it_guessed);
    tcase_add_loop_test(all, doubles_print_as_python_does, 0, ARRAY_SIZE(doubles));
    tcase_add_test(all, ints_print_and_read_to_their_ends);
    tcase_add_test(all, letters_have_their_simple_counterparts);
    suite_add_tcase(suite, all);
    return suite;
}
