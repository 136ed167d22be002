#include <check.h>
#include <string.h>

#include "base/list.h"
#include "base/yaml.h"
#include "language.h"

static struct language language;

static void begin(void)
{
    language_begin(&language);
}

static void end(void)
{
    language_end(&language);
}

static struct program *compiled(const char *expression, const struct type *const *param, uint32_t n)
{
    struct expr_use use = { .op = "reduce", .param = param, .n_param = n };
    struct slice slice = { expression, strlen(expression) };
    struct program *program =
        language_compile(&language, yaml_quoted(&language.arena, slice), &use);
    if (!program)
        ck_abort_msg("%s", language_findings(&language));
    return program;
}

static enum fold fold_of(const char *expression, const struct type *type)
{
    const struct type *param[] = { type, type };
    return compiled(expression, param, 2)->fold;
}

START_TEST(the_folds_that_tables_know_are_recognised)
{
    ck_assert_int_eq(fold_of("_ + _", &type_int), FOLD_SUM);
    ck_assert_int_eq(fold_of("(a, b) => b + a", &type_int), FOLD_SUM);
    ck_assert_int_eq(fold_of("_ + _", &type_double), FOLD_SUM);
    ck_assert_int_eq(fold_of("_.min(_)", &type_int), FOLD_MIN);
    ck_assert_int_eq(fold_of("_.max(_)", &type_int), FOLD_MAX);
    ck_assert_int_eq(fold_of("(a, b) => a + a", &type_int), FOLD_NONE);
    ck_assert_int_eq(fold_of("_ + _", &type_string), FOLD_APPEND);
    ck_assert_int_eq(fold_of("(a, b) => a + \",\" + b.trim", &type_string), FOLD_APPEND);
    ck_assert_int_eq(fold_of("(a, b) => b + a", &type_string), FOLD_NONE);
    ck_assert_int_eq(fold_of("(a, b) => a + (b + a)", &type_string), FOLD_NONE);
    ck_assert_int_eq(fold_of("(a, b) => a.trim + b", &type_string), FOLD_NONE);
    ck_assert_int_eq(fold_of("_ - _", &type_int), FOLD_NONE);
}
END_TEST

START_TEST(a_program_says_what_it_looks_at)
{
    const struct type *param[] = { &type_int };
    ck_assert(compiled("(1, \"a\")", param, 1)->is_const);
    ck_assert(!compiled("y => [1].map(_ < y)", param, 1)->is_const);
    ck_assert(compiled("(_, batchTime)", param, 1)->uses_batch_time);
    ck_assert(!compiled("_", param, 1)->uses_batch_time);
    ck_assert(!compiled("_ == 1", param, 1)->can_fail);
    ck_assert(compiled("_ + 1", param, 1)->can_fail);
}
END_TEST

START_TEST(programs_follow_one_another_on_one_chunk)
{
    struct column in = language_rows(&language, "[\"1\", \"x\", \"0\", \"y\", \"4\"]"), out;
    const struct type *text[] = { &type_string }, *number[] = { &type_int };
    struct chunk chunk = {
        .frame = { .n = 5 }, .sel = { NULL, 5 }, .col = &in, .arena = &language.chunk
    };
    struct error_list errors = { 0 };
    program_run(compiled("_.toInt", text, 1), &chunk, &out, &errors);
    ck_assert_uint_eq(errors.n, 2);
    ck_assert_uint_eq(chunk.sel.n, 3);
    chunk.col = &out;
    struct column last;
    program_run(compiled("8 / _", number, 1), &chunk, &last, &errors);
    ck_assert_uint_eq(chunk.sel.n, 2);
    ck_assert_uint_eq(errors.n, 3);
    ck_assert_uint_eq(errors.items[2].row, 2);
    ck_assert_int_eq(last.i64[0], 8);
    ck_assert_int_eq(last.i64[4], 2);
    ck_assert_int_eq(chunk.frame.err[2], FAULT_DIVIDE);
}
END_TEST

