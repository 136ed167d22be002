#include "column/block.h"

#include <string.h>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/mem.h"

struct block *block_new(uint32_t bytes_cap, uint32_t rows_cap)
{
    check(bytes_cap <= UINT32_MAX - BLOCK_SLACK);
    struct block *block = mem_zalloc(sizeof *block);
    list_init(&block->link);
    block->rows = mem_alloc(sizeof *block->rows * rows_cap);
    block->rows_cap = rows_cap;
    block->bytes = mem_alloc((size_t)bytes_cap + BLOCK_SLACK);
    block->cap = bytes_cap;
    memset(block->bytes + bytes_cap, 0, BLOCK_SLACK);
    return block;
}

void block_free(struct block *block)
{
    if (!block)
        return;
    mem_free(block->rows);
    mem_free(block->bytes);
    mem_free(block);
}

void block_clear(struct block *block)
{
    *block = (struct block){
        .link = block->link,
        .rows = block->rows,
        .rows_cap = block->rows_cap,
        .bytes = block->bytes,
        .cap = block->cap,
    };
}

static bool block_offset_fits(const struct block *block, int64_t offset)
{
    if (offset < 0)
        return false;
    if (block->count == 0)
        return true;
    return offset > block->last_offset && offset - block->first_offset <= UINT32_MAX;
}

/* A length as the row has it, and how many bytes it takes. */
static uint32_t block_len(const void *part, uint32_t len, uint64_t *need)
{
    if (!part)
        return BLOCK_ABSENT;
    *need += len;
    return len;
}

static void block_put(struct block *block, const void *part, uint32_t len)
{
    if (!part || len == 0)
        return;
    memcpy(block->bytes + block->used, part, len);
    block->used += len;
}

bool block_append(struct block *block, const struct block_record *record)
{
    uint64_t need = 0;
    struct block_row row = {
        .key_len = block_len(record->key, record->key_len, &need),
        .value_len = block_len(record->value, record->value_len, &need),
        .headers_len = block_len(record->headers, record->headers_len, &need),
        .time_ms = record->time_ms,
    };
    if (block->count == block->rows_cap || need > block->cap - block->used)
        return false;
    if (!block_offset_fits(block, record->offset))
        return false;
    if (block->count == 0)
        block->first_offset = record->offset;
    row.offset_delta = (uint32_t)(record->offset - block->first_offset);
    block->last_offset = record->offset;
    block->rows[block->count++] = row;
    block_put(block, record->key, record->key_len);
    block_put(block, record->value, record->value_len);
    block_put(block, record->headers, record->headers_len);
    return true;
}

static const void *block_part(const struct block *block, uint32_t *at, uint32_t len)
{
    if (len == BLOCK_ABSENT)
        return NULL;
    const void *part = block->bytes + *at;
    *at += len;
    return part;
}

uint32_t block_read(const struct block *block, uint32_t row, uint32_t at,
                    struct block_record *record)
{
    check(row < block->count);
    const struct block_row *r = &block->rows[row];
    *record = (struct block_record){ .offset = block->first_offset + r->offset_delta,
                                     .time_ms = r->time_ms };
    record->key = block_part(block, &at, r->key_len);
    record->value = block_part(block, &at, r->value_len);
    record->headers = block_part(block, &at, r->headers_len);
    record->key_len = record->key ? r->key_len : 0;
    record->value_len = record->value ? r->value_len : 0;
    record->headers_len = record->headers ? r->headers_len : 0;
    return at;
}

static uint64_t block_row_bytes(const struct block_row *row)
{
    uint64_t n = row->key_len == BLOCK_ABSENT ? 0 : row->key_len;
    n += row->value_len == BLOCK_ABSENT ? 0 : row->value_len;
    return n + (row->headers_len == BLOCK_ABSENT ? 0 : row->headers_len);
}

uint32_t block_record_crc(const struct block_record *record)
{
    uint8_t head[16];
    be_put_u64(head, (uint64_t)record->time_ms);
    be_put_u32(head + 8, record->key_len);
    be_put_u32(head + 12, record->value_len);
    uint32_t crc = crc32c(0, head, sizeof head);
    if (record->key_len)
        crc = crc32c(crc, record->key, record->key_len);
    if (record->value_len)
        crc = crc32c(crc, record->value, record->value_len);
    return crc ? crc : 1;
}

