#include "engine/plan.h"

#include <string.h>

#include "base/check.h"
#include "column/type.h"
#include "engine/lift.h"
#include "expr/expr.h"
#include "op/build.h"
#include "op/memory.h"
#include "spec/units.h"

enum stream_state { STREAM_NEW, STREAM_OPEN, STREAM_DONE };

struct build { /* a plan under way */
    struct arena *arena;
    const struct job_spec *spec;
    struct diags *diags;
    struct types *types;
    struct plan *plan;
    uint32_t cap;             /* of the plan's nodes */
    uint32_t *source;         /* node of each source */
    uint32_t *stream;         /* last node of each stream; NODE_NONE after a mistake in it */
    enum stream_state *state; /* of each stream */
    uint64_t batch_ms;        /* batchInterval */
    const struct memory **memories;
    size_t n_memories;
};

#define NODE_NONE UINT32_MAX

static uint32_t build_node(struct build *build, const struct plan_node *node)
{
    struct plan *plan = build->plan;
    check(plan->n_nodes < build->cap);
    plan->nodes[plan->n_nodes] = *node;
    return plan->n_nodes++;
}

static uint32_t node_lanes_out(const struct plan_node *node)
{
    return node->kind == PLAN_OP ? node->lanes : 1; /* a source and a result are one lane */
}

/* Rows of node `from` go to node `to`, in the lanes behind those that it has. False: too many lanes or too deep. */
static bool build_edge(struct build *build, uint32_t from, uint32_t to)
{
    struct plan_node *a = &build->plan->nodes[from], *b = &build->plan->nodes[to];
    if (a->depth == PLAN_DEPTH_MAX || b->lanes + node_lanes_out(a) > PLAN_LANES_MAX)
        return false;
    if (b->depth <= a->depth)
        b->depth = a->depth + 1;
    struct plan_edge *edges = arena_alloc(build->arena, (a->n_edges + 1) * sizeof *edges);
    if (a->n_edges)
        memcpy(edges, a->edges, a->n_edges * sizeof *edges);
    edges[a->n_edges] = (struct plan_edge){ .to = to, .lane = b->lanes };
    a->edges = edges;
    a->n_edges++;
    b->lanes += node_lanes_out(a);
    return true;
}

/* ---- streams */

static uint32_t build_stream(struct build *build, size_t index);

static uint32_t build_find(struct build *build, const char *name, const struct yaml_node *node)
{
    const struct job_spec *spec = build->spec;
    for (size_t i = 0; i < spec->n_sources; i++) {
        if (strcmp(spec->sources[i].name, name) == 0)
            return build->source[i];
    }
    for (size_t i = 0; i < spec->n_streams; i++) {
        if (strcmp(spec->streams[i].name, name) != 0)
            continue;
        if (build->state[i] == STREAM_OPEN) {
            diag_add(build->diags, yaml_place(node), 211, "'%s' would be made from itself", name);
            return NODE_NONE;
        }
        return build_stream(build, i);
    }
    if (node && !node->bad)
        diag_add(build->diags, yaml_place(node), 211, "there is no source or stream '%s'", name);
    return NODE_NONE;
}

/* Several streams as one, in the order given: the node that takes them has a lane for each. */
struct inputs {
    uint32_t *node;
    size_t n;
    const struct type *type; /* NULL after a mistake */
    uint64_t slide;          /* in batches */
};

static const char *slide_text(const struct build *build, uint64_t slide)
{
    struct buf text = { 0 };
    units_put_duration(slide * build->batch_ms, &text);
    const char *copy = arena_strdup(build->arena, buf_text(&text));
    buf_free(&text);
    return copy;
}

#define HERE "the stream here"

/* Streams that are put together must come at the same batches. */
static bool build_slides(struct build *build, const struct inputs *inputs, const char *const *names,
                         const struct yaml_node *place)
{
    for (size_t i = 1; i < inputs->n; i++) {
        const struct plan_node *nodes = build->plan->nodes;
        uint64_t one = nodes[inputs->node[0]].slide, other = nodes[inputs->node[i]].slide;
        if (one == other)
            continue;
        struct diag *diag = diag_add(
            build->diags, yaml_place(place), 212, "%s slides by %s, but '%s' by %s",
            strcmp(names[0], HERE) == 0 ? HERE : arena_printf(build->arena, "'%s'", names[0]),
            slide_text(build, one), names[i], slide_text(build, other));
        diag_help(build->diags, diag,
                  "only streams of the same slide can be put together: window the other one with "
                  "slideDuration: %s first",
                  slide_text(build, one < other ? other : one));
        return false;
    }
    return true;
}

