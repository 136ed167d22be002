#include "op/cell.h"

#include <string.h>

#include "column/codec.h"
#include "column/kernel.h"

#define CELL_AHEAD 32u /* cells that are fetched before they are looked at */

struct cell_bytes { /* what the cell of a value that is no word points to */
    size_t n, cap;
    uint8_t bytes[];
};

bool cell_is_word(const struct type *type)
{
    return type->kind == K_INT || type->kind == K_TIME || type->kind == K_DOUBLE ||
           type->kind == K_BOOL;
}

/* The bytes of a cell with room for n; a value that grows gets twice as much, so what it leaves behind is no more than it. */
static struct cell_bytes *cell_room(struct table *table, uint64_t *cell, size_t n)
{
    struct cell_bytes *kept = (void *)(uintptr_t)*cell;
    if (kept && kept->cap >= n)
        return kept;
    size_t cap = kept ? 2 * n : n;
    kept = table_keep(table, sizeof *kept + cap);
    kept->cap = cap;
    *cell = (uint64_t)(uintptr_t)kept;
    return kept;
}

static bool cell_put_bytes(struct table *table, uint64_t *cell, struct slice bytes)
{
    struct cell_bytes *kept = (void *)(uintptr_t)*cell;
    if (kept && kept->n == bytes.len && (!kept->n || !memcmp(kept->bytes, bytes.ptr, kept->n)))
        return false;
    kept = cell_room(table, cell, bytes.len);
    kept->n = bytes.len;
    if (kept->n)
        memcpy(kept->bytes, bytes.ptr, kept->n);
    return true;
}

bool cell_put(struct table *table, uint32_t entry, const struct column *column, uint32_t row,
              struct buf *scratch)
{
    uint64_t *cell = &table_cells(table)[entry].value, before = *cell;
    uint32_t at = column_row(column, row);
    if (column->type->kind == K_BOOL) {
        *cell = column->b8[at];
    } else if (cell_is_word(column->type)) {
        memcpy(cell, &column->i64[at], sizeof *cell);
    } else {
        buf_clear(scratch);
        codec_put(scratch, column, row);
        return cell_put_bytes(table, cell, buf_slice(scratch));
    }
    return *cell != before;
}

/* Both begin with how many there are: bytes, or elements; what follows is the same behind one another. */
bool cell_append(struct table *table, uint32_t entry, const struct column *column, uint32_t row,
                 struct buf *scratch)
{
    uint64_t *cell = &table_cells(table)[entry].value;
    struct cell_bytes *kept = (void *)(uintptr_t)*cell, *before = kept;
    uint32_t have, more, max = column->type->kind == K_LIST ? COLUMN_ROWS_MAX : STRING_MAX;
    buf_clear(scratch);
    codec_put(scratch, column, row);
    memcpy(&have, kept->bytes, sizeof have);
    memcpy(&more, scratch->ptr, sizeof more);
    if (more > max || have > max - more)
        return false;
    size_t n = before->n + scratch->len - sizeof more;
    kept = cell_room(table, cell, n);
    if (kept != before)
        memcpy(kept->bytes, before->bytes, before->n);
    have += more;
    memcpy(kept->bytes, &have, sizeof have);
    memcpy(kept->bytes + before->n, scratch->ptr + sizeof more, scratch->len - sizeof more);
    kept->n = n;
    return true;
}

void cell_column(const struct type *type, const uint64_t *cell, uint32_t n, struct arena *arena,
                 struct column *out)
{
    if (cell_is_word(type)) {
        column_alloc(arena, type, n, out);
        for (uint32_t i = 0; i < n && type->kind == K_BOOL; i++)
            out->b8[i] = (uint8_t)cell[i];
        if (n && type->kind != K_BOOL)
            memcpy(out->i64, cell, n * sizeof *cell);
        return;
    }
    struct slice *rows = arena_alloc(arena, n * sizeof *rows);
    for (uint32_t i = 0; i < n; i++) {
        const struct cell_bytes *kept = (const void *)(uintptr_t)cell[i];
        rows[i] = (struct slice){ kept->bytes, kept->n };
    }
    codec_get(arena, type, rows, n, out);
}

void cell_get(const struct table *table, const struct type *type, struct sel entries,
              struct arena *arena, struct column *out)
{
    const struct cell *from = table_cells(table);
    uint64_t *cell = arena_alloc(arena, entries.n * sizeof *cell);
    for (uint32_t i = 0; i < entries.n && i < CELL_AHEAD; i++)
        __builtin_prefetch(&from[entries.row[i]]);
    for (uint32_t i = 0; i < entries.n; i++) {
        if (i + CELL_AHEAD < entries.n)
            __builtin_prefetch(&from[entries.row[i + CELL_AHEAD]]);
        cell[i] = from[entries.row[i]].value;
    }
    cell_column(type, cell, entries.n, arena, out);
}

void cell_key_column(const struct type *type, const struct slice *keys, uint32_t n,
                     struct arena *arena, struct column *out)
{
    if (type->kind != K_STRING && type->kind != K_BYTES) {
        codec_get(arena, type, keys, n, out);
        return;
    }
    column_alloc(arena, type, n, out);
    for (uint32_t i = 0; i < n; i++) {
        out->ptr[i] = keys[i].ptr;
        out->len[i] = (uint32_t)keys[i].len;
    }
}

struct slice cell_slice(const struct table *table, const struct type *type, uint32_t entry)
{
    const uint64_t *cell = &table_cells(table)[entry].value;
    const struct cell_bytes *kept = (const void *)(uintptr_t)*cell;
    if (cell_is_word(type)) /* its first byte is its lowest */
        return (struct slice){ cell, type->kind == K_BOOL ? 1 : sizeof *cell };
    return (struct slice){ kept->bytes, kept->n };
}

void cell_keys(const struct table *table, const struct type *type, struct sel entries,
               struct arena *arena, struct column *out)
{
    struct slice *keys = arena_alloc(arena, entries.n * sizeof *keys);
    table_keys(table, entries.row, entries.n, keys);
    cell_key_column(type, keys, entries.n, arena, out);
}
