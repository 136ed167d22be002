#include "engine/dead.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

bool dead_full(const struct dead *dead)
{
    return dead->n >= DEAD_MAX || dead->arena.total >= DEAD_BYTES_MAX;
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
    *dead = (struct dead){ 0 };
}
