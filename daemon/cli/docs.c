/* tidemark docs PAGE: a page of the reference, made from the tables that do the work; `make docs` writes them all. */
#include "cli/docs.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "cli/command.h"
#include "cli/error_table.h"
#include "expr/function.h"
#include "spec/schema.h"
#include "spec/settings.h"

/* ---- tables of keys */

/* A cell of a table: no letter of `special` that is not escaped. */
static const char *cell_of(struct docs *docs, const char *text, const char *special)
{
    struct buf cell = { 0 };
    for (; *text; text++)
        if (strchr(special, *text))
            buf_printf(&cell, "\\%c", *text);
        else
            buf_put(&cell, text, 1);
    const char *copy = arena_strdup(docs->arena, buf_text(&cell));
    buf_free(&cell);
    return copy;
}

static const char *words(struct docs *docs, const char *text)
{
    return cell_of(docs, text, "|<");
}

static const char *code(struct docs *docs, const char *text)
{
    return cell_of(docs, text, "|");
}

static const char *words_of(struct docs *docs, const struct schema_key *key)
{
    struct buf all = { 0 };
    for (const struct schema_word *word = key->words; word->name; word++)
        buf_printf(&all, "%s`%s`", all.len ? " " : "", word->name);
    const char *copy = arena_strdup(docs->arena, buf_text(&all));
    buf_free(&all);
    return copy;
}

static const char *limit_of(struct docs *docs, const struct schema_key *key, uint64_t value)
{
    struct buf text = { 0 };
    uint32_t narrow = (uint32_t)value;
    schema_put(key, key->type == SCHEMA_INT32 ? (const void *)&narrow : &value, &text);
    const char *copy = arena_strdup(docs->arena, buf_text(&text));
    buf_free(&text);
    return copy;
}

/* What a value may be. */
static const char *kind_of(struct docs *docs, const struct schema_key *key)
{
    static const char *const kinds[] = {
        [SCHEMA_TEXT] = "text",
        [SCHEMA_URL] = "store URL",
        [SCHEMA_BOOL] = "`true` `false`",
        [SCHEMA_INT32] = "number",
        [SCHEMA_INT64] = "number",
        [SCHEMA_DOUBLE] = "number",
        [SCHEMA_DURATION] = "duration",
        [SCHEMA_SIZE] = "size",
        [SCHEMA_SHARE] = "share",
        [SCHEMA_MAP] = "mapping",
        [SCHEMA_LIST] = "list",
        [SCHEMA_ANY_MAP] = "mapping",
        [SCHEMA_ANY] = "",
        [SCHEMA_EXPRESSION] = "expression",
        [SCHEMA_NAMES] = "name, or a list",
    };
    bool limited = key->type == SCHEMA_INT32 || key->type == SCHEMA_INT64 ||
                   key->type == SCHEMA_DURATION || key->type == SCHEMA_SIZE;
    if (key->type == SCHEMA_WORD)
        return words_of(docs, key);
    if (key->type == SCHEMA_NAMES && key->max == 1)
        return "name";
    const char *least = limited && key->min
                            ? arena_printf(docs->arena, " from %s", limit_of(docs, key, key->min))
                            : "";
    const char *most = limited && key->max
                           ? arena_printf(docs->arena, " to %s", limit_of(docs, key, key->max))
                           : "";
    return arena_printf(docs->arena, "%s%s%s", kinds[key->type], least, most);
}

static void put_key(struct docs *docs, const char *name, const struct schema_key *key)
{
    struct buf *out = docs->out;
    buf_printf(out, "| `%s` | %s | ", name, words(docs, kind_of(docs, key)));
    if (key->required)
        buf_puts(out, "required");
    else if (key->fallback)
        buf_printf(out, "`%s`", *key->fallback ? key->fallback : "\"\"");
    buf_printf(out, " | %s%s |", words(docs, key->help),
               key->later ? " (only the default works yet)" : "");
    if (key->example)
        buf_printf(out, " `%s` |\n", code(docs, key->example));
    else
        buf_puts(out, " |\n");
}

