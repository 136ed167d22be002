#include "expr/parse.h"

#include <string.h>

#include "base/list.h"
#include "expr/expr.h"

struct parser {
    const struct source *source;
    struct lexer lexer;
    struct token token; /* the next one, not yet taken */
    uint32_t taken_to;  /* where the last taken one ended */
    uint32_t depth;
    bool failed;
};

static struct node *parse_any(struct parser *parser);

static struct node *fail(struct parser *parser, struct span span, const char *text,
                         const char *help)
{
    if (!parser->failed && parser->token.kind != TOKEN_BAD) {
        struct diag *diag = source_error(parser->source, span, 231, "%s", text);
        if (help)
            diag_help(parser->source->diags, diag, "%s", help);
    }
    parser->failed = true;
    return NULL;
}

static const char *shown(struct parser *parser)
{
    const struct token *token = &parser->token;
    if (token->kind == TOKEN_END)
        return "the end";
    return arena_printf(parser->source->arena, "'%s'", source_text(parser->source, token->span));
}

static void advance(struct parser *parser)
{
    parser->taken_to = parser->token.span.to;
    parser->token = lex_next(&parser->lexer);
    if (parser->token.kind == TOKEN_BAD)
        parser->failed = true;
}

static bool is_word(const struct parser *parser, const char *word)
{
    struct span span = parser->token.span;
    size_t n = strlen(word);
    return parser->token.kind == TOKEN_NAME && span.to - span.from == n &&
           memcmp(parser->source->text + span.from, word, n) == 0;
}

static bool take(struct parser *parser, enum token_kind kind)
{
    if (parser->failed || parser->token.kind != kind)
        return false;
    advance(parser);
    return true;
}

static bool expect(struct parser *parser, enum token_kind kind, const char *what)
{
    if (take(parser, kind))
        return true;
    fail(parser, parser->token.span,
         arena_printf(parser->source->arena, "expected %s, but here is %s", what, shown(parser)),
         NULL);
    return false;
}

static struct node *node_new(struct parser *parser, enum node_kind kind, uint32_t from)
{
    struct node *node = arena_zalloc(parser->source->arena, sizeof *node);
    node->kind = kind;
    node->span = node->at = (struct span){ from, parser->taken_to };
    return node;
}

struct list_of { /* nodes that are being collected */
    struct node **items;
    const char **names;
    uint32_t n, cap;
};

static void add(struct parser *parser, struct list_of *list, struct node *item, const char *name)
{
    if (list->n == list->cap) {
        uint32_t cap = list->cap ? list->cap * 2 : 4;
        struct node **items = arena_alloc(parser->source->arena, cap * sizeof *items);
        const char **names = arena_alloc(parser->source->arena, cap * sizeof *names);
        if (list->n) {
            memcpy(items, list->items, list->n * sizeof *items);
            memcpy(names, list->names, list->n * sizeof *names);
        }
        *list = (struct list_of){ items, names, list->n, cap };
    }
    list->items[list->n] = item;
    list->names[list->n++] = name;
}

/* Expressions up to `close`, commas between them. */
static bool parse_list(struct parser *parser, enum token_kind close, const char *what,
                       struct list_of *list)
{
    if (take(parser, close))
        return true;
    do {
        struct node *item = parse_any(parser);
        if (!item)
            return false;
        add(parser, list, item, NULL);
    } while (take(parser, TOKEN_COMMA));
    return expect(parser, close, what);
}

static struct node *finish(struct parser *parser, struct node *node, const struct list_of *list)
{
    node->child = list->items;
    node->n = list->n;
    node->span.to = parser->taken_to;
    for (uint32_t i = 0; i < list->n; i++)
        if (node->height <= list->items[i]->height)
            node->height = list->items[i]->height + 1;
    return node;
}

