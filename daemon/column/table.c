#include "column/table.h"

#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"

#define TABLE_SLOTS_MIN 256u
#define TABLE_THIRDS (1u << 16) /* from so many slots on a table grows by a half, then by a third */
#define TABLE_MOVES \
    512u /* slots of the old table looked at with each group while growing: done before the new one fills */
#define TABLE_AHEAD 32u              /* entries whose slots are fetched before they are looked at */
#define TABLE_HUGE ((size_t)2 << 20) /* a huge page */
#define TABLE_NEW (1u << 31)         /* in place[]: which of two tables, by its generation */

struct slot { /* 32 bytes: two a cache line */
    uint64_t k0, k1;
    const void *ptr; /* of a long key: its bytes in the arena */
    uint32_t entry;  /* number + 1; 0 = free */
    uint32_t len;
};

struct slots {
    struct slot *slot;   /* aligned to a cache line, large ones to a huge page */
    void *memory;        /* where it was allocated */
    uint32_t mask;       /* slots of a part - 1 */
    uint32_t parts;      /* 1 or 3: a key's part is told by its hash, and it stays within */
    uint32_t generation; /* 0 or TABLE_NEW, in turns */
};

struct table {
    struct key_seed seed;
    struct slots now; /* where keys are added */
    struct slots
        old; /* while growing: all keys that were there when it began; only read. slot NULL = not growing */
    uint32_t moved;     /* slots of old that were carried over */
    uint32_t n, cap;    /* entries; room in the arrays below */
    uint64_t *cell;     /* of each entry */
    uint32_t *place;    /* of each entry: its slot, and in whose generation */
    uint8_t *failed;    /* of each entry: why, or 0; NULL: none has */
    uint32_t failures;  /* entries that failed */
    uint64_t fresh;     /* what a new cell holds */
    struct arena bytes; /* long keys, and what table_keep() gave */
};

_Static_assert(sizeof(struct slot) == 32, "two slots a cache line");

static uint32_t slots_count(const struct slots *slots)
{
    return (slots->mask + 1) * slots->parts;
}

static void slots_make(struct slots *slots, uint32_t part, uint32_t parts)
{
    check(part <= TABLE_NEW / parts);
    size_t size = (size_t)part * parts * sizeof *slots->slot;
    size_t align = size >= TABLE_HUGE ? TABLE_HUGE : 64;
    slots->memory = mem_zalloc(size + align);
    slots->slot = (void *)(((uintptr_t)slots->memory + align - 1) & ~(uintptr_t)(align - 1));
    slots->mask = part - 1;
    slots->parts = parts;
    mem_hint_huge(slots->slot, size);
}

static void slots_free(struct slots *slots)
{
    mem_free(slots->memory);
    slots->memory = slots->slot = NULL;
}

struct table *table_new(const struct key_seed *seed, uint64_t cell)
{
    struct table *table = mem_zalloc(sizeof *table);
    table->seed = *seed;
    table->fresh = cell;
    return table; /* its slots are made for the first key: many tables never have one */
}

void table_free(struct table *table)
{
    if (!table)
        return;
    slots_free(&table->now);
    slots_free(&table->old);
    mem_free(table->cell);
    mem_free(table->place);
    mem_free(table->failed);
    arena_free(&table->bytes);
    mem_free(table);
}

/* Takes the keys out of the slots: one by one where few are taken, so that a small batch after a large one costs little. */
static void table_empty(struct table *table)
{
    uint32_t count = slots_count(&table->now);
    if (!count)
        return;
    if (table->n >= count / 8) {
        memset(table->now.slot, 0, (size_t)count * sizeof *table->now.slot);
        return;
    }
    for (uint32_t i = 0; i < table->n; i++) {
        if ((table->place[i] & TABLE_NEW) == table->now.generation)
            table->now.slot[table->place[i] & ~TABLE_NEW] = (struct slot){ 0 };
    }
}

void table_reset(struct table *table)
{
    uint32_t half = (table->now.mask + 1) / (table->now.parts == 1 ? 2 : 1); /* or a third */
    slots_free(&table->old);
    if (half >= TABLE_SLOTS_MIN && table->n < half / 16) { /* grown for a larger batch */
        slots_free(&table->now);
        slots_make(&table->now, half, 1);
    } else {
        table_empty(table);
    }
    mem_free(table->failed);
    table->failed = NULL;
    table->n = table->failures = 0;
    arena_reset(&table->bytes);
}

/* ---- growing */

/* Where a key of this hash would like to stand. Other places go by exclusive or of its last bits, so they are in its part. The
 * hash's first bits say nothing here: they may be the same in the whole table. */
