/* Json: paths into a document, and what stands there as a type of the language. */
#include <string.h>

#include "column/json_path.h"
#include "column/json_text.h"
#include "expr/rules.h"

bool rule_is_json(const struct type *type)
{
    return type == &type_json || (type->kind == K_OPTION && type->member[0] == &type_json);
}

/* self and one step more; a path of a path is one. */
static struct term *path(struct checker *checker, struct span span, struct term *self,
                         struct json_step step)
{
    struct arena *arena = checker->source->arena;
    bool joins = self->kind == TERM_KERNEL && self->run == kernel_json_path;
    const struct json_path *front = joins ? self->data : NULL;
    uint32_t n = front ? front->n : 0;
    if (n == JSON_TEXT_DEPTH_MAX) {
        source_error(checker->source, span, 236,
                     "this path is too long: documents are %u deep at most", JSON_TEXT_DEPTH_MAX);
        return NULL;
    }
    struct json_step *steps = arena_alloc(arena, (n + 1) * sizeof *steps);
    if (front)
        memcpy(steps, front->step, n * sizeof *steps);
    steps[n] = step;
    struct json_path *whole = arena_alloc(arena, sizeof *whole);
    *whole = (struct json_path){ n + 1, steps };
    struct made made = { .run = kernel_json_path,
                         .type = type_option(checker->types, &type_json),
                         .data = whole };
    return typing_kernel(checker, span, &made, joins ? &self->child[0] : &self, 1);
}

/* j.split(" ") and j.items.filter(…) are not members with something behind them. */
static bool is_foreign(struct checker *checker, const struct node *node, const struct term *self)
{
    const struct function *text = function_find(K_STRING, node->name),
                          *list = function_find(K_LIST, node->name);
    bool of_text = text && text->n_max, of_list = list && list->n_max;
    if (node->kind != NODE_CALL || node->n < 2 || (!of_text && !of_list))
        return false;
    struct diag *diag = source_error(checker->source, node->at, 233, "%s has no method '%s'",
                                     typing_article(checker, self->type), node->name);
    diag_help(checker->source->diags, diag, "write .%s.%s(…); a member of this name is (\"%s\")",
              of_text ? "asString.getOrElse(\"\")" : "asList.getOrElse([])", node->name,
              node->name);
    return true;
}

struct term *rule_json_field(struct checker *checker, const struct node *node, struct term *self)
{
    struct span span = { node->span.from, node->at.to };
    if (is_foreign(checker, node, self))
        return NULL;
    return path(checker, span, self,
                (struct json_step){ .name = { node->name, strlen(node->name) } });
}

/* j("name"), j(0) */
struct term *rule_json_at(struct checker *checker, const struct site *site)
{
    const struct node *arg = site->arg[0];
    struct span span = site->node->span;
    if (arg->kind == NODE_STRING)
        return path(checker, span, site->self, (struct json_step){ .name = arg->string });
    if (arg->kind == NODE_INT)
        return path(checker, span, site->self, (struct json_step){ .index = arg->integer });
    struct term *at = typing_node(checker, arg);
    if (!at)
        return NULL;
    struct made made = { .run = at->type == &type_int ? kernel_json_element : kernel_json_member,
                         .type = type_option(checker->types, &type_json) };
    struct term *child[] = { site->self, at };
    if (at->type == &type_int || at->type == &type_string)
        return typing_kernel(checker, span, &made, child, 2);
    source_error(checker->source, at->span, 232,
                 "in a Json there are names (a String) and indexes (an Int), but this is %s",
                 typing_article(checker, at->type));
    return NULL;
}

struct term *rule_json_text(struct checker *checker, const struct site *site)
{
    bool is_there = site->self->type == &type_json;
    return rule_call(checker, site,
                     is_there ? &type_string : type_option(checker->types, &type_string));
}

struct term *rule_json_as(struct checker *checker, const struct site *site)
{
    const struct type *of = site->function->result;
    if (!of)
        of = type_list(checker->types, &type_json);
    return rule_call(checker, site, type_option(checker->types, of));
}

struct term *rule_json_equal(struct checker *checker, struct span span, struct term *side[2],
                             enum compare compare)
{
    bool left = rule_is_json(side[0]->type);
    struct term *child[] = { side[!left], side[left] };
    struct made made = { .run = kernel_json_equal, .type = &type_bool, .k = compare };
    return typing_kernel(checker, span, &made, child, 2);
}

const struct function *rule_json_reads(const struct type *to)
{
    const char *name = to == &type_int      ? "asInt"
                       : to == &type_double ? "asDouble"
                       : to == &type_bool   ? "asBool"
                       : to == &type_string ? "asString"
                                            : "asList";
    return type_is_scalar(to) || to->kind == K_LIST ? function_find(K_JSON, name) : NULL;
}
