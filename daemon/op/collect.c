#include "op/collect.h"

#include <string.h>

#include "base/check.h"
#include "column/codec.h"

static void collect_end(struct collect *collect)
{
    buf_put(&collect->ends, &collect->bytes.len, sizeof collect->bytes.len);
    check(collect->n < UINT32_MAX);
    collect->n++;
}

void collect_take(struct collect *collect, const struct column *column, struct sel sel)
{
    SEL_EACH(sel, row)
    {
        if (collect_full(collect))
            return;
        codec_put(&collect->bytes, column, row);
        collect_end(collect);
    }
}

void collect_put(struct collect *collect, struct slice bytes)
{
    if (bytes.len)
        buf_put(&collect->bytes, bytes.ptr, bytes.len);
    collect_end(collect);
}

void collect_append(struct collect *collect, const struct collect *later)
{
    size_t before = collect->bytes.len;
    const size_t *end = (const void *)later->ends.ptr;
    size_t *to = (void *)buf_extend(&collect->ends, later->ends.len);
    check(later->n <= UINT32_MAX - collect->n);
    for (uint32_t i = 0; i < later->n; i++)
        to[i] = before + end[i];
    if (later->bytes.len)
        buf_put(&collect->bytes, later->bytes.ptr, later->bytes.len);
    collect->n += later->n;
}

void collect_slices(const struct collect *collect, struct slice *out)
{
    for (uint32_t i = 0; i < collect->n; i++)
        out[i] = collect_slice(collect, i);
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
