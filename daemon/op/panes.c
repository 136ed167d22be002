#include "op/panes.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/codec.h"
#include "column/pack.h"
#include "op/widen.h"

#define TAG_ROWS 'r'

/* Room for one more. */
static void list_grow(struct pane **at, uint32_t n, uint32_t *cap)
{
    if (n < *cap)
        return;
    *cap = *cap ? *cap * 2 : 16;
    *at = mem_realloc(*at, *cap * sizeof **at);
}

static struct pane *panes_open(struct panes *panes, uint64_t tick)
{
    check(panes->n == 0 || panes->at[panes->n - 1].tick < tick);
    list_grow(&panes->at, panes->n, &panes->cap);
    struct pane *pane = &panes->at[panes->n++];
    *pane = (struct pane){ .tick = tick, .rows.max = UINT64_MAX };
    return pane;
}

void panes_add(struct panes *panes, uint64_t tick, struct collect *rows)
{
    if (!rows->n)
        return;
    struct pane *pane = panes_open(panes, tick);
    struct collect empty = pane->rows;
    pane->rows = *rows;
    *rows = empty;
    panes->n_rows += pane->rows.n;
}

/* It is in no window any more, but perhaps in the copy. */
static void panes_drop_one(struct panes *panes, struct pane *pane)
{
    struct panes_save *save = &panes->save;
    panes->n_rows -= pane->rows.n;
    if (!save->on || pane->tick < save->tick || pane->tick > save->last) {
        collect_free(&pane->rows);
        return;
    }
    list_grow(&save->dropped, save->n, &save->cap);
    save->dropped[save->n++] = *pane;
}

void panes_drop(struct panes *panes, uint64_t tick)
{
    uint32_t n = 0;
    for (; n < panes->n && panes->at[n].tick <= tick; n++)
        panes_drop_one(panes, &panes->at[n]);
    if (n)
        memmove(panes->at, panes->at + n, (panes->n - n) * sizeof *panes->at);
    panes->n -= n;
}

static void pane_get(const struct panes *panes, const struct pane *pane, uint32_t from,
                     struct arena *arena, struct column *out)
{
    uint32_t n = pane->rows.n - from < GATHER_ROWS ? pane->rows.n - from : GATHER_ROWS;
    struct slice *slices = arena_alloc(arena, n * sizeof *slices);
    for (uint32_t i = 0; i < n; i++)
        slices[i] = collect_slice(&pane->rows, from + i);
    codec_get(arena, panes->type, slices, n, out);
    out->n = n;
}

bool panes_next(const struct panes *panes, struct panes_walk *walk, struct arena *arena,
                struct rows *rows)
{
    for (; walk->pane < panes->n; walk->pane++, walk->row = 0) {
        const struct pane *pane = &panes->at[walk->pane];
        if (pane->tick <= walk->after || walk->row == pane->rows.n)
            continue;
        if (pane->tick > walk->up_to)
            return false;
        *rows = (struct rows){ 0 };
        pane_get(panes, pane, walk->row, arena, &rows->column);
        rows->n = rows->sel.n = rows->column.n;
        walk->row += rows->n;
        return true;
    }
    return false;
}

/* ---- beyond the batch */

/* Some rows of a pane, from `row` on; returns how many. */
static uint32_t pane_put(const struct panes *panes, const struct pane *pane, uint32_t row,
                         struct arena *arena, struct buf *out)
{
    struct arena_mark mark = arena_mark(arena);
    struct column column;
    pane_get(panes, pane, row, arena, &column);
    buf_put_u8(out, TAG_ROWS);
    buf_put_u64(out, pane->tick);
    buf_put_u32(out, column.n);
    pack_column(out, &column, (struct sel){ .n = column.n }, arena);
    arena_rewind(arena, mark);
    return column.n;
}

void panes_write(struct panes *panes, struct arena *arena, struct buf *out)
{
    for (uint32_t i = 0; i < panes->n; i++) {
        struct pane *pane = &panes->at[i];
        while (pane->written < pane->rows.n)
            pane->written += pane_put(panes, pane, pane->written, arena, out);
    }
    buf_put_u8(out, PANES_END);
}

void panes_save_begin(struct panes *panes)
{
    check(!panes->save.on);
    uint64_t last = panes->n ? panes->at[panes->n - 1].tick : 0;
    panes->save = (struct panes_save){ .on = true, .last = last };
}

static void panes_save_end(struct panes *panes)
{
    struct panes_save *save = &panes->save;
    for (uint32_t i = 0; i < save->n; i++)
        collect_free(&save->dropped[i].rows);
    mem_free(save->dropped);
    *save = (struct panes_save){ 0 };
}

/* The pane of the copy that is written next; NULL: all are. Dropped ones are older than the others. */
static const struct pane *panes_save_next(const struct panes *panes)
{
    const struct panes_save *save = &panes->save;
    for (uint32_t i = 0; i < save->n; i++)
        if (save->dropped[i].tick >= save->tick)
            return &save->dropped[i];
    for (uint32_t i = 0; i < panes->n; i++)
        if (panes->at[i].tick >= save->tick && panes->at[i].tick <= save->last)
            return &panes->at[i];
    return NULL;
}

bool panes_save(struct panes *panes, size_t to, struct arena *arena, struct buf *out)
{
    struct panes_save *save = &panes->save;
    const struct pane *pane;
    while ((pane = panes_save_next(panes)) && out->len < to) {
        save->tick = pane->tick;
        save->row += pane_put(panes, pane, save->row, arena, out);
        if (save->row < pane->rows.n)
            continue;
        save->row = 0;
        save->tick++;
    }
    buf_put_u8(out, PANES_END);
    if (pane)
        return true;
    panes_save_end(panes);
    return false;
}

static bool panes_read_rows(struct panes *panes, struct reader *reader, const struct type *stored,
                            struct arena *arena)
{
    uint64_t tick = reader_u64(reader), last = panes->n ? panes->at[panes->n - 1].tick : 0;
    uint32_t n = reader_u32(reader);
    struct column read, rows;
    if (n == 0 || n > GATHER_ROWS || tick == 0 || tick < last ||
        !unpack_column(reader, stored, n, arena, &read))
        return false;
    widen(arena, &read, panes->type, &rows);
    struct pane *pane = tick == last ? &panes->at[panes->n - 1] : panes_open(panes, tick);
    collect_take(&pane->rows, &rows, (struct sel){ .n = n });
    pane->written = pane->rows.n;
    panes->n_rows += n;
    return true;
}

bool panes_read(struct panes *panes, struct reader *reader, const struct type *stored,
                uint64_t keep, struct arena *arena)
{
    for (uint8_t tag; (tag = reader_u8(reader)) != PANES_END;) {
        struct arena_mark mark = arena_mark(arena);
        bool ok = tag == TAG_ROWS && panes_read_rows(panes, reader, stored, arena);
        arena_rewind(arena, mark);
        if (!ok)
            return false;
        uint64_t last = panes->at[panes->n - 1].tick;
        if (last > keep)
            panes_drop(panes, last - keep);
    }
    return !reader->bad;
}

size_t panes_bytes(const struct panes *panes)
{
    size_t n = panes->cap * sizeof *panes->at;
    for (uint32_t i = 0; i < panes->n; i++)
        n += collect_bytes(&panes->at[i].rows);
    return n;
}

void panes_free(struct panes *panes)
{
    panes_save_end(panes);
    panes_drop(panes, UINT64_MAX);
    mem_free(panes->at);
    *panes = (struct panes){ .type = panes->type };
}
