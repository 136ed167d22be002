#include <string.h>

#include "column/kernel.h"
#include "column/number.h"

struct span { /* the elements of one row's list */
    uint32_t from, n;
};

static struct span span_of(const struct column *list, uint32_t row)
{
    uint32_t at = column_row(list, row);
    return (struct span){ list->offset[at], list->len[at] };
}

void kernel_size(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, call->out->i64[row] = span_of(call->in[0], row).n;);
}

/* [a, b, …]: the columns behind one another, and from them row by row */
void kernel_list(struct call *call)
{
    kernel_alloc(call);
    uint32_t rows = call->frame->n, n = call->n_in;
    struct column all = *call->in[0];
    all.n = rows;
    for (uint32_t i = 1; i < n; i++) {
        struct column more = *call->in[i], both;
        more.n = rows;
        column_concat(call->arena, &all, &more, &both);
        all = both;
    }
    uint32_t *at = arena_alloc(call->arena, (size_t)rows * n * sizeof *at);
    for (uint32_t row = 0; row < rows; row++) {
        call->out->offset[row] = row * n;
        call->out->len[row] = n;
        for (uint32_t i = 0; i < n; i++)
            at[row * n + i] = i * rows + row;
    }
    column_gather(call->arena, &all, (struct sel){ at, rows * n }, &call->out->child[0]);
}

void kernel_append(struct call *call)
{
    kernel_alloc(call);
    const struct column *a = call->in[0], *b = call->in[1];
    uint64_t total = 0;
    ROWS(call, total += (uint64_t)span_of(a, row).n + span_of(b, row).n;);
    if (total > COLUMN_ROWS_MAX || !kernel_fits(call, total * sizeof(struct slice))) {
        ROWS(call, call->out->len[row] = 0; kernel_fail(call, row, FAULT_LARGE););
        return;
    }
    uint32_t *at = arena_alloc(call->arena, total * sizeof *at), n = 0;
    const uint32_t shift = a->child[0].n;
    ROWS(call, const struct span left = span_of(a, row); const struct span right = span_of(b, row);
         call->out->offset[row] = n; call->out->len[row] = left.n + right.n;
         for (uint32_t i = 0; i < left.n; i++) at[n++] = left.from + i;
         for (uint32_t i = 0; i < right.n; i++) at[n++] = shift + right.from + i;);
    struct column all;
    column_concat(call->arena, &a->child[0], &b->child[0], &all);
    column_gather(call->arena, &all, (struct sel){ at, n }, &call->out->child[0]);
}

/* ---- one number of each list */

static void sum_int(struct call *call, uint32_t row)
{
    const struct column *of = &call->in[0]->child[0];
    struct span span = span_of(call->in[0], row);
    int64_t sum = 0;
    bool over = false;
    for (uint32_t i = 0; i < span.n; i++)
        over |= __builtin_add_overflow(sum, of->i64[column_row(of, span.from + i)], &sum);
    call->out->i64[row] = sum;
    if (over)
        kernel_fail(call, row, FAULT_OVERFLOW);
}

static void sum_double(struct call *call, uint32_t row)
{
    const struct column *of = &call->in[0]->child[0];
    struct span span = span_of(call->in[0], row);
    double sum = 0;
    for (uint32_t i = 0; i < span.n; i++)
        sum += of->f64[column_row(of, span.from + i)];
    call->out->f64[row] = sum;
}

void kernel_sum(struct call *call)
{
    kernel_alloc(call);
    if (call->type->kind == K_INT)
        ROWS(call, sum_int(call, row););
    else
        ROWS(call, sum_double(call, row););
}

/* ---- one element of each list: its index, then all of them at once */

typedef uint32_t pick_fn(struct call *call, uint32_t row, struct span span);

static void pick(struct call *call, pick_fn *which, enum fault none)
{
    const struct column *list = call->in[0];
    uint32_t *at = arena_zalloc(call->arena, call->frame->n * sizeof *at);
    ROWS(call, const struct span span = span_of(list, row);
         const uint32_t i = which(call, row, span); if (i < span.n) at[row] = span.from + i;
         else kernel_fail(call, row, none););
    if (list->child[0].n)
        column_gather(call->arena, &list->child[0], (struct sel){ at, call->frame->n }, call->out);
    else
        column_zero(call->arena, call->type, call->out); /* every row has failed */
}

static uint32_t pick_first(struct call *call, uint32_t row, struct span span)
{
    (void)call, (void)row, (void)span;
    return 0;
}

static uint32_t pick_last(struct call *call, uint32_t row, struct span span)
{
    (void)call, (void)row;
    return span.n - 1;
}

static uint32_t pick_at(struct call *call, uint32_t row, struct span span)
{
    int64_t i = call->in[1]->i64[column_row(call->in[1], row)];
    return i >= 0 && i < span.n ? (uint32_t)i : UINT32_MAX;
}

static uint32_t extreme_double(const struct column *of, struct span span, int sign)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < span.n; i++) {
        double a = of->f64[column_row(of, span.from + best)];
        double b = of->f64[column_row(of, span.from + i)];
        if (!(sign > 0 ? number_is_least(a, b) : number_is_most(a, b)))
            best = i;
    }
    return best;
}

static uint32_t extreme(const struct call *call, struct span span, int sign)
{
    const struct column *of = &call->in[0]->child[0];
    if (of->type->kind == K_DOUBLE)
        return extreme_double(of, span, sign);
    uint32_t best = 0;
    for (uint32_t i = 1; i < span.n; i++)
        if (column_compare(of, span.from + i, of, span.from + best) * sign < 0)
            best = i;
    return best;
}

static uint32_t pick_least(struct call *call, uint32_t row, struct span span)
{
    (void)row;
    return extreme(call, span, 1);
}

