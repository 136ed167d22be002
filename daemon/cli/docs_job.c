/* The pages about the job file. */
#include <string.h>

#include "cli/docs.h"
#include "spec/job.h"
#include "spec/job_table.h"

static const char *const later =
    "*Known, not supported yet by `run`; it works in `check`, `try` and `test`.*\n\n";

static const char *argument_of(const struct job_op_row *row)
{
    static const char *const forms[] = {
        [FORM_NONE] = "none",
        [FORM_EXPRESSION] = "an expression",
        [FORM_MAP] = "a mapping",
        [FORM_NUMBER] = "a number",
        [FORM_STREAM] = "the name of the other stream",
        [FORM_STREAMS] = "the names of the other streams",
    };
    return forms[row->form];
}

static void put_example(struct docs *docs, const struct job_op_row *row)
{
    struct buf *out = docs->out;
    buf_puts(out, "```\n");
    for (const char *at = row->ops; *at;) {
        size_t n = strcspn(at, "\n");
        buf_printf(out, "- %.*s\n", (int)n, at);
        at += n + (at[n] == '\n');
    }
    buf_printf(out, "input:  %s\nexpect: %s\n```\n\n", row->input, row->gives);
}

static void put_op(struct docs *docs, const struct job_op_row *row)
{
    struct buf *out = docs->out;
    buf_printf(out, "## %s\n\n", row->name);
    buf_printf(out, "%s\n\n", row->help);
    buf_printf(out, "`%s`. Argument: ", row->types);
    if (row->shorthand)
        buf_printf(out, "`%s`, or ", row->shorthand);
    bool folds = strcmp(row->name, "reduce") == 0 || strcmp(row->name, "reduceByKey") == 0;
    buf_printf(out, "%s%s", argument_of(row),
               row->may_lack ? ", or none"
               : folds       ? " of two arguments, or `sum`, `min`, `max`, `count`"
                             : "");
    if (row->sample)
        buf_printf(out, ", as `%s: %s`", row->name, row->sample);
    buf_puts(out, ".\n\n");
    if (row->form == FORM_MAP)
        docs_put_keys(docs, "", row->keys);
    put_example(docs, row);
}

void docs_operations(struct docs *docs)
{
    struct buf *out = docs->out;
    buf_puts(
        out,
        "# Operations\n\n" DOCS_MADE
        "\nThe items of `transformations`, in the order in which they run. Under each: what it "
        "does, the type of "
        "a record before and behind it, its argument, and an example with one list of records a "
        "batch "
        "(`batchInterval: 1s`), as `tests:` say it. The examples of operations on two streams have "
        "`clicks` and "
        "`users`, both made of lines `key,value` by `map: (_.value.split(\",\")(0), "
        "_.value.split(\",\")(1))`. "
        "Expressions are on "
        "their own page, [functions](functions.md).\n\n"
        "Windows are whole multiples of how often their stream comes. Keyed results come in the "
        "order of the "
        "keys' first appearance. Keys are of any type but Double, Json and what holds them.\n\n");
    for (const struct job_op_row *row = job_op_rows; row->name; row++)
        put_op(docs, row);
}

static void put_kinds(struct docs *docs, const struct job_kind *kinds)
{
    for (const struct job_kind *kind = kinds; kind->name; kind++) {
        buf_printf(docs->out, "### %s\n\n%s\n\nGuarantee: %s.\n\n", kind->name, kind->help,
                   kind->guarantee);
        if (kind->later)
            buf_puts(docs->out, later);
        docs_put_keys(docs, "", kind->keys);
    }
}

void docs_job_file(struct docs *docs)
{
    struct buf *out = docs->out;
    buf_puts(
        out,
        "# The job file\n\n" DOCS_MADE
        "\nOne YAML file is one job; its name without the suffix is the job's id. `tidemark check "
        "FILE` says what is "
        "wrong with it, `tidemark explain FILE` shows every key with its default, and `tidemark "
        "schema` prints all "
        "of this page as JSON Schema, for editors.\n\n"
        "```yaml\n"
        "batchInterval: 10s\n"
        "checkpoint: webhdfs://systest@nn1:9870/user/systest/checkpoint\n"
        "sources:\n"
        "  - kafka: {bootstrap.servers: \"broker1:9092\", group.id: wordcount, topics: [lines]}\n"
        "transformations:\n"
        "  - flatMap: _.value.split(\" \")\n"
        "  - map: (_, 1)\n"
        "  - reduceByKey: _ + _\n"
        "outputs:\n"
        "  - print\n"
        "```\n\n"
        "A duration is one whole number and one unit, `ms s m h d`; a size has `B KiB MiB GiB "
        "TiB`; a share is "
        "`10%`. `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, `${credential:NAME}` and "
        "`${file:PATH}` are "
        "replaced in texts, but not in expressions; `$$` is `$`.\n\n"
        "## Keys of the job\n\nA key `a.b` is written `a: {b: …}`.\n\n");
    docs_put_keys(docs, "", job_keys);
    buf_puts(out, "## Sources\n\nEach item of `sources` is one of these, as `- kafka: {…}`.\n\n");
    put_kinds(docs, job_source_kinds);
    buf_puts(out,
             "## Streams\n\nOf each entry of `streams: {NAME: {…}}`; `transformations` at the top "
             "of the file are those "
             "of a stream `result` that reads the one source. The operations are on [their own "
             "page](operations.md).\n\n");
    docs_put_keys(docs, "", job_stream_keys);
    buf_puts(out,
             "## Outputs\n\nEach item of `outputs` is one of these, as `- print: {…}`, or a bare "
             "word.\n\n");
    put_kinds(docs, job_output_kinds);
    buf_puts(out, "## Tests\n\nOf each item of `tests`, which `tidemark test FILE` runs.\n\n");
    docs_put_keys(docs, "", job_test_keys);
}
