#include "base/scan.h"

#include <check.h>
#include <string.h>

static struct slice slice(const char *text)
{
    return (struct slice){ text, strlen(text) };
}

/* Lines end at \n, \r\n and \r; the mark at the front belongs to none. */
static const struct {
    const char *text, *lines[5];
} files[] = {
    { "", { "", NULL } },
    { "a", { "a", "", NULL } },
    { "a\nb\r\nc\rd", { "a", "b", "c", "d", NULL } },
    { "\xef\xbb\xbf"
      "a\r\r\n",
      { "a", "", "", NULL } },
    { "\n\r", { "", "", "", NULL } },
};

START_TEST(a_line_is_what_stands_between_two_breaks)
{
    for (uint32_t i = 0; files[_i].lines[i]; i++) {
        struct slice line = scan_line(slice(files[_i].text), i + 1);
        const char *wanted = files[_i].lines[i];
        ck_assert_uint_eq(line.len, strlen(wanted));
        ck_assert_int_eq(memcmp(line.ptr, wanted, line.len), 0);
    }
    ck_assert_uint_eq(scan_line(slice(files[_i].text), 99).len, 0);
}
END_TEST

START_TEST(a_map_and_a_scan_name_the_same_places)
{
    static const char text[] =
        "\xef\xbb\xbf"
        "é1\r\nb€\rc\n\n\xf0\x9f\x8c\x8a";
    struct arena arena = { 0 };
    struct scan_map map;
    uint32_t bad = 0;
    ck_assert(scan_map_new(&arena, slice(text), &map, &bad));
    ck_assert_uint_eq(map.n_points, 11);
    ck_assert_uint_eq(map.n_lines, 5);
    for (uint32_t point = 0; point < map.n_points; point++) {
        uint32_t byte = scan_map_byte(&map, point), line, column, scanned, at;
        ck_assert_uint_eq(scan_map_point(&map, byte), point);
        scan_map_place(&map, point, &line, &column);
        scan_place(slice(text), byte, &scanned, &at);
        ck_assert_msg(line == scanned && column == at, "%u: %u:%u, %u:%u", point, line, column,
                      scanned, at);
    }
    ck_assert_uint_eq(scan_map_byte(&map, 99), strlen(text));
    ck_assert_uint_eq(scan_map_point(&map, (uint32_t)strlen(text)), map.n_points);
    arena_free(&arena);
}
END_TEST

START_TEST(what_would_break_a_line_is_shown_by_its_number)
{
    struct buf out = { 0 };
    scan_show(slice("a\x01\x7f\xc2\x85\xc2\xa0\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xaa\xe2\x80\xae"
                    "\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa\xff"),
              100, &out);
    ck_assert_str_eq(buf_text(&out),
                     "a\\x01\\x7f\\x85\xc2\xa0\xe2\x80\xa7\\u2028\\u202a\\u202e\xe2\x80\xaf"
                     "\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa\xef\xbf\xbd");
    buf_free(&out);
}
END_TEST

Suite *scan_suite(void)
{
    Suite *suite = suite_create("scan");
    TCase *tcase = tcase_create("scan");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, a_line_is_what_stands_between_two_breaks, 0,
                        sizeof files / sizeof files[0]);
    tcase_add_test(tcase, a_map_and_a_scan_name_the_same_places);
    tcase_add_test(tcase, what_would_break_a_line_is_shown_by_its_number);
    return suite;
}
