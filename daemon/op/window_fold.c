#include "op/window_fold.h"

#include <string.h>

#include "base/mem.h"
#include "op/memory.h"
#include "op/reduce_build.h"
#include "op/shared.h"
#include "op/state_save.h"
#include "op/window_inverse.h"

/* ---- building */

/* An expression that the job file does not say. */
static const struct yaml_node *own_text(const struct op_input *input, const char *text)
{
    struct yaml_node *node = arena_alloc(input->arena, sizeof *node);
    *node = *input->job->node;
    node->kind = YAML_STRING;
    node->text = text;
    node->text_len = strlen(text);
    return node;
}

static const struct program *compile_two(const struct op_input *input, const struct yaml_node *node,
                                         const struct type *const *param, const struct type *result)
{
    struct expr_use use = {
        .op = input->job->name, .param = param, .n_param = 2, .result = result
    };
    return op_compile(input, node, &use);
}

/* func as an expression, however it is said. */
static const struct yaml_node *join_text(const struct op *op, const struct op_input *input)
{
    const char *text = op->extreme < 0 ? "_.min(_)" : op->extreme > 0 ? "_.max(_)" : "_ + _";
    return op->program ? input->job->args.func : own_text(input, text);
}

static bool fold_build_filter(const struct op *op, const struct op_input *input,
                              struct fold_window *conf, const struct yaml_node *filter)
{
    const struct type *pair[] = { op->pair->member[0], op->pair->member[1] };
    if (filter)
        conf->filter = compile_two(input, filter, pair, &type_bool);
    return conf->filter || !filter;
}

static bool fold_build_inverse(const struct op *op, const struct op_input *input,
                               struct fold_window *conf, const struct yaml_node *inverse,
                               const struct yaml_node *filter)
{
    const struct type *value = op->pair->member[1], *two[] = { value, value };
    conf->option = type_option(input->types, value);
    conf->inverse = compile_two(input, inverse, two, value);
    conf->join = compile_two(input, join_text(op, input), two, value);
    return fold_build_filter(op, input, conf, filter) && conf->inverse && conf->join;
}

/* What the job file says; op->pair and op->fold stand. */
static bool fold_build_window(struct op *op, const struct op_input *input)
{
    const struct job_args *args = &input->job->args;
    bool ok = window_build(op, input, op->pair, sizeof(struct fold_window));
    struct fold_window *conf = (void *)(uintptr_t)op->more;
    if (args->inv_func)
        return fold_build_inverse(op, input, conf, args->inv_func, args->filter_func) && ok;
    return fold_build_filter(op, input, conf, args->filter_func) && ok;
}

/* reduce and reduceByKey have their function as their whole argument. */
static struct op_input fold_input(const struct op_input *input, struct job_op *job)
{
    struct op_input of = *input;
    *job = *input->job;
    job->arg = input->job->args.func;
    of.job = job;
    return of;
}

static bool fold_build_by_key(struct op *op, const struct op_input *input)
{
    struct job_op job;
    struct op_input of = fold_input(input, &job);
    return reduce_build_by_key(op, &of) && fold_build_window(op, input);
}

static bool fold_build_all(struct op *op, const struct op_input *input)
{
    struct job_op job;
    struct op_input of = fold_input(input, &job);
    return reduce_build_all(op, &of) && fold_build_window(op, input);
}

static bool fold_build_own(struct op *op, const struct op_input *input, const char *filter)
{
    return window_build(op, input, op->pair, sizeof(struct fold_window)) &&
           fold_build_inverse(op, input, (void *)(uintptr_t)op->more, own_text(input, "_ - _"),
                              filter ? own_text(input, filter) : NULL);
}

static bool fold_build_count(struct op *op, const struct op_input *input)
{
    op->is_count = true;
    op->fold = FOLD_SUM;
    op->pair = type_pair(input->types, &type_int, &type_int);
    op->out = &type_int;
    return fold_build_own(op, input, NULL);
}

static bool fold_build_values(struct op *op, const struct op_input *input)
{
    return reduce_build_count(op, input) && fold_build_own(op, input, "(value, n) => n != 0");
}

/* ---- batches and windows */

static struct folded *folded_of(struct gather *gather)
{
    return (struct folded *)(void *)gather; /* the head of the batch comes first */
}

static const struct fold_window *fold_of(const struct gather *gather)
{
    return gather->op->more;
}

static struct gather *folded_open(const struct op *op, uint64_t seed)
{
    struct folded *folded = mem_zalloc(sizeof *folded);
    reduce_init(&folded->batch, op, seed);
    reduce_init(&folded->window, op, seed);
    reduce_init(&folded->left, op, seed);
    folded->panes.type = op->pair;
    folded->sliding = (struct sliding){ .op = op, .seed = seed };
    folded->rows.max = UINT64_MAX;
    state_open(&folded->state, op->pair, false, seed);
    return &folded->batch.head;
}

