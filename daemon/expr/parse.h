/* Tokens → a tree of what was written. */
#pragma once
#include "expr/lex.h"

#define PARSE_HEIGHT_MAX 1000 /* of the tree: operators or methods in a row, a + b + c …, a.b.c … */

enum node_kind {
    NODE_INT,
    NODE_DOUBLE,
    NODE_BOOL, /* integer 0 or 1 */
    NODE_STRING,
    NODE_NONE,
    NODE_LIST,
    NODE_TUPLE,
    NODE_RECORD, /* names[i]: child[i] */
    NODE_NAME,   /* name */
    NODE_HOLE,   /* _ */
    NODE_FIELD,  /* child[0].name: a field, or a method without arguments */
    NODE_CALL,   /* child[0].name(child[1] …) */
    NODE_APPLY,  /* child[0](child[1] …) */
    NODE_NEG,
    NODE_NOT,
    NODE_BINARY, /* child[0] op child[1] */
    NODE_IF,     /* condition, then, else */
    NODE_LAMBDA  /* names[] => child[0] */
};

struct node {
    enum node_kind kind;
    enum token_kind op; /* BINARY */
    struct span span;
    struct span at;  /* the name or operator in it; the parameters of a LAMBDA */
    uint32_t n;      /* of child */
    uint32_t height; /* nodes on the longest way down, itself not counted */
    uint32_t n_names;
    struct node **child;
    const char *name;
    const char **names;
    int64_t integer;
    double number;
    struct slice string;
};

/* The tree, in the source's arena; NULL after the first mistake, which is then a finding (E220,
 * E231, E236). Its height is bounded, so that it can be walked by recursion. */
struct node *parse_expression(const struct source *source);
