#include "column/codec.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

/* ---- row to bytes */

static void put(struct buf *out, const struct column *column, uint32_t row, bool as_key);

static void put_u32(struct buf *out, uint32_t value)
{
    memcpy(buf_extend(out, sizeof value), &value, sizeof value);
}

static void put_view(struct buf *out, struct slice view)
{
    put_u32(out, (uint32_t)view.len);
    if (view.len)
        buf_put(out, view.ptr, view.len);
}

static int compare_keys(const void *a, const void *b, void *keys)
{
    struct slice x = column_slice(keys, *(const uint32_t *)a);
    struct slice y = column_slice(keys, *(const uint32_t *)b);
    size_t n = x.len < y.len ? x.len : y.len;
    int order = n ? memcmp(x.ptr, y.ptr, n) : 0;
    return order ? order : (x.len > y.len) - (x.len < y.len);
}

#define MAP_FEW 64 /* entries of a Map that are sorted on the stack */

static void put_map(struct buf *out, const struct column *map, uint32_t row, bool as_key)
{
    uint32_t few[MAP_FEW], *entry = few, n = map->len[row];
    if (n > MAP_FEW)
        entry = mem_alloc(n * sizeof *entry);
    for (uint32_t i = 0; i < n; i++)
        entry[i] = map->offset[row] + i;
    if (as_key)
        qsort_r(entry, n, sizeof *entry, compare_keys, &map->child[0]);
    put_u32(out, n);
    for (uint32_t i = 0; i < n; i++) {
        put(out, &map->child[0], entry[i], as_key);
        put(out, &map->child[1], entry[i], as_key);
    }
    if (entry != few)
        mem_free(entry);
}

static void put_list(struct buf *out, const struct column *list, uint32_t row, bool as_key)
{
    put_u32(out, list->len[row]);
    for (uint32_t i = 0; i < list->len[row]; i++)
        put(out, &list->child[0], list->offset[row] + i, as_key);
}

static void put_option(struct buf *out, const struct column *option, uint32_t row, bool as_key)
{
    bool valid = column_valid(option, row);
    buf_put_u8(out, valid);
    if (valid)
        put(out, &option->child[0], row, as_key);
}

static void put(struct buf *out, const struct column *column, uint32_t row, bool as_key)
{
    uint32_t at = column_row(column, row);
    switch (column->type->kind) {
        case K_NOTHING:
            return;
        case K_INT:
        case K_TIME:
        case K_DOUBLE:
            buf_put(out, &column->i64[at], sizeof column->i64[at]);
            return;
        case K_BOOL:
            buf_put_u8(out, column->b8[at]);
            return;
        case K_STRING:
        case K_BYTES:
        case K_JSON:
            put_view(out, column_slice(column, row));
            return;
        case K_OPTION:
            put_option(out, column, row, as_key);
            return;
        case K_LIST:
            put_list(out, column, at, as_key);
            return;
        case K_MAP:
            put_map(out, column, at, as_key);
            return;
        case K_TUPLE:
        case K_RECORD:
            for (uint32_t i = 0; i < column->n_child; i++)
                put(out, &column->child[i], row, as_key);
            return;
    }
}

void codec_put(struct buf *out, const struct column *column, uint32_t row)
{
    put(out, column, row, false);
}

void codec_put_key(struct buf *out, const struct column *column, uint32_t row)
{
    put(out, column, row, true);
}

/* ---- bytes to rows: a first walk counts the elements of lists, then all arrays are made, a second walk fills them. While
 * walking, n of each column is the number of its rows that were met. */

struct walk {
    const uint8_t *at;
    bool fill; /* the second */
};

static void walk_take(struct walk *walk, void *to, size_t n)
{
    if (walk->fill)
        memcpy(to, walk->at, n);
    walk->at += n;
}

static uint32_t walk_u32(struct walk *walk)
{
    uint32_t value;
    memcpy(&value, walk->at, sizeof value);
    walk->at += sizeof value;
    return value;
}

static void walk_value(struct walk *walk, struct column *out);

static void walk_view(struct walk *walk, struct column *out, uint32_t row)
{
    uint32_t len = walk_u32(walk);
    if (walk->fill) {
        out->ptr[row] = (const char *)walk->at;
        out->len[row] = len;
    }
    walk->at += len;
}