START_TEST(errors_come_in_order_of_rows_each_row_once)
{
    struct column in = language_rows(&language, "[[1], [0, 0], [\"\".length], [9]]"), out;
    struct chunk chunk = {
        .frame = { .n = 4 }, .sel = { NULL, 4 }, .col = &in, .arena = &language.chunk
    };
    struct error_list errors = { 0 };
    struct program *program =
        compiled("(_.map(x => 9223372036854775800 + x * 8), _.map(5 / _))", &in.type, 1);
    program_run(program, &chunk, &out, &errors);
    ck_assert_uint_eq(errors.n, 4);
    static const struct {
        uint32_t row;
        enum fault fault;
    } expected[] = {
        { 0, FAULT_OVERFLOW }, { 1, FAULT_DIVIDE }, { 2, FAULT_DIVIDE }, { 3, FAULT_OVERFLOW }
    };
    for (uint32_t i = 0; i < errors.n; i++) {
        ck_assert_uint_eq(errors.items[i].row, expected[i].row);
        ck_assert_int_eq(errors.items[i].fault, expected[i].fault);
    }
}
END_TEST

/* {a: "1", b: "2"} and an empty one */
static struct column two_maps(void)
{
    static const char *text[] = { "a", "b", "1", "2" };
    static uint32_t one[] = { 1, 1, 1, 1 }, offset[] = { 0, 2 }, len[] = { 2, 0 };
    static struct column child[2];
    child[0] = (struct column){ .type = &type_string, .n = 2, .ptr = text, .len = one };
    child[1] = (struct column){ .type = &type_string, .n = 2, .ptr = text + 2, .len = one };
    return (struct column){ .type = type_map(language.types, &type_string),
                            .n = 2,
                            .n_child = 2,
                            .offset = offset,
                            .len = len,
                            .child = child };
}

START_TEST(a_map_is_looked_up_by_key)
{
    struct column maps = two_maps();
    struct program *program = compiled("(_(\"b\"), _(\"c\"), _.keys, _.size)", &maps.type, 1);
    for (uint32_t size = 1; size <= 2; size++)
        ck_assert_str_eq(language_values(&language, program, &maps, size),
                         "(Option[String], Option[String], List[String], Int): "
                         "(\"2\", None, [\"a\", \"b\"], 2); (None, None, [], 0)");
}
END_TEST

START_TEST(batch_time_is_the_chunks)
{
    const char *out =
        language_run(&language, "(batchTime.millis, batchTime - batchTime)", "[1, 2]", 2);
    ck_assert_str_eq(out, "(Int, Int): (1000, 0); (1000, 0)");
}
END_TEST

static char *repeated(char c, size_t n)
{
    char *text = arena_alloc(&language.arena, n + 1);
    memset(text, c, n);
    text[n] = 0;
    return text;
}

/* Makes n bytes of each a, by way of a thousand. */
static const char *blown_up(size_t n)
{
    return arena_printf(&language.arena, "_.replace(\"a\", \"%s\").replace(\"%s\", \"%s\").length",
                        repeated('b', 1000), repeated('b', 1000), repeated('c', n));
}

START_TEST(a_record_that_grows_too_large_fails_alone)
{
    const char *rows = arena_printf(&language.arena, "[\"%s\", \"a\"]", repeated('a', 2000));
    const char *out = language_run(&language, blown_up(50000), rows, 2);
    ck_assert_ptr_eq(strstr(out, "Int: E407 "), out);
    ck_assert_ptr_nonnull(strstr(out, ": the result is too large; 50000"));
}
END_TEST

START_TEST(a_chunk_that_is_too_large_is_run_in_parts)
{
    struct buf rows = { 0 };
    buf_puts(&rows, "[");
    for (int i = 0; i < 20; i++)
        buf_printf(&rows, "%s\"%s\"", i ? ", " : "", repeated('a', 1000));
    buf_puts(&rows, "]");
    const char *out = language_run(&language, blown_up(10000), buf_text(&rows), 20);
    buf_free(&rows);
    ck_assert_uint_eq(strlen(out), strlen("Int:") + 20 * strlen("; 10000000") - 1);
    ck_assert_ptr_null(strstr(out, "E407"));
}
END_TEST

