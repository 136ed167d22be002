/* The operations there are, and what their files share. */
#pragma once
#include "expr/expr.h"
#include "op/op.h"

extern const struct op_kind op_map, op_flat_map, op_filter, op_map_values; /* stateless.c */
extern const struct op_kind op_reduce_by_key;                              /* reduce.c */
extern const struct op_kind op_count;                                      /* count.c */

/* E230: the operation stands on rows of the wrong type. Returns false. */
bool op_wrong_input(const struct op_input *input, const char *needs, const char *help);
/* The argument as a program over the given parameters; NULL after a finding. */
const struct program *op_compile(const struct op_input *input, const struct expr_use *use);
/* The program over the rows' column: its result, with the rows that failed reported and taken out of rows->sel. */
void op_compute(const struct op *op, const struct column *param, struct rows *rows,
                const struct op_run *run, struct column *out);
bool op_is_pair(const struct type *type);
