/* A chunk of Lua and what it gives for rows: refused with a reason, or the same for a row whatever came before it. */
#include "column/codec.h"
#include "fuzz.h"
#include "op/lua_vm.h"

void lua_fuzz(const uint8_t *data, size_t size);

static const char *const inputs[] = {
    "[\"a\", \"\", \"b c\"]",
    "[1, -7, 9223372036854775807]",
    "[(\"k\", 1), (\"é\", 2)]",
    "[{n: 1, s: \"a\", o: 1.5, l: [1]}, {n: -2, s: \"{}\", o: if (true) None else 0.5, l: []}]",
    "[\"{\\\"a\\\": [1, {\\\"b\\\": null}]}\".json, \"[1.0]\".json]",
};

static const struct type *type_of(struct fuzz_expr *expr, uint32_t i)
{
    static const char *const names[] = { "n", "all" };
    const struct type *members[] = { &type_int, type_list(expr->types, &type_string) };
    const struct type *const types[] = {
        &type_string,
        &type_int,
        &type_double,
        &type_bool,
        &type_bytes,
        &type_json,
        &type_time,
        type_option(expr->types, &type_string),
        type_list(expr->types, &type_json),
        type_map(expr->types, &type_int),
        type_pair(expr->types, &type_string, &type_double),
        type_record(expr->types, names, members, 2),
    };
    return types[i % ARRAY_SIZE(types)];
}

/* What a row gives, behind what the rows before gave. */
static void run_row(struct vm *vm, const struct vm_call *call, struct buf *out)
{
    struct buf why = { 0 };
    size_t from = out->len;
    enum vm_end end = vm_run(vm, call, out, &why);
    check(end <= VM_FAILED && (end == VM_DONE || out->len == from) &&
          (end != VM_FAILED || why.len));
    if (end == VM_DONE) { /* it is a value of the type */
        struct arena arena = { 0 };
        struct column value;
        struct slice row = { out->ptr + from, out->len - from };
        codec_get(&arena, call->type, &row, 1, &value);
        struct buf again = { 0 };
        codec_put(&again, &value, 0);
        check(fuzz_same(buf_slice(&again), row));
        buf_free(&again);
        arena_free(&arena);
    }
    buf_printf(out, "%d %s\n", (int)end, buf_text(&why));
    buf_free(&why);
}

static void run_rows(struct vm *vm, const struct column *rows, const struct type *type)
{
    struct buf first = { 0 }, again = { 0 };
    for (uint32_t row = 0; row < rows->n; row++) {
        struct vm_call call = { rows, row, type };
        buf_clear(&first);
        buf_clear(&again);
        run_row(vm, &call, &first);
        run_row(vm, &(struct vm_call){ rows, rows->n - 1 - row, type }, &again); /* another's */
        buf_clear(&again);
        run_row(vm, &call, &again);
        check(fuzz_same(buf_slice(&first), buf_slice(&again)));
    }
    buf_free(&first);
    buf_free(&again);
}

void lua_fuzz(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, data + size };
    struct fuzz_expr expr;
    struct buf why = { 0 };
    struct vm *vm = NULL;
    fuzz_expr_begin(&expr);
    struct column rows = fuzz_expr_rows(&expr, inputs[fuzz_pick(&input, ARRAY_SIZE(inputs))]);
    const struct type *type = type_of(&expr, fuzz_byte(&input));
    struct slice chunk = { input.at, (size_t)(input.end - input.at) };
    enum vm_end end = vm_new(chunk, &vm, &why);
    if (end == VM_DONE)
        run_rows(vm, &rows, type);
    else
        check(end >= VM_FAILED && (why.len || end == VM_NO_FUNCTION));
    vm_free(vm);
    buf_free(&why);
    fuzz_expr_end(&expr);
}
