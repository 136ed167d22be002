#include "base/quote.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/scan.h"

static const struct {
    char byte, letter;
} escapes[] = { { '"', '"' },  { '\\', '\\' }, { '\n', 'n' }, { '\t', 't' },
                { '\r', 'r' }, { '\b', 'b' },  { '\f', 'f' } };
#define N_ESCAPES (sizeof escapes / sizeof escapes[0])

size_t quote_utf8(const char *at, size_t n)
{
    uint32_t ignored;
    return scan_utf8((const uint8_t *)at, (const uint8_t *)at + n, &ignored);
}

size_t quote_cut(const char *text, size_t n, size_t most)
{
    size_t end = n < most ? n : most;
    while (end > 0 && end < n && ((uint8_t)text[end] & 0xc0) == 0x80)
        end--;
    return end;
}

static void put_byte(struct buf *buf, char byte)
{
    for (size_t i = 0; i < N_ESCAPES; i++) {
        if (escapes[i].byte != byte)
            continue;
        buf_put_u8(buf, '\\');
        buf_put_u8(buf, (uint8_t)escapes[i].letter);
        return;
    }
    if ((uint8_t)byte < 0x20 || byte == 0x7f)
        buf_printf(buf, "\\u%04x", (unsigned)byte);
    else
        buf_put_u8(buf, (uint8_t)byte);
}

void quote_put(struct buf *buf, const char *text, size_t n)
{
    buf_put_u8(buf, '"');
    for (size_t i = 0; i < n;) {
        size_t length = quote_utf8(text + i, n - i);
        if (length == 1)
            put_byte(buf, text[i]);
        else if (length == 0)
            buf_puts(buf, "\xef\xbf\xbd");
        else
            buf_put(buf, text + i, length);
        i += length ? length : 1;
    }
    buf_put_u8(buf, '"');
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the escape behind a backslash means; *took its length without the backslash. 0:
 * there is no such escape. */
static char get_escape(const char *at, size_t n, size_t *took)
{
    for (size_t i = 0; n > 0 && i < N_ESCAPES; i++) {
        if (escapes[i].letter == at[0]) {
            *took = 1;
            return escapes[i].byte;
        }
    }
    if (n < 5 || memcmp(at, "u00", 3) != 0)
        return 0;
    int high = hex_digit(at[3]), low = hex_digit(at[4]);
    *took = 5;
    return high < 0 || high > 7 || low < 0 ? 0 : (char)(high * 16 + low);
}

size_t quote_get(const char *at, size_t n, char *out, size_t size)
{
    size_t i = 1, used = 0;
    if (n == 0 || at[0] != '"' || size == 0)
        return 0;
    while (i < n && at[i] != '"') {
        size_t took = quote_utf8(at + i, n - i);
        char escaped = 0;
        if (took == 0 || (uint8_t)at[i] < 0x20)
            return 0;
        if (at[i] == '\\') {
            escaped = get_escape(at + i + 1, n - i - 1, &took);
            if (!escaped)
                return 0;
        }
        size_t bytes = escaped ? 1 : took;
        if (used + bytes >= size)
            return 0;
        memcpy(out + used, escaped ? &escaped : at + i, bytes);
        used += bytes;
        i += escaped ? took + 1 : took;
    }
    if (i == n)
        return 0;
    out[used] = '\0';
    return i + 1;
}
