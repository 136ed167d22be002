/* What the operations share: their mistakes, their programs. */
#pragma once
#include "expr/expr.h"
#include "op/build.h"

/* E230: the operation stands on rows of the wrong type. Returns false. */
bool op_wrong_input(const struct op_input *input, const char *needs, const char *help);
/* E230 unless the rows are pairs whose keys compare exactly. */
bool op_needs_keys(const struct op_input *input);
/* Help for E230: how pairs are made of such rows. */
const char *op_pairs_help(const struct type *type);
/* An expression of the job file as a program over the given parameters; NULL after a finding. */
const struct program *op_compile(const struct op_input *input, const struct yaml_node *node,
                                 const struct expr_use *use);
/* The program over the rows' column: its result, with the rows that failed reported and taken out of rows->sel. */
void op_compute(const struct op *op, const struct column *param, struct rows *rows,
                const struct op_run *run, struct column *out);
bool op_is_pair(const struct type *type);
/* Where an operation that remembers has its id, else its name. */
const struct yaml_node *op_id_node(const struct op_input *input);
