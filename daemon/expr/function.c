#include "expr/function.h"

#include <string.h>

const struct function *function_find(enum kind self, const char *name)
{
    for (const struct function *row = function_rows; row->name; row++)
        if (row->self == self && strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

const char *const *function_names(struct arena *arena, enum kind self)
{
    size_t n = 0;
    for (const struct function *row = function_rows; row->name; row++)
        n += row->self == self;
    const char **names = arena_alloc(arena, (n + 1) * sizeof *names);
    n = 0;
    for (const struct function *row = function_rows; row->name; row++)
        if (row->self == self && row->name[0] != '(')
            names[n++] = row->name;
    names[n] = NULL;
    return names;
}

bool function_is_place(const char *name)
{
    return strcmp(name, "map") == 0 || strcmp(name, "filter") == 0 || strcmp(name, "flatMap") == 0;
}

static const char *shown_name(const struct site *site)
{
    return site->node->kind == NODE_APPLY ? "(…) behind a value" : site->node->name;
}

static bool count_fits(struct checker *checker, const struct site *site)
{
    const struct function *function = site->function;
    if (site->n_arg >= function->n_min && site->n_arg <= function->n_max)
        return true;
    const struct node *node = site->node;
    struct span span = node->kind == NODE_APPLY ? node->span : node->at;
    const char *most = function->n_max == 0   ? "no argument"
                       : function->n_max == 1 ? "one argument"
                                              : "two arguments";
    struct diag *diag = source_error(
        checker->source, span, 234, "%s takes %s%s, but here %s %u", shown_name(site),
        function->n_min < function->n_max ? function->n_max == 1 ? "at most " : "one or " : "",
        most, site->n_arg == 1 ? "is" : "are", site->n_arg);
    diag_help(checker->source->diags, diag, "%s", function->help);
    return false;
}

/* self and the arguments, each of the type that the table says. */
static struct term **arguments(struct checker *checker, const struct site *site)
{
    uint32_t n = site->n_arg + 1;
    struct term **child = arena_alloc(checker->source->arena, n * sizeof(struct term *));
    bool good = true;
    child[0] = site->self;
    for (uint32_t i = 1; i < n; i++) {
        struct term *arg = typing_node(checker, site->arg[i - 1]);
        child[i] = typing_want(checker, arg, site->function->arg[i - 1], shown_name(site));
        good &= child[i] != NULL;
    }
    return good ? child : NULL;
}

struct term *rule_call(struct checker *checker, const struct site *site, const struct type *result)
{
    struct term **child = arguments(checker, site);
    struct made made = { .run = site->function->run,
                         .type = result,
                         .can_fail = site->function->can_fail,
                         .k = site->function->k };
    return child ? typing_kernel(checker, site->node->span, &made, child, site->n_arg + 1) : NULL;
}

struct term *function_type(struct checker *checker, const struct site *site)
{
    if (!count_fits(checker, site))
        return NULL;
    if (site->function->rule)
        return site->function->rule(checker, site);
    return rule_call(checker, site, site->function->result);
}
