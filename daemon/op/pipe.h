/* pipe: the batch through a program, a line in, a line out. */
#pragma once
#include "op/op.h"

#define PIPE_LINE_MAX (64u << 20) /* bytes of a line, as of any String; more is E407 */

struct op_child {            /* a program that rows are sent through */
    const char *place;       /* of the operation */
    const char *const *argv; /* ends with a NULL */
    uint64_t patience_ms;    /* within which a byte must move */
    struct slice input;
};

extern const struct op_kind op_pipe;