/* names => …: what stands in front of the arrow has been read as `params`. */
static struct node *parse_lambda(struct parser *parser, const struct node *params)
{
    struct list_of names = { 0 };
    uint32_t n = params->kind == NODE_TUPLE ? params->n : 1;
    for (uint32_t i = 0; i < n; i++) {
        const struct node *param = params->kind == NODE_TUPLE ? params->child[i] : params;
        if (param->kind != NODE_NAME && param->kind != NODE_HOLE)
            return fail(parser, param->span, "a function's parameters are names",
                        "as in x => x.length or (a, b) => a + b");
        const char *name = param->kind == NODE_HOLE ? "_" : param->name;
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(name, "_") != 0 && strcmp(names.names[k], name) == 0)
                return fail(parser, param->span, "two parameters of one name", NULL);
        add(parser, &names, NULL, name);
    }
    struct node *lambda = node_new(parser, NODE_LAMBDA, params->span.from);
    lambda->at = params->span;
    advance(parser);
    struct node *body = parse_any(parser);
    if (!body)
        return NULL;
    lambda->names = names.names;
    lambda->n_names = n;
    struct list_of child = { 0 };
    add(parser, &child, body, NULL);
    return finish(parser, lambda, &child);
}

static struct node *parse_tuple(struct parser *parser)
{
    uint32_t from = parser->token.span.from;
    struct list_of list = { 0 };
    advance(parser);
    if (!parse_list(parser, TOKEN_CLOSE, "')' or ','", &list))
        return NULL;
    struct span span = { from, parser->taken_to };
    if (!list.n)
        return fail(parser, span, "an empty tuple", NULL);
    if (list.n == 1 && parser->token.kind != TOKEN_ARROW) {
        list.items[0]->span = span;
        return list.items[0];
    }
    struct node *tuple = finish(parser, node_new(parser, NODE_TUPLE, from), &list);
    return parser->token.kind == TOKEN_ARROW ? parse_lambda(parser, tuple) : tuple;
}

static bool parse_record_field(struct parser *parser, struct list_of *list)
{
    struct span span = parser->token.span;
    if (parser->token.kind != TOKEN_NAME) {
        fail(parser, span,
             arena_printf(parser->source->arena, "expected the name of a field, but here is %s",
                          shown(parser)),
             "as in {host: _.host, n: 1}");
        return false;
    }
    const char *name = source_text(parser->source, span);
    for (uint32_t i = 0; i < list->n; i++)
        if (strcmp(list->names[i], name) == 0) {
            fail(parser, span, "two fields of one name", NULL);
            return false;
        }
    advance(parser);
    if (!expect(parser, TOKEN_COLON, "':' behind the field's name"))
        return false;
    struct node *value = parse_any(parser);
    if (value)
        add(parser, list, value, name);
    return value;
}

#define RECORD_FIELDS_MAX 256

static struct node *parse_record(struct parser *parser)
{
    uint32_t from = parser->token.span.from;
    struct list_of list = { 0 };
    advance(parser);
    do {
        if (!parse_record_field(parser, &list))
            return NULL;
    } while (take(parser, TOKEN_COMMA) && list.n < RECORD_FIELDS_MAX);
    if (!expect(parser, TOKEN_CLOSE_RECORD, "'}' or ','"))
        return NULL;
    struct node *record = finish(parser, node_new(parser, NODE_RECORD, from), &list);
    record->names = list.names;
    record->n_names = list.n;
    return record;
}

static struct node *parse_if(struct parser *parser)
{
    uint32_t from = parser->token.span.from;
    struct list_of list = { 0 };
    struct node *part;
    advance(parser);
    if (parser->token.kind != TOKEN_OPEN)
        return fail(parser, parser->token.span, "the condition of an if stands in parentheses",
                    "if (c) a else b");
    advance(parser);
    if (!(part = parse_any(parser)) || !expect(parser, TOKEN_CLOSE, "')'"))
        return NULL;
    add(parser, &list, part, NULL);
    if (is_word(parser, "then"))
        return fail(parser, parser->token.span, "there is no 'then'", "if (c) a else b");
    if (!(part = parse_any(parser)))
        return NULL;
    add(parser, &list, part, NULL);
    if (!is_word(parser, "else"))
        return fail(
            parser, parser->token.span,
            arena_printf(parser->source->arena, "expected 'else', but here is %s", shown(parser)),
            "an if has a value, so it has both branches: if (c) a else b");
    advance(parser);
    if (!(part = parse_any(parser)))
        return NULL;
    add(parser, &list, part, NULL);
    return finish(parser, node_new(parser, NODE_IF, from), &list);
}