static inline uint32_t slots_home(const struct slots *slots, uint64_t hash)
{
    uint32_t part = (uint32_t)((hash >> 24 & UINT32_MAX) * slots->parts >> 32);
    return part * (slots->mask + 1) + ((uint32_t)hash & slots->mask);
}

static void table_place(struct table *table, const struct slot *slot, uint64_t hash)
{
    uint32_t home = slots_home(&table->now, hash), i = home;
    for (uint32_t step = 1; table->now.slot[i].entry; step++)
        i = home ^ step;
    table->now.slot[i] = *slot;
    table->place[slot->entry - 1] = i | table->now.generation;
}

static void table_move_some(struct table *table)
{
    uint32_t end = table->moved + TABLE_MOVES;
    uint32_t count = slots_count(&table->old);
    for (; table->moved < end && table->moved < count; table->moved++) {
        const struct slot *slot = &table->old.slot[table->moved];
        if (slot->entry)
            table_place(table, slot, key_hash_words(&table->seed, slot->k0, slot->k1, slot->len));
    }
    if (table->moved == count)
        slots_free(&table->old);
}

static void table_grow(struct table *table)
{
    uint32_t part = table->now.mask + 1;
    if (!table->now.slot) {
        slots_make(&table->now, TABLE_SLOTS_MIN, 1);
        return;
    }
    check(!table->old.slot && table->n < TABLE_ENTRIES_MAX);
    table->old = table->now;
    table->moved = 0;
    table->now.generation ^= TABLE_NEW;
    if (table->old.parts == 3)
        slots_make(&table->now, part * 4, 1);
    else if (part >= TABLE_THIRDS)
        slots_make(&table->now, part / 2, 3);
    else
        slots_make(&table->now, part * 2, 1);
    table_move_some(table);
}

static void table_make_entries(struct table *table)
{
    uint32_t before = table->cap, cap = before ? before * 2 : 2 * KEYS_GROUP;
    table->cell = mem_realloc(table->cell, cap * sizeof *table->cell);
    table->place = mem_realloc(table->place, cap * sizeof *table->place);
    mem_hint_huge(table->cell, cap * sizeof *table->cell);
    mem_hint_huge(table->place, cap * sizeof *table->place);
    if (table->failed) {
        table->failed = mem_realloc(table->failed, cap);
        memset(table->failed + before, 0, cap - before);
    }
    table->cap = cap;
}

static void table_make_room(struct table *table, uint32_t n)
{
    if (table->old.slot)
        table_move_some(table);
    if (((uint64_t)table->n + n) * 20 >= (uint64_t)slots_count(&table->now) * 13)
        table_grow(table);
    if (table->cap - table->n < n)
        table_make_entries(table);
}

/* ---- looking up */

/* The slot that holds the key, or the free one where it would stand. Steps go by exclusive or: the neighbour in the same cache
 * line first, then the line beside it, and so on through all slots. */
static inline struct slot *slots_seek(const struct slots *slots, const struct key *key,
                                      uint32_t home)
{
    uint64_t k0 = key->k0, k1 = key->k1;
    uint32_t len = key->len;
    for (uint32_t step = 0;; step++) {
        struct slot *slot = &slots->slot[home ^ step];
        if (!slot->entry)
            return slot;
        if (((slot->k0 ^ k0) | (slot->k1 ^ k1) | (slot->len ^ len)) != 0)
            continue;
        if (len <= KEY_INLINE || memcmp(slot->ptr, key->ptr, len) == 0)
            return slot;
    }
}

static uint32_t table_add(struct table *table, struct slot *slot, const struct key *key)
{
    uint32_t entry = table->n++, len = key->len;
    *slot = (struct slot){ .k0 = key->k0, .k1 = key->k1, .entry = entry + 1, .len = len };
    if (len > KEY_INLINE)
        slot->ptr = memcpy(arena_alloc(&table->bytes, len), key->ptr, len);
    table->cell[entry] = table->fresh;
    table->place[entry] = (uint32_t)(slot - table->now.slot) | table->now.generation;
    return entry;
}

/* Has the slots where the keys would like to stand fetched, all at once: that is where a large table's time goes. */
static inline void slots_fetch(const struct slots *slots, const struct keys *keys,
                               uint32_t home[KEYS_GROUP])
{
    const struct slots to = *slots;
    for (uint32_t i = 0; i < keys->n; i++) {
        uint64_t hash = key_hash(&keys->key[i]);
        home[i] = to.parts == 1 ? (uint32_t)hash & to.mask : slots_home(&to, hash);
        __builtin_prefetch(&to.slot[home[i]]);
    }
}

