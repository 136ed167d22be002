#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/yaml.h"

static struct arena arena;
static struct diags diags;
static struct yaml_node *root;
static struct buf printed;

static void clean(void)
{
    arena_free(&arena);
    buf_free(&printed);
}

static bool parse_bytes(const void *bytes, size_t n)
{
    arena_reset(&arena);
    diags = (struct diags){ .arena = &arena, .file = "t.yaml", .source = { bytes, n } };
    return yaml_parse(&arena, diags.source, &diags, &root);
}

static bool parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static const char *findings(void)
{
    buf_clear(&printed);
    diag_print(&diags, DIAG_GNU, false, &printed);
    return buf_text(&printed);
}

static const struct { /* a plain scalar and what it is in YAML 1.2's core schema, save numbers with
                         a leading 0 */
    const char *text;
    enum yaml_kind kind;
    double number;
} scalars[] = {
    { "~", YAML_NULL, 0 },
    { "null", YAML_NULL, 0 },
    { "NULL", YAML_NULL, 0 },
    { "nUll", YAML_STRING, 0 },
    { "true", YAML_BOOL, 0 },
    { "FALSE", YAML_BOOL, 0 },
    { "yes", YAML_STRING, 0 },
    { "no", YAML_STRING, 0 },
    { "on", YAML_STRING, 0 },
    { "0", YAML_INT, 0 },
    { "-0", YAML_INT, 0 },
    { "12", YAML_INT, 12 },
    { "+7", YAML_INT, 7 },
    { "-19", YAML_INT, -19 },
    { "012", YAML_STRING, 0 },
    { "-012", YAML_STRING, 0 },
    { "00.5", YAML_STRING, 0 },
    { "0x1F", YAML_STRING, 0 },
    { "0o17", YAML_STRING, 0 },
    { "1:30", YAML_STRING, 0 },
    { "1_000", YAML_STRING, 0 },
    { "0.5", YAML_DOUBLE, 0.5 },
    { ".5", YAML_DOUBLE, 0.5 },
    { "1.", YAML_DOUBLE, 1 },
    { "1e3", YAML_DOUBLE, 1000 },
    { "1.5E+3", YAML_DOUBLE, 1500 },
    { "1f3", YAML_STRING, 0 },
    { "1e", YAML_STRING, 0 },
    { ".", YAML_STRING, 0 },
    { "1.5.2", YAML_STRING, 0 },
    { "-.inf", YAML_DOUBLE, -INFINITY },
    { ".Inf", YAML_DOUBLE, INFINITY },
    { "inf", YAML_STRING, 0 },
    { "9223372036854775807", YAML_INT, 9223372036854775807.0 },
    { "9223372036854775808", YAML_DOUBLE, 9223372036854775808.0 },
    { "2026-11-22", YAML_STRING, 0 },
    { "10s", YAML_STRING, 0 },
};

START_TEST(scalars_follow_the_core_schema)
{
    ck_assert_msg(parse(scalars[_i].text), "%s: %s", scalars[_i].text, findings());
    ck_assert_msg(root->kind == scalars[_i].kind, "%s is %s", scalars[_i].text,
                  yaml_kind_name(root->kind));
    ck_assert_double_eq(root->number, scalars[_i].number);
    char quoted[64];
    snprintf(quoted, sizeof quoted, "'%s'", scalars[_i].text);
    ck_assert(parse(quoted) && root->kind == YAML_STRING && root->quoted);
}
END_TEST

START_TEST(bom_crlf_and_the_document_mark_are_accepted)
{
    ck_assert(parse("\xef\xbb\xbf---\r\na: 1\r\nb: |\r\n  x\r\n  y\r\n..."));
    ck_assert_uint_eq(root->keys[1]->line, 3);
    ck_assert_uint_eq(root->keys[1]->column, 1);
    ck_assert_str_eq(yaml_get(root, "b")->text, "x\ny\n");
}
END_TEST

