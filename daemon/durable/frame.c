#include "durable/frame.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "base/hash.h"

#define FRAME_MAGIC 0x544d4631u /* "TMF1" */

enum frame_at { /* where the fields of the header lie */
                FRAME_AT_CRC = 4,
                FRAME_AT_PAYLOAD_CRC = 8,
                FRAME_AT_LENGTH = 12,
                FRAME_AT_COUNT = 16,
                FRAME_AT_PARTITION = 20,
                FRAME_AT_FIRST = 24,
                FRAME_AT_LAST = 32,
                FRAME_AT_PREVIOUS = 40,
                FRAME_AT_TOPIC = 48, /* u16 length */
};

void frame_encode(const struct block *block, uint64_t *chain, struct buf *out)
{
    size_t topic_len = strlen(block->topic), head_len = FRAME_HEAD_SIZE + topic_len;
    uint64_t rows_len = (uint64_t)block->count * BLOCK_ROW_SIZE;
    check(block->count > 0 && topic_len <= UINT16_MAX);
    check(rows_len + block->used <= UINT32_MAX);
    size_t head_at = out->len;
    buf_reserve(out, head_len + rows_len);
    buf_extend(out, FRAME_HEAD_SIZE);
    buf_put(out, block->topic, topic_len);
    block_encode_rows(block, out);
    uint8_t *head = out->ptr + head_at;
    uint32_t crc = crc32c(0, head + head_len, rows_len);
    be_put_u32(head, FRAME_MAGIC);
    be_put_u32(head + FRAME_AT_PAYLOAD_CRC, crc32c(crc, block->bytes, block->used));
    be_put_u32(head + FRAME_AT_LENGTH, (uint32_t)(rows_len + block->used));
    be_put_u32(head + FRAME_AT_COUNT, block->count);
    be_put_u32(head + FRAME_AT_PARTITION, (uint32_t)block->partition);
    be_put_u64(head + FRAME_AT_FIRST, (uint64_t)block->first_offset);
    be_put_u64(head + FRAME_AT_LAST, (uint64_t)block->last_offset);
    be_put_u64(head + FRAME_AT_PREVIOUS, *chain);
    head[FRAME_AT_TOPIC] = (uint8_t)(topic_len >> 8);
    head[FRAME_AT_TOPIC + 1] = (uint8_t)topic_len;
    be_put_u32(head + FRAME_AT_CRC,
               crc32c(0, head + FRAME_AT_PAYLOAD_CRC, head_len - FRAME_AT_PAYLOAD_CRC));
    *chain = hash64(head, head_len, 0);
}

struct frame { /* one that was read */
    const uint8_t *head;
    size_t head_len;
    struct slice topic, payload;
};

/* Cuts the next frame out, its header verified. */
static bool frame_cut(struct reader *reader, struct frame *frame, struct err *err)
{
    size_t left = reader_left(reader);
    const uint8_t *head = reader->at;
    if (left < FRAME_HEAD_SIZE || be_u32(head) != FRAME_MAGIC)
        return err_set(err, ERR_FATAL, "no frame begins here");
    size_t topic_len = be_u16(head + FRAME_AT_TOPIC), head_len = FRAME_HEAD_SIZE + topic_len;
    if (left < head_len || crc32c(0, head + FRAME_AT_PAYLOAD_CRC,
                                  head_len - FRAME_AT_PAYLOAD_CRC) != be_u32(head + FRAME_AT_CRC))
        return err_set(err, ERR_FATAL, "the checksum of its header does not fit");
    reader_bytes(reader, head_len);
    *frame = (struct frame){ .head = head,
                             .head_len = head_len,
                             .topic = { head + FRAME_HEAD_SIZE, topic_len },
                             .payload = reader_bytes(reader, be_u32(head + FRAME_AT_LENGTH)) };
    if (reader->bad)
        return err_set(err, ERR_FATAL, "it is cut short");
    return true;
}

