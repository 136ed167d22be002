#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "column/block.h"

static const struct block_record first = { .key = "k",
                                           .key_len = 1,
                                           .value = "hello",
                                           .value_len = 5,
                                           .offset = 7,
                                           .time_ms = 1 };
static const struct block_record tombstone = { .key = "kk",
                                               .key_len = 2,
                                               .headers = "\0\1h\0\0\0\0",
                                               .headers_len = 7,
                                               .offset = 9,
                                               .time_ms = -1 };
static const struct block_record empty = { .value = "",
                                           .offset = 300,
                                           .time_ms = 0x0102030405060708 };

static const char golden[] = /* the content of the block of these three records */
    "\0\0\0\1"
    "\0\0\0\5"
    "\377\377\377\377"
    "\0\0\0\0"
    "\0\0\0\0\0\0\0\1"
    "\0\0\0\2"
    "\377\377\377\377"
    "\0\0\0\7"
    "\0\0\0\2"
    "\377\377\377\377\377\377\377\377"
    "\377\377\377\377"
    "\0\0\0\0"
    "\377\377\377\377"
    "\0\0\1\45"
    "\1\2\3\4\5\6\7\10"
    "k"
    "hello"
    "kk"
    "\0\1h\0\0\0\0";
#define GOLDEN_LEN (sizeof golden - 1)

static struct block *block_of_three(void)
{
    struct block *block = block_new(100, 10);
    ck_assert(block_append(block, &first));
    ck_assert(block_append(block, &tombstone));
    ck_assert(block_append(block, &empty));
    return block;
}

static bool decodes(const void *content, size_t n, int64_t first_offset, uint32_t count)
{
    void *copy = malloc(n ? n : 1); /* of its own, so that a sanitizer sees a read behind it */
    memcpy(copy, content, n);
    struct block *block = NULL;
    struct err err = { 0 };
    bool ok = block_decode((struct slice){ copy, n }, first_offset, count, &block, &err);
    ck_assert(ok == (block != NULL));
    ck_assert(ok || (err.kind == ERR_FATAL && err.code == 350 && err.text[0]));
    block_free(block);
    free(copy);
    return ok;
}

START_TEST(golden_bytes)
{
    struct block *block = block_of_three();
    struct buf buf = { 0 };
    block_encode_rows(block, &buf);
    buf_put(&buf, block->bytes, block->used);
    ck_assert_uint_eq(buf.len, GOLDEN_LEN);
    ck_assert_mem_eq(buf.ptr, golden, GOLDEN_LEN);
    buf_free(&buf);
    block_free(block);
}
END_TEST

static void same(const struct block_record *a, const struct block_record *b)
{
    ck_assert_int_eq(a->offset, b->offset);
    ck_assert_int_eq(a->time_ms, b->time_ms);
    ck_assert(!a->key == !b->key && !a->value == !b->value && !a->headers == !b->headers);
    ck_assert(a->key_len == b->key_len && (!a->key || !memcmp(a->key, b->key, a->key_len)));
    ck_assert(a->value_len == b->value_len &&
              (!a->value || !memcmp(a->value, b->value, a->value_len)));
    ck_assert(a->headers_len == b->headers_len &&
              (!a->headers || !memcmp(a->headers, b->headers, a->headers_len)));
}

START_TEST(what_was_encoded_is_read_back)
{
    struct block *block = NULL;
    ck_assert(block_decode((struct slice){ golden, GOLDEN_LEN }, 7, 3, &block, NULL));
    ck_assert_int_eq(block->first_offset, 7);
    ck_assert_int_eq(block->last_offset, 300);
    struct block_record record;
    uint32_t at = block_read(block, 0, 0, &record);
    same(&record, &first);
    at = block_read(block, 1, at, &record);
    same(&record, &tombstone);
    at = block_read(block, 2, at, &record);
    same(&record, &empty);
    ck_assert_uint_eq(at, block->used);
    block_free(block);
}
END_TEST

START_TEST(the_last_record_is_told_from_any_other)
{
    struct block *block = block_of_three();
    struct block_record near = empty;
    ck_assert_uint_eq(block_last_crc(block), block_record_crc(&empty));
    ck_assert_uint_ne(block_record_crc(&first), block_record_crc(&empty));
    near.time_ms++;
    ck_assert_uint_ne(block_record_crc(&near), block_record_crc(&empty));
    struct block_record ab = { .key = "ab", .key_len = 2, .value = "c", .value_len = 1 }, a = ab;
    a.key_len = 1;
    a.value = "bc";
    a.value_len = 2;
    ck_assert_uint_ne(block_record_crc(&a), block_record_crc(&ab));
    block_free(block);
}
END_TEST

