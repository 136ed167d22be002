/* Values kept by key until the cut: groupByKey, and both sides of joins. Each shard keeps its own as they came, one behind the
 * other; at the cut they are sorted by key, stably, in one walk. */
#pragma once
#include "op/collect.h"
#include "op/gather.h"
#include "op/keyed.h"

struct group_shard {
    struct collect values; /* in order of arrival */
    struct buf entry;      /* uint32_t: the key of each, in this shard */
    struct buf number;     /* uint32_t: the number of the row that it came with */
};

struct group {
    struct gather head;
    struct keyed keyed;
    struct group_shard shard[SHARDS];
    uint32_t *order; /* at the cut: the places of the values by key, then by arrival */
    uint32_t *
        start; /* at the cut: of each key, where its values begin in `order`; one more at the end */
    uint32_t order_cap, start_cap;
    struct group
        *right; /* of the left side of a join, at the cut: the other one, by the keys of this one */
};

static inline struct group *group_of(struct gather *gather)
{
    return (struct group *)(void *)gather; /* the head comes first */
}

void group_init(struct group *group, const struct op *op, uint64_t seed); /* an empty one */
/* What every kind that groups does; give is its own. */
struct gather *group_open(const struct op *op, uint64_t seed);
void group_prepare(const struct gather *gather, struct rows *rows, const struct op_run *run);
void group_take(struct gather *gather, const struct rows *rows, uint32_t shard,
                const struct op_run *run);
void group_add(struct group *group, struct rows *pairs, const struct op_run *run); /* at the cut */
void group_merge(struct gather *gather, struct gather *later, const struct op_run *run);
void group_judge(struct gather *gather, const struct op_run *run);
/* As struct gather_ops has them. */
void group_reset(struct gather *gather);
size_t group_bytes(const struct gather *gather);
void group_free(struct gather *gather);
bool group_give(const struct gather *gather, struct give *give, const struct op_run *run,
                struct rows *rows); /* of groupByKey: (K, List[V]) */
#define GROUP_GATHER                                                                        \
    .open = group_open, .prepare = group_prepare, .take = group_take, .merge = group_merge, \
    .judge = group_judge, .reset = group_reset, .bytes = group_bytes, .free = group_free

struct group_span { /* some keys, one behind the other */
    uint32_t from, to;
    struct arena *arena; /* for their columns */
};
/* The next keys whose values make a column of reasonable size; give moves behind them. False: there are none. */
bool group_next(const struct group *group, struct give *give, struct arena *arena,
                struct group_span *span);
void group_keys(const struct group *group, const struct group_span *span, const struct type *type,
                struct column *out);
/* The values of each key as a list; `group` may be the right side. */
void group_lists(const struct group *group, const struct group_span *span, const struct type *list,
                 struct column *out);
/* Values of this key. */
static inline uint32_t group_size(const struct group *group, uint32_t key)
{
    return group->start[key + 1] - group->start[key];
}
/* A value, as codec_put() wrote it, by its place. */
static inline struct slice group_value(const struct group *group, uint32_t place)
{
    return collect_slice(&group->shard[place_shard(place)].values, place_entry(place));
}
/* The number of the row that it came with. */
static inline uint32_t group_number(const struct group *group, uint32_t place)
{
    return ((const uint32_t *)(const void *)group->shard[place_shard(place)]
                .number.ptr)[place_entry(place)];
}

extern const struct op_kind op_group_by_key;
