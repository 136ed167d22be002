#include "column/json_text.h"

#include <math.h>
#include <string.h>

#include "column/number.h"
#include "column/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline bool is_blank(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

static inline const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

/* The first byte that is a quote or a backslash; strict: or a control character. */
static inline const char *plain_end(const char *at, const char *end, bool strict)
{
#ifdef __SSE2__
    for (; end - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                     _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
        if (strict)
            found = _mm_or_si128(found,
                                 _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes));
        int mask = _mm_movemask_epi8(found);
        if (mask)
            return at + __builtin_ctz((unsigned)mask);
    }
#endif
    while (at < end && *at != '"' && *at != '\\' && (!strict || (unsigned char)*at >= 0x20))
        at++;
    return at;
}

/* ---- escapes */

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex4(const char *at, const char *end, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = at + i < end ? hex_digit(at[i]) : -1;
        if (digit < 0)
            return false;
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

/* at: behind `\u`. The bytes of it, 4 or, for a pair, 10; 0 when it is no character. */
static size_t read_unicode(const char *at, const char *end, uint32_t *c)
{
    uint32_t low;
    if (!hex4(at, end, c))
        return 0;
    if (*c < 0xd800 || *c >= 0xe000)
        return 4;
    if (*c >= 0xdc00 || end - at < 10 || at[4] != '\\' || at[5] != 'u' ||
        !hex4(at + 6, end, &low) || low < 0xdc00 || low >= 0xe000)
        return 0;
    *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
    return 10;
}

/* at: behind the backslash. The bytes of it; 0 when there is no such escape. */
static size_t read_escape(const char *at, const char *end, uint32_t *c)
{
    static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    if (at == end || !*at)
        return 0;
    if (*at == 'u') {
        size_t n = read_unicode(at + 1, end, c);
        return n ? n + 1 : 0;
    }
    const char *name = strchr(names, *at);
    if (name)
        *c = (uint32_t)means[name - names];
    return name != NULL;
}

/* ---- is it valid? Each gives the place behind what it looked at, or NULL when that is not JSON */

/* at: behind the opening quote. */
static const char *check_escaped(const char *at, const char *end)
{
    while (at < end && *at == '\\') {
        uint32_t c;
        size_t n = read_escape(at + 1, end, &c);
        if (!n)
            return NULL;
        at = plain_end(at + 1 + n, end, true);
    }
    return at < end && *at == '"' ? at + 1 : NULL;
}

static inline const char *check_string(const char *at, const char *end)
{
    at = plain_end(at + 1, end, true);
    if (__builtin_expect(at < end && *at == '"', 1))
        return at + 1;
    return check_escaped(at, end);
}

static inline const char *check_digits(const char *at, const char *end)
{
    const char *from = at;
    while (at < end && is_digit(*at))
        at++;
    return at > from ? at : NULL;
}

static const char *check_number(const char *at, const char *end)
{
    at += *at == '-';
    const char *from = at;
    at = check_digits(at, end);
    if (!at || (*from == '0' && at > from + 1))
        return NULL;
    if (at < end && *at == '.')
        at = check_digits(at + 1, end);
    if (!at || at == end || (*at != 'e' && *at != 'E'))
        return at;
    at++;
    at += at < end && (*at == '+' || *at == '-');
    return check_digits(at, end);
}

static const char *check_word(const char *at, const char *end, const char *word, size_t n)
{
    return (size_t)(end - at) >= n && memcmp(at, word, n) == 0 ? at + n : NULL;
}

/* Behind blanks: the place of the next byte; *mark is that, or 0 at the end, which is no mark of JSON's. */
static inline const char *next_mark(const char *at, const char *end, char *mark)
{
    at = skip_blanks(at, end);
    *mark = at < end ? *at : (char)0;
    return at;
}

static const char *check_value(const char *at, const char *end, unsigned depth);

/* Do these two bytes come next, without blanks? They mostly do. */
static inline bool next_two(const char *at, const char *end, const char two[2])
{
    return end - at >= 2 && at[0] == two[0] && at[1] == two[1];
}

/* at: behind a name. */
static inline const char *check_member(const char *at, const char *end, unsigned depth)
{
    char mark;
    if (next_two(at, end, ":\""))
        return check_string(at + 1, end);
    at = next_mark(at, end, &mark);
    return mark == ':' ? check_value(at + 1, end, depth) : NULL;
}

static const char *check_object(const char *at, const char *end, unsigned depth)
{
    char mark;
    at = next_mark(at + 1, end, &mark);
    if (mark == '}')
        return at + 1;
    while (mark == '"') {
        at = check_string(at, end);
        at = at ? check_member(at, end, depth) : NULL;
        if (!at)
            return NULL;
        if (next_two(at, end, ",\"")) {
            at++;
            continue;
        }
        at = next_mark(at, end, &mark);
        if (mark == '}')
            return at + 1;
        if (mark != ',')
            return NULL;
        at = next_mark(at + 1, end, &mark);
    }
    return NULL;
}

static const char *check_array(const char *at, const char *end, unsigned depth)
{
    char mark;
    at = next_mark(at + 1, end, &mark);
    if (mark == ']')
        return at + 1;
    for (mark = ','; mark == ','; at += mark == ',') {
        at = check_value(at, end, depth);
        if (!at)
            return NULL;
        at = next_mark(at, end, &mark);
    }
    return mark == ']' ? at + 1 : NULL;
}

static const char *check_value(const char *at, const char *end, unsigned depth)
{
    char mark;
    at = next_mark(at, end, &mark);
    switch (mark) {
        case '"':
            return check_string(at, end);
        case '{':
            return depth ? check_object(at, end, depth - 1) : NULL;
        case '[':
            return depth ? check_array(at, end, depth - 1) : NULL;
        case 't':
            return check_word(at, end, "true", 4);
        case 'f':
            return check_word(at, end, "false", 5);
        case 'n':
            return check_word(at, end, "null", 4);
        case 0:
            return NULL;
        default:
            return check_number(at, end);
    }
}

bool json_text_valid(struct slice text)
{
    const char *end = (const char *)text.ptr + text.len;
    const char *at = check_value(text.ptr, end, JSON_TEXT_DEPTH_MAX);
    return at && skip_blanks(at, end) == end;
}

/* ---- reading what is valid: no bound needs a look but the text's end */

struct slice json_text_trim(struct slice text)
{
    const char *end = (const char *)text.ptr + text.len, *at = skip_blanks(text.ptr, end);
    while (end > at && is_blank(end[-1]))
        end--;
    return (struct slice){ at, (size_t)(end - at) };
}

/* Behind the string whose opening quote is at `at`. */
static inline const char *skip_string(const char *at, const char *end)
{
    at = plain_end(at + 1, end, false);
    while (at + 1 < end && *at == '\\')
        at = plain_end(at + 2, end, false);
    return at < end ? at + 1 : end;
}

bool json_text_deep(struct slice text)
{
    const char *at = text.ptr, *end = at + text.len;
    unsigned depth = 0;
    for (; at < end && depth <= JSON_TEXT_DEPTH_MAX;
         at = *at == '"' ? skip_string(at, end) : at + 1) {
        depth += *at == '{' || *at == '[';
        depth -= depth && (*at == '}' || *at == ']');
    }
    return depth > JSON_TEXT_DEPTH_MAX;
}

static const char *skip_nested(const char *at, const char *end)
{
    unsigned depth = 0;
    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        else if ((*at == '}' || *at == ']') && --depth == 0)
            return at + 1;
        at++;
    }
    return end;
}

