#include "fuzz.h"

#include "base/scan.h"
#include "base/yaml.h"
#include "sink/python.h"

#define SHOWN_MAX (4u << 20) /* bytes of values that are compared */

struct slice fuzz_text(struct fuzz_input *input)
{
    struct slice text = { input->at, 0 };
    while (input->at < input->end && *input->at)
        input->at++;
    text.len = (size_t)(input->at - (const uint8_t *)text.ptr);
    input->at += input->at < input->end;
    return text;
}

bool fuzz_is_utf8(struct slice text)
{
    const uint8_t *at = text.ptr, *end = at + text.len;
    size_t n = 1;
    uint32_t c;
    for (; at < end && n; at += n)
        n = scan_utf8(at, end, &c);
    return n > 0;
}

uint8_t *fuzz_rest(struct fuzz_input *input, size_t *size)
{
    *size = (size_t)(input->end - input->at);
    uint8_t *copy = malloc(*size ? *size : 1);
    check(copy);
    if (*size)
        memcpy(copy, input->at, *size);
    input->at = input->end;
    return copy;
}

uint64_t fuzz_u64(struct fuzz_input *input)
{
    uint64_t number = 0;
    for (uint32_t n = fuzz_pick(input, 9); n > 0; n--)
        number = number << 8 | fuzz_byte(input);
    return number;
}

bool fuzz_same(struct slice a, struct slice b)
{
    return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

void fuzz_expr_begin(struct fuzz_expr *expr)
{
    *expr = (struct fuzz_expr){ 0 };
    expr->types = types_new(&expr->arena);
}

void fuzz_expr_end(struct fuzz_expr *expr)
{
    arena_free(&expr->arena);
}

static const struct program *compile(struct fuzz_expr *expr, struct slice text,
                                     const struct expr_use *use)
{
    struct yaml_node node = { .kind = YAML_STRING,
                              .line = 1,
                              .column = 1,
                              .width = 1,
                              .text = arena_strndup(&expr->arena, text.ptr, text.len),
                              .text_len = text.len,
                              .expanded = true };
    expr->diags = (struct diags){ .arena = &expr->arena, .file = "t" };
    const struct program *program =
        expr_compile(&expr->arena, expr->types, &node, use, &expr->diags);
    check((program != NULL) == (diag_errors(&expr->diags) == 0));
    struct buf shown = { 0 };
    diag_print(&expr->diags, DIAG_HUMAN, false, &shown);
    buf_free(&shown);
    return program;
}

bool fuzz_expr_compile(struct fuzz_expr *expr, struct slice text, const struct type *param,
                       uint32_t n_param)
{
    const struct type *params[] = { param, param };
    struct expr_use use = { .op = "map", .param = params, .n_param = n_param };
    expr->program = compile(expr, text, &use);
    return expr->program;
}

static void run(const struct program *program, struct column *in, struct arena *arena,
                struct column *out, struct error_list *errors)
{
    struct column param[] = { *in, *in };
    struct chunk chunk = { .frame = { .n = in->n },
                           .sel = { NULL, in->n },
                           .col = param,
                           .batch_time_ms = 1000,
                           .arena = arena };
    program_run(program, &chunk, out, errors);
    check(chunk.sel.n + errors->n == in->n && (program->can_fail || !errors->n));
}

struct column fuzz_expr_rows(struct fuzz_expr *expr, const char *literal)
{
    const struct type *param = &type_int;
    struct expr_use use = { .op = "input", .param = &param, .n_param = 1, .list = true };
    struct column one, list;
    const struct program *program = compile(expr, slice_of_text(literal), &use);
    column_zero(&expr->arena, &type_int, &one);
    one.n = 1;
    check(program);
    run(program, &one, &expr->arena, &list, &(struct error_list){ 0 });
    struct flat flat;
    check(column_flatten(&expr->arena, &list, (struct sel){ NULL, 1 }, 1, &flat));
    return flat.elements;
}

static void show(const struct program *program, struct column *rows, struct arena *arena,
                 struct buf *out)
{
    struct error_list errors = { 0 };
    struct column result;
    run(program, rows, arena, &result, &errors);
    check(result.type == program->result);
    for (uint32_t row = 0, error = 0; row < rows->n && out->len < SHOWN_MAX; row++) {
        if (error < errors.n && errors.items[error].row == row) {
            buf_printf(out, "E%u ", fault_code(errors.items[error].fault));
            program_error_text(program, &errors.items[error++], out);
        } else {
            python_put_row(out, &result, row, true);
        }
        buf_puts(out, "\n");
    }
}

static void show_chunks(const struct program *program, const struct column *rows, uint32_t size,
                        struct buf *out)
{
    struct arena arena = { 0 };
    for (uint32_t from = 0; from < rows->n; from += size) {
        uint32_t n = rows->n - from < size ? rows->n - from : size;
        uint32_t *at = arena_alloc(&arena, n * sizeof *at);
        struct column part;
        for (uint32_t i = 0; i < n; i++)
            at[i] = from + i;
        column_gather(&arena, rows, (struct sel){ at, n }, &part);
        show(program, &part, &arena, out);
        arena_reset(&arena);
    }
    arena_free(&arena);
}

void fuzz_expr_run(struct fuzz_expr *expr, const struct column *rows)
{
    static const uint32_t sizes[] = { 1, 7 };
    struct buf whole = { 0 }, parts = { 0 };
    show_chunks(expr->program, rows, rows->n, &whole);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        buf_clear(&parts);
        show_chunks(expr->program, rows, sizes[i], &parts);
        check(whole.len >= SHOWN_MAX || strcmp(buf_text(&whole), buf_text(&parts)) == 0);
    }
    buf_free(&whole);
    buf_free(&parts);
}
