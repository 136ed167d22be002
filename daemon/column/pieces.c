#include "column/pieces.h"

#include <string.h>

static void grow(struct pieces *pieces, uint64_t cap)
{
    struct arena *arena = pieces->call->arena;
    const char **ptr = arena_alloc(arena, cap * sizeof *ptr);
    uint32_t *len = arena_alloc(arena, cap * sizeof *len);
    if (pieces->n) {
        memcpy(ptr, pieces->ptr, pieces->n * sizeof *ptr);
        memcpy(len, pieces->len, pieces->n * sizeof *len);
    }
    pieces->ptr = ptr;
    pieces->len = len;
    pieces->cap = (uint32_t)cap;
}

bool pieces_grow(struct pieces *pieces, uint64_t most)
{
    if (most > COLUMN_ROWS_MAX)
        return false;
    uint64_t cap = pieces->cap * 2ull > most ? pieces->cap * 2ull : most;
    if (!kernel_fits(pieces->call, cap * (sizeof *pieces->ptr + sizeof *pieces->len)))
        return false;
    grow(pieces, cap < COLUMN_ROWS_MAX ? cap : COLUMN_ROWS_MAX);
    return true;
}

struct pieces pieces_begin(struct call *call)
{
    kernel_alloc(call);
    const struct column *in = call->in[0];
    uint64_t bytes = 0;
    ROWS(call, bytes += in->len[column_row(in, row)];);
    struct pieces pieces = { .call = call };
    uint64_t guess = bytes / 4 + call->sel.n + 64;
    grow(&pieces, guess < COLUMN_ROWS_MAX ? guess : COLUMN_ROWS_MAX);
    return pieces;
}

void pieces_end(struct pieces *pieces, struct column *list)
{
    struct column *child = &list->child[0];
    child->ptr = pieces->ptr;
    child->len = pieces->len;
    child->n = pieces->n;
}
