#include "column/table.h"

#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"

#define TABLE_SLOTS_MIN 256u
#define CELLS_MIN (2 * KEYS_GROUP)
#define TABLE_THIRDS \
    (1u << 16) /* from so many slots on the index grows by a half, then by a third */
#define TABLE_MOVES \
    1024u /* slots of the old index looked at with each group while growing: done before the new one fills */
#define TABLE_AHEAD 32u /* entries that are fetched before they are looked at */
#define TABLE_NEAR \
    (1u << 11) /* so many entries stay in the cache, those of a table's other shards beside them */
#define TABLE_HUGE ((size_t)2 << 20) /* a huge page */
#define TABLE_LINE 64u

struct slot {       /* eight a cache line */
    uint32_t entry; /* number + 1; 0 = free */
    uint32_t tag;   /* bits of the key's hash: those that say where it stands, too */
};

struct slots {
    struct slot *slot; /* aligned to a cache line, large ones to a huge page */
    void *memory;      /* where it was allocated */
    uint32_t mask;     /* slots of a part - 1 */
    uint32_t parts;    /* 1 or 3: a key's part is told by its tag, and it stays within */
};

struct table {
    struct key_seed seed;
    struct slots now; /* where keys are added */
    struct slots
        old; /* while growing: all keys that were there when it began; only read. slot NULL = not growing */
    uint32_t moved;     /* slots of old that were carried over */
    uint32_t n, cap;    /* entries; room for them */
    struct cell *cell;  /* the entries, aligned to a cache line */
    uint32_t failures;  /* entries that failed */
    bool renewed;       /* some entries have no key any more */
    uint64_t fresh;     /* the value of a new cell */
    struct arena bytes; /* long keys, and what table_keep() gave */
};

_Static_assert(sizeof(struct slot) == 8, "eight slots a cache line");
_Static_assert(sizeof(struct cell) == 32, "two cells a cache line");

static uint32_t slots_count(const struct slots *slots)
{
    return (slots->mask + 1) * slots->parts;
}

