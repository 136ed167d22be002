#include <math.h>
#include <string.h>

#include "column/kernel.h"
#include "column/number.h"

void kernel_fail(struct call *call, uint32_t row, enum fault fault)
{
    struct frame *frame = call->frame;
    if (!frame->err)
        frame->err = arena_zalloc(call->arena, frame->n);
    frame->err[row] = (uint8_t)fault;
}

bool kernel_fits(const struct call *call, uint64_t bytes)
{
    return !call->arena_max || call->arena->total + bytes <= call->arena_max;
}

void kernel_alloc(struct call *call)
{
    column_alloc(call->arena, call->type, call->frame->n, call->out);
}

/* First all rows with the overflows or-ed together, then, if there was one, the rows again. */
#define INT_CHECKED(name, builtin)                                                   \
    void name(struct call *call)                                                     \
    {                                                                                \
        kernel_alloc(call);                                                          \
        const int64_t *a = call->in[0]->i64, *b = call->in[1]->i64;                  \
        const uint32_t ma = column_mask(call->in[0]), mb = column_mask(call->in[1]); \
        int64_t *out = call->out->i64;                                               \
        bool over = false;                                                           \
        ROWS(call, over |= builtin(a[row & ma], b[row & mb], &out[row]););           \
        if (over)                                                                    \
            ROWS(call, if (builtin(a[row & ma], b[row & mb], &out[row]))             \
                           kernel_fail(call, row, FAULT_OVERFLOW););                 \
    }
INT_CHECKED(kernel_int_add, __builtin_add_overflow)
INT_CHECKED(kernel_int_sub, __builtin_sub_overflow)
INT_CHECKED(kernel_int_mul, __builtin_mul_overflow)

static int64_t divide(struct call *call, uint32_t row, bool remainder)
{
    int64_t a = call->in[0]->i64[column_row(call->in[0], row)];
    int64_t b = call->in[1]->i64[column_row(call->in[1], row)];
    if (b == 0) {
        kernel_fail(call, row, FAULT_DIVIDE);
        return 0;
    }
    if (b == -1) { /* INT64_MIN / -1 traps */
        int64_t out = 0;
        if (!remainder && __builtin_sub_overflow(0, a, &out))
            kernel_fail(call, row, FAULT_OVERFLOW);
        return out;
    }
    return remainder ? a % b : a / b;
}

void kernel_int_div(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, call->out->i64[row] = divide(call, row, false););
}

void kernel_int_rem(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, call->out->i64[row] = divide(call, row, true););
}

void kernel_int_neg(struct call *call)
{
    kernel_alloc(call);
    const struct column *in = call->in[0];
    ROWS(call, if (__builtin_sub_overflow(0, in->i64[column_row(in, row)], &call->out->i64[row]))
                   kernel_fail(call, row, FAULT_OVERFLOW););
}

void kernel_int_abs(struct call *call)
{
    kernel_alloc(call);
    const struct column *in = call->in[0];
    ROWS(call, const int64_t value = in->i64[column_row(in, row)]; int64_t out = value;
         if (value < 0 && __builtin_sub_overflow(0, value, &out))
             kernel_fail(call, row, FAULT_OVERFLOW);
         call->out->i64[row] = out;);
}

#define BINARY(name, type, array, expression)                                        \
    void name(struct call *call)                                                     \
    {                                                                                \
        kernel_alloc(call);                                                          \
        const type *left = call->in[0]->array, *right = call->in[1]->array;          \
        const uint32_t ma = column_mask(call->in[0]), mb = column_mask(call->in[1]); \
        type *out = call->out->array;                                                \
        ROWS(call, const type a = left[row & ma]; const type b = right[row & mb];    \
             out[row] = (expression););                                              \
    }
