#include "op/update.h"

#include <string.h>

#include "base/mem.h"
#include "column/codec.h"
#include "op/group.h"
#include "op/memory.h"
#include "op/remember.h"
#include "op/shared.h"
#include "op/state.h"
#include "op/state_save.h"

#define UPDATE_VALUES \
    16384u /* values that one run of the function sees, but at least those of one key */
#define NO_KEY UINT32_MAX

struct rest {                /* of the keys that no batch brings: which of them rest */
    struct numbers restless; /* entries that do not, in any order */
    uint32_t *key;           /* of each entry, within a batch: its key there, else NO_KEY */
    uint32_t n, cap;         /* of key: entries that it is set for, that it has room for */
    uint32_t renumbered;     /* as state.renumbered was when restless was made … */
    bool known;              /* … and it was */
};

struct update {
    struct group values; /* of the batch, by key; the gather is its head */
    struct rest rest;
    struct state state;
    bool known;   /* the state is there, the job's first ones among it */
    bool changed; /* in the last batch */
    struct numbers
        failed; /* entries whose function failed in this batch, ascending: they are not given */
};

static struct update *update_of(struct gather *gather)
{
    return (struct update *)(void *)gather; /* the head of the group comes first */
}

static bool update_build(struct op *op, const struct op_input *input)
{
    if (!remember_build(op, input, false))
        return false;
    op->out = op->pair;
    return true;
}

static struct gather *update_open(const struct op *op, uint64_t seed)
{
    struct update *update = mem_zalloc(sizeof *update);
    group_init(&update->values, op, seed);
    state_open(&update->state, op->pair, false, seed);
    return &update->values.head;
}

/* Room for all entries, which have no keys now. */
static void rest_make_room(struct rest *rest, uint32_t entries)
{
    if (rest->cap < entries) {
        rest->cap = entries * 2;
        rest->key = mem_realloc(rest->key, rest->cap * sizeof *rest->key);
    }
    if (rest->n < entries)
        memset(rest->key + rest->n, 0xff, (entries - rest->n) * sizeof *rest->key);
    rest->n = entries;
}

static void rest_free(struct rest *rest)
{
    mem_free(rest->restless.at);
    mem_free(rest->key);
}

/* The entries that the function is to see, ascending; those whose keys the batch has know them. */
static void update_match(struct update *update, struct arena *arena, struct numbers *todo)
{
    const struct keyed *keyed = &update->values.keyed;
    struct rest *rest = &update->rest;
    uint32_t *entry = state_find_keyed(&update->state, keyed, arena);
    uint32_t n = state_entries(&update->state), count = keyed->n;
    bool all = !rest->known || rest->renumbered != update->state.renumbered ||
               update->values.head.op->program->uses_batch_time;
    rest_make_room(rest, n);
    for (uint32_t i = 0; i < count; i++)
        rest->key[entry[i]] = i;
    for (uint32_t i = 0; i < n && all; i++)
        if (!state_is(&update->state, i, STATE_DEAD))
            numbers_add(todo, i);
    for (uint32_t i = 0; i < rest->restless.n && !all; i++)
        if (rest->key[rest->restless.at[i]] == NO_KEY &&
            !state_is(&update->state, rest->restless.at[i], STATE_DEAD))
            numbers_add(todo, rest->restless.at[i]);
    for (uint32_t i = 0; i < count && !all; i++)
        numbers_add(todo, entry[i]);
    numbers_sort(todo, arena);
    rest->restless.n = 0;
    rest->renumbered = update->state.renumbered;
    rest->known = true;
}

struct step { /* some entries that the function sees at once */
    uint32_t entry[GATHER_ROWS], key[GATHER_ROWS];
    uint32_t n, values;
};

/* The next entries of the list from *from on, which forget their keys. */
static void step_fill(struct step *step, struct update *update, const struct numbers *todo,
                      uint32_t *from)
{
    step->n = step->values = 0;
    for (; *from < todo->n && step->n < GATHER_ROWS && step->values < UPDATE_VALUES; ++*from) {
        uint32_t entry = todo->at[*from], *key = &update->rest.key[entry];
        step->entry[step->n] = entry;
        step->key[step->n++] = *key;
        if (*key != NO_KEY)
            step->values += group_size(&update->values, *key);
        *key = NO_KEY;
    }
}

/* The values of each entry as a list. */
static void step_lists(const struct step *step, const struct update *update,
                       const struct type *list, struct arena *arena, struct column *out)
{
    const struct group *values = &update->values;
    struct slice *slices = arena_alloc(arena, step->values * sizeof *slices);
    uint32_t done = 0;
    column_alloc(arena, list, step->n, out);
    for (uint32_t i = 0; i < step->n; i++) {
        uint32_t key = step->key[i], n = key == NO_KEY ? 0 : group_size(values, key);
        out->offset[i] = done;
        out->len[i] = n;
        for (uint32_t k = 0; k < n; k++)
            slices[done++] = group_value(values, values->order[values->start[key] + k]);
    }
    codec_get(arena, list->member[0], slices, done, &out->child[0]);
}

