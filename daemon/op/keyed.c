#include "op/keyed.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "op/cell.h"

void keyed_open(struct keyed *keyed, uint64_t seed, uint64_t fresh)
{
    *keyed = (struct keyed){ .seed = key_seed_of(seed) };
    for (uint32_t i = 0; i < SHARDS; i++)
        keyed->shard[i].table = table_new(&keyed->seed, fresh);
}

void keyed_reset(struct keyed *keyed)
{
    for (uint32_t i = 0; i < SHARDS; i++)
        table_reset(keyed->shard[i].table);
    keyed->n = 0;
}

size_t keyed_bytes(const struct keyed *keyed)
{
    size_t n = keyed->cap * sizeof *keyed->order;
    for (uint32_t i = 0; i < SHARDS; i++)
        n += table_bytes(keyed->shard[i].table) + keyed->shard[i].cap * sizeof(uint64_t);
    return n;
}

void keyed_close(struct keyed *keyed)
{
    for (uint32_t i = 0; i < SHARDS; i++) {
        table_free(keyed->shard[i].table);
        mem_free(keyed->shard[i].born);
    }
    mem_free(keyed->order);
}

/* ---- rows in */

/* The high bits: the low ones say where in its table a key stands. */
static inline uint32_t shard_of(uint64_t hash)
{
    return (uint32_t)(hash / (UINT64_MAX / SHARDS + 1));
}

static void *copy(struct arena *arena, const void *bytes, size_t n)
{
    return memcpy(arena_alloc(arena, n), bytes, n);
}

struct splitting {
    struct arena *arena;
    struct split *split;
    struct keys *last[SHARDS];
};

static struct keys *splitting_more(struct splitting *splitting, uint32_t shard)
{
    struct keys *keys = arena_alloc(splitting->arena, sizeof *keys), *last = splitting->last[shard];
    keys->next = NULL;
    keys->n = 0;
    if (last)
        last->next = keys;
    else
        splitting->split->first[shard] = keys;
    return splitting->last[shard] = keys;
}

/* Where the next key of a shard goes. */
static inline struct key *splitting_next(struct splitting *splitting, uint32_t shard)
{
    struct keys *keys = splitting->last[shard];
    if (!keys || keys->n == KEYS_GROUP)
        keys = splitting_more(splitting, shard);
    return &keys->key[keys->n++];
}

static void rows_of_sel(struct sel sel, uint32_t at, uint32_t n, uint32_t row[KEYS_GROUP])
{
    for (uint32_t i = 0; i < n; i++)
        row[i] = sel.row ? sel.row[at + i] : at + i;
}

/* Keys of any type. With one shard they are made where they stay. */
static void split_any(struct splitting *splitting, const struct key_seed *seed,
                      const struct column *column, struct sel sel, const struct op_run *run)
{
    bool own = column->type->kind != K_STRING && column->type->kind != K_BYTES;
    struct keys group, *keys = &group;
    uint32_t row[KEYS_GROUP];
    for (uint32_t at = 0; at < sel.n; at += keys->n) {
        if (run->shards == 1)
            keys = splitting_more(splitting, 0);
        keys->n = sel.n - at < KEYS_GROUP ? sel.n - at : KEYS_GROUP;
        rows_of_sel(sel, at, keys->n, row);
        keys_of_column(keys, seed, column, row, run->scratch);
        for (uint32_t i = 0; i < keys->n && own; i++)
            if (keys->key[i].len > KEY_INLINE)
                keys->key[i].ptr = copy(run->arena, keys->key[i].ptr, keys->key[i].len);
        for (uint32_t i = 0; i < keys->n && run->shards > 1; i++)
            *splitting_next(splitting, shard_of(key_hash(&keys->key[i]))) = keys->key[i];
    }
}

/* Strings, most of them short. A key is made in place: through a copy its parts, written one by one and read as a whole, would
 * wait for each other. */
static void split_views(struct splitting *splitting, const struct key_seed *of,
                        const struct column *column, struct sel sel)
{
    const struct key_seed seed = *of;
    const char *const *ptrs = column->ptr;
    const uint32_t *lens = column->len;
    for (uint32_t i = 0; i < sel.n; i++) {
        uint32_t row = sel.row ? sel.row[i] : i, len = lens[row];
        const char *ptr = ptrs[row];
        if (__builtin_expect(key_is_odd(ptr, len), 0)) {
            struct key key = { .len = len, .row = row };
            key_of_odd(&key, &seed, ptr);
            *splitting_next(splitting, shard_of(key_hash(&key))) = key;
            continue;
        }
        struct key_words words = key_words(ptr, len);
        uint64_t hash = key_hash_words(&seed, words.k0, words.k1, len);
        struct key *key = splitting_next(splitting, shard_of(hash));
        key->k0 = words.k0;
        key->k1 = words.k1;
        key->hash = hash;
        key->len = len;
        key->row = row;
    }
}

