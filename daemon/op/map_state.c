#include "op/map_state.h"

#include <string.h>

#include "base/mem.h"
#include "column/codec.h"
#include "op/cell.h"
#include "op/group.h"
#include "op/memory.h"
#include "op/remember.h"
#include "op/shared.h"
#include "op/state.h"
#include "op/state_save.h"

struct map_state {
    struct group values; /* of the batch, by key; the gather is its head */
    struct state state;  /* stamped with the time of the batch that touched the key last */
    bool known;          /* the state is there, the job's first ones among it */
    int64_t oldest;      /* no key was touched last before this time; 0: who knows */
    struct collect outs; /* what goes on, in order of its making */
    struct buf place;    /* uint32_t: of each row of the batch, its place in outs + 1; 0 = none */
    struct buf order;    /* uint32_t: of what goes on, in order, the place in outs */
};

static struct map_state *map_of(struct gather *gather)
{
    return (struct map_state *)(void *)gather; /* the head of the group comes first */
}

static const struct remember *remember_of(const struct map_state *map)
{
    return map->values.head.op->more;
}

static bool map_state_build(struct op *op, const struct op_input *input)
{
    if (!remember_build(op, input, true))
        return false;
    op->out = op->program->result->member[0]->member[0];
    return true;
}

static struct gather *map_state_open(const struct op *op, uint64_t seed)
{
    struct map_state *map = mem_zalloc(sizeof *map);
    group_init(&map->values, op, seed);
    state_open(&map->state, op->pair, true, seed);
    map->outs.max = UINT64_MAX;
    return &map->values.head;
}

/* ---- one run of the function */

struct calls {             /* the keys that it sees at once: a row each */
    const uint32_t *entry; /* of the state */
    const uint32_t
        *record; /* places of the batch's: whose value it sees; NULL: none, the keys go */
    uint32_t n;
};

static void calls_params(const struct calls *calls, const struct map_state *map,
                         struct arena *arena, struct column *param)
{
    const struct state *state = &map->state;
    const struct type *option = remember_of(map)->value, *type = option->member[0];
    struct sel entries = { calls->entry, calls->n };
    cell_keys(state->keys.table, state->pair->member[0], entries, arena, &param[0]);
    state_get_options(state, remember_of(map)->option, entries, arena, &param[2]);
    if (!calls->record) {
        column_zero(arena, option, &param[1]);
        param[1].n = calls->n;
        return;
    }
    struct slice *slices = arena_alloc(arena, calls->n * sizeof *slices);
    for (uint32_t i = 0; i < calls->n; i++)
        slices[i] = group_value(&map->values, calls->record[i]);
    param[1] = (struct column){ .type = option, .n = calls->n, .n_child = 1 };
    param[1].child = arena_alloc(arena, sizeof *param[1].child);
    codec_get(arena, type, slices, calls->n, param[1].child);
}

static void calls_state(const struct calls *calls, struct map_state *map,
                        const struct column *states, uint32_t row, int64_t time_ms)
{
    uint32_t entry = calls->entry[row];
    if (!calls->record || !column_valid(states, row)) {
        state_remove(&map->state, entry);
        return;
    }
    state_put(&map->state, entry, &states->child[0], row);
    if (remember_of(map)->timeout_ms)
        state_touch(&map->state, entry, time_ms);
}

static void calls_run(const struct calls *calls, struct map_state *map, const struct op_run *run)
{
    const struct op *op = map->values.head.op;
    uint32_t *place = (void *)map->place.ptr;
    struct column param[3], out;
    struct error_list errors = { 0 };
    struct arena_mark mark = arena_mark(run->arena);
    calls_params(calls, map, run->arena, param);
    struct chunk chunk = { .frame = { .n = calls->n },
                           .sel = { .n = calls->n },
                           .col = param,
                           .batch_time_ms = run->batch_time_ms,
                           .arena = run->arena };
    program_run(op->program, &chunk, &out, &errors);
    SEL_EACH(chunk.sel, row)
    {
        if (column_valid(&out.child[0], row)) {
            collect_take(&map->outs, &out.child[0].child[0], (struct sel){ &row, 1 });
            if (calls->record)
                place[group_number(&map->values, calls->record[row])] = map->outs.n;
        }
        calls_state(calls, map, &out.child[1], row, run->batch_time_ms); /* where out may lie */
    }
    if (errors.n)
        state_report(&map->state, calls->entry, op, &errors, run);
    arena_rewind(run->arena, mark);
}

