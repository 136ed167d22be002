/* The tree of what was written → the typed tree. Types are known from the leaves up; what a
 * finding has named is NULL from there on, so that nothing that only follows is reported. */
#pragma once
#include "expr/expr.h"
#include "expr/parse.h"
#include "expr/term.h"

struct scope { /* the parameters of one place that takes a function */
    const struct scope *outer;
    const char *const *name; /* NULL: they are called _ */
    struct term *const *value;
    uint32_t n;
    uint32_t holes; /* _ that were met */
};

struct checker {
    const struct source *source;
    struct types *types;
    struct scope *scope; /* the innermost */
    uint32_t level;      /* lists' functions around */
    struct var *batch_time;
    bool uses_batch_time;
};

struct place {                       /* where a function or an expression with _ stands */
    const char *op;                  /* for messages */
    const struct type *const *param; /* what it is called with */
    uint32_t n;
    uint32_t level;                   /* of its parameters */
    struct var *var[EXPR_PARAMS_MAX]; /* set by typing_place() */
};

/* The body of the function at a place; NULL after a finding. */
struct term *typing_place(struct checker *checker, const struct node *node, struct place *place);
/* A name or _ as the value that it stands for; NULL after a finding. */
struct term *typing_name(struct checker *checker, const struct node *node);
struct term *typing_hole(struct checker *checker, const struct node *node);
/* NULL after a finding. */
struct term *typing_node(struct checker *checker, const struct node *node);
/* term as type `to`, which its own has been unified with. */
struct term *typing_convert(struct checker *checker, struct term *term, const struct type *to);
/* The same of all; false: one of them would be too large, which was said. */
bool typing_convert_all(struct checker *checker, struct term **term, uint32_t n,
                        const struct type *to);
/* Is it, or can it be made, a `to`? A NULL term is not, silently; else says so: "`if` wants a Bool,
 * but this is an Int". */
struct term *typing_want(struct checker *checker, struct term *term, const struct type *to,
                         const char *who);

struct made { /* a KERNEL term to be */
    kernel run;
    const struct type *type;
    bool can_fail;
    uint32_t k;
    const void *data;
};
struct term *typing_kernel(struct checker *checker, struct span span, const struct made *made,
                           struct term *const *child, uint32_t n);
/* Member k of a tuple or record. */
struct term *typing_field(struct checker *checker, struct span span, struct term *of, uint32_t k);
struct term *typing_const(struct checker *checker, struct span span, const struct type *type);
/* A term of any other kind with its children. */
struct term *typing_term(struct checker *checker, enum term_kind kind, struct span span,
                         struct term *const *child, uint32_t n);
/* "an Int", "a List[String]" */
const char *typing_article(struct checker *checker, const struct type *type);
