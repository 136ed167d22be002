/* The batch's rows gather as lines; at the cut they go through the program, all at once: its end is what says that its output
 * is whole. So nothing of it is known before, nothing of it is left behind, and a batch computed twice asks it twice. */
#include "op/pipe.h"

#include <string.h>

#include "base/mem.h"
#include "column/utf8.h"
#include "op/build.h"
#include "op/collect.h"
#include "op/gather.h"
#include "sink/python.h"

struct pipe {
    struct gather head;
    struct buf in;  /* rows as print shows them, each ended by \n */
    struct buf out; /* at the cut: the lines that came back, each ended by \n */
};

static bool pipe_build(struct op *op, const struct op_input *input)
{
    const struct job_args *args = &input->job->args;
    struct op_child *child = arena_alloc(input->arena, sizeof *child);
    const char **argv = arena_zalloc(input->arena, (args->argv->n + 1) * sizeof *argv);
    for (size_t i = 0; i < args->argv->n; i++)
        argv[i] = args->argv->items[i]->text;
    *child = (struct op_child){ .place = op->place, .argv = argv, .patience_ms = args->timeout_ms };
    op->more = child;
    op->out = &type_string;
    return true;
}

static struct gather *pipe_open(const struct op *op, uint64_t seed)
{
    struct pipe *pipe = mem_zalloc(sizeof *pipe);
    (void)seed;
    pipe->head.op = op;
    return &pipe->head;
}

static void pipe_take(struct gather *gather, const struct rows *rows, uint32_t shard,
                      const struct op_run *run)
{
    (void)shard;
    struct pipe *pipe = (void *)gather;
    (void)run;
    SEL_EACH(rows->sel, row)
    {
        python_put_row(&pipe->in, &rows->column, row, false);
        buf_put_u8(&pipe->in, '\n');
    }
}

static void pipe_merge(struct gather *gather, struct gather *later, const struct op_run *run)
{
    const struct buf *in = &((const struct pipe *)(const void *)later)->in;
    (void)run;
    if (in->len)
        buf_put(&((struct pipe *)(void *)gather)->in, in->ptr, in->len);
}

/* ---- at the cut */

static struct slice line_at(const struct buf *lines, size_t at) /* without its end */
{
    const char *from = (const char *)lines->ptr + at;
    return (struct slice){ from, (size_t)((char *)memchr(from, '\n', lines->len - at) - from) };
}

/* 0: it can be a String. */
static unsigned line_judge(struct slice line)
{
    if (line.len > PIPE_LINE_MAX)
        return 407;
    return utf8_is_valid(line.ptr, line.len) ? 0 : 401;
}

static void pipe_refuse(const struct pipe *pipe, struct slice line, unsigned code,
                        const struct op_run *run)
{
    const char *ptr = line.ptr;
    uint32_t len = line.len < PIPE_LINE_MAX ? (uint32_t)line.len : PIPE_LINE_MAX;
    struct column bytes = { .type = &type_bytes, .n = 1 };
    bytes.ptr = &ptr;
    bytes.len = &len;
    const char *reason = code == 401 ? "the line is not UTF-8" : "the line is too long";
    run->error(run, &(struct op_error){ .op = pipe->head.op,
                                        .key = &bytes,
                                        .code = code,
                                        .reason = slice_of_text(reason) });
}

/* Takes out the lines that can be no String. */
static void pipe_check(struct pipe *pipe, const struct op_run *run)
{
    struct buf *out = &pipe->out;
    size_t to = 0;
    for (size_t at = 0; at < out->len;) {
        struct slice line = line_at(out, at);
        unsigned code = line_judge(line);
        if (code)
            pipe_refuse(pipe, line, code, run);
        else
            memmove(out->ptr + to, line.ptr, line.len + 1);
        to += code ? 0 : line.len + 1;
        at += line.len + 1;
    }
    out->len = to;
}

static void pipe_judge(struct gather *gather, const struct op_run *run)
{
    struct pipe *pipe = (void *)gather;
    struct op_child child = *(const struct op_child *)gather->op->more;
    struct err err;
    if (!pipe->in.len)
        return;
    child.input = buf_slice(&pipe->in);
    if (!run->child(run, &child, &pipe->out, &err)) {
        buf_clear(&pipe->out);
        run->error(run, &(struct op_error){ .op = gather->op,
                                            .code = 408,
                                            .whole = true,
                                            .reason = slice_of_text(err.text) });
    }
    if (pipe->out.len && pipe->out.ptr[pipe->out.len - 1] != '\n')
        buf_put_u8(&pipe->out, '\n');
    pipe_check(pipe, run);
}

static bool pipe_give(const struct gather *gather, struct give *give, const struct op_run *run,
                      struct rows *rows)
{
    const struct pipe *pipe = (const void *)gather;
    *rows = rows_of(0);
    column_alloc(run->arena, &type_string, GATHER_ROWS, &rows->column);
    while (rows->n < GATHER_ROWS && give->at < pipe->out.len) {
        struct slice line = line_at(&pipe->out, give->at);
        rows->column.ptr[rows->n] = line.ptr;
        rows->column.len[rows->n++] = (uint32_t)line.len;
        give->at += line.len + 1;
    }
    rows->column.n = rows->sel.n = rows->n;
    return rows->n > 0;
}

static void pipe_reset(struct gather *gather)
{
    struct pipe *pipe = (void *)gather;
    bool large = pipe->in.cap + pipe->out.cap > COLLECT_KEEP;
    (large ? buf_free : buf_clear)(&pipe->in);
    (large ? buf_free : buf_clear)(&pipe->out);
}

static size_t pipe_bytes(const struct gather *gather)
{
    const struct pipe *pipe = (const void *)gather;
    return sizeof *pipe + pipe->in.cap + pipe->out.cap;
}

static void pipe_free(struct gather *gather)
{
    struct pipe *pipe = (void *)gather;
    buf_free(&pipe->in);
    buf_free(&pipe->out);
    mem_free(pipe);
}

static const struct gather_ops pipe_gather = {
    .open = pipe_open,
    .take = pipe_take,
    .merge = pipe_merge,
    .judge = pipe_judge,
    .give = pipe_give,
    .reset = pipe_reset,
    .bytes = pipe_bytes,
    .free = pipe_free,
};

const struct op_kind op_pipe = { .name = "pipe",
                                 .arg = OP_ARG_NEEDED,
                                 .build = pipe_build,
                                 .gather = &pipe_gather };
