#include "engine/lift.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "column/utf8.h"

static struct arena arena;
static struct lift_shape shape;
static struct block *block;
static struct lift_chunk chunk;

static struct types *types;

static void stage_shape(const struct job_source *source)
{
    shape = (struct lift_shape){ lift_type(types, source), source->record, UINT64_MAX };
}

static void stage_open(void)
{
    types = types_new(&arena);
    stage_shape(&(struct job_source){ .record = RECORD_KAFKA });
    block = block_new(10000, 100);
    block->topic = "lines";
    block->partition = 3;
}

static void stage_close(void)
{
    block_free(block);
    arena_free(&arena);
}

static void add(const char *key, const char *value, struct slice headers)
{
    struct block_record record = { .key = key,
                                   .value = value,
                                   .headers = headers.ptr,
                                   .offset = block->count * 10 + 5,
                                   .time_ms = block->count };
    record.key_len = key ? (uint32_t)strlen(key) : 0;
    record.value_len = value ? (uint32_t)strlen(value) : 0;
    record.headers_len = (uint32_t)headers.len;
    ck_assert(block_append(block, &record));
}

static bool next(struct lift_cursor *cursor, uint32_t max)
{
    return lift_next(cursor, &shape, max, &arena, &chunk);
}

static void lift_all(void)
{
    struct lift_cursor cursor;
    cursor = (struct lift_cursor){ .block = block };
    ck_assert(next(&cursor, 100));
    ck_assert_uint_eq(chunk.n, block->count);
}

static const struct column *field(enum lift_field field)
{
    return &chunk.column.child[field];
}

static void text_is(const struct column *column, uint32_t row, const char *text)
{
    struct slice slice = column_slice(column, row);
    ck_assert_uint_eq(slice.len, strlen(text));
    ck_assert_mem_eq(slice.ptr, text, slice.len);
}

#define HEADERS(bytes) ((struct slice){ bytes, sizeof bytes - 1 })
#define NO_HEADERS ((struct slice){ NULL, 0 })

START_TEST(every_field_of_a_record_is_there)
{
    add("k", "one", NO_HEADERS);
    add(NULL, "", HEADERS("\0\2id\0\0\0\3abc"));
    lift_all();
    ck_assert_uint_eq(chunk.sel.n, 2);
    text_is(&field(LIFT_KEY)->child[0], 0, "k");
    ck_assert(column_valid(field(LIFT_KEY), 0) && !column_valid(field(LIFT_KEY), 1));
    text_is(field(LIFT_VALUE), 0, "one");
    text_is(field(LIFT_VALUE), 1, "");
    text_is(field(LIFT_TOPIC), 1, "lines");
    ck_assert_int_eq(field(LIFT_PARTITION)->i64[0], 3);
    ck_assert_int_eq(field(LIFT_OFFSET)->i64[1], 15);
    ck_assert_int_eq(field(LIFT_TIMESTAMP)->i64[1], 1);
    ck_assert_uint_eq(field(LIFT_HEADERS)->len[0], 0);
    ck_assert_uint_eq(field(LIFT_HEADERS)->len[1], 1);
    text_is(&field(LIFT_HEADERS)->child[0], 0, "id");
    text_is(&field(LIFT_HEADERS)->child[1], 0, "abc");
}
END_TEST

START_TEST(chunks_follow_one_another)
{
    struct lift_cursor cursor;
    char text[20];
    for (int i = 0; i < 10; i++) {
        snprintf(text, sizeof text, "value %d", i);
        add(i % 3 ? "key" : NULL, text, NO_HEADERS);
    }
    cursor = (struct lift_cursor){ .block = block };
    for (int i = 0; i < 10; i++) {
        if (i % 3 == 0)
            ck_assert(next(&cursor, 3));
        snprintf(text, sizeof text, "value %d", i);
        text_is(field(LIFT_VALUE), (uint32_t)i % 3, text);
        ck_assert_int_eq(field(LIFT_OFFSET)->i64[i % 3], i * 10 + 5);
    }
    ck_assert_uint_eq(chunk.n, 1);
    ck_assert(!next(&cursor, 3));
}
END_TEST

START_TEST(of_one_header_the_last_counts_and_null_is_absent)
{
    add(NULL, "x", HEADERS("\0\1a\0\0\0\1x\0\1b\377\377\377\377\0\1a\0\0\0\2yz"));
    lift_all();
    ck_assert_uint_eq(field(LIFT_HEADERS)->len[0], 1);
    text_is(&field(LIFT_HEADERS)->child[1], 0, "yz");
}
END_TEST

