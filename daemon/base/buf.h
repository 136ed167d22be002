/* A buffer of bytes that grows, and a read-only view of bytes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice { /* bytes that somebody else owns */
    const void *ptr;
    size_t len;
};

/* The bytes of a text, without its 0; NULL is an empty one. */
struct slice slice_of_text(const char *text);

struct buf { /* {0} is an empty one */
    uint8_t *ptr;
    size_t len, cap;
};

void buf_reserve(struct buf *buf, size_t n);    /* room for n more bytes */
uint8_t *buf_extend(struct buf *buf, size_t n); /* n more bytes, not cleared; where they begin */
void buf_put(struct buf *buf, const void *bytes, size_t n);
void buf_puts(struct buf *buf, const char *text); /* without its 0 */
void buf_put_u8(struct buf *buf, uint8_t value);
void buf_put_u16(struct buf *buf, uint16_t value); /* big-endian, as all our formats */
void buf_put_u32(struct buf *buf, uint32_t value);
void buf_put_u64(struct buf *buf, uint64_t value);
void buf_put_str(struct buf *buf, const char *text); /* u16 length, bytes; at most 65535 */
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *buf_text(struct buf *buf); /* the bytes with a 0 behind them, not counted */
void buf_clear(struct buf *buf);       /* empty; keeps the memory */
void buf_free(struct buf *buf);        /* empty; the memory is gone */
static inline struct slice buf_slice(const struct buf *buf)
{
    return (struct slice){ buf->ptr, buf->len };
}

static inline void be_put_u32(uint8_t *at, uint32_t value)
{
    value = __builtin_bswap32(value);
    __builtin_memcpy(at, &value, 4);
}
static inline void be_put_u64(uint8_t *at, uint64_t value)
{
    value = __builtin_bswap64(value);
    __builtin_memcpy(at, &value, 8);
}
static inline uint16_t be_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}
static inline uint32_t be_u32(const uint8_t *at)
{
    uint32_t value;
    __builtin_memcpy(&value, at, 4);
    return __builtin_bswap32(value);
}
static inline uint64_t be_u64(const uint8_t *at)
{
    uint64_t value;
    __builtin_memcpy(&value, at, 8);
    return __builtin_bswap64(value);
}

/* Reading what buf_put_… wrote: every get checks what is left; after the first that does not fit, `bad` stays set and all
 * that is got is 0 or empty, so a decoder asks once at its end. */
struct reader {
    const uint8_t *at, *end;
    bool bad;
};
static inline struct reader reader_of(struct slice bytes)
{
    const uint8_t *at = bytes.ptr;
    return (struct reader){ at, at + bytes.len, false };
}
static inline size_t reader_left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->at);
}
/* The next number, big-endian; 0 once the bytes are at their end, which `reader` then remembers. */
uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader); /* big-endian, all of them */
struct slice reader_bytes(struct reader *reader, size_t n);
struct slice reader_str(struct reader *reader); /* as buf_put_str() */
