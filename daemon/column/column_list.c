/* What walks the elements of lists: flattening, and the order of values. */
#include <math.h>
#include <string.h>

#include "base/check.h"
#include "column/column.h"

/* True when the selected rows' elements lie behind one another from 0 on. */
static bool is_dense(const struct column *list, struct sel sel, uint64_t *total)
{
    bool dense = !list->is_const || sel.n <= 1;
    uint64_t n = 0;
    SEL_EACH(sel, row)
    {
        uint32_t at = column_row(list, row);
        dense &= list->offset[at] == n;
        n += list->len[at];
    }
    *total = n;
    return dense;
}

static void number_elements(const struct column *list, struct sel sel, struct flat *out,
                            uint32_t *index)
{
    uint32_t n = 0;
    SEL_EACH(sel, row)
    {
        uint32_t at = column_row(list, row), len = list->len[at], from = list->offset[at];
        out->offset[row] = n;
        out->len[row] = len;
        for (uint32_t i = 0; i < len; i++)
            index[n++] = from + i;
    }
}

static const uint32_t *parents(struct arena *arena, const struct column *list, struct sel sel,
                               uint64_t n)
{
    uint32_t *parent = arena_alloc(arena, n * sizeof *parent), k = 0;
    SEL_EACH(sel, row)
    {
        uint32_t len = list->len[column_row(list, row)];
        for (uint32_t i = 0; i < len; i++)
            parent[k++] = row;
    }
    return parent;
}

bool column_flatten(struct arena *arena, const struct column *list, struct sel sel, uint32_t n,
                    struct flat *out)
{
    *out = (struct flat){ 0 };
    bool dense = is_dense(list, sel, &out->n);
    if (out->n > COLUMN_ROWS_MAX)
        return false;
    out->parent = parents(arena, list, sel, out->n);
    if (dense && !list->is_const) {
        out->offset = list->offset;
        out->len = list->len;
        out->elements = list->child[0];
        out->elements.n = (uint32_t)out->n;
        return true;
    }
    out->offset = arena_alloc(arena, n * sizeof *out->offset);
    out->len = arena_alloc(arena, n * sizeof *out->len);
    uint32_t *index = arena_alloc(arena, out->n * sizeof *index);
    number_elements(list, sel, out, index);
    column_gather(arena, &list->child[0], (struct sel){ index, (uint32_t)out->n }, &out->elements);
    return true;
}

static int compare_double(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

static int compare_slice(struct slice a, struct slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_members(const struct column *a, uint32_t row_a, const struct column *b,
                           uint32_t row_b)
{
    for (uint32_t i = 0; i < a->n_child; i++) {
        int order = column_compare(&a->child[i], row_a, &b->child[i], row_b);
        if (order)
            return order;
    }
    return 0;
}

static int compare_lists(const struct column *a, uint32_t row_a, const struct column *b,
                         uint32_t row_b)
{
    uint32_t at_a = column_row(a, row_a), at_b = column_row(b, row_b);
    uint32_t n_a = a->len[at_a], n_b = b->len[at_b];
    for (uint32_t i = 0; i < n_a && i < n_b; i++) {
        int order = compare_members(a, a->offset[at_a] + i, b, b->offset[at_b] + i);
        if (order)
            return order;
    }
    return (n_a > n_b) - (n_a < n_b);
}

int column_compare(const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b)
{
    uint32_t at_a = column_row(a, row_a), at_b = column_row(b, row_b);
    switch (a->type->kind) {
        case K_NOTHING:
            return 0;
        case K_INT:
        case K_TIME:
            return (a->i64[at_a] > b->i64[at_b]) - (a->i64[at_a] < b->i64[at_b]);
        case K_DOUBLE:
            return compare_double(a->f64[at_a], b->f64[at_b]);
        case K_BOOL:
            return a->b8[at_a] - b->b8[at_b];
        case K_STRING:
        case K_BYTES:
        case K_JSON:
            return compare_slice(column_slice(a, row_a), column_slice(b, row_b));
        case K_OPTION: {
            int there = column_valid(a, row_a) - column_valid(b, row_b);
            return there || !column_valid(a, row_a) ? there : compare_members(a, row_a, b, row_b);
        }
        case K_LIST:
        case K_MAP:
            return compare_lists(a, row_a, b, row_b);
        case K_TUPLE:
        case K_RECORD:
            return compare_members(a, row_a, b, row_b);
    }
    check(!"kind");
    return 0;
}
