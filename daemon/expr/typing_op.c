#include "expr/typing_op.h"

#include "base/list.h"
#include "expr/rules.h"

static const struct op { /* + - * / % on numbers */
    const char *text;
    kernel on_int, on_double;
} ops[TOKEN_OR + 1] = {
    [TOKEN_ADD] = { "+", kernel_int_add, kernel_double_add },
    [TOKEN_SUB] = { "-", kernel_int_sub, kernel_double_sub },
    [TOKEN_MUL] = { "*", kernel_int_mul, kernel_double_mul },
    [TOKEN_DIV] = { "/", kernel_int_div, kernel_double_div },
    [TOKEN_REM] = { "%", kernel_int_rem, kernel_double_rem },
    [TOKEN_LT] = { .text = "<" },
    [TOKEN_LE] = { .text = "<=" },
    [TOKEN_GT] = { .text = ">" },
    [TOKEN_GE] = { .text = ">=" },
    [TOKEN_EQ] = { .text = "==" },
    [TOKEN_NE] = { .text = "!=" },
    [TOKEN_AND] = { .text = "&&" },
    [TOKEN_OR] = { .text = "||" },
};

struct sides { /* of an operator, typed */
    const struct node *node;
    struct term *side[2];
    const struct type *both; /* what their types unify to; NULL = nothing */
};

static struct term *make(struct checker *checker, struct sides *sides, struct made made)
{
    struct term *side[] = { sides->side[0], sides->side[1] };
    return typing_convert_all(checker, side, 2, sides->both)
               ? typing_kernel(checker, sides->node->span, &made, side, 2)
               : NULL;
}

static void help_sides(struct checker *checker, struct diag *diag, const struct sides *sides)
{
    struct diags *diags = checker->source->diags;
    const struct type *a = sides->side[0]->type, *b = sides->side[1]->type;
    bool text = a == &type_string || b == &type_string;
    const struct type *other = a == &type_string ? b : a;
    if (rule_is_json(a) || rule_is_json(b))
        diag_help(diags, diag,
                  "as an Int: .asInt.getOrElse(0); there are asString, asDouble, "
                  "asBool and asList");
    else if (a->kind == K_OPTION || b->kind == K_OPTION)
        diag_help(diags, diag, "what an Option holds: .getOrElse(…) or .map(…)");
    else if (text && type_is_scalar(other) && sides->node->op == TOKEN_ADD)
        diag_help(diags, diag, "write .toString behind the %s",
                  type_text(checker->source->arena, other));
    else if (text && type_is_number(other))
        diag_help(diags, diag, "write .%s behind the String",
                  other == &type_int ? "toInt" : "toDouble");
}

static struct term *mixture(struct checker *checker, const struct sides *sides, const char *why)
{
    struct diag *diag = source_error(checker->source, sides->node->at, 232, "%s %s %s: %s",
                                     type_text(checker->source->arena, sides->side[0]->type),
                                     ops[sides->node->op].text,
                                     type_text(checker->source->arena, sides->side[1]->type), why);
    help_sides(checker, diag, sides);
    return NULL;
}

static struct term *arithmetic(struct checker *checker, struct sides *sides)
{
    enum token_kind op = sides->node->op;
    const struct type *both = sides->both;
    if (both && type_is_number(both)) {
        bool whole = both == &type_int;
        return make(checker, sides,
                    (struct made){ .run = whole ? ops[op].on_int : ops[op].on_double,
                                   .type = both,
                                   .can_fail = whole });
    }
    if (op == TOKEN_ADD && both == &type_string)
        return make(checker, sides,
                    (struct made){ .run = kernel_join, .type = both, .can_fail = true });
    if (op == TOKEN_ADD && both && both->kind == K_LIST)
        return make(checker, sides,
                    (struct made){ .run = kernel_append, .type = both, .can_fail = true });
    if (op == TOKEN_SUB && both == &type_time)
        return make(checker, sides,
                    (struct made){ .run = kernel_time_sub, .type = &type_int, .can_fail = true });
    return mixture(checker, sides,
                   op == TOKEN_ADD ? "'+' adds two numbers, or joins two Strings or two Lists"
                                   : "this operator is for numbers");
}

static bool is_plain(const struct type *type)
{
    return type == &type_int || type == &type_double || type == &type_bool || type == &type_string;
}