static void slots_make(struct slots *slots, uint32_t part, uint32_t parts)
{
    check(part <= (1u << 31) / parts);
    size_t size = (size_t)part * parts * sizeof *slots->slot;
    size_t align = size >= TABLE_HUGE ? TABLE_HUGE : TABLE_LINE;
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

/* Where a key of this tag would like to stand. Other places go by exclusive or of its last bits, so they are in its part: first
 * those of the same cache line, then the line beside it, and so on through all slots. */
static inline uint32_t slots_home(const struct slots *slots, uint32_t tag)
{
    uint32_t part = (uint32_t)((uint64_t)tag * slots->parts >> 32);
    return part * (slots->mask + 1) + (tag & slots->mask);
}

static inline uint32_t key_tag(const struct key *key)
{
    return (uint32_t)key_hash(key);
}

static inline uint32_t cell_tag(const struct table *table, const struct cell *cell)
{
    return (uint32_t)key_hash_words(&table->seed, cell->k0, cell->k1, cell->len);
}

struct table *table_new(const struct key_seed *seed, uint64_t fresh)
{
    struct table *table = mem_zalloc(sizeof *table);
    table->seed = *seed;
    table->fresh = fresh;
    return table; /* its slots are made for the first key: many tables never have one */
}

void table_free(struct table *table)
{
    if (!table)
        return;
    slots_free(&table->now);
    slots_free(&table->old);
    mem_grow_free(table->cell, table->cap * sizeof *table->cell);
    arena_free(&table->bytes);
    mem_free(table);
}

/* Takes the keys out of the slots: one by one where few are taken, so that a small batch after a large one costs little. A
 * table that was growing has many. */
static void table_empty(struct table *table)
{
    uint32_t count = slots_count(&table->now);
    if (!count)
        return;
    if (table->n >= count / 8 || table->renewed) {
        memset(table->now.slot, 0, (size_t)count * sizeof *table->now.slot);
        return;
    }
    for (uint32_t i = 0; i < table->n; i++) {
        uint32_t home = slots_home(&table->now, cell_tag(table, &table->cell[i])), step = 0;
        while (table->now.slot[home ^ step].entry != i + 1)
            step++;
        table->now.slot[home ^ step] = (struct slot){ 0 };
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
    if (table->cap > CELLS_MIN && table->n < table->cap / 16) {
        mem_grow_free(table->cell, table->cap * sizeof *table->cell);
        table->cell = mem_grow(NULL, 0, (table->cap /= 2) * sizeof *table->cell);
    }
    table->n = table->failures = 0;
    table->renewed = false;
    arena_reset(&table->bytes);
}

/* ---- growing */

static void table_move_some(struct table *table)
{
    uint32_t end = table->moved + TABLE_MOVES;
    uint32_t count = slots_count(&table->old);
    for (; table->moved < end && table->moved < count; table->moved++) {
        const struct slot *slot = &table->old.slot[table->moved];
        if (!slot->entry)
            continue;
        uint32_t home = slots_home(&table->now, slot->tag), step = 0;
        while (table->now.slot[home ^ step].entry)
            step++;
        table->now.slot[home ^ step] = *slot;
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
    if (table->old.parts == 3)
        slots_make(&table->now, part * 4, 1);
    else if (part >= TABLE_THIRDS)
        slots_make(&table->now, part / 2, 3);
    else
        slots_make(&table->now, part * 2, 1);
    table_move_some(table);
}

static void table_make_cells(struct table *table, uint32_t cap)
{
    table->cell =
        mem_grow(table->cell, table->cap * sizeof *table->cell, cap * sizeof *table->cell);
    table->cap = cap;
}

static void table_make_room(struct table *table, uint32_t n)
{
    if (table->old.slot)
        table_move_some(table);
    if (((uint64_t)table->n + n) * 20 >= (uint64_t)slots_count(&table->now) * 13)
        table_grow(table);
    if (table->cap - table->n < n)
        table_make_cells(table, table->cap ? table->cap * 2 : CELLS_MIN);
}

/* ---- looking up */

static inline bool cell_is(const struct cell *cell, const struct key *key)
{
    if (((cell->k0 ^ key->k0) | (cell->len ^ key->len)) != 0)
        return false;
    if (key->len <= KEY_INLINE)
        return cell->k1 == key->k1;
    return memcmp((const void *)(uintptr_t)cell->k1, key->ptr, key->len) == 0;
}

/* The next slot, `at` or behind it, that is free or has the tag. */
static inline uint32_t slots_seek(const struct slots *slots, uint32_t tag, uint32_t home,
                                  uint32_t at)
{
    const struct slot *slot = slots->slot;
    while (slot[at].entry && slot[at].tag != tag)
        at = home ^ ((home ^ at) + 1);
    return at;
}

/* The slot that has the key, or the free one where it would stand; all before `at` have others. */
static inline struct slot *table_seek(const struct table *table, const struct slots *slots,
                                      const struct key *key, uint32_t home, uint32_t at)
{
    uint32_t tag = key_tag(key);
    for (;; at = home ^ ((home ^ at) + 1)) {
        at = slots_seek(slots, tag, home, at);
        struct slot *slot = &slots->slot[at];
        if (!slot->entry || cell_is(&table->cell[slot->entry - 1], key))
            return slot;
    }
}

static uint32_t table_add(struct table *table, struct slot *slot, const struct key *key)
{
    uint32_t entry = table->n++, len = key->len;
    struct cell *cell = &table->cell[entry];
    *slot = (struct slot){ entry + 1, key_tag(key) };
    *cell = (struct cell){ .k0 = key->k0, .k1 = key->k1, .value = table->fresh, .len = len };
    if (len > KEY_INLINE)
        cell->k1 = (uintptr_t)memcpy(arena_alloc(&table->bytes, len), key->ptr, len);
    return entry;
}

/* Has the slots where the keys would like to stand fetched, all at once: that is where a large table's time goes. */
static inline void slots_fetch(const struct slots *slots, const struct keys *keys,
                               uint32_t home[KEYS_GROUP])
{
    const struct slots to = *slots;
    for (uint32_t i = 0; i < keys->n; i++) {
        uint32_t tag = key_tag(&keys->key[i]);
        home[i] = to.parts == 1 ? tag & to.mask : slots_home(&to, tag);
        __builtin_prefetch(&to.slot[home[i]]);
    }
}

/* And then the entries that may be theirs; at: the slots that say so. */
static inline void table_fetch(const struct table *table, const struct slots *slots,
                               const struct keys *keys, const uint32_t home[KEYS_GROUP],
                               uint32_t at[KEYS_GROUP])
{
    const struct cell *cell = table->cell;
    const struct slots in = *slots;
    for (uint32_t i = 0; i < keys->n; i++) {
        at[i] = slots_seek(&in, key_tag(&keys->key[i]), home[i], home[i]);
        uint32_t entry = in.slot[at[i]].entry;
        __builtin_prefetch(&cell[entry ? entry - 1 : 0], 1);
    }
}

static void table_find_growing(struct table *table, const struct keys *keys, uint32_t *entry)
{
    uint32_t home[KEYS_GROUP] = { 0 }, before[KEYS_GROUP] = { 0 }, at[KEYS_GROUP] = { 0 };
    slots_fetch(&table->now, keys, home);
    slots_fetch(&table->old, keys, before);
    table_fetch(table, &table->old, keys, before, at);
    for (uint32_t i = 0; i < keys->n; i++) {
        const struct key *key = &keys->key[i];
        struct slot *slot = table_seek(table, &table->now, key, home[i], home[i]);
        const struct slot *old = slot;
        if (!slot->entry)
            old = table_seek(table, &table->old, key, before[i], at[i]);
        entry[i] = old->entry ? old->entry - 1 : table_add(table, slot, key);
    }
}

void table_find(struct table *table, const struct keys *keys, uint32_t *entry)
{
    uint32_t home[KEYS_GROUP] = { 0 }, far[KEYS_GROUP] = { 0 }, *at = home;
    table_make_room(table, keys->n);
    if (table->old.slot) {
        table_find_growing(table, keys, entry);
        return;
    }
    const struct slots now = table->now;
    slots_fetch(&now, keys, home);
    if (table->n > TABLE_NEAR)
        table_fetch(table, &now, keys, home, at = far);
    for (uint32_t i = 0; i < keys->n; i++) {
        struct slot *slot = table_seek(table, &now, &keys->key[i], home[i], at[i]);
        if (__builtin_expect(!slot->entry, 0))
            table_add(table, slot, &keys->key[i]);
        entry[i] = slot->entry - 1;
    }
}

uint32_t table_renew(struct table *table, uint32_t entry)
{
    table_make_room(table, 1);
    check(entry < table->n);
    struct cell *cell = &table->cell[entry];
    uint32_t tag = cell_tag(table, cell), renewed = table->n++;
    for (struct slots *slots = &table->now;; slots = &table->old) {
        uint32_t home = slots_home(slots, tag), at = home;
        check(slots->slot);
        while (slots->slot[at].entry && slots->slot[at].entry != entry + 1)
            at = home ^ ((home ^ at) + 1);
        if (!slots->slot[at].entry)
            continue;
        slots->slot[at].entry = renewed + 1;
        break;
    }
    table->renewed = true;
    table->cell[renewed] = *cell;
    table->cell[renewed].value = table->fresh;
    table->cell[renewed].failed = table->cell[renewed].mark = 0;
    return renewed;
}

/* ---- entries */

uint32_t table_count(const struct table *table)
{
    return table->n;
}

struct cell *table_cells(const struct table *table)
{
    return table->cell;
}

void table_fail(struct table *table, uint32_t entry, uint8_t reason)
{
    check(entry < table->n && reason);
    if (!table->cell[entry].failed) {
        table->cell[entry].failed = reason;
        table->failures++;
    }
}

uint8_t table_failed(const struct table *table, uint32_t entry)
{
    check(entry < table->n);
    return table->cell[entry].failed;
}

uint32_t table_failures(const struct table *table)
{
    return table->failures;
}

struct slice table_key(const struct table *table, uint32_t entry)
{
    check(entry < table->n);
    const struct cell *cell = &table->cell[entry];
    if (cell->len > KEY_INLINE)
        return (struct slice){ (const void *)(uintptr_t)cell->k1, cell->len };
    return (struct slice){ &cell->k0, cell->len };
}

void table_keys(const struct table *table, const uint32_t *entry, uint32_t n, struct slice *key)
{
    for (uint32_t i = 0; i < n && i < TABLE_AHEAD; i++)
        __builtin_prefetch(&table->cell[entry[i]]);
    for (uint32_t i = 0; i < n; i++) {
        if (i + TABLE_AHEAD < n)
            __builtin_prefetch(&table->cell[entry[i + TABLE_AHEAD]]);
        key[i] = table_key(table, entry[i]);
    }
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
    return slots * sizeof(struct slot) + table->cap * sizeof(struct cell) + table->bytes.total;
}