START_TEST(columns_count_code_points_and_no_byte_order_mark)
{
    ck_assert(
        parse("\xef\xbb\xbf"
              "é: [ö, \"ü\", {x: y}]"));
    const struct yaml_node *list = root->items[0];
    ck_assert_uint_eq(list->column, 4);
    ck_assert_uint_eq(list->width, 16);
    ck_assert_uint_eq(list->items[1]->column, 8);
    ck_assert_uint_eq(list->items[1]->width, 3);
    ck_assert_str_eq(yaml_path(list->items[2]->items[0]), "é[2].x");
}
END_TEST

static const struct { /* a file and all that is said about it */
    const char *text, *said;
} broken[] = {
    { "a: &x [b]\nc: !t {d: e}\nf: !t |\n  g\n",
      "t.yaml:1:4: error[E105]: anchor 'x' is not allowed here\n"
      "t.yaml:2:4: error[E105]: tag '!t' is not allowed here\n"
      "t.yaml:3:4: error[E105]: tag '!t' is not allowed here\n" },
    { ": \n",
      "t.yaml:1:1: error[E101]: a key was expected here\n"
      "  help: perhaps a quote above is not closed, or one stands inside a text in quotes\n" },
    { "b:\t: \n",
      "t.yaml:1:4: error[E101]: a ': ' that belongs to no key\n"
      "  help: put the value in quotes\n" },
    { "-\n \n%\n",
      "t.yaml:3:2: error[E101]: while scanning a directive: could not find expected directive "
      "name\n" },
    { "*x? \n", "t.yaml:1:3: error[E101]: mapping keys are not allowed in this context\n" },
    { "x:\n    a: 1\n# c\n\n  b: 2\n",
      "t.yaml:5:3: error[E102]: indentation of 2 spaces fits no line above\n"
      "  help: line 2 has 4; what belongs together begins in the same column\n" },
    { "t:\n - a\n b: c\n",
      "t.yaml:3:2: error[E204]: 'b' stands inside 't'; here it belongs 1 space to the left\n" },
    { "t:\n  - a\n  b\"c: d\n",
      "t.yaml:3:3: error[E101]: an item that begins with '- ' was expected here\n" },
    { "? [a]\n:\n  - b\n  c: d\n",
      "t.yaml:4:3: error[E101]: an item that begins with '- ' was expected here\n" },
    { "t:\n  - a\n  b'c: d\n",
      "t.yaml:3:3: error[E101]: an item that begins with '- ' was expected here\n" },
    { "a: !e!b c\n",
      "t.yaml:1:4: error[E105]: '!' begins a tag, which is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!e!b c\"\n" },
    { "\r%YAML 1.2\r---\ra\r",
      "t.yaml:2:1: error[E105]: directives are not allowed; leave this line out\n" },
    { "a:\n\tb: c\n",
      "t.yaml:2:1: error[E102]: tab used for indentation; YAML allows only spaces\n" },
    { "a:\n  - b\n  \t- c: d\n",
      "t.yaml:3:3: error[E102]: tab used for indentation; YAML allows only spaces\n" },
    { "x:\n    a: 1\n  b: 2\n",
      "t.yaml:3:3: error[E102]: indentation of 2 spaces fits no line above\n"
      "  help: line 2 has 4; what belongs together begins in the same column\n" },
    { "a: b\n  c: d\n",
      "t.yaml:2:3: error[E102]: indented deeper than line 1, which has its value already\n"
      "  help: begin it below the key of line 1, with 0 spaces\n" },
    { "t:\n  - map: x\n  outputs:\n  - print\n",
      "t.yaml:3:3: error[E204]: 'outputs' stands inside 't'; here it belongs 2 spaces to the "
      "left\n" },
    { "- map: a => b: c\n",
      "t.yaml:1:14: error[E101]: a second ': ' in one value\n"
      "  help: put the value in quotes: \"a => b: c\"\n" },
    { "a: 'b\nc: d\n", "t.yaml:1:4: error[E101]: this quote is never closed\n" },
    { "a: \xff\n",
      "t.yaml:1:4: error[E103]: not UTF-8: byte 0xFF\n  help: save the file as UTF-8\n" },
    { "é: \xed\xa0\x80",
      "t.yaml:1:4: error[E103]: not UTF-8: byte 0xED\n  help: save the file as UTF-8\n" },
    { "a: \"\\0\"\n", "t.yaml:1:4: error[E103]: NUL byte in a text\n" },
    { "a: \"\x07\"\n",
      "t.yaml:1:5: error[E101]: control character\n  help: inside double quotes write it as "
      "\\xNN\n" },
    { "\xef\xbb\xbf"
      "a: \"\x07\"\n",
      "t.yaml:1:5: error[E101]: control character\n  help: inside double quotes write it as "
      "\\xNN\n" },
    { "a: &x 1\nb: *x\n",
      "t.yaml:1:4: error[E105]: anchor 'x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"&x 1\"\n"
      "t.yaml:2:4: error[E105]: alias 'x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"*x\"\n" },
    { "f: !_.a\n",
      "t.yaml:1:4: error[E105]: tag '!_.a' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!_.a\"\n" },
    { "f: !_.a(\"b\")\n",
      "t.yaml:1:4: error[E105]: '!' begins a tag, which is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: '!_.a(\"b\")'\n" },
    { "<<: {a: 1}\n",
      "t.yaml:1:1: error[E105]: merge key '<<' is not allowed; write the keys out\n" },
    { "# c\n%YAML 1.2\n---\na: 1\n",
      "t.yaml:2:1: error[E105]: directives are not allowed; leave this line out\n" },
    { "a: 1\n---\nb: 1\n",
      "t.yaml:2:1: error[E106]: a second document begins here; a file holds one\n" },
    { "a: 1\nb: 2\na: 3\n",
      "t.yaml:3:1: error[E107]: key 'a' stands here twice; the first is on line 1\n" },
    { "a: 1\n'a': 2\na: 3\n",
      "t.yaml:2:1: error[E107]: key 'a' stands here twice; the first is on line 1\n"
      "t.yaml:3:1: error[E107]: key 'a' stands here twice; the first is on line 1\n" },
    { "? [a]\n: b\n", "t.yaml:1:3: error[E101]: a key must be a word, here is a list\n" },
};

