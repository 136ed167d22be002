#include "sink/python.h"

#include <string.h>
#include <time.h>

#include "base/number.h"
#include "base/scan.h"
#include "sink/printable.h"

static char quote_for(const char *text, size_t n)
{
    return memchr(text, '\'', n) && !memchr(text, '"', n) ? '"' : '\'';
}

/* The escape of a control character, of the quote and of the backslash; '\0' = it has none of one letter. */
static char short_escape(uint32_t point, char quote)
{
    switch (point) {
        case '\n':
            return 'n';
        case '\r':
            return 'r';
        case '\t':
            return 't';
        case '\\':
            return '\\';
        default:
            return point == (unsigned char)quote ? quote : '\0';
    }
}

static void put_escaped(struct buf *out, uint32_t point)
{
    if (point < 0x100)
        buf_printf(out, "\\x%02x", point);
    else if (point < 0x10000)
        buf_printf(out, "\\u%04x", point);
    else
        buf_printf(out, "\\U%08x", point);
}

static void put_point(struct buf *out, uint32_t point, struct slice bytes, char quote)
{
    char escape = short_escape(point, quote);
    if (escape) {
        buf_put_u8(out, '\\');
        buf_put_u8(out, (uint8_t)escape);
    } else if (printable(point)) {
        buf_put(out, bytes.ptr, bytes.len);
    } else {
        put_escaped(out, point);
    }
}

void python_put_string(struct buf *out, const char *text, size_t n)
{
    char quote = n ? quote_for(text, n) : '\'';
    const uint8_t *at = (const uint8_t *)text, *end = at + n;
    buf_put_u8(out, (uint8_t)quote);
    while (at < end) {
        uint32_t point = 0;
        size_t len = scan_utf8(at, end, &point);
        if (len)
            put_point(out, point, (struct slice){ at, len }, quote);
        else
            buf_puts(out, "\xef\xbf\xbd");
        at += len ? len : 1;
    }
    buf_put_u8(out, (uint8_t)quote);
}

void python_put_bytes(struct buf *out, const char *bytes, size_t n)
{
    char quote = n ? quote_for(bytes, n) : '\'';
    buf_put_u8(out, 'b');
    buf_put_u8(out, (uint8_t)quote);
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        if (byte < 0x80)
            put_point(out, byte, (struct slice){ bytes + i, 1 }, quote);
        else
            put_escaped(out, byte);
    }
    buf_put_u8(out, (uint8_t)quote);
}

void python_put_double(struct buf *out, double value)
{
    char text[NUMBER_TEXT_MAX];
    buf_put(out, text, number_double(value, text));
}

void python_put_time(struct buf *out, int64_t time_ms)
{
    int64_t ms = time_ms % 1000, s = time_ms / 1000;
    struct tm tm = { 0 };
    if (ms < 0) {
        ms += 1000;
        s--;
    }
    time_t seconds = (time_t)s;
    if (!localtime_r(&seconds, &tm)) { /* a year that does not fit an int */
        buf_printf(out, "%lld ms", (long long)time_ms);
        return;
    }
    buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
               tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (ms)
        buf_printf(out, ".%03d000", (int)ms);
}