static inline const char *skip_value(const char *at, const char *end)
{
    if (at == end)
        return end;
    if (*at == '"')
        return skip_string(at, end);
    if (*at == '{' || *at == '[')
        return skip_nested(at, end);
    while (at < end && *at != ',' && *at != '}' && *at != ']' && !is_blank(*at))
        at++;
    return at;
}

static char first(struct slice value)
{
    return value.len ? *(const char *)value.ptr : 0;
}

static struct slice between(const char *from, const char *to)
{
    return (struct slice){ from, (size_t)(to - from) };
}

bool json_text_has_escapes(struct slice raw)
{
    return memchr(raw.ptr, '\\', raw.len) != NULL;
}

static bool same_decoded(struct slice raw, struct slice string)
{
    const char *at = raw.ptr, *end = at + raw.len, *want = string.ptr,
               *want_end = want + string.len;
    while (at < end && want < want_end) {
        char bytes[4] = { *at };
        size_t n = 1, took = 1;
        if (*at == '\\') {
            uint32_t c = 0;
            took = 1 + read_escape(at + 1, end, &c);
            n = utf8_put(bytes, c);
        }
        if ((size_t)(want_end - want) < n || memcmp(want, bytes, n) != 0)
            return false;
        at += took;
        want += n;
    }
    return at == end && want == want_end;
}

