#include "op/collect.h"

#include <string.h>

#include "base/check.h"
#include "column/codec.h"

#define COLLECT_KEEP (1u << 20) /* bytes of memory kept for the next batch */

void collect_take(struct collect *collect, const struct rows *rows)
{
    SEL_EACH(rows->sel, row)
    {
        if (collect_full(collect))
            return;
        codec_put(&collect->bytes, &rows->column, row);
        memcpy(buf_extend(&collect->ends, sizeof(size_t)), &collect->bytes.len, sizeof(size_t));
        check(collect->n < UINT32_MAX);
        collect->n++;
    }
}

void collect_slices(const struct collect *collect, struct slice *out)
{
    size_t from = 0, to;
    for (uint32_t i = 0; i < collect->n; i++, from = to) {
        memcpy(&to, collect->ends.ptr + i * sizeof to, sizeof to);
        out[i] = (struct slice){ collect->bytes.ptr + from, to - from };
    }
}

size_t collect_bytes(const struct collect *collect)
{
    return collect->bytes.cap + collect->ends.cap;
}

void collect_clear(struct collect *collect)
{
    buf_clear(&collect->bytes);
    buf_clear(&collect->ends);
    if (collect_bytes(collect) > COLLECT_KEEP)
        collect_free(collect);
    collect->n = 0;
}

void collect_free(struct collect *collect)
{
    buf_free(&collect->bytes);
    buf_free(&collect->ends);
}
