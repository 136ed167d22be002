#include "expr/program.h"

#include <string.h>

#include "base/check.h"
#include "base/quote.h"

/* What one run may take from the arena. A chunk that needs more is run in halves, so whether a
 * record is too large depends on nothing but itself. */
#define RUN_BYTES_MAX (128u << 20)

struct place { /* what is gone back to: by FLOW_END a selection, by FLOW_LEAVE a frame as well */
    struct place *outer;
    struct sel sel;
    struct frame frame; /* the inner one, of the elements */
    struct flat flat;
};

struct run {
    const struct program *program;
    struct chunk *chunk;
    struct arena *arena;
    struct column *reg;
    struct frame *frame;
    struct sel sel;
    struct place *place; /* the innermost */
    struct error_list *errors;
    size_t arena_max;
    const struct instr *stopped; /* where it took too much; NULL: it did not */
};

static void add_error(struct run *run, struct row_error error)
{
    struct error_list *errors = run->errors;
    if (errors->n == errors->cap) {
        errors->cap = errors->cap ? errors->cap * 2 : 16;
        struct row_error *items = arena_alloc(run->arena, errors->cap * sizeof *items);
        if (errors->n)
            memcpy(items, errors->items, errors->n * sizeof *items);
        errors->items = items;
    }
    errors->items[errors->n++] = error;
}

static void mark(struct run *run, struct frame *frame, uint32_t row, uint8_t fault)
{
    if (!frame->err)
        frame->err = arena_zalloc(run->arena, frame->n);
    if (!frame->err[row])
        frame->err[row] = fault;
}

/* One row of the innermost frame failed: its record of the chunk does, unless it has already. */
static void report(struct run *run, const struct instr *at, uint32_t row)
{
    uint8_t fault = run->frame->err[row];
    const struct column *in = &run->reg[at->in[0]];
    struct row_error error = { .fault = fault, .from = at->from, .to = at->to };
    bool shown = fault == FAULT_NO_INT || fault == FAULT_NO_DOUBLE || fault == FAULT_NO_JSON ||
                 fault == FAULT_NO_CSV;
    if (shown && in->type == &type_string)
        error.value = column_slice(in, row);
    struct frame *frame = run->frame;
    bool inner = frame->outer;
    for (; frame->outer; frame = frame->outer)
        row = frame->parent[row];
    if (inner && frame->err && frame->err[row])
        return;
    error.row = row;
    mark(run, frame, row, fault);
    add_error(run, error);
}

/* Those rows of the selection that the instruction failed for are reported and taken out. */
static void drop_failed(struct run *run, const struct instr *at)
{
    const uint8_t *err = run->frame->err;
    bool large = false;
    SEL_EACH(run->sel, row)
    {
        large |= err[row] == FAULT_LARGE;
        if (err[row])
            report(run, at, row);
    }
    if (large)
        run->stopped = at;
    run->sel = sel_alive(run->arena, run->sel, run->frame);
}

static void run_kernel(struct run *run, const struct instr *at)
{
    const struct column **in = arena_alloc(run->arena, at->n_in * sizeof *in);
    bool is_const = !at->can_fail;
    for (uint32_t i = 0; i < at->n_in; i++) {
        in[i] = &run->reg[at->in[i]];
        is_const &= in[i]->is_const;
    }
    struct frame one = { .n = 1 };
    struct call call = { .frame = is_const ? &one : run->frame,
                         .sel = is_const ? (struct sel){ NULL, 1 } : run->sel,
                         .in = in,
                         .n_in = at->n_in,
                         .out = &run->reg[at->out],
                         .type = at->type,
                         .k = at->k,
                         .data = at->data,
                         .arena = run->arena,
                         .arena_max = run->arena_max };
    at->run(&call);
    call.out->is_const |= is_const;
    if (at->can_fail && run->frame->err)
        drop_failed(run, at);
}

static struct place *push(struct run *run)
{
    struct place *place = arena_zalloc(run->arena, sizeof *place);
    place->outer = run->place;
    place->sel = run->sel;
    return run->place = place;
}

static void run_where(struct run *run, const struct instr *at)
{
    push(run);
    run->sel = sel_where(run->arena, run->sel, &run->reg[at->in[0]], at->k);
}

static void run_end(struct run *run)
{
    run->sel = sel_alive(run->arena, run->place->sel, run->frame);
    run->place = run->place->outer;
}

/* The elements of a list's selected rows; false: there are too many. */
static bool flatten(struct run *run, const struct instr *at, struct flat *flat)
{
    const struct column *list = &run->reg[at->in[0]];
    if (column_flatten(run->arena, list, run->sel, run->frame->n, flat))
        return true;
    run->stopped = at;
    return false;
}

static void run_enter(struct run *run, const struct instr *at)
{
    struct flat flat;
    if (!flatten(run, at, &flat))
        return;
    struct place *place = push(run);
    place->flat = flat;
    place->frame =
        (struct frame){ .n = (uint32_t)flat.n, .outer = run->frame, .parent = flat.parent };
    run->frame = &place->frame;
    run->sel = (struct sel){ NULL, place->frame.n };
    run->reg[at->out] = flat.elements;
}

