#include "expr/typing.h"

#include <string.h>

#include "base/list.h"
#include "expr/function.h"
#include "expr/rules.h"
#include "expr/typing_op.h"

/* ---- making terms */

struct term *typing_term(struct checker *checker, enum term_kind kind, struct span span,
                         struct term *const *child, uint32_t n)
{
    struct arena *arena = checker->source->arena;
    struct term *term = arena_zalloc(arena, sizeof *term);
    *term = (struct term){ .kind = kind, .span = span, .n = n };
    term->child = arena_alloc(arena, n * sizeof *term->child);
    if (n)
        memcpy(term->child, child, n * sizeof *child);
    return term;
}

struct term *typing_kernel(struct checker *checker, struct span span, const struct made *made,
                           struct term *const *child, uint32_t n)
{
    if (made->type->size > TYPE_SIZE_MAX) {
        source_error(checker->source, span, 236, "the type of this is too large: %s",
                     type_text(checker->source->arena, made->type));
        return NULL;
    }
    struct term *term = typing_term(checker, TERM_KERNEL, span, child, n);
    term->type = made->type;
    term->run = made->run;
    term->can_fail = made->can_fail;
    term->k = made->k;
    term->data = made->data;
    return term;
}

struct term *typing_const(struct checker *checker, struct span span, const struct type *type)
{
    struct term *term = typing_term(checker, TERM_CONST, span, NULL, 0);
    term->type = type;
    column_zero(checker->source->arena, type, &term->konst);
    return term;
}

struct term *typing_convert(struct checker *checker, struct term *term, const struct type *to)
{
    if (term->type == to)
        return term;
    struct made made = { .run = kernel_convert, .type = to };
    return typing_kernel(checker, term->span, &made, &term, 1);
}

bool typing_convert_all(struct checker *checker, struct term **term, uint32_t n,
                        const struct type *to)
{
    for (uint32_t i = 0; i < n; i++)
        if (!(term[i] = typing_convert(checker, term[i], to)))
            return false;
    return true;
}

struct term *typing_field(struct checker *checker, struct span span, struct term *of, uint32_t k)
{
    struct made made = { .run = kernel_field, .type = of->type->member[k], .k = k };
    return typing_kernel(checker, span, &made, &of, 1);
}

const char *typing_article(struct checker *checker, const struct type *type)
{
    const char *text = type_text(checker->source->arena, type);
    const char *article = strchr("AEIO", text[0]) ? "an" : "a";
    if (type->kind == K_RECORD)
        article = "a record";
    if (type->kind == K_TUPLE)
        article = "a tuple";
    return arena_printf(checker->source->arena, "%s %s", article, text);
}

static void help_mend(struct checker *checker, struct diag *diag, const struct type *from,
                      const struct type *to)
{
    struct diags *diags = checker->source->diags;
    const struct function *as = rule_is_json(from) ? rule_json_reads(to) : NULL;
    if (as)
        diag_help(diags, diag, "write .%s.getOrElse(…) behind it", as->name);
    else if (from->kind == K_OPTION)
        diag_help(diags, diag,
                  to == &type_bool ? "is it there? .isDefined; its content: "
                                     ".getOrElse(…)"
                                   : "what it holds: .getOrElse(…) or .map(…)");
    else if (to == &type_bool && type_is_number(from))
        diag_help(diags, diag, "compare it: … != 0");
    else if (to == &type_string && type_is_scalar(from))
        diag_help(diags, diag, "write .toString behind it");
    else if (from == &type_string && type_is_number(to))
        diag_help(diags, diag, "write .%s behind it", to == &type_int ? "toInt" : "toDouble");
    else if (from == &type_double && to == &type_int)
        diag_help(diags, diag, "write .toInt or .round behind it");
}

struct term *typing_want(struct checker *checker, struct term *term, const struct type *to,
                         const char *who)
{
    if (!term)
        return NULL;
    if (type_unify(checker->types, term->type, to) == to)
        return typing_convert(checker, term, to);
    struct diag *diag =
        source_error(checker->source, term->span, 232, "%s wants %s, but this is %s", who,
                     typing_article(checker, to), typing_article(checker, term->type));
    help_mend(checker, diag, term->type, to);
    return NULL;
}

/* ---- fields and calls */

static const char *join_names(struct arena *arena, const char *const *names)
{
    const char *text = names[0];
    for (size_t i = 1; names[i]; i++)
        text = arena_printf(arena, "%s, %s", text, names[i]);
    return text;
}

