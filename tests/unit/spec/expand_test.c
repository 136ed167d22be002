#include "spec/expand.h"

#include <check.h>
#include <string.h>

static struct arena arena;
static struct diags diags;
static struct buf printed;
static struct yaml_node *root;

#define LONG_SIZE 1000 /* bytes of the variable LONG */

static const char *variable(void *ctx, const char *name)
{
    static char text[LONG_SIZE + 1];
    (void)ctx;
    memset(text, 'x', LONG_SIZE);
    if (strcmp(name, "LONG") == 0)
        return text;
    return strcmp(name, "A") == 0       ? "a: [1]"
           : strcmp(name, "_b2") == 0   ? "b"
           : strcmp(name, "EMPTY") == 0 ? ""
           : strcmp(name, "BAD") == 0   ? "\xff"
                                        : NULL;
}

static bool file(void *ctx, struct expand_file *file)
{
    (void)ctx;
    const char *content = strcmp(file->name, "password") == 0   ? "secret\n"
                          : strcmp(file->name, "/etc/x") == 0   ? "x\r\n"
                          : strcmp(file->name, "bad") == 0      ? "\xff"
                          : strcmp(file->name, "none-yet") == 0 ? ""
                                                                : NULL;
    file->value = content;
    file->reason = "No such file or directory";
    return content && file->is_credential == (file->name[0] != '/');
}

/* The value of `k: <text>`; NULL with findings. */
static const char *expand(const char *text)
{
    static const struct expand_env env = { .variable = variable, .file = file };
    arena_reset(&arena);
    const char *source = arena_printf(&arena, "k: %s\n", text);
    diags = (struct diags){ .arena = &arena, .file = "t", .source = { source, strlen(source) } };
    ck_assert(yaml_parse(&arena, diags.source, &diags, &root));
    struct expand state = { .arena = &arena, .diags = &diags, .env = &env };
    return expand_node(&state, root->items[0], "host:9092") ? root->items[0]->text : NULL;
}

static const char *findings(void)
{
    buf_clear(&printed);
    diag_print(&diags, DIAG_GNU, false, &printed);
    return buf_text(&printed);
}

static void clean(void)
{
    arena_free(&arena);
    buf_free(&printed);
}

static const struct {
    const char *text, *value;
} good[] = {
    { "plain", "plain" },
    { "${A}", "a: [1]" }, /* a value, never YAML */
    { "x${A}y${A}", "xa: [1]ya: [1]" },
    { "${EMPTY}", "" },
    { "\"${NONE:-host:9092}\"", "host:9092" },
    { "${EMPTY:-d}", "d" },
    { "${NONE:-}", "" },
    { "${A:?must be there}", "a: [1]" },
    { "cost $5 $$ $${A}", "cost $5 $ ${A}" },
    { "^lines$", "^lines$" },
    { "\"${credential:password}\"", "secret" },
    { "\"${file:/etc/x}\"", "x" },
    { "5", "5" },
    { "${_b2}", "b" },
    { "\"${credential:none-yet}\"", "" },
};

START_TEST(values_are_replaced)
{
    const char *value = expand(good[_i].text);
    ck_assert_msg(value, "%s", findings());
    ck_assert_str_eq(value, good[_i].value);
    ck_assert(root->items[0]->masked ==
              (strchr(good[_i].text, '/') || strstr(good[_i].text, "cred")));
}
END_TEST

static const struct {
    const char *text, *said;
} bad[] = {
    { "${NONE}",
      "t:1:4: error[E221]: ${NONE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NONE:-host:9092}\", quotes "
      "included\n" },
    { "\"é${NONE:?set the broker}\"", "t:1:6: error[E221]: ${NONE} is not set: set the broker\n" },
    { "${EMPTY:?}", "t:1:4: error[E221]: ${EMPTY} is not set\n" },
    { "${BAD}", "t:1:4: error[E221]: ${BAD} is not UTF-8 text\n" },
    { "\"${credential:none}\"",
      "t:1:5: error[E222]: credential 'none' cannot be read: No such file or directory\n" },
    { "\"${credential:bad}\"",
      "t:1:5: error[E222]: credential 'bad' cannot be read: it is not UTF-8 text\n" },
};