void folded_fold(struct folded *folded, uint64_t after, uint64_t up_to, struct reduce *into,
                 const struct op_run *run)
{
    struct panes_walk walk = { .after = after, .up_to = up_to };
    struct rows rows;
    while (panes_next(&folded->panes, &walk, run->arena, &rows)) {
        reduce_add(into, &rows, run);
        arena_reset(run->arena);
    }
    reduce_judge(&into->head, run);
}

/* The result of the batch becomes a pane. */
static void folded_keep(struct folded *folded, const struct op_run *run)
{
    struct give give = { 0 };
    struct rows rows;
    while (reduce_give(&folded->batch.head, &give, run, &rows)) {
        collect_take(&folded->rows, &rows.column, rows.sel);
        arena_reset(run->arena);
    }
    panes_add(&folded->panes, run->tick, &folded->rows);
}

static void folded_judge(struct gather *gather, const struct op_run *run)
{
    struct folded *folded = folded_of(gather);
    const struct fold_window *conf = fold_of(gather);
    reduce_judge(gather, run);
    if (window_holds(&conf->window, run->tick))
        folded_keep(folded, run);
    if (!window_fires(&conf->window, run->tick))
        return;
    if (conf->inverse) {
        window_inverse(folded, run);
        return;
    }
    uint64_t after = window_after(&conf->window, run->tick);
    panes_drop(&folded->panes, after);
    folded->slides = sliding_can(gather->op) &&
                     sliding_fire(&folded->sliding, &folded->panes, after, run->tick, run);
    if (!folded->slides)
        folded_fold(folded, after, run->tick, &folded->window, run);
}

/* Without an inverse: of the pairs only those that the filter keeps. */
static void folded_filter(const struct gather *gather, const struct op_run *run, struct rows *rows)
{
    const struct program *filter = fold_of(gather)->filter;
    struct column stays, *pair = rows->column.child;
    struct error_list errors = { 0 };
    struct buf text = { 0 };
    struct chunk chunk = { .frame = { .n = rows->n },
                           .sel = rows->sel,
                           .col = pair,
                           .batch_time_ms = run->batch_time_ms,
                           .arena = run->arena };
    program_run(filter, &chunk, &stays, &errors);
    for (uint32_t i = 0; i < errors.n; i++) {
        buf_clear(&text);
        program_error_text(filter, &errors.items[i], &text);
        run->error(run, &(struct op_error){ .op = gather->op,
                                            .key = gather->op->kind->keyless ? NULL : &pair[0],
                                            .row = errors.items[i].row,
                                            .code = fault_code(errors.items[i].fault),
                                            .reason = buf_slice(&text) });
    }
    buf_free(&text);
    rows->sel = sel_where(run->arena, chunk.sel, &stays, true);
}

static bool folded_give_state(const struct gather *gather, struct give *give,
                              const struct op_run *run, struct rows *rows)
{
    const struct folded *folded = (const void *)gather;
    struct sel entries;
    if (!state_next(&folded->state, &give->entry, GATHER_ROWS, run->arena, &entries))
        return false;
    entries = numbers_without(&folded->failed, entries, run->arena);
    *rows = rows_of(entries.n);
    state_get(&folded->state, entries, run->arena, &rows->column);
    return true;
}

static bool folded_give_pairs(const struct gather *gather, struct give *give,
                              const struct op_run *run, struct rows *rows)
{
    const struct folded *folded = (const void *)gather;
    if (fold_of(gather)->inverse)
        return folded_give_state(gather, give, run, rows);
    bool any = folded->slides ? sliding_give(&folded->sliding, give, run->arena, rows)
                              : reduce_give(&folded->window.head, give, run, rows);
    if (any && fold_of(gather)->filter)
        folded_filter(gather, run, rows);
    return any;
}

static bool folded_give_values(const struct gather *gather, struct give *give,
                               const struct op_run *run, struct rows *rows)
{
    if (!folded_give_pairs(gather, give, run, rows))
        return false;
    struct column value = rows->column.child[1];
    rows->column = value;
    return true;
}

static void folded_reset(struct gather *gather)
{
    struct folded *folded = folded_of(gather);
    reduce_reset(gather);
    reduce_reset(&folded->window.head);
}

static size_t folded_bytes(const struct gather *gather)
{
    const struct folded *folded = (const void *)gather;
    return sizeof *folded + reduce_bytes(gather) + reduce_bytes(&folded->window.head) +
           reduce_bytes(&folded->left.head) + panes_bytes(&folded->panes) +
           state_bytes(&folded->state) + sliding_bytes(&folded->sliding);
}