static void run_gather(struct run *run, const struct instr *at)
{
    struct sel parents = { run->frame->parent, run->frame->n };
    column_gather(run->arena, &run->reg[at->in[0]], parents, &run->reg[at->out]);
}

/* How many elements of each outer row there are, and where they begin: the rows of the inner frame
 * in `inner`, in order, with len elements each (NULL: one each). */
static void regroup(struct run *run, struct sel inner, const uint32_t *len, struct column *out)
{
    const struct place *place = run->place;
    SEL_EACH(place->sel, outer)
    out->len[outer] = 0;
    SEL_EACH(inner, row)
    out->len[place->frame.parent[row]] += len ? len[row] : 1;
    uint32_t at = 0;
    SEL_EACH(place->sel, outer)
    {
        out->offset[outer] = at;
        at += out->len[outer];
    }
}

static void leave_filter(struct run *run, const struct column *keep, struct column *out)
{
    struct sel kept = sel_where(run->arena, run->sel, keep, true);
    regroup(run, kept, NULL, out);
    struct sel rows = kept;
    if (!rows.row && rows.n == run->place->frame.n) {
        out->child[0] = run->place->flat.elements;
        return;
    }
    column_gather(run->arena, &run->place->flat.elements, rows, &out->child[0]);
}

static void leave_flat_map(struct run *run, const struct instr *at, struct column *out)
{
    struct flat flat;
    if (!flatten(run, at, &flat))
        return;
    regroup(run, run->sel, flat.len, out);
    out->child[0] = flat.elements;
}

static void run_leave(struct run *run, const struct instr *at)
{
    struct place *place = run->place;
    const struct column *body = &run->reg[at->in[0]];
    struct column out;
    column_alloc(run->arena, at->type, place->frame.outer->n, &out);
    if (at->k == LEAVE_FILTER) {
        leave_filter(run, body, &out);
    } else if (at->k == LEAVE_FLAT_MAP) {
        leave_flat_map(run, at, &out);
    } else {
        out.offset = place->flat.offset;
        out.len = place->flat.len;
        out.child[0] = *body;
        out.child[0].n = place->frame.n;
    }
    run->reg[at->out] = out;
    run->frame = place->frame.outer;
    run->place = place->outer;
    for (uint32_t row = 0; place->frame.err && row < place->frame.n; row++)
        if (place->frame.err[row])
            mark(run, run->frame, place->frame.parent[row], place->frame.err[row]);
    run->sel = sel_alive(run->arena, place->sel, run->frame);
}

static void run_instr(struct run *run, const struct instr *at)
{
    switch (at->flow) {
        case FLOW_KERNEL:
            run_kernel(run, at);
            break;
        case FLOW_WHERE:
            run_where(run, at);
            break;
        case FLOW_END:
            run_end(run);
            break;
        case FLOW_ENTER:
            run_enter(run, at);
            break;
        case FLOW_GATHER:
            run_gather(run, at);
            break;
        case FLOW_LEAVE:
            run_leave(run, at);
            break;
    }
    if (run->arena->total > run->arena_max)
        run->stopped = at;
}

/* They were found instruction by instruction; each row has at most one. */
static void order_errors(struct run *run, uint32_t first)
{
    uint32_t n = run->errors->n - first, rows = run->chunk->frame.n;
    if (n < 2)
        return;
    struct row_error *items = run->errors->items + first;
    struct row_error *copy = arena_alloc(run->arena, n * sizeof *copy);
    memcpy(copy, items, n * sizeof *copy);
    uint32_t *at = arena_zalloc(run->arena, rows * sizeof *at);
    for (uint32_t i = 0; i < n; i++)
        at[copy[i].row] = i + 1;
    for (uint32_t row = 0, i = 0; row < rows; row++)
        if (at[row])
            items[i++] = copy[at[row] - 1];
}

static void set_registers(struct run *run)
{
    const struct program *program = run->program;
    run->reg = arena_zalloc(run->arena, program->n_reg * sizeof *run->reg);
    memcpy(run->reg, run->chunk->col, program->n_param * sizeof *run->reg);
    struct column *batch_time = &run->reg[program->n_param];
    column_zero(run->arena, &type_time, batch_time);
    batch_time->i64[0] = run->chunk->batch_time_ms;
    for (uint32_t i = 0; i < program->n_konst; i++)
        run->reg[program->konst[i].reg] = program->konst[i].column;
}

