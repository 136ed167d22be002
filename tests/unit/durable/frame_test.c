#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "durable/frame.h"

static struct block *block_of(const char *topic, int32_t partition, int64_t offset,
                              const char *value)
{
    struct block *block = block_new(100, 10);
    block->topic = topic;
    block->partition = partition;
    ck_assert(block_append(block, &(struct block_record){ .value = value,
                                                          .value_len = (uint32_t)strlen(value),
                                                          .offset = offset,
                                                          .time_ms = 5 }));
    return block;
}

/* Appends the block's frame to the content and frees the block. */
static void add(struct buf *content, struct block *block, uint64_t *chain)
{
    frame_encode(block, chain, content);
    buf_put(content, block->bytes, block->used);
    block_free(block);
}

static struct buf three_frames(uint64_t *chain)
{
    struct buf content = { 0 };
    add(&content, block_of("lines", 0, 10, "a"), chain);
    add(&content, block_of("lines", 1, 20, "bb"), chain);
    add(&content, block_of("words", 0, 30, ""), chain);
    return content;
}

static unsigned drop(struct list *blocks)
{
    unsigned n = 0;
    for (struct list *link; (link = list_first(blocks)); n++) {
        list_remove(link);
        block_free(CONTAINER_OF(link, struct block, link));
    }
    return n;
}

static bool decodes(const void *bytes, size_t n, uint64_t chain, struct err *err)
{
    void *copy = malloc(n ? n : 1); /* of its own, so that a sanitizer sees a read behind it */
    memcpy(copy, bytes, n);
    struct arena topics = { 0 };
    struct list blocks;
    uint64_t hash = chain;
    list_init(&blocks);
    *err = (struct err){ 0 };
    bool ok = frame_decode_all((struct slice){ copy, n }, &topics, &hash, &blocks, err);
    ck_assert(ok || (hash == chain && list_empty(&blocks)));
    ck_assert(ok || (err->kind == ERR_FATAL && err->code == 350));
    drop(&blocks);
    arena_free(&topics);
    free(copy);
    return ok;
}

static const char golden[] = /* block_of("t", 2, 7, "hi"), 0x0102030405060708 before it */
    "TMF1"
    "\241\322\120\327"
    "\201\334\272\157"
    "\0\0\0\32"
    "\0\0\0\1"
    "\0\0\0\2"
    "\0\0\0\0\0\0\0\7"
    "\0\0\0\0\0\0\0\7"
    "\1\2\3\4\5\6\7\10"
    "\0\1"
    "t"
    "\377\377\377\377"
    "\0\0\0\2"
    "\377\377\377\377"
    "\0\0\0\0"
    "\0\0\0\0\0\0\0\5"
    "hi";

START_TEST(golden_bytes)
{
    struct buf content = { 0 };
    uint64_t chain = 0x0102030405060708;
    add(&content, block_of("t", 2, 7, "hi"), &chain);
    ck_assert_uint_eq(content.len, sizeof golden - 1);
    ck_assert_mem_eq(content.ptr, golden, content.len);
    ck_assert_uint_eq(chain, 0x889d0e7a1a55d162u);
    buf_free(&content);
}
END_TEST

START_TEST(what_was_encoded_is_read_back_in_order)
{
    uint64_t before = 99, chain = before, read = before;
    struct buf content = three_frames(&chain);
    struct arena topics = { 0 };
    struct list blocks;
    list_init(&blocks);
    ck_assert(frame_decode_all(buf_slice(&content), &topics, &read, &blocks, NULL));
    ck_assert_uint_eq(read, chain);
    const struct block *last = CONTAINER_OF(list_last(&blocks), struct block, link);
    ck_assert_str_eq(last->topic, "words");
    ck_assert_int_eq(last->first_offset, 30);
    ck_assert_uint_eq(last->frame, 2);
    const struct block *first = CONTAINER_OF(list_first(&blocks), struct block, link);
    ck_assert_str_eq(first->topic, "lines");
    ck_assert_mem_eq(first->bytes, "a", 1);
    ck_assert_uint_eq(drop(&blocks), 3);
    arena_free(&topics);
    buf_free(&content);
}
END_TEST

START_TEST(a_cut_is_found_unless_it_is_between_frames)
{
    uint64_t chain = 0;
    struct err err;
    struct buf content = three_frames(&chain);
    unsigned whole = 0;
    for (size_t n = 0; n < content.len; n++)
        whole += decodes(content.ptr, n, 0, &err);
    ck_assert_uint_eq(whole, 2); /* behind the first and behind the second: the envelope's matter */
    buf_free(&content);
}
END_TEST