START_TEST(what_is_wrong_is_said_with_its_place)
{
    ck_assert(!parse(broken[_i].text));
    ck_assert_str_eq(findings(), broken[_i].said);
}
END_TEST

START_TEST(a_nul_byte_is_refused)
{
    ck_assert(!parse_bytes("a: b\nc\0d: 1", 11));
    ck_assert_str_eq(findings(), "t.yaml:2:2: error[E103]: NUL byte\n");
}
END_TEST

START_TEST(mistakes_that_do_not_end_the_reading_leave_the_rest_of_the_tree)
{
    ck_assert(!parse("a: 1\na: 2\nb: &x 3\n<<: 4\nc: 5\n"));
    ck_assert_uint_eq(diag_errors(&diags), 3);
    ck_assert_uint_eq(root->n, 3);
    ck_assert_int_eq(yaml_get(root, "a")->integer, 1);
    ck_assert(yaml_get(root, "b")->bad);
    ck_assert_int_eq(yaml_get(root, "c")->integer, 5);
}
END_TEST

START_TEST(depth_64_is_read_and_65_is_not)
{
    char text[200];
    for (int depth = YAML_DEPTH_MAX; depth <= YAML_DEPTH_MAX + 1; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = 0;
        ck_assert_int_eq(parse(text), depth == YAML_DEPTH_MAX);
    }
    ck_assert_str_eq(findings(),
                     "t.yaml:1:65: error[E104]: deeper than 64 lists and maps inside each other\n");
}
END_TEST

START_TEST(a_hundred_thousand_nodes_are_read_and_one_more_is_not)
{
    struct buf text = { 0 };
    buf_puts(&text, "[");
    for (int i = 0; i < YAML_NODES_MAX - 1; i++) /* the list is a node too */
        buf_puts(&text, "a,");
    buf_puts(&text, "]");
    ck_assert(parse_bytes(text.ptr, text.len));
    ck_assert_uint_eq(root->n, YAML_NODES_MAX - 1);
    text.ptr[text.len - 1] = 'a';
    buf_puts(&text, "]");
    ck_assert(!parse_bytes(text.ptr, text.len));
    ck_assert_str_eq(findings(),
                     "t.yaml:1:200000: error[E104]: more than 100000 values and keys: a file may "
                     "not have more\n");
    buf_free(&text);
}
END_TEST