static struct node *parse_name(struct parser *parser)
{
    static const struct {
        const char *word;
        enum node_kind kind;
        int64_t integer;
    } words[] = {
        { "_", NODE_HOLE, 0 },
        { "true", NODE_BOOL, 1 },
        { "false", NODE_BOOL, 0 },
        { "None", NODE_NONE, 0 },
    };
    if (is_word(parser, "if"))
        return parse_if(parser);
    if (is_word(parser, "else"))
        return fail(parser, parser->token.span, "an 'else' without its if", "if (c) a else b");
    struct span span = parser->token.span;
    enum node_kind kind = NODE_NAME;
    int64_t integer = 0;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (is_word(parser, words[i].word)) {
            kind = words[i].kind;
            integer = words[i].integer;
        }
    advance(parser);
    struct node *node = node_new(parser, kind, span.from);
    node->name = source_text(parser->source, span);
    node->integer = integer;
    if (parser->token.kind == TOKEN_ARROW && (kind == NODE_NAME || kind == NODE_HOLE))
        return parse_lambda(parser, node);
    return node;
}

static struct node *parse_literal(struct parser *parser, enum node_kind kind)
{
    struct token token = parser->token;
    if (kind == NODE_INT && token.integer > INT64_MAX)
        return fail(parser, token.span,
                    "9223372036854775808 does not fit an Int, which ends at 9223372036854775807",
                    NULL);
    advance(parser);
    struct node *node = node_new(parser, kind, token.span.from);
    if (kind == NODE_INT)
        node->integer = (int64_t)token.integer;
    else if (kind == NODE_DOUBLE)
        node->number = token.number;
    else
        node->string = token.string;
    return node;
}

static struct node *parse_primary(struct parser *parser)
{
    struct span span = parser->token.span;
    struct list_of list = { 0 };
    switch (parser->token.kind) {
        case TOKEN_INT:
            return parse_literal(parser, NODE_INT);
        case TOKEN_DOUBLE:
            return parse_literal(parser, NODE_DOUBLE);
        case TOKEN_STRING:
            return parse_literal(parser, NODE_STRING);
        case TOKEN_NAME:
            return parse_name(parser);
        case TOKEN_OPEN:
            return parse_tuple(parser);
        case TOKEN_OPEN_RECORD:
            return parse_record(parser);
        case TOKEN_OPEN_LIST:
            advance(parser);
            if (!parse_list(parser, TOKEN_CLOSE_LIST, "']' or ','", &list))
                return NULL;
            return finish(parser, node_new(parser, NODE_LIST, span.from), &list);
        default:
            return fail(parser, span,
                        arena_printf(parser->source->arena, "expected a value, but here is %s",
                                     shown(parser)),
                        NULL);
    }
}

static struct node *bounded(struct parser *parser, struct node *node)
{
    if (node->height <= PARSE_HEIGHT_MAX)
        return node;
    source_error(parser->source, node->at, 236,
                 "this expression is too long: more than %d operators or methods in a row",
                 PARSE_HEIGHT_MAX);
    parser->failed = true;
    return NULL;
}

/* left.name, left.name(…) or left(…) */
static struct node *parse_access(struct parser *parser, struct node *left)
{
    struct list_of list = { 0 };
    struct span at = parser->token.span;
    enum node_kind kind = NODE_APPLY;
    const char *name = NULL;
    add(parser, &list, left, NULL);
    if (take(parser, TOKEN_DOT)) {
        at = parser->token.span;
        name = source_text(parser->source, at);
        if (!expect(parser, TOKEN_NAME, "the name of a field or method behind '.'"))
            return NULL;
        kind = NODE_FIELD;
    }
    if (take(parser, TOKEN_OPEN)) {
        kind = kind == NODE_FIELD ? NODE_CALL : NODE_APPLY;
        if (!parse_list(parser, TOKEN_CLOSE, "')' or ','", &list))
            return NULL;
    }
    struct node *node = finish(parser, node_new(parser, kind, left->span.from), &list);
    node->at = at;
    node->name = name;
    return bounded(parser, node);
}

static struct node *parse_postfix(struct parser *parser)
{
    bool closed = parser->token.kind == TOKEN_OPEN; /* (if …) ends at its parenthesis */
    struct node *node = parse_primary(parser);
    while (node && !parser->failed && node->kind != NODE_LAMBDA &&
           (node->kind != NODE_IF || closed) &&
           (parser->token.kind == TOKEN_DOT || parser->token.kind == TOKEN_OPEN))
        node = parse_access(parser, node);
    return node;
}

