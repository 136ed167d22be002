/* Places that take a function, and the names that are good inside. */
#include <string.h>

#include "base/list.h"
#include "expr/function.h"
#include "expr/typing.h"

static uint32_t count_holes(const struct node *node)
{
    if (node->kind == NODE_HOLE)
        return 1;
    bool place = node->kind == NODE_CALL && function_is_place(node->name);
    uint32_t n = 0;
    for (uint32_t i = 0; i < (place ? 1 : node->n); i++)
        n += count_holes(node->child[i]);
    return n;
}

static const char *number_word(uint32_t n)
{
    static const char *const words[EXPR_PARAMS_MAX + 1] = { "no", "one", "two", "three" };
    return words[n];
}

static const char *const example[] = { "", "x => …", "(a, b) => …", "(key, value, state) => …" };

static const struct node *first_hole(const struct node *node)
{
    if (node->kind == NODE_HOLE)
        return node;
    bool place = node->kind == NODE_CALL && function_is_place(node->name);
    const struct node *hole = NULL;
    for (uint32_t i = 0; !hole && i < (place ? 1 : node->n); i++)
        hole = first_hole(node->child[i]);
    return hole;
}

/* `_ + 1` as `(a, b) => a + 1` */
static const char *named(const struct source *source, const struct node *node)
{
    struct span hole = first_hole(node)->span;
    return arena_printf(source->arena, "(a, b) => %.*sa%.*s", (int)(hole.from - node->span.from),
                        source->text + node->span.from, (int)(node->span.to - hole.to),
                        source->text + hole.to);
}

static bool holes_fit(struct checker *checker, const struct node *node, const struct place *place)
{
    uint32_t n = count_holes(node);
    if (place->n == 1 || n == place->n)
        return true;
    struct diag *diag = source_error(checker->source, node->span, 234,
                                     "%s calls this with %s arguments, so there must be %s _, the "
                                     "first for the first; here %s %u",
                                     place->op, number_word(place->n), number_word(place->n),
                                     n == 1 ? "is" : "are", n);
    if (place->n == 2 && n == 1)
        diag_help(checker->source->diags, diag, "give them names: %s",
                  named(checker->source, node));
    else
        diag_help(checker->source->diags, diag, "give them names: %s", example[place->n]);
    return false;
}

static struct term *var_term(struct checker *checker, struct span span, struct var *var)
{
    struct term *term = typing_term(checker, TERM_VAR, span, NULL, 0);
    term->var = var;
    term->type = var->type;
    return term;
}

/* The values of a lambda's names: the place's parameters, or the members of its only one. */
static bool bind(struct checker *checker, const struct node *lambda, const struct place *place,
                 struct term **value)
{
    uint32_t n = lambda->n_names;
    const struct type *only = place->param[0];
    for (uint32_t i = 0; n == place->n && i < n; i++)
        value[i] = var_term(checker, lambda->at, place->var[i]);
    if (n == place->n)
        return true;
    if (place->n == 1 && only->kind == K_TUPLE && only->n == n) {
        struct term *tuple = var_term(checker, lambda->at, place->var[0]);
        for (uint32_t i = 0; i < n; i++)
            value[i] = typing_field(checker, lambda->at, tuple, i);
        return true;
    }
    if (place->n == 1)
        source_error(checker->source, lambda->at, 234,
                     "%s calls this with one argument, %s, but it has %u parameters", place->op,
                     typing_article(checker, only), n);
    else
        diag_help(checker->source->diags,
                  source_error(checker->source, lambda->at, 234,
                               "%s calls this with %s arguments, but it has %u parameter%s",
                               place->op, number_word(place->n), n, n == 1 ? "" : "s"),
                  "as in %s", example[place->n]);
    return false;
}

