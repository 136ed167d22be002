#include "op/rounds.h"

#include <string.h>

#include "base/mem.h"
#include "op/cell.h"

#define ROUNDS_BYTES (256u << 10) /* what rounds may leave in the arena */

struct rounds {      /* of one chunk's pairs; the arrays lie in its arena */
    uint32_t n;      /* pairs */
    uint32_t *row;   /* of each pair, by round, then in order */
    uint32_t *entry; /* of its key, likewise */
    uint32_t *start; /* of each round: its first pair; start[n_rounds] is n */
    uint32_t n_rounds;
    uint32_t known; /* entries from here on are new in this chunk */
};

struct rounding { /* one shard of a gather */
    const struct op *op;
    struct table *table;
    struct reduce_shard *shard;
    const struct op_run *run;
};

static void rounds_make_room(struct reduce_shard *shard, uint32_t n)
{
    if (n <= shard->n_seen)
        return;
    uint32_t cap = n < 64 ? 64 : n * 2;
    shard->seen = mem_realloc(shard->seen, cap * sizeof *shard->seen);
    memset(shard->seen + shard->n_seen, 0, (cap - shard->n_seen) * sizeof *shard->seen);
    shard->n_seen = cap;
}

/* The pairs of the shard: their entries and rows. */
static void rounds_find(struct reduce *reduce, const struct rows *pairs, uint32_t shard,
                        uint32_t *entry, uint32_t *row)
{
    uint32_t n = 0;
    struct keys room;
    SPLIT_EACH(pairs->split, shard, &room)
    {
        keyed_find(&reduce->keyed, shard, keys, pairs->number);
        memcpy(entry + n, reduce->keyed.shard[shard].entry, keys->n * sizeof *entry);
        for (uint32_t i = 0; i < keys->n; i++)
            row[n++] = keys->key[i].row;
    }
}

/* Sorts the pairs by how many of their key came before them in this chunk. */
static void rounds_make(struct reduce *reduce, const struct rows *pairs, uint32_t index,
                        struct arena *arena, struct rounds *rounds)
{
    const struct table *table = reduce->keyed.shard[index].table;
    struct reduce_shard *shard = &reduce->shard[index];
    *rounds = (struct rounds){ .known = table_count(table) };
    uint32_t n = rounds->n = split_count(pairs->split, index),
             *found = arena_alloc(arena, n * sizeof *found);
    uint32_t *entry = arena_alloc(arena, n * sizeof *entry);
    uint32_t *rank = arena_alloc(arena, n * sizeof *rank);
    rounds->row = arena_alloc(arena, n * sizeof *rounds->row);
    rounds->entry = arena_alloc(arena, n * sizeof *rounds->entry);
    rounds->start = arena_zalloc(arena, (n + 2) * sizeof *rounds->start);
    rounds_find(reduce, pairs, index, entry, found);
    rounds_make_room(shard, table_count(table));
    for (uint32_t i = 0; i < n; i++) {
        rank[i] = shard->seen[entry[i]]++;
        rounds->start[rank[i] + 2]++;
        rounds->n_rounds = rank[i] < rounds->n_rounds ? rounds->n_rounds : rank[i] + 1;
    }
    for (uint32_t i = 0; i < rounds->n_rounds; i++)
        rounds->start[i + 1] += rounds->start[i]; /* where round i - 1 begins, so far */
    for (uint32_t i = 0; i < n; i++) {
        uint32_t to = rounds->start[rank[i] + 1]++;
        rounds->row[to] = found[i];
        rounds->entry[to] = entry[i];
        shard->seen[entry[i]] = 0;
    }
}

/* The values of a round that are less, or greater, than those in the cells of their keys. */
static void rounds_compare(const struct rounding *rounding, const struct column *param, uint32_t n,
                           const uint32_t *entry)
{
    bool greatest = rounding->op->extreme > 0;
    for (uint32_t i = 0; i < n; i++) {
        int order = column_compare(&param[1], i, &param[0], i);
        if (greatest ? order > 0 : order < 0)
            cell_put(rounding->table, entry[i], &param[1], i, rounding->run->scratch);
    }
}

