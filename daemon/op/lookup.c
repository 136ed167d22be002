#include "op/lookup.h"

void lookup_open(struct lookup *lookup, uint64_t seed, uint64_t fresh)
{
    *lookup = (struct lookup){ .seed = key_seed_of(seed) };
    lookup->table = table_new(&lookup->seed, fresh);
}

/* Makes the keys of a group and has their slots fetched. */
static void lookup_prepare(struct lookup *lookup, struct lookup_group *group,
                           const struct column *keys, struct sel sel, uint32_t at)
{
    uint32_t row[KEYS_GROUP];
    group->keys.n = sel.n - at < KEYS_GROUP ? sel.n - at : KEYS_GROUP;
    for (uint32_t i = 0; i < group->keys.n && !sel.row; i++)
        row[i] = at + i;
    keys_of_column(&group->keys, &lookup->seed, keys, sel.row ? sel.row + at : row, &group->bytes);
    table_fetch(lookup->table, &group->keys);
}

uint32_t lookup_find(struct lookup *lookup, const struct column *keys, struct sel sel, uint32_t at)
{
    if (at == 0)
        lookup_prepare(lookup, &lookup->group[!lookup->now], keys, sel, 0);
    lookup->now = !lookup->now;
    struct lookup_group *group = &lookup->group[lookup->now];
    uint32_t n = group->keys.n;
    if (at + n < sel.n)
        lookup_prepare(lookup, &lookup->group[!lookup->now], keys, sel, at + n);
    table_find(lookup->table, &group->keys, lookup->entry);
    return n;
}

size_t lookup_bytes(const struct lookup *lookup)
{
    return table_bytes(lookup->table) + lookup->group[0].bytes.cap + lookup->group[1].bytes.cap;
}

void lookup_free(struct lookup *lookup)
{
    table_free(lookup->table);
    buf_free(&lookup->group[0].bytes);
    buf_free(&lookup->group[1].bytes);
}