static void build_inputs(struct build *build, const struct job_stream *stream,
                         struct inputs *inputs)
{
    *inputs = (struct inputs){ .n = stream->n_from };
    inputs->node = arena_alloc(build->arena, stream->n_from * sizeof *inputs->node);
    bool whole = true;
    for (size_t i = 0; i < stream->n_from; i++) {
        inputs->node[i] = build_find(build, stream->from[i], stream->node);
        whole &= inputs->node[i] != NODE_NONE;
    }
    for (size_t i = 0; whole && i < stream->n_from; i++) {
        const struct type *type = build->plan->nodes[inputs->node[i]].type;
        if (inputs->type && inputs->type != type) {
            struct diag *diag = diag_add(
                build->diags, yaml_place(stream->node), 230,
                "a union needs streams of one type, but '%s' is a stream of %s and '%s' of %s",
                stream->from[0], type_text(build->arena, inputs->type), stream->from[i],
                type_text(build->arena, type));
            diag_help(build->diags, diag, "map one of them to the other's type");
            inputs->type = NULL;
            return;
        }
        inputs->type = type;
    }
    if (whole && inputs->type && !build_slides(build, inputs, stream->from, stream->node))
        inputs->type = NULL;
    inputs->slide = whole ? build->plan->nodes[inputs->node[0]].slide : 1;
}

/* A node that is given the inputs' rows, and as its right side those of `right`; place is where a mistake is shown. The inputs
 * become the node's rows. */
static void build_connect(struct build *build, const struct plan_node *node,
                          const struct yaml_node *place, struct inputs *inputs,
                          const struct inputs *right)
{
    uint32_t index = build_node(build, node);
    struct plan_node *made = &build->plan->nodes[index];
    made->in_slide = made->slide = inputs->slide;
    if (node->op && node->op->slide_ms)
        made->slide = node->op->slide_ms / build->batch_ms;
    bool ok = true;
    for (size_t i = 0; ok && i < inputs->n; i++)
        ok = build_edge(build, inputs->node[i], index);
    build->plan->nodes[index].left = build->plan->nodes[index].lanes;
    for (size_t i = 0; ok && right && i < right->n; i++)
        ok = build_edge(build, right->node[i], index);
    if (!ok)
        diag_add(build->diags, yaml_place(place), 208,
                 "a stream of more than %u operations in a row, or of more than %u streams",
                 PLAN_DEPTH_MAX, PLAN_LANES_MAX);
    *inputs = (struct inputs){ arena_alloc(build->arena, sizeof index), 1, ok ? node->type : NULL,
                               made->slide };
    inputs->node[0] = index;
}

static bool node_joins(const struct plan_node *node)
{
    return node->kind == PLAN_GATHER && node->op->kind->gather->meet;
}

/* The streams that an operation names: other->node, and the type of each; false after a mistake. */
static bool build_others(struct build *build, const struct job_op *job, struct inputs *other,
                         const struct type ***types)
{
    bool whole = true;
    *other = (struct inputs){ .n = job->n_with };
    other->node = arena_alloc(build->arena, job->n_with * sizeof *other->node);
    *types = arena_alloc(build->arena, job->n_with * sizeof **types);
    for (size_t i = 0; i < job->n_with; i++) {
        uint32_t node = other->node[i] = build_find(build, job->with[i]->text, job->with[i]);
        (*types)[i] = node == NODE_NONE ? NULL : build->plan->nodes[node].type;
        whole &= node != NODE_NONE;
    }
    return whole;
}

/* Two operations cannot share a state. */
static void build_memory(struct build *build, const struct op *op, const struct yaml_node *place)
{
    for (size_t i = 0; i < build->n_memories; i++) {
        if (strcmp(build->memories[i]->id, op->memory->id) != 0)
            continue;
        const struct yaml_node *id =
            yaml_get(place->parent ? yaml_get(place->parent, place->text) : NULL, "id");
        diag_help(build->diags,
                  diag_add(build->diags, yaml_place(id ? id : place), 213,
                           "state id '%s' is used twice", op->memory->id),
                  "give each operation an id of its own: saved state is found by it");
        return;
    }
    build->memories[build->n_memories++] = op->memory;
}

