/* The library of a chunk: Lua's own without what reaches outside, and with an order where Lua has none. pairs and next go by
 * keys; sort is stable; patterns count their steps; tostring and format show no address. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "op/lua_parts.h"

/* ---- keys in order */

struct key {
    int type; /* LUA_TNUMBER, LUA_TSTRING, LUA_TBOOLEAN */
    bool whole;
    lua_Integer integer; /* of a boolean too */
    lua_Number number;
    struct slice text;
};

static struct key key_read(lua_State *L, int index)
{
    struct key key = { .type = lua_type(L, index) };
    if (key.type == LUA_TNUMBER) {
        key.whole = lua_isinteger(L, index);
        key.integer = key.whole ? lua_tointeger(L, index) : 0;
        key.number = lua_tonumber(L, index);
    } else if (key.type == LUA_TSTRING) {
        key.text.ptr = lua_tolstring(L, index, &key.text.len);
    } else if (key.type == LUA_TBOOLEAN) {
        key.integer = lua_toboolean(L, index);
    } else {
        luaL_error(L, "a key that is a %s has no place in the order of pairs",
                   luaL_typename(L, index));
    }
    return key;
}

static int key_rank(const struct key *key)
{
    return key->type == LUA_TNUMBER ? 0 : key->type == LUA_TSTRING ? 1 : 2;
}

static int key_compare(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    if (x->type != y->type)
        return key_rank(x) - key_rank(y);
    if (x->type == LUA_TSTRING) {
        size_t n = x->text.len < y->text.len ? x->text.len : y->text.len;
        int order = memcmp(x->text.ptr, y->text.ptr, n);
        return order ? order : (x->text.len > y->text.len) - (x->text.len < y->text.len);
    }
    if (x->type == LUA_TNUMBER && !(x->whole && y->whole))
        return (x->number > y->number) - (x->number < y->number);
    return (x->integer > y->integer) - (x->integer < y->integer);
}

static void key_push(lua_State *L, const struct key *key)
{
    if (key->type == LUA_TSTRING)
        lua_pushlstring(L, key->text.ptr, key->text.len);
    else if (key->type == LUA_TBOOLEAN)
        lua_pushboolean(L, (int)key->integer);
    else if (key->whole)
        lua_pushinteger(L, key->integer);
    else
        lua_pushnumber(L, key->number);
}

void lua_lib_keys(lua_State *L, int index)
{
    lua_Integer n = 0, i = 0;
    luaL_checkstack(L, 5, NULL);
    lua_frozen_push(L, index);
    int table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        n++;
    lua_spend(L, (size_t)n);
    struct key *keys = lua_newuserdatauv(L, (size_t)n * sizeof *keys + 1, 0);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        keys[i++] = key_read(L, -2);
    qsort(keys, (size_t)n, sizeof *keys, key_compare);
    lua_createtable(L, (int)n, 0);
    for (i = 0; i < n; i++) {
        key_push(L, &keys[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_replace(L, table);
    lua_settop(L, table);
}

/* upvalues: the table with the values, the keys, how many are done */
static int lib_step(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(3));
    while (lua_rawgeti(L, lua_upvalueindex(2), ++i) != LUA_TNIL) {
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) { /* not taken away on the way */
            lua_pushinteger(L, i);
            lua_replace(L, lua_upvalueindex(3));
            return 2;
        }
        lua_pop(L, 2);
    }
    return 1;
}

static int lib_pairs(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_frozen_push(L, 1);
    lua_lib_keys(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, lib_step, 3);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* The least key behind the one given. */
static int lib_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    bool first = lua_isnil(L, 2), any = false;
    struct key after = { 0 }, least = { 0 };
    if (!first)
        after = key_read(L, 2);
    lua_frozen_push(L, 1);
    for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1)) {
        struct key key = key_read(L, -2);
        lua_spend(L, 1);
        if ((!first && key_compare(&key, &after) <= 0) || (any && key_compare(&key, &least) >= 0))
            continue;
        least = key;
        any = true;
    }
    if (!any) {
        lua_pushnil(L);
        return 1;
    }
    key_push(L, &least);
    lua_pushvalue(L, -1);
    lua_rawget(L, 3);
    return 2;
}

/* ---- texts without addresses */

static bool has_address(lua_State *L, int index)
{
    return lua_type(L, index) > LUA_TSTRING;
}

static int lib_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    if (has_address(L, 1))
        lua_pushstring(L, luaL_typename(L, 1));
    else
        luaL_tolstring(L, 1, NULL);
    return 1;
}

