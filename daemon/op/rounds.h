/* Folds by a program of two arguments, or to the least or greatest value of a type with an order. It is a left fold in the
 * order of the log, whatever the chunks: the first value of a key stands as it is; then, round by round, the next value of
 * every key is folded in, all keys in one run of the program. What the program would only append is made of all values at
 * once, and appended: a key's values cost what they are long, not what they grow to, each. */
#pragma once
#include "op/reduce.h"

/* Folds the pairs of one shard into its table, which is the calling thread's alone. */
void rounds_fold(struct reduce *reduce, const struct rows *pairs, uint32_t shard,
                 const struct op_run *run);
