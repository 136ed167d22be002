#include "column/codec.h"

#include <check.h>
#include <string.h>

static struct arena arena;
static struct types *types;

static void stage_open(void)
{
    types = types_new(&arena);
}

static void stage_close(void)
{
    arena_free(&arena);
}

/* A type with something of everything: (Option[String], List[List[Int]], Map[String, Double], Bool, {a: Time, b: Bytes}) */
static const struct type *all_types(void)
{
    static const char *const names[] = { "a", "b" };
    const struct type *fields[] = { &type_time, &type_bytes };
    const struct type *member[] = {
        type_option(types, &type_string),
        type_list(types, type_list(types, &type_int)),
        type_map(types, &type_double),
        &type_bool,
        type_record(types, names, fields, 2),
        type_option(types, type_pair(types, &type_string, type_list(types, &type_int))),
    };
    return type_tuple(types, member, 6);
}

static void put_u32(struct buf *out, uint32_t value)
{
    buf_put(out, &value, 4);
}

static void put_text(struct buf *out, const char *text)
{
    put_u32(out, (uint32_t)strlen(text));
    buf_puts(out, text);
}

/* The bytes of a value of all_types(); k makes it different. */
static void put_all(struct buf *out, uint32_t k)
{
    uint64_t word = k;
    buf_put_u8(out, k % 2);
    if (k % 2)
        put_text(out, "there");
    put_u32(out, k);
    for (uint32_t i = 0; i < k; i++) {
        put_u32(out, i);
        for (uint32_t j = 0; j < i; j++)
            buf_put(out, &word, 8);
    }
    put_u32(out, 2);
    put_text(out, "a");
    buf_put(out, &word, 8);
    put_text(out, "bb");
    buf_put(out, &word, 8);
    buf_put_u8(out, 1);
    buf_put(out, &word, 8);
    put_text(out, "bytes");
    buf_put_u8(out, k % 3 == 0);
    if (k % 3 == 0) {
        put_text(out, "");
        put_u32(out, 1);
        buf_put(out, &word, 8);
    }
}

START_TEST(rows_come_back_as_they_were_put)
{
    struct buf bytes[6] = { { 0 } }, again = { 0 };
    struct slice rows[6];
    struct column column;
    for (uint32_t i = 0; i < 6; i++) {
        put_all(&bytes[i], i);
        rows[i] = (struct slice){ bytes[i].ptr, bytes[i].len };
    }
    codec_get(&arena, all_types(), rows, 6, &column);
    ck_assert_uint_eq(column.n, 6);
    for (uint32_t i = 0; i < 6; i++) {
        buf_clear(&again);
        codec_put(&again, &column, i);
        ck_assert_uint_eq(again.len, bytes[i].len);
        ck_assert_mem_eq(again.ptr, bytes[i].ptr, again.len);
        buf_free(&bytes[i]);
    }
    buf_free(&again);
}
END_TEST

START_TEST(equal_maps_have_equal_bytes)
{
    const char *keys[] = { "b", "a", "ab", "a", "ab", "b" };
    uint32_t lens[] = { 1, 1, 2, 1, 2, 1 }, offset[] = { 0, 3 }, len[] = { 3, 3 };
    int64_t values[] = { 2, 1, 3, 1, 3, 2 };
    struct column child[] = { { .type = &type_string, .n = 6, .ptr = keys, .len = lens },
                              { .type = &type_int, .n = 6, .i64 = values } };
    struct column map = {
        .type = type_map(types, &type_int), .n = 2, .n_child = 2, .child = child
    };
    map.offset = offset;
    map.len = len;
    struct buf a = { 0 }, b = { 0 };
    codec_put_key(&a, &map, 0);
    codec_put_key(&b, &map, 1);
    ck_assert_uint_eq(a.len, b.len);
    ck_assert_mem_eq(a.ptr, b.ptr, a.len);
    buf_free(&a);
    buf_free(&b);
}
END_TEST

START_TEST(a_constant_is_the_same_in_every_row)
{
    int64_t seven = 7;
    struct column column = { .type = &type_int, .n = 100, .is_const = true, .i64 = &seven };
    struct buf out = { 0 };
    codec_put(&out, &column, 99);
    ck_assert_uint_eq(out.len, 8);
    ck_assert_mem_eq(out.ptr, &seven, 8);
    buf_free(&out);
}
END_TEST

Suite *codec_suite(void)
{
    Suite *suite = suite_create("codec");
    TCase *tcase = tcase_create("codec");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_add_test(tcase, rows_come_back_as_they_were_put);
    tcase_add_test(tcase, equal_maps_have_equal_bytes);
    tcase_add_test(tcase, a_constant_is_the_same_in_every_row);
    return suite;
}
