/* Values there and back. Int and Timestamp (ms) are integers, Double is a float, String and Bytes are strings, Option is nil
 * or its value, lists and tuples are tables from 1 on, Maps and Records tables by name, Json is what its text says. */
#include <string.h>

#include "base/check.h"
#include "column/number.h"
#include "column/utf8.h"
#include "op/lua_parts.h"

/* ---- to Lua */

static void push_items(lua_State *L, const struct column *items, uint32_t from, uint32_t n)
{
    lua_createtable(L, (int)n, 0);
    for (uint32_t i = 0; i < n; i++) {
        lua_value_push(L, items, from + i);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_members(lua_State *L, const struct column *column, uint32_t row)
{
    bool named = column->type->kind == K_RECORD;
    lua_createtable(L, named ? 0 : (int)column->n_child, named ? (int)column->n_child : 0);
    for (uint32_t i = 0; i < column->n_child; i++) {
        lua_value_push(L, &column->child[i], row);
        if (named)
            lua_setfield(L, -2, column->type->name[i]);
        else
            lua_rawseti(L, -2, i + 1);
    }
}

static void push_map(lua_State *L, const struct column *map, uint32_t row)
{
    lua_createtable(L, 0, (int)map->len[row]);
    for (uint32_t i = 0; i < map->len[row]; i++) {
        lua_value_push(L, &map->child[0], map->offset[row] + i);
        lua_value_push(L, &map->child[1], map->offset[row] + i);
        lua_rawset(L, -3);
    }
}

static void push_text(lua_State *L, const struct column *column, uint32_t row)
{
    struct slice text = column_slice(column, row);
    if (column->type->kind == K_JSON)
        lua_json_push(L, text);
    else
        lua_pushlstring(L, text.len ? text.ptr : "", text.len);
}

void lua_value_push(lua_State *L, const struct column *column, uint32_t row)
{
    uint32_t at = column_row(column, row);
    luaL_checkstack(L, 5, NULL);
    switch (column->type->kind) {
        case K_INT:
        case K_TIME:
            lua_pushinteger(L, column->i64[at]);
            return;
        case K_DOUBLE:
            lua_pushnumber(L, column->f64[at]);
            return;
        case K_BOOL:
            lua_pushboolean(L, column->b8[at]);
            return;
        case K_STRING:
        case K_BYTES:
        case K_JSON:
            push_text(L, column, row);
            return;
        case K_OPTION:
            if (column_valid(column, row))
                lua_value_push(L, &column->child[0], row);
            else
                lua_pushnil(L);
            return;
        case K_LIST:
            push_items(L, &column->child[0], column->offset[at], column->len[at]);
            return;
        case K_MAP:
            push_map(L, column, at);
            return;
        case K_TUPLE:
        case K_RECORD:
            push_members(L, column, row);
            return;
        default:
            check(false); /* K_NOTHING: there is no value of it */
    }
}

/* ---- from Lua */

struct place {                 /* inside the result */
    const struct place *outer; /* NULL: the result itself */
    const char *name;          /* a field, or NULL: */
    lua_Integer index;
};

static void put(lua_State *L, const struct place *place, const struct type *type, struct buf *out);

static void put_u32(struct buf *out, size_t value)
{
    uint32_t n = (uint32_t)value;
    buf_put(out, &n, sizeof n);
}

static void add_place(luaL_Buffer *text, const struct place *place)
{
    char number[NUMBER_TEXT_MAX];
    if (!place->outer) {
        luaL_addstring(text, "result");
        return;
    }
    add_place(text, place->outer);
    luaL_addstring(text, place->name ? "." : "[");
    if (place->name)
        luaL_addstring(text, place->name);
    else
        luaL_addlstring(text, number, number_put_int(place->index, number));
    if (!place->name)
        luaL_addstring(text, "]");
}

static const char *what_it_is(lua_State *L)
{
    static const char *const what[] = {
        [LUA_TNIL] = "nil",
        [LUA_TBOOLEAN] = "a boolean",
        [LUA_TNUMBER] = "a float",
        [LUA_TSTRING] = "a string",
        [LUA_TTABLE] = "a table",
        [LUA_TFUNCTION] = "a function",
        [LUA_TUSERDATA] = "userdata",
        [LUA_TTHREAD] = "a coroutine",
        [LUA_TLIGHTUSERDATA] = "userdata",
    };
    return lua_isinteger(L, -1) ? "an integer" : what[lua_type(L, -1)];
}

/* "the result[2].name must be Int, not a string": the value lies on the top. */
static void refuse(lua_State *L, const struct place *place, const struct type *type,
                   const char *why)
{
    const char *is = what_it_is(L);
    struct buf shown = { 0 };
    luaL_Buffer text;
    type_print(type, &shown);
    char name[200];
    size_t n = shown.len < sizeof name ? shown.len : sizeof name - 1;
    memcpy(name, shown.ptr, n);
    name[n] = 0;
    buf_free(&shown); /* before anything can raise */
    luaL_buffinit(L, &text);
    if (!place->outer)
        luaL_addstring(&text, "the ");
    add_place(&text, place);
    luaL_addstring(&text, " must be ");
    luaL_addstring(&text, name);
    luaL_addstring(&text, ", ");
    luaL_addstring(&text, why ? why : "not ");
    if (!why)
        luaL_addstring(&text, is);
    luaL_pushresult(&text);
    lua_error(L);
}

static void put_int(lua_State *L, const struct place *place, const struct type *type,
                    struct buf *out)
{
    int whole = false;
    int64_t value = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &whole) : 0;
    if (!whole)
        refuse(L, place, type, NULL);
    buf_put(out, &value, sizeof value);
}

static void put_text(lua_State *L, const struct place *place, const struct type *type,
                     struct buf *out)
{
    size_t n;
    if (lua_type(L, -1) != LUA_TSTRING)
        refuse(L, place, type, NULL);
    const char *text = lua_tolstring(L, -1, &n);
    if (type->kind == K_STRING && !utf8_is_valid(text, n))
        refuse(L, place, type, "but its bytes are not UTF-8");
    put_u32(out, n);
    if (n)
        buf_put(out, text, n);
}

static void put_json(lua_State *L, struct buf *out)
{
    size_t at = out->len;
    put_u32(out, 0);
    lua_json_put(L, out);
    uint32_t n = (uint32_t)(out->len - at - sizeof n);
    memcpy(out->ptr + at, &n, sizeof n);
}

static void put_scalar(lua_State *L, const struct place *place, const struct type *type,
                       struct buf *out)
{
    int is = lua_type(L, -1);
    double number = is == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
    if (type->kind == K_BOOL && is == LUA_TBOOLEAN)
        buf_put_u8(out, (uint8_t)lua_toboolean(L, -1));
    else if (type->kind == K_DOUBLE && is == LUA_TNUMBER)
        buf_put(out, &number, sizeof number);
    else
        refuse(L, place, type, NULL);
}

static void put_list(lua_State *L, const struct place *place, const struct type *type,
                     struct buf *out)
{
    struct place at = { .outer = place };
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    put_u32(out, (size_t)n);
    for (at.index = 1; at.index <= n; at.index++) {
        lua_rawgeti(L, -1, at.index);
        put(L, &at, type->member[0], out);
        lua_pop(L, 1);
    }
}

static void put_tuple(lua_State *L, const struct place *place, const struct type *type,
                      struct buf *out)
{
    struct place at = { .outer = place };
    if (lua_rawlen(L, -1) > type->n)
        refuse(L, place, type, "not a longer table");
    for (at.index = 1; at.index <= type->n; at.index++) {
        lua_rawgeti(L, -1, at.index);
        put(L, &at, type->member[at.index - 1], out);
        lua_pop(L, 1);
    }
}

/* A field that the type has not is a mistake in its name. */
static void check_fields(lua_State *L, const struct place *place, const struct type *type)
{
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        bool named = lua_type(L, -2) == LUA_TSTRING;
        if (named && type_field(type, lua_tostring(L, -2)) >= 0)
            continue;
        const char *name = named ? lua_tostring(L, -2) : luaL_typename(L, -2);
        refuse(L, place, type, lua_pushfstring(L, "which has no field '%s'", name));
    }
}

