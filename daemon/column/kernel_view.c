/* Kernels that make a column of others without touching their rows. */
#include <string.h>

#include "column/kernel.h"

void kernel_convert(struct call *call)
{
    column_convert(call->arena, call->in[0], call->type, call->out);
}

void kernel_field(struct call *call)
{
    *call->out = call->in[0]->child[call->k];
}

void kernel_tuple(struct call *call)
{
    struct column *out = call->out;
    *out = (struct column){ .type = call->type, .n = call->frame->n, .n_child = call->n_in };
    out->child = arena_alloc(call->arena, call->n_in * sizeof *out->child);
    out->is_const = true;
    for (uint32_t i = 0; i < call->n_in; i++) {
        out->child[i] = *call->in[i];
        out->is_const &= call->in[i]->is_const;
    }
}

void kernel_choose(struct call *call)
{
    struct choice choice = { call->in[1], call->in[2], call->in[0], call->frame->n };
    column_choose(call->arena, &choice, call->sel, call->out);
}

void kernel_valid(struct call *call)
{
    const struct column *in = call->in[0];
    *call->out = (struct column){ .type = &type_bool, .n = in->n, .is_const = in->is_const };
    call->out->b8 = in->valid;
    if (in->valid)
        return;
    call->out->is_const = true;
    call->out->b8 = arena_alloc(call->arena, 1);
    call->out->b8[0] = 1;
}

void kernel_some(struct call *call)
{
    const struct column *option = call->in[0], *content = call->in[1];
    if (option->is_const && !column_valid(option, 0)) {
        column_zero(call->arena, call->type, call->out);
        return;
    }
    struct column *out = call->out;
    *out = (struct column){ .type = call->type, .n = option->n, .n_child = 1 };
    out->is_const = option->is_const && content->is_const;
    out->valid = option->is_const ? NULL : option->valid;
    out->child = arena_alloc(call->arena, sizeof *out->child);
    *out->child = *content;
}

void kernel_keys(struct call *call)
{
    *call->out = *call->in[0];
    call->out->type = call->type;
    call->out->n_child = 1;
}

void kernel_millis(struct call *call)
{
    *call->out = *call->in[0];
    call->out->type = call->type;
}
