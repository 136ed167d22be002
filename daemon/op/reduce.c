#include "op/reduce.h"

#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "op/cell.h"
#include "op/fold.h"
#include "op/reduce_build.h"
#include "op/rounds.h"
#include "op/shared.h"

static struct reduce *reduce_of(struct gather *gather)
{
    return CONTAINER_OF(gather, struct reduce, head);
}

void reduce_init(struct reduce *reduce, const struct op *op, uint64_t seed)
{
    *reduce = (struct reduce){ .head.op = op };
    keyed_open(&reduce->keyed, seed, op->fold == FOLD_NONE ? 0 : fold_fresh(op));
}

static struct gather *reduce_open(const struct op *op, uint64_t seed)
{
    struct reduce *reduce = mem_alloc(sizeof *reduce);
    reduce_init(reduce, op, seed);
    return &reduce->head;
}

static const struct keyed *keyed_of(const struct gather *gather)
{
    return &CONTAINER_OF(gather, const struct reduce, head)->keyed;
}

/* ---- rows in */

void reduce_prepare(const struct gather *gather, struct rows *pairs, const struct op_run *run)
{
    keyed_split(keyed_of(gather), pairs, &pairs->column.child[0], run);
}

/* Rows that are keys, or values, only: with a constant for what is not there. */
static void reduce_prepare_half(const struct gather *gather, struct rows *rows, bool keys,
                                const struct op_run *run)
{
    struct column *member = arena_alloc(run->arena, 2 * sizeof *member);
    member[!keys] = rows->column;
    column_zero(run->arena, &type_int, &member[keys]);
    member[keys].n = rows->n;
    rows->column = (struct column){ .n = rows->n, .n_child = 2, .child = member };
    reduce_prepare(gather, rows, run);
}

void reduce_prepare_keys(const struct gather *gather, struct rows *rows, const struct op_run *run)
{
    reduce_prepare_half(gather, rows, true, run);
}

void reduce_prepare_values(const struct gather *gather, struct rows *rows, const struct op_run *run)
{
    reduce_prepare_half(gather, rows, false, run);
}

static void reduce_fold(struct reduce *reduce, const struct rows *pairs, uint32_t shard,
                        bool is_count, const struct op_run *run)
{
    if (reduce->head.op->fold == FOLD_NONE)
        rounds_fold(reduce, pairs, shard, run);
    else
        fold_pairs(reduce, pairs, shard, is_count);
}

void reduce_take(struct gather *gather, const struct rows *pairs, uint32_t shard,
                 const struct op_run *run)
{
    reduce_fold(reduce_of(gather), pairs, shard, gather->op->is_count, run);
}

void reduce_add(struct reduce *reduce, struct rows *pairs, const struct op_run *run)
{
    reduce_prepare(&reduce->head, pairs, run);
    gather_number(&reduce->head, pairs);
    for (uint32_t shard = 0; shard < SHARDS; shard++)
        reduce_fold(reduce, pairs, shard, false, run);
}

/* ---- rows out */

/* Up to GATHER_ROWS keys from *from on, which moves behind them, without those that failed. False: there are none. */
static bool reduce_next(const struct keyed *keyed, uint32_t *from, struct arena *arena,
                        struct sel *keys)
{
    uint32_t n = 0, to = keyed->n - *from < GATHER_ROWS ? keyed->n : *from + GATHER_ROWS;
    uint32_t *key = arena_alloc(arena, (to - *from) * sizeof *key);
    bool any = *from < keyed->n;
    for (; *from < to; ++*from) {
        if (!keyed_failed(keyed, *from))
            key[n++] = *from;
    }
    *keys = (struct sel){ key, n };
    return any;
}

bool reduce_give(const struct gather *gather, struct give *give, const struct op_run *run,
                 struct rows *rows)
{
    const struct keyed *keyed = keyed_of(gather);
    const struct type *type = gather->op->pair;
    struct sel keys;
    if (!reduce_next(keyed, &give->entry, run->arena, &keys))
        return false;
    struct column *member = arena_alloc(run->arena, 2 * sizeof *member);
    keyed_keys(keyed, type->member[0], keys, run->arena, &member[0]);
    keyed_values(keyed, type->member[1], keys, run->arena, &member[1]);
    *rows = rows_of(keys.n);
    rows->column = (struct column){ .type = type, .n = keys.n, .n_child = 2, .child = member };
    return true;
}

static bool reduce_give_keys(const struct gather *gather, struct give *give,
                             const struct op_run *run, struct rows *rows)
{
    const struct keyed *keyed = keyed_of(gather);
    struct sel keys;
    if (!reduce_next(keyed, &give->entry, run->arena, &keys))
        return false;
    *rows = rows_of(keys.n);
    keyed_keys(keyed, gather->op->out, keys, run->arena, &rows->column);
    return true;
}

