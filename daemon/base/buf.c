#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

struct slice slice_of_text(const char *text)
{
    return (struct slice){ text, text ? strlen(text) : 0 };
}

void buf_reserve(struct buf *buf, size_t n)
{
    check(n < SIZE_MAX / 4);
    if (buf->cap - buf->len >= n)
        return;
    size_t cap = buf->cap ? buf->cap * 2 : 64;
    while (cap - buf->len < n)
        cap *= 2;
    buf->ptr = mem_realloc(buf->ptr, cap);
    buf->cap = cap;
}

uint8_t *buf_extend(struct buf *buf, size_t n)
{
    buf_reserve(buf, n);
    uint8_t *at = buf->ptr + buf->len;
    buf->len += n;
    return at;
}

void buf_put(struct buf *buf, const void *bytes, size_t n)
{
    if (n)
        memcpy(buf_extend(buf, n), bytes, n);
}

void buf_puts(struct buf *buf, const char *text)
{
    buf_put(buf, text, strlen(text));
}

void buf_put_u8(struct buf *buf, uint8_t value)
{
    *buf_extend(buf, 1) = value;
}

void buf_put_u16(struct buf *buf, uint16_t value)
{
    uint8_t *at = buf_extend(buf, 2);
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void buf_put_u32(struct buf *buf, uint32_t value)
{
    be_put_u32(buf_extend(buf, 4), value);
}

void buf_put_u64(struct buf *buf, uint64_t value)
{
    be_put_u64(buf_extend(buf, 8), value);
}

void buf_put_str(struct buf *buf, const char *text)
{
    size_t n = strlen(text);
    check(n <= UINT16_MAX);
    buf_put_u16(buf, (uint16_t)n);
    buf_put(buf, text, n);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    size_t room = buf->cap - buf->len;
    va_start(args, format);
    int n = vsnprintf(room ? (char *)buf->ptr + buf->len : NULL, room, format, args);
    va_end(args);
    check(n >= 0);
    if ((size_t)n >= room) {
        buf_reserve(buf, (size_t)n + 1);
        va_start(args, format);
        vsnprintf((char *)buf->ptr + buf->len, (size_t)n + 1, format, args);
        va_end(args);
    }
    buf->len += (size_t)n;
}

const char *buf_text(struct buf *buf)
{
    buf_reserve(buf, 1);
    buf->ptr[buf->len] = 0;
    return (const char *)buf->ptr;
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
}

void buf_free(struct buf *buf)
{
    mem_free(buf->ptr);
    *buf = (struct buf){ 0 };
}

struct slice reader_bytes(struct reader *reader, size_t n)
{
    if (reader->bad || reader_left(reader) < n) {
        reader->bad = true;
        return (struct slice){ reader->end, 0 };
    }
    const uint8_t *at = reader->at;
    reader->at += n;
    return (struct slice){ at, n };
}

uint8_t reader_u8(struct reader *reader)
{
    struct slice s = reader_bytes(reader, 1);
    return s.len ? *(const uint8_t *)s.ptr : 0;
}

uint16_t reader_u16(struct reader *reader)
{
    struct slice s = reader_bytes(reader, 2);
    return s.len ? be_u16(s.ptr) : 0;
}

uint32_t reader_u32(struct reader *reader)
{
    struct slice s = reader_bytes(reader, 4);
    return s.len ? be_u32(s.ptr) : 0;
}

uint64_t reader_u64(struct reader *reader)
{
    struct slice s = reader_bytes(reader, 8);
    return s.len ? be_u64(s.ptr) : 0;
}

struct slice reader_str(struct reader *reader)
{
    return reader_bytes(reader, reader_u16(reader));
}
