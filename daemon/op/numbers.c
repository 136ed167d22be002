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

/* By each byte of the numbers in turn, stably. */
static void numbers_sort_by(struct numbers *numbers, uint32_t *spare, unsigned shift)
{
    uint32_t start[257] = { 0 }, *at = numbers->at;
    for (uint32_t i = 0; i < numbers->n; i++)
        start[(at[i] >> shift & 255) + 1]++;
    for (unsigned i = 0; i < 256; i++)
        start[i + 1] += start[i];
    for (uint32_t i = 0; i < numbers->n; i++)
        spare[start[at[i] >> shift & 255]++] = at[i];
    memcpy(at, spare, numbers->n * sizeof *at);
}

void numbers_sort(struct numbers *numbers, struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    uint32_t *spare = arena_alloc(arena, numbers->n * sizeof *spare), most = 0;
    bool sorted = true;
    for (uint32_t i = 0; i < numbers->n; i++) {
        sorted = sorted && numbers->at[i] >= most;
        most = numbers->at[i] > most ? numbers->at[i] : most;
    }
    for (unsigned shift = 0; !sorted && shift < 32 && most >> shift; shift += 8)
        numbers_sort_by(numbers, spare, shift);
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
