/* Folds of values by key: a table of keys whose cells hold what their values were folded to, in the order of the log.
 *
 * reduceByKey: pairs come in and go out. countByValue: each row is a key, and counts as 1. distinct: the same, and only keys
 * go out. reduce: one key for all rows, and only its value goes out. */
#pragma once
#include "op/gather.h"
#include "op/keyed.h"

struct reduce_shard {
    uint32_t *seen; /* of each entry, while rounds are made; all 0 between */
    uint32_t n_seen;
};

struct reduce {
    struct gather head;
    struct keyed keyed;
    struct reduce_shard shard[SHARDS];
};

void reduce_init(struct reduce *reduce, const struct op *op, uint64_t seed); /* an empty one */
/* Rows in: pairs; or keys, or values alone; they become pairs. */
void reduce_prepare(const struct gather *gather, struct rows *pairs, const struct op_run *run);
void reduce_prepare_keys(const struct gather *gather, struct rows *rows, const struct op_run *run);
void reduce_prepare_values(const struct gather *gather, struct rows *rows,
                           const struct op_run *run);
void reduce_take(struct gather *gather, const struct rows *pairs, uint32_t shard,
                 const struct op_run *run);
/* Pairs that came out of a table of the same operation, behind what is there: counts add up. */
void reduce_add(struct reduce *reduce, struct rows *pairs, const struct op_run *run);
/* What struct gather_ops says of these; reduce_give() gives pairs, once reduce_judge() was called. */
bool reduce_give(const struct gather *gather, struct give *give, const struct op_run *run,
                 struct rows *rows);
void reduce_merge(struct gather *gather, struct gather *later, const struct op_run *run);
/* Reports the keys whose fold failed; then reduce_reset() makes it ready for the next batch. */
void reduce_judge(struct gather *gather, const struct op_run *run);
void reduce_reset(struct gather *gather);
size_t reduce_bytes(const struct gather *gather);
void reduce_close(struct reduce *reduce); /* frees what it holds */

extern const struct op_kind op_reduce_by_key, op_reduce, op_count_by_value, op_distinct;
