#include "op/reduce.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "op/cell.h"
#include "op/fold.h"
#include "op/rounds.h"
#include "op/shared.h"

#define MERGE_STEP 1024u /* entries of a later table merged at once: their columns stay in L2 */

/* ---- building */

static const char
    *const reduce_words[] = { [FOLD_SUM] = "sum", [FOLD_MIN] = "min", [FOLD_MAX] = "max" };

static bool reduce_build_word(struct op *op, const struct op_input *input, const char *word)
{
    if (strcmp(word, "count") == 0) {
        op->is_count = true;
        op->fold = FOLD_SUM;
        op->out = type_pair(input->types, op->in->member[0], &type_int);
        return true;
    }
    op->fold = strcmp(word, "sum") == 0 ? FOLD_SUM : strcmp(word, "min") == 0 ? FOLD_MIN : FOLD_MAX;
    op->out = op->in;
    if (type_is_number(op->in->member[1]))
        return true;
    char needs[40];
    snprintf(needs, sizeof needs, "pairs (K, number) for '%s'", word);
    return op_wrong_input(input, needs, NULL);
}

static bool reduce_build_program(struct op *op, const struct op_input *input)
{
    const struct type *value = op->in->member[1], *param[] = { value, value };
    struct expr_use use = { .op = op->kind->name, .param = param, .n_param = 2, .result = value };
    op->program = op_compile(input, &use);
    if (!op->program)
        return false;
    op->fold = type_is_number(value) ? op->program->fold : FOLD_NONE;
    op->out = op->in;
    return true;
}

static bool reduce_build(struct op *op, const struct op_input *input)
{
    const struct yaml_node *arg = input->job->arg;
    if (!op_is_pair(op->in))
        return op_wrong_input(input, "pairs (K, V)", "make pairs first: map: (_, 1)");
    if (!type_is_key(op->in->member[0]))
        return op_wrong_input(input, "keys that compare exactly",
                              "a key cannot hold a Double or Json: map it to an Int or a String");
    if (arg->text && strcmp(arg->text, "count") == 0)
        return reduce_build_word(op, input, "count");
    for (int i = FOLD_SUM; i <= FOLD_MAX; i++) {
        if (arg->text && strcmp(arg->text, reduce_words[i]) == 0)
            return reduce_build_word(op, input, reduce_words[i]);
    }
    return reduce_build_program(op, input);
}

/* ---- folding */

static struct reduce *reduce_of(struct gather *gather)
{
    return CONTAINER_OF(gather, struct reduce, head);
}

static struct gather *reduce_open(const struct op *op, uint64_t seed)
{
    struct reduce *reduce = mem_zalloc(sizeof *reduce);
    reduce->head.op = op;
    reduce->seed = key_seed_of(seed);
    reduce->table = table_new(&reduce->seed, op->fold == FOLD_NONE ? 0 : fold_fresh(op));
    return &reduce->head;
}

/* Makes the keys of a group and has their slots fetched. */
static void reduce_prepare(struct reduce *reduce, struct reduce_group *group,
                           const struct column *keys, struct sel sel, uint32_t at)
{
    group->keys.n = sel.n - at < KEYS_GROUP ? sel.n - at : KEYS_GROUP;
    group->row = sel.row + at;
    if (!sel.row) {
        for (uint32_t i = 0; i < KEYS_GROUP; i++)
            group->rows[i] = at + i;
        group->row = group->rows;
    }
    keys_of_column(&group->keys, &reduce->seed, keys, group->row, &group->bytes);
    table_fetch(reduce->table, &group->keys);
}

uint32_t reduce_find(struct reduce *reduce, const struct column *keys, struct sel sel, uint32_t at)
{
    if (at == 0)
        reduce_prepare(reduce, &reduce->group[!reduce->now], keys, sel, 0);
    reduce->now = !reduce->now;
    struct reduce_group *group = &reduce->group[reduce->now];
    uint32_t n = group->keys.n;
    if (at + n < sel.n)
        reduce_prepare(reduce, &reduce->group[!reduce->now], keys, sel, at + n);
    table_find(reduce->table, &group->keys, reduce->entry);
    return n;
}

static void reduce_take(struct gather *gather, const struct rows *rows, const struct op_run *run)
{
    if (gather->op->fold == FOLD_NONE)
        rounds_fold(reduce_of(gather), rows, run);
    else
        fold_pairs(reduce_of(gather), rows, gather->op->is_count);
}

