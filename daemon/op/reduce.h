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

extern const struct op_kind op_reduce_by_key;