START_TEST(a_list_a_map_and_an_alias_may_be_the_one_too_many)
{
    static const char *const last[] = { "[]]", "{}]", "*x]" };
    struct buf text = { 0 };
    buf_puts(&text, "[");
    for (int i = 0; i < YAML_NODES_MAX - 1; i++)
        buf_puts(&text, "a,");
    buf_puts(&text, last[_i]);
    ck_assert(!parse_bytes(text.ptr, text.len));
    ck_assert(strstr(findings(), "error[E104]: more than 100000 values and keys"));
    ck_assert_uint_eq(diag_errors(&diags), 1);
    buf_free(&text);
}
END_TEST

START_TEST(a_mebibyte_is_read_and_one_byte_more_is_not)
{
    struct buf text = { 0 };
    buf_puts(&text, "a: 1\n#");
    while (text.len < YAML_BYTES_MAX)
        buf_put_u8(&text, '.');
    ck_assert(parse_bytes(text.ptr, text.len));
    buf_put_u8(&text, '.');
    ck_assert(!parse_bytes(text.ptr, text.len));
    ck_assert_str_eq(findings(), "t.yaml: error[E104]: 1048577 bytes: a file may have 1048576\n");
    buf_free(&text);
}
END_TEST

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

START_TEST(hostile_files_are_refused_at_once)
{
    static const char *const patterns[] = { "[", "{a: ", "- ", "? ", "a: [", "\"a\": {" };
    struct buf text = { 0 };
    while (text.len < YAML_BYTES_MAX - 8)
        buf_puts(&text, patterns[_i]);
    double from = cpu_ms();
    ck_assert(!parse_bytes(text.ptr, text.len));
    ck_assert_msg(cpu_ms() - from < 500, "%s took %.0f ms", patterns[_i], cpu_ms() - from);
    ck_assert(strstr(findings(), "E104") || strstr(findings(), "E101"));
    buf_free(&text);
}
END_TEST

START_TEST(fifty_thousand_keys_are_compared_at_once)
{
    struct buf text = { 0 };
    for (int i = 0; i < 49000; i++)
        buf_printf(&text, "k%d: 1\n", i);
    buf_puts(&text, "k17: 2\n");
    double from = cpu_ms();
    ck_assert(!parse_bytes(text.ptr, text.len));
    ck_assert_msg(cpu_ms() - from < 1000, "took %.0f ms", cpu_ms() - from);
    ck_assert_str_eq(
        findings(),
        "t.yaml:49001:1: error[E107]: key 'k17' stands here twice; the first is on line 18\n");
    buf_free(&text);
}
END_TEST

static const struct { /* a file whose `a` has «word» in its text, and where the word stands */
    const char *text;
    uint32_t line, column, width;
} places[] = {
    { "a: x + word + y", 1, 8, 4 },
    { "a: 'x + word'", 1, 9, 4 },
    { "a: 'it''s word'", 1, 11, 4 },
    { "a: \"x\\n\\u00e9\\x41\\U0001F600 word\"", 1, 29, 4 },
    { "a: \"é \\\"word\\\"\"", 1, 9, 4 },
    { "a: one\n  two\n  word x", 3, 3, 4 },
    { "a: one\n\n\n  word x", 4, 3, 4 },
    { "a: 'one\n  it''s\n\n  word x'", 4, 3, 4 },
    { "a: \"one \\\n  two \\\n\n  word x\"", 4, 3, 4 },
    { "a: \"one\\\r\n  wo\\x72d x\"", 2, 3, 7 },
    { "a: |\n  one\n    two word\n", 3, 9, 4 },
    { "a: |4-\n      two word\n", 2, 11, 4 },
    { "a: >\n  one\n  two\n\n  three word\n", 5, 9, 4 },
    { "a: >-\n  one\n    two\n    word\n  x\n", 4, 5, 4 },
    { "a: | # word\n\n  x\n\n  é word\n", 5, 5, 4 },
    { "a: |\r\n  x\r\n  é word\r\n", 3, 5, 4 },
};