/* Of Json only == and != with a Bool, String or number; true: a finding or the term is in *term. */
static bool json_comparison(struct checker *checker, struct sides *sides, struct term **term)
{
    enum token_kind op = sides->node->op;
    const struct type *a = sides->side[0]->type, *b = sides->side[1]->type;
    bool json_a = rule_is_json(a), json_b = rule_is_json(b),
         same = op == TOKEN_EQ || op == TOKEN_NE;
    if (!json_a && !json_b)
        return false;
    if (same && (is_plain(a) || is_plain(b))) {
        enum compare compare = op == TOKEN_EQ ? COMPARE_EQ : COMPARE_NE;
        *term = rule_json_equal(checker, sides->node->span, sides->side, compare);
        return true;
    }
    if (!same || (json_a && json_b)) {
        *term = mixture(checker, sides, "a Json is only == or != a Bool, a String or a number");
        return true;
    }
    return false;
}

static struct term *comparison(struct checker *checker, struct sides *sides)
{
    enum token_kind op = sides->node->op;
    bool order = op != TOKEN_EQ && op != TOKEN_NE;
    struct term *json = NULL;
    if (json_comparison(checker, sides, &json))
        return json;
    if (!sides->both)
        return mixture(checker, sides, "values of unlike types are never compared");
    if (order && !type_is_ordered(sides->both))
        return mixture(checker, sides, "values of this type have no order");
    if (op == TOKEN_GT || op == TOKEN_GE) { /* a > b is b < a */
        struct term *left = sides->side[0];
        sides->side[0] = sides->side[1];
        sides->side[1] = left;
    }
    enum compare compare = op == TOKEN_EQ                     ? COMPARE_EQ
                           : op == TOKEN_NE                   ? COMPARE_NE
                           : op == TOKEN_LT || op == TOKEN_GT ? COMPARE_LT
                                                              : COMPARE_LE;
    return make(checker, sides,
                (struct made){ .run = kernel_compare, .type = &type_bool, .k = compare });
}

/* a && b is if (a) b else false; a || b is if (a) true else b */
static struct term *logic(struct checker *checker, struct sides *sides)
{
    const struct node *node = sides->node;
    const char *who = node->op == TOKEN_AND ? "&&" : "||";
    struct term *a = typing_want(checker, sides->side[0], &type_bool, who);
    struct term *b = typing_want(checker, sides->side[1], &type_bool, who);
    if (!a || !b)
        return NULL;
    struct term *settled = typing_const(checker, node->span, &type_bool);
    settled->konst.b8[0] = node->op == TOKEN_OR;
    struct term *child[] = { a, node->op == TOKEN_OR ? settled : b,
                             node->op == TOKEN_OR ? b : settled };
    struct term *term = typing_term(checker, TERM_IF, node->span, child, 3);
    term->type = &type_bool;
    return term;
}

struct term *typing_binary(struct checker *checker, const struct node *node)
{
    struct sides sides = { .node = node };
    sides.side[0] = typing_node(checker, node->child[0]);
    sides.side[1] = typing_node(checker, node->child[1]);
    if (node->op == TOKEN_AND || node->op == TOKEN_OR)
        return logic(checker, &sides);
    if (!sides.side[0] || !sides.side[1])
        return NULL;
    sides.both = type_unify(checker->types, sides.side[0]->type, sides.side[1]->type);
    if (ops[node->op].on_int)
        return arithmetic(checker, &sides);
    return comparison(checker, &sides);
}

struct term *typing_unary(struct checker *checker, const struct node *node)
{
    struct term *of = typing_node(checker, node->child[0]);
    if (node->kind == NODE_NOT) {
        of = typing_want(checker, of, &type_bool, "!");
        struct made made = { .run = kernel_not, .type = &type_bool };
        return of ? typing_kernel(checker, node->span, &made, &of, 1) : NULL;
    }
    if (of && type_is_number(of->type)) {
        bool whole = of->type == &type_int;
        struct made made = { .run = whole ? kernel_int_neg : kernel_double_neg,
                             .type = of->type,
                             .can_fail = whole };
        return typing_kernel(checker, node->span, &made, &of, 1);
    }
    if (of)
        source_error(checker->source, node->span, 232, "- wants a number, but this is %s",
                     typing_article(checker, of->type));
    return NULL;
}
