#include "column/key.h"

#include <stdbool.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "column/codec.h"

const uint64_t key_masks[KEY_INLINE + 1][2] = {
#define FF(n) (~UINT64_C(0) >> (64 - 8 * (n)))
    { 0, 0 },         { FF(1), 0 },     { FF(2), 0 },     { FF(3), 0 },     { FF(4), 0 },
    { FF(5), 0 },     { FF(6), 0 },     { FF(7), 0 },     { FF(8), 0 },     { FF(8), FF(1) },
    { FF(8), FF(2) }, { FF(8), FF(3) }, { FF(8), FF(4) }, { FF(8), FF(5) }, { FF(8), FF(6) },
    { FF(8), FF(7) }, { FF(8), FF(8) },
#undef FF
};

struct key_seed key_seed_of(uint64_t seed)
{
    uint64_t word[3];
    for (uint64_t i = 0; i < 3; i++)
        word[i] = hash64(&i, sizeof i, seed);
    return (struct key_seed){ word[0], word[1], word[2] | 1, seed };
}

void key_of_odd(struct key *key, const struct key_seed *seed, const char *ptr)
{
    uint64_t word[2] = { 0, 0 };
    if (key->len > KEY_INLINE) {
        key->k0 = hash64(ptr, key->len, seed->whole);
        memcpy(&key->k1, ptr, sizeof key->k1);
        key->ptr = ptr;
        return;
    }
    if (key->len)
        memcpy(word, ptr, key->len);
    key->k0 = word[0];
    key->k1 = word[1];
    key->hash = key_hash_words(seed, word[0], word[1], key->len);
}

void keys_of_views(struct keys *keys, const struct key_seed *seed, const char *const *ptr,
                   const uint32_t *len, const uint32_t *row)
{
    const struct key_seed s = *seed;
    check(keys->n <= KEYS_GROUP);
    for (uint32_t i = 0; i < keys->n; i++) {
        uint32_t at = keys->key[i].row = row ? row[i] : i;
        key_of_view(&keys->key[i], &s, ptr[at], len[at]);
    }
}

void keys_of_i64(struct keys *keys, const struct key_seed *seed, const int64_t *value,
                 const uint32_t *row)
{
    const struct key_seed s = *seed;
    check(keys->n <= KEYS_GROUP);
    for (uint32_t i = 0; i < keys->n; i++) {
        uint32_t at = row ? row[i] : i;
        key_of_i64(&keys->key[i], &s, value[at]);
        keys->key[i].row = at;
    }
}

static void keys_of_bytes(struct keys *keys, const struct key_seed *seed,
                          const struct column *column, const uint32_t *row, struct buf *scratch)
{
    size_t from[KEYS_GROUP + 1];
    uint32_t n = keys->n;
    buf_clear(scratch);
    from[0] = 0;
    for (uint32_t i = 0; i < n; i++) {
        codec_put_key(scratch, column, row[i]);
        from[i + 1] = scratch->len;
    }
    buf_reserve(scratch, KEY_INLINE);
    for (uint32_t i = 0; i < n; i++) {
        keys->key[i].row = row[i];
        key_of_view(&keys->key[i], seed, (const char *)scratch->ptr + from[i],
                    (uint32_t)(from[i + 1] - from[i]));
    }
}

/* One key for all rows. */
static void keys_of_const(struct keys *keys, const struct key_seed *seed,
                          const struct column *column, const uint32_t *row, struct buf *scratch)
{
    static const uint32_t first;
    uint32_t n = keys->n;
    keys->n = n < 1 ? n : 1;
    struct column one = *column;
    one.is_const = false;
    keys_of_column(keys, seed, &one, &first, scratch);
    for (keys->n = n; n-- > 0;) {
        keys->key[n] = keys->key[0];
        keys->key[n].row = row[n];
    }
}

void keys_of_column(struct keys *keys, const struct key_seed *seed, const struct column *column,
                    const uint32_t *row, struct buf *scratch)
{
    if (column->is_const) {
        keys_of_const(keys, seed, column, row, scratch);
        return;
    }
    switch (column->type->kind) {
        case K_STRING:
        case K_BYTES:
            keys_of_views(keys, seed, column->ptr, column->len, row);
            return;
        case K_INT:
        case K_TIME:
            keys_of_i64(keys, seed, column->i64, row);
            return;
        default:
            keys_of_bytes(keys, seed, column, row, scratch);
            return;
    }
}