START_TEST(a_part_of_a_text_is_found_in_the_file)
{
    ck_assert_msg(parse(places[_i].text), "%s: %s", places[_i].text, findings());
    const struct yaml_node *node = yaml_get(root, "a");
    const char *word = strstr(node->text, "word");
    ck_assert(word);
    size_t from = (size_t)(word - node->text);
    struct diag_place place = yaml_text_place(node, from, from + 4);
    ck_assert_msg(place.line == places[_i].line && place.column == places[_i].column &&
                      place.width == places[_i].width,
                  "%s: %u:%u, %u wide", places[_i].text, place.line, place.column, place.width);
    ck_assert_str_eq(place.path, "a");
}
END_TEST

START_TEST(the_end_of_a_text_has_a_place)
{
    ck_assert(parse("a: 'x +'"));
    struct diag_place place = yaml_text_place(root->items[0], 3, 3);
    ck_assert_uint_eq(place.column, 8); /* the closing quote */
    ck_assert(parse("a: x +\nb: 1"));
    place = yaml_text_place(root->items[0], 3, 3);
    ck_assert_uint_eq(place.line, 1);
    ck_assert_uint_eq(place.column, 7);
}
END_TEST

START_TEST(what_spans_lines_is_underlined_to_the_end_of_the_first)
{
    ck_assert(parse("a: one\n  two three"));
    struct diag_place place = yaml_text_place(root->items[0], 1, 9);
    ck_assert_uint_eq(place.line, 1);
    ck_assert_uint_eq(place.column, 5);
    ck_assert_uint_eq(place.width, 2);
}
END_TEST

START_TEST(a_text_is_quoted_so_that_it_reads_back)
{
    static const char *const texts[] = { "x", "!_.a", "a \"b\"", "it's", "it's \"b\"", "a\\b" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct arena other = { 0 };
        const char *quoted = yaml_quoted(&other, (struct slice){ texts[i], strlen(texts[i]) });
        ck_assert_msg(parse(quoted), "%s", quoted);
        ck_assert_str_eq(root->text, texts[i]);
        arena_free(&other);
    }
}
END_TEST

Suite *yaml_suite(void)
{
    Suite *suite = suite_create("yaml");
    TCase *tcase = tcase_create("yaml");
    tcase_add_checked_fixture(tcase, NULL, clean);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, scalars_follow_the_core_schema, 0, sizeof scalars / sizeof *scalars);
    tcase_add_test(tcase, bom_crlf_and_the_document_mark_are_accepted);
    tcase_add_test(tcase, columns_count_code_points_and_no_byte_order_mark);
    tcase_add_loop_test(tcase, what_is_wrong_is_said_with_its_place, 0,
                        sizeof broken / sizeof *broken);
    tcase_add_test(tcase, a_nul_byte_is_refused);
    tcase_add_test(tcase, mistakes_that_do_not_end_the_reading_leave_the_rest_of_the_tree);
    tcase_add_test(tcase, depth_64_is_read_and_65_is_not);
    tcase_add_test(tcase, a_hundred_thousand_nodes_are_read_and_one_more_is_not);
    tcase_add_loop_test(tcase, a_list_a_map_and_an_alias_may_be_the_one_too_many, 0, 3);
    tcase_add_test(tcase, a_mebibyte_is_read_and_one_byte_more_is_not);
    tcase_add_loop_test(tcase, hostile_files_are_refused_at_once, 0, 6);
    tcase_add_test(tcase, fifty_thousand_keys_are_compared_at_once);
    tcase_add_loop_test(tcase, a_part_of_a_text_is_found_in_the_file, 0,
                        sizeof places / sizeof *places);
    tcase_add_test(tcase, the_end_of_a_text_has_a_place);
    tcase_add_test(tcase, what_spans_lines_is_underlined_to_the_end_of_the_first);
    tcase_add_test(tcase, a_text_is_quoted_so_that_it_reads_back);
    return suite;
}
