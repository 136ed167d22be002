#include "column/utf8.h"

#include <stdint.h>
#include <string.h>

#include "base/scan.h"

#define HIGH UINT64_C(0x8080808080808080)

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Bytes at the front that are ASCII, in steps of 32. Two words a step: gcc and clang make vectors of it. */
static size_t ascii_front(const uint8_t *at, size_t n)
{
    size_t done = 0;
    while (n - done >= 32) {
        uint64_t high = word_at(at + done) | word_at(at + done + 8) | word_at(at + done + 16) |
                        word_at(at + done + 24);
        if (high & HIGH)
            return done;
        done += 32;
    }
    return done;
}

bool utf8_is_ascii(const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    size_t done = n >= 32 ? ascii_front(at, n) : 0;
    uint8_t high = 0;
    if (n - done >= 32)
        return false;
    for (; done < n; done++)
        high |= at[done];
    return high < 0x80;
}

bool utf8_is_valid(const void *bytes, size_t n)
{
    const uint8_t *at = bytes, *end = at + n;
    while (at < end) {
        uint32_t point;
        if (*at < 0x80) {
            size_t front = ascii_front(at, (size_t)(end - at));
            at += front ? front : 1;
            continue;
        }
        size_t len = scan_utf8(at, end, &point);
        if (!len)
            return false;
        at += len;
    }
    return true;
}

size_t utf8_put(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00 >> n & 0xf0) | c);
    return n;
}
