/* A List[String] column that grows piece by piece: what split, words, extract and csv make. */
#pragma once
#include "column/kernel.h"

struct pieces { /* the child that grows */
    struct call *call;
    const char **ptr;
    uint32_t *len;
    uint32_t n, cap;
};

/* A list column without elements, and a first guess of how many there will be. */
struct pieces pieces_begin(struct call *call);
/* Hands the elements to a list column. */
void pieces_end(struct pieces *pieces, struct column *list);
/* Room for `most` pieces in all; false when that is too many. */
bool pieces_grow(struct pieces *pieces, uint64_t most);

/* Room for the most pieces that a row of `bytes` bytes can have; false when that is too many. */
static inline bool pieces_reserve(struct pieces *pieces, size_t bytes)
{
    uint64_t most = pieces->n + (uint64_t)bytes + 1;
    return most <= pieces->cap || pieces_grow(pieces, most);
}

static inline void pieces_put(struct pieces *pieces, const char *from, const char *to)
{
    pieces->ptr[pieces->n] = from;
    pieces->len[pieces->n++] = (uint32_t)(to - from);
}
