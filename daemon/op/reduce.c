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
    lookup_open(&reduce->keys, seed, op->fold == FOLD_NONE ? 0 : fold_fresh(op));
}

static struct gather *reduce_open(const struct op *op, uint64_t seed)
{
    struct reduce *reduce = mem_alloc(sizeof *reduce);
    reduce_init(reduce, op, seed);
    return &reduce->head;
}

/* ---- rows in */

void reduce_take(struct gather *gather, const struct rows *pairs, const struct op_run *run)
{
    if (gather->op->fold == FOLD_NONE)
        rounds_fold(reduce_of(gather), pairs, run);
    else
        fold_pairs(reduce_of(gather), pairs, gather->op->is_count);
}

void reduce_add(struct reduce *reduce, const struct rows *pairs, const struct op_run *run)
{
    if (reduce->head.op->fold == FOLD_NONE)
        rounds_fold(reduce, pairs, run);
    else
        fold_pairs(reduce, pairs, false);
}

/* Rows that are keys, or values, only: with a constant for what is not there. */
static void reduce_fold_half(struct gather *gather, const struct rows *rows, bool keys,
                             const struct op_run *run)
{
    struct rows pairs = *rows;
    struct column *member = arena_alloc(run->arena, 2 * sizeof *member);
    member[!keys] = rows->column;
    column_zero(run->arena, &type_int, &member[keys]);
    member[keys].n = rows->n;
    pairs.column = (struct column){ .n = rows->n, .n_child = 2, .child = member };
    reduce_take(gather, &pairs, run);
}

void reduce_take_keys(struct gather *gather, const struct rows *rows, const struct op_run *run)
{
    reduce_fold_half(gather, rows, true, run);
}

void reduce_take_values(struct gather *gather, const struct rows *rows, const struct op_run *run)
{
    reduce_fold_half(gather, rows, false, run);
}

/* ---- rows out */

/* Up to GATHER_ROWS entries from *from on, which moves behind them, without those that failed. False: there are none. */
static bool reduce_next(const struct table *table, uint32_t *from, struct arena *arena,
                        struct sel *entries)
{
    uint32_t count = table_count(table), n = 0;
    uint32_t to = count - *from < GATHER_ROWS ? count : *from + GATHER_ROWS;
    uint32_t *entry = arena_alloc(arena, (to - *from) * sizeof *entry);
    bool any = *from < count;
    for (; *from < to; ++*from) {
        if (!table_failed(table, *from))
            entry[n++] = *from;
    }
    *entries = (struct sel){ entry, n };
    return any;
}

static const struct table *reduce_table(const struct gather *gather)
{
    return CONTAINER_OF(gather, const struct reduce, head)->keys.table;
}

bool reduce_give(const struct gather *gather, struct give *give, const struct op_run *run,
                 struct rows *rows)
{
    const struct table *table = reduce_table(gather);
    const struct type *type = gather->op->pair;
    struct sel entries;
    if (!reduce_next(table, &give->entry, run->arena, &entries))
        return false;
    struct column *member = arena_alloc(run->arena, 2 * sizeof *member);
    cell_keys(table, type->member[0], entries, run->arena, &member[0]);
    cell_get(table, type->member[1], entries, run->arena, &member[1]);
    *rows = rows_of(entries.n);
    rows->column = (struct column){ .type = type, .n = entries.n, .n_child = 2, .child = member };
    return true;
}

static bool reduce_give_keys(const struct gather *gather, struct give *give,
                             const struct op_run *run, struct rows *rows)
{
    const struct table *table = reduce_table(gather);
    struct sel entries;
    if (!reduce_next(table, &give->entry, run->arena, &entries))
        return false;
    *rows = rows_of(entries.n);
    cell_keys(table, gather->op->out, entries, run->arena, &rows->column);
    return true;
}

static bool reduce_give_values(const struct gather *gather, struct give *give,
                               const struct op_run *run, struct rows *rows)
{
    const struct table *table = reduce_table(gather);
    struct sel entries;
    if (!reduce_next(table, &give->entry, run->arena, &entries))
        return false;
    *rows = rows_of(entries.n);
    cell_get(table, gather->op->out, entries, run->arena, &rows->column);
    return true;
}

/* ---- lanes, failed keys */

void reduce_merge(struct gather *gather, const struct gather *later, const struct op_run *run)
{
    struct reduce *reduce = reduce_of(gather);
    const struct table *table = reduce_table(later);
    struct give give = { 0 };
    struct rows rows;
    uint32_t count = table_count(table);
    while (reduce_give(later, &give, run, &rows)) {
        reduce_add(reduce, &rows, run);
        arena_reset(run->arena);
    }
    if (!table_failures(table))
        return;
    uint32_t *entry = arena_alloc(run->arena, count * sizeof *entry);
    lookup_map(&reduce->keys, table, entry); /* keys that failed there fail here too */
    for (uint32_t i = 0; i < count; i++) {
        if (table_failed(table, i))
            table_fail(reduce->keys.table, entry[i], table_failed(table, i));
    }
}

void reduce_judge(struct gather *gather, const struct op_run *run)
{
    const struct table *table = reduce_table(gather);
    const struct op *op = gather->op;
    uint32_t count = table_count(table);
    bool has_key = !op->kind->keyless;
    for (uint32_t i = 0; i < count && table_failures(table); i++) {
        enum fault fault = table_failed(table, i);
        struct column key;
        if (!fault)
            continue;
        if (has_key)
            cell_keys(table, op->pair->member[0], (struct sel){ &i, 1 }, run->arena, &key);
        const char *reason = fault_text(fault);
        run->error(run, &(struct op_error){ .op = op,
                                            .key = has_key ? &key : NULL,
                                            .code = fault_code(fault),
                                            .reason = { reason, strlen(reason) } });
    }
}

void reduce_reset(struct gather *gather)
{
    table_reset(reduce_of(gather)->keys.table);
}

size_t reduce_bytes(const struct gather *gather)
{
    const struct reduce *reduce = CONTAINER_OF(gather, const struct reduce, head);
    return sizeof *reduce + lookup_bytes(&reduce->keys) + reduce->scratch.cap +
           reduce->n_seen * sizeof *reduce->seen;
}

void reduce_close(struct reduce *reduce)
{
    lookup_free(&reduce->keys);
    buf_free(&reduce->scratch);
    mem_free(reduce->seen);
}

static void reduce_free(struct gather *gather)
{
    reduce_close(reduce_of(gather));
    mem_free(gather);
}

#define REDUCE_GATHER                                                                         \
    .open = reduce_open, .merge = reduce_merge, .judge = reduce_judge, .reset = reduce_reset, \
    .bytes = reduce_bytes, .free = reduce_free

static const struct gather_ops by_key = { REDUCE_GATHER, .take = reduce_take, .give = reduce_give };
static const struct gather_ops by_value = { REDUCE_GATHER, .take = reduce_take_keys,
                                            .give = reduce_give };
static const struct gather_ops distinct = { REDUCE_GATHER, .take = reduce_take_keys,
                                            .give = reduce_give_keys };
static const struct gather_ops all = { REDUCE_GATHER, .take = reduce_take_values,
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