static void put_record(lua_State *L, const struct place *place, const struct type *type,
                       struct buf *out)
{
    struct place at = { .outer = place };
    check_fields(L, place, type);
    for (uint32_t i = 0; i < type->n; i++) {
        at.name = type->name[i];
        lua_pushstring(L, at.name);
        lua_rawget(L, -2);
        put(L, &at, type->member[i], out);
        lua_pop(L, 1);
    }
}

static void put_map(lua_State *L, const struct place *place, const struct type *type,
                    struct buf *out)
{
    struct place at = { .outer = place };
    int table = lua_gettop(L), keys = table + 1;
    lua_lib_keys(L, table);
    lua_Integer n = (lua_Integer)lua_rawlen(L, keys);
    put_u32(out, (size_t)n);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, keys, i);
        if (lua_type(L, -1) != LUA_TSTRING)
            refuse(L, place, type, "whose keys are strings");
        put(L, place, type->member[0], out);
        at.name = lua_tostring(L, -1);
        lua_pushvalue(L, -1);
        lua_rawget(L, table);
        put(L, &at, type->member[1], out);
        lua_settop(L, keys);
    }
    lua_settop(L, table);
}

static void put_table(lua_State *L, const struct place *place, const struct type *type,
                      struct buf *out)
{
    static void (*const puts[])(lua_State *, const struct place *, const struct type *,
                                struct buf *) = {
        [K_LIST] = put_list, [K_TUPLE] = put_tuple, [K_MAP] = put_map, [K_RECORD] = put_record
    };
    if (!lua_istable(L, -1))
        refuse(L, place, type, NULL);
    lua_frozen_push(L, -1);
    puts[type->kind](L, place, type, out);
    lua_pop(L, 1);
}

static void put(lua_State *L, const struct place *place, const struct type *type, struct buf *out)
{
    luaL_checkstack(L, 10, NULL);
    if (out->len > LUA_RESULT_MAX)
        luaL_error(L, "the result is larger than %d MiB", LUA_RESULT_MAX >> 20);
    switch (type->kind) {
        case K_INT:
        case K_TIME:
            put_int(L, place, type, out);
            return;
        case K_DOUBLE:
        case K_BOOL:
            put_scalar(L, place, type, out);
            return;
        case K_STRING:
        case K_BYTES:
            put_text(L, place, type, out);
            return;
        case K_JSON:
            put_json(L, out);
            return;
        case K_OPTION:
            buf_put_u8(out, !lua_isnil(L, -1));
            if (!lua_isnil(L, -1))
                put(L, place, type->member[0], out);
            return;
        case K_LIST:
        case K_MAP:
        case K_TUPLE:
        case K_RECORD:
            put_table(L, place, type, out);
            return;
        default:
            check(false); /* K_NOTHING: nobody can write that type */
    }
}

void lua_value_put(lua_State *L, const struct type *type, struct buf *out)
{
    const struct place result = { .outer = NULL };
    put(L, &result, type, out);
}
