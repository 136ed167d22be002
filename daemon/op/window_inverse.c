#include "op/window_inverse.h"

#include <string.h>

#include "op/cell.h"

#define NONE UINT32_MAX

struct change {          /* a key that the step may change */
    uint32_t entry;      /* of the state */
    uint32_t left, came; /* entries of the tables, or NONE */
};

struct step { /* some of them at once: a row each */
    const struct change *change;
    uint32_t n;
    uint32_t *entry;
    uint8_t *failed, *live;
    const struct op_run *run;
    struct folded *folded;
};

static const struct fold_window *conf_of(const struct folded *folded)
{
    return folded->batch.head.op->more;
}

/* ---- which keys */

/* Keys neither left nor came, and a filter that asks for batchTime may drop them all the same. */
static uint32_t changes_rest(struct folded *folded, struct arena *arena, struct change *change,
                             uint32_t n)
{
    uint32_t entries = state_entries(&folded->state), all = n;
    uint8_t *there = arena_zalloc(arena, entries);
    for (uint32_t i = 0; i < n; i++)
        there[change[i].entry] = 1;
    for (uint32_t entry = 0; entry < entries; entry++)
        if (!there[entry] && state_is(&folded->state, entry, STATE_LIVE))
            change[all++] = (struct change){ entry, NONE, NONE };
    return all;
}

/* Those that left first, then those that only came; returns how many. */
static uint32_t changes_make(struct folded *folded, struct arena *arena, struct change **out)
{
    const struct program *filter = conf_of(folded)->filter;
    bool by_time = filter && filter->uses_batch_time;
    uint32_t n_left = folded->left.keyed.n, n = 0;
    uint32_t n_came = folded->window.keyed.n;
    uint32_t *left = state_find_keyed(&folded->state, &folded->left.keyed, arena);
    uint32_t *came = state_find_keyed(&folded->state, &folded->window.keyed, arena);
    uint32_t entries = state_entries(&folded->state);
    uint32_t *of = arena_alloc(arena, entries * sizeof *of); /* entry of the state → of the table */
    uint32_t most = by_time ? entries : n_left + n_came;
    struct change *change = *out = arena_alloc(arena, most * sizeof *change);
    memset(of, 0xff, entries * sizeof *of);
    for (uint32_t i = 0; i < n_came; i++)
        of[came[i]] = i;
    for (uint32_t i = 0; i < n_left; i++) {
        uint32_t entry = left[i];
        if (state_is(&folded->state, entry, STATE_LIVE) || of[entry] != NONE)
            change[n++] = (struct change){ entry, i, of[entry] };
        of[entry] = NONE;
    }
    for (uint32_t i = 0; i < n_came; i++)
        if (of[came[i]] == i)
            change[n++] = (struct change){ came[i], NONE, i };
    return by_time ? changes_rest(folded, arena, change, n) : n;
}

/* ---- columns of a step */

/* The values that a table has for the rows: `left` or `came` of each; rows without one hold anything. */
static void step_values(const struct step *step, const struct reduce *reduce, bool left,
                        struct column *out)
{
    struct arena *arena = step->run->arena;
    const struct type *type = step->folded->state.pair->member[1];
    uint32_t *there = arena_alloc(arena, step->n * sizeof *there), n = 0;
    uint32_t *at = arena_alloc(arena, step->n * sizeof *at);
    struct column values;
    for (uint32_t i = 0; i < step->n; i++) {
        uint32_t entry = left ? step->change[i].left : step->change[i].came;
        at[i] = entry == NONE ? 0 : n;
        if (entry != NONE)
            there[n++] = entry;
    }
    if (n) {
        keyed_values(&reduce->keyed, type, (struct sel){ there, n }, arena, &values);
        column_gather(arena, &values, (struct sel){ at, step->n }, out);
    } else {
        column_zero(arena, type, out);
        out->n = step->n;
    }
}

static void step_fail(struct step *step, uint32_t row)
{
    if (step->failed[row])
        return;
    step->failed[row] = 1;
    numbers_add(&step->folded->failed, step->entry[row]);
}

/* Runs a program of two parameters over some rows, which those that fail leave. */
static void step_run(struct step *step, const struct program *program, struct column *param,
                     struct sel *rows, struct column *out)
{
    struct op op = *step->folded->batch.head.op;
    struct error_list errors = { 0 };
    struct chunk chunk = { .frame = { .n = step->n },
                           .sel = *rows,
                           .col = param,
                           .batch_time_ms = step->run->batch_time_ms,
                           .arena = step->run->arena };
    program_run(program, &chunk, out, &errors);
    *rows = chunk.sel;
    op.program = program;
    for (uint32_t i = 0; i < errors.n; i++)
        step_fail(step, errors.items[i].row);
    if (errors.n)
        state_report(&step->folded->state, step->entry, &op, &errors, step->run);
}

