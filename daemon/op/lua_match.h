/* Lua's patterns (Lua 5.4's manual, 6.4.1), counting steps: one like (.-)(.-)(.-)x can take longer on a text than anybody
 * waits, and no instruction of Lua is run meanwhile that a limit could stop. */
#pragma once
#include <stddef.h>

#include "op/lua_parts.h"

#define CAPTURES_MAX 32

struct match { /* one text against one pattern */
    lua_State *L;
    const char *text, *text_end, *pattern_end;
    size_t *left; /* steps */
    int depth, level;
    struct {
        const char *from;
        ptrdiff_t len;
    } capture[CAPTURES_MAX];
};

/* The end of what the pattern from p on matches at s, or NULL; raises an error when there is no such pattern. */
const char *match_at(struct match *m, const char *s, const char *p);
/* Pushes a capture of a match from s to end, by its number from 0; without any the whole is number 0. */
void match_push(struct match *m, int i, const char *s, const char *end);
/* Pushes all; s NULL: not the whole. Returns how many. */
int match_push_all(struct match *m, const char *s, const char *end);