static void folded_free(struct gather *gather)
{
    struct folded *folded = folded_of(gather);
    reduce_close(&folded->batch);
    reduce_close(&folded->window);
    reduce_close(&folded->left);
    panes_free(&folded->panes);
    sliding_free(&folded->sliding);
    collect_free(&folded->rows);
    state_free(&folded->state);
    mem_free(folded->failed.at);
    mem_free(folded);
}

/* ---- beyond the batch: the state, if there is an inverse, then the panes */

static void folded_write(struct gather *gather, struct arena *arena, struct buf *out)
{
    struct folded *folded = folded_of(gather);
    bool inverse = fold_of(gather)->inverse;
    size_t before = out->len;
    if (inverse)
        state_write(&folded->state, arena, out);
    size_t state = out->len;
    panes_write(&folded->panes, arena, out);
    if (inverse && state == before + 1 && out->len == state + 1)
        out->len--; /* nothing changed */
}

static void folded_save_begin(struct gather *gather)
{
    struct folded *folded = folded_of(gather);
    if (fold_of(gather)->inverse)
        state_save_begin(&folded->state);
    panes_save_begin(&folded->panes);
}

static bool folded_save(struct gather *gather, struct arena *arena, struct buf *out)
{
    struct folded *folded = folded_of(gather);
    size_t to = out->len + MEMORY_PART;
    if (fold_of(gather)->inverse && state_save(&folded->state, to, arena, out))
        return true;
    return panes_save(&folded->panes, to, arena, out);
}

static bool folded_read(struct gather *gather, struct reader *reader, const struct type *stored,
                        struct arena *arena)
{
    struct folded *folded = folded_of(gather);
    const struct fold_window *conf = fold_of(gather);
    uint64_t keep = conf->window.length;
    if (!conf->inverse)
        return panes_read(&folded->panes, reader, stored, keep, arena);
    return state_read(&folded->state, reader, stored, arena) &&
           (reader_left(reader) == 0 ||
            panes_read(&folded->panes, reader, stored, keep + conf->window.slide, arena));
}

static void folded_move(struct gather *to, struct gather *from)
{
    struct folded *a = folded_of(to), *b = folded_of(from);
    struct panes panes = a->panes;
    struct sliding sliding = a->sliding;
    a->sliding = b->sliding;
    b->sliding = sliding;
    struct state state = a->state;
    a->panes = b->panes;
    b->panes = panes;
    a->state = b->state;
    b->state = state;
}

static uint64_t folded_count(const struct gather *gather)
{
    const struct folded *folded = (const void *)gather;
    return fold_of(gather)->inverse ? folded->state.n_live : folded->panes.n_rows;
}

static bool folded_quiet(const struct gather *gather)
{
    const struct folded *folded = (const void *)gather;
    return folded->panes.n == 0 && !folded->state.changed;
}

static const struct memory_ops folded_memory = {
    .write = folded_write,
    .save_begin = folded_save_begin,
    .save = folded_save,
    .read = folded_read,
    .move = folded_move,
    .count = folded_count,
    .quiet = folded_quiet,
};

#define FOLDED_GATHER                                                                       \
    .open = folded_open, .take = reduce_take, .merge = reduce_merge, .judge = folded_judge, \
    .reset = folded_reset, .bytes = folded_bytes, .free = folded_free, .memory = &folded_memory

static const struct gather_ops by_key = { FOLDED_GATHER, .prepare = reduce_prepare,
                                          .give = folded_give_pairs };
static const struct gather_ops by_value = { FOLDED_GATHER, .prepare = reduce_prepare_keys,
                                            .give = folded_give_pairs };
static const struct gather_ops all = { FOLDED_GATHER, .prepare = reduce_prepare_values,
                                       .give = folded_give_values };

const struct op_kind op_reduce_by_key_and_window = { .name = "reduceByKeyAndWindow",
                                                     .arg = OP_ARG_NEEDED,
                                                     .build = fold_build_by_key,
                                                     .gather = &by_key };
const struct op_kind op_reduce_by_window = { .name = "reduceByWindow",
                                             .arg = OP_ARG_NEEDED,
                                             .keyless = true,
                                             .build = fold_build_all,
                                             .gather = &all };
const struct op_kind op_count_by_window = { .name = "countByWindow",
                                            .arg = OP_ARG_NEEDED,
                                            .keyless = true,
                                            .blind = true,
                                            .build = fold_build_count,
                                            .gather = &all };
const struct op_kind op_count_by_value_and_window = { .name = "countByValueAndWindow",
                                                      .arg = OP_ARG_NEEDED,
                                                      .build = fold_build_values,
                                                      .gather = &by_value };
