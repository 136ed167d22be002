#include "op/sliding.h"

#include <math.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/number.h"
#include "op/cell.h"

#define NONE UINT32_MAX

struct sliding_undo { /* what the front held of a key before an older batch was folded in */
    uint32_t entry;
    bool was_in;
    uint32_t prev; /* in the list */
    uint64_t front;
};

struct sliding_pane {
    uint64_t tick, most; /* the greatest absolute value */
    uint32_t undo;       /* of the front: how many there were before it */
};

bool sliding_can(const struct op *op)
{
    bool whole = op->pair->member[1]->kind == K_INT;
    return op->fold == FOLD_MIN || op->fold == FOLD_MAX || (op->fold == FOLD_SUM && whole);
}

/* ---- folding */

static double double_of(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Of two values the older one first, as op/fold.c has it. */
static uint64_t sliding_join(const struct op *op, uint64_t older, uint64_t newer)
{
    bool least = op->fold == FOLD_MIN;
    if (op->fold == FOLD_SUM)
        return older + newer;
    if (op->pair->member[1]->kind == K_INT) {
        int64_t a = (int64_t)older, b = (int64_t)newer;
        return (least ? a < b : a > b) ? older : newer;
    }
    double a = double_of(older), b = double_of(newer);
    return (least ? number_is_least(a, b) : number_is_most(a, b)) ? older : newer;
}

static uint64_t sliding_value(const struct sliding *sliding, const struct sliding_key *key)
{
    if (!key->in_front || !key->in_back)
        return key->in_front ? key->front : key->back;
    return sliding_join(sliding->op, key->front, key->back);
}

/* ---- panes */

struct entries { /* the rows of a pane */
    uint32_t n, *entry;
    uint64_t *value;
};

static void sliding_make_room(struct sliding *sliding)
{
    uint32_t n = table_count(sliding->keys.table), before = sliding->cap;
    if (n <= before)
        return;
    sliding->cap = n < 64 ? 64 : n * 2;
    sliding->key = mem_realloc(sliding->key, sliding->cap * sizeof *sliding->key);
    memset(sliding->key + before, 0, (sliding->cap - before) * sizeof *sliding->key);
}

static void sliding_read(struct sliding *sliding, const struct panes *panes, uint32_t pane,
                         struct arena *arena, struct entries *out)
{
    struct panes_walk walk = { .pane = pane, .up_to = panes->at[pane].tick };
    struct rows rows;
    uint32_t n = panes->at[pane].rows.n, done = 0;
    out->entry = arena_alloc(arena, n * sizeof *out->entry);
    out->value = arena_alloc(arena, n * sizeof *out->value);
    out->n = n;
    struct arena_mark mark = arena_mark(arena);
    while (done < n && panes_next(panes, &walk, arena, &rows)) {
        memcpy(out->value + done, rows.column.child[1].i64, rows.n * sizeof *out->value);
        for (uint32_t at = 0, found; at < rows.n; at += found, done += found) {
            found = lookup_find(&sliding->keys, &rows.column.child[0], rows.sel, at);
            memcpy(out->entry + done, sliding->keys.entry, found * sizeof *out->entry);
        }
        arena_rewind(arena, mark);
    }
    sliding_make_room(sliding);
}

static void sliding_add_pane(struct sliding *sliding, uint64_t tick, const struct entries *rows)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < rows->n; i++) {
        uint64_t value = rows->value[i] >> 63 ? 0 - rows->value[i] : rows->value[i];
        most = value > most ? value : most;
    }
    if (sliding->n_pane == sliding->pane_cap) {
        sliding->pane_cap = sliding->pane_cap ? sliding->pane_cap * 2 : 16;
        sliding->pane = mem_realloc(sliding->pane, sliding->pane_cap * sizeof *sliding->pane);
    }
    sliding->pane[sliding->n_pane++] = (struct sliding_pane){ .tick = tick, .most = most };
}

/* ---- the front */

