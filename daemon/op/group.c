#include "op/group.h"

#include <string.h>

#include "base/mem.h"
#include "column/codec.h"
#include "op/cell.h"
#include "op/shared.h"

#define GROUP_VALUES 16384u /* values given at once, but at least those of one key */

void group_init(struct group *group, const struct op *op, uint64_t seed)
{
    *group = (struct group){ .head.op = op, .values.max = UINT64_MAX };
    lookup_open(&group->keys, seed, 0);
}

struct gather *group_open(const struct op *op, uint64_t seed)
{
    struct group *group = mem_alloc(sizeof *group);
    group_init(group, op, seed);
    return &group->head;
}

void group_take(struct gather *gather, const struct rows *rows, const struct op_run *run)
{
    struct group *group = group_of(gather);
    (void)run;
    for (uint32_t at = 0, n; at < rows->sel.n; at += n) {
        n = lookup_find(&group->keys, &rows->column.child[0], rows->sel, at);
        buf_put(&group->entry, group->keys.entry, n * sizeof *group->keys.entry);
    }
    collect_take(&group->values, &rows->column.child[1], rows->sel);
}

/* The entries of values, carried over to another table. */
static void entries_map(const struct buf *from, const uint32_t *map, uint32_t *to)
{
    const uint32_t *entry = (const void *)from->ptr;
    for (size_t i = 0; i < from->len / sizeof *entry; i++)
        to[i] = map[entry[i]];
}

void group_merge(struct gather *gather, const struct gather *later, const struct op_run *run)
{
    struct group *group = group_of(gather);
    const struct group *other = (const void *)later;
    uint32_t count = table_count(other->keys.table);
    uint32_t *map = arena_alloc(run->arena, count * sizeof *map);
    lookup_map(&group->keys, other->keys.table, map);
    entries_map(&other->entry, map, (void *)buf_extend(&group->entry, other->entry.len));
    collect_append(&group->values, &other->values);
    arena_reset(run->arena);
}

/* By key: of n keys. */
static void group_sort(struct group *group, uint32_t n)
{
    const uint32_t *entry = (const void *)group->entry.ptr;
    uint32_t values = group->values.n;
    if (group->order_cap < values) {
        group->order_cap = values;
        group->order = mem_realloc(group->order, values * sizeof *group->order);
    }
    if (group->start_cap < n + 2) {
        group->start_cap = n + 2;
        group->start = mem_realloc(group->start, group->start_cap * sizeof *group->start);
    }
    uint32_t *start = group->start;
    memset(start, 0, (n + 2) * sizeof *start);
    for (uint32_t i = 0; i < values; i++)
        start[entry[i] + 2]++;
    for (uint32_t i = 0; i < n; i++)
        start[i + 2] += start[i + 1]; /* start[i + 1]: where those of key i begin */
    for (uint32_t i = 0; i < values; i++)
        group->order[start[entry[i] + 1]++] = i; /* and then where they end */
}

void group_judge(struct gather *gather, const struct op_run *run)
{
    struct group *group = group_of(gather), *right = group->right;
    (void)run;
    if (right) {
        uint32_t *map = mem_alloc(table_count(right->keys.table) * sizeof *map);
        lookup_map(&group->keys, right->keys.table, map);
        entries_map(&right->entry, map, (void *)right->entry.ptr);
        mem_free(map);
        group_sort(right, table_count(group->keys.table));
    }
    group_sort(group, table_count(group->keys.table));
}

void group_reset(struct gather *gather)
{
    struct group *group = group_of(gather);
    size_t kept =
        (group->order_cap + (size_t)group->start_cap) * sizeof(uint32_t) + group->entry.cap;
    table_reset(group->keys.table);
    collect_clear(&group->values);
    buf_clear(&group->entry);
    group->right = NULL;
    if (kept <= COLLECT_KEEP)
        return;
    buf_free(&group->entry);
    mem_free(group->order);
    mem_free(group->start);
    group->order = group->start = NULL;
    group->order_cap = group->start_cap = 0;
}

size_t group_bytes(const struct gather *gather)
{
    const struct group *group = (const void *)gather;
    return sizeof *group + lookup_bytes(&group->keys) + collect_bytes(&group->values) +
           group->entry.cap + (group->order_cap + (size_t)group->start_cap) * sizeof(uint32_t);
}

void group_free(struct gather *gather)
{
    struct group *group = group_of(gather);
    lookup_free(&group->keys);
    collect_free(&group->values);
    buf_free(&group->entry);
    mem_free(group->order);
    mem_free(group->start);
    mem_free(group);
}

/* ---- the result */

bool group_next(const struct group *group, struct give *give, struct arena *arena,
                struct group_span *span)
{
    uint32_t count = table_count(group->keys.table), values = 0, to = give->entry;
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
    cell_keys(group->keys.table, type, (struct sel){ entry, n }, span->arena, out);
}

void group_lists(const struct group *group, const struct group_span *span, const struct type *list,
                 struct column *out)
{
    uint32_t n = span->to - span->from, from = group->start[span->from];
    uint32_t values = group->start[span->to] - from;
    struct slice *slices = arena_alloc(span->arena, values * sizeof *slices);
    for (uint32_t i = 0; i < values; i++)
        slices[i] = collect_slice(&group->values, group->order[from + i]);
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