static void reduce_give(const struct gather *gather, uint32_t from, const struct op_run *run,
                        struct rows *rows)
{
    const struct table *table = CONTAINER_OF(gather, const struct reduce, head)->table;
    const struct type *type = gather->op->out;
    uint32_t *entry = arena_alloc(run->arena, rows->n * sizeof *entry), n = 0;
    struct column *member = arena_alloc(run->arena, 2 * sizeof *member);
    for (uint32_t i = from; i < from + rows->n; i++) {
        if (!table_failed(table, i))
            entry[n++] = i;
    }
    struct sel entries = { entry, n };
    cell_keys(table, type->member[0], entries, run->arena, &member[0]);
    cell_get(table, type->member[1], entries, run->arena, &member[1]);
    rows->column = (struct column){ .type = type, .n = n, .n_child = 2, .child = member };
    rows->n = n;
    rows->sel = (struct sel){ .n = n };
}

/* Keys that failed in a later table fail in this one too. */
static void reduce_merge_failed(struct reduce *reduce, const struct table *later, uint32_t entry,
                                const struct op_run *run)
{
    struct column key;
    cell_keys(later, reduce->head.op->in->member[0], (struct sel){ &entry, 1 }, run->arena, &key);
    reduce_find(reduce, &key, (struct sel){ .n = 1 }, 0);
    table_fail(reduce->table, reduce->entry[0], table_failed(later, entry));
}

static void reduce_merge(struct gather *gather, const struct gather *later,
                         const struct op_run *run)
{
    const struct table *table = CONTAINER_OF(later, const struct reduce, head)->table;
    uint32_t count = table_count(table);
    for (uint32_t from = 0; from < count; from += MERGE_STEP) {
        struct rows rows = { .n = count - from < MERGE_STEP ? count - from : MERGE_STEP };
        reduce_give(later, from, run, &rows);
        if (gather->op->fold == FOLD_NONE)
            rounds_fold(reduce_of(gather), &rows, run);
        else
            fold_pairs(reduce_of(gather), &rows, false); /* counts of the later table add up */
        arena_reset(run->arena);
    }
    for (uint32_t i = 0; i < count && table_failures(table); i++) {
        if (table_failed(table, i))
            reduce_merge_failed(reduce_of(gather), table, i, run);
    }
}

static void reduce_judge(struct gather *gather, const struct op_run *run)
{
    struct table *table = reduce_of(gather)->table;
    uint32_t count = table_count(table);
    for (uint32_t i = 0; i < count && table_failures(table); i++) {
        enum fault fault = table_failed(table, i);
        struct column key;
        if (!fault)
            continue;
        cell_keys(table, gather->op->out->member[0], (struct sel){ &i, 1 }, run->arena, &key);
        const char *reason = fault_text(fault);
        run->error(run, &(struct op_error){ .op = gather->op,
                                            .key = &key,
                                            .code = fault_code(fault),
                                            .reason = { reason, strlen(reason) } });
    }
}

static uint32_t reduce_count(const struct gather *gather)
{
    return table_count(CONTAINER_OF(gather, const struct reduce, head)->table);
}

static void reduce_reset(struct gather *gather)
{
    table_reset(reduce_of(gather)->table);
}

static size_t reduce_bytes(const struct gather *gather)
{
    const struct reduce *reduce = CONTAINER_OF(gather, const struct reduce, head);
    return sizeof *reduce + table_bytes(reduce->table) + reduce->scratch.cap +
           reduce->n_seen * sizeof *reduce->seen;
}

static void reduce_free(struct gather *gather)
{
    struct reduce *reduce = reduce_of(gather);
    table_free(reduce->table);
    buf_free(&reduce->scratch);
    buf_free(&reduce->group[0].bytes);
    buf_free(&reduce->group[1].bytes);
    mem_free(reduce->seen);
    mem_free(reduce);
}

static const struct gather_ops reduce_gather = {
    .open = reduce_open,
    .take = reduce_take,
    .merge = reduce_merge,
    .judge = reduce_judge,
    .count = reduce_count,
    .give = reduce_give,
    .reset = reduce_reset,
    .bytes = reduce_bytes,
    .free = reduce_free,
};

const struct op_kind op_reduce_by_key = { .name = "reduceByKey",
                                          .has_arg = true,
                                          .build = reduce_build,
                                          .gather = &reduce_gather };