static void table_find_growing(struct table *table, const struct keys *keys, uint32_t *entry)
{
    uint32_t home[KEYS_GROUP], before[KEYS_GROUP];
    slots_fetch(&table->now, keys, home);
    slots_fetch(&table->old, keys, before);
    for (uint32_t i = 0; i < keys->n; i++) {
        const struct key *key = &keys->key[i];
        struct slot *slot = slots_seek(&table->now, key, home[i]);
        const struct slot *old = slot->entry ? slot : slots_seek(&table->old, key, before[i]);
        entry[i] = old->entry ? old->entry - 1 : table_add(table, slot, key);
    }
}

void table_find(struct table *table, const struct keys *keys, uint32_t *entry)
{
    uint32_t home[KEYS_GROUP];
    table_make_room(table, keys->n);
    if (table->old.slot) {
        table_find_growing(table, keys, entry);
        return;
    }
    const struct slots now = table->now;
    const uint64_t *cell = table->cell;
    slots_fetch(&now, keys, home);
    for (uint32_t i = 0; i < keys->n; i++) {
        struct slot *slot = slots_seek(&now, &keys->key[i], home[i]);
        if (__builtin_expect(!slot->entry, 0))
            table_add(table, slot, &keys->key[i]);
        entry[i] = slot->entry - 1;
        __builtin_prefetch(&cell[entry[i]], 1); /* whoever asks for entries folds next */
    }
}

uint32_t table_renew(struct table *table, uint32_t entry)
{
    table_make_room(table, 1);
    check(entry < table->n);
    uint32_t place = table->place[entry], renewed = table->n++;
    struct slots *slots = (place & TABLE_NEW) == table->now.generation ? &table->now : &table->old;
    struct slot *slot = &slots->slot[place & ~TABLE_NEW];
    check(slot->entry == entry + 1);
    slot->entry = renewed + 1;
    table->cell[renewed] = table->fresh;
    table->place[renewed] = place;
    return renewed;
}

/* ---- entries */

uint32_t table_count(const struct table *table)
{
    return table->n;
}

uint64_t *table_cells(const struct table *table)
{
    return table->cell;
}

void table_fail(struct table *table, uint32_t entry, uint8_t reason)
{
    check(entry < table->n && reason);
    if (!table->failed)
        table->failed = mem_zalloc(table->cap);
    if (!table->failed[entry]) {
        table->failed[entry] = reason;
        table->failures++;
    }
}

uint8_t table_failed(const struct table *table, uint32_t entry)
{
    check(entry < table->n);
    return table->failed ? table->failed[entry] : 0;
}

uint32_t table_failures(const struct table *table)
{
    return table->failures;
}

static inline const struct slot *table_slot(const struct table *table, uint32_t entry)
{
    uint32_t place = table->place[entry];
    const struct slots *slots = &table->now;
    if ((place & TABLE_NEW) != slots->generation)
        slots = &table->old;
    return &slots->slot[place & ~TABLE_NEW];
}

struct slice table_key(const struct table *table, uint32_t entry)
{
    check(entry < table->n);
    const struct slot *slot = table_slot(table, entry);
    if (slot->len > KEY_INLINE)
        return (struct slice){ slot->ptr, slot->len };
    return (struct slice){ &slot->k0, slot->len };
}

void table_keys(const struct table *table, const uint32_t *entry, uint32_t n, struct slice *key)
{
    for (uint32_t i = 0; i < n && i < 2 * TABLE_AHEAD; i++)
        __builtin_prefetch(&table->place[entry[i]]);
    for (uint32_t i = 0; i < n && i < TABLE_AHEAD; i++)
        __builtin_prefetch(table_slot(table, entry[i]));
    for (uint32_t i = 0; i < n; i++) {
        if (i + 2 * TABLE_AHEAD < n)
            __builtin_prefetch(&table->place[entry[i + 2 * TABLE_AHEAD]]);
        if (i + TABLE_AHEAD < n)
            __builtin_prefetch(table_slot(table, entry[i + TABLE_AHEAD]));
        key[i] = table_key(table, entry[i]);
    }
}

void table_fetch_key(const struct table *table, uint32_t entry)
{
    __builtin_prefetch(table_slot(table, entry));
    __asm__ volatile(
        ""); /* gcc takes a function that only fetches for one without effect, and drops the call */
}

void *table_keep(struct table *table, size_t n)
{
    return arena_alloc(&table->bytes, n);
}

size_t table_bytes(const struct table *table)
{
    size_t slots = slots_count(&table->now);
    if (table->old.slot)
        slots += slots_count(&table->old);
    size_t entry = sizeof *table->cell + sizeof *table->place + (table->failed ? 1 : 0);
    return slots * sizeof(struct slot) + table->cap * entry + table->bytes.total;
}
