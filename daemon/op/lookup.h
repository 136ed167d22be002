/* Keys of rows looked up in a table, a group at a time. */
#pragma once
#include <stdint.h>

#include "column/table.h"
#include "op/op.h"

struct lookup {
    struct table *table;
    struct key_seed seed;
    struct keys keys;           /* the group that was looked up … */
    uint32_t entry[KEYS_GROUP]; /* … and its entries */
    struct buf bytes;           /* of keys that are made for the table */
};

/* An empty table; fresh: what a new key's cell holds. */
void lookup_open(struct lookup *lookup, uint64_t seed, uint64_t fresh);
/* The entries of the next group, rows [at, at + n) of the selection, which is walked from 0 on; returns n. */
uint32_t lookup_find(struct lookup *lookup, const struct column *keys, struct sel sel, uint32_t at);
size_t lookup_bytes(const struct lookup *lookup); /* memory it holds */
void lookup_free(struct lookup *lookup);
