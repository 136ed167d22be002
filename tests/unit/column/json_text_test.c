#include "column/json_text.h"

#include <check.h>
#include <string.h>

#include "base/json.h"
#include "base/list.h"
#include "base/mem.h"

static struct slice of(const char *text)
{
    return (struct slice){ text, strlen(text) };
}

static const char *const good[] = {
    "0", " -0.5e+10 ", "\"\"", "\"\\u00e9\\ud83d\\ude00\\\\\\\"\\/\\b\\f\\n\\r\\t\"", "[]", "{}",
    "[ 1 , [ ] , { } ]", "{\"a\":1,\"a\":null}", "\ttrue\r\n", "123456789012345678901234567890",
    "1e999", "\"0123456789abcdef\\u0000\"",
}, *const bad[] = {
    "", " ", "01", "+1", ".5", "1.", "1e", "-", "nul", "nulls", "True", "'a'", "\"", "\"\\",
    "\"\\x\"", "\"\\u12g4\"", "\"\\u123", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud800\\u0041\"",
    "\"a\nb\"", "\"0123456789abcdef\t\"", "[1,]", "[,1]", "[1 2]", "[", "{", "{\"a\"}", "{\"a\":}",
    "{a:1}", "{\"a\":1,}", "{\"a\":1", "[1}", "1 2", "]", "\"a\\",
};

START_TEST(what_rfc_8259_calls_json_is_valid)
{
    ck_assert_msg(json_text_valid(of(good[_i])), "%s", good[_i]);
}
END_TEST

START_TEST(anything_else_is_not)
{
    ck_assert_msg(!json_text_valid(of(bad[_i])), "%s", bad[_i]);
}
END_TEST

START_TEST(what_is_cut_anywhere_is_not_and_is_never_read_behind)
{
    static const char whole[] =
        "{\"k\":[true,\"a\\u00e9\\ud83d\\ude00 0123456789abcdef\",{\"n\":-1.5e3}]}";
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        char *cut = mem_alloc(n ? n : 1); /* so that a sanitizer sees a byte too many */
        memcpy(cut, whole, n);
        ck_assert(!json_text_valid((struct slice){ cut, n }));
        mem_free(cut);
    }
    ck_assert(json_text_valid(of(whole)));
}
END_TEST

START_TEST(nesting_has_a_limit)
{
    char text[2 * JSON_TEXT_DEPTH_MAX + 2];
    size_t n = JSON_TEXT_DEPTH_MAX;
    memset(text, '[', n + 1);
    memset(text + n + 1, ']', n + 1);
    ck_assert(!json_text_valid((struct slice){ text, 2 * n + 2 }));
    ck_assert(json_text_valid((struct slice){ text + 1, 2 * n }));
}
END_TEST

START_TEST(a_nul_byte_is_no_json)
{
    ck_assert(!json_text_valid((struct slice){ "1\0", 2 }));
    ck_assert(!json_text_valid((struct slice){ "\"\0\"", 3 }));
    ck_assert(!json_text_valid((struct slice){ "\"\\\0\"", 4 }));
}
END_TEST

static const struct found {
    const char *object, *name, *value;
} members[] = {
    { "{\"a\":1,\"b\":2}", "b", "2" },
    { "{ \"a\" : { \"b\" : 3 } , \"b\" : [ \"}\" ] }", "b", "[ \"}\" ]" },
    { "{\"a\":\"\\\"b\\\":7\",\"b\":8}", "b", "8" },
    { "{\"a\":1}", "b", "" },
    { "{}", "b", "" },
    { "[\"b\",1]", "b", "" },
    { "{\"\\u0062\":5}", "b", "5" },
    { "{\"\\ud83d\\ude00\\n\":5}", "😀\n", "5" },
    { "{\"\\\\n\":5}", "\n", "" },
    { "{\"\\n\":5}", "\\n", "" },
    { "{\"b\":1,\"b\":2}", "b", "1" },
    { "{\"\":1}", "", "1" },
    { "{\"bb\":1,\"b\":true}", "b", "true" },
};

START_TEST(a_member_is_found_by_its_name)
{
    struct slice value = json_text_member(of(members[_i].object), of(members[_i].name));
    ck_assert_uint_eq(value.len, strlen(members[_i].value));
    ck_assert_mem_eq(value.ptr, members[_i].value, value.len);
}
END_TEST

