/* Native folds: sum, min and max of Int and Double, and count, straight into the cells of a table. */
#pragma once
#include "op/reduce.h"

/* What a cell holds before the first value of its key, so that folding it in gives that value. */
uint64_t fold_fresh(const struct op *op);
/* Folds the pairs of a shard in, in their order; is_count: each as 1. */
void fold_pairs(struct reduce *reduce, const struct rows *pairs, uint32_t shard, bool is_count);
