#include <check.h>
#include <string.h>

#include "base/crc32c.h"
#include "supervisor/attempts.h"

#define BOOT_A "aaaaaaaa-0000-4000-8000-000000000001"
#define BOOT "boot=" BOOT_A
#define START "start job=j attempt=1 spec=000000000000001d " BOOT " boot_ms=1 wall_ms=1"
#define END                                           \
    "end job=j attempt=1 spec=000000000000001d " BOOT \
    " boot_ms=1 wall_ms=1 status=0 signal=0 counted=0"
static const struct {
    const char *body;
    bool is_entry;
} bodies[] = {
    { START, true },
    { END " reason=\"x\"", true },
    { START " more", false },
    { END, false },
    { END " reason=x", false },
    { END " because=\"x\"", false },
    { "", false },
    { "sta", false },
    { "begin job=j", false },
    { "start job=", false },
    { "start jab=j attempt=1", false },
    { "end jab=j attempt=1", false },
    { "start job=j attempt=-1 spec=000000000000001d " BOOT " boot_ms=1 wall_ms=1", false },
    { "start job=j attempt=one spec=000000000000001d", false },
    { "start job=j attempt=123456789012345678901234567890 spec=000000000000001d", false },
    { "start job=j attempt=1 spec=xy " BOOT, false },
    { "start job=j attempt=1 spec=000000000000001d " BOOT BOOT BOOT BOOT BOOT BOOT
      " boot_ms=1 wall_ms=1",
      false },
};

START_TEST(a_checksum_is_not_all_that_is_looked_at)
{
    struct attempt_entry entry;
    struct buf line = { 0 };
    const char *body = bodies[_i].body;
    buf_printf(&line, "%08x %s", crc32c(0, body, strlen(body)), body);
    ck_assert(attempt_parse(buf_text(&line), line.len, &entry) == bodies[_i].is_entry);
    buf_free(&line);
}
END_TEST

/* The line of an entry, its sum right, with `value` in the place of `was`. */
static bool reads_with(const char *was, const char *value, struct attempt_entry *entry)
{
    struct attempt_entry end = {
        .kind = ATTEMPT_END, .attempt = 1, .spec = 0x1d, .job = "jjj", .boot = BOOT_A
    };
    struct buf line = { 0 }, changed = { 0 };
    strcpy(end.reason, "rrr");
    attempt_format(&end, &line);
    const char *all = buf_text(&line), *at = strstr(all, was);
    buf_put(&changed, all + 9, (size_t)(at - all) - 9);
    buf_puts(&changed, value);
    buf_puts(&changed, at + strlen(was));
    buf_clear(&line);
    buf_printf(&line, "%08x ", crc32c(0, changed.ptr, changed.len - 1));
    buf_put(&line, changed.ptr, changed.len - 1);
    bool read = attempt_parse((char *)line.ptr, line.len, entry);
    buf_free(&line);
    buf_free(&changed);
    return read;
}

START_TEST(words_of_a_line_have_a_longest)
{
    static const struct {
        const char *word;
        size_t most;
    } rows[] = { { "jjj", ATTEMPT_ID_SIZE - 1 },
                 { BOOT_A, ATTEMPT_BOOT_SIZE - 1 },
                 { "rrr", ATTEMPT_REASON_MAX - 1 } };
    char value[ATTEMPT_REASON_MAX + 1];
    struct attempt_entry entry;
    memset(value, 'x', sizeof value);
    value[rows[_i].most] = 0;
    ck_assert(reads_with(rows[_i].word, value, &entry));
    value[rows[_i].most] = 'x';
    value[rows[_i].most + 1] = 0;
    ck_assert(!reads_with(rows[_i].word, value, &entry));
}
END_TEST

START_TEST(numbers_are_as_we_write_them)
{
    static const char *const rows[][2] = {
        { "attempt=1", "attempt=-1" },
        { "attempt=1", "attempt=+1" },
        { "attempt=1", "attempt=01" },
        { "attempt=1", "attempt=9223372036854775808" },
        { "boot_ms=0", "boot_ms=-9223372036854775809" },
        { "spec=000000000000001d", "spec=1d" },
        { "spec=000000000000001d", "spec=000000000000001D" },
        { "spec=000000000000001d", "spec=0x0000000000001d" },
    };
    struct attempt_entry entry;
    ck_assert(reads_with(rows[_i][0], rows[_i][0], &entry));
    ck_assert(!reads_with(rows[_i][0], rows[_i][1], &entry));
}
END_TEST

Suite *attempts_line_suite(void)
{
    Suite *suite = suite_create("attempts_line");
    TCase *tcase = tcase_create("attempts_line");
    tcase_add_loop_test(tcase, a_checksum_is_not_all_that_is_looked_at, 0,
                        sizeof bodies / sizeof *bodies);
    tcase_add_loop_test(tcase, words_of_a_line_have_a_longest, 0, 3);
    tcase_add_loop_test(tcase, numbers_are_as_we_write_them, 0, 8);
    suite_add_tcase(suite, tcase);
    return suite;
}
