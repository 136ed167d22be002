#include "op/group.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "column/codec.h"
#include "op/shared.h"

#define GROUP_VALUES 16384u /* values given at once, but at least those of one key */

void group_init(struct group *group, const struct op *op, uint64_t seed)
{
    *group = (struct group){ .head.op = op };
    keyed_open(&group->keyed, seed, 0);
    for (uint32_t i = 0; i < SHARDS; i++)
        group->shard[i].values.max = UINT64_MAX;
}

struct gather *group_open(const struct op *op, uint64_t seed)
{
    struct group *group = mem_alloc(sizeof *group);
    group_init(group, op, seed);
    return &group->head;
}

void group_prepare(const struct gather *gather, struct rows *rows, const struct op_run *run)
{
    const struct group *group = (const void *)gather;
    keyed_split(&group->keyed, rows, &rows->column.child[0], run);
}

void group_take(struct gather *gather, const struct rows *rows, uint32_t index,
                const struct op_run *run)
{
    struct group *group = group_of(gather);
    struct group_shard *shard = &group->shard[index];
    (void)run;
    check(rows->number + rows->n < UINT32_MAX);
    struct keys room;
    SPLIT_EACH(rows->split, index, &room)
    {
        uint32_t row[KEYS_GROUP],
            *number = (void *)buf_extend(&shard->number, keys->n * sizeof *row);
        keyed_find(&group->keyed, index, keys, rows->number);
        buf_put(&shard->entry, group->keyed.shard[index].entry, keys->n * sizeof *row);
        for (uint32_t i = 0; i < keys->n; i++) {
            row[i] = keys->key[i].row;
            number[i] = (uint32_t)rows->number + row[i];
        }
        collect_take(&shard->values, &rows->column.child[1], (struct sel){ row, keys->n });
    }
}

void group_add(struct group *group, struct rows *pairs, const struct op_run *run)
{
    group_prepare(&group->head, pairs, run);
    gather_number(&group->head, pairs);
    for (uint32_t shard = 0; shard < SHARDS; shard++)
        group_take(&group->head, pairs, shard, run);
}

/* The keys of values of one shard, carried over to another table. */
static void group_map(struct group *group, uint32_t index, const struct group *from, uint32_t *to)
{
    const struct table *table = from->keyed.shard[index].table;
    const struct buf *entries = &from->shard[index].entry;
    const uint32_t *entry = (const void *)entries->ptr;
    uint32_t *map = mem_alloc(table_count(table) * sizeof *map);
    keyed_map(&group->keyed, index, &from->keyed, group->head.taken, map);
    for (size_t i = 0; i < entries->len / sizeof *entry; i++)
        to[i] = map[entry[i]];
    mem_free(map);
}

void group_merge(struct gather *gather, struct gather *later, const struct op_run *run)
{
    struct group *group = group_of(gather), *other = group_of(later);
    (void)run;
    check(gather->taken + later->taken < UINT32_MAX);
    for (uint32_t i = 0; i < SHARDS; i++) {
        struct group_shard *to = &group->shard[i], *from = &other->shard[i];
        const uint32_t *number = (const void *)from->number.ptr;
        uint32_t *numbers = (void *)buf_extend(&to->number, from->number.len);
        for (uint32_t k = 0; k < from->values.n; k++)
            numbers[k] = (uint32_t)gather->taken + number[k];
        group_map(group, i, other, (void *)buf_extend(&to->entry, from->entry.len));
        collect_append(&to->values, &from->values);
    }
    gather->taken += later->taken;
}

static uint32_t group_values(const struct group *group)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < SHARDS; i++) {
        check(group->shard[i].values.n < (1u << KEYED_BITS) - 1);
        n += group->shard[i].values.n;
    }
    check(n < UINT32_MAX);
    return (uint32_t)n;
}

static void group_make_room(struct group *group, uint32_t keys)
{
    uint32_t values = group_values(group);
    if (group->order_cap < values) {
        group->order_cap = values;
        group->order = mem_realloc(group->order, values * sizeof *group->order);
    }
    if (group->start_cap < keys + 2) {
        group->start_cap = keys + 2;
        group->start = mem_realloc(group->start, group->start_cap * sizeof *group->start);
    }
    memset(group->start, 0, (keys + 2) * sizeof *group->start);
}

/* By key; by_keys: whose keys they are. */
static void group_sort(struct group *group, const struct keyed *by_keys, struct arena *arena)
{
    uint32_t from[SHARDS], *rank = keyed_ranks(by_keys, from, arena);
    group_make_room(group, by_keys->n);
    uint32_t *start = group->start;
    for (uint32_t i = 0; i < SHARDS; i++) {
        const uint32_t *entry = (const void *)group->shard[i].entry.ptr;
        for (uint32_t k = 0; k < group->shard[i].values.n; k++)
            start[rank[from[i] + entry[k]] + 2]++;
    }
    for (uint32_t i = 0; i < by_keys->n; i++)
        start[i + 2] += start[i + 1]; /* start[i + 1]: where those of key i begin */
    for (uint32_t i = 0; i < SHARDS; i++) {
        const uint32_t *entry = (const void *)group->shard[i].entry.ptr;
        for (uint32_t k = 0; k < group->shard[i].values.n; k++) /* and then where they end */
            group->order[start[rank[from[i] + entry[k]] + 1]++] = i << KEYED_BITS | k;
    }
}

