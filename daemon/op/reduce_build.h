/* How a fold is said in a job file: a two-argument expression, or sum, min, max, count. */
#pragma once
#include "op/op.h"

/* Each sets op->pair, what the table holds, and op->out. */
bool reduce_build_by_key(struct op *op, const struct op_input *input);
bool reduce_build_all(struct op *op, const struct op_input *input);
bool reduce_build_count(struct op *op, const struct op_input *input); /* countByValue */
bool reduce_build_distinct(struct op *op, const struct op_input *input);
