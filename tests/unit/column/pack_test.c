#include "column/pack.h"

#include <check.h>
#include <string.h>

#include "base/list.h"

static struct arena arena;
static struct types *types;

static const struct type *unpack(struct slice bytes)
{
    struct reader reader = reader_of(bytes);
    return unpack_type(types, &arena, &reader);
}

static void open(void)
{
    types = types_new(&arena);
}

static void close(void)
{
    arena_free(&arena);
}

START_TEST(a_type_reads_back)
{
    static const char *const texts[] = { "i", "omi", "lolt", "u\0\2sd", "r\0\1\0\1ay" };
    static const size_t sizes[] = { 1, 3, 4, 5, 7 };
    struct slice bytes = { texts[_i], sizes[_i] };
    struct buf again = { 0 };
    const struct type *type = unpack(bytes);
    ck_assert_ptr_nonnull(type);
    pack_type(&again, type);
    ck_assert_uint_eq(again.len, bytes.len);
    ck_assert_mem_eq(again.ptr, bytes.ptr, bytes.len);
    buf_free(&again);
}
END_TEST

START_TEST(a_type_has_at_most_so_many_parts)
{
    char text[TYPE_SIZE_MAX + 1];
    memset(text, 'o', sizeof text);
    text[TYPE_SIZE_MAX - 1] = 'i';
    const struct type *type = unpack((struct slice){ text, TYPE_SIZE_MAX });
    ck_assert_ptr_nonnull(type);
    ck_assert_uint_eq(type->size, TYPE_SIZE_MAX);
    text[TYPE_SIZE_MAX - 1] = 'o';
    text[TYPE_SIZE_MAX] = 'i';
    ck_assert_ptr_null(unpack((struct slice){ text, sizeof text }));
    ck_assert_ptr_null(unpack((struct slice){ "u\377\377i", 4 }));
}
END_TEST

/* One row that says it has some four thousand million bytes, elements, members. */
START_TEST(what_is_not_there_takes_no_memory)
{
    static const char *const forms[] = { "s", "y", "j", "li", "mi", "ls", "ln", "lu\0\0", "lln" };
    static const size_t sizes[] = { 1, 1, 1, 2, 2, 2, 2, 4, 3 };
    static const uint32_t many[] = { UINT32_MAX, COLUMN_ROWS_MAX + 1 };
    struct column column;
    const struct type *type = unpack((struct slice){ forms[_i], sizes[_i] });
    for (size_t i = 0; i < ARRAY_SIZE(many) && type; i++) {
        uint8_t bytes[8] = { 0 };
        be_put_u32(bytes, many[i]);
        struct reader reader = reader_of((struct slice){ bytes, 4 });
        size_t before = arena.total;
        ck_assert(!unpack_column(&reader, type, 1, &arena, &column) && reader.bad);
        ck_assert_uint_lt(arena.total - before, 1000);
    }
}
END_TEST

START_TEST(rows_that_are_not_there_take_no_memory)
{
    static const char forms[] = "idbtsyj";
    struct column column;
    for (size_t i = 0; forms[i]; i++) {
        const struct type *type = unpack((struct slice){ &forms[i], 1 });
        struct reader reader = reader_of((struct slice){ "\0\0\0\0\0\0\0", 7 });
        size_t before = arena.total;
        ck_assert(!unpack_column(&reader, type, UINT32_MAX, &arena, &column) && reader.bad);
        ck_assert_uint_eq(arena.total, before);
    }
}
END_TEST

Suite *pack_suite(void)
{
    Suite *suite = suite_create("pack");
    TCase *tcase = tcase_create("pack");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, open, close);
    tcase_add_loop_test(tcase, a_type_reads_back, 0, 5);
    tcase_add_test(tcase, a_type_has_at_most_so_many_parts);
    tcase_add_loop_test(tcase, what_is_not_there_takes_no_memory, 0, 9);
    tcase_add_test(tcase, rows_that_are_not_there_take_no_memory);
    return suite;
}
