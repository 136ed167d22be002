#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "durable/file.h"

static const struct file_head wal7 = { .kind = FILE_WAL,
                                       .lineage = "0123456789abcde",
                                       .epoch = 3,
                                       .index = 7,
                                       .job = "orders",
                                       .name = "kafka0" };

/* The file of wal7 with the content "Hello, log" in two pieces, without its two checksums. */
static const char golden_head[] =
    "TIDEMARK"
    "\0\1"
    "\0\3"
    "\0\0\0\0"
    "0123456789abcde\0"
    "\0\0\0\0\0\0\0\3"
    "\0\0\0\0\0\0\0\7"
    "\0\0\0\0\0\0\0\316"
    "orders";

static struct buf sealed(const struct file_head *from)
{
    const struct slice pieces[] = { { "Hello", 5 }, { ", log", 5 } };
    struct file_head head = *from;
    uint8_t first[FILE_HEAD_SIZE], last[FILE_TAIL_SIZE];
    file_seal(&head, pieces, 2, first, last);
    struct buf file = { 0 };
    buf_put(&file, first, sizeof first);
    buf_puts(&file, "Hello, log");
    buf_put(&file, last, sizeof last);
    ck_assert_uint_eq(head.length, file.len);
    return file;
}

static enum file_state state_of(const void *bytes, size_t n, const struct file_head *want,
                                struct err *err)
{
    void *copy = malloc(n ? n : 1); /* of its own, so that a sanitizer sees a read behind it */
    memcpy(copy, bytes, n);
    struct file_head head;
    struct slice content = { "untouched", 9 };
    enum file_state state = file_open((struct slice){ copy, n }, want, &head, &content, err);
    ck_assert(state == FILE_WHOLE || strcmp(content.ptr, "untouched") == 0);
    ck_assert(state == FILE_WHOLE || (err->kind == ERR_FATAL && err->text[0]));
    free(copy);
    return state;
}

START_TEST(golden_bytes)
{
    struct buf file = sealed(&wal7);
    uint8_t want[FILE_HEAD_SIZE] = { 0 };
    memcpy(want, golden_head, sizeof golden_head - 1);
    memcpy(want + 120, "kafka0", 6);
    be_put_u32(want + 188, crc32c(0, want, 188));
    ck_assert_mem_eq(file.ptr, want, FILE_HEAD_SIZE);
    ck_assert_mem_eq(file.ptr + FILE_HEAD_SIZE, "Hello, log", 10);
    ck_assert_uint_eq(be_u32(file.ptr + 188), 0xa27a9613u);
    ck_assert_uint_eq(be_u32(file.ptr + file.len - 4), 0x3a565a8au);
    buf_free(&file);
}
END_TEST

START_TEST(what_was_sealed_is_read_back)
{
    struct buf file = sealed(&wal7);
    struct file_head head;
    struct slice content;
    struct err err;
    ck_assert_int_eq(file_open(buf_slice(&file), &wal7, &head, &content, &err), FILE_WHOLE);
    ck_assert_uint_eq(head.epoch, 3);
    ck_assert_uint_eq(head.index, 7);
    ck_assert_str_eq(head.job, "orders");
    ck_assert_str_eq(head.name, "kafka0");
    ck_assert_uint_eq(content.len, 10);
    ck_assert_mem_eq(content.ptr, "Hello, log", 10);
    ck_assert_int_eq(file_open(buf_slice(&file), NULL, &head, &content, &err), FILE_WHOLE);
    buf_free(&file);
}
END_TEST

START_TEST(every_cut_is_damage)
{
    struct buf file = sealed(&wal7);
    struct err err;
    for (size_t n = 0; n < file.len; n++)
        ck_assert_int_eq(state_of(file.ptr, n, &wal7, &err), FILE_DAMAGED);
    buf_put_u8(&file, 0);
    ck_assert_int_eq(state_of(file.ptr, file.len, &wal7, &err), FILE_DAMAGED);
    buf_free(&file);
}
END_TEST

