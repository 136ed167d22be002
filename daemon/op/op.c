#include "op/op.h"

#include <string.h>

#include "base/list.h"
#include "op/count.h"
#include "op/reduce.h"
#include "op/shared.h"
#include "op/stateless.h"

static const struct op_kind *const op_kinds[] = {
    &op_map, &op_flat_map, &op_filter, &op_map_values, &op_reduce_by_key, &op_count,
};

static const char *const op_later[] = {
    /* of the language, not here yet */
    "flatMapValues",
    "countByValue",
    "distinct",
    "glom",
    "reduce",
    "groupByKey",
    "sortByKey",
    "top",
    "window",
    "countByWindow",
    "groupByKeyAndWindow",
    "countByValueAndWindow",
    "reduceByWindow",
    "reduceByKeyAndWindow",
    "updateStateByKey",
    "mapWithState",
    "join",
    "leftOuterJoin",
    "rightOuterJoin",
    "fullOuterJoin",
    "cogroup",
    "union",
    "repartition",
    "pipe",
    "lua",
};

static const struct {
    const char *name, *instead;
} op_foreign[] = {
    /* of Spark, without a counterpart */
    { "transform",
      "write the steps as operations of this list; joins with other streams are `join`" },
    { "transformWith",
      "join the streams: join, leftOuterJoin, rightOuterJoin, fullOuterJoin, cogroup" },
    { "foreachRDD",
      "write an output: print, saveAsTextFiles, kafka, postgres, http, or pipe for a program of "
      "yours" },
    { "foreach",
      "write an output: print, saveAsTextFiles, kafka, postgres, http, or pipe for a program of "
      "yours" },
    { "mapPartitions", "use map or flatMap; nothing has to be set up for each partition" },
    { "mapPartitionsWithIndex", "use map or flatMap; a Kafka record has its `_.partition`" },
    { "combineByKey", "use reduceByKey on values of the combined type, or groupByKey" },
    { "aggregateByKey", "use reduceByKey on values of the combined type, or groupByKey" },
    { "foldByKey", "use reduceByKey" },
    { "slice", "use window" },
    { "stateSnapshots", "use updateStateByKey, whose stream is the whole state of each batch" },
    { "partitionBy", "leave it out: keys are spread over the threads by themselves" },
    { "cache", "leave it out: a stream that is read twice is computed once" },
    { "persist", "leave it out: a stream that is read twice is computed once" },
};

static bool op_refuse_foreign(const struct op_input *input)
{
    const char *name = input->job->name;
    for (size_t i = 0; i < ARRAY_SIZE(op_foreign); i++) {
        if (strcmp(name, op_foreign[i].name) != 0)
            continue;
        struct diag *diag = diag_add(input->diags, yaml_place(input->job->node), 216,
                                     "there is no '%s' here", name);
        diag_help(input->diags, diag, "%s", op_foreign[i].instead);
        return true;
    }
    return false;
}

static void op_refuse(const struct op_input *input)
{
    const char *words[ARRAY_SIZE(op_kinds) + ARRAY_SIZE(op_later) + 1];
    const char *name = input->job->name;
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(op_kinds); i++)
        words[n++] = op_kinds[i]->name;
    for (size_t i = 0; i < ARRAY_SIZE(op_later); i++)
        words[n++] = op_later[i];
    words[n] = NULL;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], name) != 0)
            continue;
        diag_add(input->diags, yaml_place(input->job->node), 250, "'%s' is not supported yet",
                 name);
        return;
    }
    struct diag *diag =
        diag_add(input->diags, yaml_place(input->job->node), 201, "unknown operation '%s'", name);
    const char *nearest = diag_nearest(name, words);
    if (nearest)
        diag_help(input->diags, diag, "did you mean '%s'?", nearest);
}

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
    if (kind->has_arg == given)
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

struct op *op_build(const struct op_input *input)
{
    const struct op_kind *kind = op_kind_of(input->job->name);
    if (!kind) {
        if (!op_refuse_foreign(input))
            op_refuse(input);
        return NULL;
    }
    if (!op_arg_fits(kind, input) || !input->type)
        return NULL;
    struct op *op = arena_alloc(input->arena, sizeof *op);
    *op = (struct op){ .kind = kind, .in = input->type, .place = yaml_path(input->job->node) };
    return kind->build(op, input) ? op : NULL;
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

const struct program *op_compile(const struct op_input *input, const struct expr_use *use)
{
    const struct program *program =
        expr_compile(input->arena, input->types, input->job->arg, use, input->diags);
    if (program && program->uses_batch_time) {
        diag_add(input->diags, yaml_place(input->job->arg), 250, "batchTime is not supported yet");
        return NULL;
    }
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
        op_report(op, rows, &errors, run);
}

bool op_is_pair(const struct type *type)
{
    return type->kind == K_TUPLE && type->n == 2;
}

uint64_t op_fields(const struct op *op)
{
    const struct program *program = op->program;
    uint64_t fields = 0;
    if (!program)
        return 0;
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

bool op_keeps_rows(const struct op *op)
{
    return op->kind == &op_filter;
}