static inline bool same_text(struct slice raw, struct slice string)
{
    if (raw.len == string.len && memcmp(raw.ptr, string.ptr, raw.len) == 0)
        return !json_text_has_escapes(raw);
    return raw.len > string.len && json_text_has_escapes(raw) && same_decoded(raw, string);
}

/* Behind a name and its colon: the value. */
static inline const char *skip_colon(const char *at, const char *end)
{
    at = skip_blanks(at, end);
    return skip_blanks(at + (at < end), end);
}

/* Behind the name at `key`, a quote before it; *same: it is this one. */
static inline const char *skip_name(const char *key, const char *end, struct slice name, bool *same)
{
    const char *wanted = name.ptr;
    *same = name.len && (size_t)(end - key) > name.len && *key == *wanted && key[name.len] == '"' &&
            memcmp(key, wanted, name.len) == 0 &&
            !memchr(wanted, '\\', name.len); /* which in a text begins an escape */
    if (*same)
        return key + name.len + 1;
    const char *close = plain_end(key, end, false);
    if (close < end && *close == '"' && name.len) /* nothing stands for anything else */
        return close + 1;
    close = skip_string(key - 1, end);
    *same = same_text(between(key, close - 1), name);
    return close;
}

struct slice json_text_member(struct slice object, struct slice name)
{
    const char *at = object.ptr, *end = at + object.len;
    char mark = 0;
    if (first(object) != '{')
        return (struct slice){ "", 0 };
    for (at = next_mark(at + 1, end, &mark); mark == '"'; at = next_mark(at, end, &mark)) {
        bool same;
        at = skip_name(at + 1, end, name, &same);
        const char *value = next_two(at, end, ":\"") ? at + 1 : skip_colon(at, end);
        at = skip_value(value, end);
        if (same)
            return between(value, at);
        if (!next_two(at, end, ",\""))
            at = skip_blanks(at, end);
        at += at < end;
    }
    return (struct slice){ "", 0 };
}

struct slice json_text_next(struct slice array, const char **at)
{
    if (first(array) != '[')
        return (struct slice){ "", 0 };
    const char *from = *at ? *at : array.ptr, *end = (const char *)array.ptr + array.len;
    char mark, next;
    from = next_mark(from, end, &mark); /* the bracket, later a comma; the closing one is left */
    if (mark != '[' && mark != ',')
        return (struct slice){ "", 0 };
    from = next_mark(from + 1, end, &next);
    if (!next || next == ']')
        return (struct slice){ "", 0 };
    *at = skip_value(from, end);
    return between(from, *at);
}

struct slice json_text_element(struct slice array, int64_t i)
{
    const char *at = NULL;
    struct slice element = { "", 0 };
    for (; i >= 0; i--) {
        element = json_text_next(array, &at);
        if (!element.len)
            break;
    }
    return element;
}

/* ---- scalars */

static bool is_number(struct slice value)
{
    char c = first(value);
    return c == '-' || is_digit(c);
}

bool json_text_double(struct slice value, double *number)
{
    return is_number(value) && number_get_double(value, number) && isfinite(*number);
}

bool json_text_int(struct slice value, int64_t *number)
{
    double real;
    if (!is_number(value))
        return false;
    if (number_get_int(value, number))
        return true;
    bool whole = !memchr(value.ptr, '.', value.len) && !memchr(value.ptr, 'e', value.len) &&
                 !memchr(value.ptr, 'E', value.len);
    if (whole || !number_get_double(value, &real) || fabs(real) >= 0x1p53 || trunc(real) != real)
        return false; /* from 2^53 on a Double is not sure to be what was written */
    *number = (int64_t)real;
    return true;
}

bool json_text_bool(struct slice value, bool *truth)
{
    *truth = first(value) == 't';
    return *truth || first(value) == 'f';
}

bool json_text_is_string(struct slice value)
{
    return first(value) == '"';
}

bool json_text_equals(struct slice value, struct slice string)
{
    return json_text_is_string(value) && same_text(json_text_raw(value), string);
}

struct slice json_text_raw(struct slice string)
{
    return (struct slice){ (const char *)string.ptr + 1, string.len - 2 };
}

size_t json_text_decode(struct slice raw, char *out)
{
    const char *at = raw.ptr, *end = at + raw.len;
    char *to = out;
    while (at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        size_t n = (size_t)((slash ? slash : end) - at);
        memcpy(to, at, n);
        to += n;
        at += n;
        uint32_t c = 0;
        if (!slash)
            break;
        at += 1 + read_escape(at + 1, end, &c);
        to += utf8_put(to, c);
    }
    return (size_t)(to - out);
}
