#include "column/json_text.h"

#include <math.h>
#include <string.h>

#include "column/number.h"
#include "column/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct json_scan {
    const char *at, *end;
};

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

static inline void skip_blanks(struct json_scan *scan)
{
    while (scan->at < scan->end && is_blank(*scan->at))
        scan->at++;
}

/* The first byte that is a quote, a backslash or a control character. */
static inline const char *plain_end(const char *at, const char *end)
{
#ifdef __SSE2__
    for (; end - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
        __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
        int mask = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), low));
        if (mask)
            return at + __builtin_ctz((unsigned)mask);
    }
#endif
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
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

/* ---- is it valid? */

static bool check_string(struct json_scan *scan)
{
    const char *at = plain_end(scan->at + 1, scan->end);
    while (at < scan->end && *at == '\\') {
        uint32_t c;
        size_t n = read_escape(at + 1, scan->end, &c);
        if (!n)
            return false;
        at = plain_end(at + 1 + n, scan->end);
    }
    scan->at = at + 1;
    return at < scan->end && *at == '"';
}

static bool check_digits(struct json_scan *scan)
{
    const char *from = scan->at;
    while (scan->at < scan->end && is_digit(*scan->at))
        scan->at++;
    return scan->at > from;
}

static bool check_number(struct json_scan *scan)
{
    scan->at += *scan->at == '-';
    const char *from = scan->at;
    if (!check_digits(scan) || (*from == '0' && scan->at > from + 1))
        return false;
    if (scan->at < scan->end && *scan->at == '.') {
        scan->at++;
        if (!check_digits(scan))
            return false;
    }
    if (scan->at == scan->end || (*scan->at != 'e' && *scan->at != 'E'))
        return true;
    scan->at++;
    if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
        scan->at++;
    return check_digits(scan);
}

static bool check_word(struct json_scan *scan, const char *word, size_t n)
{
    if ((size_t)(scan->end - scan->at) < n || memcmp(scan->at, word, n) != 0)
        return false;
    scan->at += n;
    return true;
}

static bool check_value(struct json_scan *scan, unsigned depth);

/* The byte behind blanks, taken; 0 at the end, which is no mark of JSON's. */
static inline char take_mark(struct json_scan *scan)
{
    skip_blanks(scan);
    return scan->at < scan->end ? *scan->at++ : 0;
}

static inline bool next_is(struct json_scan *scan, char mark)
{
    skip_blanks(scan);
    return scan->at < scan->end && *scan->at == mark;
}

static bool check_object(struct json_scan *scan, unsigned depth)
{
    scan->at++;
    char mark = ',';
    if (next_is(scan, '}')) {
        scan->at++;
        return true;
    }
    while (mark == ',') {
        if (!next_is(scan, '"') || !check_string(scan) || take_mark(scan) != ':' ||
            !check_value(scan, depth))
            return false;
        mark = take_mark(scan);
    }
    return mark == '}';
}

static bool check_array(struct json_scan *scan, unsigned depth)
{
    scan->at++;
    char mark = ',';
    if (next_is(scan, ']')) {
        scan->at++;
        return true;
    }
    while (mark == ',') {
        if (!check_value(scan, depth))
            return false;
        mark = take_mark(scan);
    }
    return mark == ']';
}

static bool check_value(struct json_scan *scan, unsigned depth)
{
    skip_blanks(scan);
    if (scan->at == scan->end)
        return false;
    switch (*scan->at) {
        case '"':
            return check_string(scan);
        case '{':
            return depth && check_object(scan, depth - 1);
        case '[':
            return depth && check_array(scan, depth - 1);
        case 't':
            return check_word(scan, "true", 4);
        case 'f':
            return check_word(scan, "false", 5);
        case 'n':
            return check_word(scan, "null", 4);
        default:
            return check_number(scan);
    }
}

bool json_text_valid(struct slice text)
{
    struct json_scan scan = { text.ptr, (const char *)text.ptr + text.len };
    if (!check_value(&scan, JSON_TEXT_DEPTH_MAX))
        return false;
    skip_blanks(&scan);
    return scan.at == scan.end;
}

/* ---- reading what is valid: no bound needs a look but the text's end */

struct slice json_text_trim(struct slice text)
{
    struct json_scan scan = { text.ptr, (const char *)text.ptr + text.len };
    skip_blanks(&scan);
    while (scan.end > scan.at && is_blank(scan.end[-1]))
        scan.end--;
    return (struct slice){ scan.at, (size_t)(scan.end - scan.at) };
}

/* Behind the string whose opening quote is at `at`. */
static inline const char *skip_string(const char *at, const char *end)
{
    at = plain_end(at + 1, end);
    while (at + 1 < end && *at == '\\')
        at = plain_end(at + 2, end);
    return at < end ? at + 1 : end;
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

struct slice json_text_member(struct slice object, struct slice name)
{
    struct json_scan scan = { object.ptr, (const char *)object.ptr + object.len };
    if (first(object) != '{')
        return (struct slice){ "", 0 };
    scan.at++;
    while (next_is(&scan, '"')) {
        const char *key = scan.at + 1;
        scan.at = skip_string(scan.at, scan.end);
        bool same = same_text(between(key, scan.at - 1), name);
        take_mark(&scan);
        skip_blanks(&scan);
        const char *value = scan.at;
        scan.at = skip_value(value, scan.end);
        if (same)
            return between(value, scan.at);
        take_mark(&scan);
    }
    return (struct slice){ "", 0 };
}

struct slice json_text_next(struct slice array, const char **at)
{
    if (first(array) != '[')
        return (struct slice){ "", 0 };
    struct json_scan scan = { *at ? *at : array.ptr, (const char *)array.ptr + array.len };
    char mark = take_mark(&scan); /* the bracket, later a comma; the closing one is left */
    skip_blanks(&scan);
    if ((mark != '[' && mark != ',') || scan.at == scan.end || *scan.at == ']')
        return (struct slice){ "", 0 };
    *at = skip_value(scan.at, scan.end);
    return between(scan.at, *at);
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
    if (whole || !number_get_double(value, &real) || fabs(real) > 0x1p53 || trunc(real) != real)
        return false; /* above 2^53 a Double is not sure to be what was written */
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