/* The same for the streams that an operation names. */
static bool build_slides_with(struct build *build, const struct job_op *job,
                              const struct inputs *inputs, const struct inputs *other)
{
    struct inputs all = { .n = 2 };
    for (size_t i = 0; i < other->n; i++) {
        all.node = (uint32_t[]){ inputs->node[0], other->node[i] };
        const char *names[] = { HERE, job->with[i]->text };
        if (!build_slides(build, &all, names, job->with[i]))
            return false;
    }
    return true;
}

/* One operation: what it gives stands in inputs afterwards. */
static void build_op(struct build *build, const struct job_op *job, const char *name,
                     struct inputs *inputs)
{
    struct inputs other;
    const struct type **types;
    struct op_input input = {
        .arena = build->arena,
        .types = build->types,
        .diags = build->diags,
        .job = job,
        .name = name,
        .slide_ms = inputs->slide * build->batch_ms,
        .batch_ms = build->batch_ms,
    };
    if (build_others(build, job, &other, &types) &&
        (!inputs->type || build_slides_with(build, job, inputs, &other)))
        input.type = inputs->type;
    input.other = types;
    const struct op *op = op_build(&input);
    if (!op) {
        inputs->type = NULL; /* further operations are still looked at for their names */
        return;
    }
    if (op->memory)
        build_memory(build, op, job->node);
    struct plan_node node = {
        .kind = op->kind->gather ? PLAN_GATHER : PLAN_OP, .type = op->out, .op = op, .job = job
    };
    if (node_joins(&node)) {
        build_connect(build, &node, job->node, inputs, &other);
        return;
    }
    struct inputs all = { .n = inputs->n + other.n, .slide = inputs->slide }; /* a union */
    all.node = arena_alloc(build->arena, all.n * sizeof *all.node);
    memcpy(all.node, inputs->node, inputs->n * sizeof *all.node);
    if (other.n)
        memcpy(all.node + inputs->n, other.node, other.n * sizeof *all.node);
    build_connect(build, &node, job->node, &all, NULL);
    *inputs = all;
}

static uint32_t build_stream(struct build *build, size_t index)
{
    const struct job_stream *stream = &build->spec->streams[index];
    struct inputs inputs;
    if (build->state[index] == STREAM_DONE)
        return build->stream[index];
    build->state[index] = STREAM_OPEN;
    build_inputs(build, stream, &inputs);
    for (size_t i = 0; i < stream->n_ops; i++) {
        const struct job_op *job = &stream->ops[i];
        build_op(build, job, arena_printf(build->arena, "%s-%s-%zu", stream->name, job->name, i),
                 &inputs);
    }
    if (inputs.type && inputs.n != 1) { /* a union without operations: one that keeps every row */
        struct plan_node pass = { .kind = PLAN_OP, .type = inputs.type };
        build_connect(build, &pass, stream->node, &inputs, NULL);
    }
    build->state[index] = STREAM_DONE;
    build->stream[index] = inputs.type ? inputs.node[0] : NODE_NONE;
    return build->stream[index];
}

/* An expression of an output: only checked as long as nothing delivers what it makes. */
static void build_expression(struct build *build, const struct yaml_node *node, const char *name,
                             const struct type *row)
{
    struct expr_use use = { .op = name, .param = &row, .n_param = 1 };
    if (node)
        expr_compile(build->arena, build->types, node, &use, build->diags);
}

static void build_output(struct build *build, uint32_t index)
{
    const struct job_output *output = &build->spec->outputs[index];
    uint32_t from = build_find(build, output->from, output->node);
    if (from == NODE_NONE)
        return;
    const struct type *type = build->plan->nodes[from].type;
    build_expression(build, output->key, "key", type);
    build_expression(build, output->value, "value", type);
    struct plan_node node = { .kind = PLAN_OUTPUT, .type = type, .index = index };
    struct inputs inputs = { &from, 1, type, build->plan->nodes[from].slide };
    build_connect(build, &node, output->node, &inputs, NULL);
}