static void put_rows(struct docs *docs, const char *prefix, const struct schema_key *keys)
{
    for (const struct schema_key *key = keys; key->name; key++) {
        const char *name = arena_printf(docs->arena, "%s%s", prefix, key->name);
        put_key(docs, name, key);
        if (key->type == SCHEMA_MAP)
            put_rows(docs, arena_printf(docs->arena, "%s.", name), key->keys);
    }
}

void docs_put_keys(struct docs *docs, const char *prefix, const struct schema_key *keys)
{
    buf_puts(docs->out, "| key | takes | default | | example |\n|---|---|---|---|---|\n");
    put_rows(docs, prefix, keys);
    buf_puts(docs->out, "\n");
}

/* ---- settings */

void docs_settings(struct docs *docs)
{
    buf_puts(docs->out, "# Settings of the daemon\n\n" DOCS_MADE
                        "\n`/etc/tidemark/tidemark.yaml`, then `/etc/tidemark/conf.d/*.yaml` by "
                        "name, later files over earlier ones. "
                        "Every key has a default; with no file at all the daemon runs. A flag wins "
                        "over the environment "
                        "(`TIDEMARK_CONF`, `TIDEMARK_JOBS`, `TIDEMARK_STATE`, `TIDEMARK_SOCKET`, "
                        "`TIDEMARK_LOG_LEVEL`), that over "
                        "the files. A key `a.b` is written `a: {b: …}`.\n\n");
    docs_put_keys(docs, "", settings_keys);
}

/* ---- errors */

static void put_quoted_lines(struct docs *docs, const char *text)
{
    buf_printf(docs->out, "```\n%s\n```\n\n", text);
}

void docs_errors(struct docs *docs)
{
    struct buf *out = docs->out;
    const struct error_row *row;
    buf_puts(out, "# Errors\n\n" DOCS_MADE
                  "\nWhat each code means, how it is printed, how it is mended; on the command "
                  "line `tidemark error CODE` "
                  "says the same. E1xx: the file as YAML. E2xx: the job. E3xx: the world. E4xx: "
                  "data. W1xx: warnings.\n\n");
    for (size_t i = 0; (row = error_row_at(i)); i++) {
        buf_printf(out, "## %c%u: %s\n\n%s\n\n", row->warning ? 'W' : 'E', row->code, row->title,
                   row->means);
        put_quoted_lines(docs, row->example);
        buf_printf(out, "%s\n\n", row->mend);
    }
}

/* ---- functions */

static const char language[] =
    "The language reads like Spark's Scala. It has types, no loops and no side effects, so that a "
    "batch that is computed "
    "twice is the same twice.\n\n"
    "- **The element** is `_`: of a record `_.value`, of a tuple `_._1` and `_._2`, of a Json "
    "`_.user.name`, of a Map "
    "`_.headers(\"id\")`. Where two values come, the first `_` is the first and the second `_` the "
    "second: `_ + _`. Named: "
    "`x => x.length`, `(a, b) => a + b`; a tuple is taken apart by `(k, v) => …`.\n"
    "- **Types** are `Int` (64 bits), `Double`, `Bool`, `String` (UTF-8), `Bytes`, `Timestamp`, "
    "`Option[T]`, `List[T]`, "
    "`Map[String, T]`, tuples `(A, B)`, records `{name: T}` and `Json`. An Int becomes a Double "
    "beside one; where an "
    "Option is wanted its content will do; nothing else is converted silently.\n"
    "- **Literals** are `1`, `1.5`, `\"text\"` with JSON's escapes, `true`, `false`, `None`, `[a, "
    "b]`, `(a, b)`, "
    "`{host: _.host, n: 1}`.\n"
    "- **Operators** by falling precedence: `!` `-` (unary), `* / %`, `+ -`, `< <= > >=`, `== !=`, "
    "`&&`, `||`, "
    "`if (c) a else b`. `+` also joins two Strings or two Lists. `/` and `%` of Ints cut towards "
    "zero.\n"
    "- **Doubles** are IEEE 754's: 1.0 / 0 is inf, 0.0 / 0 is NaN, and a NaN is unlike everything, "
    "itself included. In an "
    "order (`sortByKey`, `top`, `sorted`) it stands behind inf, and inside a List or a tuple it "
    "equals itself; `min` and "
    "`max` of Doubles give NaN where one is among them. -0.0 equals 0.0, and for `min` and `max` "
    "is the lesser.\n"
    "- **What fails** on a record, a text that is no number, an overflow, an index outside, makes "
    "that record an error "
    "record: never a crash, never a silent null.\n"
    "- **In YAML** an expression that begins with `[ { ! & * % @ \"` or holds `: ` or ` #` stands "
    "in quotes; inside `{…}` "
    "also one with a comma.\n\n"
    "The examples are of a Kafka record with the value `ab`, the time 1970-01-01T00:00:01Z and the "
    "headers `{id: \"7\"}`; "
    "results are written as `tests:` write them.\n\n";

