#include "column/column.h"

#include <math.h>
#include <string.h>

#include "base/check.h"

static struct column *children(struct arena *arena, const struct type *type)
{
    struct column *child = arena_zalloc(arena, type->n * sizeof *child);
    for (uint32_t i = 0; i < type->n; i++)
        child[i].type = type->member[i];
    return child;
}

static uint32_t n_children(const struct type *type)
{
    return type->kind >= K_OPTION ? type->n : 0;
}

/* The column itself: its arrays for n rows, its children still without theirs. */
static void alloc_flat(struct arena *arena, const struct type *type, uint32_t n, struct column *out)
{
    *out = (struct column){ .type = type, .n = n, .n_child = n_children(type) };
    switch (type->kind) {
        case K_NOTHING:
            out->is_const = true;
            break;
        case K_INT:
        case K_TIME:
        case K_DOUBLE:
            out->i64 = arena_alloc(arena, n * sizeof *out->i64);
            break;
        case K_BOOL:
        case K_OPTION:
            out->b8 = arena_alloc(arena, n);
            break;
        case K_STRING:
        case K_BYTES:
        case K_JSON:
            out->ptr = arena_alloc(arena, n * sizeof *out->ptr);
            out->len = arena_alloc(arena, n * sizeof *out->len);
            break;
        case K_LIST:
        case K_MAP:
            out->offset = arena_alloc(arena, n * sizeof *out->offset);
            out->len = arena_alloc(arena, n * sizeof *out->len);
            break;
        case K_TUPLE:
        case K_RECORD:
            break;
    }
    if (out->n_child)
        out->child = children(arena, type);
}

static bool has_elements(const struct type *type)
{
    return type->kind == K_LIST || type->kind == K_MAP;
}

void column_alloc(struct arena *arena, const struct type *type, uint32_t n, struct column *out)
{
    alloc_flat(arena, type, n, out);
    for (uint32_t i = 0; i < out->n_child; i++)
        column_alloc(arena, type->member[i], has_elements(type) ? 0 : n, &out->child[i]);
}

void column_zero(struct arena *arena, const struct type *type, struct column *out)
{
    alloc_flat(arena, type, 1, out);
    out->is_const = true;
    if (type->kind == K_INT || type->kind == K_TIME || type->kind == K_DOUBLE)
        out->i64[0] = 0;
    else if (type->kind == K_BOOL || type->kind == K_OPTION)
        out->b8[0] = 0;
    else if (has_elements(type))
        out->offset[0] = out->len[0] = 0;
    else if (out->len) {
        out->ptr[0] = "";
        out->len[0] = 0;
    }
    for (uint32_t i = 0; i < out->n_child; i++) {
        column_zero(arena, type->member[i], &out->child[i]);
        out->child[i].n = has_elements(type) ? 0 : 1;
    }
}

/* The arrays of one row range of `from`, put behind `at` of `to`; `shift` moves what its lists hold. */
struct copy {
    const struct column *from;
    struct sel rows; /* of from, in order */
    uint32_t at, shift;
};

static void copy_rows(const struct copy *copy, struct column *to)
{
    const struct column *from = copy->from;
    struct sel rows = copy->rows;
    switch (to->type->kind) {
        case K_INT:
        case K_TIME:
        case K_DOUBLE:
            for (uint32_t i = 0; i < rows.n; i++)
                to->i64[copy->at + i] = from->i64[column_row(from, rows.row ? rows.row[i] : i)];
            break;
        case K_BOOL:
        case K_OPTION:
            for (uint32_t i = 0; i < rows.n; i++)
                to->b8[copy->at + i] =
                    from->b8 ? from->b8[column_row(from, rows.row ? rows.row[i] : i)] : 1;
            break;
        case K_STRING:
        case K_BYTES:
        case K_JSON:
            for (uint32_t i = 0; i < rows.n; i++) {
                uint32_t row = column_row(from, rows.row ? rows.row[i] : i);
                to->ptr[copy->at + i] = from->ptr[row];
                to->len[copy->at + i] = from->len[row];
            }
            break;
        case K_LIST:
        case K_MAP:
            for (uint32_t i = 0; i < rows.n; i++) {
                uint32_t row = column_row(from, rows.row ? rows.row[i] : i);
                to->offset[copy->at + i] = from->offset[row] + copy->shift;
                to->len[copy->at + i] = from->len[row];
            }
            break;
        default:
            break;
    }
}

void column_gather(struct arena *arena, const struct column *column, struct sel at,
                   struct column *out)
{
    if (column->is_const) {
        *out = *column;
        out->n = at.n;
        return;
    }
    alloc_flat(arena, column->type, at.n, out);
    if (column->type->kind == K_OPTION && !column->valid)
        out->valid = NULL;
    else
        copy_rows(&(struct copy){ column, at, 0, 0 }, out);
    if (has_elements(column->type))
        out->child = column->child;
    else
        for (uint32_t i = 0; i < out->n_child; i++)
            column_gather(arena, &column->child[i], at, &out->child[i]);
}

struct part { /* a column of n rows */
    const struct column *column;
    uint32_t n;
};

