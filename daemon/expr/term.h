/* The typed tree: what an expression means, in kernels. */
#pragma once
#include "column/column.h"
#include "column/kernel.h"
#include "expr/program.h"
#include "expr/source.h"

enum term_kind {
    TERM_CONST,
    TERM_VAR,        /* a parameter: of the program, of a list's or an option's function */
    TERM_KERNEL,     /* run(child…) */
    TERM_IF,         /* condition, then, else; also && and || */
    TERM_OR_ELSE,    /* the content of Option child[0], else child[1] */
    TERM_OPTION_MAP, /* child[1] with var = the content of Option child[0] */
    TERM_EACH        /* child[1] with var = each element of List child[0]; leave says what of it */
};

struct var {
    const struct type *type;
    uint32_t level; /* lists' functions around it */
    uint16_t reg;   /* set by compiling */
};

struct term {
    enum term_kind kind;
    struct span span;
    const struct type *type;
    uint32_t n; /* of child */
    struct term **child;
    struct column konst; /* CONST */
    struct var *var;     /* VAR, OPTION_MAP, EACH */
    kernel run;          /* KERNEL */
    uint32_t k;
    const void *data;
    bool can_fail; /* this kernel, not its children */
    enum leave leave;
};

/* A path is a parameter or a part of one; evaluating it costs nothing and never fails. */
bool term_is_path(const struct term *term);
bool term_same_path(const struct term *a, const struct term *b);
const struct var *term_path_var(const struct term *path);