static bool frame_verify(const struct frame *frame, uint64_t chain, struct err *err)
{
    if (be_u64(frame->head + FRAME_AT_PREVIOUS) != chain)
        return err_set(err, ERR_FATAL, "another frame stood before it when it was written");
    if (crc32c(0, frame->payload.ptr, frame->payload.len) !=
        be_u32(frame->head + FRAME_AT_PAYLOAD_CRC))
        return err_set(err, ERR_FATAL, "the checksum of its records does not fit");
    if (frame->topic.len && memchr(frame->topic.ptr, 0, frame->topic.len))
        return err_set(err, ERR_FATAL, "its topic has no proper name");
    return true;
}

/* Most blocks have the topic of the one before: names are not copied for each. */
static const char *frame_topic(const struct frame *frame, struct arena *topics,
                               const struct list *blocks)
{
    const struct list *last = list_last(blocks);
    if (last) {
        const char *topic = CONTAINER_OF(last, struct block, link)->topic;
        if (strlen(topic) == frame->topic.len &&
            memcmp(topic, frame->topic.ptr, frame->topic.len) == 0)
            return topic;
    }
    return arena_strndup(topics, frame->topic.ptr, frame->topic.len);
}

static bool frame_decode(const struct frame *frame, struct block **block, struct err *err)
{
    const uint8_t *head = frame->head;
    int64_t last = (int64_t)be_u64(head + FRAME_AT_LAST);
    if (!block_decode(frame->payload, (int64_t)be_u64(head + FRAME_AT_FIRST),
                      be_u32(head + FRAME_AT_COUNT), block, err))
        return false;
    if ((*block)->last_offset != last) {
        int64_t found = (*block)->last_offset;
        block_free(*block);
        return err_set(err, ERR_FATAL, "its last record has the offset %" PRId64, found);
    }
    (*block)->partition = (int32_t)be_u32(head + FRAME_AT_PARTITION);
    return true;
}

/* "frame 3: …", or with the header intact "frame 3 (lines-0, offsets 5 to 9): …" */
static bool frame_fail(const struct frame *frame, uint32_t number, struct err *err)
{
    if (!frame->head)
        err_wrap(err, "frame %" PRIu32, number);
    else
        err_wrap(err, "frame %" PRIu32 " (%.*s-%" PRId32 ", offsets %" PRId64 " to %" PRId64 ")",
                 number, (int)(frame->topic.len < 249 ? frame->topic.len : 249),
                 (const char *)frame->topic.ptr, (int32_t)be_u32(frame->head + FRAME_AT_PARTITION),
                 (int64_t)be_u64(frame->head + FRAME_AT_FIRST),
                 (int64_t)be_u64(frame->head + FRAME_AT_LAST));
    if (err)
        err->code = 350;
    return false;
}

struct frames { /* the reading of one file */
    struct reader reader;
    struct arena *topics;
    struct list blocks; /* found so far */
    uint64_t chain;
    uint32_t number; /* of the next one */
};

static bool frames_next(struct frames *frames, struct err *err)
{
    struct frame frame = { 0 };
    struct block *block;
    uint32_t number = frames->number++;
    if (!frame_cut(&frames->reader, &frame, err) || !frame_verify(&frame, frames->chain, err) ||
        !frame_decode(&frame, &block, err))
        return frame_fail(&frame, number, err);
    block->topic = frame_topic(&frame, frames->topics, &frames->blocks);
    block->frame = number;
    list_add_tail(&frames->blocks, &block->link);
    frames->chain = hash64(frame.head, frame.head_len, 0);
    return true;
}

bool frame_decode_all(struct slice content, struct arena *topics, uint64_t *chain,
                      struct list *blocks, struct err *err)
{
    struct frames frames = { .reader = reader_of(content), .topics = topics, .chain = *chain };
    list_init(&frames.blocks);
    bool ok = content.len > 0 || err_code(err, ERR_FATAL, 350, "a group commit without a frame");
    while (ok && reader_left(&frames.reader) > 0)
        ok = frames_next(&frames, err);
    if (ok)
        *chain = frames.chain;
    for (struct list *link; (link = list_first(&frames.blocks));) {
        list_remove(link);
        if (ok)
            list_add_tail(blocks, link);
        else
            block_free(CONTAINER_OF(link, struct block, link));
    }
    return ok;
}
