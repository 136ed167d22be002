/* The content of a wal/ file: the blocks of one group commit, a frame each, in the order in which
 * they were sealed. Big-endian.
 *
 *     0  u32 magic "TMF1"
 *     4  u32 CRC-32C of the header from byte 8 to its end, topic included
 *     8  u32 CRC-32C of the payload
 *    12  u32 payload length, bytes
 *    16  u32 number of records
 *    20  i32 partition
 *    24  i64 offset of the first record
 *    32  i64 offset of the last record
 *    40  u64 hash of the previous frame of this source (frame_hash of its header; 0 for the first)
 *    48  u16 length of the topic's name, then the name
 *        payload: the block's rows, then its bytes (column/block.h)
 *
 * The chain of hashes goes on from file to file of a source, so that a frame that is missing,
 * doubled, swapped or of another file is found. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "column/block.h"

#define FRAME_HEAD_SIZE 50 /* without the topic */

/* Appends header and rows of a block's frame to out; the block's bytes (block->bytes, block->used)
 * follow them in the file. *chain is the hash of the previous frame and becomes this one's. */
void frame_encode(const struct block *block, uint64_t *chain, struct buf *out);
/* Reads all frames of a wal/ file's content into new blocks, at the end of `blocks`; topics are
 * views that live as long as `topics`. *chain goes on as in frame_encode(). False (ERR_FATAL, code
 * 350) names the frame and its offsets when anything does not fit; no block is left then. */
struct arena;
bool frame_decode_all(struct slice content, struct arena *topics, uint64_t *chain,
                      struct list *blocks, struct err *err);
