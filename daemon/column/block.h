/* A block: records of one partition in the order of their offsets, as they came from the source and as they go into the
 * log. It is filled by a receiver, published in the log, computed, and given back: one block is one frame of the log, and
 * the unit of work and of memory.
 *
 * Each record's bytes lie behind one another in `bytes`: key, value, headers. The rows say how long each part is; a part
 * that is absent (a record without key, a tombstone) has the length BLOCK_ABSENT and no bytes. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"

#define BLOCK_ABSENT UINT32_MAX
#define BLOCK_SLACK 64 /* readable bytes behind the last one, for kernels that read words */

struct block_row {
    uint32_t key_len, value_len, headers_len;
    uint32_t offset_delta; /* offset - first_offset: offsets have holes */
    int64_t time_ms;       /* the record's time stamp since the Unix epoch; -1 = it has none */
};

struct block {
    struct list link;  /* of whoever holds it now */
    const char *topic; /* owned by the source, for the source's life */
    int32_t partition;
    uint32_t source;                   /* position in the job's list of sources */
    int64_t first_offset, last_offset; /* of the first and last record */
    uint32_t count, rows_cap;          /* records; room for them */
    uint32_t used, cap;                /* bytes; room for them (BLOCK_SLACK more are allocated) */
    struct block_row *rows;
    uint8_t *bytes;
    uint64_t opened_ms; /* when the first record came, monotonic */
    uint64_t seq;       /* the group commit that published it; 0 = not yet */
    uint32_t frame;     /* its place in that group commit */
};

struct block_record { /* one record to append, or one that was taken out; NULL pointer = absent */
    const void *key, *value, *headers;
    uint32_t key_len, value_len, headers_len;
    int64_t offset, time_ms;
};

/* headers, as bytes: for each u16 length and name, u32 length and value (BLOCK_ABSENT: null) */

struct block *block_new(uint32_t bytes_cap, uint32_t rows_cap);
void block_free(struct block *block);  /* NULL is fine */
void block_clear(struct block *block); /* empty, for any partition; keeps the memory */
/* False: no room, or an offset that is not greater than the last one or 2^32 or more away from the first: seal this block. */
bool block_append(struct block *block, const struct block_record *record);
/* The record of one row, whose bytes begin at `at` (0 for row 0); returns where those of the next row begin. The parts stay
 * in the block. */
uint32_t block_read(const struct block *block, uint32_t row, uint32_t at,
                    struct block_record *record);
/* What tells its last record from any other: CRC-32C of its time stamp, its key and its value; never
 * 0. A block that has records. */
uint32_t block_last_crc(const struct block *block);
uint32_t block_record_crc(const struct block_record *record);
/* The same of n rows, without looking at them. */
uint32_t block_skip(const struct block *block, uint32_t row, uint32_t n, uint32_t at);

/* The content of a frame: the rows, then `bytes` as they are. A row is BLOCK_ROW_SIZE bytes, big-endian:
 *   0 u32 key_len   4 u32 value_len   8 u32 headers_len   12 u32 offset_delta   16 i64 time_ms */
#define BLOCK_ROW_SIZE 24
void block_encode_rows(const struct block *block,
                       struct buf *out); /* the rows alone; the bytes follow from the block */
/* Makes a block of a frame's content; it owns its bytes, topic and partition are the caller's to set. The frame's header has
 * given first_offset and count. False (ERR_FATAL) when the content is not what such a block encodes to: nothing is allocated
 * before all of it was looked at. */
bool block_decode(struct slice content, int64_t first_offset, uint32_t count, struct block **block,
                  struct err *err);