static int lib_format(lua_State *L) /* upvalue: string.format */
{
    const char *format = luaL_checkstring(L, 1);
    for (const char *at = strchr(format, '%'); at; at = strchr(at + 1, '%')) {
        at += 1 + strspn(at + 1, "-+ #0123456789.");
        if (*at == 'p')
            return luaL_argerror(L, 1, "there are no addresses here");
        if (!*at)
            break;
    }
    for (int i = 2; i <= lua_gettop(L); i++)
        if (has_address(L, i))
            return luaL_argerror(L, i, "a string, a number or a boolean is wanted");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* Lua's own takes its turns, however many, also where nothing comes of them: no instruction, no memory. */
static int lib_rep(lua_State *L) /* upvalue: string.rep */
{
    size_t text, between;
    luaL_checklstring(L, 1, &text);
    luaL_optlstring(L, 3, "", &between);
    lua_Integer n = luaL_checkinteger(L, 2);
    if (text + between == 0 || n <= 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if (text + between > (size_t)(INT_MAX / n))
        return luaL_error(L, "resulting string too large"); /* said here, it has a line */
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* Of Lua's own, sort takes chance to help, and move counts for one instruction however far it goes. */
static const char lib_table[] =
    "local t = ...\n"
    "function t.move(a, from, to, at, b)\n"
    "  b = b or a\n"
    "  if at > to or at <= from or a ~= b then\n"
    "    for i = 0, to - from do b[at + i] = a[from + i] end\n"
    "  else\n"
    "    for i = to - from, 0, -1 do b[at + i] = a[from + i] end\n"
    "  end\n"
    "  return b\n"
    "end\n"
    "function t.sort(t, less)\n"
    "  less = less or function(a, b) return a < b end\n"
    "  local n, a, b, width = #t, {}, {}, 1\n"
    "  for i = 1, n do a[i] = t[i] end\n"
    "  while width < n do\n"
    "    for from = 1, n, 2 * width do\n"
    "      local mid, to = from + width, from + 2 * width\n"
    "      if mid > n then mid = n + 1 end\n"
    "      if to > n then to = n + 1 end\n"
    "      local i, j = from, mid\n"
    "      for k = from, to - 1 do\n"
    "        if i < mid and (j >= to or not less(a[j], a[i])) then b[k] = a[i]; i = i + 1\n"
    "        else b[k] = a[j]; j = j + 1 end\n"
    "      end\n"
    "    end\n"
    "    a, b, width = b, a, 2 * width\n"
    "  end\n"
    "  for i = 1, n do t[i] = a[i] end\n"
    "end\n";

/* ---- the globals */

static const struct {
    const char *library; /* NULL: a global itself */
    lua_CFunction open;
    const char *names; /* what is taken of it */
} lib_parts[] = {
    { NULL, luaopen_base, "assert error ipairs pcall select tonumber type xpcall _VERSION" },
    { "string", luaopen_string, "byte char len lower pack packsize reverse sub unpack upper" },
    { "table", luaopen_table, "concat insert pack remove unpack" },
    { "math", luaopen_math,
      "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf "
      "pi "
      "rad sin sqrt tan tointeger type ult" },
    { "utf8", luaopen_utf8, "char charpattern codepoint codes len offset" },
};

/* Copies the named fields of the table on the top to the one below it. */
static void lib_take(lua_State *L, const char *names)
{
    while (*names) {
        size_t n = strcspn(names, " ");
        lua_pushlstring(L, names, n);
        lua_pushvalue(L, -1);
        lua_rawget(L, -3);
        lua_rawset(L, -4);
        names += n + (names[n] == ' ');
    }
}

static void lib_own_string(lua_State *L, int globals, int from)
{
    static const luaL_Reg own[] = { { "find", lua_match_find },
                                    { "match", lua_match_match },
                                    { "gmatch", lua_match_gmatch },
                                    { "gsub", lua_match_gsub },
                                    { NULL, NULL } };
    lua_getfield(L, globals, "string");
    luaL_setfuncs(L, own, 0);
    lua_getfield(L, from, "format");
    lua_pushcclosure(L, lib_format, 1);
    lua_setfield(L, -2, "format");
    lua_getfield(L, from, "rep");
    lua_pushcclosure(L, lib_rep, 1);
    lua_setfield(L, -2, "rep");
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1); /* methods of texts */
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 3);
}

static void lib_own_table(lua_State *L, int globals)
{
    check(luaL_loadbufferx(L, lib_table, sizeof lib_table - 1, "=table", "t") == LUA_OK);
    lua_getfield(L, globals, "table");
    lua_call(L, 1, 0);
}

void lua_lib_push(lua_State *L)
{
    static const luaL_Reg own[] = {
        { "pairs", lib_pairs }, { "next", lib_next }, { "tostring", lib_tostring }, { NULL, NULL }
    };
    lua_newtable(L);
    int globals = lua_gettop(L);
    for (size_t i = 0; i < sizeof lib_parts / sizeof *lib_parts; i++) {
        const char *library = lib_parts[i].library;
        if (library)
            lua_newtable(L);
        luaL_requiref(L, library ? library : "_G", lib_parts[i].open, 0);
        lib_take(L, lib_parts[i].names);
        if (library) {
            lua_insert(L, -2);
            lua_setfield(L, globals, library);
            if (strcmp(library, "string") == 0)
                lib_own_string(L, globals, lua_gettop(L));
        }
        lua_settop(L, globals);
    }
    luaL_setfuncs(L, own, 0);
    lib_own_table(L, globals);
}
