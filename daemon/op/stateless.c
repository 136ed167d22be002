#include "op/stateless.h"

#include "op/shared.h"

static bool map_build(struct op *op, const struct op_input *input)
{
    struct expr_use use = { .op = op->kind->name, .param = &op->in, .n_param = 1 };
    op->program = op_compile(input, input->job->arg, &use);
    if (op->program)
        op->out = op->program->result;
    return op->program != NULL;
}

static void map_run(const struct op *op, struct rows *rows, const struct op_run *run)
{
    struct rows out = *rows;
    op_compute(op, &rows->column, &out, run, &out.column);
    run->emit(run, &out);
}

const struct op_kind op_map = { .name = "map",
                                .arg = OP_ARG_NEEDED,
                                .build = map_build,
                                .run = map_run };

static bool filter_build(struct op *op, const struct op_input *input)
{
    struct expr_use use = {
        .op = op->kind->name, .param = &op->in, .n_param = 1, .result = &type_bool
    };
    op->program = op_compile(input, input->job->arg, &use);
    op->out = op->in;
    return op->program != NULL;
}

static void filter_run(const struct op *op, struct rows *rows, const struct op_run *run)
{
    struct rows out = *rows;
    struct column keep;
    op_compute(op, &rows->column, &out, run, &keep);
    out.sel = sel_where(run->arena, out.sel, &keep, true);
    run->emit(run, &out);
}

const struct op_kind op_filter = { .name = "filter",
                                   .keeps = true,
                                   .arg = OP_ARG_NEEDED,
                                   .build = filter_build,
                                   .run = filter_run };

static bool map_values_build(struct op *op, const struct op_input *input)
{
    if (!op_is_pair(op->in))
        return op_wrong_input(input, "pairs (K, V)", "make pairs first: map: (_, 1)");
    struct expr_use use = { .op = op->kind->name, .param = &op->in->member[1], .n_param = 1 };
    op->program = op_compile(input, input->job->arg, &use);
    if (op->program)
        op->out = type_pair(input->types, op->in->member[0], op->program->result);
    return op->program != NULL;
}

static void map_values_run(const struct op *op, struct rows *rows, const struct op_run *run)
{
    struct rows out = *rows;
    struct column *member = arena_alloc(run->arena, 2 * sizeof *member);
    member[0] = rows->column.child[0];
    op_compute(op, &rows->column.child[1], &out, run, &member[1]);
    out.column = (struct column){ .type = op->out, .n = rows->n, .n_child = 2, .child = member };
    run->emit(run, &out);
}

const struct op_kind op_map_values = { .name = "mapValues",
                                       .arg = OP_ARG_NEEDED,
                                       .build = map_values_build,
                                       .run = map_values_run };

static bool flat_map_build(struct op *op, const struct op_input *input)
{
    struct expr_use use = { .op = op->kind->name, .param = &op->in, .n_param = 1, .list = true };
    op->program = op_compile(input, input->job->arg, &use);
    if (op->program)
        op->out = op->program->result->member[0];
    return op->program != NULL;
}

struct flat_map {
    const struct op *op;
    const struct rows *lists;
    const struct column *keys; /* of the lists' rows; NULL: elements stand alone */
};

/* Each element beside its row's key. */
static void flat_map_pair(const struct flat_map *map, const struct flat *flat,
                          const struct op_run *run, struct rows *rows)
{
    struct column *member = arena_alloc(run->arena, 2 * sizeof *member);
    column_gather(run->arena, map->keys, (struct sel){ flat->parent, rows->n }, &member[0]);
    member[1] = rows->column;
    rows->column =
        (struct column){ .type = map->op->out, .n = rows->n, .n_child = 2, .child = member };
}

/* The elements of the selected rows' lists. More of them than a chunk may have: half of the rows at a time. */
static void flat_map_emit(const struct flat_map *map, struct sel sel, const struct op_run *run)
{
    const struct op *op = map->op;
    const struct rows *lists = map->lists;
    struct flat flat;
    if (sel.n == 0)
        return;
    if (column_flatten(run->arena, &lists->column, sel, lists->n, &flat)) {
        struct lineage *lineage = arena_alloc(run->arena, sizeof *lineage);
        *lineage = (struct lineage){ .outer = lists->lineage, .parent = flat.parent };
        struct rows out = rows_of((uint32_t)flat.n);
        out.column = flat.elements;
        out.lineage = lineage;
        if (map->keys)
            flat_map_pair(map, &flat, run, &out);
        run->emit(run, &out);
        return;
    }
    if (sel.n == 1) {
        static const char reason[] = "the list has too many elements";
        run->error(run, &(struct op_error){ .op = op,
                                            .rows = lists,
                                            .row = sel.row ? sel.row[0] : 0,
                                            .code = 407,
                                            .reason = { reason, sizeof reason - 1 } });
        return;
    }
    uint32_t *row = arena_alloc(run->arena, sel.n * sizeof *row);
    for (uint32_t i = 0; i < sel.n; i++)
        row[i] = sel.row ? sel.row[i] : i;
    flat_map_emit(map, (struct sel){ row, sel.n / 2 }, run);
    flat_map_emit(map, (struct sel){ row + sel.n / 2, sel.n - sel.n / 2 }, run);
}

static void flat_map_run(const struct op *op, struct rows *rows, const struct op_run *run)
{
    struct rows lists = *rows;
    op_compute(op, &rows->column, &lists, run, &lists.column);
    flat_map_emit(&(struct flat_map){ op, &lists, NULL }, lists.sel, run);
}

const struct op_kind op_flat_map = { .name = "flatMap",
                                     .arg = OP_ARG_NEEDED,
                                     .build = flat_map_build,
                                     .run = flat_map_run };

static bool flat_map_values_build(struct op *op, const struct op_input *input)
{
    if (!op_is_pair(op->in))
        return op_wrong_input(input, "pairs (K, V)", "make pairs first: map: (_, 1)");
    struct expr_use use = {
        .op = op->kind->name, .param = &op->in->member[1], .n_param = 1, .list = true
    };
    op->program = op_compile(input, input->job->arg, &use);
    if (op->program)
        op->out = type_pair(input->types, op->in->member[0], op->program->result->member[0]);
    return op->program != NULL;
}

static void flat_map_values_run(const struct op *op, struct rows *rows, const struct op_run *run)
{
    struct rows lists = *rows;
    op_compute(op, &rows->column.child[1], &lists, run, &lists.column);
    flat_map_emit(&(struct flat_map){ op, &lists, &rows->column.child[0] }, lists.sel, run);
}

const struct op_kind op_flat_map_values = { .name = "flatMapValues",
                                            .arg = OP_ARG_NEEDED,
                                            .build = flat_map_values_build,
                                            .run = flat_map_values_run };
