/* What stands on disk: the envelope of a file, a record's entries, a snapshot, frames and the blocks in them, types and
 * columns. Sums are set right first, so that what is behind them is read. What is read and written again is the same. */
#include "base/crc32c.h"
#include "column/block.h"
#include "column/pack.h"
#include "durable/file.h"
#include "durable/frame.h"
#include "durable/progress.h"
#include "durable/record.h"
#include "fuzz.h"

void durable_fuzz(const uint8_t *data, size_t size);

static void put_sum(uint8_t *at, const uint8_t *bytes, size_t n)
{
    be_put_u32(at, crc32c(0, bytes, n));
}

static void fuzz_file(uint8_t *data, size_t size)
{
    struct file_head head;
    struct slice content;
    struct err err = { 0 };
    if (size >= FILE_HEAD_SIZE + FILE_TAIL_SIZE) {
        be_put_u64(data + 48, size);
        put_sum(data + 188, data, 188);
        put_sum(data + size - 4, data, size - 4);
    }
    if (file_open((struct slice){ data, size }, NULL, &head, &content, &err) != FILE_WHOLE)
        check(err.kind == ERR_FATAL);
    else
        check(content.len == size - FILE_HEAD_SIZE - FILE_TAIL_SIZE);
}

static void fuzz_record(const uint8_t *data, size_t size)
{
    struct record_reader reader;
    struct record again = { 0 };
    struct err err = { 0 };
    struct entry entry;
    if (!record_open((struct slice){ data, size }, &reader, &err))
        return;
    while (record_next(&reader, &entry, &err))
        record_put(&again, &entry);
    check(err.kind == ERR_NONE || err.kind == ERR_FATAL);
    if (err.kind == ERR_NONE) {
        struct slice sealed = record_seal(&again, reader.before);
        check(sealed.len == size && memcmp(sealed.ptr, data, size) == 0);
    }
    record_free(&again);
}

static void fuzz_progress(const uint8_t *data, size_t size)
{
    struct progress progress = { 0 }, again = { 0 };
    struct record saved = { 0 };
    struct err err = { 0 };
    if (progress_load(&progress, (struct slice){ data, size }, 7, &err)) {
        progress_save(&progress, &saved);
        check(progress_load(&again, record_seal(&saved, progress.hash), 7, &err));
        check(again.batch == progress.batch && again.n_partitions == progress.n_partitions);
    } else {
        check(err.kind == ERR_FATAL);
    }
    progress_free(&progress);
    progress_free(&again);
    record_free(&saved);
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

static void fuzz_frames(uint8_t *data, size_t size)
{
    struct arena topics = { 0 };
    struct list blocks;
    struct err err = { 0 };
    uint64_t chain = 0;
    list_init(&blocks);
    mend_frames(data, size);
    bool ok = frame_decode_all((struct slice){ data, size }, &topics, &chain, &blocks, &err);
    check(ok || (err.kind == ERR_FATAL && list_empty(&blocks)));
    while (!list_empty(&blocks)) {
        struct block *block = CONTAINER_OF(blocks.next, struct block, link);
        list_remove(&block->link);
        block_free(block);
    }
    arena_free(&topics);
}

static void fuzz_column(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct types *types = types_new(&arena);
    struct reader reader = reader_of((struct slice){ data, size });
    const struct type *type = unpack_type(types, &arena, &reader);
    struct column column;
    struct buf again = { 0 };
    const uint8_t *from = reader.at;
    uint32_t n = reader_u8(&reader);
    if (type && !reader.bad && unpack_column(&reader, type, n, &arena, &column)) {
        pack_type(&again, type);
        pack_column(&again, &column, (struct sel){ .n = n }, &arena);
        size_t head = (size_t)(from - data), rest = (size_t)(reader.at - from) - 1;
        check(again.len == head + rest && memcmp(again.ptr, data, head) == 0 &&
              (!rest || memcmp(again.ptr + head, from + 1, rest) == 0));
    }
    buf_free(&again);
    arena_free(&arena);
}

void durable_fuzz(const uint8_t *data, size_t size)
{
    if (!size)
        return;
    uint8_t *copy = malloc(size);
    memcpy(copy, data, size);
    switch (copy[0] % 5) {
        case 0:
            fuzz_file(copy + 1, size - 1);
            break;
        case 1:
            fuzz_record(copy + 1, size - 1);
            break;
        case 2:
            fuzz_progress(copy + 1, size - 1);
            break;
        case 3:
            fuzz_frames(copy + 1, size - 1);
            break;
        default:
            fuzz_column(copy + 1, size - 1);
            break;
    }
    free(copy);
}
