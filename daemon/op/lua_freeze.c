/* What a chunk made before the first call, so that no call can change it. A table shows what another one holds that nobody can
 * reach, and takes nothing. A variable that a function shares with the chunk is put back after the call. */
#include "op/lua_parts.h"

/* Keys of the registry: [table] = what it shows, [function] and [variable] = true; and {function, number, value} of each
 * variable, one behind the other. */
static const char frozen_key, cells_key;

void lua_frozen_push(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &frozen_key) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_pushvalue(L, index);
        return;
    }
    lua_pushvalue(L, index);
    if (lua_rawget(L, -2) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_pushvalue(L, index);
    }
    lua_remove(L, -2);
}

static int frozen_refuse(lua_State *L) /* __newindex: table, key, value */
{
    return luaL_error(L, "'%s' cannot be set: what outlives the record cannot change",
                      lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2));
}

static int frozen_len(lua_State *L)
{
    lua_frozen_push(L, 1);
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
    return 1;
}

/* ---- the walk */

struct walk { /* places on the stack */
    int frozen, cells, queue;
    lua_Integer n_queue, n_cells;
};

static void walk_add(lua_State *L, struct walk *walk, int index) /* if it can hold anything */
{
    if (!lua_istable(L, index) && (!lua_isfunction(L, index) || lua_iscfunction(L, index)))
        return;
    lua_pushvalue(L, index);
    lua_rawseti(L, walk->queue, ++walk->n_queue);
}

/* Is the value on the top new? Notes it then, as showing what lies at `as`. */
static bool walk_note(lua_State *L, const struct walk *walk)
{
    lua_pushvalue(L, -1);
    bool known = lua_rawget(L, walk->frozen) != LUA_TNIL;
    lua_pop(L, 1);
    if (known)
        return false;
    lua_pushvalue(L, -1);
    lua_pushboolean(L, true);
    lua_rawset(L, walk->frozen);
    return true;
}

static void walk_table(lua_State *L, struct walk *walk) /* on the top */
{
    int table = lua_gettop(L), held = table + 1;
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        walk_add(L, walk, -1);
        walk_add(L, walk, -2);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, held);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, table);
    }
    lua_createtable(L, 0, 3);
    lua_pushvalue(L, held);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, frozen_refuse);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, frozen_len);
    lua_setfield(L, -2, "__len");
    lua_setmetatable(L, table);
    lua_pushvalue(L, table);
    lua_insert(L, held);
    lua_rawset(L, walk->frozen); /* [table] = held */
}

static void walk_function(lua_State *L, struct walk *walk) /* on the top */
{
    int function = lua_gettop(L);
    for (int i = 1; lua_getupvalue(L, function, i); i++) {
        walk_add(L, walk, -1);
        lua_pushlightuserdata(L, lua_upvalueid(L, function, i));
        if (walk_note(L, walk)) {
            lua_pushvalue(L, function);
            lua_rawseti(L, walk->cells, ++walk->n_cells);
            lua_pushinteger(L, i);
            lua_rawseti(L, walk->cells, ++walk->n_cells);
            lua_pushvalue(L, -2);
            lua_rawseti(L, walk->cells, ++walk->n_cells);
        }
        lua_pop(L, 2);
    }
}

void lua_freeze(lua_State *L)
{
    int function = lua_gettop(L);
    struct walk walk = { function + 1, function + 2, function + 3, 0, 0 };
    luaL_checkstack(L, 20, NULL);
    lua_newtable(L);
    lua_newtable(L);
    lua_newtable(L);
    walk_add(L, &walk, function);
    for (lua_Integer i = 1; i <= walk.n_queue; i++) {
        lua_rawgeti(L, walk.queue, i);
        if (walk_note(L, &walk))
            (lua_istable(L, -1) ? walk_table : walk_function)(L, &walk);
        lua_settop(L, walk.queue);
    }
    lua_settop(L, walk.cells);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &cells_key);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &frozen_key);
}

const char *lua_frozen_restore(lua_State *L)
{
    const char *changed = NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &cells_key);
    int cells = lua_gettop(L);
    for (lua_Integer i = 1; lua_rawgeti(L, cells, i) != LUA_TNIL; i += 3) {
        lua_rawgeti(L, cells, i + 1);
        int number = (int)lua_tointeger(L, -1);
        const char *name = lua_getupvalue(L, cells + 1, number);
        lua_rawgeti(L, cells, i + 2);
        if (!lua_rawequal(L, -1, -2)) {
            changed = name;
            lua_setupvalue(L, cells + 1, number);
        }
        lua_settop(L, cells);
    }
    lua_settop(L, cells - 1);
    return changed;
}
