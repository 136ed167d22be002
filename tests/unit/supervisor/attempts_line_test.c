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

Suite *attempts_line_suite(void)
{
    Suite *suite = suite_create("attempts_line");
    TCase *tcase = tcase_create("attempts_line");
    tcase_add_loop_test(tcase, a_checksum_is_not_all_that_is_looked_at, 0,
                        sizeof bodies / sizeof *bodies);
    suite_add_tcase(suite, tcase);
    return suite;
}
