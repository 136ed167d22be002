#include "sink/print.h"

#include "sink/python.h"

#define PRINT_RULE "-------------------------------------------\n"

_Static_assert(sizeof PRINT_RULE == 43 + 2, "43 dashes");

static uint64_t print_rows_max(const struct job_output *output)
{
    return (uint64_t)output->num + 1;
}

static void print_render(const struct job_output *output, const struct sink_batch *batch,
                         struct buf *out)
{
    buf_puts(out, PRINT_RULE "Time: ");
    python_put_time(out, batch->time_ms);
    buf_puts(out, "\n" PRINT_RULE);
    for (uint32_t i = 0; i < batch->n && i < output->num; i++) {
        python_put_row(out, batch->rows, i, false);
        buf_put_u8(out, '\n');
    }
    if (batch->n > output->num)
        buf_puts(out, "...\n");
    buf_put_u8(out, '\n');
}

const struct sink sink_print = {
    .kind = "print",
    .rows_max = print_rows_max,
    .render = print_render,
};
