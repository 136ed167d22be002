#include "op/window.h"

#include "base/mem.h"
#include "op/group.h"
#include "op/memory.h"
#include "op/panes.h"
#include "op/shared.h"
#include "spec/units.h"

/* ---- lengths */

static bool window_multiple(const struct op_input *input, const char *key, uint64_t ms)
{
    if (ms % input->slide_ms == 0)
        return true;
    struct buf is = { 0 }, slide = { 0 }, near = { 0 };
    uint64_t below = ms / input->slide_ms * input->slide_ms;
    const struct yaml_node *node = yaml_get(input->job->arg, key);
    units_put_duration(ms, &is);
    units_put_duration(input->slide_ms, &slide);
    if (below) {
        units_put_duration_like(below, input->slide_ms, &near);
        buf_puts(&near, " or ");
    }
    units_put_duration_like(below + input->slide_ms, input->slide_ms, &near);
    diag_help(input->diags,
              diag_add(input->diags, yaml_place(node ? node : input->job->node), 212,
                       "%s %s is not a multiple of its stream's slide, %s", key, buf_text(&is),
                       buf_text(&slide)),
              "use %s", buf_text(&near));
    buf_free(&is);
    buf_free(&slide);
    buf_free(&near);
    return false;
}

/* reduceByKeyAndWindow(30s, 10s) of 5s: what a state hangs on */
static const char *window_form(const struct op_input *input, uint64_t slide_ms)
{
    struct buf text = { 0 };
    buf_printf(&text, "%s%s(", input->job->name, input->job->args.inv_func ? " inverse" : "");
    units_put_duration(input->job->args.window_ms, &text);
    buf_puts(&text, ", ");
    units_put_duration(slide_ms, &text);
    buf_puts(&text, ") of ");
    units_put_duration(input->slide_ms, &text);
    if (input->slide_ms != input->batch_ms) {
        buf_puts(&text, " in batches of ");
        units_put_duration(input->batch_ms, &text);
    }
    const char *form = arena_strdup(input->arena, buf_text(&text));
    buf_free(&text);
    return form;
}

bool window_build(struct op *op, const struct op_input *input, const struct type *type, size_t size)
{
    const struct job_args *args = &input->job->args;
    uint64_t slide_ms = args->slide_ms ? args->slide_ms : input->slide_ms;
    bool ok = window_multiple(input, "windowDuration", args->window_ms);
    if (args->slide_ms && !window_multiple(input, "slideDuration", slide_ms))
        ok = false;
    struct window *window = arena_zalloc(input->arena, size);
    struct memory *memory = arena_alloc(input->arena, sizeof *memory);
    window->length = args->window_ms / input->batch_ms;
    window->slide = slide_ms / input->batch_ms;
    *memory = (struct memory){ args->id ? args->id : input->name, window_form(input, slide_ms),
                               type, op_id_node(input) };
    op->more = window;
    op->memory = memory;
    op->slide_ms = slide_ms;
    return ok;
}

/* ---- rows */

struct windowed {
    struct gather head;
    struct collect batch; /* of the open batch */
    struct panes panes;
    struct group *group;    /* of the window; NULL: its rows are given as they are */
    struct panes_walk walk; /* of the window that fires */
    bool fires;
};

static struct windowed *windowed_of(struct gather *gather)
{
    return (struct windowed *)(void *)gather; /* the head comes first */
}

static bool window_build_rows(struct op *op, const struct op_input *input)
{
    op->out = op->in;
    return window_build(op, input, op->in, sizeof(struct window));
}

static bool window_build_group(struct op *op, const struct op_input *input)
{
    if (!op_needs_keys(input))
        return false;
    op->out =
        type_pair(input->types, op->in->member[0], type_list(input->types, op->in->member[1]));
    return window_build(op, input, op->in, sizeof(struct window));
}

static struct gather *window_open(const struct op *op, uint64_t seed)
{
    struct windowed *windowed = mem_zalloc(sizeof *windowed);
    (void)seed;
    windowed->head.op = op;
    windowed->batch.max = UINT64_MAX;
    windowed->panes.type = op->in;
    return &windowed->head;
}

static struct gather *window_open_group(const struct op *op, uint64_t seed)
{
    struct gather *gather = window_open(op, seed);
    struct group *group = mem_alloc(sizeof *group);
    group_init(group, op, seed);
    windowed_of(gather)->group = group;
    return gather;
}

static void window_take(struct gather *gather, const struct rows *rows, uint32_t shard,
                        const struct op_run *run)
{
    (void)shard;
    (void)run;
    collect_take(&windowed_of(gather)->batch, &rows->column, rows->sel);
}

