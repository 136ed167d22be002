#include "op/lookup.h"

void lookup_open(struct lookup *lookup, uint64_t seed, uint64_t fresh)
{
    *lookup = (struct lookup){ .seed = key_seed_of(seed) };
    lookup->table = table_new(&lookup->seed, fresh);
}

uint32_t lookup_find(struct lookup *lookup, const struct column *keys, struct sel sel, uint32_t at)
{
    uint32_t row[KEYS_GROUP], n = sel.n - at < KEYS_GROUP ? sel.n - at : KEYS_GROUP;
    for (uint32_t i = 0; i < n && !sel.row; i++)
        row[i] = at + i;
    lookup->keys.n = n;
    keys_of_column(&lookup->keys, &lookup->seed, keys, sel.row ? sel.row + at : row,
                   &lookup->bytes);
    table_find(lookup->table, &lookup->keys, lookup->entry);
    return n;
}

size_t lookup_bytes(const struct lookup *lookup)
{
    return table_bytes(lookup->table) + lookup->bytes.cap;
}

void lookup_free(struct lookup *lookup)
{
    table_free(lookup->table);
    buf_free(&lookup->bytes);
}
