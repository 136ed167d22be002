#include "base/json.h"

#include <check.h>
#include <string.h>

#include "base/mem.h"

static struct json *parse(const char *text)
{
    struct err err;
    struct json *json = json_parse((struct slice){ text, strlen(text) }, &err);
    ck_assert_msg(json, "%s", err.text);
    return json;
}

START_TEST(members_are_read_by_name_and_type)
{
    struct json *json = parse("{\"a\":{\"b\":[1,\"x\",true]},\"n\":null}");
    const struct json *list = json_get(json_get(json, "a"), "b");
    int64_t number = 7;
    bool truth = false;
    ck_assert_uint_eq(json_count(list), 3);
    ck_assert(json_int(json_at(list, 0), &number) && number == 1);
    ck_assert_str_eq(json_text(json_at(list, 1)), "x");
    ck_assert(json_bool(json_at(list, 2), &truth) && truth);
    json_free(json);
}
END_TEST

START_TEST(what_is_not_there_or_of_another_type_is_nothing)
{
    struct json *json = parse("{\"a\":1.5,\"s\":\"x\"}");
    int64_t number;
    bool truth;
    ck_assert_ptr_null(json_get(json, "none"));
    ck_assert_ptr_null(json_get(json_get(json, "a"), "b"));
    ck_assert_ptr_null(json_text(json_get(json, "a")));
    ck_assert_ptr_null(json_at(json, 0));
    ck_assert_uint_eq(json_count(json), 0);
    ck_assert(!json_int(json_get(json, "a"), &number) && !json_int(NULL, &number));
    ck_assert(!json_bool(json_get(json, "s"), &truth) && !json_bool(NULL, &truth));
    json_free(json);
    json_free(NULL);
}
END_TEST

START_TEST(what_is_not_json_says_where)
{
    static const char *const texts[] = { "",        "{",       "{\"a\":1,\"a\":2}",
                                         "[1] [2]", "<html>",  "{\"a\":\"\\u0000\"}",
                                         "[1,]",    "\"\xff\"" };
    struct err err;
    ck_assert_ptr_null(json_parse((struct slice){ texts[_i], strlen(texts[_i]) }, &err));
    ck_assert_msg(strstr(err.text, "not JSON at byte"), "%s", err.text);
    ck_assert_int_eq(err.kind, ERR_FATAL);
}
END_TEST

START_TEST(nesting_and_length_have_limits)
{
    char text[200] = "";
    struct err err;
    for (unsigned i = 0; i < JSON_DEPTH_MAX; i++) {
        text[i] = '[';
        text[2 * JSON_DEPTH_MAX - 1 - i] = ']';
    }
    json_free(parse(text));
    memmove(text + 1, text, 64);
    text[0] = '[';
    text[65] = ']';
    ck_assert_ptr_null(json_parse((struct slice){ text, 66 }, &err));
    ck_assert_str_eq(err.text, "JSON is nested deeper than 32");
    json_free(parse("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\""));
    char *long_text = mem_alloc(JSON_BYTES_MAX + 1);
    memset(long_text, ' ', JSON_BYTES_MAX + 1);
    long_text[0] = '1';
    json_free(json_parse((struct slice){ long_text, JSON_BYTES_MAX }, &err));
    ck_assert_ptr_null(json_parse((struct slice){ long_text, JSON_BYTES_MAX + 1 }, &err));
    ck_assert_str_eq(err.text, "JSON of 16777217 bytes, 16777216 are allowed");
    mem_free(long_text);
}
END_TEST

Suite *json_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *tcase = tcase_create("json");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, members_are_read_by_name_and_type);
    tcase_add_test(tcase, what_is_not_there_or_of_another_type_is_nothing);
    tcase_add_loop_test(tcase, what_is_not_json_says_where, 0, 8);
    tcase_add_test(tcase, nesting_and_length_have_limits);
    return suite;
}
