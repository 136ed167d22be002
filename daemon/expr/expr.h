/* Expressions of job files: text → program. The language is small, total and statically typed: a
 * program ends for every input, in time bounded by the size of the expression and of the input. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/yaml.h"
#include "column/type.h"

#define EXPR_BYTES_MAX (64u << 10) /* of an expression's text; longer ones are E236 */
#define EXPR_DEPTH_MAX 100 /* parts inside each other; so no recursion of ours goes deeper */
#define EXPR_PARAMS_MAX 3  /* (key, value, state) */

struct program; /* expr/program.h */

struct expr_use {                    /* where an expression stands */
    const char *op;                  /* the operation, for messages: "flatMap" */
    const struct type *const *param; /* what it is called with */
    uint32_t n_param;                /* 1 … EXPR_PARAMS_MAX */
    const struct type *result; /* what must come of it, T for Option[T] and Int for Double will
                                        do and are converted; NULL = anything */
    bool list;                 /* result is NULL: but it must be a List */
};

/* Types and compiles the expression that a scalar of the job file holds. Findings go to diags, at
 * the sub-expression: E206 (a list or a map where an expression stands), E220 (${…}), E231 … E236,
 * E250. NULL when there was an error. The program, its types and constants live in the arena; it
 * is read-only, so any number of threads may run it. */
struct program *expr_compile(struct arena *arena, struct types *types, const struct yaml_node *node,
                             const struct expr_use *use, struct diags *diags);