static void list_link(struct sliding *sliding, uint32_t entry, uint32_t prev)
{
    struct sliding_key *key = &sliding->key[entry];
    uint32_t *from = prev == NONE ? &sliding->head : &sliding->key[prev].next;
    key->prev = prev;
    key->next = *from;
    *from = entry;
    if (key->next != NONE)
        sliding->key[key->next].prev = entry;
}

static void list_unlink(struct sliding *sliding, uint32_t entry)
{
    struct sliding_key *key = &sliding->key[entry];
    *(key->prev == NONE ? &sliding->head : &sliding->key[key->prev].next) = key->next;
    if (key->next != NONE)
        sliding->key[key->next].prev = key->prev;
}

/* An older value of a key. */
static void front_push(struct sliding *sliding, uint32_t entry, uint64_t value)
{
    struct sliding_key *key = &sliding->key[entry];
    if (sliding->n_undo == sliding->undo_cap) {
        sliding->undo_cap = sliding->undo_cap ? sliding->undo_cap * 2 : 256;
        sliding->undo = mem_realloc(sliding->undo, sliding->undo_cap * sizeof *sliding->undo);
    }
    sliding->undo[sliding->n_undo++] =
        (struct sliding_undo){ entry, key->in_front, key->prev, key->front };
    if (key->in_front)
        list_unlink(sliding, entry);
    key->front = key->in_front ? sliding_join(sliding->op, value, key->front) : value;
    key->in_front = true;
    list_link(sliding, entry, NONE);
}

/* Takes back what was pushed last. */
static void front_pop(struct sliding *sliding)
{
    const struct sliding_undo *undo = &sliding->undo[--sliding->n_undo];
    struct sliding_key *key = &sliding->key[undo->entry];
    check(sliding->head == undo->entry);
    list_unlink(sliding, undo->entry);
    key->front = undo->front;
    key->in_front = undo->was_in;
    if (undo->was_in)
        list_link(sliding, undo->entry, undo->prev);
}

/* All panes become the front. */
static void sliding_turn(struct sliding *sliding, const struct panes *panes, struct arena *arena)
{
    table_reset(sliding->keys.table);
    if (sliding->cap)
        memset(sliding->key, 0, sliding->cap * sizeof *sliding->key);
    sliding->head = NONE;
    sliding->came.n = sliding->n_undo = sliding->first = sliding->n_pane = 0;
    for (uint32_t i = panes->n; i-- > 0;) {
        struct arena_mark mark = arena_mark(arena);
        struct entries rows;
        uint32_t undo = sliding->n_undo;
        sliding_read(sliding, panes, i, arena, &rows);
        for (uint32_t k = rows.n; k-- > 0;)
            front_push(sliding, rows.entry[k], rows.value[k]);
        sliding_add_pane(sliding, panes->at[i].tick, &rows);
        sliding->pane[sliding->n_pane - 1].undo = undo;
        arena_rewind(arena, mark);
    }
    for (uint32_t i = 0; i < sliding->n_pane / 2; i++) { /* oldest first */
        struct sliding_pane pane = sliding->pane[i];
        sliding->pane[i] = sliding->pane[sliding->n_pane - 1 - i];
        sliding->pane[sliding->n_pane - 1 - i] = pane;
    }
}

/* ---- the back */

static void sliding_come(struct sliding *sliding, const struct panes *panes, uint32_t pane,
                         struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    struct entries rows;
    sliding_read(sliding, panes, pane, arena, &rows);
    for (uint32_t i = 0; i < rows.n; i++) {
        struct sliding_key *key = &sliding->key[rows.entry[i]];
        key->back =
            key->in_back ? sliding_join(sliding->op, key->back, rows.value[i]) : rows.value[i];
        if (!key->in_back)
            numbers_add(&sliding->came, rows.entry[i]);
        key->in_back = true;
    }
    sliding_add_pane(sliding, panes->at[pane].tick, &rows);
    arena_rewind(arena, mark);
}

