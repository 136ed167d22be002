/* Keys of keyed operations as canonical bytes: two keys are equal if and only if their bytes are. Keys of up to KEY_INLINE
 * bytes are held as two words, so that comparing them is two compares; longer ones as their hash and where they are. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "column/column.h"

#define KEY_INLINE 16 /* bytes of a key that fit the two words */
#define KEYS_GROUP 64 /* keys looked up at once: enough misses in flight, and all stay in L1 */

/* What the hash hangs on: made of a job's seed, so that no sender can choose collisions. */
struct key_seed {
    uint64_t a, b, c, whole;
};

struct keys { /* up to KEYS_GROUP keys */
    uint32_t n;
    uint32_t len[KEYS_GROUP];
    uint64_t k0[KEYS_GROUP]; /* the first 8 bytes, padded with 0; of a longer key its hash */
    uint64_t k1[KEYS_GROUP]; /* the next 8; of a longer key its first 8 bytes */
    uint64_t hash[KEYS_GROUP];
    const void *ptr[KEYS_GROUP]; /* of a longer key: its bytes; else not set */
};

struct key_seed key_seed_of(uint64_t seed);
/* Keys of n ≤ KEYS_GROUP views: of the rows `row`, or the first n when row is NULL. Longer ones are not copied. Up to
 * KEY_INLINE bytes behind a view are read, never across a page, and do not count. */
void keys_of_views(struct keys *keys, const struct key_seed *seed, const char *const *ptr,
                   const uint32_t *len, const uint32_t *row);
/* The same of whole numbers, 8 bytes each. keys->n is set by the caller, here and above. */
void keys_of_i64(struct keys *keys, const struct key_seed *seed, const int64_t *value,
                 const uint32_t *row);
/* Keys of rows of a column of any type_is_key(): a String or Bytes as it is, all else as codec_put() writes it, into scratch,
 * which must live as long as the keys. */
void keys_of_column(struct keys *keys, const struct key_seed *seed, const struct column *column,
                    const uint32_t *row, struct buf *scratch);

static inline uint64_t key_mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The hash of a key from its words; that of a longer key is its first word. */
static inline uint64_t key_hash(const struct key_seed *seed, uint64_t k0, uint64_t k1, uint32_t len)
{
    if (len > KEY_INLINE)
        return k0;
    return key_mix(key_mix(k0 ^ seed->a, k1 ^ seed->b) ^ len, seed->c);
}
