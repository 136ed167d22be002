#include "column/json_path.h"
#include "base/check.h"

#include <math.h>

#include "column/json_text.h"
#include "column/pieces.h"

static struct slice json_in(const struct call *call, uint32_t row)
{
    const struct column *in = call->in[0];
    if (in->type->kind == K_JSON)
        return column_slice(in, row);
    return column_valid(in, row) ? column_slice(&in->child[0], row) : (struct slice){ "", 0 };
}

static inline void set(struct column *out, uint32_t row, struct slice slice)
{
    out->ptr[row] = slice.ptr;
    out->len[row] = (uint32_t)slice.len;
}

/* An Option of a Json; empty: None. */
static inline void set_option(struct call *call, uint32_t row, struct slice value)
{
    call->out->valid[row] = value.len != 0;
    set(&call->out->child[0], row, value);
}

static void parse(struct call *call, uint32_t row)
{
    struct slice text = column_slice(call->in[0], row);
    bool good = json_text_valid(text);
    if (!good)
        kernel_fail(call, row, json_text_deep(text) ? FAULT_DEEP_JSON : FAULT_NO_JSON);
    set(call->out, row, good ? json_text_trim(text) : (struct slice){ "null", 4 });
}

void kernel_json(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, parse(call, row););
}

static struct slice walk(struct slice value, const struct json_path *path)
{
    for (uint32_t i = 0; i < path->n && value.len; i++) {
        const struct json_step *step = &path->step[i];
        value = step->name.ptr ? json_text_member(value, step->name)
                               : json_text_element(value, step->index);
    }
    return value;
}

void kernel_json_path(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, set_option(call, row, walk(json_in(call, row), call->data)););
}

void kernel_json_member(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, set_option(call, row,
                          json_text_member(json_in(call, row), column_slice(call->in[1], row))););
}

void kernel_json_element(struct call *call)
{
    kernel_alloc(call);
    const int64_t *index = call->in[1]->i64;
    const uint32_t mask = column_mask(call->in[1]);
    ROWS(call, set_option(call, row, json_text_element(json_in(call, row), index[row & mask])););
}

/* ---- as a type of the language */

void kernel_json_int(struct call *call)
{
    kernel_alloc(call);
    int64_t *out = call->out->child[0].i64;
    ROWS(call, out[row] = 0; call->out->valid[row] = json_text_int(json_in(call, row), &out[row]););
}

void kernel_json_double(struct call *call)
{
    kernel_alloc(call);
    double *out = call->out->child[0].f64;
    ROWS(call, out[row] = 0;
         call->out->valid[row] = json_text_double(json_in(call, row), &out[row]););
}

void kernel_json_bool(struct call *call)
{
    kernel_alloc(call);
    bool truth = false;
    ROWS(call, call->out->valid[row] = json_text_bool(json_in(call, row), &truth);
         call->out->child[0].b8[row] = truth;);
}

/* A view, or without escapes a copy, which is never longer. */
static struct slice text_of(struct arena *arena, struct slice string)
{
    struct slice raw = json_text_raw(string);
    if (!json_text_has_escapes(raw))
        return raw;
    char *copy = arena_alloc(arena, raw.len);
    return (struct slice){ copy, json_text_decode(raw, copy) };
}

static void as_string(struct call *call, uint32_t row)
{
    struct slice value = json_in(call, row), text = { "", 0 };
    bool good = json_text_is_string(value);
    if (good)
        text = text_of(call->arena, value);
    call->out->valid[row] = good;
    set(&call->out->child[0], row, text);
}

void kernel_json_string(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, as_string(call, row););
}

static void as_list(struct pieces *pieces, uint32_t row)
{
    struct call *call = pieces->call;
    struct slice array = json_in(call, row), element;
    struct column *list = &call->out->child[0];
    const char *at = NULL;
    list->offset[row] = pieces->n;
    while ((element = json_text_next(array, &at)).len) {
        if (!pieces_reserve(pieces, 0)) {
            kernel_fail(call, row, FAULT_LARGE);
            break;
        }
        pieces_put(pieces, element.ptr, (const char *)element.ptr + element.len);
    }
    list->len[row] = pieces->n - list->offset[row];
    call->out->valid[row] = array.len && *(const char *)array.ptr == '[';
}

void kernel_json_list(struct call *call)
{
    kernel_alloc(call);
    struct pieces pieces = { .call = call };
    pieces_grow(&pieces, call->sel.n + 64);
    ROWS(call, as_list(&pieces, row););
    pieces_end(&pieces, &call->out->child[0]);
}

/* ---- compared */

static bool equal_int(struct slice value, int64_t wanted)
{
    int64_t whole;
    double real;
    if (json_text_int(value, &whole))
        return whole == wanted;
    return json_text_double(value, &real) && fabs(real) < 0x1p53 && real == (double)wanted;
}

static bool equal(struct slice value, const struct column *scalar, uint32_t row)
{
    uint32_t at = column_row(scalar, row);
    double real;
    bool truth;
    switch (scalar->type->kind) {
        case K_INT:
            return equal_int(value, scalar->i64[at]);
        case K_DOUBLE:
            return json_text_double(value, &real) && real == scalar->f64[at];
        case K_BOOL:
            return json_text_bool(value, &truth) && truth == (scalar->b8[at] != 0);
        case K_STRING:
            return json_text_equals(value, column_slice(scalar, row));
        default:
            check(false); /* the language compares a Json with no other type */
    }
    return false;
}

void kernel_json_equal(struct call *call)
{
    kernel_alloc(call);
    const bool want = call->k == COMPARE_EQ;
    ROWS(call, call->out->b8[row] = equal(json_in(call, row), call->in[1], row) == want;);
}

void kernel_json_text(struct call *call)
{
    struct column *out = call->out;
    *out = *call->in[0];
    out->type = call->type;
    if (call->type->kind != K_OPTION)
        return;
    out->child = arena_alloc(call->arena, sizeof *out->child);
    *out->child = call->in[0]->child[0];
    out->child->type = &type_string;
}
