/* A job explained as JSON:
 * {version, job, file, description, keys, sources, streams: [{name, from, operations}], outputs, state}; keys are lists of
 * {key, value, from}, types are texts as the documentation writes them. */
#include "base/json_write.h"
#include "cli/explain.h"
#include "column/type.h"
#include "engine/plan.h"
#include "op/memory.h"
#include "spec/job_table.h"

static void put_type(const struct explain *explain, struct json_write *write, const char *name,
                     const struct type *type)
{
    json_write_text(write, name, type_text(explain->arena, type));
}

static void put_keys(const struct explain *explain, const struct job_values *values,
                     struct json_write *write)
{
    json_write_array(write, "keys");
    for (size_t i = 0; i < values->n; i++) {
        json_write_object(write, NULL);
        json_write_text(write, "key", values->items[i].key);
        json_write_text(write, "value", values->items[i].value);
        json_write_text(write, "from", explain_from(explain, &values->items[i]));
        json_write_end(write);
    }
    json_write_end(write);
}

static void put_source(const struct explain *explain, size_t i, struct json_write *write)
{
    const struct job_source *source = &explain->spec->sources[i];
    struct job_values keys = explain_source_keys(explain, i);
    json_write_object(write, NULL);
    json_write_text(write, "name", source->name);
    json_write_text(write, "source", source->kind);
    json_write_text(write, "guarantee", job_kind_row(job_source_kinds, source->kind)->guarantee);
    put_type(explain, write, "type", explain_source(explain, i)->type);
    put_keys(explain, &keys, write);
    json_write_end(write);
}

static void put_op(const struct explain *explain, const struct job_op *op, struct json_write *write)
{
    const struct plan_node *node = explain_op(explain, op);
    struct job_values keys = explain_op_keys(explain, op);
    json_write_object(write, NULL);
    json_write_text(write, "operation", op->name);
    json_write_text(write, "argument", op->arg ? job_value_text(explain->arena, op->arg) : NULL);
    put_type(explain, write, "in", explain_type_in(explain, node));
    put_type(explain, write, "out", node->type);
    json_write_text(write, "slide", explain_slide(explain, node->slide));
    json_write_uint(write, "stage", explain->stage[node - explain->plan->nodes]);
    json_write_text(write, "state", node->op && node->op->memory ? node->op->memory->id : NULL);
    put_keys(explain, &keys, write);
    json_write_end(write);
}

static void put_stream(const struct explain *explain, const struct job_stream *stream,
                       struct json_write *write)
{
    json_write_object(write, NULL);
    json_write_text(write, "name", stream->name);
    json_write_array(write, "from");
    for (size_t i = 0; i < stream->n_from; i++)
        json_write_text(write, NULL, stream->from[i]);
    json_write_end(write);
    json_write_array(write, "operations");
    for (size_t i = 0; i < stream->n_ops; i++)
        put_op(explain, &stream->ops[i], write);
    json_write_end(write);
    json_write_end(write);
}

static void put_output(const struct explain *explain, size_t i, struct json_write *write)
{
    const struct job_output *output = &explain->spec->outputs[i];
    const struct plan_node *node = explain_output(explain, i);
    struct job_values keys = explain_output_keys(explain, i);
    json_write_object(write, NULL);
    json_write_text(write, "label", output->label);
    json_write_text(write, "output", output->kind);
    json_write_text(write, "from", output->from);
    json_write_text(write, "guarantee", job_kind_row(job_output_kinds, output->kind)->guarantee);
    put_type(explain, write, "type", node->type);
    json_write_text(write, "slide", explain_slide(explain, node->slide));
    put_keys(explain, &keys, write);
    json_write_end(write);
}

static void put_state(const struct explain *explain, struct json_write *write)
{
    json_write_array(write, "state");
    for (uint32_t i = 0; i < explain->plan->n_nodes; i++) {
        const struct plan_node *node = &explain->plan->nodes[i];
        const struct memory *memory = node->op ? node->op->memory : NULL;
        if (!memory)
            continue;
        json_write_object(write, NULL);
        json_write_text(write, "id", memory->id);
        json_write_text(write, "form", memory->form);
        put_type(explain, write, "type", memory->type);
        json_write_end(write);
    }
    json_write_end(write);
}

void explain_put_json(const struct explain *explain, struct buf *out)
{
    const struct job_spec *spec = explain->spec;
    struct json_write write = { .out = out };
    struct job_values keys = explain_keys(explain);
    json_write_object(&write, NULL);
    json_write_int(&write, "version", 1);
    json_write_text(&write, "job", spec->id);
    json_write_text(&write, "file", spec->file);
    json_write_text(&write, "description", spec->description);
    put_keys(explain, &keys, &write);
    json_write_array(&write, "sources");
    for (size_t i = 0; i < spec->n_sources; i++)
        put_source(explain, i, &write);
    json_write_end(&write);
    json_write_array(&write, "streams");
    for (size_t i = 0; i < spec->n_streams; i++)
        put_stream(explain, &spec->streams[i], &write);
    json_write_end(&write);
    json_write_array(&write, "outputs");
    for (size_t i = 0; i < spec->n_outputs; i++)
        put_output(explain, i, &write);
    json_write_end(&write);
    put_state(explain, &write);
    json_write_end(&write);
}