static void concat(struct arena *arena, struct part a, struct part b, struct column *out)
{
    if (!a.n || !b.n) {
        *out = a.n ? *a.column : *b.column;
        out->n = a.n + b.n;
        return;
    }
    const struct type *type = a.column->type;
    uint32_t shift = has_elements(type) ? a.column->child[0].n : 0;
    alloc_flat(arena, type, a.n + b.n, out);
    copy_rows(&(struct copy){ a.column, { NULL, a.n }, 0, 0 }, out);
    copy_rows(&(struct copy){ b.column, { NULL, b.n }, a.n, shift }, out);
    for (uint32_t i = 0; i < out->n_child; i++) {
        const struct column *from_a = &a.column->child[i], *from_b = &b.column->child[i];
        bool rows = !has_elements(type);
        concat(arena, (struct part){ from_a, rows ? a.n : from_a->n },
               (struct part){ from_b, rows ? b.n : from_b->n }, &out->child[i]);
    }
}

void column_concat(struct arena *arena, const struct column *a, const struct column *b,
                   struct column *out)
{
    check(a->type == b->type);
    concat(arena, (struct part){ a, a->n }, (struct part){ b, b->n }, out);
}

static void choose_rows(const struct choice *choice, struct sel sel, uint32_t shift,
                        struct column *out)
{
    const struct column *side[] = { choice->b, choice->a };
    const uint8_t *which = choice->which->b8;
    switch (out->type->kind) {
        case K_INT:
        case K_TIME:
        case K_DOUBLE:
            SEL_EACH(sel, row)
            out->i64[row] = side[which[row]]->i64[column_row(side[which[row]], row)];
            break;
        case K_BOOL:
        case K_OPTION:
            SEL_EACH(sel, row)
            {
                const struct column *from = side[which[row]];
                out->b8[row] = from->b8 ? from->b8[column_row(from, row)] : 1;
            }
            break;
        case K_STRING:
        case K_BYTES:
        case K_JSON:
            SEL_EACH(sel, row)
            {
                struct slice slice = column_slice(side[which[row]], row);
                out->ptr[row] = slice.ptr;
                out->len[row] = (uint32_t)slice.len;
            }
            break;
        case K_LIST:
        case K_MAP:
            SEL_EACH(sel, row)
            {
                const struct column *from = side[which[row]];
                out->offset[row] = from->offset[column_row(from, row)] + (which[row] ? 0 : shift);
                out->len[row] = from->len[column_row(from, row)];
            }
            break;
        default:
            break;
    }
}

void column_choose(struct arena *arena, const struct choice *choice, struct sel sel,
                   struct column *out)
{
    const struct type *type = choice->a->type;
    check(type == choice->b->type);
    if (choice->which->is_const) {
        *out = choice->which->b8[0] ? *choice->a : *choice->b;
        return;
    }
    alloc_flat(arena, type, choice->n, out);
    choose_rows(choice, sel, has_elements(type) ? choice->a->child[0].n : 0, out);
    for (uint32_t i = 0; i < out->n_child; i++) {
        struct choice part = *choice;
        part.a = &choice->a->child[i];
        part.b = &choice->b->child[i];
        if (has_elements(type))
            column_concat(arena, part.a, part.b, &out->child[i]);
        else
            column_choose(arena, &part, sel, &out->child[i]);
    }
}

static void convert_children(struct arena *arena, const struct column *column,
                             const struct type *to, struct column *out)
{
    *out = *column;
    out->type = to;
    out->child = children(arena, to);
    for (uint32_t i = 0; i < to->n; i++)
        column_convert(arena, &column->child[i], to->member[i], &out->child[i]);
}

void column_convert(struct arena *arena, const struct column *column, const struct type *to,
                    struct column *out)
{
    enum kind from = column->type->kind;
    if (column->type == to) {
        *out = *column;
    } else if (from == K_NOTHING) {
        column_zero(arena, to, out);
        out->n = column->n;
    } else if (to->kind == K_OPTION && from != K_OPTION) {
        *out = (struct column){ .type = to, .n = column->n, .is_const = column->is_const };
        out->n_child = 1;
        out->child = children(arena, to);
        column_convert(arena, column, to->member[0], out->child);
    } else if (to->kind == K_DOUBLE) {
        uint32_t n = column->is_const ? 1 : column->n;
        alloc_flat(arena, to, n, out);
        out->is_const = column->is_const;
        out->n = column->n;
        for (uint32_t row = 0; row < n; row++)
            out->f64[row] = (double)column->i64[row];
    } else {
        convert_children(arena, column, to, out);
    }
}

struct sel sel_where(struct arena *arena, struct sel sel, const struct column *boolean, bool want)
{
    if (boolean->is_const)
        return boolean->b8[0] == want ? sel : (struct sel){ NULL, 0 };
    uint32_t *row = arena_alloc(arena, sel.n * sizeof *row), n = 0;
    if (sel.row) {
        for (uint32_t i = 0; i < sel.n; i++) {
            row[n] = sel.row[i];
            n += boolean->b8[sel.row[i]] == want;
        }
    } else {
        for (uint32_t i = 0; i < sel.n; i++) {
            row[n] = i;
            n += boolean->b8[i] == want;
        }
    }
    return n == sel.n ? sel : (struct sel){ row, n };
}

struct sel sel_alive(struct arena *arena, struct sel sel, const struct frame *frame)
{
    if (!frame->err)
        return sel;
    uint32_t *row = arena_alloc(arena, sel.n * sizeof *row), n = 0;
    for (uint32_t i = 0; i < sel.n; i++) {
        row[n] = sel.row ? sel.row[i] : i;
        n += !frame->err[row[n]];
    }
    return n == sel.n ? sel : (struct sel){ row, n };
}
