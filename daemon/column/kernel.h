/* Kernels: one function over the selected rows of whole columns, each a tight loop. When all inputs
 * are constants a kernel is called with one row and its result is a constant. A kernel that fails
 * for a row writes a harmless value and calls kernel_fail(). */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "column/column.h"
#include "column/fault.h"

#define KERNEL_IN 4

struct call {
    struct frame *frame;
    struct sel sel;
    const struct column *in[KERNEL_IN];
    struct column *out;      /* its type is set; the kernel makes the rest */
    struct arena *arena;     /* of the chunk */
    uint32_t k;              /* a field, a side: what the instruction says */
    const struct type *type; /* of out */
};

typedef void (*kernel)(struct call *call);

/* Marks a row as failed; its first reason stays. */
void kernel_fail(struct call *call, uint32_t row, enum fault fault);
