/* Patterns of times, and any time. */
#include "column/time_text.h"
#include "fuzz.h"

void time_fuzz(const uint8_t *data, size_t size);

void time_fuzz(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, data + size };
    struct fuzz_expr expr;
    struct buf text = { 0 };
    int64_t times[2] = { 0, 1790000000123 };
    char shown[NUMBER_TEXT_MAX];
    for (int i = 0; i < 8; i++)
        times[0] = (int64_t)((uint64_t)times[0] << 8 | fuzz_byte(&input));
    check(time_put(times[0], shown) < NUMBER_TEXT_MAX);
    fuzz_expr_begin(&expr);
    struct column rows = { .type = &type_time, .n = 2, .i64 = times };
    buf_puts(&text, "(_.toString, _.millis, _.format(\"");
    for (; input.at < input.end; input.at++)
        if (*input.at >= 0x20 && *input.at < 0x7f && *input.at != '"' && *input.at != '\\')
            buf_put_u8(&text, *input.at);
    buf_puts(&text, "\"))");
    if (fuzz_expr_compile(&expr, buf_slice(&text), &type_time, 1))
        fuzz_expr_run(&expr, &rows);
    buf_free(&text);
    fuzz_expr_end(&expr);
}
