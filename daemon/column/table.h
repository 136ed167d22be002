/* A table of keys: each key gets a number, its entry, in the order in which the keys first came. Entries lie behind one another,
 * 32 bytes each, and are never moved about: a key of up to KEY_INLINE bytes (longer ones stand in the table's arena), and a cell
 * for whoever folds values into it. An index of slots of 8 bytes, open addressing, says which entry a hash may be of. So a key
 * that is looked up costs two lines of a large table's memory, and an entry whose number is known costs one. Keys are looked up
 * in groups: the lines of a whole group are fetched before the first is looked at, so that the misses overlap. The index grows
 * step by step, some slots with each group, so no lookup waits for a whole copy.
 *
 * Entries are what results are made of: nothing that is shown depends on the hash or its seed. A table belongs to one thread
 * at a time. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "column/key.h"

#define TABLE_ENTRIES_MAX \
    (1u << 30) /* slots are numbered with 31 bits, at most 0.65 of them are taken */

struct table;

struct cell {       /* an entry: 32 bytes, two a cache line */
    uint64_t k0;    /* the table's own: the key's first bytes; of a long one its hash */
    uint64_t k1;    /* its next ones; of a long one where its bytes are */
    uint64_t value; /* belongs to whoever folds values into it */
    uint32_t len;   /* the table's own: of the key */
    uint8_t failed; /* why values could not be folded, or 0: see table_fail() */
    uint8_t mark;   /* belongs to whoever holds the table; 0 at first */
};

struct table *table_new(const struct key_seed *seed,
                        uint64_t fresh); /* fresh: the value of a new entry's cell */
void table_free(struct table *table);    /* NULL is fine */
void table_reset(struct table *table);   /* no keys; keeps what memory the last keys needed */
/* The entry of each key; keys that are new get the next ones. */
void table_find(struct table *table, const struct keys *keys, uint32_t *entry);
/* Gives the key of an entry a new one, the last, with a fresh cell. The old one has no key from now on: table_key() must not
 * be asked for it. */
uint32_t table_renew(struct table *table, uint32_t entry);
uint32_t table_count(const struct table *table);
struct cell *table_cells(
    const struct table *table); /* one an entry; they move with the next table_find() */
/* Marks a key whose values could not be folded, with a reason that is not 0; the first one stays. 0: it is fine. */
void table_fail(struct table *table, uint32_t entry, uint8_t reason);
uint8_t table_failed(const struct table *table, uint32_t entry);
uint32_t table_failures(const struct table *table); /* keys that are marked */
/* The bytes of a key; a view that lives until the next table_find() or table_reset(). */
struct slice table_key(const struct table *table, uint32_t entry);
/* The same of n entries. */
void table_keys(const struct table *table, const uint32_t *entry, uint32_t n, struct slice *key);
/* n bytes, aligned to 8, that live until table_reset(): for values that do not fit a cell. */
void *table_keep(struct table *table, size_t n);
size_t table_bytes(const struct table *table); /* memory it holds */
