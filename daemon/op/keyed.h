/* A table of keys in shards, which threads fill at once: each key belongs to the shard that its hash says, each shard to one
 * thread at a time. Rows are split by shard first, whoever does it; then each shard takes its own. A shard knows of each key
 * the number of the row that brought it, so that in the end all keys stand in the order of their first coming, and nothing
 * that is shown hangs on shards or threads. */
#pragma once
#include <stdint.h>

#include "column/table.h"
#include "op/op.h"

#define SHARDS 8u /* of every table that several threads fill; a power of two */

struct split { /* the keys of some rows, by shard, each shard's in the order of the rows */
    struct keys *first[SHARDS]; /* NULL: it has none */
    bool
        is_later; /* with one shard: they are made when they are looked at, group by group: none leaves the L1 cache */
    struct column column; /* then, of these … */
    struct sel sel;       /* … rows */
    struct key_seed seed;
};
bool split_has(const struct split *split, uint32_t shard); /* any key of the shard's */
uint32_t split_count(const struct split *split, uint32_t shard);
/* The next group of a shard's keys; before: the one before it, NULL at first; room: where it may be made. NULL: no more. */
const struct keys *split_next(const struct split *split, uint32_t shard, const struct keys *before,
                              struct keys *room);
/* For each of them: `const struct keys *keys` is declared by it. */
#define SPLIT_EACH(split, shard, room) \
    for (const struct keys *keys = NULL; (keys = split_next(split, shard, keys, room)) != NULL;)

struct shard {
    struct table *table;
    uint64_t *born; /* of each entry: the number of the row that brought its key */
    uint32_t cap;
    uint32_t entry[KEYS_GROUP]; /* what keyed_find() found */
};

struct keyed {
    struct key_seed seed;
    struct shard shard[SHARDS];
    uint32_t *order; /* once keyed_order() was called: all keys, in order, by shard and entry … */
    uint32_t n, cap; /* … so many */
};

/* An empty one; fresh: what a new key's cell holds. */
void keyed_open(struct keyed *keyed, uint64_t seed, uint64_t fresh);
/* Splits rows by these keys, a column of theirs: sets rows->split. The keyed is only read: any number of threads may. */
void keyed_split(const struct keyed *keyed, struct rows *rows, const struct column *keys,
                 const struct op_run *run);
/* The entries of some keys that rows were split into, rows->split->first[shard] and those behind it, in order: fills in
 * shard->entry. */
void keyed_find(struct keyed *keyed, uint32_t shard, const struct keys *keys, uint64_t number);
/* The same for all keys of another one's shard, of the same seed: fills in entry. They count as if they came behind row
 * `number`. */
void keyed_map(struct keyed *keyed, uint32_t shard, const struct keyed *other, uint64_t number,
               uint32_t *entry);
void keyed_reset(struct keyed *keyed);
size_t keyed_bytes(const struct keyed *keyed); /* memory it holds */
void keyed_close(struct keyed *keyed);

/* ---- all of it, once the rows are in: keys are numbered in the order of their first coming, 0 … keyed->n - 1 */

#define KEYED_BITS 29 /* of a place: the entry; those above are the shard */
void keyed_order(struct keyed *keyed);
static inline uint32_t place_shard(uint32_t place)
{
    return place >> KEYED_BITS;
}
static inline uint32_t place_entry(uint32_t place)
{
    return place & ((1u << KEYED_BITS) - 1);
}
/* For each shard and entry the number of the key, the shards behind one another; from[]: where each begins. */
uint32_t *keyed_ranks(const struct keyed *keyed, uint32_t from[SHARDS], struct arena *arena);
uint8_t keyed_failed(const struct keyed *keyed, uint32_t key); /* see table_failed() */
uint32_t keyed_failures(const struct keyed *keyed);
/* Some keys, and what their cells hold (op/cell.h), a row each. */
void keyed_keys(const struct keyed *keyed, const struct type *type, struct sel keys,
                struct arena *arena, struct column *out);
void keyed_values(const struct keyed *keyed, const struct type *type, struct sel keys,
                  struct arena *arena, struct column *out);
