/* A job explained as JSON:
 * {version, job, file, description, keys, sources, streams: [{name, from, operations}], outputs, state}; keys are lists of
 * {key, value, from}, types are texts as the documentation writes them. */
#include <string.h>

#include "base/quote.h"
#include "cli/explain.h"
#include "column/type.h"
#include "engine/plan.h"
#include "op/memory.h"
#include "spec/job_table.h"

static void put_text(struct buf *out, const char *text)
{
    if (text)
        quote_put(out, text, strlen(text));
    else
        buf_puts(out, "null");
}

static void put(struct buf *out, const char *before, const char *name, const char *text)
{
    buf_printf(out, "%s\"%s\":", before, name);
    put_text(out, text);
}

static void put_type(const struct explain *explain, struct buf *out, const char *name,
                     const struct type *type)
{
    put(out, ",", name, type_text(explain->arena, type));
}

static void put_keys(const struct explain *explain, const struct job_values *values,
                     struct buf *out)
{
    buf_puts(out, ",\"keys\":[");
    for (size_t i = 0; i < values->n; i++) {
        put(out, i ? ",{" : "{", "key", values->items[i].key);
        put(out, ",", "value", values->items[i].value);
        put(out, ",", "from", explain_from(explain, &values->items[i]));
        buf_puts(out, "}");
    }
    buf_puts(out, "]");
}

static void put_sources(const struct explain *explain, struct buf *out)
{
    buf_puts(out, ",\"sources\":[");
    for (size_t i = 0; i < explain->spec->n_sources; i++) {
        const struct job_source *source = &explain->spec->sources[i];
        struct job_values keys = explain_source_keys(explain, i);
        put(out, i ? ",{" : "{", "name", source->name);
        put(out, ",", "source", source->kind);
        put(out, ",", "guarantee", job_kind_row(job_source_kinds, source->kind)->guarantee);
        put_type(explain, out, "type", explain_source(explain, i)->type);
        put_keys(explain, &keys, out);
        buf_puts(out, "}");
    }
    buf_puts(out, "]");
}

static void put_op(const struct explain *explain, const struct job_op *op, struct buf *out)
{
    const struct plan_node *node = explain_op(explain, op);
    struct job_values keys = explain_op_keys(explain, op);
    put(out, "{", "operation", op->name);
    put(out, ",", "argument", op->arg ? job_value_text(explain->arena, op->arg) : NULL);
    put_type(explain, out, "in", explain_type_in(explain, node));
    put_type(explain, out, "out", node->type);
    put(out, ",", "slide", explain_slide(explain, node->slide));
    buf_printf(out, ",\"stage\":%u", explain->stage[node - explain->plan->nodes]);
    put(out, ",", "state", node->op && node->op->memory ? node->op->memory->id : NULL);
    put_keys(explain, &keys, out);
    buf_puts(out, "}");
}

static void put_streams(const struct explain *explain, struct buf *out)
{
    buf_puts(out, ",\"streams\":[");
    for (size_t i = 0; i < explain->spec->n_streams; i++) {
        const struct job_stream *stream = &explain->spec->streams[i];
        put(out, i ? ",{" : "{", "name", stream->name);
        for (size_t k = 0; k < stream->n_from; k++) {
            buf_puts(out, k ? "," : ",\"from\":[");
            put_text(out, stream->from[k]);
        }
        buf_puts(out, "],\"operations\":[");
        for (size_t k = 0; k < stream->n_ops; k++) {
            buf_puts(out, k ? "," : "");
            put_op(explain, &stream->ops[k], out);
        }
        buf_puts(out, "]}");
    }
    buf_puts(out, "]");
}

static void put_outputs(const struct explain *explain, struct buf *out)
{
    buf_puts(out, ",\"outputs\":[");
    for (size_t i = 0; i < explain->spec->n_outputs; i++) {
        const struct job_output *output = &explain->spec->outputs[i];
        const struct plan_node *node = explain_output(explain, i);
        struct job_values keys = explain_output_keys(explain, i);
        put(out, i ? ",{" : "{", "label", output->label);
        put(out, ",", "output", output->kind);
        put(out, ",", "from", output->from);
        put(out, ",", "guarantee", job_kind_row(job_output_kinds, output->kind)->guarantee);
        put_type(explain, out, "type", node->type);
        put(out, ",", "slide", explain_slide(explain, node->slide));
        put_keys(explain, &keys, out);
        buf_puts(out, "}");
    }
    buf_puts(out, "]");
}

static void put_state(const struct explain *explain, struct buf *out)
{
    const char *before = "{";
    buf_puts(out, ",\"state\":[");
    for (uint32_t i = 0; i < explain->plan->n_nodes; i++) {
        const struct plan_node *node = &explain->plan->nodes[i];
        const struct memory *memory = node->op ? node->op->memory : NULL;
        if (!memory)
            continue;
        put(out, before, "id", memory->id);
        put(out, ",", "form", memory->form);
        put_type(explain, out, "type", memory->type);
        buf_puts(out, "}");
        before = ",{";
    }
    buf_puts(out, "]");
}

void explain_put_json(const struct explain *explain, struct buf *out)
{
    struct job_values keys = explain_keys(explain);
    buf_puts(out, "{\"version\":1");
    put(out, ",", "job", explain->spec->id);
    put(out, ",", "file", explain->spec->file);
    put(out, ",", "description", explain->spec->description);
    put_keys(explain, &keys, out);
    put_sources(explain, out);
    put_streams(explain, out);
    put_outputs(explain, out);
    put_state(explain, out);
    buf_puts(out, "}\n");
}