static void window_merge(struct gather *gather, struct gather *later, const struct op_run *run)
{
    (void)run;
    collect_append(&windowed_of(gather)->batch,
                   &((const struct windowed *)(const void *)later)->batch);
}

static void window_group(struct windowed *windowed, const struct op_run *run)
{
    struct gather *gather = &windowed->group->head;
    struct panes_walk walk = windowed->walk;
    struct rows rows;
    while (panes_next(&windowed->panes, &walk, run->arena, &rows)) {
        group_add(windowed->group, &rows, run);
        arena_reset(run->arena);
    }
    group_judge(gather, run);
}

static void window_judge(struct gather *gather, const struct op_run *run)
{
    struct windowed *windowed = windowed_of(gather);
    const struct window *window = window_of(gather->op);
    if (window_holds(window, run->tick))
        panes_add(&windowed->panes, run->tick, &windowed->batch);
    if (!window_fires(window, run->tick))
        return;
    windowed->walk =
        (struct panes_walk){ .after = window_after(window, run->tick), .up_to = run->tick };
    panes_drop(&windowed->panes, windowed->walk.after);
    if (windowed->group)
        window_group(windowed, run);
}

static bool window_give(const struct gather *gather, struct give *give, const struct op_run *run,
                        struct rows *rows)
{
    const struct windowed *windowed = (const void *)gather;
    struct panes_walk walk = windowed->walk;
    if (windowed->group)
        return group_give(&windowed->group->head, give, run, rows);
    walk.pane = give->entry;
    walk.row = (uint32_t)give->at;
    bool any = panes_next(&windowed->panes, &walk, run->arena, rows);
    give->entry = walk.pane;
    give->at = walk.row;
    give->ends = any && walk.row == windowed->panes.at[walk.pane].rows.n;
    return any;
}

static void window_reset(struct gather *gather)
{
    struct windowed *windowed = windowed_of(gather);
    collect_clear(&windowed->batch);
    if (windowed->group)
        group_reset(&windowed->group->head);
}

static size_t window_bytes(const struct gather *gather)
{
    const struct windowed *windowed = (const void *)gather;
    size_t n = sizeof *windowed + collect_bytes(&windowed->batch) + panes_bytes(&windowed->panes);
    return windowed->group ? n + group_bytes(&windowed->group->head) : n;
}

static void window_free(struct gather *gather)
{
    struct windowed *windowed = windowed_of(gather);
    collect_free(&windowed->batch);
    panes_free(&windowed->panes);
    if (windowed->group)
        group_free(&windowed->group->head);
    mem_free(windowed);
}

/* ---- beyond the batch */

static void window_write(struct gather *gather, struct arena *arena, struct buf *out)
{
    panes_write(&windowed_of(gather)->panes, arena, out);
}

static void window_save_begin(struct gather *gather)
{
    panes_save_begin(&windowed_of(gather)->panes);
}

static bool window_save(struct gather *gather, struct arena *arena, struct buf *out)
{
    return panes_save(&windowed_of(gather)->panes, out->len + MEMORY_PART, arena, out);
}

static bool window_read(struct gather *gather, struct reader *reader, const struct type *stored,
                        struct arena *arena)
{
    return panes_read(&windowed_of(gather)->panes, reader, stored, window_of(gather->op)->length,
                      arena);
}

static void window_move(struct gather *to, struct gather *from)
{
    struct panes *a = &windowed_of(to)->panes, *b = &windowed_of(from)->panes, empty = *a;
    *a = *b;
    *b = empty;
}

static uint64_t window_count(const struct gather *gather)
{
    return ((const struct windowed *)(const void *)gather)->panes.n_rows;
}

static bool window_quiet(const struct gather *gather)
{
    return ((const struct windowed *)(const void *)gather)->panes.n == 0;
}

static const struct memory_ops window_memory = {
    .write = window_write,
    .save_begin = window_save_begin,
    .save = window_save,
    .read = window_read,
    .move = window_move,
    .count = window_count,
    .quiet = window_quiet,
};

#define WINDOW_GATHER                                                                       \
    .take = window_take, .merge = window_merge, .judge = window_judge, .give = window_give, \
    .reset = window_reset, .bytes = window_bytes, .free = window_free, .memory = &window_memory

static const struct gather_ops window_gather = { WINDOW_GATHER, .open = window_open, .cuts = true };
static const struct gather_ops group_gather = { WINDOW_GATHER, .open = window_open_group };

const struct op_kind op_window = { .name = "window",
                                   .arg = OP_ARG_NEEDED,
                                   .build = window_build_rows,
                                   .gather = &window_gather };
const struct op_kind op_group_by_key_and_window = { .name = "groupByKeyAndWindow",
                                                    .arg = OP_ARG_NEEDED,
                                                    .build = window_build_group,
                                                    .gather = &group_gather };