/* ---- which fields of a source's records are looked at */

static uint64_t node_fields(const struct plan_node *to)
{
    if (to->kind == PLAN_OUTPUT)
        return OP_FIELDS_ALL;
    if (!to->op)
        return to->fields;
    return op_fields(to->op) | (to->op->kind->keeps ? to->fields : 0);
}

static bool node_asks_for_ends(const struct plan_node *to)
{
    if (to->kind == PLAN_GATHER)
        return to->op->kind->gather->end;
    return to->kind == PLAN_OP && to->ends;
}

/* A node that only cuts its rows into partitions, where nobody asks for them: rows need not be held. */
static bool node_is_idle(const struct plan_node *node)
{
    return node->kind == PLAN_GATHER && node->op->kind->keeps && !node->ends && node->lanes == 1;
}

/* From the last node to the first: what is looked at of the rows that each gives. */
static void build_fields(struct plan *plan)
{
    for (uint32_t i = plan->n_nodes; i-- > 0;) {
        struct plan_node *node = &plan->nodes[i];
        for (uint32_t k = 0; k < node->n_edges; k++)
            node->fields |= node_fields(&plan->nodes[node->edges[k].to]);
        for (uint32_t k = 0; k < node->n_edges; k++)
            node->ends |= node_asks_for_ends(&plan->nodes[node->edges[k].to]);
        if (node_is_idle(node)) {
            node->kind = PLAN_OP;
            node->op = NULL;
        }
    }
}

/* Does anything that is remembered hang on batchTime? */
static bool plan_by_time(const struct plan *plan, struct arena *arena)
{
    bool *by_time = arena_zalloc(arena, plan->n_nodes), any = false;
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *node = &plan->nodes[i];
        by_time[i] |= node->op && node->op->by_time;
        any |= by_time[i] && node->op && node->op->memory;
        for (uint32_t k = 0; k < node->n_edges; k++)
            by_time[node->edges[k].to] |= by_time[i];
    }
    return any;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t plan_period(const struct plan *plan)
{
    uint64_t period = 1;
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        uint64_t slide = plan->nodes[i].slide;
        if (__builtin_mul_overflow(period / gcd(period, slide), slide, &period))
            return UINT64_MAX;
    }
    return period;
}

static size_t count_nodes(const struct job_spec *spec)
{
    size_t n = spec->n_sources + spec->n_streams + spec->n_outputs;
    for (size_t i = 0; i < spec->n_streams; i++)
        n += spec->streams[i].n_ops;
    return n;
}

bool plan_build(struct arena *arena, const struct job_spec *spec, struct diags *diags,
                struct plan **plan)
{
    size_t before = diag_errors(diags);
    struct build build = {
        .arena = arena, .spec = spec, .diags = diags, .cap = (uint32_t)count_nodes(spec)
    };
    build.types = types_new(arena);
    build.batch_ms = spec->batch_interval_ms ? spec->batch_interval_ms : 1;
    build.memories = arena_alloc(arena, build.cap * sizeof(struct memory *));
    build.plan = arena_zalloc(arena, sizeof *build.plan);
    build.plan->nodes = arena_alloc(arena, build.cap * sizeof *build.plan->nodes);
    build.source = arena_alloc(arena, spec->n_sources * sizeof *build.source);
    build.stream = arena_alloc(arena, spec->n_streams * sizeof *build.stream);
    build.state = arena_zalloc(arena, spec->n_streams * sizeof *build.state);
    for (uint32_t i = 0; i < spec->n_sources; i++) {
        const struct type *type = lift_type(build.types, &spec->sources[i]);
        struct plan_node node = { .kind = PLAN_SOURCE, .type = type, .index = i, .in_slide = 1 };
        node.slide = 1;
        build.source[i] = build_node(&build, &node);
    }
    for (size_t i = 0; i < spec->n_streams; i++)
        build_stream(&build, i);
    for (uint32_t i = 0; i < spec->n_outputs; i++)
        build_output(&build, i);
    build_fields(build.plan);
    build.plan->period = plan_period(build.plan);
    build.plan->by_time = plan_by_time(build.plan, arena);
    if (diag_errors(diags) != before)
        return false;
    *plan = build.plan;
    return true;
}