/* For the selected rows what stands in `other`, for the rest what stood in `column`. */
static void step_replace(const struct step *step, struct column *column, const struct column *other,
                         struct sel rows)
{
    struct column which, before = *column;
    column_alloc(step->run->arena, &type_bool, step->n, &which);
    memset(which.b8, 0, step->n);
    SEL_EACH(rows, row)
    which.b8[row] = 1;
    struct choice choice = { other, &before, &which, step->n };
    column_choose(step->run->arena, &choice, (struct sel){ .n = step->n }, column);
}

/* ---- the step */

enum want { WANT_LEFT, WANT_CAME, WANT_NEW, WANT_ALL };

static struct sel step_rows(const struct step *step, enum want want)
{
    uint32_t *row = arena_alloc(step->run->arena, step->n * sizeof *row), n = 0;
    for (uint32_t i = 0; i < step->n; i++) {
        bool left = step->change[i].left != NONE, came = step->change[i].came != NONE;
        bool is = want == WANT_LEFT   ? step->live[i] && left
                  : want == WANT_CAME ? step->live[i] && came
                  : want == WANT_NEW  ? !step->live[i] && came
                                      : step->live[i] || came;
        if (is && !step->failed[i])
            row[n++] = i;
    }
    return (struct sel){ row, n };
}

static void step_begin(struct step *step)
{
    struct folded *folded = step->folded;
    struct arena *arena = step->run->arena;
    step->entry = arena_alloc(arena, step->n * sizeof *step->entry);
    step->failed = arena_zalloc(arena, step->n);
    step->live = arena_alloc(arena, step->n);
    for (uint32_t i = 0; i < step->n; i++) {
        const struct change *change = &step->change[i];
        step->entry[i] = change->entry;
        step->live[i] = state_is(&folded->state, change->entry, STATE_LIVE);
        if ((change->left != NONE && keyed_failed(&folded->left.keyed, change->left)) ||
            (change->came != NONE && keyed_failed(&folded->window.keyed, change->came)))
            step_fail(step, i); /* said when it was folded */
    }
}

/* The values that the keys have now, without those that left and with those that came. */
static void step_values_now(struct step *step, struct column *value)
{
    const struct fold_window *conf = conf_of(step->folded);
    struct column options, other, out;
    struct sel entries = { step->entry, step->n }, rows = step_rows(step, WANT_LEFT);
    state_get_options(&step->folded->state, conf->option, entries, step->run->arena, &options);
    *value = options.child[0];
    if (rows.n) {
        step_values(step, &step->folded->left, true, &other);
        step_run(step, conf->inverse, (struct column[]){ *value, other }, &rows, &out);
        step_replace(step, value, &out, rows);
    }
    step_values(step, &step->folded->window, false, &other);
    rows = step_rows(step, WANT_CAME);
    if (rows.n) {
        step_run(step, conf->join, (struct column[]){ *value, other }, &rows, &out);
        step_replace(step, value, &out, rows);
    }
    rows = step_rows(step, WANT_NEW);
    if (rows.n)
        step_replace(step, value, &other, rows);
}

static void step_do(struct step *step)
{
    struct folded *folded = step->folded;
    const struct fold_window *conf = conf_of(folded);
    struct column value, keys, stays = { 0 };
    step_begin(step);
    step_values_now(step, &value);
    struct sel rows = step_rows(step, WANT_ALL);
    if (conf->filter && rows.n) {
        cell_keys(folded->state.keys.table, folded->state.pair->member[0],
                  (struct sel){ step->entry, step->n }, step->run->arena, &keys);
        step_run(step, conf->filter, (struct column[]){ keys, value }, &rows, &stays);
    }
    SEL_EACH(rows, row)
    {
        if (!conf->filter || stays.b8[column_row(&stays, row)])
            state_put(&folded->state, step->entry[row], &value, row);
        else
            state_remove(&folded->state, step->entry[row]);
    }
}

void window_inverse(struct folded *folded, const struct op_run *run)
{
    const struct window *window = &conf_of(folded)->window;
    uint64_t last = run->tick - window->slide, after = window_after(window, run->tick);
    struct change *change;
    folded_fold(folded, window_after(window, last), last < after ? last : after, &folded->left,
                run);
    folded_fold(folded, last < after ? after : last, run->tick, &folded->window, run);
    folded->failed.n = 0;
    folded->state.changed = false;
    uint32_t n = changes_make(folded, run->arena, &change);
    struct arena_mark mark = arena_mark(run->arena);
    for (uint32_t from = 0; from < n; from += STATE_ROWS) {
        struct step step = { .change = change + from,
                             .n = n - from < STATE_ROWS ? n - from : STATE_ROWS,
                             .run = run,
                             .folded = folded };
        step_do(&step);
        arena_rewind(run->arena, mark);
    }
    numbers_sort(&folded->failed, run->arena);
    state_settle(&folded->state, run->arena);
    reduce_reset(&folded->left.head);
    reduce_reset(&folded->window.head);
    panes_drop(&folded->panes, after);
}
