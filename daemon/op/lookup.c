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
    group->keys.n = sel.n - at < KEYS_GROUP ? sel.n - at : KEYS_GROUP;
    group->row = sel.row + at;
    if (!sel.row) {
        for (uint32_t i = 0; i < KEYS_GROUP; i++)
            group->rows[i] = at + i;
        group->row = group->rows;
    }
    keys_of_column(&group->keys, &lookup->seed, keys, group->row, &group->bytes);
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

void lookup_map(struct lookup *lookup, const struct table *other, uint32_t *entry)
{
    struct keys *keys = &lookup->group[lookup->now].keys;
    const char *ptr[KEYS_GROUP];
    uint32_t len[KEYS_GROUP], count = table_count(other);
    for (uint32_t at = 0; at < count; at += keys->n) {
        keys->n = count - at < KEYS_GROUP ? count - at : KEYS_GROUP;
        for (uint32_t i = 0; i < keys->n; i++) {
            struct slice key = table_key(other, at + i);
            ptr[i] = key.ptr;
            len[i] = (uint32_t)key.len;
        }
        keys_of_views(keys, &lookup->seed, ptr, len, NULL);
        table_find(lookup->table, keys, entry + at);
    }
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
