/* cli/input.c: lines of a pipe or a file, however they come. */
#include "cli/input.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct input input;
static struct slice line;

/* A pipe that holds this text and has ended. */
static int pipe_of(const char *text, size_t n)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], text, n), (ssize_t)n);
    close(ends[1]);
    return ends[0];
}

static void gives(const char *text)
{
    ck_assert(input_next(&input, &line));
    ck_assert_uint_eq(line.len, strlen(text));
    ck_assert(line.len == 0 || memcmp(line.ptr, text, line.len) == 0);
}

START_TEST(lines_end_at_newlines_and_the_last_may_lack_it)
{
    ck_assert_uint_eq(input_open(&input, pipe_of("a\n\nb\rc", 6)), 0);
    gives("a");
    gives("");
    gives("b\rc");
    ck_assert(!input_next(&input, &line) && !input.error);
    ck_assert(!input_next(&input, &line) && !input.error);
    ck_assert_uint_eq(input.bytes, 6);
}
END_TEST

START_TEST(a_line_may_be_longer_than_what_is_read_at_once)
{
    enum { N = 700000 };
    char *text = malloc(N), name[] = "/tmp/tidemark-unit-XXXXXX";
    int fd = mkstemp(name);
    memset(text, 'x', N);
    text[N - 100] = '\n';
    ck_assert_int_eq(write(fd, text, N), N);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    ck_assert_uint_eq(input_open(&input, fd), N);
    ck_assert(input_next(&input, &line) && line.len == N - 100);
    ck_assert(input_next(&input, &line) && line.len == 99);
    ck_assert(!input_next(&input, &line));
    ck_assert_uint_eq(input.bytes, N);
    unlink(name);
    free(text);
}
END_TEST

static const struct {
    const char *text;
    unsigned lines; /* before the one that is too long */
} longs[] = { { "1234\n12345\n", 1 }, { "12345", 0 }, { "1\n12\n12345678", 2 } };

START_TEST(a_line_has_a_limit)
{
    input_open(&input, pipe_of(longs[_i].text, strlen(longs[_i].text)));
    input.most = 4;
    for (unsigned i = 0; i < longs[_i].lines; i++)
        ck_assert(input_next(&input, &line));
    ck_assert(!input_next(&input, &line));
    ck_assert_str_eq(input.error, "a line is longer than a record may be, 10^9 bytes");
    ck_assert(!input_next(&input, &line));
}
END_TEST

START_TEST(what_cannot_be_read_says_why)
{
    int fd = pipe_of("", 0);
    close(fd);
    ck_assert_uint_eq(input_open(&input, fd), 0);
    ck_assert(!input_next(&input, &line));
    ck_assert_str_eq(input.error, "Bad file descriptor");
}
END_TEST

static void input_end(void)
{
    close(input.fd);
    input_close(&input);
}

Suite *input_suite(void)
{
    Suite *suite = suite_create("input");
    TCase *tcase = tcase_create("input");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, NULL, input_end);
    tcase_add_test(tcase, lines_end_at_newlines_and_the_last_may_lack_it);
    tcase_add_test(tcase, a_line_may_be_longer_than_what_is_read_at_once);
    tcase_add_loop_test(tcase, a_line_has_a_limit, 0, sizeof longs / sizeof longs[0]);
    tcase_add_test(tcase, what_cannot_be_read_says_why);
    return suite;
}