START_TEST(lists_that_multiply_are_held_back)
{
    struct buf rows = { 0 };
    buf_puts(&rows, "[\"a b\", \"");
    for (int i = 0; i < 5000; i++)
        buf_puts(&rows, "x ");
    buf_puts(&rows, "\"]");
    const char *out =
        language_run(&language, "x => x.words.flatMap(y => x.words).size", buf_text(&rows), 2);
    ck_assert_str_eq(out, "Int: 4; E407 `x.words`: the result is too large");
    buf_free(&rows);
}
END_TEST

#define MANY (1u << 20)

/* Of a chunk of a million rows every operator makes 8 MiB. */
START_TEST(a_program_that_makes_too_much_is_run_in_parts)
{
    static int64_t number[MANY];
    const struct type *param[] = { &type_int };
    struct column in = { .type = &type_int, .n = MANY, .i64 = number }, out;
    struct program *program = compiled("_+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1", param, 1);
    for (uint32_t i = 0; i < MANY; i++)
        number[i] = i;
    for (uint32_t n = 0; n <= MANY; n += MANY) { /* of nothing nothing comes */
        struct error_list errors = { 0 };
        struct chunk chunk = {
            .frame = { .n = MANY }, .sel = { NULL, n }, .col = &in, .arena = &language.chunk
        };
        program_run(program, &chunk, &out, &errors);
        ck_assert_uint_eq(errors.n, 0);
        ck_assert_uint_eq(chunk.sel.n, n);
        uint32_t good = 0;
        for (uint32_t i = 0; i < n; i++)
            good += out.i64[i] == i + 17;
        ck_assert_uint_eq(good, n);
        arena_reset(&language.chunk);
    }
}
END_TEST

/* Rows {few: [1, 2], many: a list of `len`}, whose elements nobody looks at. */
static struct column few_and_many(uint32_t n, const uint32_t *len)
{
    static int64_t number[2] = { 1, 2 };
    static uint32_t zero[4], two[4] = { 2, 2, 2, 2 };
    static struct column element, member[2];
    static const char *const name[] = { "few", "many" };
    element = (struct column){ .type = &type_int, .n = 2, .i64 = number };
    const struct type *list = type_list(language.types, &type_int), *lists[] = { list, list };
    for (int i = 0; i < 2; i++)
        member[i] = (struct column){ .type = list,
                                     .n = n,
                                     .n_child = 1,
                                     .offset = zero,
                                     .len = i ? (uint32_t *)(uintptr_t)len : two,
                                     .child = &element };
    return (struct column){
        .type = type_record(language.types, name, lists, 2), .n = n, .n_child = 2, .child = member
    };
}

static const char *const walks[] = { "_.many.map(_ + 1).size",
                                     "x => x.few.flatMap(y => x.many).size",
                                     "x => (1 / x.few(0), x.many.filter(_ > 1).size)",
                                     "x => (x.many + x.many).size" };

START_TEST(lists_with_too_many_elements_fail_their_records)
{
    static const uint32_t len[] = { 1, COLUMN_ROWS_MAX + 1, 2, COLUMN_ROWS_MAX + 1 };
    struct column in = few_and_many(4, len), out;
    struct program *program = compiled(walks[_i], &in.type, 1);
    uint8_t err[4] = { 0 };
    struct error_list errors = { 0 };
    struct chunk chunk = {
        .frame = { .n = 4, .err = err }, .sel = { NULL, 4 }, .col = &in, .arena = &language.chunk
    };
    program_run(program, &chunk, &out, &errors);
    ck_assert_uint_eq(errors.n, 2);
    for (uint32_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(errors.items[i].row, 2 * i + 1);
        ck_assert_int_eq(errors.items[i].fault, FAULT_LARGE);
        ck_assert_uint_eq(chunk.sel.row[i], 2 * i);
    }
    ck_assert_uint_eq(chunk.sel.n, 2);
}
END_TEST

