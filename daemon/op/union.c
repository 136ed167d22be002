#include "op/union.h"

#include "op/build.h"

static bool union_build(struct op *op, const struct op_input *input)
{
    op->out = op->in;
    for (size_t i = 0; i < input->job->n_with; i++) {
        const struct yaml_node *name = input->job->with[i];
        if (input->other[i] == op->in)
            continue;
        struct diag *diag = diag_add(
            input->diags, yaml_place(name), 230,
            "a union needs streams of one type, but here is a stream of %s and '%s' is "
            "one of %s",
            type_text(input->arena, op->in), name->text, type_text(input->arena, input->other[i]));
        diag_help(input->diags, diag, "map one of them to the other's type");
        return false;
    }
    return true;
}

static void union_run(const struct op *op, struct rows *rows, const struct op_run *run)
{
    (void)op;
    run->emit(run, rows); /* its streams keep apart by their lanes */
}

const struct op_kind op_union = { .name = "union",
                                  .arg = OP_ARG_NEEDED,
                                  .keeps = true,
                                  .build = union_build,
                                  .run = union_run };
