/* Rows kept until the cut, as bytes of their own: the blocks that they came from are long gone then. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "column/column.h"

#define COLLECT_KEEP (1u << 20) /* bytes of memory kept for the next batch */

struct collect {      /* {.max} is an empty one */
    uint64_t max;     /* rows wanted; further ones are not kept */
    struct buf bytes; /* of the rows, as codec_put() writes them */
    struct buf ends;  /* size_t: where each row's bytes end */
    uint32_t n;       /* rows */
};

void collect_take(struct collect *collect, const struct column *column, struct sel sel);
void collect_put(struct collect *collect, struct slice bytes); /* a row that is encoded already */
void collect_append(struct collect *collect, const struct collect *later); /* all its rows */
static inline bool collect_full(const struct collect *collect)
{
    return collect->n >= collect->max;
}
static inline struct slice collect_slice(const struct collect *collect, uint32_t row)
{
    const size_t *end = (const size_t *)(const void *)collect->ends.ptr;
    size_t from = row ? end[row - 1] : 0;
    return (struct slice){ collect->bytes.ptr + from, end[row] - from };
}
/* Fills in the bytes of its rows, `n` slices. */
void collect_slices(const struct collect *collect, struct slice *out);
size_t collect_bytes(const struct collect *collect); /* memory it holds */
void collect_clear(struct collect *collect);
void collect_free(struct collect *collect);
