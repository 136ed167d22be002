/* Methods that take a pattern. It is compiled here, once, so a bad one is a finding at its place. */
#include <string.h>

#include "column/regex.h"
#include "expr/rules.h"

static const struct regex *compile(struct checker *checker, const struct node *literal, bool whole)
{
    struct regex_error error;
    const struct source *source = checker->source;
    const struct regex *regex = regex_new(source->arena, literal->string, whole, &error);
    if (regex)
        return regex;
    uint32_t from = rule_literal_byte(source, literal, error.at);
    source_error(source, (struct span){ from, from + 1 }, 235, "bad regex: %s", error.text);
    return NULL;
}

bool rule_is_regex(const struct node *node)
{
    return node->kind == NODE_APPLY && node->child[0]->kind == NODE_NAME &&
           strcmp(node->child[0]->name, "regex") == 0;
}

/* "…" or regex("…") */
static const struct regex *pattern(struct checker *checker, const struct node *arg, bool whole)
{
    const struct node *literal = arg;
    if (rule_is_regex(arg) && arg->n == 2)
        literal = arg->child[1];
    if (literal->kind == NODE_STRING)
        return compile(checker, literal, whole);
    struct diag *diag = source_error(checker->source, literal->span, 232,
                                     "a regex is one text in double quotes, compiled once");
    diag_help(checker->source->diags, diag, "as in regex(\"[a-z]+\")");
    return NULL;
}

static struct term *call(struct checker *checker, const struct site *site,
                         const struct regex *regex, const struct type *result)
{
    struct made made = {
        .run = site->function->run, .type = result, .can_fail = true, .data = regex
    };
    return regex ? typing_kernel(checker, site->node->span, &made, &site->self, 1) : NULL;
}

struct term *rule_matches(struct checker *checker, const struct site *site)
{
    return call(checker, site, pattern(checker, site->arg[0], true), &type_bool);
}

struct term *rule_extract(struct checker *checker, const struct site *site)
{
    const struct regex *regex = pattern(checker, site->arg[0], false);
    if (regex && !regex_groups(regex)) {
        struct diag *diag =
            source_error(checker->source, site->arg[0]->span, 235,
                         "extract gives what the groups match, but this regex has none");
        diag_help(checker->source->diags, diag, "put what you want in (…)");
        return NULL;
    }
    return call(checker, site, regex, type_list(checker->types, &type_string));
}

struct term *rule_split_regex(struct checker *checker, const struct site *site)
{
    struct term *term = call(checker, site, pattern(checker, site->arg[0], false),
                             type_list(checker->types, &type_string));
    if (term)
        term->run = kernel_split_regex;
    return term;
}
