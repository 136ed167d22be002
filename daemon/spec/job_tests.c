/* `tests`: their form. What they say is run by another verb. */
#include <string.h>

#include "spec/job_parts.h"

struct test_keys {
    const char *name;
    struct yaml_node *input, *expect, *errors;
    bool ordered;
    uint64_t batches;
};
#define AT(field) offsetof(struct test_keys, field)

static const struct schema_key test_keys[] = {
    { .name = "name",
      .type = SCHEMA_TEXT,
      .at = AT(name),
      .required = true,
      .help = "of the test" },
    { .name = "input",
      .type = SCHEMA_ANY,
      .at = AT(input),
      .help = "one list of records a batch; {source: [...]} for several" },
    { .name = "expect",
      .type = SCHEMA_ANY,
      .at = AT(expect),
      .help = "one list of results a batch; {label: [...]} for several outputs" },
    { .name = "errors",
      .type = SCHEMA_LIST,
      .at = AT(errors),
      .help = "the number of error records a batch" },
    { .name = "ordered",
      .type = SCHEMA_BOOL,
      .at = AT(ordered),
      .fallback = "false",
      .help = "true: the order of a batch's records counts" },
    { .name = "batches",
      .type = SCHEMA_INT64,
      .at = AT(batches),
      .fallback = "0",
      .max = 100000,
      .help = "at least so many are run" },
    { 0 },
};

/* A list of lists; with `gaps` a batch may be null. */
static size_t check_batches(struct job_file *file, struct yaml_node *node, bool gaps)
{
    if (node->bad)
        return 0;
    if (node->kind != YAML_LIST) {
        schema_wrong(&file->schema, node, "a list with one list a batch");
        return 0;
    }
    for (size_t i = 0; i < node->n; i++) {
        struct yaml_node *batch = node->items[i];
        bool fits = batch->kind == YAML_LIST || (gaps && batch->kind == YAML_NULL);
        if (fits || batch->bad)
            continue;
        diag_add(file->diags, yaml_place(batch), 206, "a batch of %s must be a list, here is %s",
                 schema_name(node), yaml_kind_name(batch->kind));
    }
    return node->n;
}

static bool is_label(const struct job_file *file, const char *name)
{
    for (size_t i = 0; i < file->spec.n_outputs; i++)
        if (strcmp(file->spec.outputs[i].label, name) == 0)
            return true;
    return false;
}

static bool is_source(const struct job_file *file, const char *name)
{
    for (size_t i = 0; i < file->spec.n_sources; i++)
        if (strcmp(file->spec.sources[i].name, name) == 0)
            return true;
    return false;
}

/* Batches, or a mapping of them by the names of sources or outputs. The longest is returned. */
static size_t check_side(struct job_file *file, struct yaml_node *node, bool is_input)
{
    size_t longest = 0;
    if (!node || node->bad)
        return 0;
    if (node->kind != YAML_MAP)
        return check_batches(file, node, !is_input);
    for (size_t i = 0; i < node->n; i++) {
        struct yaml_node *key = node->keys[i];
        bool known = is_input ? is_source(file, key->text) : is_label(file, key->text);
        if (!known && !file->unsure && !file->nameless)
            diag_add(file->diags, yaml_place(key), 211, "there is no %s '%s'",
                     is_input ? "source" : "output labelled", key->text);
        size_t n = check_batches(file, node->items[i], !is_input);
        longest = n > longest ? n : longest;
    }
    return longest;
}

static void check_errors(struct job_file *file, struct yaml_node *errors)
{
    static const struct schema_key row = { .name = "errors", .type = SCHEMA_INT64 };
    uint64_t number;
    for (size_t i = 0; errors && i < errors->n; i++)
        schema_value(&file->schema, &row, errors->items[i], &number);
}

static void check_test(struct job_file *file, struct yaml_node *node, struct test_keys *keys)
{
    if (node->bad)
        return;
    if (node->kind != YAML_MAP) {
        diag_add(file->diags, yaml_place(node), 206, "a test is a mapping, here is %s",
                 yaml_kind_name(node->kind));
        return;
    }
    schema_read(&file->schema, test_keys, node, keys, NULL);
    size_t input = check_side(file, keys->input, true);
    size_t expect = check_side(file, keys->expect, false);
    size_t batches = input > keys->batches ? input : keys->batches;
    if (expect > batches && keys->input && !keys->input->bad && !keys->expect->bad)
        diag_add(file->diags, yaml_place(keys->expect), 208,
                 "expect has %zu batches, but only %zu are run", expect, batches);
    check_errors(file, keys->errors);
}

void job_tests_read(struct job_file *file)
{
    struct yaml_node *tests = file->tests;
    if (!tests || !job_list_fits(file, tests))
        return;
    const char **names = arena_zalloc(file->arena, (tests->n + 1) * sizeof(const char *));
    for (size_t i = 0; i < tests->n; i++) {
        struct test_keys keys = { 0 };
        check_test(file, tests->items[i], &keys);
        names[i] = keys.name;
        for (size_t j = 0; j < i && keys.name; j++) {
            if (!names[j] || strcmp(names[j], keys.name) != 0)
                continue;
            diag_add(file->diags, yaml_place(yaml_get(tests->items[i], "name")), 213,
                     "the name of test '%s' is used twice; the first is on line %u", keys.name,
                     tests->items[j]->line);
            break;
        }
    }
}
