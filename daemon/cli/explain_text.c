/* A job explained on a terminal. */
#include <string.h>

#include "cli/explain.h"
#include "column/type.h"
#include "engine/plan.h"
#include "op/memory.h"
#include "spec/job_table.h"

#define NAME_COLUMNS 12 /* of the names of sources, streams and outputs */
#define ARGUMENT_MAX 46 /* a longer argument has its type on a line of its own */
#define KEY_COLUMNS 16  /* at least, of keys */

static const char *strong(const struct explain *explain)
{
    return explain->color ? "\033[1m" : "";
}

static const char *dim(const struct explain *explain)
{
    return explain->color ? "\033[2m" : "";
}

static const char *off(const struct explain *explain)
{
    return explain->color ? "\033[0m" : "";
}

static size_t points(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += (*text & 0xc0) != 0x80;
    return n;
}

static void pad(struct buf *out, const char *text, size_t columns)
{
    buf_puts(out, text);
    for (size_t n = points(text); n < columns; n++)
        buf_puts(out, " ");
}

static void title(const struct explain *explain, const char *text, struct buf *out)
{
    buf_printf(out, "\n%s%s%s\n", strong(explain), text, off(explain));
}

/* The name of a source, a stream or an output, and a space. */
static void put_name(const struct explain *explain, const char *name, struct buf *out)
{
    buf_printf(out, "  %s", strong(explain));
    pad(out, name, NAME_COLUMNS);
    buf_printf(out, "%s ", off(explain));
}

/* ---- keys */

static size_t widest(const struct job_values *values)
{
    size_t most = KEY_COLUMNS;
    for (size_t i = 0; i < values->n; i++)
        if (points(values->items[i].key) > most)
            most = points(values->items[i].key);
    return most;
}

