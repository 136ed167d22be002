#include <check.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "expr/parse.h"
#include "language.h"

static struct language language;

static struct column input;

static void begin(void)
{
    language_begin(&language);
    input =
        language_rows(&language, "[[\"a\", \"b c\"], [], [\"1\"], [\"x\", \"1\", \"x\"], [\"\"]]");
}

static void end(void)
{
    language_end(&language);
}

/* The values do not depend on the size of chunks. */
static void run(const struct program *program)
{
    char *whole = mem_strdup(language_values(&language, program, &input, 5));
    ck_assert_str_eq(language_values(&language, program, &input, 1), whole);
    ck_assert_str_eq(language_values(&language, program, &input, 3), whole);
    mem_free(whole);
}

/* Compiles bytes as they are, without a file around them; the first finding's code, 0 for none. */
static unsigned code_of(const char *text, size_t n)
{
    struct yaml_node node = { .kind = YAML_STRING,
                              .line = 1,
                              .column = 1,
                              .width = 1,
                              .text = text,
                              .text_len = n,
                              .expanded = true };
    const struct type *param[] = { input.type, &type_int };
    struct expr_use use = { .op = "map", .param = param, .n_param = 1 + n % 2 };
    language.diags = (struct diags){ .arena = &language.arena, .file = "t" };
    node.file = NULL;
    struct program *program =
        expr_compile(&language.arena, language.types, &node, &use, &language.diags);
    ck_assert((program == NULL) == (diag_errors(&language.diags) > 0));
    if (program && use.n_param == 1)
        run(program);
    return program ? 0 : language.diags.items[0].code;
}

/* `part` n times, then `middle`, then `last` n times */
static unsigned nested(const char *part, const char *middle, const char *last, uint32_t n)
{
    struct buf text = { 0 };
    for (uint32_t i = 0; i < n; i++)
        buf_puts(&text, part);
    buf_puts(&text, middle);
    for (uint32_t i = 0; i < n; i++)
        buf_puts(&text, last);
    if (text.len % 2)
        buf_puts(&text, " ");
    unsigned code = code_of(buf_text(&text), text.len);
    buf_free(&text);
    return code;
}

START_TEST(what_is_too_deep_or_too_long_is_said)
{
    ck_assert_uint_eq(nested("(", "1", ")", 90), 0);
    ck_assert_uint_eq(nested("(", "1", ")", 30000), 236);
    ck_assert_uint_eq(nested("!", "true", "", 90), 0);
    ck_assert_uint_eq(nested("!", "true", "", 30000), 236);
    ck_assert_uint_eq(nested("[", "1", "]", 30000), 236);
    ck_assert_uint_eq(nested("x=>", "1", "", 20000), 236);
    ck_assert_uint_eq(nested("1+", "1", "", 900), 0);
    ck_assert_uint_eq(nested("1+", "1", "", 30000), 236);
    ck_assert_uint_eq(nested("(1+", "1", ")", 90), 0);
    ck_assert_uint_eq(nested("", "\"a\"", ".trim", 10000), 236);
    ck_assert_uint_eq(nested("", "1", " ", EXPR_BYTES_MAX), 236);
    ck_assert_uint_eq(nested("1,", "1", "", 30000), 231);
}
END_TEST

START_TEST(what_stands_behind_too_long_a_row_is_said_first)
{
    unsigned said[2] = { 0, 0 };
    for (uint32_t n = PARSE_HEIGHT_MAX - 4; n < PARSE_HEIGHT_MAX + 4; n++) {
        struct buf text = { 0 };
        buf_puts(&text, "1");
        for (uint32_t i = 0; i < n; i++)
            buf_puts(&text, "+1");
        buf_puts(&text, " @");
        unsigned code = code_of(buf_text(&text), text.len);
        ck_assert(code == 231 || code == 236);
        ck_assert_uint_eq(diag_errors(&language.diags), 1);
        said[code == 236]++;
        buf_free(&text);
    }
    ck_assert(said[0] && said[1]);
}
END_TEST

START_TEST(fields_and_members_of_a_path_have_a_most)
{
    struct buf text = { 0 };
    for (uint32_t most = 256; most <= 257; most++) {
        buf_clear(&text);
        for (uint32_t i = 0; i < most; i++)
            buf_printf(&text, "%sf%u: 1", i ? ", " : "{", i);
        buf_puts(&text, text.len % 2 ? "}" : " }");
        ck_assert_uint_eq(code_of(buf_text(&text), text.len), most == 256 ? 0 : 231);
    }
    ck_assert_str_eq(language.diags.items[0].text, "expected '}' or ',', but here is 'f256'");
    buf_free(&text);
    ck_assert_uint_eq(nested("", "_.mkString.json", ".a", 64), 0);
    ck_assert_uint_eq(nested("", "_.mkString.json", ".a", 65), 236);
}
END_TEST

START_TEST(a_type_that_doubles_with_every_step_is_refused)
{
    ck_assert_uint_eq(nested("", "[1]", ".map(x=>(x,x))", 8), 0);
    ck_assert_uint_eq(nested("", "[1]", ".map(x=>(x,x))", 60), 236);
    ck_assert_uint_eq(nested("", "[1]", ".map(x=>[x])", 90), 0);
}
END_TEST

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

