/* reduceByKey: a table of keys whose cells hold what their values were folded to, in the order of the log. */
#pragma once
#include "column/table.h"
#include "op/op.h"

struct reduce {
    struct gather head;
    struct table *table;
    struct key_seed seed;
    struct buf scratch;
    uint32_t *seen; /* of each entry, while rounds are made; all 0 between */
    uint32_t n_seen;
    struct keys keys; /* of the group under way, as the two below */
    uint32_t row[KEYS_GROUP], entry[KEYS_GROUP];
};

/* The entries of the next group, rows [at, at + n) of the selection; returns n. */
uint32_t reduce_find(struct reduce *reduce, const struct column *keys, struct sel sel, uint32_t at);
/* What a cell holds before the first value of its key, so that folding it in gives that value. */
uint64_t reduce_fresh(const struct op *op);
/* Folds pairs natively: sum, min and max of Int and Double, count. */
void reduce_fold(struct reduce *reduce, const struct rows *pairs, bool is_count);
/* Folds pairs by a program of two arguments: the j-th value of every key in one call, round by round. */
void reduce_rounds(struct reduce *reduce, const struct rows *pairs, const struct op_run *run);