/* A text of several lines stands below its key. */
static void put_lines(const char *text, const char *indent, struct buf *out)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        buf_printf(out, "\n%s  | %.*s", indent, (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void put_keys(const struct explain *explain, const struct job_values *values,
                     const char *indent, struct buf *out)
{
    size_t columns = widest(values);
    for (size_t i = 0; i < values->n; i++) {
        const struct job_value *value = &values->items[i];
        bool usual = value->from == FROM_DEFAULT;
        const char *text = value->value ? value->value : "-";
        buf_printf(out, "%s%s", indent, usual ? dim(explain) : "");
        pad(out, value->key, strchr(text, '\n') ? 0 : columns + 2);
        if (strchr(text, '\n'))
            put_lines(text, indent, out);
        else if (value->from == FROM_JOB)
            buf_puts(out, *text ? text : "\"\"");
        else
            pad(out, text, 14);
        if (value->from != FROM_JOB)
            buf_printf(out, "  %s", explain_from(explain, value));
        buf_puts(out, usual ? off(explain) : "");
        if (explain->verbose && value->help) /* NULL: librdkafka's */
            buf_printf(out, "\n%s  %s%s%s", indent, dim(explain), value->help, off(explain));
        buf_puts(out, "\n");
    }
}

/* ---- sources and outputs */

static void put_kind(const struct job_kind *kind, struct buf *out)
{
    buf_printf(out, "%s: %s\n      ", kind->name, kind->guarantee);
    if (kind->later)
        buf_puts(out, "for check, try and test; tidemark run refuses it yet\n      ");
}

static void put_sources(const struct explain *explain, struct buf *out)
{
    title(explain, "Sources", out);
    for (size_t i = 0; i < explain->spec->n_sources; i++) {
        const struct job_source *source = &explain->spec->sources[i];
        const struct plan_node *node = explain_source(explain, i);
        struct job_values keys = explain_source_keys(explain, i);
        put_name(explain, source->name, out);
        put_kind(job_kind_row(job_source_kinds, source->kind), out);
        type_print(node->type, out);
        buf_puts(out, "\n");
        put_keys(explain, &keys, "        ", out);
    }
}

static void put_outputs(const struct explain *explain, struct buf *out)
{
    title(explain, "Outputs", out);
    for (size_t i = 0; i < explain->spec->n_outputs; i++) {
        const struct job_output *output = &explain->spec->outputs[i];
        const struct plan_node *node = explain_output(explain, i);
        struct job_values keys = explain_output_keys(explain, i);
        put_name(explain, output->label, out);
        put_kind(job_kind_row(job_output_kinds, output->kind), out);
        type_print(node->type, out);
        buf_printf(out, " of %s, every %s\n", output->from, explain_slide(explain, node->slide));
        put_keys(explain, &keys, "        ", out);
    }
}

/* ---- streams */

static const char *argument(const struct explain *explain, const struct job_op *op)
{
    const struct job_op_row *row = job_op_row(op->name);
    if (!op->arg || row->form == FORM_MAP)
        return "";
    return job_value_text(explain->arena, op->arg);
}

static uint32_t stage_of(const struct explain *explain, const struct job_op *op)
{
    return explain->stage[explain_op(explain, op) - explain->plan->nodes];
}

/* How an operation hangs together with those beside it. */
static const char *bracket(const struct explain *explain, const struct job_stream *stream, size_t i)
{
    uint32_t stage = stage_of(explain, &stream->ops[i]);
    bool above = i > 0 && stage_of(explain, &stream->ops[i - 1]) == stage;
    bool below = i + 1 < stream->n_ops && stage_of(explain, &stream->ops[i + 1]) == stage;
    return above && below ? "│" : above ? "└" : below ? "┌" : "─";
}

struct columns { /* of a stream's operations */
    size_t name, argument;
};

static struct columns columns_of(const struct explain *explain, const struct job_stream *stream)
{
    struct columns columns = { 0, 0 };
    for (size_t i = 0; i < stream->n_ops; i++) {
        size_t name = points(stream->ops[i].name);
        size_t arg = points(argument(explain, &stream->ops[i]));
        if (name > columns.name)
            columns.name = name;
        if (arg > columns.argument && arg <= ARGUMENT_MAX)
            columns.argument = arg;
    }
    return columns;
}

static void put_op(const struct explain *explain, const struct job_stream *stream, size_t i,
                   const struct columns *columns, struct buf *out)
{
    const struct job_op *op = &stream->ops[i];
    const struct plan_node *node = explain_op(explain, op);
    struct job_values keys = explain_op_keys(explain, op);
    const char *arg = argument(explain, op), *edge = bracket(explain, stream, i);
    uint32_t stage = stage_of(explain, op);
    bool first = i == 0 || stage_of(explain, &stream->ops[i - 1]) != stage;
    bool lines = strchr(arg, '\n') != NULL;
    buf_puts(out, first ? arena_printf(explain->arena, "    %2u ", stage) : "       ");
    buf_printf(out, "%s ", edge);
    pad(out, op->name, columns->name + 2);
    const char *on = strcmp(edge, "┌") == 0 || strcmp(edge, "│") == 0 ? "│" : " ";
    const char *indent = arena_printf(explain->arena, "       %s ", on);
    if (!lines && points(arg) > ARGUMENT_MAX) {
        buf_printf(out, "%s\n%s", arg, indent);
        pad(out, "", columns->name + columns->argument + 4);
    } else {
        pad(out, lines ? "" : arg, columns->argument + 2);
    }
    type_print(node->type, out);
    if (node->slide != node->in_slide)
        buf_printf(out, " every %s", explain_slide(explain, node->slide));
    if (lines)
        put_lines(arg, indent, out);
    buf_puts(out, "\n");
    put_keys(explain, &keys, "             ", out);
}

static void put_streams(const struct explain *explain, struct buf *out)
{
    const struct job_spec *spec = explain->spec;
    bool several = false;
    title(explain, "Streams", out);
    for (size_t i = 0; i < spec->n_streams; i++) {
        const struct job_stream *stream = &spec->streams[i];
        struct columns columns = columns_of(explain, stream);
        put_name(explain, stream->name, out);
        for (size_t k = 0; k < stream->n_from; k++)
            buf_printf(out, "%s%s", k ? ", then " : "of ", stream->from[k]);
        buf_puts(out, stream->n_ops ? "\n" : ", as it is\n");
        for (size_t k = 0; k < stream->n_ops; k++) {
            several |= stage_of(explain, &stream->ops[k]) > 1;
            put_op(explain, stream, k, &columns, out);
        }
    }
    buf_printf(
        out,
        "  %sThe operations of a stage are one pass: stage 1 over each block as it comes%s.%s\n",
        dim(explain), several ? ", the others once the batch is cut" : "", off(explain));
}

/* ---- state, and the whole */

static void put_state(const struct explain *explain, struct buf *out)
{
    size_t n = 0;
    title(explain, "State", out);
    for (uint32_t i = 0; i < explain->plan->n_nodes; i++) {
        const struct plan_node *node = &explain->plan->nodes[i];
        const struct memory *memory = node->op ? node->op->memory : NULL;
        if (!memory)
            continue;
        put_name(explain, memory->id, out);
        buf_printf(out, "%s: ", memory->form);
        type_print(memory->type, out);
        buf_puts(out, "\n");
        n++;
    }
    if (!n)
        buf_puts(out, "  none: nothing outlives its batch\n");
}

void explain_put_text(const struct explain *explain, struct buf *out)
{
    const struct job_spec *spec = explain->spec;
    struct job_values keys = explain_keys(explain);
    buf_printf(out, "%s%s%s  %s%s%s\n", strong(explain), spec->id, off(explain), dim(explain),
               spec->file, off(explain));
    if (spec->description && *spec->description)
        buf_printf(out, "%s\n", spec->description);
    put_sources(explain, out);
    put_streams(explain, out);
    put_outputs(explain, out);
    put_state(explain, out);
    title(explain, "Keys", out);
    buf_printf(out, "  %swhat is not marked stands in the job's file%s\n", dim(explain),
               off(explain));
    put_keys(explain, &keys, "  ", out);
}