static void step_run(const struct step *step, struct update *update, const struct op_run *run)
{
    const struct op *op = update->values.head.op;
    const struct remember *remember = op->more;
    struct state *state = &update->state;
    struct column param[2], out;
    struct error_list errors = { 0 };
    step_lists(step, update, remember->values, run->arena, &param[0]);
    state_get_options(state, remember->option, (struct sel){ step->entry, step->n }, run->arena,
                      &param[1]);
    struct chunk chunk = { .frame = { .n = step->n },
                           .sel = { .n = step->n },
                           .col = param,
                           .batch_time_ms = run->batch_time_ms,
                           .arena = run->arena };
    program_run(op->program, &chunk, &out, &errors);
    SEL_EACH(chunk.sel, row)
    {
        uint32_t entry = step->entry[row];
        bool there = column_valid(&out, row);
        bool other = there && state_put(state, entry, &out.child[0], row);
        if (!there)
            state_remove(state, entry);
        else if (other || step->key[row] != NO_KEY)
            numbers_add(&update->rest.restless, entry);
    }
    for (uint32_t i = 0; i < errors.n; i++) {
        numbers_add(&update->failed, step->entry[errors.items[i].row]);
        numbers_add(&update->rest.restless, step->entry[errors.items[i].row]);
    }
    state_report(state, step->entry, op, &errors, run);
}

static void update_judge(struct gather *gather, const struct op_run *run)
{
    struct update *update = update_of(gather);
    struct numbers todo = { 0 };
    struct step step;
    uint32_t from = 0;
    update->failed.n = 0;
    const struct remember *remember = gather->op->more;
    if (!update->known)
        state_begin(&update->state, &remember->initial, run->batch_time_ms, run->arena);
    update->known = true;
    group_judge(gather, run);
    update_match(update, run->arena, &todo);
    update->state.changed = false;
    struct arena_mark mark = arena_mark(run->arena);
    for (step_fill(&step, update, &todo, &from); step.n; step_fill(&step, update, &todo, &from)) {
        step_run(&step, update, run);
        arena_rewind(run->arena, mark);
    }
    mem_free(todo.at);
    state_settle(&update->state, run->arena);
    update->changed = update->state.changed;
    arena_reset(run->arena);
}

static bool update_give(const struct gather *gather, struct give *give, const struct op_run *run,
                        struct rows *rows)
{
    const struct update *update = (const void *)gather;
    struct sel entries;
    if (!state_next(&update->state, &give->entry, GATHER_ROWS, run->arena, &entries))
        return false;
    entries = numbers_without(&update->failed, entries, run->arena);
    *rows = rows_of(entries.n);
    state_get(&update->state, entries, run->arena, &rows->column);
    return true;
}

static size_t update_bytes(const struct gather *gather)
{
    const struct update *update = (const void *)gather;
    return sizeof *update - sizeof update->values + group_bytes(gather) +
           state_bytes(&update->state) + update->rest.cap * sizeof *update->rest.key +
           update->rest.restless.cap * sizeof *update->rest.restless.at;
}

static void update_free(struct gather *gather)
{
    struct update *update = update_of(gather);
    mem_free(update->failed.at);
    rest_free(&update->rest);
    state_free(&update->state);
    group_free(gather);
}

/* ---- beyond the batch */

static bool update_began(const struct gather *gather)
{
    return ((const struct update *)(const void *)gather)->known;
}

static void update_write(struct gather *gather, struct arena *arena, struct buf *out)
{
    state_write(&update_of(gather)->state, arena, out);
}

static void update_save_begin(struct gather *gather)
{
    state_save_begin(&update_of(gather)->state);
}

static bool update_save(struct gather *gather, struct arena *arena, struct buf *out)
{
    return state_save(&update_of(gather)->state, out->len + MEMORY_PART, arena, out);
}

static bool update_read(struct gather *gather, struct reader *reader, const struct type *stored,
                        struct arena *arena)
{
    struct update *update = update_of(gather);
    update->known = true;
    return state_read(&update->state, reader, stored, arena);
}

static void update_move(struct gather *to, struct gather *from)
{
    struct update *a = update_of(to), *b = update_of(from);
    struct state empty = a->state;
    struct rest rest = a->rest;
    a->state = b->state;
    b->state = empty;
    a->rest = b->rest;
    b->rest = rest;
    a->known = b->known;
}

static uint64_t update_count(const struct gather *gather)
{
    return ((const struct update *)(const void *)gather)->state.n_live;
}

static bool update_quiet(const struct gather *gather)
{
    return !((const struct update *)(const void *)gather)->changed;
}

static const struct memory_ops update_memory = {
    .began = update_began,
    .write = update_write,
    .save_begin = update_save_begin,
    .save = update_save,
    .read = update_read,
    .move = update_move,
    .count = update_count,
    .quiet = update_quiet,
};

static const struct gather_ops update_gather = {
    .open = update_open,
    .prepare = group_prepare,
    .take = group_take,
    .merge = group_merge,
    .judge = update_judge,
    .give = update_give,
    .reset = group_reset,
    .bytes = update_bytes,
    .free = update_free,
    .memory = &update_memory,
};

const struct op_kind op_update_state_by_key = { .name = "updateStateByKey",
                                                .arg = OP_ARG_NEEDED,
                                                .build = update_build,
                                                .gather = &update_gather };
