#include "op/panes.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/codec.h"
#include "column/pack.h"
#include "op/widen.h"

#define TAG_END 0
#define TAG_ROWS 'r'

static struct pane *panes_open(struct panes *panes, uint64_t tick)
{
    check(panes->n == 0 || panes->at[panes->n - 1].tick < tick);
    if (panes->n == panes->cap) {
        panes->cap = panes->cap ? panes->cap * 2 : 16;
        panes->at = mem_realloc(panes->at, panes->cap * sizeof *panes->at);
    }
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

void panes_drop(struct panes *panes, uint64_t tick)
{
    uint32_t n = 0;
    for (; n < panes->n && panes->at[n].tick <= tick; n++) {
        panes->n_rows -= panes->at[n].rows.n;
        collect_free(&panes->at[n].rows);
    }
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

void panes_write(struct panes *panes, bool whole, struct arena *arena, struct buf *out)
{
    for (uint32_t i = 0; i < panes->n; i++) {
        struct pane *pane = &panes->at[i];
        for (uint32_t row = whole ? 0 : pane->written; row < pane->rows.n;) {
            struct arena_mark mark = arena_mark(arena);
            struct column column;
            pane_get(panes, pane, row, arena, &column);
            buf_put_u8(out, TAG_ROWS);
            buf_put_u64(out, pane->tick);
            buf_put_u32(out, column.n);
            pack_column(out, &column, (struct sel){ .n = column.n }, arena);
            row += column.n;
            arena_rewind(arena, mark);
        }
        if (!whole)
            pane->written = pane->rows.n;
    }
    buf_put_u8(out, TAG_END);
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
    for (uint8_t tag; (tag = reader_u8(reader)) != TAG_END;) {
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
    panes_drop(panes, UINT64_MAX);
    mem_free(panes->at);
    *panes = (struct panes){ .type = panes->type };
}