struct term *typing_place(struct checker *checker, const struct node *node, struct place *place)
{
    struct arena *arena = checker->source->arena;
    bool named = node->kind == NODE_LAMBDA;
    uint32_t n = named && node->n_names > place->n ? node->n_names : place->n;
    struct term **value = arena_alloc(arena, n * sizeof(struct term *));
    for (uint32_t i = 0; i < place->n; i++) {
        place->var[i] = arena_zalloc(arena, sizeof *place->var[i]);
        *place->var[i] = (struct var){ .type = place->param[i], .level = place->level };
        if (!named)
            value[i] = var_term(checker, node->span, place->var[i]);
    }
    if (named ? !bind(checker, node, place, value) : !holes_fit(checker, node, place))
        return NULL;
    struct scope scope = { .outer = checker->scope,
                           .name = named ? node->names : NULL,
                           .value = value,
                           .n = named ? node->n_names : place->n };
    uint32_t level = checker->level;
    checker->scope = &scope;
    checker->level = place->level;
    struct term *body = typing_node(checker, named ? node->child[0] : node);
    checker->scope = (struct scope *)scope.outer;
    checker->level = level;
    return body;
}

/* ---- names */

static struct term *at_span(struct checker *checker, const struct term *term, struct span span)
{
    struct term *copy = arena_alloc(checker->source->arena, sizeof *copy);
    *copy = *term;
    copy->span = span;
    return copy;
}

struct term *typing_hole(struct checker *checker, const struct node *node)
{
    struct scope *scope = checker->scope;
    if (scope->name) {
        struct diag *diag =
            source_error(checker->source, node->span, 234,
                         "the parameters of this function have names, so there is no _");
        diag_help(checker->source->diags, diag, "write '%s'", scope->name[0]);
        return NULL;
    }
    uint32_t i = scope->n == 1 ? 0 : scope->holes++;
    return at_span(checker, scope->value[i], node->span);
}

static const char *name_mend(const char *name)
{
    static const char *const mends[][2] = {
        { "null", "None" }, { "nil", "None" },    { "NULL", "None" },     { "none", "None" },
        { "True", "true" }, { "False", "false" }, { "lambda", "x => …" }, { "it", "_" },
        { "this", "_" },    { "self", "_" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(mends); i++)
        if (strcmp(name, mends[i][0]) == 0)
            return mends[i][1];
    return NULL;
}

static const char *near_name(struct checker *checker, const char *name)
{
    const char *mend = name_mend(name);
    if (mend)
        return mend;
    uint32_t n = 1;
    for (const struct scope *scope = checker->scope; scope; scope = scope->outer)
        n += scope->name ? scope->n : 0;
    const char **names = arena_alloc(checker->source->arena, (n + 1) * sizeof *names);
    n = 0;
    for (const struct scope *scope = checker->scope; scope; scope = scope->outer)
        for (uint32_t i = 0; scope->name && i < scope->n; i++)
            names[n++] = scope->name[i];
    names[n++] = "batchTime";
    names[n] = NULL;
    return diag_nearest(name, names);
}

static bool is_method(const struct scope *scope, const char *name)
{
    return !scope->name && scope->n == 1 &&
           (type_field(scope->value[0]->type, name) >= 0 ||
            function_find(scope->value[0]->type->kind, name));
}

struct term *typing_name(struct checker *checker, const struct node *node)
{
    for (const struct scope *scope = checker->scope; scope; scope = scope->outer)
        for (uint32_t i = 0; scope->name && i < scope->n; i++)
            if (strcmp(scope->name[i], node->name) == 0)
                return at_span(checker, scope->value[i], node->span);
    if (strcmp(node->name, "batchTime") == 0) {
        checker->uses_batch_time = true;
        return var_term(checker, node->span, checker->batch_time);
    }
    struct diag *diag =
        source_error(checker->source, node->span, 233, "unknown name '%s'", node->name);
    const char *near = near_name(checker, node->name);
    if (strcmp(node->name, "Some") == 0)
        diag_help(checker->source->diags, diag,
                  "leave it out: where an Option is wanted, what it holds will do");
    else if (near)
        diag_help(checker->source->diags, diag, "did you mean '%s'?", near);
    else if (is_method(checker->scope, node->name))
        diag_help(checker->source->diags, diag, "did you mean '_.%s'?", node->name);
    else if (!checker->scope->name)
        diag_help(checker->source->diags, diag,
                  "the element is _; text stands in double quotes: \"%s\"", node->name);
    return NULL;
}
