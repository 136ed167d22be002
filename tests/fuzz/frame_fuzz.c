/* A block of the write-ahead log: frames, and the records in them. Sums are set right first, so that what is behind them is read.
 * What is read and written again is the same. */
#include "base/crc32c.h"
#include "column/block.h"
#include "durable/frame.h"
#include "fuzz.h"

void frame_fuzz(const uint8_t *data, size_t size);

static void put_sum(uint8_t *at, const uint8_t *bytes, size_t n)
{
    be_put_u32(at, crc32c(0, bytes, n));
}

/* Sums of every frame whose lengths fit. */
static void mend_frames(uint8_t *data, size_t size)
{
    while (size >= FRAME_HEAD_SIZE) {
        size_t payload = be_u32(data + 12), topic = be_u16(data + 48);
        size_t head = FRAME_HEAD_SIZE + topic;
        if (head > size || payload > size - head)
            return;
        put_sum(data + 8, data + head, payload);
        put_sum(data + 4, data + 8, head - 8);
        data += head + payload;
        size -= head + payload;
    }
}

static void walk_rows(const struct block *block)
{
    struct block_record record;
    uint32_t at = 0;
    for (uint32_t row = 0; row < block->count; row++) {
        at = block_read(block, row, at, &record);
        check(at <= block->used && record.offset >= block->first_offset);
    }
    check(at == block->used && at == block_skip(block, 0, block->count, 0));
}

void frame_fuzz(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, data + size };
    struct arena topics = { 0 };
    struct list blocks;
    struct err err = { 0 };
    struct buf again = { 0 };
    uint64_t chain = 0, chain_again = 0;
    uint8_t *bytes = fuzz_rest(&input, &size);
    list_init(&blocks);
    mend_frames(bytes, size);
    bool ok = frame_decode_all((struct slice){ bytes, size }, &topics, &chain, &blocks, &err);
    check(ok || (err.kind == ERR_FATAL && list_empty(&blocks)));
    while (!list_empty(&blocks)) {
        struct block *block = CONTAINER_OF(list_first(&blocks), struct block, link);
        list_remove(&block->link);
        walk_rows(block);
        frame_encode(block, &chain_again, &again);
        buf_put(&again, block->bytes, block->used);
        block_free(block);
    }
    if (ok)
        check(chain == chain_again && fuzz_same(buf_slice(&again), (struct slice){ bytes, size }));
    buf_free(&again);
    arena_free(&topics);
    free(bytes);
}
