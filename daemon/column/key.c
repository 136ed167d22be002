#include "column/key.h"

#include <stdbool.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "column/codec.h"

#define KEY_PAGE 4096u

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEY_EXACT true /* sanitizers take a read behind an object for a mistake */
#else
#define KEY_EXACT false
#endif

static const uint64_t key_masks[KEY_INLINE + 1][2] = {
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

/* The two words of a short key: all 16 bytes are read where they cannot leave the page, then cut to its length; so no
 * branch hangs on the length. */
static inline void key_words(const char *ptr, uint32_t len, uint64_t *k0, uint64_t *k1)
{
    uint64_t word[2];
    if (KEY_EXACT || len == 0 || ((uintptr_t)ptr & (KEY_PAGE - 1)) > KEY_PAGE - KEY_INLINE) {
        word[0] = word[1] = 0;
        if (len)
            memcpy(word, ptr, len);
    } else {
        memcpy(word, ptr, sizeof word);
    }
    *k0 = word[0] & key_masks[len][0];
    *k1 = word[1] & key_masks[len][1];
}

static void keys_put_long(struct keys *keys, const struct key_seed *seed, uint32_t i,
                          const char *ptr)
{
    keys->hash[i] = keys->k0[i] = hash64(ptr, keys->len[i], seed->whole);
    memcpy(&keys->k1[i], ptr, sizeof keys->k1[i]);
    keys->ptr[i] = ptr;
}

void keys_of_views(struct keys *keys, const struct key_seed *seed, const char *const *ptr,
                   const uint32_t *len, const uint32_t *row)
{
    const struct key_seed s = *seed;
    check(keys->n <= KEYS_GROUP);
    for (uint32_t i = 0; i < keys->n; i++) {
        uint32_t at = row ? row[i] : i, n = keys->len[i] = len[at];
        if (__builtin_expect(n > KEY_INLINE, 0)) {
            keys_put_long(keys, seed, i, ptr[at]);
            continue;
        }
        key_words(ptr[at], n, &keys->k0[i], &keys->k1[i]);
        keys->hash[i] = key_hash(&s, keys->k0[i], keys->k1[i], n);
    }
}

void keys_of_i64(struct keys *keys, const struct key_seed *seed, const int64_t *value,
                 const uint32_t *row)
{
    const struct key_seed s = *seed;
    check(keys->n <= KEYS_GROUP);
    for (uint32_t i = 0; i < keys->n; i++) {
        keys->len[i] = sizeof *value;
        keys->k0[i] = (uint64_t)value[row ? row[i] : i];
        keys->k1[i] = 0;
        keys->hash[i] = key_hash(&s, keys->k0[i], 0, sizeof *value);
    }
}

static void keys_of_bytes(struct keys *keys, const struct key_seed *seed,
                          const struct column *column, const uint32_t *row, struct buf *scratch)
{
    const char *ptr[KEYS_GROUP];
    uint32_t len[KEYS_GROUP];
    size_t from[KEYS_GROUP + 1];
    buf_clear(scratch);
    from[0] = 0;
    for (uint32_t i = 0; i < keys->n; i++) {
        codec_put(scratch, column, row[i]);
        from[i + 1] = scratch->len;
    }
    buf_reserve(scratch, KEY_INLINE);
    for (uint32_t i = 0; i < keys->n; i++) {
        ptr[i] = (const char *)scratch->ptr + from[i];
        len[i] = (uint32_t)(from[i + 1] - from[i]);
    }
    keys_of_views(keys, seed, ptr, len, NULL);
}

void keys_of_column(struct keys *keys, const struct key_seed *seed, const struct column *column,
                    const uint32_t *row, struct buf *scratch)
{
    static const uint32_t first[KEYS_GROUP]; /* a constant: row 0 for all */
    const uint32_t *at = column->is_const ? first : row;
    switch (column->type->kind) {
        case K_STRING:
        case K_BYTES:
            keys_of_views(keys, seed, column->ptr, column->len, at);
            return;
        case K_INT:
        case K_TIME:
            keys_of_i64(keys, seed, column->i64, at);
            return;
        default:
            keys_of_bytes(keys, seed, column, row, scratch);
            return;
    }
}
