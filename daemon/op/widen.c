#include "op/widen.h"

#include <string.h>

static bool fits_record(const struct type *from, const struct type *to)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < to->n; i++) {
        int at = type_field(from, to->name[i]);
        found += at >= 0;
        if (at < 0 ? to->member[i]->kind != K_OPTION : !widen_fits(from->member[at], to->member[i]))
            return false;
    }
    return found == from->n;
}

bool widen_fits(const struct type *from, const struct type *to)
{
    if (from == to || from->kind == K_NOTHING)
        return true;
    if (from->kind != to->kind)
        return (from->kind == K_INT && to->kind == K_DOUBLE) ||
               (to->kind == K_OPTION && widen_fits(from, to->member[0]));
    if (from->kind == K_RECORD)
        return fits_record(from, to);
    if (from->n != to->n)
        return false;
    for (uint32_t i = 0; i < from->n; i++)
        if (!widen_fits(from->member[i], to->member[i]))
            return false;
    return true;
}

static void widen_none(struct arena *arena, uint32_t n, const struct type *to, struct column *out)
{
    column_zero(arena, to, out);
    out->n = n;
}

static void widen_children(struct arena *arena, const struct column *column, const struct type *to,
                           struct column *out)
{
    *out = *column;
    out->type = to;
    out->n_child = to->n;
    out->child = to->n ? arena_alloc(arena, to->n * sizeof *out->child) : NULL;
    for (uint32_t i = 0; i < to->n; i++) {
        int at = to->kind == K_RECORD ? type_field(column->type, to->name[i]) : (int)i;
        if (at < 0)
            widen_none(arena, column->n, to->member[i], &out->child[i]);
        else
            widen(arena, &column->child[at], to->member[i], &out->child[i]);
    }
}

void widen(struct arena *arena, const struct column *column, const struct type *to,
           struct column *out)
{
    enum kind from = column->type->kind;
    if (column->type == to) {
        *out = *column;
    } else if (from == K_NOTHING) {
        widen_none(arena, column->n, to, out);
    } else if (from == to->kind) {
        widen_children(arena, column, to, out);
    } else if (to->kind == K_OPTION) {
        *out = (struct column){ .type = to, .n = column->n, .n_child = 1 };
        out->is_const = column->is_const;
        out->child = arena_alloc(arena, sizeof *out->child);
        widen(arena, column, to->member[0], out->child);
    } else {
        column_convert(arena, column, to, out);
    }
}
