#include "op/count.h"

#include "base/mem.h"
#include "op/gather.h"

struct count {
    struct gather head;
    int64_t n;
};

static bool count_build(struct op *op, const struct op_input *input)
{
    (void)input;
    op->out = &type_int;
    return true;
}

static struct gather *count_open(const struct op *op, uint64_t seed)
{
    (void)seed;
    struct count *count = mem_zalloc(sizeof *count);
    count->head.op = op;
    return &count->head;
}

static void count_take(struct gather *gather, const struct rows *rows, uint32_t shard,
                       const struct op_run *run)
{
    (void)shard;
    (void)run;
    ((struct count *)gather)->n += rows->sel.n;
}

static void count_merge(struct gather *gather, struct gather *later, const struct op_run *run)
{
    (void)run;
    ((struct count *)gather)->n += ((const struct count *)later)->n;
}

static void count_judge(struct gather *gather, const struct op_run *run)
{
    (void)gather;
    (void)run;
}

static bool count_give(const struct gather *gather, struct give *give, const struct op_run *run,
                       struct rows *rows)
{
    if (give->entry++)
        return false;
    *rows = rows_of(1);
    column_alloc(run->arena, &type_int, 1, &rows->column);
    rows->column.i64[0] = ((const struct count *)gather)->n;
    return true;
}

static void count_reset(struct gather *gather)
{
    ((struct count *)gather)->n = 0;
}

static size_t count_bytes(const struct gather *gather)
{
    (void)gather;
    return sizeof(struct count);
}

static void count_free(struct gather *gather)
{
    mem_free(gather);
}

static const struct gather_ops count_gather = {
    .open = count_open,
    .take = count_take,
    .merge = count_merge,
    .judge = count_judge,
    .give = count_give,
    .reset = count_reset,
    .bytes = count_bytes,
    .free = count_free,
};

const struct op_kind op_count = { .name = "count",
                                  .blind = true,
                                  .build = count_build,
                                  .gather = &count_gather };
