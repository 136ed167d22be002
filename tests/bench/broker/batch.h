/* Batches of a Kafka topic as they lie in its log (format 2), but for the base offset's first 8
 * bytes, which no checksum covers:
 *   length 4 · leader epoch 4 · magic 1 · CRC32C 4 · attributes 2 · last offset delta 4 · first and
 *   greatest time 8 + 8 · producer 8 · its epoch 2 · sequence 4 · records 4 · the records */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define BATCH_RECORDS 1000

/* Records of words, `record` bytes each; the same seed makes the same. is_text: prints them too. */
void batch_make(struct buf *batch, uint64_t seed, size_t record, bool is_text);
/* The same as part of a transaction of this producer's. */
void batch_of_producer(struct buf *batch, const struct buf *plain, int64_t producer);
/* The end of a producer's transaction: one control record. */
void batch_marker(struct buf *batch, int64_t producer, bool committed);
/* The records of a file, packed as it has them by this codec: 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
void batch_packed(struct buf *batch, uint8_t codec, const char *path);
/* One that lies. kind: crc (the checksum), or 1 GiB long as it says (huge), as its first record says
 * (record). Any other: one that does not lie. */
void batch_spoil(struct buf *batch, const struct buf *plain, const char *kind);