static bool deeper(struct parser *parser)
{
    if (parser->failed)
        return false;
    if (++parser->depth <= EXPR_DEPTH_MAX)
        return true;
    source_error(parser->source, parser->token.span, 236,
                 "this expression is too deep: more than %d parts inside each other",
                 EXPR_DEPTH_MAX);
    parser->failed = true;
    return false;
}

static struct node *parse_unary(struct parser *parser)
{
    struct token token = parser->token;
    if (token.kind != TOKEN_SUB && token.kind != TOKEN_NOT)
        return parse_postfix(parser);
    if (!deeper(parser))
        return NULL;
    advance(parser);
    struct node *node =
        node_new(parser, token.kind == TOKEN_SUB ? NODE_NEG : NODE_NOT, token.span.from);
    if (token.kind == TOKEN_SUB && parser->token.kind == TOKEN_INT &&
        parser->token.integer == 1ull << 63) { /* only with its sign it is an Int */
        advance(parser);
        node->kind = NODE_INT;
        node->integer = INT64_MIN;
        node->span.to = parser->taken_to;
    } else {
        struct list_of list = { 0 };
        struct node *child = parse_unary(parser);
        if (!child)
            return NULL;
        add(parser, &list, child, NULL);
        finish(parser, node, &list);
    }
    parser->depth--;
    return node;
}

/* 0: no operator between two values */
static const uint8_t precedence[TOKEN_OR + 1] = {
    [TOKEN_OR] = 1,  [TOKEN_AND] = 2, [TOKEN_EQ] = 3,  [TOKEN_NE] = 3,  [TOKEN_LT] = 4,
    [TOKEN_LE] = 4,  [TOKEN_GT] = 4,  [TOKEN_GE] = 4,  [TOKEN_ADD] = 5, [TOKEN_SUB] = 5,
    [TOKEN_MUL] = 6, [TOKEN_DIV] = 6, [TOKEN_REM] = 6,
};

static struct node *parse_binary(struct parser *parser, unsigned least)
{
    struct node *left = parse_unary(parser);
    while (left && !parser->failed && precedence[parser->token.kind] >= least) {
        struct token op = parser->token;
        advance(parser);
        struct list_of list = { 0 };
        struct node *right = parse_binary(parser, precedence[op.kind] + 1u);
        if (!right)
            return NULL;
        add(parser, &list, left, NULL);
        add(parser, &list, right, NULL);
        struct node *node = finish(parser, node_new(parser, NODE_BINARY, left->span.from), &list);
        node->op = op.kind;
        node->at = op.span;
        left = bounded(parser, node);
    }
    return parser->failed ? NULL : left;
}

static struct node *parse_any(struct parser *parser)
{
    if (!deeper(parser))
        return NULL;
    struct node *node = parse_binary(parser, 1);
    parser->depth--;
    return node;
}

static void fail_behind(struct parser *parser)
{
    static const char *const mends[][2] = {
        { "and", "write && for and" },
        { "or", "write || for or" },
        { "not", "write ! for not" },
        { "in", "a list has contains: xs.contains(x)" },
        { "if", "if stands in front: if (c) a else b" },
        { "else", "if (c) a else b" },
    };
    const char *help = NULL;
    if (parser->token.kind == TOKEN_NAME)
        help = "a method is called with a dot: x.trim";
    if (parser->token.kind == TOKEN_COMMA)
        help = "a tuple stands in parentheses: (a, b)";
    for (size_t i = 0; i < ARRAY_SIZE(mends); i++)
        if (is_word(parser, mends[i][0]))
            help = mends[i][1];
    fail(parser, parser->token.span,
         arena_printf(parser->source->arena, "expected an operator or the end, but here is %s",
                      shown(parser)),
         help);
}

struct node *parse_expression(const struct source *source)
{
    struct parser parser = { .source = source, .lexer = { .source = source } };
    advance(&parser);
    struct node *node = parser.failed ? NULL : parse_any(&parser);
    if (node && !parser.failed && parser.token.kind != TOKEN_END)
        fail_behind(&parser);
    return parser.failed ? NULL : node;
}