static void split_numbers(struct splitting *splitting, const struct key_seed *of,
                          const struct column *column, struct sel sel)
{
    const struct key_seed seed = *of;
    for (uint32_t i = 0; i < sel.n; i++) {
        uint32_t row = sel.row ? sel.row[i] : i;
        uint64_t word = (uint64_t)column->i64[row];
        uint64_t hash = key_hash_words(&seed, word, 0, sizeof word);
        struct key *key = splitting_next(splitting, shard_of(hash));
        *key = (struct key){ .k0 = word, .hash = hash, .len = sizeof word, .row = row };
    }
}

void keyed_split(const struct keyed *keyed, struct rows *rows, const struct column *keys,
                 const struct op_run *run)
{
    struct split *split = arena_zalloc(run->arena, sizeof *split);
    struct splitting splitting = { .arena = run->arena, .split = split };
    enum kind kind = keys->is_const ? K_NOTHING : keys->type->kind;
    bool is_view = kind == K_STRING || kind == K_BYTES, is_number = kind == K_INT || kind == K_TIME;
    rows->split = split;
    if (run->shards == 1 && (is_view || is_number)) {
        split->is_later = true;
        split->column = *keys;
        split->sel = rows->sel;
        split->seed = keyed->seed;
    } else if (is_view) {
        split_views(&splitting, &keyed->seed, keys, rows->sel);
    } else if (is_number) {
        split_numbers(&splitting, &keyed->seed, keys, rows->sel);
    } else {
        split_any(&splitting, &keyed->seed, keys, rows->sel, run);
    }
}

const struct keys *split_next(const struct split *split, uint32_t shard, const struct keys *before,
                              struct keys *room)
{
    if (!split->is_later)
        return before ? before->next : split->first[shard];
    uint32_t row[KEYS_GROUP], at = before ? before->at + before->n : 0;
    uint32_t left = split->sel.n - at;
    if (shard || !left)
        return NULL;
    room->at = at;
    room->n = left < KEYS_GROUP ? left : KEYS_GROUP;
    rows_of_sel(split->sel, at, room->n, row);
    keys_of_column(room, &split->seed, &split->column, row, NULL);
    return room;
}

uint32_t split_count(const struct split *split, uint32_t shard)
{
    uint32_t n = split->is_later && shard == 0 ? split->sel.n : 0;
    for (const struct keys *keys = split->first[shard]; keys; keys = keys->next)
        n += keys->n;
    return n;
}

bool split_has(const struct split *split, uint32_t shard)
{
    return split->is_later ? shard == 0 : split->first[shard] != NULL;
}

static void shard_make_room(struct shard *shard)
{
    uint32_t n = table_count(shard->table);
    if (n <= shard->cap)
        return;
    shard->cap = n < 64 ? 64 : n * 2;
    shard->born = mem_realloc(shard->born, shard->cap * sizeof *shard->born);
}

void keyed_find(struct keyed *keyed, uint32_t index, const struct keys *keys, uint64_t number)
{
    struct shard *shard = &keyed->shard[index];
    uint32_t next = table_count(shard->table);
    table_find(shard->table, keys, shard->entry);
    if (table_count(shard->table) == next)
        return;
    shard_make_room(shard);
    for (uint32_t i = 0; i < keys->n; i++)
        if (shard->entry[i] == next)
            shard->born[next++] = number + keys->key[i].row;
}

void keyed_map(struct keyed *keyed, uint32_t index, const struct keyed *other, uint64_t number,
               uint32_t *entry)
{
    const struct shard *from = &other->shard[index];
    uint32_t count = table_count(from->table);
    const char *ptr[KEYS_GROUP];
    uint32_t len[KEYS_GROUP];
    struct keys keys = { .next = NULL };
    for (uint32_t at = 0; at < count; at += keys.n) {
        keys.n = count - at < KEYS_GROUP ? count - at : KEYS_GROUP;
        for (uint32_t i = 0; i < keys.n; i++) {
            struct slice key = table_key(from->table, at + i);
            ptr[i] = key.ptr;
            len[i] = (uint32_t)key.len;
        }
        keys_of_views(&keys, &keyed->seed, ptr, len, NULL);
        struct shard *shard = &keyed->shard[index];
        uint32_t next = table_count(shard->table);
        table_find(shard->table, &keys, entry + at);
        shard_make_room(shard);
        for (uint32_t i = 0; i < keys.n; i++)
            if (entry[at + i] == next)
                shard->born[next++] = number + from->born[at + i];
    }
}

