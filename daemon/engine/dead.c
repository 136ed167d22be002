#include "engine/dead.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/quote.h"

bool dead_full(const struct dead *dead)
{
    return dead->n >= DEAD_MAX || dead->arena.total >= DEAD_BYTES_MAX;
}

bool dead_half_full(const struct dead *dead)
{
    return dead->n >= DEAD_MAX / 2 || dead->arena.total >= DEAD_BYTES_MAX / 2;
}

const char *dead_reason(struct arena *arena, struct slice said)
{
    return arena_strndup(arena, said.ptr, quote_cut(said.ptr, said.len, DEAD_REASON_MAX));
}

static struct slice dead_copy(struct dead *dead, struct slice bytes)
{
    if (!bytes.ptr)
        return bytes; /* absent stays absent */
    void *copy = arena_alloc(&dead->arena, bytes.len);
    if (bytes.len)
        memcpy(copy, bytes.ptr, bytes.len);
    return (struct slice){ copy, bytes.len };
}

void dead_add(struct dead *dead, const struct engine_dead *item)
{
    dead->errors++;
    if (dead_full(dead))
        return;
    if (dead->n == dead->cap) {
        dead->cap = dead->cap ? dead->cap * 2 : 16;
        dead->items = mem_realloc(dead->items, dead->cap * sizeof *dead->items);
    }
    struct engine_dead *kept = &dead->items[dead->n++];
    *kept = *item;
    kept->topic = arena_strdup(&dead->arena, item->topic);
    kept->reason = arena_strdup(&dead->arena, item->reason);
    kept->key = dead_copy(dead, item->key);
    kept->value = dead_copy(dead, item->value);
}

/* ---- what comes again and again */

/* Where the item stands among those that are known, or would. */
static uint32_t *dead_slot(const struct dead *dead, const struct engine_dead *item)
{
    uint64_t hash = hash64(item->value.ptr, item->value.len, 0);
    for (size_t i = hash & (dead->known_cap - 1);; i = (i + 1) & (dead->known_cap - 1)) {
        if (!dead->known[i])
            return &dead->known[i];
        const struct engine_dead *known = &dead->items[dead->known[i] - 1];
        if (known->place == item->place && known->value.len == item->value.len &&
            (!item->value.len || memcmp(known->value.ptr, item->value.ptr, item->value.len) == 0))
            return &dead->known[i];
    }
}

static void dead_grow_known(struct dead *dead)
{
    uint32_t *old = dead->known;
    size_t cap = dead->known_cap;
    dead->known_cap = cap ? cap * 2 : 64;
    dead->known = mem_zalloc(dead->known_cap * sizeof *dead->known);
    for (size_t i = 0; i < cap; i++)
        if (old[i])
            *dead_slot(dead, &dead->items[old[i] - 1]) = old[i];
    mem_free(old);
}

bool dead_once(struct dead *dead, const struct engine_dead *item)
{
    if (dead->n_known * 2 >= dead->known_cap)
        dead_grow_known(dead);
    uint32_t *slot = dead_slot(dead, item);
    if (*slot)
        return false;
    if (dead_full(dead))
        return true; /* it will not be kept */
    *slot = (uint32_t)dead->n + 1;
    dead->n_known++;
    return true;
}

void dead_forget(struct dead *dead)
{
    mem_free(dead->known);
    dead->known = NULL;
    dead->n_known = dead->known_cap = 0;
}

void dead_say(struct dead *dead, const char *place, struct slice text)
{
    while (text.len && ((const char *)text.ptr)[text.len - 1] == '\n')
        text.len--;
    if (!text.len || dead->n_said == DEAD_SAID_MAX)
        return;
    const char *copy = arena_strndup(&dead->arena, text.ptr, text.len);
    dead->said[dead->n_said++] = (struct engine_said){ place, copy };
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void dead_sort(struct dead *dead)
{
    uint64_t *order = mem_alloc(dead->n * sizeof *order);
    struct engine_dead *sorted = mem_alloc(dead->n * sizeof *sorted);
    for (size_t i = 0; i < dead->n; i++)
        order[i] = (uint64_t)dead->items[i].source << 32 | i;
    qsort(order, dead->n, sizeof *order, by_number);
    for (size_t i = 0; i < dead->n; i++)
        sorted[i] = dead->items[order[i] & UINT32_MAX];
    mem_free(order);
    mem_free(dead->items);
    dead->items = sorted;
    dead->cap = dead->n;
}

void dead_clear(struct dead *dead)
{
    arena_reset(&dead->arena);
    dead->n = 0;
    dead->errors = dead->n_said = 0;
}

void dead_free(struct dead *dead)
{
    arena_free(&dead->arena);
    mem_free(dead->items);
    dead_forget(dead);
    *dead = (struct dead){ 0 };
}
