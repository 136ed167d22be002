#include "op/fold.h"

#include <math.h>
#include <string.h>

#include "base/check.h"
#include "column/fault.h"
#include "column/number.h"

/* A fold takes the values of one group of rows into the cells of their entries, in order. */
typedef void (*fold_fn)(struct shard *shard, const struct keys *keys, const struct column *value);

/* Each row has the same number. */
static void fold_int_same(struct shard *shard, const struct keys *keys, int64_t number)
{
    struct cell *cell = table_cells(shard->table);
    for (uint32_t i = 0; i < keys->n; i++) {
        uint32_t entry = shard->entry[i];
        int64_t *sum = (int64_t *)&cell[entry].value;
        if (__builtin_add_overflow(*sum, number, sum))
            table_fail(shard->table, entry, FAULT_OVERFLOW);
    }
}

static void fold_int_sum(struct shard *shard, const struct keys *keys, const struct column *value)
{
    struct cell *cell = table_cells(shard->table);
    const int64_t *number = value->i64;
    if (value->is_const) {
        fold_int_same(shard, keys, number[0]);
        return;
    }
    for (uint32_t i = 0; i < keys->n; i++) {
        uint32_t entry = shard->entry[i];
        int64_t *sum = (int64_t *)&cell[entry].value;
        if (__builtin_add_overflow(*sum, number[keys->key[i].row], sum))
            table_fail(shard->table, entry, FAULT_OVERFLOW);
    }
}

static void fold_count(struct shard *shard, const struct keys *keys, const struct column *value)
{
    struct cell *cell = table_cells(shard->table);
    (void)value;
    for (uint32_t i = 0; i < keys->n; i++)
        cell[shard->entry[i]].value++;
}

#define FOLD(name, ctype, array, expression)                                                   \
    static void name(struct shard *shard, const struct keys *keys, const struct column *value) \
    {                                                                                          \
        struct cell *cell = table_cells(shard->table);                                         \
        const uint32_t mask = value->is_const ? 0 : UINT32_MAX;                                \
        for (uint32_t i = 0; i < keys->n; i++) {                                               \
            ctype a, b = value->array[keys->key[i].row & mask];                                \
            uint64_t *to = &cell[shard->entry[i]].value;                                       \
            memcpy(&a, to, sizeof a);                                                          \
            a = expression;                                                                    \
            memcpy(to, &a, sizeof a);                                                          \
        }                                                                                      \
    }

FOLD(fold_int_min, int64_t, i64, a < b ? a : b)
FOLD(fold_int_max, int64_t, i64, a > b ? a : b)
FOLD(fold_double_sum, double, f64, a + b)
FOLD(fold_double_min, double, f64, number_is_least(a, b) ? a : b)
FOLD(fold_double_max, double, f64, number_is_most(a, b) ? a : b)

static const struct {
    fold_fn of_int, of_double;
    double fresh_double;
    int64_t fresh_int;
} folds[] = {
    [FOLD_SUM] = { fold_int_sum, fold_double_sum, -0.0, 0 }, /* -0.0 + x is x, also for -0.0 */
    [FOLD_MIN] = { fold_int_min, fold_double_min, INFINITY, INT64_MAX },
    [FOLD_MAX] = { fold_int_max, fold_double_max, -INFINITY, INT64_MIN },
};

uint64_t fold_fresh(const struct op *op)
{
    uint64_t fresh;
    if (op->pair->member[1]->kind == K_DOUBLE)
        memcpy(&fresh, &folds[op->fold].fresh_double, sizeof fresh);
    else
        memcpy(&fresh, &folds[op->fold].fresh_int, sizeof fresh);
    return fresh;
}

void fold_pairs(struct reduce *reduce, const struct rows *pairs, uint32_t shard, bool is_count)
{
    const struct op *op = reduce->head.op;
    const struct column *value = &pairs->column.child[1];
    fold_fn fold = fold_count;
    if (!is_count)
        fold = value->type->kind == K_INT ? folds[op->fold].of_int : folds[op->fold].of_double;
    check(fold);
    struct keys room;
    SPLIT_EACH(pairs->split, shard, &room)
    {
        keyed_find(&reduce->keyed, shard, keys, pairs->number);
        fold(&reduce->keyed.shard[shard], keys, value);
    }
}
