#include "op/reduce_build.h"

#include <stdio.h>
#include <string.h>

#include "op/shared.h"

static const char
    *const reduce_words[] = { [FOLD_SUM] = "sum", [FOLD_MIN] = "min", [FOLD_MAX] = "max" };

/* Sets what values become, of keys of the type `key`. */
static bool reduce_folds_to(struct op *op, const struct op_input *input, const struct type *key,
                            const struct type *value)
{
    op->pair = type_pair(input->types, key, value);
    return true;
}

static bool reduce_program(struct op *op, const struct op_input *input, const struct type *value)
{
    const struct type *param[] = { value, value };
    struct expr_use use = { .op = op->kind->name, .param = param, .n_param = 2, .result = value };
    op->program = op_compile(input, input->job->arg, &use);
    if (!op->program)
        return false;
    op->fold = type_is_number(value) ? op->program->fold : FOLD_NONE;
    return true;
}

/* sum, min, max */
static bool reduce_word(struct op *op, const struct op_input *input, const struct type *value,
                        enum fold fold)
{
    char needs[60];
    bool is_number = type_is_number(value), alone = value == op->in;
    op->fold = is_number ? fold : FOLD_NONE;
    op->extreme = fold == FOLD_MIN ? -1 : fold == FOLD_MAX;
    if (is_number || (op->extreme && type_is_ordered(value)))
        return true;
    if (op->extreme)
        snprintf(needs, sizeof needs, "values that have an order for '%s'", reduce_words[fold]);
    else
        snprintf(needs, sizeof needs, "%s for 'sum'", alone ? "numbers" : "pairs (K, number)");
    return op_wrong_input(input, needs,
                          value != &type_string ? NULL
                          : alone               ? "make numbers first: map: _.toInt"
                                                : "make numbers first: mapValues: _.toInt");
}

/* A word that is none of ours, which as an expression would only be said to lack its two _. False: it was said. */
static bool reduce_knows(const struct op_input *input)
{
    static const char *const words[] = { "sum", "min", "max", "count", NULL };
    const struct yaml_node *node = input->job->arg;
    size_t n = strspn(node->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (!n || n != node->text_len || strcmp(node->text, "true") == 0 ||
        strcmp(node->text, "false") == 0)
        return true;
    struct diag *diag = diag_add(input->diags, yaml_place(node), 233, "%s knows no '%s'",
                                 input->job->name, node->text);
    const char *near = diag_nearest(node->text, words);
    if (near)
        diag_help(input->diags, diag, "did you mean '%s'?", near);
    else
        diag_help(input->diags, diag,
                  "it knows sum, min, max and count; all else is said by an expression: _ + _");
    return false;
}

/* What the values of `key` are folded to: op->pair. */
static bool reduce_argument(struct op *op, const struct op_input *input, const struct type *key,
                            const struct type *value)
{
    const char *text = input->job->arg->text;
    if (strcmp(text, "count") == 0) {
        op->is_count = true;
        op->fold = FOLD_SUM;
        return reduce_folds_to(op, input, key, &type_int);
    }
    for (unsigned i = FOLD_SUM; i <= FOLD_MAX; i++) {
        if (strcmp(text, reduce_words[i]) != 0)
            continue;
        return reduce_word(op, input, value, (enum fold)i) &&
               reduce_folds_to(op, input, key, value);
    }
    return reduce_knows(input) && reduce_program(op, input, value) &&
           reduce_folds_to(op, input, key, value);
}

bool reduce_build_by_key(struct op *op, const struct op_input *input)
{
    if (!op_needs_keys(input) || !reduce_argument(op, input, op->in->member[0], op->in->member[1]))
        return false;
    op->out = op->pair;
    return true;
}

bool reduce_build_all(struct op *op, const struct op_input *input)
{
    if (!reduce_argument(op, input, &type_int, op->in))
        return false;
    op->out = op->pair->member[1];
    return true;
}

bool reduce_build_count(struct op *op, const struct op_input *input)
{
    if (!type_is_key(op->in))
        return op_wrong_input(input, "values that compare exactly",
                              "a key cannot hold a Double or Json: map it to an Int or a String");
    op->is_count = true;
    op->fold = FOLD_SUM;
    op->pair = op->out = type_pair(input->types, op->in, &type_int);
    return true;
}

bool reduce_build_distinct(struct op *op, const struct op_input *input)
{
    bool ok = reduce_build_count(op, input);
    op->out = op->in;
    return ok;
}
