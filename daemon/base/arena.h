/* Memory that is freed as a whole: a job's spec and each batch own one. */
#pragma once
#include <stddef.h>

struct arena_piece;
struct arena {                 /* {0} is an empty one */
    struct arena_piece *first; /* the newest piece; the others behind it */
    size_t used;               /* bytes taken from the newest piece */
    size_t total;              /* bytes handed out since the last reset */
};

void *arena_alloc(struct arena *arena, size_t n); /* aligned to 16, not cleared; never NULL */
void *arena_zalloc(struct arena *arena, size_t n);
char *arena_strdup(struct arena *arena, const char *s);
char *arena_strndup(struct arena *arena, const char *s, size_t n);
/* A text of its own, as printf() makes it; ends with the arena. */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_reset(
    struct arena
        *arena); /* all that was handed out is gone; the newest piece is kept for the next round */
void arena_free(struct arena *arena); /* all of it; the arena is empty again */

struct arena_mark { /* how full an arena was */
    struct arena_piece *first;
    size_t used, total;
};
struct arena_mark arena_mark(const struct arena *arena);
/* What was handed out since is gone; the arena must not have been reset in between. */
void arena_rewind(struct arena *arena, struct arena_mark mark);