START_TEST(any_tokens_give_a_program_or_a_finding)
{
    static const char *const words[] = {
        "_",         "x",    "=>",   "(",   ")",         "[",       "]",      "{",
        "}",         ",",    ":",    ".",   "1",         "2.5",     "\"a\"",  "+",
        "-",         "*",    "/",    "==",  "<",         "&&",      "!",      "if",
        "else",      "None", "true", "map", "filter",    "flatMap", "size",   "split",
        "getOrElse", "_1",   "head", " ",   "batchTime", "x => x",  "_.map(", "mkString"
    };
    uint64_t seed = 88172645463325252u + (uint64_t)_i;
    for (int round = 0; round < 1500; round++) {
        char text[256];
        size_t n = 0;
        for (uint64_t k = next(&seed) % 24; k > 0; k--) {
            const char *word = words[next(&seed) % ARRAY_SIZE(words)];
            memcpy(text + n, word, strlen(word));
            n += strlen(word);
        }
        text[n] = 0;
        code_of(text, n);
        if (round % 100 == 0)
            end(), begin();
    }
}
END_TEST

/* Puts a random expression: a template, its @ being expressions again. */
static void grow(struct buf *text, uint64_t *seed, int depth)
{
    static const char *const leaves[] = { "_",    "_",    "1",  "0", "2.5", "\"a\"",    "\"1\"",
                                          "None", "true", "[]", "x", "-1",  "batchTime" };
    static const char *const forms[] = { "(@, @)",
                                         "[@, @]",
                                         "@ + @",
                                         "@ * @",
                                         "@ / @",
                                         "@ == @",
                                         "@ < @",
                                         "@ && @",
                                         "!@",
                                         "@.map(@)",
                                         "@.map(x => @)",
                                         "@.filter(@)",
                                         "@.flatMap(@)",
                                         "@.size",
                                         "@.head",
                                         "@.last",
                                         "@(@)",
                                         "@.sum",
                                         "@.sorted",
                                         "@.distinct",
                                         "@.min",
                                         "@.mkString(@)",
                                         "@.toInt",
                                         "@.toString",
                                         "@.split(@)",
                                         "@.words",
                                         "@.length",
                                         "@.getOrElse(@)",
                                         "@.isDefined",
                                         "@.contains(@)",
                                         "@._1",
                                         "@._2",
                                         "if (@) @ else @",
                                         "@.max(@)",
                                         "@.substring(@)",
                                         "@.toUpperCase",
                                         "{a: @, b: @}",
                                         "@.a",
                                         "@.replace(@, @)",
                                         "@.filter(x => @)",
                                         "@.flatMap(x => [@])",
                                         "@.map((@, _))",
                                         "@ + [@]" };
    const char *form =
        depth > 0 ? forms[next(seed) % ARRAY_SIZE(forms)] : leaves[next(seed) % ARRAY_SIZE(leaves)];
    for (; *form; form++)
        if (*form == '@')
            grow(text, seed, (int)(next(seed) % (uint64_t)depth));
        else
            buf_put_u8(text, (uint8_t)*form);
}

START_TEST(any_expression_gives_the_same_for_any_size_of_chunk)
{
    uint64_t seed = 362436069 + (uint64_t)_i * 77;
    uint32_t programs = 0;
    for (int round = 0; round < 4000; round++) {
        struct buf text = { 0 };
        grow(&text, &seed, 1 + (int)(next(&seed) % 5));
        if (text.len % 2)
            buf_puts(&text, " ");
        programs += code_of(buf_text(&text), text.len) == 0;
        buf_free(&text);
        if (round % 100 == 0)
            end(), begin();
    }
    ck_assert_uint_gt(programs, 200);
}
END_TEST

START_TEST(any_bytes_give_a_program_or_a_finding)
{
    uint64_t seed = 2463534242u + (uint64_t)_i;
    for (int round = 0; round < 1500; round++) {
        char text[64];
        size_t n = next(&seed) % (sizeof text - 1);
        for (size_t k = 0; k < n; k++)
            text[k] = (char)(next(&seed) >> 11);
        text[n] = 0;
        code_of(text, n);
        if (round % 100 == 0)
            end(), begin();
    }
}
END_TEST

Suite *parse_suite(void)
{
    Suite *suite = suite_create("parse");
    TCase *limits = tcase_create("limits");
    tcase_add_checked_fixture(limits, begin, end);
    tcase_set_timeout(limits, 60);
    tcase_add_test(limits, what_is_too_deep_or_too_long_is_said);
    tcase_add_test(limits, what_stands_behind_too_long_a_row_is_said_first);
    tcase_add_test(limits, fields_and_members_of_a_path_have_a_most);
    tcase_add_test(limits, a_type_that_doubles_with_every_step_is_refused);
    tcase_add_loop_test(limits, any_tokens_give_a_program_or_a_finding, 0, 4);
    tcase_add_loop_test(limits, any_expression_gives_the_same_for_any_size_of_chunk, 0, 4);
    tcase_add_loop_test(limits, any_bytes_give_a_program_or_a_finding, 0, 4);
    suite_add_tcase(suite, limits);
    return suite;
}