START_TEST(a_block_without_room_refuses_and_stays_as_it_was)
{
    struct block *rows = block_new(100, 1), *bytes = block_new(10, 10);
    ck_assert(block_append(rows, &first));
    ck_assert(!block_append(rows, &tombstone));
    ck_assert(block_append(bytes, &first));
    ck_assert(!block_append(bytes, &tombstone)); /* 9 bytes where 4 are left */
    ck_assert_uint_eq(bytes->count, 1);
    ck_assert_uint_eq(bytes->used, 6);
    ck_assert_int_eq(bytes->last_offset, 7);
    block_free(rows);
    block_free(bytes);
}
END_TEST

START_TEST(offsets_grow_and_stay_within_32_bits)
{
    struct block *block = block_new(100, 10);
    struct block_record record = { .value = "x", .value_len = 1, .offset = -1 };
    ck_assert(!block_append(block, &record));
    record.offset = 5;
    ck_assert(block_append(block, &record));
    ck_assert(!block_append(block, &record));
    record.offset = 5 + (1ll << 32);
    ck_assert(!block_append(block, &record));
    record.offset--;
    ck_assert(block_append(block, &record));
    ck_assert_int_eq(block->last_offset, 4 + (1ll << 32));
    block_free(block);
}
END_TEST

START_TEST(a_cleared_block_begins_anew)
{
    struct block *block = block_of_three();
    block_clear(block);
    ck_assert_uint_eq(block->count + block->used, 0);
    ck_assert(block_append(block, &first)); /* a lower offset than the last one before */
    ck_assert_int_eq(block->first_offset, 7);
    block_free(block);
}
END_TEST

START_TEST(content_cut_short_or_long_is_refused)
{
    char longer[GOLDEN_LEN + 1];
    memcpy(longer, golden, sizeof longer);
    for (size_t n = 0; n < GOLDEN_LEN; n++)
        ck_assert(!decodes(golden, n, 7, 3));
    ck_assert(decodes(golden, GOLDEN_LEN, 7, 3));
    ck_assert(!decodes(longer, sizeof longer, 7, 3));
}
END_TEST

START_TEST(a_wrong_count_or_offset_is_refused)
{
    static const uint32_t counts[] = { 0, 1, 2, 4, 1000, UINT32_MAX };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        ck_assert(!decodes(golden, GOLDEN_LEN, 7, counts[i]));
    ck_assert(!decodes(golden, GOLDEN_LEN, -1, 3));
    ck_assert(!decodes(golden, GOLDEN_LEN, INT64_MAX - 292, 3));
    ck_assert(decodes(golden, GOLDEN_LEN, INT64_MAX - 293, 3));
}
END_TEST

START_TEST(rows_that_do_not_fit_are_refused)
{
    static const struct {
        size_t at;
        char byte;
    } damage[] = {
        { 3, 2 },   /* a longer key */
        { 0, 127 }, /* a key of 2 GiB */
        { 8, 0 },   /* headers of 16 MiB where none are */
        { 15, 1 },  /* the first row is not at the first offset */
        { 39, 0 },  /* the offset of the row before */
        { 62, 0 },  /* 0x25: still growing */
        { 63, 1 },
    };
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        char content[GOLDEN_LEN];
        memcpy(content, golden, GOLDEN_LEN);
        content[damage[i].at] = damage[i].byte;
        ck_assert_msg(decodes(content, GOLDEN_LEN, 7, 3) == (damage[i].at >= 62), "damage %zu", i);
    }
}
END_TEST

Suite *block_suite(void)
{
    Suite *suite = suite_create("block");
    TCase *tcase = tcase_create("block");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, golden_bytes);
    tcase_add_test(tcase, what_was_encoded_is_read_back);
    tcase_add_test(tcase, the_last_record_is_told_from_any_other);
    tcase_add_test(tcase, a_block_without_room_refuses_and_stays_as_it_was);
    tcase_add_test(tcase, offsets_grow_and_stay_within_32_bits);
    tcase_add_test(tcase, a_cleared_block_begins_anew);
    tcase_add_test(tcase, content_cut_short_or_long_is_refused);
    tcase_add_test(tcase, a_wrong_count_or_offset_is_refused);
    tcase_add_test(tcase, rows_that_do_not_fit_are_refused);
    return suite;
}
