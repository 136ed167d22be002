/* Door: a program that is given bytes and gives bytes back, as one between two `|` of a shell. It runs in a group of its own
 * that is killed with it, has no descriptor but the standard ones, and dies with the thread that called. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define CHILD_SAID_MAX 1000 /* bytes of its standard error that are kept: the last ones */

struct child_job {
    const char *const *argv; /* ends with a NULL; the first is a path, or a name that PATH finds */
    struct slice input;      /* its standard input */
    uint64_t output_max;     /* bytes that it may write */
    uint64_t patience_ms;    /* within which a byte must move, or the program end */
};

/* Runs it to its end; blocks meanwhile. Appends its standard output to `output`, and to `said` the end of what it wrote to its
 * standard error. False, ERR_RETRY: it could not be started, did not read all of its input, ended with another status than 0
 * or by a signal, wrote too much, or moved no byte for too long; it is gone then, and `output` holds anything. */
bool child_run(const struct child_job *job, struct buf *output, struct buf *said, struct err *err);
