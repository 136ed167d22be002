#include "op/lua_vm.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "op/lua_parts.h"

#define TEXT_OF(number) TEXT_OF_(number)
#define TEXT_OF_(number) #number
#define REFUSED_MAX \
    8 /* collections for want of memory in one call: near the limit they find ever less */

struct vm {
    lua_State *L;     /* its one slot: the function */
    size_t bytes;     /* that it holds */
    size_t asked;     /* bytes in this call: work that one instruction can hide … */
    size_t steps;     /* … as are the steps of a pattern: left */
    unsigned refused; /* times that there was not enough, in this call */
};

/* From then on each further instruction fails: a pcall cannot hold it up. */
static void vm_over(lua_State *L, lua_Hook again, const char *what)
{
    lua_Debug here; /* the function of Lua; or one of C, which it called */
    check(lua_getstack(L, 0, &here) && lua_getinfo(L, "S", &here));
    lua_sethook(L, again, LUA_MASKCOUNT, 1);
    luaL_where(L, *here.what == 'C');
    lua_pushstring(L, what);
    lua_concat(L, 2);
    lua_error(L);
}

static void vm_steps_over(lua_State *L, lua_Debug *debug)
{
    (void)debug;
    vm_over(L, vm_steps_over, "more than " TEXT_OF(VM_STEPS_MAX) " instructions");
}

static void vm_bytes_over(lua_State *L, lua_Debug *debug)
{
    (void)debug;
    vm_over(L, vm_bytes_over, "more than " TEXT_OF(VM_MIB_MAX) " MiB of memory");
}

static void vm_asked_over(lua_State *L, lua_Debug *debug)
{
    (void)debug;
    vm_over(L, vm_asked_over, "more than " TEXT_OF(VM_ASKED_MIB_MAX) " MiB of values made");
}

static void vm_limit(struct vm *vm) /* before each call */
{
    vm->asked = vm->refused = 0;
    vm->steps = VM_STEPS_MAX;
    lua_sethook(vm->L, vm_steps_over, LUA_MASKCOUNT, VM_STEPS_MAX);
}

size_t *lua_steps_left(lua_State *L)
{
    void *vm;
    lua_getallocf(L, &vm);
    return &((struct vm *)vm)->steps;
}

void lua_steps_over(lua_State *L)
{
    vm_over(L, vm_steps_over, "more than " TEXT_OF(VM_STEPS_MAX) " steps");
}

void lua_spend(lua_State *L, size_t steps)
{
    size_t *left = lua_steps_left(L);
    if (*left < steps)
        lua_steps_over(L);
    *left -= steps;
}

/* What is refused is asked for again, once Lua has collected what it can. */
static void *vm_alloc(void *ctx, void *ptr, size_t before, size_t n)
{
    struct vm *vm = ctx;
    size_t held = vm->bytes - (ptr ? before : 0); /* of a new piece `before` is a kind of value */
    if (n > VM_BYTES_MAX - held) {
        if (++vm->refused > REFUSED_MAX)
            lua_sethook(vm->L, vm_bytes_over, LUA_MASKCOUNT, 1);
        return NULL;
    }
    vm->bytes = held + n;
    vm->asked += n;
    if (vm->asked > (size_t)VM_ASKED_MIB_MAX << 20)
        lua_sethook(vm->L, vm_asked_over, LUA_MASKCOUNT, 1);
    if (n)
        return mem_realloc(ptr, n);
    mem_free(ptr);
    return NULL;
}

/* What was raised, which lies on the top. */
static void vm_explain(lua_State *L, int status, struct buf *why)
{
    size_t n = 0;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;
    buf_clear(why);
    if (status == LUA_ERRMEM)
        buf_puts(why, "more than " TEXT_OF(VM_MIB_MAX) " MiB of memory");
    else if (text)
        buf_put(why, text, n);
    else
        buf_printf(why, "an error that is a %s", luaL_typename(L, -1));
}

/* ---- the chunk */

struct vm_chunk {
    struct slice text;
    enum vm_end end; /* what an error would mean */
};

static int vm_load(lua_State *L)
{
    struct vm_chunk *chunk = lua_touserdata(L, 1);
    lua_lib_push(L);
    chunk->end = VM_SYNTAX;
    if (luaL_loadbufferx(L, chunk->text.ptr, chunk->text.len, "=lua", "t") != LUA_OK)
        return lua_error(L);
    lua_insert(L, -2);
    lua_setupvalue(L, -2, 1); /* its globals */
    chunk->end = VM_FAILED;
    lua_call(L, 0, 1);
    chunk->end = VM_NO_FUNCTION;
    if (!lua_isfunction(L, -1))
        return luaL_error(L, lua_isnil(L, -1) ? "nothing" : "a %s", luaL_typename(L, -1));
    chunk->end = VM_FAILED;
    lua_freeze(L);
    return 1;
}

enum vm_end vm_new(struct slice text, struct vm **vm, struct buf *why)
{
    struct vm *made = mem_zalloc(sizeof *made);
    struct vm_chunk chunk = { text, VM_FAILED };
    made->L = lua_newstate(vm_alloc, made);
    check(made->L);
    vm_limit(made);
    lua_pushcfunction(made->L, vm_load);
    lua_pushlightuserdata(made->L, &chunk);
    int status = lua_pcall(made->L, 1, 1, 0);
    if (status == LUA_OK) {
        *vm = made;
        return VM_DONE;
    }
    vm_explain(made->L, status, why);
    vm_free(made);
    return chunk.end;
}

void vm_free(struct vm *vm)
{
    if (!vm)
        return;
    lua_close(vm->L);
    check(vm->bytes == 0);
    mem_free(vm);
}

/* ---- a call */

struct vm_body {
    const struct vm_call *call;
    struct buf *out;
    bool nil;
};

static int vm_body(lua_State *L) /* function, body */
{
    struct vm_body *body = lua_touserdata(L, 2);
    const struct vm_call *call = body->call;
    lua_pushvalue(L, 1);
    lua_value_push(L, call->column, call->row);
    lua_call(L, 1, 1);
    body->nil = lua_isnil(L, -1) && call->type->kind != K_OPTION;
    if (!body->nil)
        lua_value_put(L, call->type, body->out);
    return 0;
}

enum vm_end vm_run(struct vm *vm, const struct vm_call *call, struct buf *out, struct buf *why)
{
    lua_State *L = vm->L;
    struct vm_body body = { call, out, false };
    size_t before = out->len;
    vm_limit(vm);
    lua_pushcfunction(L, vm_body);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, &body);
    int status = lua_pcall(L, 2, 0, 0);
    if (status != LUA_OK)
        vm_explain(L, status, why);
    const char *changed = lua_frozen_restore(L);
    if (changed && status == LUA_OK) {
        buf_clear(why);
        buf_printf(why, "'%s' outlives the record and was changed: keep it inside the function",
                   changed);
    }
    lua_settop(L, 1);
    if (status == LUA_OK && !changed)
        return body.nil ? VM_NIL : VM_DONE;
    out->len = before;
    return VM_FAILED;
}