static void walk_list(struct walk *walk, struct column *out, uint32_t row)
{
    uint32_t n = walk_u32(walk);
    if (walk->fill) {
        out->offset[row] = out->child[0].n;
        out->len[row] = n;
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < out->n_child; k++)
            walk_value(walk, &out->child[k]);
}

static void walk_nothing(struct column *out, bool fill);

static void walk_option(struct walk *walk, struct column *out, uint32_t row)
{
    uint8_t valid = *walk->at++;
    if (walk->fill)
        out->valid[row] = valid;
    if (valid)
        walk_value(walk, &out->child[0]);
    else
        walk_nothing(&out->child[0], walk->fill);
}

/* A row of a None: harmless values, no elements. */
static void walk_nothing(struct column *out, bool fill)
{
    static const uint8_t zeros[64];
    const struct type *type = out->type;
    uint32_t row = out->n;
    if (type->kind == K_TUPLE || type->kind == K_RECORD || type->kind == K_OPTION) {
        if (type->kind == K_OPTION && fill)
            out->valid[row] = 0;
        out->n++;
        for (uint32_t i = 0; i < out->n_child; i++)
            walk_nothing(&out->child[i], fill);
        return;
    }
    walk_value(&(struct walk){ .at = zeros, .fill = fill }, out);
}

static void walk_value(struct walk *walk, struct column *out)
{
    uint32_t row = out->n++;
    switch (out->type->kind) {
        case K_NOTHING:
            return;
        case K_INT:
        case K_TIME:
        case K_DOUBLE:
            walk_take(walk, walk->fill ? &out->i64[row] : NULL, sizeof *out->i64);
            return;
        case K_BOOL:
            walk_take(walk, walk->fill ? &out->b8[row] : NULL, 1);
            return;
        case K_STRING:
        case K_BYTES:
        case K_JSON:
            walk_view(walk, out, row);
            return;
        case K_OPTION:
            walk_option(walk, out, row);
            return;
        case K_LIST:
        case K_MAP:
            walk_list(walk, out, row);
            return;
        case K_TUPLE:
        case K_RECORD:
            for (uint32_t i = 0; i < out->n_child; i++)
                walk_value(walk, &out->child[i]);
            return;
    }
}

static void make_columns(struct arena *arena, const struct type *type, struct column *out)
{
    uint32_t n = type->n;
    *out = (struct column){ .type = type, .n_child = n };
    if (n)
        out->child = arena_alloc(arena, n * sizeof *out->child);
    for (uint32_t i = 0; i < n; i++)
        make_columns(arena, type->member[i], &out->child[i]);
}

/* The arrays of the rows that were counted; the count begins anew. */
static void make_arrays(struct arena *arena, struct column *out)
{
    enum kind kind = out->type->kind;
    bool is_list = kind == K_LIST || kind == K_MAP;
    if (kind == K_INT || kind == K_TIME || kind == K_DOUBLE)
        out->i64 = arena_alloc(arena, out->n * sizeof *out->i64);
    else if (kind == K_BOOL || kind == K_OPTION)
        out->b8 = arena_alloc(arena, out->n);
    else if (is_list)
        out->offset = arena_alloc(arena, out->n * sizeof *out->offset);
    else if (kind == K_STRING || kind == K_BYTES || kind == K_JSON)
        out->ptr = arena_alloc(arena, out->n * sizeof *out->ptr);
    if (is_list || kind == K_STRING || kind == K_BYTES || kind == K_JSON)
        out->len = arena_alloc(arena, out->n * sizeof *out->len);
    out->n = 0;
    for (uint32_t i = 0; i < out->n_child; i++)
        make_arrays(arena, &out->child[i]);
}

void codec_get(struct arena *arena, const struct type *type, const struct slice *rows, uint32_t n,
               struct column *out)
{
    make_columns(arena, type, out);
    for (int fill = 0; fill < 2; fill++) {
        for (uint32_t i = 0; i < n; i++) {
            struct walk walk = { .at = rows[i].ptr, .fill = fill };
            walk_value(&walk, out);
            check(walk.at == (const uint8_t *)rows[i].ptr + rows[i].len);
        }
        if (!fill)
            make_arrays(arena, out);
    }
}
