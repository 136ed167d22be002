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

void reduce_init(struct reduce *reduce, const struct op *op, uint64_t seed); /* an empty one */
/* Rows in: pairs; or keys, or values alone. */
void reduce_take(struct gather *gather, const struct rows *pairs, const struct op_run *run);
void reduce_take_keys(struct gather *gather, const struct rows *rows, const struct op_run *run);
void reduce_take_values(struct gather *gather, const struct rows *rows, const struct op_run *run);
/* Pairs that came out of a table of the same operation, behind what is there: counts add up. */
void reduce_add(struct reduce *reduce, const struct rows *pairs, const struct op_run *run);
/* What struct gather_ops says of these; reduce_give() gives pairs. */
bool reduce_give(const struct gather *gather, struct give *give, const struct op_run *run,
                 struct rows *rows);
void reduce_merge(struct gather *gather, const struct gather *later, const struct op_run *run);
void reduce_judge(struct gather *gather, const struct op_run *run);
void reduce_reset(struct gather *gather);
size_t reduce_bytes(const struct gather *gather);
void reduce_close(struct reduce *reduce); /* frees what it holds */

extern const struct op_kind op_reduce_by_key, op_reduce, op_count_by_value, op_distinct;
