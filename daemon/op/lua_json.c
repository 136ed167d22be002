/* Json to Lua and back: null is nil, an array a table from 1 on, an object a table by name. A table without anything in it
 * becomes an object. */
#include <math.h>
#include <string.h>

#include "column/json_text.h"
#include "column/number.h"
#include "column/utf8.h"
#include "op/lua_parts.h"

/* ---- to Lua */

struct json_walk { /* a text that was found valid */
    const char *at, *end;
};

static void walk_value(lua_State *L, struct json_walk *walk);

static void walk_blanks(struct json_walk *walk)
{
    while (strchr(" \t\r\n", *walk->at)) /* no text ends before its value */
        walk->at++;
}

static bool walk_skip(struct json_walk *walk, char c)
{
    walk_blanks(walk);
    bool there = *walk->at == c;
    walk->at += there;
    return there;
}

static struct slice walk_token(struct json_walk *walk)
{
    const char *from = walk->at;
    bool string = *from == '"';
    for (walk->at++; walk->at < walk->end; walk->at++) {
        if (string ? *walk->at == '"' : strchr(" \t\r\n,:]}", *walk->at) != NULL)
            break;
        walk->at += string && *walk->at == '\\';
    }
    walk->at += string;
    return (struct slice){ from, (size_t)(walk->at - from) };
}

static void walk_string(lua_State *L, struct json_walk *walk)
{
    struct slice raw = json_text_raw(walk_token(walk));
    luaL_Buffer text;
    char *to = luaL_buffinitsize(L, &text, raw.len + 1);
    luaL_pushresultsize(&text, json_text_decode(raw, to));
}

static void walk_array(lua_State *L, struct json_walk *walk)
{
    lua_newtable(L);
    for (lua_Integer i = 1; !walk_skip(walk, ']'); i++) {
        walk_value(L, walk);
        lua_rawseti(L, -2, i);
        walk_skip(walk, ',');
    }
}

/* Of members with one name the first counts. */
static void walk_object(lua_State *L, struct json_walk *walk)
{
    lua_newtable(L);
    while (!walk_skip(walk, '}')) {
        walk_string(L, walk);
        walk_skip(walk, ':');
        lua_pushvalue(L, -1);
        bool known = lua_rawget(L, -3) != LUA_TNIL;
        lua_pop(L, 1);
        walk_value(L, walk);
        if (known)
            lua_pop(L, 2);
        else
            lua_rawset(L, -3);
        walk_skip(walk, ',');
    }
}

static void walk_number(lua_State *L, struct slice token)
{
    int64_t whole;
    double real = 0;
    if (number_get_int(token, &whole)) {
        lua_pushinteger(L, whole);
        return;
    }
    if (!json_text_double(token, &real))
        luaL_error(L, "a number of the JSON is too large");
    lua_pushnumber(L, real);
}

static void walk_value(lua_State *L, struct json_walk *walk)
{
    luaL_checkstack(L, 10, NULL);
    if (walk_skip(walk, '['))
        walk_array(L, walk);
    else if (walk_skip(walk, '{'))
        walk_object(L, walk);
    else if (*walk->at == '"')
        walk_string(L, walk);
    else {
        struct slice token = walk_token(walk);
        switch (*(const char *)token.ptr) {
            case 'n':
                lua_pushnil(L);
                return;
            case 't':
            case 'f':
                lua_pushboolean(L, *(const char *)token.ptr == 't');
                return;
            default:
                walk_number(L, token);
        }
    }
}

void lua_json_push(lua_State *L, struct slice value)
{
    struct json_walk walk = { value.ptr, (const char *)value.ptr + value.len };
    walk_value(L, &walk);
}

/* ---- from Lua */

static void put_value(lua_State *L, struct buf *out, int depth);

static void put_string(lua_State *L, struct buf *out)
{
    size_t n, from = 0;
    const uint8_t *text = (const void *)lua_tolstring(L, -1, &n);
    if (!utf8_is_valid(text, n))
        luaL_error(L, "a string of the result is not UTF-8: Json cannot hold it");
    buf_put_u8(out, '"');
    for (size_t i = 0; i < n; i++) {
        if (text[i] >= 0x20 && text[i] != '"' && text[i] != '\\')
            continue;
        buf_put(out, text + from, i - from);
        buf_printf(out, text[i] < 0x20 ? "\\u%04x" : "\\%c", text[i]);
        from = i + 1;
    }
    buf_put(out, text + from, n - from);
    buf_put_u8(out, '"');
}

static void put_number(lua_State *L, struct buf *out)
{
    char text[NUMBER_TEXT_MAX];
    lua_Number real = lua_tonumber(L, -1);
    if (lua_isinteger(L, -1)) {
        buf_put(out, text, number_put_int(lua_tointeger(L, -1), text));
        return;
    }
    if (!isfinite(real))
        luaL_error(L, "a number of the result is not finite: Json cannot hold it");
    buf_put(out, text, number_put_double(real, text));
}

static void put_array(lua_State *L, struct buf *out, int depth)
{
    int table = lua_gettop(L);
    for (lua_Integer i = 1; lua_rawgeti(L, table, i) != LUA_TNIL; i++) {
        buf_put_u8(out, i == 1 ? '[' : ',');
        put_value(L, out, depth + 1);
        lua_settop(L, table);
    }
    buf_put_u8(out, ']');
    lua_settop(L, table);
}

static void put_object(lua_State *L, struct buf *out, int depth)
{
    int table = lua_gettop(L), keys = table + 1;
    lua_lib_keys(L, table);
    buf_put_u8(out, '{');
    for (lua_Integer i = 1; lua_rawgeti(L, keys, i) != LUA_TNIL; i++) {
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L,
                       "a table of the result has keys that are no strings: Json cannot hold it");
        if (i > 1)
            buf_put_u8(out, ',');
        put_string(L, out);
        buf_put_u8(out, ':');
        lua_rawget(L, table);
        put_value(L, out, depth + 1);
        lua_settop(L, keys);
    }
    buf_put_u8(out, '}');
    lua_settop(L, table);
}

static void put_value(lua_State *L, struct buf *out, int depth)
{
    luaL_checkstack(L, 10, NULL);
    if (out->len > LUA_RESULT_MAX)
        luaL_error(L, "the result is larger than %d MiB", LUA_RESULT_MAX >> 20);
    if (depth > JSON_TEXT_DEPTH_MAX)
        luaL_error(L, "the result is nested deeper than %d: Json cannot hold it",
                   JSON_TEXT_DEPTH_MAX);
    switch (lua_type(L, -1)) {
        case LUA_TNIL:
            buf_puts(out, "null");
            return;
        case LUA_TBOOLEAN:
            buf_puts(out, lua_toboolean(L, -1) ? "true" : "false");
            return;
        case LUA_TNUMBER:
            put_number(L, out);
            return;
        case LUA_TSTRING:
            put_string(L, out);
            return;
        case LUA_TTABLE:
            lua_frozen_push(L, -1);
            (lua_rawlen(L, -1) ? put_array : put_object)(L, out, depth);
            lua_pop(L, 1);
            return;
        default:
            luaL_error(L, "the result holds a %s: Json cannot hold it", luaL_typename(L, -1));
    }
}

void lua_json_put(lua_State *L, struct buf *out)
{
    put_value(L, out, 0);
}
