/* `tests`: their form. What they say is run by the verb `test`. */
#include <string.h>

#include "base/list.h"
#include "spec/job_parts.h"

struct test_keys {
    const char *name;
    struct yaml_node *input, *expect, *errors;
    bool ordered;
    uint64_t batches;
};
#define AT(field) offsetof(struct test_keys, field)

struct
    record_keys { /* of an item of a source's input that is a mapping; only its form is looked at here */
    struct yaml_node *key, *value, *headers;
    const char *topic;
    uint32_t partition;
    uint64_t number;
};
#define RECORD(field) offsetof(struct record_keys, field)

const struct schema_key job_test_keys[] = {
    { .name = "name",
      .type = SCHEMA_TEXT,
      .at = AT(name),
      .required = true,
      .help = "of the test",
      .example = "counts words" },
    { .name = "input",
      .type = SCHEMA_ANY,
      .at = AT(input),
      .help = "one list of records a batch; {source: [...]} for several",
      .example = "[[a, b], [a]]" },
    { .name = "expect",
      .type = SCHEMA_ANY,
      .at = AT(expect),
      .help = "one list of results a batch; {label: [...]} for several outputs",
      .example = "[[2], [1]]" },
    { .name = "errors",
      .type = SCHEMA_LIST,
      .at = AT(errors),
      .help = "the number of error records a batch",
      .example = "[0, 1]" },
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

/* ---- records */

static const struct schema_key kafka_record_keys[] = {
    { .name = "key", .type = SCHEMA_ANY, .at = RECORD(key), .help = "default: none" },
    { .name = "value", .type = SCHEMA_ANY, .at = RECORD(value), .help = "default: none" },
    { .name = "topic", .type = SCHEMA_TEXT, .at = RECORD(topic), .help = "default: the first" },
    { .name = "partition",
      .type = SCHEMA_INT32,
      .at = RECORD(partition),
      .max = INT32_MAX,
      .help = "default: 0" },
    { .name = "offset",
      .type = SCHEMA_INT64,
      .at = RECORD(number),
      .max = INT64_MAX,
      .help = "default: the next one" },
    { .name = "timestamp",
      .type = SCHEMA_INT64,
      .at = RECORD(number),
      .max = INT64_MAX,
      .help = "in milliseconds; default: the batch's time" },
    { .name = "headers",
      .type = SCHEMA_ANY_MAP,
      .at = RECORD(headers),
      .help = "name: text; default: none" },
    { 0 },
};
static const struct schema_key flume_record_keys[] = {
    { .name = "body", .type = SCHEMA_ANY, .at = RECORD(value), .required = true, .help = "a text" },
    { .name = "headers",
      .type = SCHEMA_ANY_MAP,
      .at = RECORD(headers),
      .help = "name: text; default: none" },
    { 0 },
};

static const struct test_source {  /* what one item of a source's input may be */
    const char *wanted;            /* NULL: it takes none */
    const struct schema_key *keys; /* of a mapping; NULL: texts only */
} test_sources[RECORD_KINDS] = {
    [RECORD_KAFKA] = { "a text, or a mapping as {key: k, value: v}", kafka_record_keys },
    [RECORD_FLUME] = { "a text, or a mapping as {body: b, headers: {h: v}}", flume_record_keys },
    [RECORD_TEXT] = { "a text", NULL },
    [RECORD_RATE] = { NULL, NULL },
};

static bool is_text(const struct yaml_node *node) /* an unquoted 1 is its text */
{
    return node->text && node->kind != YAML_NULL;
}

static void check_text(struct job_file *file, struct yaml_node *node, bool gap)
{
    bool fits = !node || is_text(node) || (gap && node->kind == YAML_NULL);
    if (!fits)
        schema_wrong(&file->schema, node, gap ? "a text or null" : "a text");
}

static void check_record(struct job_file *file, const struct test_source *source,
                         struct yaml_node *item)
{
    struct record_keys keys = { 0 };
    if (item->bad || is_text(item))
        return;
    if (item->kind != YAML_MAP || !source->keys) {
        diag_add(file->diags, yaml_place(item), 206, "a record must be %s, here is %s",
                 source->wanted, yaml_kind_name(item->kind));
        return;
    }
    schema_read(&file->schema, source->keys, item, &keys);
    check_text(file, keys.key, true);
    check_text(file, keys.value, source->keys == kafka_record_keys);
    for (size_t i = 0; keys.headers && i < keys.headers->n; i++)
        check_text(file, keys.headers->items[i], true);
}

/* ---- batches */

/* A list of lists; with `gaps` a batch may be null. */
static bool check_batches(struct job_file *file, struct yaml_node *node, bool gaps)
{
    if (node->bad)
        return false;
    if (node->kind != YAML_LIST)
        return schema_wrong(&file->schema, node, "a list with one list a batch");
    for (size_t i = 0; i < node->n; i++) {
        struct yaml_node *batch = node->items[i];
        bool fits = batch->kind == YAML_LIST || (gaps && batch->kind == YAML_NULL);
        if (fits || batch->bad)
            continue;
        diag_add(file->diags, yaml_place(batch), 206, "a batch of %s must be a list, here is %s",
                 schema_name(node), yaml_kind_name(batch->kind));
        batch->bad = true;
    }
    return true;
}

static void check_input(struct job_file *file, struct job_test *test, size_t source,
                        struct yaml_node *node)
{
    const struct test_source *kind = &test_sources[file->spec.sources[source].record];
    if (!kind->wanted) {
        diag_help(file->diags,
                  diag_add(file->diags, yaml_place(node->key), 204,
                           "rate takes no input: it makes its records by itself"),
                  "say how many batches are run: batches: 3");
        return;
    }
    if (!check_batches(file, node, false))
        return;
    expand_tree(&file->schema.expand, node);
    test->input[source] = node;
    test->batches = node->n > test->batches ? node->n : test->batches;
    for (size_t i = 0; i < node->n; i++)
        for (size_t k = 0; !node->items[i]->bad && k < node->items[i]->n; k++)
            check_record(file, kind, node->items[i]->items[k]);
}

static void check_expect(struct job_file *file, struct job_test *test, size_t output,
                         struct yaml_node *node)
{
    if (!check_batches(file, node, true))
        return;
    expand_tree(&file->schema.expand, node);
    test->expect[output] = node;
}

/* ---- one side of a test: batches, or a mapping of them by the names of sources or labels of outputs */

struct side {
    const char *what;
    void (*check)(struct job_file *file, struct job_test *test, size_t index,
                  struct yaml_node *node);
    const char **names; /* of the sources or outputs; a NULL ends them */
    size_t n;
};

static void check_named(struct job_file *file, struct job_test *test, const struct side *side,
                        struct yaml_node *map)
{
    for (size_t i = 0; i < map->n; i++) {
        struct yaml_node *key = map->keys[i];
        size_t at = 0;
        while (at < side->n && strcmp(side->names[at], key->text) != 0)
            at++;
        if (at < side->n) {
            side->check(file, test, at, map->items[i]);
        } else if (!file->unsure && !file->nameless) {
            struct diag *diag = diag_add(file->diags, yaml_place(key), 211, "there is no %s '%s'",
                                         side->what, key->text);
            schema_suggest(file->diags, diag, key->text, side->names);
        }
    }
}

static struct side side_of(struct job_file *file, bool is_input)
{
    const struct job_spec *spec = &file->spec;
    struct side side = { "output labelled", check_expect, NULL, spec->n_outputs };
    if (is_input)
        side = (struct side){ "source", check_input, NULL, spec->n_sources };
    side.names = arena_alloc(file->arena, (side.n + 1) * sizeof *side.names);
    for (size_t i = 0; i < side.n; i++)
        side.names[i] = is_input ? spec->sources[i].name : spec->outputs[i].label;
    side.names[side.n] = NULL;
    return side;
}

static void check_side(struct job_file *file, struct job_test *test, struct yaml_node *node,
                       bool is_input)
{
    if (!node)
        return;
    struct side side = side_of(file, is_input);
    if (node->kind == YAML_MAP)
        check_named(file, test, &side, node);
    else if (is_input && side.n > 1 && !file->unsure)
        diag_help(file->diags,
                  diag_add(file->diags, yaml_place(node), 206,
                           "input must say for which of the %zu sources it is", side.n),
                  "write {%s: [[…]], …}", side.names[0]);
    else if (side.n)
        side.check(file, test, 0, node);
}

/* ---- a test as a whole */

/* The lists of one side must not be longer than the test. */
static void check_length(struct job_file *file, const struct job_test *test,
                         const struct yaml_node *node, const char *what)
{
    if (!node || node->n <= test->batches)
        return;
    diag_add(file->diags, yaml_place(node), 208, "%s has %zu %s, but only %llu are run",
             schema_name(node), node->n, what, (unsigned long long)test->batches);
}

static void check_errors(struct job_file *file, const struct yaml_node *errors)
{
    static const struct schema_key row = { .name = "errors", .type = SCHEMA_INT64 };
    uint64_t number;
    for (size_t i = 0; errors && i < errors->n; i++)
        schema_value(&file->schema, &row, errors->items[i], &number);
}

/* Is it, or a part of it, nothing that could be read? A finding says so. */
static bool is_bad(const struct yaml_node *node)
{
    bool bad = node && node->bad;
    for (size_t i = 0; node && i < node->n; i++)
        bad |= node->items[i]->bad;
    return bad;
}

static void check_test(struct job_file *file, struct yaml_node *node, struct job_test *test)
{
    struct test_keys keys = { 0 };
    if (node->bad)
        return;
    if (node->kind != YAML_MAP) {
        diag_add(file->diags, yaml_place(node), 206, "a test is a mapping, here is %s",
                 yaml_kind_name(node->kind));
        return;
    }
    size_t before = diag_errors(file->diags);
    schema_read(&file->schema, job_test_keys, node, &keys);
    test->name = keys.name;
    test->ordered = keys.ordered;
    test->errors = keys.errors;
    test->batches = keys.batches;
    check_side(file, test, keys.input, true);
    check_side(file, test, keys.expect, false);
    check_errors(file, keys.errors);
    bool whole = diag_errors(file->diags) == before && file->spec.n_sources > 0 &&
                 !is_bad(yaml_get(node, "input")) && !is_bad(yaml_get(node, "batches"));
    if (whole && !test->batches && !file->unsure)
        diag_add(file->diags, yaml_place(yaml_get(node, "name")), 205,
                 "test '%s' runs no batch: it needs 'input' or 'batches'", test->name);
    for (size_t i = 0; whole && test->batches && i < file->spec.n_outputs; i++)
        check_length(file, test, test->expect[i], "batches");
    if (whole && test->batches)
        check_length(file, test, test->errors, "numbers of batches");
}

static void check_name(struct job_file *file, const struct yaml_node *tests, size_t at)
{
    const struct job_test *all = file->spec.tests;
    for (size_t i = 0; i < at && all[at].name; i++) {
        if (!all[i].name || strcmp(all[i].name, all[at].name) != 0)
            continue;
        diag_add(file->diags, yaml_place(yaml_get(tests->items[at], "name")), 213,
                 "the name of test '%s' is used twice; the first is on line %u", all[at].name,
                 tests->items[i]->line);
        return;
    }
}

void job_tests_read(struct job_file *file)
{
    struct yaml_node *tests = file->tests;
    struct job_spec *spec = &file->spec;
    if (!tests || !job_list_fits(file, tests))
        return;
    spec->tests = arena_zalloc(file->arena, (tests->n + 1) * sizeof *spec->tests);
    for (size_t i = 0; i < tests->n; i++) {
        struct job_test *test = &spec->tests[spec->n_tests++];
        test->node = tests->items[i];
        test->input = arena_zalloc(file->arena, (spec->n_sources + 1) * sizeof *test->input);
        test->expect = arena_zalloc(file->arena, (spec->n_outputs + 1) * sizeof *test->expect);
        check_test(file, tests->items[i], test);
        check_name(file, tests, i);
    }
}
