#include "op/op.h"

#include <string.h>

#include "base/list.h"
#include "op/count.h"
#include "op/group.h"
#include "op/join.h"
#include "op/lua.h"
#include "op/map_state.h"
#include "op/order.h"
#include "op/parts.h"
#include "op/pipe.h"
#include "op/reduce.h"
#include "op/shared.h"
#include "op/stateless.h"
#include "op/union.h"
#include "op/update.h"
#include "op/window_fold.h"

static const struct op_kind *const op_kinds[] = {
    &op_map,
    &op_flat_map,
    &op_filter,
    &op_map_values,
    &op_flat_map_values,
    &op_reduce,
    &op_reduce_by_key,
    &op_distinct,
    &op_count_by_value,
    &op_count,
    &op_group_by_key,
    &op_sort_by_key,
    &op_top,
    &op_glom,
    &op_repartition,
    &op_pipe,
    &op_lua,
    &op_union,
    &op_join,
    &op_left_outer_join,
    &op_right_outer_join,
    &op_full_outer_join,
    &op_cogroup,
    &op_update_state_by_key,
    &op_map_with_state,
    &op_window,
    &op_group_by_key_and_window,
    &op_reduce_by_key_and_window,
    &op_reduce_by_window,
    &op_count_by_window,
    &op_count_by_value_and_window,
};

static const struct op_kind *op_kind_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(op_kinds); i++) {
        if (strcmp(op_kinds[i]->name, name) == 0)
            return op_kinds[i];
    }
    return NULL;
}

static bool op_arg_fits(const struct op_kind *kind, const struct op_input *input)
{
    const struct yaml_node *arg = input->job->arg;
    bool given = arg && arg->kind != YAML_NULL;
    if (kind->arg == (given ? OP_ARG_NEEDED : OP_ARG_NONE) || kind->arg == OP_ARG_MAY_BE)
        return true;
    if (given) {
        struct diag *diag =
            diag_add(input->diags, yaml_place(arg), 206, "%s takes no argument", kind->name);
        diag_help(input->diags, diag, "write it as a bare word: - %s", kind->name);
    } else {
        diag_add(input->diags, yaml_place(input->job->node), 205, "%s needs an expression",
                 kind->name);
    }
    return false;
}

static bool op_type_fits(const struct op *op, const struct op_input *input)
{
    if (op->out->size <= TYPE_SIZE_MAX)
        return true;
    diag_add(input->diags, yaml_place(input->job->node), 236,
             "the type of what %s gives is too large: %s", op->kind->name,
             type_text(input->arena, op->out));
    return false;
}

struct op *op_build(const struct op_input *input)
{
    const struct op_kind *kind = op_kind_of(input->job->name);
    if (!kind) {
        job_op_refuse(input->diags, input->job->node);
        return NULL;
    }
    if (!op_arg_fits(kind, input) || !input->type)
        return NULL;
    struct op *op = arena_alloc(input->arena, sizeof *op);
    struct op_input noting = *input;
    *op = (struct op){ .kind = kind, .in = input->type, .place = yaml_path(input->job->node) };
    noting.by_time = &op->by_time;
    return kind->build(op, &noting) && op_type_fits(op, input) ? op : NULL;
}

bool op_wrong_input(const struct op_input *input, const char *needs, const char *help)
{
    struct diag *diag = diag_add(input->diags, yaml_place(input->job->node), 230,
                                 "%s needs %s, but here is a stream of %s", input->job->name, needs,
                                 type_text(input->arena, input->type));
    if (help)
        diag_help(input->diags, diag, "%s", help);
    return false;
}

const char *op_pairs_help(const struct type *type)
{
    return type->kind == K_RECORD && type_field(type, "value") >= 0
               ? "make pairs first: map: (_.value, 1)"
               : "make pairs first: map: (_, 1)";
}

bool op_needs_keys(const struct op_input *input)
{
    if (!op_is_pair(input->type))
        return op_wrong_input(input, "pairs (K, V)", op_pairs_help(input->type));
    return type_is_key(input->type->member[0]) ||
           op_wrong_input(input, "keys that compare exactly",
                          "a key cannot hold a Double or Json: map it to an Int or a String");
}

const struct program *op_compile(const struct op_input *input, const struct yaml_node *node,
                                 const struct expr_use *use)
{
    const struct program *program =
        expr_compile(input->arena, input->types, node, use, input->diags);
    if (program)
        *input->by_time |= program->uses_batch_time;
    return program;
}

static void op_report(const struct op *op, const struct rows *rows, const struct error_list *errors,
                      const struct op_run *run)
{
    struct buf text = { 0 };
    for (uint32_t i = 0; i < errors->n; i++) {
        const struct row_error *error = &errors->items[i];
        buf_clear(&text);
        program_error_text(op->program, error, &text);
        run->error(run, &(struct op_error){ .op = op,
                                            .rows = rows,
                                            .row = error->row,
                                            .code = fault_code(error->fault),
                                            .reason = buf_slice(&text) });
    }
    buf_free(&text);
}

void op_compute(const struct op *op, const struct column *param, struct rows *rows,
                const struct op_run *run, struct column *out)
{
    struct rows given = *rows; /* out may be where its column was */
    struct column in = *param;
    struct error_list errors = { 0 };
    struct chunk chunk = { .frame = { .n = rows->n },
                           .sel = rows->sel,
                           .col = &in,
                           .batch_time_ms = run->batch_time_ms,
                           .arena = run->arena };
    program_run(op->program, &chunk, out, &errors);
    rows->sel = chunk.sel;
    if (errors.n)
        op_report(op, &given, &errors, run);
}

bool op_is_pair(const struct type *type)
{
    return type->kind == K_TUPLE && type->n == 2;
}

const struct yaml_node *op_id_node(const struct op_input *input)
{
    const struct yaml_node *id = yaml_get(input->job->arg, "id");
    return id ? id : input->job->node;
}

uint64_t op_fields(const struct op *op)
{
    const struct program *program = op->program;
    uint64_t fields = 0;
    if (op->kind->blind)
        return 0;
    if (!program || op->kind->gather)
        return OP_FIELDS_ALL;
    if (program->result_reg == 0) /* the row itself */
        return OP_FIELDS_ALL;
    for (uint32_t i = 0; i < program->n; i++) {
        const struct instr *at = &program->code[i];
        bool looks = false;
        for (uint8_t k = 0; k < at->n_in; k++)
            looks |= at->in[k] == 0; /* register 0 is the row */
        if (!looks)
            continue;
        if (at->flow != FLOW_KERNEL || at->run != kernel_field || at->k >= 64)
            return OP_FIELDS_ALL;
        fields |= UINT64_C(1) << at->k;
    }
    return fields;
}