static void bad_is(uint32_t i, uint32_t row, unsigned code)
{
    ck_assert_uint_lt(i, chunk.n_bad);
    ck_assert_uint_eq(chunk.bad[i].row, row);
    ck_assert_uint_eq(chunk.bad[i].code, code);
}

START_TEST(bad_records_are_named_in_order_and_left_out)
{
    add(NULL, "x", HEADERS("\0\2id\0\0\0\3\377bc"));
    add(NULL, "x", HEADERS("\0\2id\0\0\0\4abc"));
    add(NULL, "fine", NO_HEADERS);
    add("\x80", "\xff", NO_HEADERS);
    add(NULL, NULL, NO_HEADERS);
    lift_all();
    ck_assert_uint_eq(chunk.n_bad, 4);
    bad_is(0, 0, 401);
    bad_is(1, 1, 401);
    bad_is(2, 3, 401);
    bad_is(3, 4, 409);
    ck_assert_uint_eq(chunk.sel.n, 1);
    ck_assert_uint_eq(chunk.sel.row[0], 2);
}
END_TEST

static void type_is(const char *text)
{
    ck_assert_str_eq(type_text(&arena, shape.type), text);
}

START_TEST(a_value_is_of_the_format_that_is_asked_for)
{
    stage_shape(&(struct job_source){ .record = RECORD_KAFKA, .format = FORMAT_BYTES });
    add(NULL, "\xff", NO_HEADERS);
    lift_all();
    ck_assert_uint_eq(chunk.sel.n, 1);
    text_is(field(LIFT_VALUE), 0, "\xff");
    ck_assert_ptr_eq(field(LIFT_VALUE)->type, &type_bytes);
    block_clear(block);
    block->topic = "lines";
    stage_shape(&(struct job_source){ .record = RECORD_KAFKA, .format = FORMAT_JSON });
    add(NULL, " {\"a\": 1}\t", NO_HEADERS);
    add(NULL, "{\"a\": 1", NO_HEADERS);
    add(NULL, "", NO_HEADERS);
    add(NULL, "\"\xff\"", NO_HEADERS);
    add(NULL, NULL, NO_HEADERS);
    lift_all();
    ck_assert_uint_eq(chunk.sel.n, 1);
    text_is(field(LIFT_VALUE), 0, "{\"a\": 1}");
    bad_is(0, 1, 402);
    bad_is(1, 2, 402);
    bad_is(2, 3, 401);
    bad_is(3, 4, 409);
}
END_TEST

START_TEST(a_value_that_may_be_absent_is_an_option)
{
    stage_shape(&(struct job_source){ .format = FORMAT_JSON, .value_nullable = true });
    add(NULL, NULL, NO_HEADERS);
    add(NULL, " 1 ", NO_HEADERS);
    add(NULL, "x", NO_HEADERS);
    lift_all();
    ck_assert_uint_eq(chunk.n_bad, 1);
    bad_is(0, 2, 402);
    ck_assert(!column_valid(field(LIFT_VALUE), 0) && column_valid(field(LIFT_VALUE), 1));
    text_is(&field(LIFT_VALUE)->child[0], 1, "1");
}
END_TEST

START_TEST(a_flume_event_is_a_body_and_headers)
{
    stage_shape(&(struct job_source){ .record = RECORD_FLUME });
    type_is("{body: String, headers: Map[String, String]}");
    add(NULL, "hello", HEADERS("\0\2id\0\0\0\3abc"));
    add(NULL, "\xff", NO_HEADERS);
    lift_all();
    text_is(&chunk.column.child[0], 0, "hello");
    text_is(&chunk.column.child[1].child[1], 0, "abc");
    ck_assert_uint_eq(chunk.n_bad, 1);
    ck_assert_str_eq(chunk.bad[0].reason, "the body is not UTF-8");
}
END_TEST

START_TEST(a_line_of_text_is_a_string)
{
    stage_shape(&(struct job_source){ .record = RECORD_TEXT });
    type_is("String");
    add(NULL, "a b", NO_HEADERS);
    add(NULL, "\xff", NO_HEADERS);
    lift_all();
    text_is(&chunk.column, 0, "a b");
    ck_assert_uint_eq(chunk.column.n, 2);
    ck_assert_uint_eq(chunk.n_bad, 1);
    ck_assert_str_eq(chunk.bad[0].reason, "the line is not UTF-8");
    shape.fields = 0; /* nobody looks: it is only counted */
    lift_all();
    ck_assert_uint_eq(chunk.n_bad, 0);
    ck_assert(chunk.column.is_const);
}
END_TEST

