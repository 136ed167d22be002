#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "durable/file.h"
#include "durable/record.h"

#define TEXT(literal)               \
    {                               \
        literal, sizeof literal - 1 \
    }

static const struct entry entries[] = {
    { .kind = ENTRY_START, .start = { -1, 2000, 0x1122334455667788 } },
    { .kind = ENTRY_POSITION, .position = { TEXT("kafka0"), TEXT("lines"), 3, 42, 0 } },
    { .kind = ENTRY_GAP, .gap = { TEXT("kafka0"), TEXT("lines"), 3, 42, 50 } },
    { .kind = ENTRY_BATCH, .batch = { 1, 4000, 7, 2 } },
    { .kind = ENTRY_TAKEN, .taken = { TEXT("kafka0"), 9, 0xabcdef } },
    { .kind = ENTRY_RANGE, .range = { TEXT("kafka0"), TEXT("lines"), 3, 50, 60, 7, 0x01020304 } },
    { .kind = ENTRY_OUTPUT, .output = { TEXT("print"), TEXT("(a,1)\n") } },
    { .kind = ENTRY_OUTFILE, .outfile = { TEXT("print"), TEXT("1-1-print-0"), 1 << 20, 5 } },
    { .kind = ENTRY_DEAD,
      .dead = { TEXT("kafka0"), TEXT("lines"), 3, 55, 401, TEXT("value"), TEXT("not UTF-8"),
                TEXT(""), TEXT("\377"), 1 } },
    { .kind = ENTRY_DELTA, .delta = { TEXT("counts"), TEXT("\0\1") } },
    { .kind = ENTRY_DELIVERED, .delivered = { TEXT("print"), 1 } },
    { .kind = ENTRY_CATCHUP, .catchup = { 4000, 9000 } },
};
#define N_ENTRIES (sizeof entries / sizeof entries[0])

static struct record all_kinds(void)
{
    struct record record = { 0 };
    for (size_t i = 0; i < N_ENTRIES; i++)
        record_put(&record, &entries[i]);
    return record;
}

/* Reads all entries; the number of them, or -1. */
static int count(const void *bytes, size_t n)
{
    void *copy = malloc(n ? n : 1); /* of its own, so that a sanitizer sees a read behind it */
    memcpy(copy, bytes, n);
    struct record_reader reader;
    struct entry entry;
    struct err err = { 0 };
    int found = 0;
    if (!record_open((struct slice){ copy, n }, &reader, &err))
        found = -1;
    while (found >= 0 && record_next(&reader, &entry, &err))
        found++;
    if (err.kind != ERR_NONE) {
        ck_assert(err.kind == ERR_FATAL && err.code == 350 && err.text[0]);
        found = -1;
    }
    free(copy);
    return found;
}

static const char golden[] =
    "\0\0\0\0\0\0\0\7"
    "\0\0\0\3"
    "\0\1\0\0\0\30"
    "\377\377\377\377\377\377\377\377"
    "\0\0\0\0\0\0\7\320"
    "\21\42\63\104\125\146\167\210"
    "\0\2\0\0\0\33"
    "\0\6kafka0"
    "\0\5lines"
    "\0\0\0\3"
    "\0\0\0\0\0\0\0\52"
    "\0\11\0\0\0\71"
    "\0\6kafka0"
    "\0\5lines"
    "\0\0\0\3"
    "\0\0\0\0\0\0\0\67"
    "\1\221"
    "\0\5value"
    "\0\11not UTF-8"
    "\0\0\0\0"
    "\0\0\0\1\377"
    "\1";

START_TEST(golden_bytes)
{
    struct record record = { 0 };
    record_put(&record, &entries[0]);
    record_put(&record, &entries[1]);
    record_put(&record, &entries[8]);
    struct slice content = record_seal(&record, 7);
    ck_assert_uint_eq(content.len, sizeof golden - 1);
    ck_assert_mem_eq(content.ptr, golden, content.len);
    record_free(&record);
}
END_TEST

static const char golden_crc[] =
    "\0\0\0\0\0\0\0\7"
    "\0\0\0\1"
    "\0\6\0\0\0\57"
    "\0\6kafka0"
    "\0\5lines"
    "\0\0\0\3"
    "\0\0\0\0\0\0\0\62"
    "\0\0\0\0\0\0\0\74"
    "\0\0\0\0\0\0\0\7"
    "\1\2\3\4";

START_TEST(a_range_with_and_without_its_crc)
{
    struct record record = { 0 };
    record_put(&record, &entries[5]);
    struct slice content = record_seal(&record, 7);
    ck_assert_uint_eq(content.len, sizeof golden_crc - 1);
    ck_assert_mem_eq(content.ptr, golden_crc, content.len);
    struct buf old = { 0 }; /* as a version wrote it that knew no crc */
    buf_put(&old, golden_crc, sizeof golden_crc - 5);
    old.ptr[17] -= 4;
    struct record_reader reader;
    struct entry entry = { 0 };
    ck_assert(record_open(buf_slice(&old), &reader, NULL) && record_next(&reader, &entry, NULL));
    ck_assert(entry.range.to == 60 && entry.range.count == 7 && entry.range.crc == 0);
    buf_put_u32(&old, 0); /* each record has one form */
    old.ptr[17] += 4;
    ck_assert_int_eq(count(old.ptr, old.len), -1);
    buf_free(&old);
    record_free(&record);
}
END_TEST

static bool same(const struct entry *a, const struct entry *b)
{
    struct record x = { 0 }, y = { 0 };
    record_put(&x, a);
    record_put(&y, b);
    bool equal = x.bytes.len == y.bytes.len &&
                 memcmp(record_seal(&x, 0).ptr, record_seal(&y, 0).ptr, x.bytes.len) == 0;
    record_free(&x);
    record_free(&y);
    return equal;
}