/* ---- all of it */

static uint32_t count_all(const struct keyed *keyed)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < SHARDS; i++) {
        check(table_count(keyed->shard[i].table) < 1u << KEYED_BITS);
        n += table_count(keyed->shard[i].table);
    }
    check(n < UINT32_MAX);
    return (uint32_t)n;
}

struct
    merging { /* a tournament: the shard with the least number wins; least[1] is the winner of all */
    uint64_t next[SHARDS]; /* the number of each shard's next entry */
    uint32_t least[SHARDS];
};

static inline void merging_play(struct merging *merging, uint32_t match)
{
    const uint32_t *least = merging->least;
    uint32_t a = 2 * match, b = a + 1;
    uint32_t left = a < SHARDS ? least[a] : a - SHARDS, right = b < SHARDS ? least[b] : b - SHARDS;
    merging->least[match] = merging->next[left] < merging->next[right] ? left : right;
}

/* Each shard's entries ascend by number: they are merged. */
void keyed_order(struct keyed *keyed)
{
    struct merging merging;
    uint32_t entry[SHARDS] = { 0 }, count[SHARDS], n = count_all(keyed);
    if (keyed->cap < n) {
        keyed->cap = n;
        keyed->order = mem_realloc(keyed->order, n * sizeof *keyed->order);
    }
    for (uint32_t i = 0; i < SHARDS; i++) {
        count[i] = table_count(keyed->shard[i].table);
        merging.next[i] = count[i] ? keyed->shard[i].born[0] : UINT64_MAX;
    }
    for (uint32_t match = SHARDS - 1; match > 0; match--)
        merging_play(&merging, match);
    for (keyed->n = 0; keyed->n < n; keyed->n++) {
        uint32_t least = merging.least[1], at = entry[least]++;
        keyed->order[keyed->n] = least << KEYED_BITS | at;
        merging.next[least] = at + 1 < count[least] ? keyed->shard[least].born[at + 1] : UINT64_MAX;
        for (uint32_t match = (SHARDS + least) / 2; match > 0; match /= 2)
            merging_play(&merging, match);
    }
}

uint32_t *keyed_ranks(const struct keyed *keyed, uint32_t from[SHARDS], struct arena *arena)
{
    uint32_t *rank = arena_alloc(arena, keyed->n * sizeof *rank), n = 0;
    for (uint32_t i = 0; i < SHARDS; n += table_count(keyed->shard[i++].table))
        from[i] = n;
    for (uint32_t i = 0; i < keyed->n; i++)
        rank[from[place_shard(keyed->order[i])] + place_entry(keyed->order[i])] = i;
    return rank;
}

static const struct table *keyed_table(const struct keyed *keyed, uint32_t key, uint32_t *entry)
{
    check(key < keyed->n);
    *entry = place_entry(keyed->order[key]);
    return keyed->shard[place_shard(keyed->order[key])].table;
}

uint8_t keyed_failed(const struct keyed *keyed, uint32_t key)
{
    uint32_t entry;
    const struct table *table = keyed_table(keyed, key, &entry);
    return table_failed(table, entry);
}

uint32_t keyed_failures(const struct keyed *keyed)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < SHARDS; i++)
        n += table_failures(keyed->shard[i].table);
    return n;
}

void keyed_keys(const struct keyed *keyed, const struct type *type, struct sel keys,
                struct arena *arena, struct column *out)
{
    struct slice *slices = arena_alloc(arena, keys.n * sizeof *slices);
    for (uint32_t i = 0; i < keys.n; i++) {
        uint32_t entry;
        const struct table *table = keyed_table(keyed, keys.row[i], &entry);
        slices[i] = table_key(table, entry);
    }
    cell_key_column(type, slices, keys.n, arena, out);
}

void keyed_values(const struct keyed *keyed, const struct type *type, struct sel keys,
                  struct arena *arena, struct column *out)
{
    uint64_t *cells = arena_alloc(arena, keys.n * sizeof *cells);
    for (uint32_t i = 0; i < keys.n; i++) {
        uint32_t entry;
        const struct table *table = keyed_table(keyed, keys.row[i], &entry);
        cells[i] = table_cells(table)[entry].value;
    }
    cell_column(type, cells, keys.n, arena, out);
}
