/* reduceByKey: a table of keys whose cells hold what their values were folded to, in the order of the log. */
#pragma once
#include "column/table.h"
#include "op/op.h"

struct reduce_group { /* up to KEYS_GROUP rows on their way into the table */
    struct keys keys;
    const uint32_t *row; /* each one's row of the pairs */
    uint32_t rows[KEYS_GROUP];
    struct buf bytes; /* of keys that are made for the table */
};

struct reduce {
    struct gather head;
    struct table *table;
    struct key_seed seed;
    struct reduce_group group
        [2]; /* the one that is looked up, and the next: its slots are being fetched meanwhile */
    unsigned now;
    uint32_t entry[KEYS_GROUP]; /* of the group that was looked up */
    struct buf scratch;
    uint32_t *seen; /* of each entry, while rounds are made; all 0 between */
    uint32_t n_seen;
};

/* The entries of the next group, rows [at, at + n) of the selection, which is walked from 0 on; returns n. */
uint32_t reduce_find(struct reduce *reduce, const struct column *keys, struct sel sel, uint32_t at);
/* The rows of that group. */
static inline const uint32_t *reduce_rows(const struct reduce *reduce)
{
    return reduce->group[reduce->now].row;
}

extern const struct op_kind op_reduce_by_key;
