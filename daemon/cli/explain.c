/* tidemark explain FILE|JOB: what a job's file comes to. */
#include "cli/explain.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "cli/cli_job.h"
#include "cli/settings.h"
#include "engine/plan.h"
#include "op/memory.h"
#include "spec/job_table.h"
#include "spec/units.h"

/* ---- what the file says, and what it became */

static uint32_t stage_out(const struct explain *explain, uint32_t index)
{
    return explain->stage[index] + (explain->plan->nodes[index].kind == PLAN_GATHER);
}

void explain_open(struct explain *explain)
{
    const struct plan *plan = explain->plan;
    explain->stage = arena_alloc(explain->arena, plan->n_nodes * sizeof *explain->stage);
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        explain->stage[i] = 1;
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        for (uint32_t k = 0; k < plan->nodes[i].n_edges; k++) {
            uint32_t to = plan->nodes[i].edges[k].to, stage = stage_out(explain, i);
            if (explain->stage[to] < stage)
                explain->stage[to] = stage;
        }
}

const struct plan_node *explain_op(const struct explain *explain, const struct job_op *op)
{
    uint32_t i = 0;
    while (explain->plan->nodes[i].job != op) {
        i++;
        check(i < explain->plan->n_nodes); /* the plan is whole */
    }
    return &explain->plan->nodes[i];
}

static const struct plan_node *find(const struct explain *explain, enum plan_kind kind,
                                    size_t index)
{
    const struct plan_node *nodes = explain->plan->nodes;
    uint32_t i = 0;
    while (nodes[i].kind != kind || nodes[i].index != index) {
        i++;
        check(i < explain->plan->n_nodes);
    }
    return &nodes[i];
}

const struct plan_node *explain_source(const struct explain *explain, size_t index)
{
    return find(explain, PLAN_SOURCE, index);
}

const struct plan_node *explain_output(const struct explain *explain, size_t index)
{
    return find(explain, PLAN_OUTPUT, index);
}

const struct type *explain_type_in(const struct explain *explain, const struct plan_node *node)
{
    (void)explain;
    return node->op ? node->op->in : node->type;
}

const char *explain_slide(const struct explain *explain, uint64_t slide)
{
    struct buf text = { 0 };
    units_put_duration(slide * explain->spec->batch_interval_ms, &text);
    const char *copy = arena_strdup(explain->arena, buf_text(&text));
    buf_free(&text);
    return copy;
}

/* ---- keys */

static struct job_value *value_of(struct job_values *values, const char *key)
{
    for (size_t i = 0; i < values->n; i++)
        if (strcmp(values->items[i].key, key) == 0)
            return &values->items[i];
    return NULL;
}

struct job_values explain_keys(const struct explain *explain)
{
    struct job_values values = job_values(explain->arena, explain->spec);
    struct job_value *directory = value_of(&values, "checkpoint.directory");
    check(directory);
    if (!directory->value)
        directory->value =
            arena_printf(explain->arena, "%s/jobs/%s", explain->state_directory, explain->spec->id);
    return values;
}

static void fill(struct job_values *values, const char *key, const char *value)
{
    struct job_value *at = value_of(values, key);
    if (at && !at->value)
        at->value = value;
}

struct job_values explain_op_keys(const struct explain *explain, const struct job_op *op)
{
    const struct job_op_row *row = job_op_row(op->name);
    const struct plan_node *node = explain_op(explain, op);
    if (row->form != FORM_MAP)
        return (struct job_values){ 0 };
    struct job_values values = job_values_of(explain->arena, row->keys, row->shorthand, op->arg);
    if (node->op && node->op->memory)
        fill(&values, "id", node->op->memory->id);
    fill(&values, "slideDuration", explain_slide(explain, node->slide));
    return values;
}

/* The mapping behind the name of an item. */
static const struct yaml_node *mapping_of(const struct yaml_node *name)
{
    return yaml_get(name->parent, name->text);
}

static struct job_values kind_keys(const struct explain *explain, const struct job_kind *kind,
                                   const struct yaml_node *map, const char *own, const char *name)
{
    struct job_values values = job_values_of(explain->arena, kind->keys, "argv", map);
    fill(&values, own, name);
    return values;
}

