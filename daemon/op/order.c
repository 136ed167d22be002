#include "op/order.h"

#include <stdlib.h>

#include "base/mem.h"
#include "column/codec.h"
#include "op/collect.h"
#include "op/gather.h"
#include "op/shared.h"

#define ORDER_SPARE 4096u /* rows above twice the wanted ones before the others are dropped */

struct order {
    struct gather head;
    struct collect by, rows;             /* of each row what it is ordered by, and the rest of it */
    struct collect spare_by, spare_rows; /* for dropping rows: empty between */
    uint32_t *sorted;                    /* at the cut: the rows in their order … */
    uint32_t n_sorted, cap;              /* … so many of them */
    struct arena arena;                  /* for sorting */
};

struct sorting {
    const struct column *by;
    bool descending;
};

/* ---- building */

static bool order_build_sort(struct op *op, const struct op_input *input)
{
    op->out = op->in;
    op->num = UINT64_MAX;
    op->descending = !input->job->args.ascending;
    if (!op_is_pair(op->in))
        return op_wrong_input(input, "pairs (K, V)", "make pairs first: map: (_, 1)");
    op->by = op->in->member[0];
    return type_is_ordered(op->by) ||
           op_wrong_input(input, "keys that have an order",
                          "map the key to an Int, Double, String, Bool, Timestamp, or a tuple of "
                          "those");
}

static bool order_build_top(struct op *op, const struct op_input *input)
{
    const struct yaml_node *by = input->job->args.by;
    struct expr_use use = { .op = "top", .param = &op->in, .n_param = 1 };
    op->out = op->in;
    op->num = input->job->args.num;
    op->descending = true;
    op->program = op_compile(input, by, &use);
    if (!op->program)
        return false;
    op->by = op->program->result;
    if (type_is_ordered(op->by))
        return true;
    struct diag *diag = diag_add(input->diags, yaml_place(by), 232,
                                 "top needs a 'by' that has an order, but this is %s",
                                 type_text(input->arena, op->by));
    diag_help(input->diags, diag, "an Int, Double, String, Bool, Timestamp, or a tuple of those");
    return false;
}

/* ---- rows in */

static struct gather *order_open(const struct op *op, uint64_t seed)
{
    struct order *order = mem_zalloc(sizeof *order);
    (void)seed;
    order->head.op = op;
    order->by.max = order->rows.max = UINT64_MAX;
    order->spare_by = order->spare_rows = order->by;
    return &order->head;
}

static int sorting_compare(const void *a, const void *b, void *ctx)
{
    const struct sorting *sorting = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = column_compare(sorting->by, x, sorting->by, y);
    if (order)
        return (order < 0) == sorting->descending ? 1 : -1;
    return (x > y) - (x < y);
}

/* Fills in `sorted`, without the rows that nobody wants. */
static void order_sort(struct order *order)
{
    const struct op *op = order->head.op;
    uint32_t n = order->by.n;
    struct column by;
    struct sorting sorting = { .by = &by, .descending = op->descending };
    struct slice *slices = arena_alloc(&order->arena, n * sizeof *slices);
    collect_slices(&order->by, slices);
    codec_get(&order->arena, op->by, slices, n, &by);
    if (order->cap < n) {
        order->cap = n;
        order->sorted = mem_realloc(order->sorted, n * sizeof *order->sorted);
    }
    for (uint32_t i = 0; i < n; i++)
        order->sorted[i] = i;
    if (n)
        qsort_r(order->sorted, n, sizeof *order->sorted, sorting_compare, &sorting);
    order->n_sorted = n < op->num ? n : (uint32_t)op->num;
    arena_reset(&order->arena);
}

/* Drops the rows that cannot be shown any more. What is left stands in order, so equal ones still by their arrival. */
static void order_prune(struct order *order)
{
    struct collect by = order->by, rows = order->rows;
    if (order->by.n < ORDER_SPARE || (order->by.n - ORDER_SPARE) / 2 < order->head.op->num)
        return;
    order_sort(order);
    for (uint32_t i = 0; i < order->n_sorted; i++) {
        collect_put(&order->spare_by, collect_slice(&by, order->sorted[i]));
        collect_put(&order->spare_rows, collect_slice(&rows, order->sorted[i]));
    }
    order->by = order->spare_by;
    order->rows = order->spare_rows;
    collect_clear(&by);
    collect_clear(&rows);
    order->spare_by = by;
    order->spare_rows = rows;
}