static const struct {
    enum kind kind;
    const char *title;
} kinds[] = {
    { K_STRING, "String" },      { K_INT, "Int" },
    { K_DOUBLE, "Double" },      { K_BOOL, "Bool" },
    { K_LIST, "List[T]" },       { K_OPTION, "Option[T]" },
    { K_MAP, "Map[String, T]" }, { K_TIME, "Timestamp" },
    { K_BYTES, "Bytes" },        { K_JSON, "Json, and Option[Json]" },
};

static void put_function(struct docs *docs, const struct function *row)
{
    const char *colon = strstr(row->help, ": ");
    check(colon); /* call: words */
    const char *call = arena_printf(docs->arena, "%.*s", (int)(colon - row->help), row->help);
    buf_printf(docs->out, "| `%s` | %s | `%s` | `%s` |\n", code(docs, call), words(docs, colon + 2),
               code(docs, row->example), code(docs, row->gives));
}

void docs_functions(struct docs *docs)
{
    struct buf *out = docs->out;
    buf_puts(out, "# Expressions and their functions\n\n" DOCS_MADE "\n");
    buf_puts(out, language);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        buf_printf(out, "## %s\n\n| call | | example | gives |\n|---|---|---|---|\n",
                   kinds[i].title);
        for (const struct function *row = function_rows; row->name; row++)
            if (row->self == kinds[i].kind)
                put_function(docs, row);
        buf_puts(out, "\n");
    }
}

/* ---- the verb */

static const struct {
    const char *name;
    void (*put)(struct docs *docs);
} pages[] = { { "operations", docs_operations },
              { "functions", docs_functions },
              { "job-file", docs_job_file },
              { "settings", docs_settings },
              { "errors", docs_errors } };

static int docs_run(struct cli *cli, int argc, char **argv)
{
    struct arena arena = { 0 };
    struct buf out = { 0 };
    struct docs docs = { .arena = &arena, .out = &out };
    int status = cli_parse(cli, NULL, NULL, &argc, argv);
    if (status != CLI_GO)
        return status;
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
        if (argc == 2 && strcmp(pages[i].name, argv[1]) == 0)
            pages[i].put(&docs);
        else if (argc == 1)
            buf_printf(&out, "%s\n", pages[i].name);
    while (out.len > 1 && out.ptr[out.len - 2] == '\n') /* each page ends with a line */
        out.len--;
    fputs(buf_text(&out), stdout);
    status =
        out.len ? CLI_DONE : cli_fail(cli, CLI_USAGE, "no such page; without one, all are listed");
    buf_free(&out);
    arena_free(&arena);
    return status;
}

const struct command docs_command = {
    .name = "docs",
    .arguments = "[PAGE]",
    .summary = "a page of the reference, as Markdown",
    .example = "tidemark docs operations",
    .hidden = true,
    .run = docs_run,
};