/* ---- the batch */

struct rounds {    /* the records of a batch: of the keys still left the next one each */
    uint32_t *key; /* those left */
    uint32_t n, round;
    const uint32_t *entry; /* of each key of the batch: that of the state */
};

static void round_run(struct rounds *rounds, struct map_state *map, const struct op_run *run)
{
    const struct group *values = &map->values;
    uint32_t entry[GATHER_ROWS], record[GATHER_ROWS], more = 0;
    struct calls calls = { entry, record, 0 };
    for (uint32_t i = 0; i < rounds->n; i++) {
        uint32_t key = rounds->key[i];
        entry[calls.n] = rounds->entry[key];
        record[calls.n++] = values->order[values->start[key] + rounds->round];
        if (group_size(values, key) > rounds->round + 1)
            rounds->key[more++] = key; /* never ahead of i */
        if (calls.n < GATHER_ROWS && i + 1 < rounds->n)
            continue;
        calls_run(&calls, map, run);
        calls.n = 0;
    }
    rounds->n = more;
    rounds->round++;
}

static void map_records(struct map_state *map, const struct op_run *run)
{
    struct rounds rounds = { .n = map->values.keyed.n };
    rounds.entry = state_find_keyed(&map->state, &map->values.keyed, run->arena);
    rounds.key = arena_alloc(run->arena, rounds.n * sizeof *rounds.key);
    for (uint32_t i = 0; i < rounds.n; i++)
        rounds.key[i] = i;
    while (rounds.n)
        round_run(&rounds, map, run);
}

/* The next entries from *from on that no record has touched for longer than the timeout; *oldest: when the others were touched
 * last, at the least. */
static uint32_t map_late(struct map_state *map, uint32_t *from, uint32_t *entry, int64_t time_ms,
                         int64_t *oldest)
{
    struct state *state = &map->state;
    int64_t before = time_ms - (int64_t)remember_of(map)->timeout_ms;
    uint32_t count = state_entries(state), n = 0;
    for (; *from < count && n < GATHER_ROWS; ++*from) {
        if (state->stamp[*from] >= before && state->stamp[*from] >= *oldest)
            continue; /* most: without a look at their cells */
        if (!state_is(state, *from, STATE_LIVE))
            continue;
        if (state->stamp[*from] == 0) /* from a time without a timeout */
            state_touch(state, *from, time_ms);
        int64_t touched = state->stamp[*from];
        if (touched < before)
            entry[n++] = *from;
        else if (touched < *oldest)
            *oldest = touched;
    }
    return n;
}

/* All keys are looked at only when the one touched longest ago may be late. */
static void map_timeouts(struct map_state *map, const struct op_run *run)
{
    uint32_t entry[GATHER_ROWS], from = 0, n;
    int64_t time_ms = run->batch_time_ms, oldest = time_ms;
    uint64_t timeout_ms = remember_of(map)->timeout_ms;
    if (!timeout_ms || (map->oldest && map->oldest >= time_ms - (int64_t)timeout_ms))
        return;
    while ((n = map_late(map, &from, entry, time_ms, &oldest))) {
        calls_run(&(struct calls){ entry, NULL, n }, map, run);
        for (uint32_t i = 0; i < n; i++) /* its function failed: it stays, and is late again */
            if (state_is(&map->state, entry[i], STATE_LIVE))
                oldest = 0;
    }
    map->oldest = oldest;
}

/* What goes on, in the order of the records; then what came of timeouts. */
static void map_order(struct map_state *map, uint32_t n_data)
{
    const uint32_t *place = (const void *)map->place.ptr;
    for (uint64_t i = 0; i < map->values.head.taken; i++) {
        uint32_t at = place[i] - 1;
        if (place[i])
            buf_put(&map->order, &at, sizeof at);
    }
    for (uint32_t i = n_data; i < map->outs.n; i++)
        buf_put(&map->order, &i, sizeof i);
}

