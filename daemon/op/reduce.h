/* Folds of values by key: a table of keys whose cells hold what their values were folded to, in the order of the log.
 *
 * reduceByKey: pairs come in and go out. countByValue: each row is a key, and counts as 1. distinct: the same, and only keys
 * go out. reduce: one key for all rows, and only its value goes out. */
#pragma once
#include "op/lookup.h"
#include "op/op.h"

struct reduce {
    struct gather head;
    struct lookup keys;
    struct buf scratch;
    uint32_t *seen; /* of each entry, while rounds are made; all 0 between */
    uint32_t n_seen;
};

extern const struct op_kind op_reduce_by_key, op_reduce, op_count_by_value, op_distinct;