static bool reduce_give_values(const struct gather *gather, struct give *give,
                               const struct op_run *run, struct rows *rows)
{
    const struct keyed *keyed = keyed_of(gather);
    struct sel keys;
    if (!reduce_next(keyed, &give->entry, run->arena, &keys))
        return false;
    *rows = rows_of(keys.n);
    keyed_values(keyed, gather->op->out, keys, run->arena, &rows->column);
    return true;
}

/* ---- lanes, failed keys */

/* Keys that failed there fail here too. */
static void reduce_merge_failed(struct reduce *reduce, const struct reduce *later,
                                struct arena *arena)
{
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        const struct table *from = later->keyed.shard[shard].table;
        uint32_t count = table_count(from), *entry = arena_alloc(arena, count * sizeof *entry);
        keyed_map(&reduce->keyed, shard, &later->keyed, reduce->head.taken, entry);
        for (uint32_t i = 0; i < count; i++)
            if (table_failed(from, i))
                table_fail(reduce->keyed.shard[shard].table, entry[i], table_failed(from, i));
    }
    reduce->head.taken += later->head.taken;
}

void reduce_merge(struct gather *gather, struct gather *later, const struct op_run *run)
{
    struct reduce *reduce = reduce_of(gather), *other = reduce_of(later);
    struct give give = { 0 };
    struct rows rows;
    keyed_order(&other->keyed);
    while (reduce_give(later, &give, run, &rows)) {
        reduce_add(reduce, &rows, run);
        arena_reset(run->arena);
    }
    if (keyed_failures(&other->keyed))
        reduce_merge_failed(reduce, other, run->arena);
}

void reduce_judge(struct gather *gather, const struct op_run *run)
{
    struct keyed *keyed = &reduce_of(gather)->keyed;
    const struct op *op = gather->op;
    bool has_key = !op->kind->keyless;
    keyed_order(keyed);
    for (uint32_t i = 0; i < keyed->n && keyed_failures(keyed); i++) {
        enum fault fault = keyed_failed(keyed, i);
        struct column key;
        if (!fault)
            continue;
        if (has_key)
            keyed_keys(keyed, op->pair->member[0], (struct sel){ &i, 1 }, run->arena, &key);
        const char *reason = fault_text(fault);
        run->error(run, &(struct op_error){ .op = op,
                                            .key = has_key ? &key : NULL,
                                            .code = fault_code(fault),
                                            .reason = { reason, strlen(reason) } });
    }
}

void reduce_reset(struct gather *gather)
{
    keyed_reset(&reduce_of(gather)->keyed);
    gather->taken = 0;
}

size_t reduce_bytes(const struct gather *gather)
{
    const struct reduce *reduce = CONTAINER_OF(gather, const struct reduce, head);
    size_t n = sizeof *reduce + keyed_bytes(&reduce->keyed);
    for (uint32_t i = 0; i < SHARDS; i++)
        n += reduce->shard[i].n_seen * sizeof(uint32_t);
    return n;
}

void reduce_close(struct reduce *reduce)
{
    keyed_close(&reduce->keyed);
    for (uint32_t i = 0; i < SHARDS; i++)
        mem_free(reduce->shard[i].seen);
}

static void reduce_free(struct gather *gather)
{
    reduce_close(reduce_of(gather));
    mem_free(gather);
}

#define REDUCE_GATHER                                                                       \
    .open = reduce_open, .take = reduce_take, .merge = reduce_merge, .judge = reduce_judge, \
    .reset = reduce_reset, .bytes = reduce_bytes, .free = reduce_free

static const struct gather_ops by_key = { REDUCE_GATHER, .prepare = reduce_prepare,
                                          .give = reduce_give };
static const struct gather_ops by_value = { REDUCE_GATHER, .prepare = reduce_prepare_keys,
                                            .give = reduce_give };
static const struct gather_ops distinct = { REDUCE_GATHER, .prepare = reduce_prepare_keys,
                                            .give = reduce_give_keys };
static const struct gather_ops all = { REDUCE_GATHER, .prepare = reduce_prepare_values,
                                       .give = reduce_give_values };

const struct op_kind op_reduce_by_key = { .name = "reduceByKey",
                                          .arg = OP_ARG_NEEDED,
                                          .build = reduce_build_by_key,
                                          .gather = &by_key };
const struct op_kind op_reduce = { .name = "reduce",
                                   .keyless = true,
                                   .arg = OP_ARG_NEEDED,
                                   .build = reduce_build_all,
                                   .gather = &all };
const struct op_kind op_count_by_value = { .name = "countByValue",
                                           .build = reduce_build_count,
                                           .gather = &by_value };
const struct op_kind op_distinct = { .name = "distinct",
                                     .build = reduce_build_distinct,
                                     .gather = &distinct };
