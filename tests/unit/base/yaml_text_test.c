/* From a text back to the file: each letter of a text has its place, whatever its quotes, escapes, folds and breaks. */
#include <check.h>
#include <ctype.h>
#include <string.h>

#include "base/yaml.h"

static struct arena arena;
static struct diags diags;
static struct yaml_node *root;

static void parse(const char *text)
{
    arena_reset(&arena);
    diags = (struct diags){ .arena = &arena, .file = "t.yaml", .source = { text, strlen(text) } };
    ck_assert_msg(yaml_parse(&arena, diags.source, &diags, &root), "%s", text);
}

static void clean(void)
{
    arena_free(&arena);
}

/* The byte at a place of a file whose columns are bytes. */
static char byte_at(const char *text, struct diag_place place)
{
    for (uint32_t line = 1; line < place.line; text++)
        line += *text == '\n' || (*text == '\r' && text[1] != '\n');
    return text[place.column - 1];
}

static const char *const files[] = {
    /* no letter twice in a text */
    "1: ab cd\n",
    "1: ab cd",
    "1: ab\n  cd\n\n  ef\n",
    "1: ab \t\n \t cd\n",
    "1: ab\r\n  cd\r\n\r\n  ef\r\n",
    "1: ab\r  cd\r\r  ef\r",
    "1: 'ab''cd\n  ef'\n",
    "1: 'ab \r  cd''''ef'",
    "1: \"a\\x21b\\u20acc\\U0001F600d\\\\e\\\"f\\tg\\Nh\\_i\\Lj\\Pk\"\n",
    "1: \"a\\u0021b\\u0131c\\n\\\n   d \\\r\n\r\n e\\\r f\"\n",
    "1: \"a  b \n\n\n  c\"",
    "1: |\n  ab\n\n   cd\n  \tef\n",
    "1: |2+\n   ab\n  c\n\n",
    "1: |-\r\n  ab\r\n\r\n  cd\r\n",
    "1: |\r  ab\r  cd\r",
    "1: |  # comment\n  ab",
    "1: >\n  ab\n  cd\n\n  ef\n   gh\n\n  ij\n",
    "1: >-\n  ab  \n  cd\n  \t ef\n\n\n  gh\n",
    "1: >1\n  ab\n c\n \td\n",
    "1: >\r\n  ab\r\n  cd\r\n",
};

START_TEST(every_letter_is_found)
{
    const char *file = files[_i];
    parse(file);
    const struct yaml_node *node = root->items[0];
    size_t letters = 0;
    for (size_t i = 0; i < node->text_len; i++) {
        if (!isalpha((unsigned char)node->text[i]) || !isascii(node->text[i]))
            continue;
        struct diag_place place = yaml_text_place(node, i, i + 1);
        ck_assert_msg(byte_at(file, place) == node->text[i], "%s: '%c' at %u:%u", file,
                      node->text[i], place.line, place.column);
        letters++;
    }
    ck_assert_uint_ge(letters, 2);
    struct diag_place end = yaml_text_place(node, node->text_len, node->text_len);
    ck_assert_uint_ge(end.line, node->line); /* behind the last is a place, too */
}
END_TEST

START_TEST(what_has_no_parts_has_its_own_place)
{
    parse("k: [ab, c]\n");
    struct yaml_node *list = root->items[0], *text = list->items[0];
    ck_assert_uint_eq(yaml_text_place(list, 0, 1).column, 4);
    ck_assert_uint_eq(yaml_text_place(text, 1, 2).column, 6);
    ck_assert_uint_eq(yaml_text_place(text, 1, 3).column, 5); /* longer than it is */
    ck_assert_uint_eq(yaml_text_place(text, 2, 1).column, 5);
    text->expanded = true;
    ck_assert_uint_eq(yaml_text_place(text, 1, 2).column, 5);
}
END_TEST

START_TEST(of_a_deep_path_the_inner_steps_are_shown)
{
    parse("a: [[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]\n");
    const struct yaml_node *node = root->items[0];
    while (node->n)
        node = node->items[0];
    ck_assert_str_eq(yaml_path(node), "…[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]");
    ck_assert_str_eq(yaml_path(node->parent->parent->parent->parent),
                     "a[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]");
}
END_TEST

Suite *yaml_text_suite(void)
{
    Suite *suite = suite_create("yaml_text");
    TCase *tcase = tcase_create("yaml_text");
    tcase_add_checked_fixture(tcase, NULL, clean);
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, every_letter_is_found, 0, sizeof files / sizeof files[0]);
    tcase_add_test(tcase, what_has_no_parts_has_its_own_place);
    tcase_add_test(tcase, of_a_deep_path_the_inner_steps_are_shown);
    return suite;
}
