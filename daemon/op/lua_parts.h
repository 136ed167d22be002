/* Between the files of lua_vm.h. */
#pragma once
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/buf.h"
#include "column/column.h"

#define LUA_RESULT_MAX \
    (64u << 20) /* bytes of one result: shared tables count wherever they stand */

/* Pushes a table with the globals of a chunk. */
void lua_lib_push(lua_State *L);
/* Pushes the keys of the table at `index`, in order: numbers, then Strings, then false and true. Others are an error. */
void lua_lib_keys(lua_State *L, int index);
/* Pushes the table that holds what the one at `index` shows: itself, unless it was frozen. */
void lua_frozen_push(lua_State *L, int index);
/* Freezes the function on the top, and all that can be reached from it. */
void lua_freeze(lua_State *L);
/* Puts variables back that outlive the call and were changed by it: NULL, or the name of one. Raises no error. */
const char *lua_frozen_restore(lua_State *L);

/* Work inside one instruction of Lua: how many steps the call may still take. */
size_t *lua_steps_left(lua_State *L);
void lua_steps_over(lua_State *L); /* raises the error that there are none */
void lua_spend(lua_State *L, size_t steps);
/* string.find and so on. */
int lua_match_find(lua_State *L);
int lua_match_match(lua_State *L);
int lua_match_gmatch(lua_State *L);
int lua_match_gsub(lua_State *L); /* each takes a step for each try at an item */

/* Pushes a row's value. */
void lua_value_push(lua_State *L, const struct column *column, uint32_t row);
/* Appends the value on the top as codec_put() writes it; raises an error when it is not of the type. */
void lua_value_put(lua_State *L, const struct type *type, struct buf *out);
/* The same as the text of a Json. */
void lua_json_put(lua_State *L, struct buf *out);
void lua_json_push(lua_State *L, struct slice value);
