/* Keys of keyed operations as canonical bytes: two keys are equal if and only if their bytes are. Keys of up to KEY_INLINE
 * bytes are held as two words, so that comparing them is two compares; longer ones as their hash and where they are. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "column/column.h"

#define KEY_INLINE 16 /* bytes of a key that fit the two words */
#define KEYS_GROUP 64 /* keys looked up at once: enough misses in flight, and all stay in L1 */

/* What the hash hangs on: made of a job's seed, so that no sender can choose collisions. */
struct key_seed {
    uint64_t a, b, c, whole;
};

struct key {     /* 32 bytes */
    uint64_t k0; /* the first 8 bytes, padded with 0; of a longer key its hash */
    uint64_t k1; /* the next 8; of a longer key its first 8 bytes */
    union {
        uint64_t hash;   /* of a short one */
        const void *ptr; /* of a longer one: its bytes */
    };
    uint32_t len;
    uint32_t row; /* of the rows that the key came from */
};

struct keys {          /* up to KEYS_GROUP keys */
    struct keys *next; /* whose they are may put groups behind one another … */
    uint32_t n;
    uint32_t at; /* … or count those before */
    struct key key[KEYS_GROUP];
};

struct key_seed key_seed_of(uint64_t seed);
/* Keys of n ≤ KEYS_GROUP views: of the rows `row`, or the first n when row is NULL. Longer ones are not copied. Up to
 * KEY_INLINE bytes behind a view are read, never across a page, and do not count. */
void keys_of_views(struct keys *keys, const struct key_seed *seed, const char *const *ptr,
                   const uint32_t *len, const uint32_t *row);
/* The same of whole numbers, 8 bytes each. keys->n is set by the caller, here and above. */
void keys_of_i64(struct keys *keys, const struct key_seed *seed, const int64_t *value,
                 const uint32_t *row);
/* Keys of rows of a column of any type_is_key(): a String or Bytes as it is, all else as codec_put_key() writes it, into scratch,
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
static inline uint64_t key_hash_words(const struct key_seed *seed, uint64_t k0, uint64_t k1,
                                      uint32_t len)
{
    if (len > KEY_INLINE)
        return k0;
    return key_mix(key_mix(k0 ^ seed->a, k1 ^ seed->b) ^ len, seed->c);
}
static inline uint64_t key_hash(const struct key *key)
{
    return key->len > KEY_INLINE ? key->k0 : key->hash;
}

/* ---- one key */

extern const uint64_t key_masks[KEY_INLINE + 1][2];
#define KEY_PAGE 4096u
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEY_EXACT true /* sanitizers take a read behind an object for a mistake */
#else
#define KEY_EXACT false
#endif

/* All but the row of a key of bytes at the end of a page, or of a longer one; len is set. */
void key_of_odd(struct key *key, const struct key_seed *seed, const char *ptr);

static inline bool key_is_odd(const char *ptr, uint32_t len)
{
    return KEY_EXACT || len > KEY_INLINE || len == 0 ||
           ((uintptr_t)ptr & (KEY_PAGE - 1)) > KEY_PAGE - KEY_INLINE;
}

struct key_words {
    uint64_t k0, k1;
};

/* Those of a key that is not odd: all 16 bytes are read, then cut to its length, so no branch hangs on the length. */
static inline struct key_words key_words(const char *ptr, uint32_t len)
{
    struct key_words words;
    memcpy(&words.k0, ptr, sizeof words.k0);
    memcpy(&words.k1, ptr + sizeof words.k0, sizeof words.k1);
    words.k0 &= key_masks[len][0];
    words.k1 &= key_masks[len][1];
    return words;
}

/* All of a key but its row. */
static inline void key_of_view(struct key *key, const struct key_seed *seed, const char *ptr,
                               uint32_t len)
{
    key->len = len;
    if (__builtin_expect(key_is_odd(ptr, len), 0)) {
        key_of_odd(key, seed, ptr);
        return;
    }
    struct key_words words = key_words(ptr, len);
    key->k0 = words.k0;
    key->k1 = words.k1;
    key->hash = key_hash_words(seed, words.k0, words.k1, len);
}

static inline void key_of_i64(struct key *key, const struct key_seed *seed, int64_t value)
{
    key->len = sizeof value;
    key->k0 = (uint64_t)value;
    key->k1 = 0;
    key->hash = key_hash_words(seed, key->k0, 0, sizeof value);
}
