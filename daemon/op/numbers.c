#include "op/numbers.h"

#include <string.h>

#include "base/mem.h"

void numbers_add(struct numbers *numbers, uint32_t number)
{
    if (numbers->n == numbers->cap) {
        numbers->cap = numbers->cap ? numbers->cap * 2 : 64;
        numbers->at = mem_realloc(numbers->at, numbers->cap * sizeof *numbers->at);
    }
    numbers->at[numbers->n++] = number;
}

#define DIGIT 12 /* bits sorted by at once: numbers of up to 24 take two passes */

/* By one digit, stably; into `to`. */
static void numbers_sort_by(const uint32_t *at, uint32_t n, unsigned shift, uint32_t *to)
{
    uint32_t start[(1u << DIGIT) + 1] = { 0 }, mask = (1u << DIGIT) - 1;
    for (uint32_t i = 0; i < n; i++)
        start[(at[i] >> shift & mask) + 1]++;
    for (unsigned i = 0; i < mask; i++)
        start[i + 1] += start[i];
    for (uint32_t i = 0; i < n; i++)
        to[start[at[i] >> shift & mask]++] = at[i];
}

void numbers_sort(struct numbers *numbers, struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    uint32_t *at = numbers->at, *spare = arena_alloc(arena, numbers->n * sizeof *spare), most = 0;
    bool sorted = true;
    for (uint32_t i = 0; i < numbers->n; i++) {
        sorted = sorted && at[i] >= most;
        most = at[i] > most ? at[i] : most;
    }
    for (unsigned shift = 0; !sorted && shift < 32 && most >> shift; shift += DIGIT) {
        uint32_t *from = at;
        numbers_sort_by(from, numbers->n, shift, spare);
        at = spare;
        spare = from;
    }
    if (at != numbers->at)
        memcpy(numbers->at, at, numbers->n * sizeof *at);
    arena_rewind(arena, mark);
}

struct sel numbers_without(const struct numbers *numbers, struct sel sel, struct arena *arena)
{
    if (!numbers->n)
        return sel;
    uint32_t *row = arena_alloc(arena, sel.n * sizeof *row), n = 0, k = 0;
    for (uint32_t i = 0; i < sel.n; i++) {
        while (k < numbers->n && numbers->at[k] < sel.row[i])
            k++;
        if (k == numbers->n || numbers->at[k] != sel.row[i])
            row[n++] = sel.row[i];
    }
    return (struct sel){ row, n };
}
