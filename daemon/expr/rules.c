#include "expr/rules.h"

static const struct type *element(const struct site *site)
{
    return site->self->type->member[0];
}

struct term *rule_same(struct checker *checker, const struct site *site)
{
    (void)checker;
    return site->self;
}

struct term *rule_same_type(struct checker *checker, const struct site *site)
{
    return rule_call(checker, site, site->self->type);
}

struct term *rule_strings(struct checker *checker, const struct site *site)
{
    return rule_call(checker, site, type_list(checker->types, &type_string));
}

struct term *rule_lookup(struct checker *checker, const struct site *site)
{
    return rule_call(checker, site, type_option(checker->types, site->self->type->member[1]));
}

struct term *rule_split(struct checker *checker, const struct site *site)
{
    const struct node *sep = site->arg[0];
    if (rule_is_regex(sep))
        return rule_split_regex(checker, site);
    if (sep->kind == NODE_STRING && !sep->string.len) {
        struct diag *diag =
            source_error(checker->source, sep->span, 232, "split wants a separator, not \"\"");
        diag_help(checker->source->diags, diag, "at white space: .words");
        return NULL;
    }
    return rule_strings(checker, site);
}

struct term *rule_to_double(struct checker *checker, const struct site *site)
{
    return typing_convert(checker, site->self, &type_double);
}

/* ---- min(x), max(x) of two numbers */

static struct term *extreme(struct checker *checker, const struct site *site, kernel on_int,
                            kernel on_double)
{
    struct term *other = typing_node(checker, site->arg[0]);
    if (!other)
        return NULL;
    const struct type *both = type_unify(checker->types, site->self->type, other->type);
    if (!both || !type_is_number(both)) {
        source_error(checker->source, other->span, 232, "%s wants a number, but this is %s",
                     site->function->name, typing_article(checker, other->type));
        return NULL;
    }
    struct term *child[] = { typing_convert(checker, site->self, both),
                             typing_convert(checker, other, both) };
    struct made made = { .run = both == &type_int ? on_int : on_double, .type = both };
    return typing_kernel(checker, site->node->span, &made, child, 2);
}

struct term *rule_min(struct checker *checker, const struct site *site)
{
    return extreme(checker, site, kernel_int_min, kernel_double_min);
}

struct term *rule_max(struct checker *checker, const struct site *site)
{
    return extreme(checker, site, kernel_int_max, kernel_double_max);
}

/* ---- functions over the elements of a list */

static struct term *each(struct checker *checker, const struct site *site, enum leave leave)
{
    const struct type *of = element(site);
    struct place place = { .op = site->function->name, .param = &of, .n = 1 };
    place.level = checker->level + 1;
    struct term *body = typing_place(checker, site->arg[0], &place);
    if (leave == LEAVE_FILTER)
        body = typing_want(checker, body, &type_bool, "filter");
    if (!body)
        return NULL;
    if (leave == LEAVE_FLAT_MAP && body->type->kind != K_LIST) {
        struct diag *diag =
            source_error(checker->source, body->span, 232, "flatMap wants a List, but this is %s",
                         typing_article(checker, body->type));
        diag_help(checker->source->diags, diag, "one value for each element: map");
        return NULL;
    }
    struct term *child[] = { site->self, body };
    struct term *term = typing_term(checker, TERM_EACH, site->node->span, child, 2);
    term->var = place.var[0];
    term->leave = leave;
    term->type = leave == LEAVE_MAP      ? type_list(checker->types, body->type)
                 : leave == LEAVE_FILTER ? site->self->type
                                         : body->type;
    return term;
}

struct term *rule_map(struct checker *checker, const struct site *site)
{
    return each(checker, site, LEAVE_MAP);
}

struct term *rule_filter(struct checker *checker, const struct site *site)
{
    return each(checker, site, LEAVE_FILTER);
}

struct term *rule_flat_map(struct checker *checker, const struct site *site)
{
    return each(checker, site, LEAVE_FLAT_MAP);
}

/* ---- the other methods of lists */

