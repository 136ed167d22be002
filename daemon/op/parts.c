#include "op/parts.h"

#include "base/mem.h"
#include "column/codec.h"
#include "op/build.h"
#include "op/collect.h"
#include "op/gather.h"

struct parts {
    struct gather head;
    struct collect rows;
    struct buf ends; /* glom: uint32_t, rows before the end of each partition */
};

static bool glom_build(struct op *op, const struct op_input *input)
{
    op->out = type_list(input->types, op->in);
    return true;
}

static bool repartition_build(struct op *op, const struct op_input *input)
{
    op->out = op->in;
    op->num = input->job->args.num;
    return true;
}

/* ---- rows in */

static struct gather *parts_open(const struct op *op, uint64_t seed)
{
    struct parts *parts = mem_zalloc(sizeof *parts);
    (void)seed;
    parts->head.op = op;
    parts->rows.max = UINT64_MAX;
    return &parts->head;
}

static void parts_take(struct gather *gather, const struct rows *rows, uint32_t shard,
                       const struct op_run *run)
{
    (void)shard;
    (void)run;
    collect_take(&((struct parts *)gather)->rows, &rows->column, rows->sel);
}

static void parts_end(struct gather *gather)
{
    struct parts *parts = (void *)gather;
    buf_put(&parts->ends, &parts->rows.n, sizeof parts->rows.n);
}

static uint32_t parts_count(const struct parts *parts)
{
    return (uint32_t)(parts->ends.len / sizeof(uint32_t));
}

static void parts_merge(struct gather *gather, struct gather *later, const struct op_run *run)
{
    struct parts *parts = (void *)gather;
    const struct parts *other = (const void *)later;
    const uint32_t *end = (const void *)other->ends.ptr;
    uint32_t n = parts_count(other), before = parts->rows.n;
    uint32_t *to = (void *)buf_extend(&parts->ends, n * sizeof *to);
    (void)run;
    for (uint32_t i = 0; i < n; i++)
        to[i] = before + end[i];
    collect_append(&parts->rows, &other->rows);
}

static void parts_judge(struct gather *gather, const struct op_run *run)
{
    (void)gather;
    (void)run;
}

/* ---- rows out */

/* Rows [from, to) as a column. */
static void parts_column(const struct parts *parts, uint32_t from, uint32_t to, struct arena *arena,
                         struct column *out)
{
    uint32_t n = to - from;
    struct slice *slices = arena_alloc(arena, n * sizeof *slices);
    for (uint32_t i = 0; i < n; i++)
        slices[i] = collect_slice(&parts->rows, from + i);
    codec_get(arena, out->type, slices, n, out);
}

/* One list: a partition may be large. */
static bool glom_give(const struct gather *gather, struct give *give, const struct op_run *run,
                      struct rows *rows)
{
    const struct parts *parts = (const void *)gather;
    const uint32_t *end = (const void *)parts->ends.ptr;
    uint32_t at = give->entry;
    if (at == parts_count(parts))
        return false;
    uint32_t from = at ? end[at - 1] : 0;
    *rows = rows_of(1);
    column_alloc(run->arena, gather->op->out, 1, &rows->column);
    rows->column.offset[0] = 0;
    rows->column.len[0] = end[at] - from;
    rows->column.child[0].type = gather->op->in;
    parts_column(parts, from, end[at], run->arena, &rows->column.child[0]);
    give->entry++;
    return true;
}

static bool repartition_give(const struct gather *gather, struct give *give,
                             const struct op_run *run, struct rows *rows)
{
    const struct parts *parts = (const void *)gather;
    uint64_t num = gather->op->num, all = parts->rows.n;
    if (!all || give->entry == num)
        return false;
    uint64_t from = all * give->entry / num + give->at, to = all * (give->entry + 1) / num;
    if (to - from > GATHER_ROWS)
        to = from + GATHER_ROWS;
    *rows = rows_of((uint32_t)(to - from));
    rows->column.type = gather->op->out;
    parts_column(parts, (uint32_t)from, (uint32_t)to, run->arena, &rows->column);
    give->at += to - from;
    give->ends = to == all * (give->entry + 1) / num;
    if (give->ends)
        *give = (struct give){ .entry = give->entry + 1, .ends = true };
    return true;
}

static void parts_reset(struct gather *gather)
{
    struct parts *parts = (void *)gather;
    collect_clear(&parts->rows);
    buf_clear(&parts->ends);
}

static size_t parts_bytes(const struct gather *gather)
{
    const struct parts *parts = (const void *)gather;
    return sizeof *parts + collect_bytes(&parts->rows) + parts->ends.cap;
}

static void parts_free(struct gather *gather)
{
    struct parts *parts = (void *)gather;
    collect_free(&parts->rows);
    buf_free(&parts->ends);
    mem_free(parts);
}

#define PARTS_GATHER                                                                    \
    .open = parts_open, .take = parts_take, .merge = parts_merge, .judge = parts_judge, \
    .reset = parts_reset, .bytes = parts_bytes, .free = parts_free

static const struct gather_ops glom_gather = { PARTS_GATHER, .end = parts_end, .give = glom_give };
static const struct gather_ops repartition_gather = { PARTS_GATHER, .cuts = true,
                                                      .give = repartition_give };

const struct op_kind op_glom = { .name = "glom", .build = glom_build, .gather = &glom_gather };
const struct op_kind op_repartition = { .name = "repartition",
                                        .arg = OP_ARG_NEEDED,
                                        .keeps = true,
                                        .build = repartition_build,
                                        .gather = &repartition_gather };
