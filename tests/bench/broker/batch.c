#include "batch.h"

#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"

enum {
    AT_CRC = 9,
    AT_ATTRIBUTES = 13,
    AT_PRODUCER = 35,
    AT_EPOCH = 43,
    AT_SEQUENCE = 45,
    AT_RECORDS = 53
};
enum { IN_TRANSACTION = 0x10, IS_CONTROL = 0x20 };

static void put_varint(struct buf *out, int64_t value)
{
    uint64_t zigzag = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    for (; zigzag >= 0x80; zigzag >>= 7)
        buf_put_u8(out, (uint8_t)(zigzag | 0x80));
    buf_put_u8(out, (uint8_t)zigzag);
}

/* The k-th of 65,536 words comes about as often as 1/k; 100 bytes are some 16 of them. */
static void put_words(struct buf *out, size_t n, uint64_t *seed)
{
    size_t end = out->len + n;
    while (out->len < end) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t word = 1u << (*seed >> 33) % 16;
        word += (uint32_t)(*seed >> 48) % word;
        buf_printf(out, "%.*s%x ", 1 + (int)(word % 4), "word", (unsigned)word);
    }
    out->len = end;
    out->ptr[end - 1] = 'x'; /* never a blank at the end */
}

/* key: NULL = none */
static void put_record(struct buf *records, int64_t delta, const struct slice *key,
                       struct slice value)
{
    struct buf one = { 0 };
    buf_put_u8(&one, 0);
    put_varint(&one, 0);
    put_varint(&one, delta);
    put_varint(&one, key ? (int64_t)key->len : -1);
    if (key)
        buf_put(&one, key->ptr, key->len);
    put_varint(&one, (int64_t)value.len);
    buf_put(&one, value.ptr, value.len);
    put_varint(&one, 0); /* no headers */
    put_varint(records, (int64_t)one.len);
    buf_put(records, one.ptr, one.len);
    buf_free(&one);
}

static void seal(struct buf *batch)
{
    be_put_u32(batch->ptr, (uint32_t)batch->len - 4);
    be_put_u32(batch->ptr + AT_CRC,
               crc32c(0, batch->ptr + AT_ATTRIBUTES, batch->len - AT_ATTRIBUTES));
}

static void put_batch(struct buf *batch, uint32_t n, const struct buf *records)
{
    buf_put_u32(batch, 0); /* its length, sealed below */
    buf_put_u32(batch, 0);
    buf_put_u8(batch, 2);
    buf_put_u32(batch, 0); /* the checksum, likewise */
    buf_put_u16(batch, 0);
    buf_put_u32(batch, n - 1);
    buf_put_u64(batch, 1700000000000);
    buf_put_u64(batch, 1700000000000);
    buf_put_u64(batch, UINT64_MAX); /* no producer, epoch, sequence */
    buf_put_u16(batch, UINT16_MAX);
    buf_put_u32(batch, UINT32_MAX);
    buf_put_u32(batch, n);
    buf_put(batch, records->ptr, records->len);
    seal(batch);
}

static void set_producer(struct buf *batch, int64_t producer, uint8_t attributes)
{
    batch->ptr[AT_ATTRIBUTES + 1] = attributes;
    be_put_u64(batch->ptr + AT_PRODUCER, (uint64_t)producer);
    memset(batch->ptr + AT_EPOCH, 0, 2);
    be_put_u32(batch->ptr + AT_SEQUENCE, attributes & IS_CONTROL ? UINT32_MAX : 0);
    seal(batch);
}

void batch_make(struct buf *batch, uint64_t seed, size_t record, bool is_text)
{
    struct buf records = { 0 }, text = { 0 };
    for (int i = 0; i < BATCH_RECORDS; i++) {
        buf_clear(&text);
        put_words(&text, record, &seed);
        if (is_text)
            printf("%.*s\n", (int)text.len, (const char *)text.ptr);
        put_record(&records, i, NULL, buf_slice(&text));
    }
    put_batch(batch, BATCH_RECORDS, &records);
    buf_free(&records);
    buf_free(&text);
}

void batch_of_producer(struct buf *batch, const struct buf *plain, int64_t producer)
{
    buf_put(batch, plain->ptr, plain->len);
    set_producer(batch, producer, IN_TRANSACTION);
}

void batch_marker(struct buf *batch, int64_t producer, bool committed)
{
    struct buf records = { 0 }, key = { 0 }, value = { 0 };
    buf_put_u16(&key, 0);
    buf_put_u16(&key, committed);
    buf_put_u16(&value, 0);
    buf_put_u32(&value, 0); /* the coordinator's epoch */
    struct slice key_of = buf_slice(&key);
    put_record(&records, 0, &key_of, buf_slice(&value));
    put_batch(batch, 1, &records);
    set_producer(batch, producer, IN_TRANSACTION | IS_CONTROL);
    buf_free(&records);
    buf_free(&key);
    buf_free(&value);
}

void batch_spoil(struct buf *batch, const struct buf *plain, const char *kind)
{
    buf_put(batch, plain->ptr, plain->len);
    if (strcmp(kind, "crc") == 0)
        batch->ptr[batch->len - 1] ^= 1;
    if (strcmp(kind, "record") == 0) {
        memcpy(batch->ptr + AT_RECORDS, "\x80\x80\x80\x80\x08", 5);
        seal(batch);
    }
    if (strcmp(kind, "huge") == 0)
        be_put_u32(batch->ptr, 1u << 30);
}

void batch_packed(struct buf *batch, uint8_t codec, const char *path)
{
    struct buf records = { 0 };
    FILE *file = fopen(path, "rb");
    if (!file)
        perror(path);
    for (size_t n = 1; file && n; records.len += n) {
        buf_reserve(&records, 1 << 20);
        n = fread(records.ptr + records.len, 1, 1 << 20, file);
    }
    if (file)
        fclose(file);
    put_batch(batch, BATCH_RECORDS, &records);
    batch->ptr[AT_ATTRIBUTES + 1] = codec;
    seal(batch);
    buf_free(&records);
}