void group_judge(struct gather *gather, const struct op_run *run)
{
    struct group *group = group_of(gather), *right = group->right;
    for (uint32_t i = 0; i < SHARDS && right; i++)
        group_map(group, i, right, (void *)right->shard[i].entry.ptr);
    keyed_order(&group->keyed);
    if (right)
        group_sort(right, &group->keyed, run->arena);
    group_sort(group, &group->keyed, run->arena);
}

static size_t group_lists_bytes(const struct group *group)
{
    size_t n = (group->order_cap + (size_t)group->start_cap) * sizeof(uint32_t);
    for (uint32_t i = 0; i < SHARDS; i++)
        n += group->shard[i].entry.cap + group->shard[i].number.cap;
    return n;
}

static void group_drop_lists(struct group *group)
{
    for (uint32_t i = 0; i < SHARDS; i++) {
        buf_free(&group->shard[i].entry);
        buf_free(&group->shard[i].number);
    }
    mem_free(group->order);
    mem_free(group->start);
    group->order = group->start = NULL;
    group->order_cap = group->start_cap = 0;
}

void group_reset(struct gather *gather)
{
    struct group *group = group_of(gather);
    keyed_reset(&group->keyed);
    for (uint32_t i = 0; i < SHARDS; i++) {
        collect_clear(&group->shard[i].values);
        buf_clear(&group->shard[i].entry);
        buf_clear(&group->shard[i].number);
    }
    group->right = NULL;
    gather->taken = 0;
    if (group_lists_bytes(group) > COLLECT_KEEP)
        group_drop_lists(group);
}

size_t group_bytes(const struct gather *gather)
{
    const struct group *group = (const void *)gather;
    size_t n = sizeof *group + keyed_bytes(&group->keyed) + group_lists_bytes(group);
    for (uint32_t i = 0; i < SHARDS; i++)
        n += collect_bytes(&group->shard[i].values);
    return n;
}

void group_free(struct gather *gather)
{
    struct group *group = group_of(gather);
    keyed_close(&group->keyed);
    for (uint32_t i = 0; i < SHARDS; i++)
        collect_free(&group->shard[i].values);
    group_drop_lists(group);
    mem_free(group);
}

/* ---- the result */

bool group_next(const struct group *group, struct give *give, struct arena *arena,
                struct group_span *span)
{
    uint32_t count = group->keyed.n, values = 0, to = give->entry;
    const struct group *right = group->right;
    for (; to < count && to - give->entry < GATHER_ROWS && values < GROUP_VALUES; to++)
        values += group_size(group, to) + (right ? group_size(right, to) : 0);
    *span = (struct group_span){ give->entry, to, arena };
    give->entry = to;
    return to > span->from;
}

void group_keys(const struct group *group, const struct group_span *span, const struct type *type,
                struct column *out)
{
    uint32_t n = span->to - span->from, *entry = arena_alloc(span->arena, n * sizeof *entry);
    for (uint32_t i = 0; i < n; i++)
        entry[i] = span->from + i;
    keyed_keys(&group->keyed, type, (struct sel){ entry, n }, span->arena, out);
}

void group_lists(const struct group *group, const struct group_span *span, const struct type *list,
                 struct column *out)
{
    uint32_t n = span->to - span->from, from = group->start[span->from];
    uint32_t values = group->start[span->to] - from;
    struct slice *slices = arena_alloc(span->arena, values * sizeof *slices);
    for (uint32_t i = 0; i < values; i++)
        slices[i] = group_value(group, group->order[from + i]);
    column_alloc(span->arena, list, n, out);
    codec_get(span->arena, list->member[0], slices, values, &out->child[0]);
    for (uint32_t i = 0; i < n; i++) {
        out->offset[i] = group->start[span->from + i] - from;
        out->len[i] = group_size(group, span->from + i);
    }
}

bool group_give(const struct gather *gather, struct give *give, const struct op_run *run,
                struct rows *rows)
{
    const struct group *group = (const void *)gather;
    const struct type *type = gather->op->out;
    struct group_span span;
    if (!group_next(group, give, run->arena, &span))
        return false;
    struct column *member = arena_alloc(run->arena, 2 * sizeof *member);
    group_keys(group, &span, type->member[0], &member[0]);
    group_lists(group, &span, type->member[1], &member[1]);
    *rows = rows_of(span.to - span.from);
    rows->column = (struct column){ .type = type, .n = rows->n, .n_child = 2, .child = member };
    return true;
}

static bool group_build(struct op *op, const struct op_input *input)
{
    if (!op_needs_keys(input))
        return false;
    op->out =
        type_pair(input->types, op->in->member[0], type_list(input->types, op->in->member[1]));
    return true;
}

static const struct gather_ops group_gather = { GROUP_GATHER, .give = group_give };

const struct op_kind op_group_by_key = { .name = "groupByKey",
                                         .build = group_build,
                                         .gather = &group_gather };