START_TEST(what_is_not_there_is_named_with_its_place)
{
    ck_assert_ptr_null(expand(bad[_i].text));
    ck_assert_str_eq(findings(), bad[_i].said);
    ck_assert(root->items[0]->bad);
}
END_TEST

static const char *const malformed[] = { "${A",
                                         "${}",
                                         "${1A}",
                                         "${A-b}",
                                         "\"${A:b}\"",
                                         "${A ${A}}",
                                         "${A.b}",
                                         "\"${file:}\"",
                                         "\"${credential:../x}\"",
                                         "x${A}${",
                                         "\"${credential:a/b}\"",
                                         "\"${credential:}\"",
                                         "\"${credential:.netrc}\"",
                                         "${:-x}" };

START_TEST(a_form_that_is_none_is_e220)
{
    ck_assert_ptr_null(expand(malformed[_i]));
    ck_assert_msg(strstr(findings(), "error[E220]"), "%s: %s", malformed[_i], findings());
}
END_TEST

START_TEST(every_part_of_a_value_is_looked_at)
{
    ck_assert_ptr_null(expand("${NONE} ${A} ${OTHER}"));
    ck_assert_uint_eq(diag_errors(&diags), 2);
    struct expand state = { .arena = &arena, .diags = &diags };
    ck_assert(!expand_node(&state, root->items[0], NULL));
    ck_assert_uint_eq(diag_errors(&diags), 2);
}
END_TEST

START_TEST(expanded_values_have_a_limit)
{
    static char huge[700001];
    static const struct expand_env env = { .variable = variable };
    memset(huge, 'x', sizeof huge - 1);
    ck_assert_ptr_nonnull(expand("${A}"));
    struct expand state = { .arena = &arena, .diags = &diags, .env = &env };
    root->items[0]->expanded = false;
    root->items[0]->text = arena_printf(&arena, "$$%s", huge);
    root->items[0]->text_len = strlen(root->items[0]->text);
    ck_assert(expand_node(&state, root->items[0], NULL));
    root->items[0]->expanded = false;
    root->items[0]->text = arena_printf(&arena, "$$%s", huge);
    ck_assert(!expand_node(&state, root->items[0], NULL));
    ck_assert_ptr_nonnull(strstr(findings(), "error[E104]"));
    struct yaml_node *last =
        &(struct yaml_node){ .kind = YAML_STRING, .text = "$$", .text_len = 2 };
    ck_assert(!expand_node(&state, last, NULL)); /* and that once */
    ck_assert(last->bad);
    ck_assert_uint_eq(diag_errors(&diags), 1);
}
END_TEST

START_TEST(a_value_that_is_too_long_by_itself_is_not_made_whole)
{
    static const struct expand_env env = { .variable = variable };
    static char many[7 * 3000 + 1];
    for (size_t i = 0; i + 7 < sizeof many; i += 7)
        memcpy(many + i, "${LONG}", 7);
    ck_assert_ptr_nonnull(expand("${A}"));
    struct expand state = { .arena = &arena, .diags = &diags, .env = &env };
    struct yaml_node *node = root->items[0];
    *node = (struct yaml_node){ .kind = YAML_STRING, .text = many, .file = node->file };
    node->text_len = strlen(many);
    ck_assert(!expand_node(&state, node, NULL));
    ck_assert_uint_gt(state.bytes, EXPAND_BYTES_MAX);
    ck_assert_uint_le(state.bytes, EXPAND_BYTES_MAX + LONG_SIZE);
    ck_assert_ptr_eq(node->text, many);
}
END_TEST

Suite *expand_suite(void)
{
    Suite *suite = suite_create("expand");
    TCase *tcase = tcase_create("expand");
    tcase_add_checked_fixture(tcase, NULL, clean);
    tcase_add_loop_test(tcase, values_are_replaced, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tcase, what_is_not_there_is_named_with_its_place, 0,
                        sizeof bad / sizeof bad[0]);
    tcase_add_loop_test(tcase, a_form_that_is_none_is_e220, 0,
                        sizeof malformed / sizeof malformed[0]);
    tcase_add_test(tcase, every_part_of_a_value_is_looked_at);
    tcase_add_test(tcase, expanded_values_have_a_limit);
    tcase_add_test(tcase, a_value_that_is_too_long_by_itself_is_not_made_whole);
    suite_add_tcase(suite, tcase);
    return suite;
}