struct job_values explain_source_keys(const struct explain *explain, size_t index)
{
    const struct job_source *source = &explain->spec->sources[index];
    return kind_keys(explain, job_kind_row(job_source_kinds, source->kind),
                     mapping_of(source->node), "name", source->name);
}

struct job_values explain_output_keys(const struct explain *explain, size_t index)
{
    const struct job_output *output = &explain->spec->outputs[index];
    const struct yaml_node *node = output->node; /* of its kind, or of its label's value */
    bool is_label = node->key && node->key != node;
    struct job_values values =
        kind_keys(explain, job_kind_row(job_output_kinds, output->kind),
                  is_label ? node->parent : mapping_of(node), "label", output->label);
    fill(&values, "from", output->from);
    return values;
}

const char *explain_from(const struct explain *explain, const struct job_value *value)
{
    static const char *const names[] = { [FROM_JOB] = "job",
                                         [FROM_CONF] = "conf",
                                         [FROM_SETTINGS] = "settings",
                                         [FROM_DEFAULT] = "default" };
    if (value->from == FROM_CONF)
        return arena_printf(explain->arena, "conf %s", value->property);
    return names[value->from];
}

/* ---- the verb */

struct explain_args {
    const char *conf, *state, *graph;
};
static const struct cli_option explain_options[] = {
    { "graph", 0, "dot|mermaid", "only the graph, for graphviz or mermaid",
      offsetof(struct explain_args, graph) },
    { "conf", 'c', "FILE", "the daemon's settings, whose defaults apply",
      offsetof(struct explain_args, conf) },
    { "state", 0, "DIR", "the daemon's state directory, where JOB is looked for",
      offsetof(struct explain_args, state) },
    { 0 },
};

typedef void (*put_plan)(const struct explain *explain, struct buf *out);

static put_plan form_of(const struct cli *cli, const char *graph)
{
    if (!graph)
        return cli->json ? explain_put_json : explain_put_text;
    return strcmp(graph, "dot") == 0       ? explain_put_dot
           : strcmp(graph, "mermaid") == 0 ? explain_put_mermaid
                                           : NULL;
}

static int explain_file(const struct cli *cli, const struct settings *settings, const char *word,
                        put_plan put)
{
    struct cli_job job;
    int status = cli_job_open_named(cli, settings, word, &job);
    if (status == CLI_GO)
        cli_job_complain(cli, &job);
    if (status == CLI_GO && !cli_job_valid(&job))
        status = CLI_NO;
    if (status == CLI_GO) {
        struct buf out = { 0 };
        struct explain explain = { .arena = &job.arena,
                                   .spec = job.spec,
                                   .plan = job.plan,
                                   .state_directory = settings->state_directory,
                                   .color = cli_use_color(cli, STDOUT_FILENO),
                                   .verbose = cli->verbose };
        explain_open(&explain);
        put(&explain, &out);
        fwrite(out.ptr, 1, out.len, stdout);
        buf_free(&out);
        status = CLI_DONE;
    }
    cli_job_close(&job);
    return status;
}

static int explain_run(struct cli *cli, int argc, char **argv)
{
    struct explain_args args = { 0 };
    struct arena arena = { 0 };
    struct settings *settings;
    int status = cli_parse(cli, explain_options, &args, &argc, argv);
    if (status != CLI_GO)
        return status;
    put_plan put = form_of(cli, args.graph);
    if (!put)
        return cli_fail(cli, CLI_USAGE, "--graph is dot or mermaid, not '%s'", args.graph);
    if (argc != 2)
        return cli_fail(cli, CLI_USAGE, "name one job file, or the id of a job; see --help");
    struct settings_flags flags = { .conf = args.conf, .state = args.state };
    if (cli_settings(cli, &flags, &arena, &settings, &status))
        status = explain_file(cli, settings, argv[1], put);
    arena_free(&arena);
    return status;
}

const struct command explain_command = {
    .name = "explain",
    .arguments = "FILE|JOB",
    .summary = "what a job comes to: types, stages, state, guarantees, every default",
    .example = "tidemark explain wordcount.yaml",
    .options = explain_options,
    .run = explain_run,
};