START_TEST(a_row_of_rate_is_its_number_and_time)
{
    stage_shape(&(struct job_source){ .record = RECORD_RATE });
    type_is("{value: Int, timestamp: Timestamp}");
    add(NULL, NULL, NO_HEADERS);
    add(NULL, NULL, NO_HEADERS);
    lift_all();
    ck_assert_uint_eq(chunk.n_bad, 0);
    ck_assert_int_eq(chunk.column.child[0].i64[1], 15);
    ck_assert_int_eq(chunk.column.child[1].i64[1], 1);
}
END_TEST

START_TEST(too_many_headers_are_refused)
{
    struct buf headers = { 0 };
    for (uint32_t i = 0; i <= LIFT_HEADERS_MAX; i++) {
        buf_put_u16(&headers, 0);
        buf_put_u32(&headers, 0);
    }
    struct slice bytes = buf_slice(&headers);
    add(NULL, "x", (struct slice){ bytes.ptr, bytes.len - 6 });
    add(NULL, "x", NO_HEADERS);
    lift_all();
    ck_assert_uint_eq(chunk.n_bad, 0);
    block_clear(block);
    block->topic = "lines";
    add(NULL, "x", NO_HEADERS);
    add(NULL, "x", bytes);
    lift_all();
    bad_is(0, 1, 407);
    buf_free(&headers);
}
END_TEST

START_TEST(a_tombstone_is_an_option_where_the_job_says_so)
{
    struct job_source source = { .value_nullable = true };
    shape.type = lift_type(types_new(&arena), &source);
    add("k", NULL, NO_HEADERS);
    add("k", "v", NO_HEADERS);
    lift_all();
    ck_assert_uint_eq(chunk.n_bad, 0);
    ck_assert(!column_valid(field(LIFT_VALUE), 0));
    text_is(&field(LIFT_VALUE)->child[0], 1, "v");
}
END_TEST

START_TEST(what_nobody_looks_at_is_not_checked)
{
    shape.fields = 1 << LIFT_OFFSET;
    add("\x80", "\xff", HEADERS("\0\2id\0\0\0\4abc"));
    lift_all();
    ck_assert_uint_eq(chunk.n_bad, 0);
    ck_assert(field(LIFT_VALUE)->is_const);
    ck_assert_int_eq(field(LIFT_OFFSET)->i64[0], 5);
}
END_TEST

START_TEST(utf8_is_told_at_every_place_of_a_step)
{
    static const struct {
        const char *bytes;
        bool valid;
    } parts[] = {
        { "\xc3\xa4", true },
        { "\xe2\x82\xac", true },
        { "\xf0\x9f\x98\x80", true },
        { "\x80", false },
        { "\xc3", false },
        { "\xc0\xaf", false },
        { "\xed\xa0\x80", false },
        { "\xf4\x90\x80\x80", false },
        { "\xe2\x82", false },
        { "\xf0\x80\x80\x80", false },
    };
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
        size_t n = strlen(parts[k].bytes);
        for (size_t at = 0; at < 70; at++) {
            char text[80];
            memset(text, 'a', sizeof text);
            ck_assert(utf8_is_ascii(text, at) && utf8_is_valid(text, at));
            memcpy(text + at, parts[k].bytes, n);
            ck_assert(utf8_is_valid(text, at + n) == parts[k].valid);
            ck_assert(utf8_is_valid(text, sizeof text) == parts[k].valid);
            ck_assert(!utf8_is_ascii(text, at + n) && !utf8_is_ascii(text, sizeof text));
        }
    }
}
END_TEST

Suite *lift_suite(void)
{
    Suite *suite = suite_create("lift");
    TCase *tcase = tcase_create("lift");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_add_test(tcase, every_field_of_a_record_is_there);
    tcase_add_test(tcase, chunks_follow_one_another);
    tcase_add_test(tcase, of_one_header_the_last_counts_and_null_is_absent);
    tcase_add_test(tcase, bad_records_are_named_in_order_and_left_out);
    tcase_add_test(tcase, a_value_is_of_the_format_that_is_asked_for);
    tcase_add_test(tcase, a_value_that_may_be_absent_is_an_option);
    tcase_add_test(tcase, a_flume_event_is_a_body_and_headers);
    tcase_add_test(tcase, a_line_of_text_is_a_string);
    tcase_add_test(tcase, a_row_of_rate_is_its_number_and_time);
    tcase_add_test(tcase, too_many_headers_are_refused);
    tcase_add_test(tcase, a_tombstone_is_an_option_where_the_job_says_so);
    tcase_add_test(tcase, what_nobody_looks_at_is_not_checked);
    tcase_add_test(tcase, utf8_is_told_at_every_place_of_a_step);
    return suite;
}