/* Of 44 MiB, which nobody looks at: what would come of it is too large. */
START_TEST(texts_that_would_be_too_large_fail)
{
    static char bytes[44u << 20];
    static const char *const makes[] = { "_.toUpperCase", "_.toLowerCase", "x => x + x",
                                         "[_, _].mkString", "[_].map(x => x + x)" };
    const char *text = bytes;
    uint32_t len = sizeof bytes;
    struct column in = { .type = &type_string, .n = 1, .ptr = &text, .len = &len }, out;
    for (size_t i = 0; i < ARRAY_SIZE(makes); i++) {
        struct error_list errors = { 0 };
        struct chunk chunk = {
            .frame = { .n = 1 }, .sel = { NULL, 1 }, .col = &in, .arena = &language.chunk
        };
        program_run(compiled(makes[i], &in.type, 1), &chunk, &out, &errors);
        ck_assert_uint_eq(errors.n, 1);
        ck_assert_int_eq(errors.items[0].fault, FAULT_LARGE);
        ck_assert_uint_eq(chunk.sel.n, 0);
    }
}
END_TEST

START_TEST(bytes_are_text_when_they_are_utf_8)
{
    struct column rows = language_rows(&language, "[\"a\u00e9\", \"\", \"bad\"]");
    const struct type *param = rows.type = &type_bytes;
    rows.ptr[2] = "b\xff";
    rows.len[2] = 2;
    struct expr_use use = { .op = "map", .param = &param, .n_param = 1 };
    struct program *program = language_compile(&language, "(_.size, _.toString)", &use);
    ck_assert_str_eq(language_values(&language, program, &rows, 3),
                     "(Int, String): (3, \"a\u00e9\"); (0, \"\"); E401 `_.toString`: not UTF-8");
    program = language_compile(
        &language, "x => if (x.size > 2) (x.size, x.toString, x == x) else (0, \"\", x != x)",
        &use);
    ck_assert_str_eq(
        language_values(&language, program, &rows, 3),
        "(Int, String, Bool): (3, \"a\u00e9\", true); (0, \"\", false); (0, \"\", false)");
}
END_TEST

START_TEST(a_pattern_that_recurses_deep_finds_its_memory)
{
    const char *rows = arena_printf(&language.arena, "[\"%sc\", \"%s\"]", repeated('a', 30000),
                                    repeated('a', 30000));
    ck_assert_str_eq(language_run(&language, "_.matches(\"(?:a|b)*c\")", rows, 2),
                     "Bool: true; false");
}
END_TEST

Suite *program_suite(void)
{
    Suite *suite = suite_create("program");
    TCase *all = tcase_create("programs");
    tcase_add_checked_fixture(all, begin, end);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, the_folds_that_tables_know_are_recognised);
    tcase_add_test(all, a_program_says_what_it_looks_at);
    tcase_add_test(all, programs_follow_one_another_on_one_chunk);
    tcase_add_test(all, errors_come_in_order_of_rows_each_row_once);
    tcase_add_test(all, a_map_is_looked_up_by_key);
    tcase_add_test(all, batch_time_is_the_chunks);
    tcase_add_test(all, a_record_that_grows_too_large_fails_alone);
    tcase_add_test(all, a_chunk_that_is_too_large_is_run_in_parts);
    tcase_add_test(all, lists_that_multiply_are_held_back);
    tcase_add_test(all, a_program_that_makes_too_much_is_run_in_parts);
    tcase_add_loop_test(all, lists_with_too_many_elements_fail_their_records, 0, ARRAY_SIZE(walks));
    tcase_add_test(all, texts_that_would_be_too_large_fail);
    tcase_add_test(all, bytes_are_text_when_they_are_utf_8);
    tcase_add_test(all, a_pattern_that_recurses_deep_finds_its_memory);
    suite_add_tcase(suite, all);
    return suite;
}