START_TEST(every_kind_is_read_back)
{
    struct record record = all_kinds();
    struct record_reader reader;
    struct entry entry;
    struct err err;
    ck_assert(record_open(record_seal(&record, 77), &reader, &err));
    ck_assert_uint_eq(reader.before, 77);
    for (size_t i = 0; i < N_ENTRIES; i++) {
        ck_assert(record_next(&reader, &entry, &err));
        ck_assert_int_eq(entry.kind, entries[i].kind);
        ck_assert(same(&entry, &entries[i]));
    }
    ck_assert(!record_next(&reader, &entry, &err) && err.kind == ERR_NONE);
    record_free(&record);
}
END_TEST

START_TEST(signed_numbers_and_bytes_keep_their_values)
{
    struct record record = all_kinds();
    struct record_reader reader;
    struct entry entry;
    ck_assert(record_open(record_seal(&record, 0), &reader, NULL));
    ck_assert(record_next(&reader, &entry, NULL));
    ck_assert_int_eq(entry.start.zero_ms, -1);
    do
        ck_assert(record_next(&reader, &entry, NULL));
    while (entry.kind != ENTRY_DEAD);
    ck_assert_uint_eq(entry.dead.code, 401);
    ck_assert_uint_eq(entry.dead.absent, 1);
    ck_assert_uint_eq(entry.dead.value.len, 1);
    ck_assert_mem_eq(entry.dead.reason.ptr, "not UTF-8", 9);
    record_free(&record);
}
END_TEST

START_TEST(an_empty_record_is_one)
{
    struct record record = { 0 };
    struct slice content = record_seal(&record, 5);
    ck_assert_int_eq(count(content.ptr, content.len), 0);
    record_put(&record, &entries[3]);
    content = record_seal(&record, 5);
    ck_assert_int_eq(count(content.ptr, content.len), 1);
    record_clear(&record);
    content = record_seal(&record, 5);
    ck_assert_int_eq(count(content.ptr, content.len), 0);
    record_free(&record);
}
END_TEST

START_TEST(no_cut_goes_unnoticed)
{
    struct record record = all_kinds();
    struct slice content = record_seal(&record, 0);
    for (size_t n = 0; n < content.len; n++)
        ck_assert_int_eq(count(content.ptr, n), -1);
    ck_assert_int_eq(count(content.ptr, content.len), N_ENTRIES);
    buf_put_u8(&record.bytes, 0);
    ck_assert_int_eq(count(record.bytes.ptr, record.bytes.len), -1);
    record_free(&record);
}
END_TEST

START_TEST(an_unknown_kind_is_refused)
{
    struct record record = { 0 };
    record_put(&record, &entries[3]);
    struct slice content = record_seal(&record, 0);
    record.bytes.ptr[RECORD_HEAD_SIZE + 1] = ENTRY_KINDS;
    ck_assert_int_eq(count(content.ptr, content.len), -1);
    record.bytes.ptr[RECORD_HEAD_SIZE + 1] = 0;
    ck_assert_int_eq(count(content.ptr, content.len), -1);
    record_free(&record);
}
END_TEST

START_TEST(any_byte_changed_is_read_without_harm)
{
    struct record record = all_kinds();
    struct slice content = record_seal(&record, 0);
    for (size_t i = 0; i < content.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            record.bytes.ptr[i] ^= (uint8_t)(1 << bit);
            count(content.ptr, content.len); /* the checksum of the file is who notices */
            record.bytes.ptr[i] ^= (uint8_t)(1 << bit);
        }
    }
    record_free(&record);
}
END_TEST

START_TEST(the_hash_depends_on_every_byte)
{
    uint8_t file[FILE_HEAD_SIZE + 20 + FILE_TAIL_SIZE] = { 1, 2, 3 };
    uint64_t hash = record_hash((struct slice){ file, sizeof file });
    for (size_t i = 0; i < sizeof file; i++) {
        file[i] ^= 1;
        ck_assert_uint_ne(hash, record_hash((struct slice){ file, sizeof file }));
        file[i] ^= 1;
    }
    ck_assert_uint_eq(hash, record_hash((struct slice){ file, sizeof file }));
}
END_TEST

START_TEST(parts_are_sealed_as_one_record)
{
    struct record none = { 0 }, second = { .next = &none }, first = { .next = &second };
    struct slice pieces[3];
    struct buf whole = { 0 };
    record_put(&first, &entries[0]);
    record_put(&second, &entries[1]);
    record_put(&second, &entries[2]);
    ck_assert_uint_eq(record_parts(&first), 3);
    record_seal_parts(&first, 42, pieces);
    for (size_t i = 0; i < 3; i++)
        buf_put(&whole, pieces[i].ptr, pieces[i].len);
    ck_assert_uint_eq(pieces[2].len, 0);
    ck_assert_int_eq(count(whole.ptr, whole.len), 3);
    buf_free(&whole);
    record_free(&first);
    record_free(&second);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *record_suite(void)
{
    Suite *suite = suite_create("record");
    TCase *tcase = tcase_create("record");
    suite_add_tcase(suite, tcase);
    TEST(golden_bytes);
    TEST(a_range_with_and_without_its_crc);
    TEST(every_kind_is_read_back);
    TEST(signed_numbers_and_bytes_keep_their_values);
    TEST(an_empty_record_is_one);
    TEST(no_cut_goes_unnoticed);
    TEST(an_unknown_kind_is_refused);
    TEST(any_byte_changed_is_read_without_harm);
    TEST(the_hash_depends_on_every_byte);
    TEST(parts_are_sealed_as_one_record);
    return suite;
}
