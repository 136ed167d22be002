/* JSON read from its text: judged as jansson judges it, walked without a step outside. */
#include "base/json.h"
#include "column/json_text.h"
#include "column/utf8.h"
#include "fuzz.h"
#include "sink/python.h"

void json_fuzz(const uint8_t *data, size_t size);

static void walk(struct slice value, const char *end)
{
    const char *at = NULL;
    int64_t whole;
    double real;
    bool truth;
    check((const char *)value.ptr + value.len <= end);
    if (json_text_is_string(value)) {
        struct slice raw = json_text_raw(value);
        char *copy = malloc(raw.len + 1);
        size_t n = json_text_decode(raw, copy);
        check(n <= raw.len && json_text_equals(value, (struct slice){ copy, n }));
        free(copy);
    }
    if (json_text_int(value, &whole))
        check(json_text_double(value, &real));
    json_text_bool(value, &truth);
    uint32_t i = 0;
    for (struct slice next = json_text_next(value, &at); next.len; i++) {
        struct slice same = json_text_element(value, i);
        check(same.ptr == next.ptr && same.len == next.len);
        walk(next, end);
        next = json_text_next(value, &at);
    }
    struct slice member = json_text_member(value, slice_of_text("a"));
    if (member.len)
        walk(member, end);
}

/* What jansson refuses besides: what no number of C holds, a name twice, a NUL in a text. */
static bool is_odd(const struct err *err)
{
    static const char *const odd[] = { "too big", "overflow", "duplicate", "u0000", "deep" };
    for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
        if (strstr(err->text, odd[i]))
            return true;
    return false;
}

void json_fuzz(const uint8_t *data, size_t size)
{
    struct slice text = { data, size };
    struct err err = { 0 };
    struct buf shown = { 0 };
    bool ours = json_text_valid(text);
    check(utf8_is_valid(data, size) == fuzz_is_utf8(text)); /* 16 bytes at a time, one by one */
    if (!fuzz_is_utf8(text))
        return;
    if (ours) {
        walk(json_text_trim(text), (const char *)data + size);
        python_put_json(&shown, json_text_trim(text), true);
    }
    struct json *other = json_parse(text, &err);
    if (other) /* which takes a NUL for the end */
        check(ours || memchr(data, 0, size));
    else if (ours)
        check(is_odd(&err));
    json_free(other);
    buf_free(&shown);
}
