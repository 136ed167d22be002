#include "expr/expr.h"

#include <string.h>

#include "base/check.h"
#include "expr/compile.h"
#include "expr/typing.h"

static bool fits(const struct source *source)
{
    const char *nul = memchr(source->text, 0, source->len);
    if (source->len > EXPR_BYTES_MAX)
        source_error(source, (struct span){ 0, 1 }, 236,
                     "this expression is too long: %u bytes, at most %u are read", source->len,
                     EXPR_BYTES_MAX);
    else if (nul)
        source_error(
            source,
            (struct span){ (uint32_t)(nul - source->text), (uint32_t)(nul - source->text) + 1 },
            231, "a NUL byte has no meaning here");
    return source->len <= EXPR_BYTES_MAX && !nul;
}

/* What must come of it. */
static struct term *result(struct checker *checker, struct term *body, const struct expr_use *use)
{
    if (use->result)
        return typing_want(checker, body, use->result, use->op);
    if (!body || !use->list || body->type->kind == K_LIST)
        return body;
    struct diag *diag =
        source_error(checker->source, body->span, 232, "%s wants a List, but this is %s", use->op,
                     typing_article(checker, body->type));
    bool keyed = strcmp(use->op, "flatMapValues") == 0;
    diag_help(checker->source->diags, diag, "%s",
              body->type == &type_string ? "a List of its words: .split(\" \")"
              : keyed                    ? "one value for each: mapValues"
                                         : "one value for each element: map");
    return NULL;
}

static struct program *compile(struct checker *checker, const struct node *node,
                               const struct expr_use *use)
{
    struct place place = { .op = use->op, .param = use->param, .n = use->n_param };
    struct term *body = result(checker, typing_place(checker, node, &place), use);
    if (!body)
        return NULL;
    struct compile_params params = { place.var, place.n, checker->batch_time };
    return compile_term(checker->source, body, &params);
}

struct program *expr_compile(struct arena *arena, struct types *types, const struct yaml_node *node,
                             const struct expr_use *use, struct diags *diags)
{
    check(node->text); /* what YAML made a list or a mapping of was refused */
    struct source source = { .node = node,
                             .text = node->text,
                             .len = (uint32_t)node->text_len,
                             .arena = arena,
                             .diags = diags };
    if (!fits(&source))
        return NULL;
    const struct node *tree = parse_expression(&source);
    struct var batch_time = { .type = &type_time };
    struct checker checker = { .source = &source, .types = types, .batch_time = &batch_time };
    return tree ? compile(&checker, tree, use) : NULL;
}