static const char *const *field_names(struct arena *arena, const struct type *type)
{
    const char **names = arena_alloc(arena, (type->n + 1) * sizeof *names);
    for (uint32_t i = 0; i < type->n; i++)
        names[i] = type->name ? type->name[i] : arena_printf(arena, "_%u", i + 1);
    names[type->n] = NULL;
    return names;
}

static void help_member(struct checker *checker, struct diag *diag, const struct type *type,
                        const char *name)
{
    struct arena *arena = checker->source->arena;
    struct diags *diags = checker->source->diags;
    bool fields = type->kind == K_RECORD || type->kind == K_TUPLE;
    const char *const *names =
        fields ? field_names(arena, type) : function_names(arena, type->kind);
    const char *near = diag_nearest(name, names);
    if (near) {
        diag_help(diags, diag, "did you mean '%s'?", near);
        return;
    }
    for (uint32_t i = 0; fields && i < type->n; i++)
        if (function_find(type->member[i]->kind, name)) {
            diag_help(diags, diag, "did you mean '.%s.%s'?", names[i], name);
            return;
        }
    if (type->kind == K_MAP)
        diag_help(diags, diag, "write (\"%s\"), without the point, for the value of a key", name);
    else if (type->kind == K_OPTION && function_find(type->member[0]->kind, name))
        diag_help(diags, diag, "what an Option holds: .map(x => x.%s…) or .getOrElse(…).%s…", name,
                  name);
    else if (names[0])
        diag_help(diags, diag, "it has %s", join_names(arena, names));
}

/* An Option[Json] has the methods of both. */
static const struct function *method_of(const struct type *type, const char *name)
{
    const struct function *function = function_find(type->kind, name);
    return function || !rule_is_json(type) ? function : function_find(K_JSON, name);
}

static struct term *type_apply(struct checker *checker, const struct node *node, struct term *self);

/* x.sorted(0) is (x.sorted)(0) where the method takes no argument and what it gives does. */
static struct term *type_call(struct checker *checker, const struct site *site)
{
    if (!site->n_arg || site->function->n_max)
        return function_type(checker, site);
    struct site bare = *site;
    bare.n_arg = 0;
    struct term *term = function_type(checker, &bare);
    if (term && !method_of(term->type, "()"))
        return function_type(checker, site);
    return type_apply(checker, site->node, term);
}

static struct term *type_method(struct checker *checker, const struct node *node, struct term *self)
{
    struct site site = { .node = node, .self = self, .arg = node->child + 1, .n_arg = node->n - 1 };
    site.function = method_of(self->type, node->name);
    if (site.function)
        return type_call(checker, &site);
    bool fields = self->type->kind == K_RECORD || self->type->kind == K_TUPLE;
    struct diag *diag =
        source_error(checker->source, node->at, 233, "%s has no %s '%s'",
                     typing_article(checker, self->type), fields ? "field" : "method", node->name);
    help_member(checker, diag, self->type, node->name);
    return NULL;
}

/* self(arguments) */
static struct term *type_apply(struct checker *checker, const struct node *node, struct term *self)
{
    if (!self)
        return NULL;
    struct site site = { .node = node, .self = self, .arg = node->child + 1, .n_arg = node->n - 1 };
    site.function = method_of(self->type, "()");
    if (site.function)
        return function_type(checker, &site);
    source_error(checker->source, self->span, 232, "%s takes no (…) behind it",
                 typing_article(checker, self->type));
    return NULL;
}

static struct term *type_access(struct checker *checker, const struct node *node)
{
    const struct node *of = node->child[0];
    if (rule_is_regex(node)) {
        source_error(checker->source, node->span, 232,
                     "a regex can stand only in split(…), matches(…) and extract(…)");
        return NULL;
    }
    struct term *self = typing_node(checker, of);
    if (!self)
        return NULL;
    if (node->kind == NODE_APPLY)
        return type_apply(checker, node, self);
    int field = type_field(self->type, node->name);
    bool json = rule_is_json(self->type) && !method_of(self->type, node->name);
    if (field < 0 && !json)
        return type_method(checker, node, self);
    struct span span = { node->span.from, node->at.to };
    struct term *member = json ? rule_json_field(checker, node, self)
                               : typing_field(checker, span, self, (uint32_t)field);
    return node->kind == NODE_CALL ? type_apply(checker, node, member) : member;
}

/* ---- literals */

