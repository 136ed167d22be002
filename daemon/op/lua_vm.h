/* One Lua function, shut in. It sees no file, no clock, no address, no random number, and each call begins as the first did:
 * what the chunk made outlives the calls and cannot change. So a record gives the same whatever came before it. */
#pragma once
#include "base/buf.h"
#include "column/column.h"

#define VM_STEPS_MAX 10000000 /* instructions of one call, and of the chunk itself: 0.1 s or so */
#define VM_MIB_MAX 64         /* memory of one vm: as much as a String may have */
#define VM_ASKED_MIB_MAX 1024 /* memory asked for in one call, whatever is given back */
#define VM_BYTES_MAX ((size_t)VM_MIB_MAX << 20)

struct vm;

enum vm_end {
    VM_DONE,
    VM_NIL,        /* the function gave nil, and no Option was wanted */
    VM_FAILED,     /* the call, or the chunk; a text says why */
    VM_SYNTAX,     /* the chunk is no Lua */
    VM_NO_FUNCTION /* the chunk gives something else */
};

/* Compiles and runs a chunk that gives a function. Messages begin with "lua:LINE: ", by the lines of the chunk. */
enum vm_end vm_new(struct slice chunk, struct vm **vm, struct buf *why);
void vm_free(struct vm *vm); /* NULL is fine */

struct vm_call {
    const struct column *column; /* of what the function is given … */
    uint32_t row;                /* … this row */
    const struct type *type;     /* what it must give */
};
/* Appends what it gives to `out`, as codec_put() writes it; nothing unless VM_DONE. */
enum vm_end vm_run(struct vm *vm, const struct vm_call *call, struct buf *out, struct buf *why);