/* Computes the run's selection; false, and nothing has happened, when that took too much. */
static bool attempt(struct run *run, struct column *out)
{
    struct arena_mark before = arena_mark(run->arena);
    struct error_list errors = *run->errors;
    struct sel sel = run->sel;
    uint8_t *err = run->frame->err;
    run->arena_max = before.total + RUN_BYTES_MAX;
    set_registers(run);
    for (uint32_t i = 0; i < run->program->n && !run->stopped; i++)
        run_instr(run, &run->program->code[i]);
    if (!run->stopped) {
        check(!run->place);
        *out = run->reg[run->program->result_reg];
        order_errors(run, errors.n);
        return true;
    }
    for (uint32_t i = 0; err && i < sel.n; i++)
        err[sel.row ? sel.row[i] : i] = FAULT_NONE;
    run->frame = &run->chunk->frame;
    run->frame->err = err;
    run->sel = sel;
    run->place = NULL;
    *run->errors = errors;
    arena_rewind(run->arena, before);
    return false;
}

/* Some rows as a chunk of their own, with columns of that length: beside the others' they would be as long as for all. Leaves
 * those that did not fail as the run's selection. */
static void run_part(struct run *run, struct sel part, struct column *out)
{
    const struct program *program = run->program;
    struct column *param = arena_alloc(run->arena, program->n_param * sizeof *param), made;
    for (uint32_t i = 0; i < program->n_param; i++)
        column_gather(run->arena, &run->chunk->col[i], part, &param[i]);
    struct chunk chunk = { .frame = { .n = part.n },
                           .sel = { .n = part.n },
                           .col = param,
                           .batch_time_ms = run->chunk->batch_time_ms,
                           .arena = run->arena };
    uint32_t first = run->errors->n, n = 0;
    program_run(program, &chunk, &made, run->errors);
    for (uint32_t i = first; i < run->errors->n; i++) {
        struct row_error *error = &run->errors->items[i];
        error->row = part.row[error->row];
        mark(run, run->frame, error->row, (uint8_t)error->fault);
    }
    uint32_t *at = arena_zalloc(run->arena, run->frame->n * sizeof *at);
    uint32_t *alive = arena_alloc(run->arena, chunk.sel.n * sizeof *alive);
    for (uint32_t i = 0; i < part.n; i++)
        at[part.row[i]] = i;
    SEL_EACH(chunk.sel, row)
    alive[n++] = part.row[row];
    column_gather(run->arena, &made, (struct sel){ at, run->frame->n }, out);
    run->sel = (struct sel){ alive, n };
}

/* The first half of the rows, then the others, as one column. */
static void run_halves(struct run *run, const uint32_t *row, struct column *out)
{
    struct column which = { .type = &type_bool, .n = run->chunk->frame.n };
    uint32_t n = run->sel.n, half = n / 2, k = 0;
    uint32_t *both = arena_alloc(run->arena, n * sizeof *both);
    which.b8 = arena_zalloc(run->arena, which.n);
    for (uint32_t i = 0; i < half; i++)
        which.b8[row[i]] = 1;
    struct column first, second;
    run_part(run, (struct sel){ row, half }, &first);
    for (uint32_t i = 0; i < run->sel.n; i++)
        both[k++] = run->sel.row[i];
    run_part(run, (struct sel){ row + half, n - half }, &second);
    for (uint32_t i = 0; i < run->sel.n; i++)
        both[k++] = run->sel.row[i];
    run->sel = (struct sel){ both, k };
    struct choice choice = { &first, &second, &which, which.n };
    column_choose(run->arena, &choice, run->sel, out);
}

static void run_rows(struct run *run, struct column *out)
{
    run->stopped = NULL;
    if (attempt(run, out))
        return;
    uint32_t *row = arena_alloc(run->arena, run->sel.n * sizeof *row);
    for (uint32_t i = 0; i < run->sel.n; i++)
        row[i] = run->sel.row ? run->sel.row[i] : i;
    if (run->sel.n > 1) {
        run_halves(run, row, out);
        return;
    }
    const struct instr *at = run->stopped;
    if (run->sel.n) {
        mark(run, run->frame, row[0], FAULT_LARGE);
        add_error(run, (struct row_error){
                           .row = row[0], .fault = FAULT_LARGE, .from = at->from, .to = at->to });
    }
    run->sel = (struct sel){ row, 0 };
    column_zero(run->arena, run->program->result, out);
}

void program_run(const struct program *program, struct chunk *in, struct column *out,
                 struct error_list *errors)
{
    struct run run = { .program = program,
                       .chunk = in,
                       .arena = in->arena,
                       .frame = &in->frame,
                       .sel = in->sel,
                       .errors = errors };
    run_rows(&run, out);
    in->sel = run.sel;
    out->n = in->frame.n;
}

void program_error_text(const struct program *program, const struct row_error *error,
                        struct buf *out)
{
    buf_printf(out, "`%.*s`: ", (int)(error->to - error->from), program->text + error->from);
    if (error->value.ptr) {
        size_t n = quote_cut(error->value.ptr, error->value.len, 100);
        quote_put(out, error->value.ptr, n);
        buf_puts(out, n < error->value.len ? "… is " : " is ");
    }
    buf_puts(out, fault_text(error->fault));
}
