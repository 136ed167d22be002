#include "op/remember.h"

#include <string.h>

#include "column/codec.h"
#include "op/literal.h"
#include "op/memory.h"
#include "op/shared.h"

#define REMEMBER_ROUNDS 4 /* types that are tried for a state before the user is asked for it */

/* ---- the type of the state: that of `initial`, else what comes of the function when nothing is known of its state */

struct function {
    const struct op_input *input;
    const struct yaml_node *node;
    struct expr_use use;
    const struct type *param[EXPR_PARAMS_MAX];
    bool is_map;
};

static void function_take(struct function *function, const struct type *state)
{
    const struct type *pair = function->input->type, *key = pair->member[0];
    struct types *types = function->input->types;
    const struct type *option = type_option(types, state);
    uint32_t n = 0;
    if (function->is_map)
        function->param[n++] = key;
    function->param[n++] =
        function->is_map ? type_option(types, pair->member[1]) : type_list(types, pair->member[1]);
    function->param[n++] = option;
    function->use = (struct expr_use){ .op = function->input->job->name,
                                       .param = function->param,
                                       .n_param = n };
}

static const struct type *option_of(struct types *types, const struct type *type)
{
    return type->kind == K_OPTION ? type : type_option(types, type);
}

/* What the function gives for a state of this type, when it can be compiled; NULL: it cannot. */
static const struct type *function_try(struct function *function, const struct type *state)
{
    const struct op_input *input = function->input;
    struct diags quiet = { .arena = input->arena,
                           .file = input->diags->file,
                           .source = input->diags->source };
    function_take(function, state);
    const struct program *program =
        expr_compile(input->arena, input->types, function->node, &function->use, &quiet);
    return program ? program->result : NULL;
}

static const struct type *state_of(const struct function *function, const struct type *result)
{
    if (function->is_map && (!op_is_pair(result)))
        return NULL;
    const struct type *state = function->is_map ? result->member[1] : result;
    return state->kind == K_OPTION ? state->member[0] : state;
}

/* NULL: it cannot be known. */
static const struct type *infer(struct function *function)
{
    const struct type *state = &type_nothing;
    for (int round = 0; round < REMEMBER_ROUNDS; round++) {
        const struct type *result = function_try(function, state);
        const struct type *next = result ? state_of(function, result) : NULL;
        const struct type *both = next ? type_unify(function->input->types, state, next) : NULL;
        if (!both || both == state)
            return both == &type_nothing ? NULL : both;
        state = both;
    }
    return NULL;
}

static const struct type *type_of_initial(const struct op_input *input)
{
    const struct yaml_node *list = input->job->args.initial;
    const struct type *type = NULL;
    for (size_t i = 0; list && i < list->n; i++) {
        const struct yaml_node *pair = list->items[i];
        const struct type *one =
            pair->kind == YAML_LIST && pair->n == 2 ? literal_scalar(pair->items[1]) : NULL;
        type = one ? (type ? type_unify(input->types, type, one) : one) : NULL;
        if (!type)
            return NULL;
    }
    return type;
}

static bool refuse_result(const struct function *function, const struct type *result)
{
    const struct op_input *input = function->input;
    diag_help(input->diags,
              diag_add(input->diags, yaml_place(function->node), 232,
                       "the function must give a pair (out, state), but this is %s",
                       type_text(input->arena, result)),
              "as (key, value, state) => (what goes on, the new state); either may be None");
    return false;
}

static bool function_compile(struct function *function, const struct type *state, struct op *op)
{
    const struct op_input *input = function->input;
    const struct type *result = function->is_map ? function_try(function, state) : NULL;
    const struct type *option = type_option(input->types, state);
    function_take(function, state);
    if (!function->is_map)
        function->use.result = option;
    else if (result && op_is_pair(result))
        function->use.result =
            type_pair(input->types, option_of(input->types, result->member[0]), option);
    op->program = op_compile(input, function->node, &function->use);
    if (!op->program || !function->is_map || function->use.result)
        return op->program;
    return refuse_result(function, op->program->result);
}

/* Why the type cannot be known, as well as the compiler can say it. */
static bool ask_for_type(struct function *function)
{
    const struct op_input *input = function->input;
    struct diags *diags = input->diags;
    size_t before = diags->n;
    const struct type *result = function_try(function, &type_nothing);
    if (function->is_map && result && !op_is_pair(result))
        return refuse_result(function, result);
    function_take(function, &type_nothing);
    op_compile(input, function->node, &function->use);
    if (diags->n > before && !diags->items[diags->n - 1].help)
        diag_help(diags, &diags->items[diags->n - 1],
                  "when it needs to know what the state is: stateType: \"Int\"");
    if (diags->n > before)
        return false;
    diag_help(diags,
              diag_add(diags, yaml_place(function->node), 232,
                       "the type of the state cannot be known from the function"),
              "say it: stateType: \"Int\"");
    return false;
}

/* ---- the first states */

static bool read_initial(const struct op_input *input, const struct type *pair, struct column *out)
{
    const struct yaml_node *list = input->job->args.initial;
    size_t n = list ? list->n : 0;
    struct slice *rows = arena_alloc(input->arena, n * sizeof *rows);
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        struct buf bytes = { 0 };
        ok &= literal_put(input, pair, list->items[i], &bytes);
        char *copy = arena_alloc(input->arena, bytes.len);
        if (bytes.len)
            memcpy(copy, bytes.ptr, bytes.len);
        rows[i] = (struct slice){ copy, bytes.len };
        buf_free(&bytes);
    }
    if (ok)
        codec_get(input->arena, pair, rows, (uint32_t)n, out);
    return ok;
}

bool remember_build(struct op *op, const struct op_input *input, bool is_map)
{
    const struct job_args *args = &input->job->args;
    struct function function = { .input = input, .node = args->func, .is_map = is_map };
    if (!op_needs_keys(input))
        return false;
    const struct type *state =
        args->state_type ? literal_type(input, args->state_type) : type_of_initial(input);
    if (args->state_type && !state)
        return false;
    if (!state)
        state = infer(&function);
    if (!state)
        return ask_for_type(&function);
    struct remember *remember = arena_zalloc(input->arena, sizeof *remember);
    struct memory *memory = arena_alloc(input->arena, sizeof *memory);
    op->pair = type_pair(input->types, input->type->member[0], state);
    remember->values = type_list(input->types, input->type->member[1]);
    remember->value = type_option(input->types, input->type->member[1]);
    remember->timeout_ms = args->timeout_ms;
    remember->option = type_option(input->types, state);
    *memory = (struct memory){ args->id, op->kind->name, op->pair, op_id_node(input) };
    op->memory = memory;
    op->more = remember;
    return function_compile(&function, state, op) &&
           read_initial(input, op->pair, &remember->initial);
}
