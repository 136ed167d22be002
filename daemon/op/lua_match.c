/* find, match, gmatch and gsub with Lua's patterns (Lua 5.4's manual, 6.4.1), counting steps: a pattern like (.-)(.-)(.-)x can
 * take longer on a text than anybody waits, and no instruction of Lua is run meanwhile that a limit could stop. */
#include <ctype.h>
#include <string.h>

#include "op/lua_match.h"

#define DEPTH_MAX 200     /* matches inside each other: the C stack */
#define LEN_OPEN (-1)     /* of a capture that has begun */
#define LEN_POSITION (-2) /* of one that stands for a place */

static const char *match_here(struct match *m, const char *s, const char *p);

static inline void match_spend(struct match *m)
{
    if (*m->left == 0)
        lua_steps_over(m->L);
    --*m->left;
}

/* ---- one character */

static int is_zero(int c)
{
    return c == 0;
}

static bool in_class(int c, int class)
{
    static int (*const tests[256])(int) = {
        ['a'] = isalpha, ['c'] = iscntrl,  ['d'] = isdigit, ['g'] = isgraph,
        ['l'] = islower, ['p'] = ispunct,  ['s'] = isspace, ['u'] = isupper,
        ['w'] = isalnum, ['x'] = isxdigit, ['z'] = is_zero,
    };
    int (*test)(int) = tests[tolower(class)];
    if (!test)
        return c == class;
    return isupper(class) ? !test(c) : test(c);
}

static bool in_set(int c, const unsigned char *p, const unsigned char *end) /* from '[' to ']' */
{
    bool in = p[1] != '^';
    p += !in;
    while (++p < end) {
        if (*p == '%') {
            if (in_class(c, *++p))
                return in;
        } else if (p[1] == '-' && p + 2 < end) {
            p += 2;
            if (p[-2] <= c && c <= *p)
                return in;
        } else if (*p == c) {
            return in;
        }
    }
    return !in;
}

/* Behind the item of one character at p. */
static const char *item_end(struct match *m, const char *p)
{
    char first = *p++;
    if (first == '%') {
        if (p == m->pattern_end)
            luaL_error(m->L, "malformed pattern (ends with '%%')");
        return p + 1;
    }
    if (first != '[')
        return p;
    p += *p == '^';
    do {
        if (p == m->pattern_end)
            luaL_error(m->L, "malformed pattern (missing ']')");
        if (*p++ == '%' && p < m->pattern_end)
            p++;
    } while (*p != ']');
    return p + 1;
}

static bool match_one(struct match *m, const char *s, const char *p, const char *end)
{
    match_spend(m);
    if (s >= m->text_end)
        return false;
    int c = (unsigned char)*s;
    switch (*p) {
        case '.':
            return true;
        case '%':
            return in_class(c, (unsigned char)p[1]);
        case '[':
            return in_set(c, (const void *)p, (const void *)(end - 1));
        default:
            return (unsigned char)*p == c;
    }
}

/* ---- items with a mark behind them */

static const char *match_most(struct match *m, const char *s, const char *p, const char *end)
{
    ptrdiff_t n = 0;
    while (match_one(m, s + n, p, end))
        n++;
    for (; n >= 0; n--) {
        const char *found = match_here(m, s + n, end + 1);
        if (found)
            return found;
    }
    return NULL;
}

static const char *match_least(struct match *m, const char *s, const char *p, const char *end)
{
    for (;; s++) {
        const char *found = match_here(m, s, end + 1);
        if (found || !match_one(m, s, p, end))
            return found;
    }
}

/* ---- captures and what begins with % */

static const char *capture_open(struct match *m, const char *s, const char *p, ptrdiff_t len)
{
    if (m->level >= CAPTURES_MAX)
        luaL_error(m->L, "too many captures");
    m->capture[m->level].from = s;
    m->capture[m->level++].len = len;
    const char *found = match_here(m, s, p);
    if (!found)
        m->level--;
    return found;
}

static const char *capture_close(struct match *m, const char *s, const char *p)
{
    int i = m->level - 1;
    while (i >= 0 && m->capture[i].len != LEN_OPEN)
        i--;
    if (i < 0)
        luaL_error(m->L, "invalid pattern capture");
    m->capture[i].len = s - m->capture[i].from;
    const char *found = match_here(m, s, p);
    if (!found)
        m->capture[i].len = LEN_OPEN;
    return found;
}

/* Behind the text of an earlier capture, or NULL. */
static const char *match_again(struct match *m, const char *s, char digit)
{
    int i = digit - '1';
    if (i < 0 || i >= m->level || m->capture[i].len == LEN_OPEN)
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
    ptrdiff_t len = m->capture[i].len; /* a place is longer than any text */
    if ((size_t)(m->text_end - s) < (size_t)len || memcmp(m->capture[i].from, s, (size_t)len) != 0)
        return NULL;
    return s + len;
}

