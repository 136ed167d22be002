#include <check.h>
#include <string.h>

#include "base/list.h"
#include "column/type.h"

static struct arena arena;
static struct types *types;

static void begin(void)
{
    types = types_new(&arena);
}

static void end(void)
{
    arena_free(&arena);
}

static const struct type *list(const struct type *of)
{
    return type_list(types, of);
}

static const struct type *option(const struct type *of)
{
    return type_option(types, of);
}

static const struct type *record(const char *a, const char *b)
{
    const char *name[] = { a, b };
    const struct type *member[] = { &type_int, &type_string };
    return type_record(types, name, member, 2);
}

START_TEST(equal_types_are_one_pointer)
{
    ck_assert_ptr_eq(list(option(&type_int)), list(option(&type_int)));
    ck_assert_ptr_eq(record("a", "b"), record("a", "b"));
    ck_assert_ptr_ne(record("a", "b"), record("b", "a"));
    ck_assert_ptr_ne(list(&type_int), option(&type_int));
}
END_TEST

START_TEST(types_print_as_the_documents_write_them)
{
    const struct type *pair = type_pair(types, &type_string, option(&type_double));
    ck_assert_str_eq(type_text(&arena, list(pair)), "List[(String, Option[Double])]");
    ck_assert_str_eq(type_text(&arena, record("a", "b")), "{a: Int, b: String}");
    ck_assert_str_eq(type_text(&arena, type_map(types, &type_time)), "Map[String, Timestamp]");
}
END_TEST

START_TEST(a_long_type_is_cut)
{
    const struct type *type = &type_int;
    for (int i = 0; i < 12; i++)
        type = type_pair(types, type, type);
    ck_assert_uint_lt(strlen(type_text(&arena, type)), 500);
    ck_assert_uint_gt(type->size, TYPE_SIZE_MAX);
}
END_TEST

START_TEST(unify_finds_what_both_will_do_for)
{
    ck_assert_ptr_eq(type_unify(types, &type_int, &type_double), &type_double);
    ck_assert_ptr_eq(type_unify(types, &type_int, option(&type_double)), option(&type_double));
    ck_assert_ptr_eq(type_unify(types, option(&type_nothing), &type_string), option(&type_string));
    ck_assert_ptr_eq(type_unify(types, list(&type_nothing), list(&type_int)), list(&type_int));
    ck_assert_ptr_eq(type_unify(types, type_pair(types, &type_int, &type_double),
                                type_pair(types, &type_double, &type_int)),
                     type_pair(types, &type_double, &type_double));
    ck_assert_ptr_null(type_unify(types, &type_int, &type_string));
    ck_assert_ptr_null(type_unify(types, record("a", "b"), record("b", "a")));
    ck_assert_ptr_null(type_unify(types, list(&type_int), &type_int));
}
END_TEST

START_TEST(keys_hold_no_double)
{
    ck_assert(type_is_key(type_pair(types, &type_string, option(&type_int))));
    ck_assert(!type_is_key(list(&type_double)));
    ck_assert(!type_is_key(&type_json));
    ck_assert(type_is_ordered(type_pair(types, &type_string, &type_double)));
    ck_assert(!type_is_ordered(list(&type_int)));
}
END_TEST

START_TEST(fields_are_found_by_name)
{
    ck_assert_int_eq(type_field(record("a", "b"), "b"), 1);
    ck_assert_int_eq(type_field(record("a", "b"), "c"), -1);
    const struct type *pair = type_pair(types, &type_int, &type_int);
    ck_assert_int_eq(type_field(pair, "_2"), 1);
    ck_assert_int_eq(type_field(pair, "_3"), -1);
    ck_assert_int_eq(type_field(pair, "_0"), -1);
    ck_assert_int_eq(type_field(pair, "_1x"), -1);
    ck_assert_int_eq(type_field(pair, "_99999999999999999999"), -1);
}
END_TEST

Suite *type_suite(void)
{
    Suite *suite = suite_create("type");
    TCase *all = tcase_create("types");
    tcase_add_checked_fixture(all, begin, end);
    tcase_add_test(all, equal_types_are_one_pointer);
    tcase_add_test(all, types_print_as_the_documents_write_them);
    tcase_add_test(all, a_long_type_is_cut);
    tcase_add_test(all, unify_finds_what_both_will_do_for);
    tcase_add_test(all, keys_hold_no_double);
    tcase_add_test(all, fields_are_found_by_name);
    suite_add_tcase(suite, all);
    return suite;
}