static void map_state_judge(struct gather *gather, const struct op_run *run)
{
    struct map_state *map = map_of(gather);
    size_t bytes = map->values.head.taken * sizeof(uint32_t);
    if (!map->known)
        state_begin(&map->state, &remember_of(map)->initial, run->batch_time_ms, run->arena);
    map->known = true;
    map->state.changed = false;
    group_judge(gather, run);
    if (bytes)
        memset(buf_extend(&map->place, bytes), 0, bytes);
    map_records(map, run);
    uint32_t n_data = map->outs.n;
    map_timeouts(map, run);
    map_order(map, n_data);
    state_settle(&map->state, run->arena);
    arena_reset(run->arena);
}

static bool map_state_give(const struct gather *gather, struct give *give, const struct op_run *run,
                           struct rows *rows)
{
    const struct map_state *map = (const void *)gather;
    const uint32_t *order = (const void *)map->order.ptr;
    uint32_t left = (uint32_t)(map->order.len / sizeof *order) - give->entry;
    uint32_t n = left < GATHER_ROWS ? left : GATHER_ROWS;
    if (!n)
        return false;
    struct slice *slices = arena_alloc(run->arena, n * sizeof *slices);
    for (uint32_t i = 0; i < n; i++)
        slices[i] = collect_slice(&map->outs, order[give->entry + i]);
    *rows = rows_of(n);
    codec_get(run->arena, gather->op->out, slices, n, &rows->column);
    give->entry += n;
    return true;
}

static void map_state_reset(struct gather *gather)
{
    struct map_state *map = map_of(gather);
    group_reset(gather);
    collect_clear(&map->outs);
    buf_clear(&map->place);
    buf_clear(&map->order);
}

static size_t map_state_bytes(const struct gather *gather)
{
    const struct map_state *map = (const void *)gather;
    return sizeof *map + group_bytes(gather) + state_bytes(&map->state) +
           collect_bytes(&map->outs) + map->place.cap + map->order.cap;
}

static void map_state_free(struct gather *gather)
{
    struct map_state *map = map_of(gather);
    state_free(&map->state);
    collect_free(&map->outs);
    buf_free(&map->place);
    buf_free(&map->order);
    group_free(gather);
}

/* ---- beyond the batch */

static bool map_state_began(const struct gather *gather)
{
    return ((const struct map_state *)(const void *)gather)->known;
}

static void map_state_write(struct gather *gather, struct arena *arena, struct buf *out)
{
    state_write(&map_of(gather)->state, arena, out);
}

static void map_state_save_begin(struct gather *gather)
{
    state_save_begin(&map_of(gather)->state);
}

static bool map_state_save(struct gather *gather, struct arena *arena, struct buf *out)
{
    return state_save(&map_of(gather)->state, out->len + MEMORY_PART, arena, out);
}

static bool map_state_read(struct gather *gather, struct reader *reader, const struct type *stored,
                           struct arena *arena)
{
    struct map_state *map = map_of(gather);
    map->known = true;
    return state_read(&map->state, reader, stored, arena);
}

static void map_state_move(struct gather *to, struct gather *from)
{
    struct map_state *a = map_of(to), *b = map_of(from);
    struct state empty = a->state;
    a->state = b->state;
    b->state = empty;
    a->known = b->known;
    a->oldest = b->oldest;
}

static uint64_t map_state_count(const struct gather *gather)
{
    return ((const struct map_state *)(const void *)gather)->state.n_live;
}

static bool map_state_quiet(const struct gather *gather)
{
    const struct map_state *map = (const void *)gather;
    return !map->state.changed && (!remember_of(map)->timeout_ms || map->state.n_live == 0);
}

static const struct memory_ops map_state_memory = {
    .began = map_state_began,
    .write = map_state_write,
    .save_begin = map_state_save_begin,
    .save = map_state_save,
    .read = map_state_read,
    .move = map_state_move,
    .count = map_state_count,
    .quiet = map_state_quiet,
};

static const struct gather_ops map_state_gather = {
    .open = map_state_open,
    .prepare = group_prepare,
    .take = group_take,
    .merge = group_merge,
    .judge = map_state_judge,
    .give = map_state_give,
    .reset = map_state_reset,
    .bytes = map_state_bytes,
    .free = map_state_free,
    .memory = &map_state_memory,
};

const struct op_kind op_map_with_state = { .name = "mapWithState",
                                           .arg = OP_ARG_NEEDED,
                                           .build = map_state_build,
                                           .gather = &map_state_gather };