START_TEST(every_flipped_bit_is_found)
{
    uint64_t chain = 0;
    struct err err;
    struct buf content = three_frames(&chain);
    for (size_t bit = 0; bit < content.len * 8; bit++) {
        content.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_msg(!decodes(content.ptr, content.len, 0, &err), "bit %zu", bit);
        content.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ck_assert(decodes(content.ptr, content.len, 0, &err));
    buf_free(&content);
}
END_TEST

START_TEST(frames_missing_doubled_swapped_or_of_elsewhere_are_found)
{
    uint64_t chain = 0;
    struct err err;
    struct buf one = { 0 }, all = { 0 };
    add(&one, block_of("t", 0, 1, "a"), &chain);
    size_t first = one.len;
    add(&one, block_of("t", 0, 2, "b"), &chain);
    ck_assert(decodes(one.ptr, one.len, 0, &err));
    ck_assert(!decodes(one.ptr, one.len, 1, &err));                 /* of elsewhere */
    ck_assert(!decodes(one.ptr + first, one.len - first, 0, &err)); /* missing */
    buf_put(&all, one.ptr, first);
    buf_put(&all, one.ptr, one.len);
    ck_assert(!decodes(all.ptr, all.len, 0, &err)); /* doubled */
    buf_clear(&all);
    buf_put(&all, one.ptr + first, one.len - first);
    buf_put(&all, one.ptr, first);
    ck_assert(!decodes(all.ptr, all.len, 0, &err)); /* swapped */
    buf_free(&one);
    buf_free(&all);
}
END_TEST

/* A head with its sums right, but for a length that cannot be: refused before memory is taken. */
START_TEST(what_is_not_there_takes_no_memory)
{
    static const struct {
        size_t at;
        uint32_t value;
    } rows[] = {
        { 12, UINT32_MAX }, { 12, INT32_MAX }, { 16, UINT32_MAX }, { 16, 2 }, { 46, UINT32_MAX },
    };
    struct buf content = { 0 };
    struct arena topics = { 0 };
    struct list blocks;
    struct err err;
    uint64_t chain = 0;
    add(&content, block_of("t", 2, 7, "hi"), &chain);
    be_put_u32(content.ptr + rows[_i].at, rows[_i].value);
    be_put_u32(content.ptr + 4, crc32c(0, content.ptr + 8, FRAME_HEAD_SIZE + 1 - 8));
    unsigned long long before = mem_count();
    list_init(&blocks);
    chain = 0;
    ck_assert(!frame_decode_all(buf_slice(&content), &topics, &chain, &blocks, &err));
    ck_assert_uint_le(mem_count() - before, 1); /* the topic's arena */
    buf_free(&content);
    arena_free(&topics);
}
END_TEST

START_TEST(the_reason_names_frame_and_offsets)
{
    uint64_t chain = 0;
    struct err err;
    struct buf content = three_frames(&chain);
    content.ptr[content.len - 1] ^= 1;
    ck_assert(!decodes(content.ptr, content.len, 0, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "frame 2 (words-0, offsets 30 to 30): "));
    buf_free(&content);
}
END_TEST

/* What whoever can make checksums fit may have written. */
static struct buf forged(const char *topic, size_t at, uint8_t value)
{
    uint64_t chain = 0;
    struct buf content = { 0 };
    add(&content, block_of(topic, 0, 10, "abc"), &chain);
    size_t head = FRAME_HEAD_SIZE + strlen(topic);
    content.ptr[at < content.len ? at : head + at - 1000] = value;
    be_put_u32(content.ptr + 8, crc32c(0, content.ptr + head, content.len - head));
    be_put_u32(content.ptr + 4, crc32c(0, content.ptr + 8, head - 8));
    return content;
}

static const struct {
    size_t at; /* in the header; from 1000 on in the rows behind it */
    uint8_t value;
    const char *text;
} forgeries[] = {
    { FRAME_HEAD_SIZE + 1, 0, "its topic has no proper name" },
    { 39, 11, "its last record has the offset 10" },
    { 19, 2, "frame 0 (" },
    { 1003, 200, "frame 0 (" },
};

START_TEST(a_checksum_is_not_all_that_is_looked_at)
{
    struct err err;
    struct buf content = forged("lines", forgeries[_i].at, forgeries[_i].value);
    ck_assert(!decodes(content.ptr, content.len, 0, &err));
    ck_assert_msg(strstr(err.text, forgeries[_i].text), "%s", err.text);
    buf_free(&content);
}
END_TEST

START_TEST(topics_of_any_length_are_read_back_and_named)
{
    char topic[300];
    struct err err;
    uint64_t chain = 0;
    struct buf content = { 0 };
    memset(topic, 't', sizeof topic);
    topic[sizeof topic - 1] = '\0';
    add(&content, block_of("", 0, 1, "a"), &chain);
    add(&content, block_of("t", 0, 1, "a"), &chain);
    add(&content, block_of(topic, 0, 1, "a"), &chain);
    ck_assert(decodes(content.ptr, content.len, 0, &err));
    content.ptr[content.len - 1] ^= 1;
    ck_assert(!decodes(content.ptr, content.len, 0, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "frame 2 (tttt"));
    struct arena topics = { 0 };
    struct list blocks;
    list_init(&blocks);
    chain = 0; /* nobody asks why */
    ck_assert(!frame_decode_all(buf_slice(&content), &topics, &chain, &blocks, NULL));
    arena_free(&topics);
    buf_free(&content);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *frame_suite(void)
{
    Suite *suite = suite_create("frame");
    TCase *tcase = tcase_create("frame");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, what_is_not_there_takes_no_memory, 0, 5);
    TEST(golden_bytes);
    TEST(what_was_encoded_is_read_back_in_order);
    TEST(a_cut_is_found_unless_it_is_between_frames);
    TEST(every_flipped_bit_is_found);
    TEST(frames_missing_doubled_swapped_or_of_elsewhere_are_found);
    TEST(the_reason_names_frame_and_offsets);
    tcase_add_loop_test(tcase, a_checksum_is_not_all_that_is_looked_at, 0,
                        sizeof forgeries / sizeof forgeries[0]);
    TEST(topics_of_any_length_are_read_back_and_named);
    return suite;
}
