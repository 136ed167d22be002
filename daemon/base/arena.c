#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define ARENA_PIECE_MIN 4096u
#define ARENA_PIECE_MAX (2u << 20)

struct arena_piece {
    struct arena_piece *next;
    size_t size; /* of bytes[] */
    _Alignas(16) unsigned char bytes[];
};

#ifdef __SANITIZE_ADDRESS__
#define ARENA_EXACT true /* a piece for each, so that a step past its end is seen */
#else
#define ARENA_EXACT false
#endif

static void arena_grow(struct arena *arena, size_t n)
{
    size_t size = arena->first ? arena->first->size * 2 : ARENA_PIECE_MIN;
    if (size > ARENA_PIECE_MAX)
        size = ARENA_PIECE_MAX;
    if (size < n || ARENA_EXACT)
        size = n;
    struct arena_piece *piece = mem_alloc(sizeof *piece + size);
    piece->next = arena->first;
    piece->size = size;
    arena->first = piece;
    arena->used = 0;
}

void *arena_alloc(struct arena *arena, size_t n)
{
    check(n < SIZE_MAX / 2);
    n = ARENA_EXACT ? n : (n + 15) & ~(size_t)15;
    if (!arena->first || arena->first->size - arena->used < n || ARENA_EXACT)
        arena_grow(arena, n);
    void *p = arena->first->bytes + arena->used;
    arena->used += n;
    arena->total += n;
    return p;
}

void *arena_zalloc(struct arena *arena, size_t n)
{
    return memset(arena_alloc(arena, n), 0, n);
}

char *arena_strdup(struct arena *arena, const char *s)
{
    return arena_strndup(arena, s, strlen(s));
}

char *arena_strndup(struct arena *arena, const char *s, size_t n)
{
    char *copy = arena_alloc(arena, n + 1);
    memcpy(copy, s, n);
    copy[n] = 0;
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    check(n >= 0);
    char *text = arena_alloc(arena, (size_t)n + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return text;
}

static void arena_free_from(struct arena_piece *piece)
{
    while (piece) {
        struct arena_piece *next = piece->next;
        mem_free(piece);
        piece = next;
    }
}

void arena_reset(struct arena *arena)
{
    if (arena->first) {
        arena_free_from(arena->first->next);
        arena->first->next = NULL;
    }
    arena->used = arena->total = 0;
}

void arena_free(struct arena *arena)
{
    arena_free_from(arena->first);
    *arena = (struct arena){ 0 };
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){ arena->first, arena->used, arena->total };
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    while (arena->first != mark.first) {
        struct arena_piece *next = arena->first->next;
        mem_free(arena->first);
        arena->first = next;
    }
    arena->used = mark.used;
    arena->total = mark.total;
}