struct term *rule_element(struct checker *checker, const struct site *site)
{
    return rule_call(checker, site, element(site));
}

static struct term *not_of(struct checker *checker, const struct site *site, const char *what)
{
    source_error(checker->source, site->node->at, 232, "%s is for %s, but this is %s",
                 site->function->name, what, typing_article(checker, site->self->type));
    return NULL;
}

struct term *rule_ordered(struct checker *checker, const struct site *site)
{
    if (!type_is_ordered(element(site)))
        return not_of(checker, site, "lists of values with an order");
    return rule_element(checker, site);
}

struct term *rule_sorted(struct checker *checker, const struct site *site)
{
    if (!type_is_ordered(element(site)))
        return not_of(checker, site, "lists of values with an order");
    return rule_same_type(checker, site);
}

struct term *rule_sum(struct checker *checker, const struct site *site)
{
    const struct type *of = element(site);
    if (of->kind == K_NOTHING)
        return typing_const(checker, site->node->span, &type_int);
    if (!type_is_number(of))
        return not_of(checker, site, "lists of numbers");
    struct made made = { .run = kernel_sum, .type = of, .can_fail = of == &type_int };
    return typing_kernel(checker, site->node->span, &made, &site->self, 1);
}

struct term *rule_includes(struct checker *checker, const struct site *site)
{
    struct term *value = typing_node(checker, site->arg[0]);
    if (!value)
        return NULL;
    const struct type *both = type_unify(checker->types, element(site), value->type);
    if (!both) {
        source_error(
            checker->source, value->span, 232, "this is %s, so it is never an element of %s",
            typing_article(checker, value->type), typing_article(checker, site->self->type));
        return NULL;
    }
    struct term *self = typing_convert(checker, site->self, type_list(checker->types, both));
    if (!self)
        return NULL;
    struct term *child[] = { self, typing_convert(checker, value, both) };
    struct made made = { .run = kernel_includes, .type = &type_bool };
    return typing_kernel(checker, site->node->span, &made, child, 2);
}

struct term *rule_mk_string(struct checker *checker, const struct site *site)
{
    const struct type *of = element(site);
    if (!type_is_scalar(of) && of->kind != K_NOTHING)
        return not_of(checker, site, "lists of Strings, numbers and Bools");
    return rule_call(checker, site, &type_string);
}

/* ---- options */

struct term *rule_or_else(struct checker *checker, const struct site *site)
{
    struct term *other = typing_node(checker, site->arg[0]);
    if (!other)
        return NULL;
    const struct type *both = type_unify(checker->types, element(site), other->type);
    if (!both) {
        source_error(checker->source, other->span, 232,
                     "the Option holds %s, so getOrElse wants one too, but this is %s",
                     typing_article(checker, element(site)), typing_article(checker, other->type));
        return NULL;
    }
    struct term *self = typing_convert(checker, site->self, type_option(checker->types, both));
    if (!self)
        return NULL;
    struct term *child[] = { self, typing_convert(checker, other, both) };
    struct term *term = typing_term(checker, TERM_OR_ELSE, site->node->span, child, 2);
    term->type = both;
    return term;
}

struct term *rule_is_empty(struct checker *checker, const struct site *site)
{
    struct made made = { .run = kernel_valid, .type = &type_bool };
    struct term *there = typing_kernel(checker, site->node->span, &made, &site->self, 1);
    made.run = kernel_not;
    return typing_kernel(checker, site->node->span, &made, &there, 1);
}

struct term *rule_option_map(struct checker *checker, const struct site *site)
{
    const struct type *of = element(site);
    struct place place = { .op = "map", .param = &of, .n = 1, .level = checker->level };
    struct term *body = typing_place(checker, site->arg[0], &place);
    if (!body)
        return NULL;
    struct term *child[] = { site->self, body };
    struct term *term = typing_term(checker, TERM_OPTION_MAP, site->node->span, child, 2);
    term->var = place.var[0];
    term->type = type_option(checker->types, body->type);
    return term;
}
