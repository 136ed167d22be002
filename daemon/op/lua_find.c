/* find, match, gmatch and gsub, as Lua's own but for the steps that they count. */
#include <ctype.h>
#include <string.h>

#include "op/lua_match.h"

/* The text and the pattern, the first two values at `at`, without the pattern's ^ when *anchor is asked for. */
static const char *match_begin(lua_State *L, int at, struct match *m, bool *anchor)
{
    size_t n_text, n_pattern;
    const char *text = luaL_checklstring(L, at, &n_text);
    const char *pattern = luaL_checklstring(L, at + 1, &n_pattern);
    m->L = L;
    m->text = text;
    m->text_end = text + n_text;
    m->pattern_end = pattern + n_pattern;
    m->left = lua_steps_left(L);
    if (anchor)
        *anchor = *pattern == '^';
    return pattern + (anchor && *anchor);
}

/* Where to begin, from 0; behind the text: nowhere. */
static size_t match_init(lua_State *L, int arg, const struct match *m)
{
    lua_Integer init = luaL_optinteger(L, arg, 1), n = m->text_end - m->text;
    if (init > 0)
        return (size_t)init - 1;
    return init == 0 || init < -n ? 0 : (size_t)(n + init);
}

static int find_plain(lua_State *L, const struct match *m, const char *from, const char *pattern)
{
    size_t n = (size_t)(m->pattern_end - pattern);
    const char *at = memmem(from, (size_t)(m->text_end - from), pattern, n);
    if (!at) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, at - m->text + 1);
    lua_pushinteger(L, at - m->text + (lua_Integer)n);
    return 2;
}

static bool is_plain(const char *pattern, const char *end)
{
    for (; pattern < end; pattern++)
        if (*pattern && strchr("^$*+?.([%-", *pattern))
            return false;
    return true;
}

static int find_or_match(lua_State *L, bool find)
{
    struct match m;
    bool anchor;
    const char *pattern = match_begin(L, 1, &m, &anchor), *end = NULL;
    size_t init = match_init(L, 3, &m);
    if (init > (size_t)(m.text_end - m.text)) {
        lua_pushnil(L);
        return 1;
    }
    const char *s = m.text + init;
    if (find && (lua_toboolean(L, 4) || is_plain(pattern - anchor, m.pattern_end)))
        return find_plain(L, &m, s, pattern - anchor);
    while (!(end = match_at(&m, s, pattern)) && s++ < m.text_end && !anchor)
        ;
    if (!end) {
        lua_pushnil(L);
        return 1;
    }
    if (!find)
        return match_push_all(&m, s, end);
    lua_pushinteger(L, s - m.text + 1);
    lua_pushinteger(L, end - m.text);
    return match_push_all(&m, NULL, NULL) + 2;
}

int lua_match_find(lua_State *L)
{
    return find_or_match(L, true);
}

int lua_match_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* upvalues: text, pattern, where to go on, where the last match ended (-1: none) */
static int gmatch_step(lua_State *L)
{
    struct match m;
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, lua_upvalueindex(2));
    const char *pattern = match_begin(L, 1, &m, NULL), *end;
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
    for (const char *s = m.text + lua_tointeger(L, lua_upvalueindex(3)); s <= m.text_end; s++) {
        end = match_at(&m, s, pattern);
        if (!end || end - m.text == last)
            continue;
        lua_pushinteger(L, end - m.text);
        lua_pushvalue(L, -1);
        lua_replace(L, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return match_push_all(&m, s, end);
    }
    return 0;
}

int lua_match_gmatch(lua_State *L)
{
    struct match m;
    match_begin(L, 1, &m, NULL);
    size_t init = match_init(L, 3, &m), n = (size_t)(m.text_end - m.text);
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)(init > n ? n + 1 : init));
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_step, 4);
    return 1;
}

/* ---- gsub */

struct gsub {
    struct match m;
    const char *pattern;
    bool anchor;
    luaL_Buffer out;
};

static void gsub_add_text(struct gsub *gsub, const char *s, const char *end)
{
    size_t n;
    const char *with = lua_tolstring(gsub->m.L, 3, &n), *stop = with + n, *at;
    while ((at = memchr(with, '%', (size_t)(stop - with))) != NULL) {
        luaL_addlstring(&gsub->out, with, (size_t)(at - with));
        with = at + 2;
        if (at[1] == '%') {
            luaL_addlstring(&gsub->out, at, 1);
        } else if (at[1] == '0') {
            luaL_addlstring(&gsub->out, s, (size_t)(end - s));
        } else if (isdigit((unsigned char)at[1])) {
            match_push(&gsub->m, at[1] - '1', s, end);
            luaL_tolstring(gsub->m.L, -1, NULL); /* of a place */
            lua_remove(gsub->m.L, -2);
            luaL_addvalue(&gsub->out);
        } else {
            luaL_error(gsub->m.L, "invalid use of '%%' in replacement string");
        }
    }
    luaL_addlstring(&gsub->out, with, (size_t)(stop - with));
}

static void gsub_add(struct gsub *gsub, const char *s, const char *end)
{
    lua_State *L = gsub->m.L;
    switch (lua_type(L, 3)) {
        case LUA_TFUNCTION:
            lua_pushvalue(L, 3);
            lua_call(L, match_push_all(&gsub->m, s, end), 1);
            break;
        case LUA_TTABLE:
            match_push(&gsub->m, 0, s, end);
            lua_gettable(L, 3);
            break;
        default:
            gsub_add_text(gsub, s, end);
            return;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(&gsub->out, s, (size_t)(end - s));
    } else if (!lua_isstring(L, -1)) {
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    } else {
        luaL_addvalue(&gsub->out);
    }
}

static lua_Integer gsub_run(struct gsub *gsub, lua_Integer max)
{
    const char *s = gsub->m.text, *from = s, *last = NULL,
               *end; /* what lies behind from is as it was */
    lua_Integer n = 0;
    while (n < max) {
        end = match_at(&gsub->m, s, gsub->pattern);
        if (end && end != last) {
            n++;
            luaL_addlstring(&gsub->out, from, (size_t)(s - from));
            gsub_add(gsub, s, end);
            from = s = last = end;
        } else if (s < gsub->m.text_end) {
            s++;
        } else {
            break;
        }
        if (gsub->anchor)
            break;
    }
    luaL_addlstring(&gsub->out, from, (size_t)(gsub->m.text_end - from));
    return n;
}

int lua_match_gsub(lua_State *L)
{
    struct gsub gsub;
    int with = lua_type(L, 3);
    gsub.pattern = match_begin(L, 1, &gsub.m, &gsub.anchor);
    if (with != LUA_TNUMBER && with != LUA_TSTRING && with != LUA_TTABLE && with != LUA_TFUNCTION)
        return luaL_typeerror(L, 3, "string/function/table");
    lua_Integer max = luaL_optinteger(L, 4, gsub.m.text_end - gsub.m.text + 1);
    luaL_buffinit(L, &gsub.out);
    lua_Integer n = gsub_run(&gsub, max);
    luaL_pushresult(&gsub.out);
    lua_pushinteger(L, n);
    return 2;
}