START_TEST(every_flipped_bit_is_damage)
{
    struct buf file = sealed(&wal7);
    struct err err;
    for (size_t bit = 0; bit < file.len * 8; bit++) {
        file.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_int_eq(state_of(file.ptr, file.len, &wal7, &err), FILE_DAMAGED);
        ck_assert_uint_eq(err.code, 350);
        file.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    buf_free(&file);
}
END_TEST

static const struct foreign {
    const char *text; /* in the reason */
    struct file_head head;
} foreign[] = {
    { "'other', not of 'orders'", { FILE_WAL, "0123456789abcde", 3, 7, 0, "other", "kafka0" } },
    { "another life", { FILE_WAL, "x123456789abcde", 3, 7, 0, "orders", "kafka0" } },
    { "not a group commit", { FILE_LOG, "0123456789abcde", 3, 7, 0, "orders", "kafka0" } },
    { "index 8, not 7", { FILE_WAL, "0123456789abcde", 3, 8, 0, "orders", "kafka0" } },
    { "'kafka1'", { FILE_WAL, "0123456789abcde", 3, 7, 0, "orders", "kafka1" } },
};

START_TEST(what_is_not_ours_is_foreign)
{
    struct buf file = sealed(&foreign[_i].head);
    struct err err;
    ck_assert_int_eq(state_of(file.ptr, file.len, &wal7, &err), FILE_FOREIGN);
    ck_assert_ptr_nonnull(strstr(err.text, foreign[_i].text));
    buf_free(&file);
}
END_TEST

START_TEST(an_epoch_of_another_owner_is_fine)
{
    struct file_head older = wal7;
    older.epoch = 1;
    struct buf file = sealed(&older);
    struct err err;
    ck_assert_int_eq(state_of(file.ptr, file.len, &wal7, &err), FILE_WHOLE);
    buf_free(&file);
}
END_TEST

static void reseal_head(struct buf *file)
{
    be_put_u32(file->ptr + 188, crc32c(0, file->ptr, 188));
}

START_TEST(a_newer_format_is_foreign)
{
    static const uint8_t at[] = {
        9, 11, 15, 187, 119, 183, 118, 127, 11
    }; /* version, kind, flags, 0, names */
    struct buf file = sealed(&wal7);
    struct err err;
    file.ptr[at[_i]] = _i < 8 ? 99 : 0;
    reseal_head(&file);
    ck_assert_int_eq(state_of(file.ptr, file.len, &wal7, &err), FILE_FOREIGN);
    ck_assert_int_eq(state_of(file.ptr, file.len, NULL, &err), FILE_FOREIGN);
    buf_free(&file);
}
END_TEST

START_TEST(a_file_of_somebody_else_is_foreign)
{
    char text[300];
    struct err err;
    memset(text, 'x', sizeof text);
    ck_assert_int_eq(state_of(text, sizeof text, NULL, &err), FILE_FOREIGN);
    ck_assert_int_eq(state_of(text, 5, NULL, &err), FILE_FOREIGN);
    memset(text, 0, sizeof text);
    ck_assert_int_eq(state_of(text, sizeof text, NULL, &err), FILE_FOREIGN);
}
END_TEST

START_TEST(a_damaged_snapshot_has_its_own_code)
{
    struct file_head snap = wal7;
    struct err err;
    snap.kind = FILE_SNAP;
    struct buf file = sealed(&snap);
    file.ptr[file.len - 1] ^= 1;
    ck_assert_int_eq(state_of(file.ptr, file.len, &snap, &err), FILE_DAMAGED);
    ck_assert_uint_eq(err.code, 351);
    struct slice content;
    ck_assert_int_eq(file_open(buf_slice(&file), &snap, &snap, &content, NULL), FILE_DAMAGED);
    buf_free(&file);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *file_suite(void)
{
    Suite *suite = suite_create("file");
    TCase *tcase = tcase_create("file");
    suite_add_tcase(suite, tcase);
    TEST(golden_bytes);
    TEST(what_was_sealed_is_read_back);
    TEST(every_cut_is_damage);
    TEST(every_flipped_bit_is_damage);
    tcase_add_loop_test(tcase, what_is_not_ours_is_foreign, 0, sizeof foreign / sizeof foreign[0]);
    TEST(an_epoch_of_another_owner_is_fine);
    tcase_add_loop_test(tcase, a_newer_format_is_foreign, 0, 9);
    TEST(a_file_of_somebody_else_is_foreign);
    TEST(a_damaged_snapshot_has_its_own_code);
    return suite;
}