static uint32_t pick_most(struct call *call, uint32_t row, struct span span)
{
    (void)row;
    return extreme(call, span, -1);
}

void kernel_head(struct call *call)
{
    pick(call, pick_first, FAULT_EMPTY);
}

void kernel_last(struct call *call)
{
    pick(call, pick_last, FAULT_EMPTY);
}

void kernel_at(struct call *call)
{
    pick(call, pick_at, FAULT_RANGE);
}

void kernel_least(struct call *call)
{
    pick(call, pick_least, FAULT_EMPTY);
}

void kernel_most(struct call *call)
{
    pick(call, pick_most, FAULT_EMPTY);
}

static bool includes(const struct call *call, uint32_t row)
{
    const struct column *of = &call->in[0]->child[0];
    struct span span = span_of(call->in[0], row);
    for (uint32_t i = 0; i < span.n; i++)
        if (column_compare(of, span.from + i, call->in[1], row) == 0)
            return true;
    return false;
}

void kernel_includes(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, call->out->b8[row] = includes(call, row););
}

/* ---- the value of a key: its index, then all of them at once */

static uint32_t find_key(const struct call *call, uint32_t row)
{
    const struct column *map = call->in[0];
    struct span span = span_of(map, row);
    for (uint32_t i = 0; i < span.n; i++)
        if (column_compare(&map->child[0], span.from + i, call->in[1], row) == 0)
            return span.from + i;
    return UINT32_MAX;
}

void kernel_lookup(struct call *call)
{
    const struct column *values = &call->in[0]->child[1];
    if (!values->n) {
        column_zero(call->arena, call->type, call->out);
        return;
    }
    struct column *out = call->out;
    uint32_t n = call->frame->n, *at = arena_zalloc(call->arena, n * sizeof *at);
    *out = (struct column){ .type = call->type, .n = n, .n_child = 1 };
    out->valid = arena_alloc(call->arena, n);
    out->child = arena_alloc(call->arena, sizeof *out->child);
    ROWS(call, const uint32_t found = find_key(call, row); out->valid[row] = found != UINT32_MAX;
         at[row] = out->valid[row] ? found : 0;);
    column_gather(call->arena, values, (struct sel){ at, n }, out->child);
}

/* ---- order: indices of elements, merge-sorted, so that equal ones stay in their order */

static void merge(const struct column *of, const uint32_t *from, struct span halves, uint32_t *to)
{
    uint32_t a = 0, b = halves.from, k = 0;
    while (a < halves.from || b < halves.n) {
        bool left =
            b == halves.n || (a < halves.from && column_compare(of, from[a], of, from[b]) <= 0);
        to[k++] = left ? from[a++] : from[b++];
    }
}

/* Runs of 1, 2, 4 … become one; `spare` has room for as many. */
static void sort(const struct column *of, uint32_t *at, uint32_t n, uint32_t *spare)
{
    for (uint64_t width = 1; width < n; width *= 2) {
        for (uint64_t from = 0; from < n; from += 2 * width) {
            uint32_t size = (uint32_t)(from + 2 * width < n ? 2 * width : n - from);
            uint32_t half = (uint32_t)(width < size ? width : size);
            merge(of, at + from, (struct span){ half, size }, spare + from);
        }
        memcpy(at, spare, n * sizeof *at);
    }
}

struct order { /* of all elements of the selected rows */
    struct call *call;
    uint32_t *at, *spare, n;
};

static struct order order_begin(struct call *call)
{
    kernel_alloc(call);
    uint64_t total = 0;
    ROWS(call, total += span_of(call->in[0], row).n;);
    struct order order = { .call = call };
    order.at = arena_alloc(call->arena, total * sizeof *order.at);
    order.spare = arena_alloc(call->arena, total * sizeof *order.spare);
    return order;
}

static void order_end(struct order *order)
{
    struct call *call = order->call;
    column_gather(call->arena, &call->in[0]->child[0], (struct sel){ order->at, order->n },
                  &call->out->child[0]);
}

/* The row's elements' indices at order->at + n, sorted. */
static uint32_t *sort_row(struct order *order, struct span span)
{
    uint32_t *at = order->at + order->n;
    for (uint32_t i = 0; i < span.n; i++)
        at[i] = span.from + i;
    sort(&order->call->in[0]->child[0], at, span.n, order->spare);
    return at;
}

static void sorted_row(struct order *order, uint32_t row)
{
    struct span span = span_of(order->call->in[0], row);
    order->call->out->offset[row] = order->n;
    order->call->out->len[row] = span.n;
    sort_row(order, span);
    order->n += span.n;
}

void kernel_sorted(struct call *call)
{
    struct order order = order_begin(call);
    ROWS(call, sorted_row(&order, row););
    order_end(&order);
}

/* Of equal elements, which now lie side by side, the first has the least index. */
static void distinct_row(struct order *order, uint32_t row)
{
    const struct column *of = &order->call->in[0]->child[0];
    struct span span = span_of(order->call->in[0], row);
    uint32_t *at = sort_row(order, span), n = 0;
    uint8_t *keep = arena_zalloc(order->call->arena, span.n);
    for (uint32_t i = 0; i < span.n; i++)
        if (i == 0 || column_compare(of, at[i - 1], of, at[i]) != 0)
            keep[at[i] - span.from] = 1;
    for (uint32_t i = 0; i < span.n; i++)
        if (keep[i])
            at[n++] = span.from + i;
    order->call->out->offset[row] = order->n;
    order->call->out->len[row] = n;
    order->n += n;
}

void kernel_distinct(struct call *call)
{
    struct order order = order_begin(call);
    ROWS(call, distinct_row(&order, row););
    order_end(&order);
}