static struct term *type_literal(struct checker *checker, const struct node *node)
{
    const struct type *type = node->kind == NODE_INT      ? &type_int
                              : node->kind == NODE_DOUBLE ? &type_double
                              : node->kind == NODE_BOOL   ? &type_bool
                              : node->kind == NODE_STRING ? &type_string
                                                          : NULL;
    if (node->kind == NODE_NONE)
        type = type_option(checker->types, &type_nothing);
    struct term *term = typing_const(checker, node->span, type);
    if (node->kind == NODE_INT)
        term->konst.i64[0] = node->integer;
    else if (node->kind == NODE_DOUBLE)
        term->konst.f64[0] = node->number;
    else if (node->kind == NODE_BOOL)
        term->konst.b8[0] = (uint8_t)node->integer;
    else if (node->kind == NODE_STRING) {
        term->konst.ptr[0] = node->string.ptr;
        term->konst.len[0] = (uint32_t)node->string.len;
    }
    return term;
}

static struct term **type_children(struct checker *checker, const struct node *node)
{
    struct term **child = arena_alloc(checker->source->arena, node->n * sizeof(struct term *));
    bool good = true;
    for (uint32_t i = 0; i < node->n; i++) {
        child[i] = typing_node(checker, node->child[i]);
        good &= child[i] != NULL;
    }
    return good ? child : NULL;
}

static struct term *type_list_literal(struct checker *checker, const struct node *node)
{
    struct term **child = type_children(checker, node);
    if (!child)
        return NULL;
    const struct type *of = &type_nothing;
    for (uint32_t i = 0; i < node->n; i++) {
        const struct type *both = type_unify(checker->types, of, child[i]->type);
        if (!both) {
            source_error(checker->source, child[i]->span, 232,
                         "a list's elements are of one type: the first %s %s, this is %s",
                         i == 1 ? "is" : "are", typing_article(checker, of),
                         typing_article(checker, child[i]->type));
            return NULL;
        }
        of = both;
    }
    if (!node->n)
        return typing_const(checker, node->span, type_list(checker->types, of));
    if (!typing_convert_all(checker, child, node->n, of))
        return NULL;
    struct made made = { .run = kernel_list, .type = type_list(checker->types, of) };
    return typing_kernel(checker, node->span, &made, child, node->n);
}

static struct term *type_members(struct checker *checker, const struct node *node)
{
    struct term **child = type_children(checker, node);
    if (!child)
        return NULL;
    const struct type **member = arena_alloc(checker->source->arena, node->n * sizeof *member);
    for (uint32_t i = 0; i < node->n; i++)
        member[i] = child[i]->type;
    struct made made = { .run = kernel_tuple };
    made.type = node->kind == NODE_TUPLE
                    ? type_tuple(checker->types, member, node->n)
                    : type_record(checker->types, node->names, member, node->n);
    return typing_kernel(checker, node->span, &made, child, node->n);
}

static struct term *type_if(struct checker *checker, const struct node *node)
{
    struct term *condition =
        typing_want(checker, typing_node(checker, node->child[0]), &type_bool, "if");
    struct term *a = typing_node(checker, node->child[1]);
    struct term *b = typing_node(checker, node->child[2]);
    if (!condition || !a || !b)
        return NULL;
    const struct type *both = type_unify(checker->types, a->type, b->type);
    if (!both) {
        source_error(checker->source, node->span, 232,
                     "the branches of if have no common type: %s and %s",
                     typing_article(checker, a->type), typing_article(checker, b->type));
        return NULL;
    }
    struct term *child[] = { condition, a, b };
    if (!typing_convert_all(checker, child + 1, 2, both))
        return NULL;
    struct term *term = typing_term(checker, TERM_IF, node->span, child, 3);
    term->type = both;
    return term;
}

struct term *typing_node(struct checker *checker, const struct node *node)
{
    switch (node->kind) {
        case NODE_INT:
        case NODE_DOUBLE:
        case NODE_BOOL:
        case NODE_STRING:
        case NODE_NONE:
            return type_literal(checker, node);
        case NODE_LIST:
            return type_list_literal(checker, node);
        case NODE_TUPLE:
        case NODE_RECORD:
            return type_members(checker, node);
        case NODE_NAME:
            return typing_name(checker, node);
        case NODE_HOLE:
            return typing_hole(checker, node);
        case NODE_FIELD:
        case NODE_CALL:
        case NODE_APPLY:
            return type_access(checker, node);
        case NODE_NEG:
        case NODE_NOT:
            return typing_unary(checker, node);
        case NODE_BINARY:
            return typing_binary(checker, node);
        case NODE_IF:
            return type_if(checker, node);
        case NODE_LAMBDA:
            break;
    }
    source_error(checker->source, node->at, 232,
                 "a function can stand only where one is wanted, as in .map(x => …)");
    return NULL;
}