static const char *match_balance(struct match *m, const char *s, const char *p) /* behind %b */
{
    if (p >= m->pattern_end - 1)
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= m->text_end || *s != *p)
        return NULL;
    for (int open = 1; ++s < m->text_end;) {
        match_spend(m);
        if (*s == p[1]) {
            if (--open == 0)
                return s + 1;
        } else if (*s == *p) {
            open++;
        }
    }
    return NULL;
}

static bool at_frontier(struct match *m, const char *s, const char *p, const char *end)
{
    int before = s == m->text ? 0 : (unsigned char)s[-1];
    int here = s == m->text_end ? 0 : (unsigned char)*s;
    return !in_set(before, (const void *)p, (const void *)(end - 1)) &&
           in_set(here, (const void *)p, (const void *)(end - 1));
}

/* ---- a pattern */

struct step { /* how far both are; s NULL: no match; done: s is the end of it */
    const char *s, *p;
    bool done;
};

static struct step step_item(struct match *m, const char *s, const char *p)
{
    const char *end = item_end(m, p), *found;
    char mark = end < m->pattern_end ? *end : 0;
    bool one = match_one(m, s, p, end);
    if ((mark == '*' || mark == '-') && one)
        return (struct step){ (mark == '*' ? match_most : match_least)(m, s, p, end), p, true };
    if (mark == '*' || mark == '-')
        return (struct step){ s, end + 1, false };
    if (mark == '+')
        return (struct step){ one ? match_most(m, s + 1, p, end) : NULL, p, true };
    if (mark != '?')
        return (struct step){ one ? s + 1 : NULL, end, false };
    if (one && (found = match_here(m, s + 1, end + 1)) != NULL)
        return (struct step){ found, p, true };
    return (struct step){ s, end + 1, false };
}

static struct step step_escape(struct match *m, const char *s, const char *p)
{
    const char *end;
    switch (p[1]) {
        case 'b':
            return (struct step){ match_balance(m, s, p + 2), p + 4, false };
        case 'f':
            p += 2;
            if (*p != '[')
                luaL_error(m->L, "missing '[' after '%%f' in pattern");
            end = item_end(m, p);
            return (struct step){ at_frontier(m, s, p, end) ? s : NULL, end, false };
        default:
            if (isdigit((unsigned char)p[1]))
                return (struct step){ match_again(m, s, p[1]), p + 2, false };
            return step_item(m, s, p);
    }
}

static struct step step_of(struct match *m, const char *s, const char *p)
{
    switch (*p) {
        case '(':
            if (p[1] == ')')
                return (struct step){ capture_open(m, s, p + 2, LEN_POSITION), p, true };
            return (struct step){ capture_open(m, s, p + 1, LEN_OPEN), p, true };
        case ')':
            return (struct step){ capture_close(m, s, p + 1), p, true };
        case '%':
            return step_escape(m, s, p);
        case '$':
            if (p + 1 == m->pattern_end)
                return (struct step){ s == m->text_end ? s : NULL, p, true };
            return step_item(m, s, p);
        default:
            return step_item(m, s, p);
    }
}

/* The end of what the pattern matches at s, or NULL. */
static const char *match_here(struct match *m, const char *s, const char *p)
{
    struct step step = { s, p, false };
    if (m->depth++ == DEPTH_MAX)
        luaL_error(m->L, "pattern too complex");
    while (step.s && !step.done && step.p < m->pattern_end) {
        match_spend(m);
        step = step_of(m, step.s, step.p);
    }
    m->depth--;
    return step.s;
}

const char *match_at(struct match *m, const char *s, const char *p)
{
    m->level = m->depth = 0;
    return match_here(m, s, p);
}

/* ---- results */

void match_push(struct match *m, int i, const char *s, const char *end)
{
    if (i >= m->level) {
        if (i != 0)
            luaL_error(m->L, "invalid capture index %%%d", i + 1);
        lua_pushlstring(m->L, s, (size_t)(end - s)); /* the whole */
    } else if (m->capture[i].len == LEN_POSITION) {
        lua_pushinteger(m->L, m->capture[i].from - m->text + 1);
    } else {
        if (m->capture[i].len == LEN_OPEN)
            luaL_error(m->L, "unfinished capture");
        lua_pushlstring(m->L, m->capture[i].from, (size_t)m->capture[i].len);
    }
}

int match_push_all(struct match *m, const char *s, const char *end)
{
    int n = m->level == 0 && s ? 1 : m->level;
    luaL_checkstack(m->L, n, "too many captures");
    for (int i = 0; i < n; i++)
        match_push(m, i, s, end);
    return n;
}