static void sliding_leave(struct sliding *sliding, uint64_t after)
{
    for (; sliding->first < sliding->n_pane; sliding->first++) {
        const struct sliding_pane *pane = &sliding->pane[sliding->first];
        if (pane->tick > after)
            return;
        while (sliding->n_undo > pane->undo)
            front_pop(sliding);
    }
}

/* No sum on the way can be greater than that of the greatest values. */
static bool sliding_is_safe(const struct sliding *sliding)
{
    uint64_t sum = 0;
    for (uint32_t i = sliding->first; i < sliding->n_pane; i++)
        if (__builtin_add_overflow(sum, sliding->pane[i].most, &sum) || sum > INT64_MAX)
            return sliding->op->fold != FOLD_SUM;
    return true;
}

bool sliding_fire(struct sliding *sliding, const struct panes *panes, uint64_t after,
                  uint64_t up_to, const struct op_run *run)
{
    if (!sliding->keys.table)
        lookup_open(&sliding->keys, sliding->seed, 0);
    if (sliding->last == 0 || after > sliding->turn) {
        sliding_turn(sliding, panes, run->arena);
        sliding->turn = up_to;
    } else {
        sliding_leave(sliding, after);
        for (uint32_t i = 0; i < panes->n; i++)
            if (panes->at[i].tick > sliding->last)
                sliding_come(sliding, panes, i, run->arena);
    }
    sliding->last = up_to;
    return sliding_is_safe(sliding);
}

/* ---- the window */

enum { GIVE_BEGIN, GIVE_FRONT, GIVE_BACK };

/* The next key of it; NONE: there are no more. give->at: the key of the front, or the place in the back. */
static uint32_t sliding_next(const struct sliding *sliding, struct give *give)
{
    if (give->entry == GIVE_BEGIN)
        *give = (struct give){ .entry = GIVE_FRONT, .at = sliding->head };
    if (give->entry == GIVE_FRONT && give->at != NONE) {
        uint32_t entry = (uint32_t)give->at;
        give->at = sliding->key[entry].next;
        return entry;
    }
    if (give->entry == GIVE_FRONT)
        *give = (struct give){ .entry = GIVE_BACK };
    while (give->at < sliding->came.n) {
        uint32_t entry = sliding->came.at[give->at++];
        if (!sliding->key[entry].in_front)
            return entry;
    }
    return NONE;
}

bool sliding_give(const struct sliding *sliding, struct give *give, struct arena *arena,
                  struct rows *rows)
{
    const struct type *type = sliding->op->pair;
    uint32_t *entry = arena_alloc(arena, GATHER_ROWS * sizeof *entry), n = 0, next;
    while (n < GATHER_ROWS && (next = sliding_next(sliding, give)) != NONE)
        entry[n++] = next;
    if (!n)
        return false;
    struct column *member = arena_alloc(arena, 2 * sizeof *member);
    cell_keys(sliding->keys.table, type->member[0], (struct sel){ entry, n }, arena, &member[0]);
    column_alloc(arena, type->member[1], n, &member[1]);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t value = sliding_value(sliding, &sliding->key[entry[i]]);
        memcpy(&member[1].i64[i], &value, sizeof value);
    }
    *rows = rows_of(n);
    rows->column = (struct column){ .type = type, .n = n, .n_child = 2, .child = member };
    return true;
}

size_t sliding_bytes(const struct sliding *sliding)
{
    size_t keys = sliding->keys.table ? lookup_bytes(&sliding->keys) : 0;
    return keys + sliding->cap * sizeof *sliding->key + sliding->undo_cap * sizeof *sliding->undo +
           sliding->pane_cap * sizeof *sliding->pane + sliding->came.cap * sizeof *sliding->came.at;
}

void sliding_free(struct sliding *sliding)
{
    if (sliding->keys.table)
        lookup_free(&sliding->keys);
    mem_free(sliding->key);
    mem_free(sliding->undo);
    mem_free(sliding->pane);
    mem_free(sliding->came.at);
    *sliding = (struct sliding){ .op = sliding->op, .seed = sliding->seed };
}