START_TEST(elements_come_in_order)
{
    struct slice array = of("[ 1,\"],\" , [2,3],{} ]");
    const char *const expected[] = { "1", "\"],\"", "[2,3]", "{}", "" }, *at = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        struct slice next = json_text_next(array, &at), same = json_text_element(array, (int64_t)i);
        ck_assert_uint_eq(next.len, strlen(expected[i]));
        ck_assert_mem_eq(next.ptr, expected[i], next.len);
        ck_assert_uint_eq(same.len, next.len);
    }
    ck_assert_uint_eq(json_text_element(array, -1).len, 0);
    ck_assert_uint_eq(json_text_element(of("[]"), 0).len, 0);
}
END_TEST

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

/* A document with some bytes changed, taken out or doubled, in memory of its own. */
static struct slice mutated(uint64_t *seed)
{
    static const char whole[] =
        "{\"a\": [1, -2.5e+3, {\"b\\n\": \"x\\u00e9 0123456789abcdef\"}, "
        "true], \"\\ud83d\\ude00\": null, \"c\": {\"d\": [[], {}, \"\"]}}";
    static const char bytes[] = "{}[]\",:\\ 0-1.eEtrufnldcs\t";
    size_t n = sizeof whole - 1, times = next(seed) % 4;
    char *text = mem_alloc(n);
    memcpy(text, whole, n);
    while (times--) {
        size_t at = next(seed) % n, from = next(seed) % n, len = next(seed) % 8;
        size_t room = n - (at > from ? at : from);
        if (next(seed) % 2)
            text[at] = bytes[next(seed) % (sizeof bytes - 1)];
        else
            memmove(text + at, text + from, len < room ? len : room);
    }
    return (struct slice){ text, n };
}

static void walk(struct slice value, unsigned depth)
{
    const char *at = NULL;
    int64_t whole;
    double real;
    char *copy = mem_alloc(value.len + 1);
    if (json_text_is_string(value))
        ck_assert_uint_le(json_text_decode(json_text_raw(value), copy), value.len - 2);
    mem_free(copy);
    json_text_int(value, &whole);
    json_text_double(value, &real);
    for (struct slice next = json_text_next(value, &at); next.len;
         next = json_text_next(value, &at))
        walk(next, depth + 1);
    static const char *const names[] = { "a", "b\n", "😀", "c", "d" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct slice member = json_text_member(value, of(names[i]));
        if (member.len)
            walk(member, depth + 1);
    }
}

START_TEST(mutated_documents_are_judged_as_another_reader_does)
{
    uint64_t seed = 88172645463325252u + (uint64_t)_i;
    for (int i = 0; i < 5000; i++) {
        struct slice text = mutated(&seed);
        struct err err = { 0 };
        struct json *other = json_parse(text, &err);
        bool ours = json_text_valid(text);
        /* that one refuses also what no number of C holds, and a name twice */
        if (other || (!strstr(err.text, "too big") && !strstr(err.text, "overflow") &&
                      !strstr(err.text, "duplicate") && !strstr(err.text, "u0000")))
            ck_assert_msg(ours == (other != NULL), "%.*s: %s", (int)text.len,
                          (const char *)text.ptr, err.text);
        if (ours)
            walk(json_text_trim(text), 0);
        json_free(other);
        mem_free((void *)text.ptr);
    }
}
END_TEST

Suite *json_text_suite(void)
{
    Suite *suite = suite_create("json_text");
    TCase *valid = tcase_create("valid"), *read = tcase_create("read");
    tcase_add_loop_test(valid, what_rfc_8259_calls_json_is_valid, 0, ARRAY_SIZE(good));
    tcase_add_loop_test(valid, anything_else_is_not, 0, ARRAY_SIZE(bad));
    tcase_add_test(valid, what_is_cut_anywhere_is_not_and_is_never_read_behind);
    tcase_add_test(valid, nesting_has_a_limit);
    tcase_add_test(valid, a_nul_byte_is_no_json);
    tcase_add_loop_test(read, a_member_is_found_by_its_name, 0, ARRAY_SIZE(members));
    tcase_add_loop_test(read, mutated_documents_are_judged_as_another_reader_does, 0, 4);
    tcase_add_test(read, elements_come_in_order);
    suite_add_tcase(suite, valid);
    suite_add_tcase(suite, read);
    return suite;
}
