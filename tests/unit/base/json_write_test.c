#include "base/json_write.h"

#include <check.h>

START_TEST(what_is_written_is_indented_and_can_be_read)
{
    struct buf out = { 0 };
    struct json_write write = { .out = &out };
    json_write_object(&write, NULL);
    json_write_text(&write, "a\"b", "x\n");
    json_write_text(&write, "none", NULL);
    json_write_array(&write, "list");
    json_write_int(&write, NULL, -1);
    json_write_uint(&write, NULL, UINT64_MAX);
    json_write_object(&write, NULL);
    json_write_end(&write);
    json_write_end(&write);
    json_write_bool(&write, "yes", true);
    json_write_end(&write);
    ck_assert_str_eq(buf_text(&out),
                     "{\n  \"a\\\"b\": \"x\\n\",\n  \"none\": null,\n  \"list\": [\n    -1,\n"
                     "    18446744073709551615,\n    {}\n  ],\n  \"yes\": true\n}\n");
    buf_free(&out);
}
END_TEST

Suite *json_write_suite(void)
{
    Suite *suite = suite_create("json_write");
    TCase *tcase = tcase_create("json_write");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, what_is_written_is_indented_and_can_be_read);
    return suite;
}