/* By what each row is ordered, beside it. */
static void order_prepare_rows(const struct gather *gather, struct rows *rows,
                               const struct op_run *run)
{
    struct column *member = arena_alloc(run->arena, 2 * sizeof *member);
    op_compute(gather->op, &rows->column, rows, run, &member[0]);
    member[1] = rows->column;
    rows->column = (struct column){ .n = rows->n, .n_child = 2, .child = member };
}

static void order_take(struct gather *gather, const struct rows *rows, uint32_t shard,
                       const struct op_run *run)
{
    struct order *order = (void *)gather;
    (void)shard;
    (void)run;
    collect_take(&order->by, &rows->column.child[0], rows->sel);
    collect_take(&order->rows, &rows->column.child[1], rows->sel);
    order_prune(order);
}

static void order_merge(struct gather *gather, struct gather *later, const struct op_run *run)
{
    struct order *order = (void *)gather;
    const struct order *other = (const void *)later;
    (void)run;
    collect_append(&order->by, &other->by);
    collect_append(&order->rows, &other->rows);
    order_prune(order);
}

static void order_judge(struct gather *gather, const struct op_run *run)
{
    (void)run;
    order_sort((void *)gather);
}

/* ---- rows out */

static uint32_t order_next(const struct order *order, struct give *give)
{
    uint32_t left = order->n_sorted - give->entry;
    return left < GATHER_ROWS ? left : GATHER_ROWS;
}

/* Those rows from `from` on of a collect, as a column. */
static void order_column(const struct collect *collect, const uint32_t *sorted, uint32_t n,
                         struct arena *arena, struct column *out)
{
    struct slice *slices = arena_alloc(arena, n * sizeof *slices);
    for (uint32_t i = 0; i < n; i++)
        slices[i] = collect_slice(collect, sorted[i]);
    codec_get(arena, out->type, slices, n, out);
}

static bool order_give_pairs(const struct gather *gather, struct give *give,
                             const struct op_run *run, struct rows *rows)
{
    const struct order *order = (const void *)gather;
    const struct type *type = gather->op->out;
    uint32_t n = order_next(order, give);
    struct column *member = arena_alloc(run->arena, 2 * sizeof *member);
    for (unsigned i = 0; i < 2; i++) {
        member[i].type = type->member[i];
        order_column(i ? &order->rows : &order->by, order->sorted + give->entry, n, run->arena,
                     &member[i]);
    }
    *rows = rows_of(n);
    rows->column = (struct column){ .type = type, .n = n, .n_child = 2, .child = member };
    give->entry += n;
    return n;
}

static bool order_give_rows(const struct gather *gather, struct give *give,
                            const struct op_run *run, struct rows *rows)
{
    const struct order *order = (const void *)gather;
    uint32_t n = order_next(order, give);
    *rows = rows_of(n);
    rows->column.type = gather->op->out;
    order_column(&order->rows, order->sorted + give->entry, n, run->arena, &rows->column);
    give->entry += n;
    return n;
}

static void order_reset(struct gather *gather)
{
    struct order *order = (void *)gather;
    collect_clear(&order->by);
    collect_clear(&order->rows);
    arena_free(&order->arena);
    mem_free(order->sorted);
    order->sorted = NULL;
    order->cap = order->n_sorted = 0;
}

static size_t order_bytes(const struct gather *gather)
{
    const struct order *order = (const void *)gather;
    return sizeof *order + collect_bytes(&order->by) + collect_bytes(&order->rows) +
           collect_bytes(&order->spare_by) + collect_bytes(&order->spare_rows) +
           order->cap * sizeof *order->sorted;
}

static void order_free(struct gather *gather)
{
    struct order *order = (void *)gather;
    collect_free(&order->by);
    collect_free(&order->rows);
    collect_free(&order->spare_by);
    collect_free(&order->spare_rows);
    arena_free(&order->arena);
    mem_free(order->sorted);
    mem_free(order);
}

#define ORDER_GATHER                                                                    \
    .open = order_open, .take = order_take, .merge = order_merge, .judge = order_judge, \
    .reset = order_reset, .bytes = order_bytes, .free = order_free

static const struct gather_ops pairs = { ORDER_GATHER, .give = order_give_pairs };
static const struct gather_ops rows_by = { ORDER_GATHER, .prepare = order_prepare_rows,
                                           .give = order_give_rows };

const struct op_kind op_sort_by_key = { .name = "sortByKey",
                                        .arg = OP_ARG_MAY_BE,
                                        .build = order_build_sort,
                                        .gather = &pairs };
const struct op_kind op_top = { .name = "top",
                                .arg = OP_ARG_NEEDED,
                                .build = order_build_top,
                                .gather = &rows_by };
