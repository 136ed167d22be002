/* Rows kept until the cut, as bytes of their own: the blocks that they came from are long gone then. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "op/op.h"

struct collect {      /* {.max} is an empty one */
    uint64_t max;     /* rows wanted; further ones are not kept */
    struct buf bytes; /* of the rows, as codec_put() writes them */
    struct buf ends;  /* size_t: where each row's bytes end */
    uint32_t n;       /* rows */
};

void collect_take(struct collect *collect, const struct rows *rows);
static inline bool collect_full(const struct collect *collect)
{
    return collect->n >= collect->max;
}
/* Fills in the bytes of its rows, `n` slices. */
void collect_slices(const struct collect *collect, struct slice *out);
size_t collect_bytes(const struct collect *collect); /* memory it holds */
void collect_clear(struct collect *collect);
void collect_free(struct collect *collect);