/* The values of a round into the cells of their keys, all different. */
static void rounds_run(const struct rounding *rounding, const struct column *values,
                       struct sel rows, const uint32_t *entry)
{
    const struct op *op = rounding->op;
    const struct op_run *run = rounding->run;
    struct column param[2], out;
    struct error_list errors = { 0 };
    const struct type *type = op->pair->member[1];
    cell_get(rounding->table, type, (struct sel){ entry, rows.n }, run->arena, &param[0]);
    column_gather(run->arena, values, rows, &param[1]);
    if (op->extreme) {
        rounds_compare(rounding, param, rows.n, entry);
        return;
    }
    struct chunk chunk = { .frame = { .n = rows.n },
                           .sel = { .n = rows.n },
                           .col = param,
                           .batch_time_ms = run->batch_time_ms,
                           .arena = run->arena };
    program_run(op->program, &chunk, &out, &errors);
    for (uint32_t i = 0; i < errors.n; i++)
        table_fail(rounding->table, entry[errors.items[i].row], (uint8_t)errors.items[i].fault);
    SEL_EACH(chunk.sel, row)
    cell_put(rounding->table, entry[row], &out, row, rounding->run->scratch);
}

/* ---- what a program appends */

/* The first value of a key stands as it is; the pairs of the others. */
static void append_first(const struct rounding *rounding, const struct column *values,
                         struct rounds *rounds)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < rounds->n; i++) {
        uint32_t entry = rounds->entry[i];
        if (!table_cells(rounding->table)[entry].value) {
            cell_put(rounding->table, entry, values, rounds->row[i], rounding->run->scratch);
            continue;
        }
        rounds->entry[n] = entry;
        rounds->row[n++] = rounds->row[i];
    }
    rounds->n = n;
}

static void append_run(const struct rounding *rounding, const struct column *values,
                       const struct rounds *rounds)
{
    const struct op *op = rounding->op;
    const struct op_run *run = rounding->run;
    struct column param[2], out;
    struct error_list errors = { 0 };
    uint32_t next = 0; /* of errors */
    column_zero(run->arena, op->pair->member[1], &param[0]);
    column_gather(run->arena, values, (struct sel){ rounds->row, rounds->n }, &param[1]);
    struct chunk chunk = { .frame = { .n = rounds->n },
                           .sel = { .n = rounds->n },
                           .col = param,
                           .batch_time_ms = run->batch_time_ms,
                           .arena = run->arena };
    program_run(op->program, &chunk, &out, &errors);
    for (uint32_t i = 0; i < rounds->n; i++) {
        uint32_t entry = rounds->entry[i];
        if (next < errors.n && errors.items[next].row == i)
            table_fail(rounding->table, entry, (uint8_t)errors.items[next++].fault);
        else if (!table_failed(rounding->table, entry) &&
                 !cell_append(rounding->table, entry, &out, i, run->scratch))
            table_fail(rounding->table, entry, FAULT_LARGE);
    }
}

static void append_fold(const struct rounding *rounding, struct reduce *reduce,
                        const struct rows *pairs, uint32_t shard)
{
    struct arena *arena = rounding->run->arena;
    const struct column *values = &pairs->column.child[1];
    struct rounds rounds = { .n = split_count(pairs->split, shard) };
    rounds.row = arena_alloc(arena, rounds.n * sizeof *rounds.row);
    rounds.entry = arena_alloc(arena, rounds.n * sizeof *rounds.entry);
    rounds_find(reduce, pairs, shard, rounds.entry, rounds.row);
    append_first(rounding, values, &rounds);
    if (rounds.n)
        append_run(rounding, values, &rounds);
}

void rounds_fold(struct reduce *reduce, const struct rows *pairs, uint32_t shard,
                 const struct op_run *run)
{
    const struct column *values = &pairs->column.child[1];
    struct rounding rounding = { reduce->head.op, reduce->keyed.shard[shard].table,
                                 &reduce->shard[shard], run };
    struct rounds rounds;
    if (rounding.op->program && rounding.op->program->fold == FOLD_APPEND) {
        append_fold(&rounding, reduce, pairs, shard);
        return;
    }
    rounds_make(reduce, pairs, shard, run->arena, &rounds);
    struct arena_mark mark = arena_mark(run->arena); /* a chunk may have as many rounds as pairs */
    for (uint32_t k = 0; k < rounds.n_rounds; k++) {
        uint32_t from = rounds.start[k], n = 0;
        uint32_t *row = rounds.row + from, *entry = rounds.entry + from;
        for (uint32_t i = 0; i < rounds.start[k + 1] - from; i++) {
            if (table_failed(rounding.table, entry[i]))
                continue;
            if (k == 0 && entry[i] >= rounds.known) {
                cell_put(rounding.table, entry[i], values, row[i], run->scratch);
                continue;
            }
            row[n] = row[i];
            entry[n++] = entry[i];
        }
        if (n)
            rounds_run(&rounding, values, (struct sel){ row, n }, entry);
        if (run->arena->total - mark.total > ROUNDS_BYTES)
            arena_rewind(run->arena, mark);
    }
}