BINARY(kernel_int_min, int64_t, i64, b < a ? b : a)
BINARY(kernel_int_max, int64_t, i64, b > a ? b : a)
BINARY(kernel_double_add, double, f64, a + b)
BINARY(kernel_double_sub, double, f64, a - b)
BINARY(kernel_double_mul, double, f64, a *b)
BINARY(kernel_double_div, double, f64, a / b)
BINARY(kernel_double_rem, double, f64, fmod(a, b))
BINARY(kernel_double_min, double, f64, number_is_least(a, b) ? a : b)
BINARY(kernel_double_max, double, f64, number_is_most(a, b) ? a : b)

void kernel_time_sub(struct call *call)
{
    kernel_int_sub(call);
}

#define UNARY(name, type, array, expression)                                 \
    void name(struct call *call)                                             \
    {                                                                        \
        kernel_alloc(call);                                                  \
        const type *in = call->in[0]->array;                                 \
        const uint32_t mask = column_mask(call->in[0]);                      \
        type *out = call->out->array;                                        \
        ROWS(call, const type a = in[row & mask]; out[row] = (expression);); \
    }
UNARY(kernel_double_neg, double, f64, -a)
UNARY(kernel_double_abs, double, f64, fabs(a))
UNARY(kernel_not, uint8_t, b8, !a)

static int64_t as_int(struct call *call, uint32_t row, double value)
{
    if (value >= (double)INT64_MIN && value < -(double)INT64_MIN)
        return (int64_t)value;
    kernel_fail(call, row, FAULT_NO_FIT); /* NaN among them */
    return 0;
}

void kernel_double_to_int(struct call *call)
{
    kernel_alloc(call);
    const struct column *in = call->in[0];
    ROWS(call, call->out->i64[row] = as_int(call, row, trunc(in->f64[column_row(in, row)])););
}

/* floor(x + 0.5) would take 0.49999999999999994 for 1 */
static double half_up(double value)
{
    double below = floor(value);
    return value - below >= 0.5 ? below + 1 : below;
}

void kernel_double_round(struct call *call)
{
    kernel_alloc(call);
    const struct column *in = call->in[0];
    ROWS(call, call->out->i64[row] = as_int(call, row, half_up(in->f64[column_row(in, row)])););
}

/* ---- comparison */

#define COMPARE_LOOP(array, op) ROWS(call, out[row] = a->array[row & ma] op b->array[row & mb];)
#define COMPARE_NUMBERS(array)       \
    switch ((enum compare)call->k) { \
        case COMPARE_EQ:             \
            COMPARE_LOOP(array, ==); \
            break;                   \
        case COMPARE_NE:             \
            COMPARE_LOOP(array, !=); \
            break;                   \
        case COMPARE_LT:             \
            COMPARE_LOOP(array, <);  \
            break;                   \
        case COMPARE_LE:             \
            COMPARE_LOOP(array, <=); \
            break;                   \
    }

static bool holds(enum compare compare, int order)
{
    switch (compare) {
        case COMPARE_EQ:
            return order == 0;
        case COMPARE_NE:
            return order != 0;
        case COMPARE_LT:
            return order < 0;
        case COMPARE_LE:
            return order <= 0;
    }
    return false;
}

static bool same_bytes(const struct column *a, const struct column *b, uint32_t row)
{
    struct slice left = column_slice(a, row), right = column_slice(b, row);
    return left.len == right.len && memcmp(left.ptr, right.ptr, left.len) == 0;
}

void kernel_compare(struct call *call)
{
    kernel_alloc(call);
    const struct column *a = call->in[0], *b = call->in[1];
    const uint32_t ma = column_mask(a), mb = column_mask(b);
    uint8_t *out = call->out->b8;
    enum kind kind = a->type->kind;
    enum compare compare = (enum compare)call->k;
    if (kind == K_INT || kind == K_TIME) {
        COMPARE_NUMBERS(i64)
    } else if (kind == K_DOUBLE) {
        COMPARE_NUMBERS(f64)
    } else if (compare <= COMPARE_NE && (kind == K_STRING || kind == K_BYTES)) {
        ROWS(call, out[row] = same_bytes(a, b, row) == (compare == COMPARE_EQ););
    } else {
        ROWS(call, out[row] = holds(compare, column_compare(a, row, b, row)););
    }
}