uint32_t block_last_crc(const struct block *block)
{
    struct block_record record;
    check(block->count > 0);
    uint32_t last = block->count - 1;
    uint32_t at = block->used - (uint32_t)block_row_bytes(&block->rows[last]);
    block_read(block, last, at, &record);
    return block_record_crc(&record);
}

uint32_t block_skip(const struct block *block, uint32_t row, uint32_t n, uint32_t at)
{
    check(n <= block->count - row);
    if (row + n == block->count)
        return block->used;
    for (uint32_t i = row; i < row + n; i++)
        at += (uint32_t)block_row_bytes(&block->rows[i]);
    return at;
}

void block_encode_rows(const struct block *block, struct buf *out)
{
    uint8_t *at = buf_extend(out, (size_t)block->count * BLOCK_ROW_SIZE);
    for (uint32_t i = 0; i < block->count; i++, at += BLOCK_ROW_SIZE) {
        const struct block_row *row = &block->rows[i];
        be_put_u32(at, row->key_len);
        be_put_u32(at + 4, row->value_len);
        be_put_u32(at + 8, row->headers_len);
        be_put_u32(at + 12, row->offset_delta);
        be_put_u64(at + 16, (uint64_t)row->time_ms);
    }
}

static struct block_row block_row_at(const uint8_t *at)
{
    return (struct block_row){
        .key_len = be_u32(at),
        .value_len = be_u32(at + 4),
        .headers_len = be_u32(at + 8),
        .offset_delta = be_u32(at + 12),
        .time_ms = (int64_t)be_u64(at + 16),
    };
}

/* Do the encoded rows describe exactly `bytes` bytes, in the order of offsets that exist? */
static bool block_rows_fit(const uint8_t *rows, uint32_t count, uint64_t bytes,
                           int64_t first_offset, struct err *err)
{
    uint64_t total = 0;
    int64_t last_delta = -1;
    for (uint32_t i = 0; i < count; i++) {
        struct block_row row = block_row_at(rows + (size_t)i * BLOCK_ROW_SIZE);
        if (i == 0 ? row.offset_delta != 0 : row.offset_delta <= last_delta)
            return err_code(err, ERR_FATAL, 350, "row %u of a block is out of order", i);
        last_delta = row.offset_delta;
        total += block_row_bytes(&row); /* 2^32 rows of 3 * 2^32 bytes stay far from 2^64 */
    }
    if (total != bytes)
        return err_code(err, ERR_FATAL, 350,
                        "the rows of a block stand for %llu bytes, it has %llu",
                        (unsigned long long)total, (unsigned long long)bytes);
    if (first_offset < 0 || first_offset > INT64_MAX - last_delta)
        return err_code(err, ERR_FATAL, 350, "a block begins at the impossible offset %lld",
                        (long long)first_offset);
    return true;
}

bool block_decode(struct slice content, int64_t first_offset, uint32_t count, struct block **block,
                  struct err *err)
{
    if (count == 0 || content.len / BLOCK_ROW_SIZE < count)
        return err_code(err, ERR_FATAL, 350, "a block of %u records cannot have %zu bytes", count,
                        content.len);
    const uint8_t *rows = content.ptr, *bytes = rows + (size_t)count * BLOCK_ROW_SIZE;
    size_t n = content.len - (size_t)count * BLOCK_ROW_SIZE;
    if (n > UINT32_MAX - BLOCK_SLACK)
        return err_code(err, ERR_FATAL, 350, "a block of %zu bytes is too large", n);
    if (!block_rows_fit(rows, count, n, first_offset, err))
        return false;
    struct block *b = block_new((uint32_t)n, count);
    for (uint32_t i = 0; i < count; i++)
        b->rows[i] = block_row_at(rows + (size_t)i * BLOCK_ROW_SIZE);
    if (n)
        memcpy(b->bytes, bytes, n);
    b->used = (uint32_t)n;
    b->count = count;
    b->first_offset = first_offset;
    b->last_offset = first_offset + b->rows[count - 1].offset_delta;
    *block = b;
    return true;
}
