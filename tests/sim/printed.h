/* What came out of standard output, cut into the blocks that `print` writes: a time and lines. Workers die while they write, so
 * a block may be torn; it is whole when its empty line is there. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct printed {
    struct slice all;  /* with its three lines of head, and its empty line if it is whole */
    struct slice time; /* what stands behind `Time: ` */
    bool whole;
};
struct printout {
    struct printed
        *blocks; /* by time; of one time the whole ones first, in the order in which they came */
    size_t n, cap;
    const void *from; /* where the bytes begin */
};

/* Views into bytes. */
void printout_read(struct printout *out, struct slice bytes);
void printout_free(struct printout *out);
int printed_compare(struct slice a, struct slice b); /* times, as the blocks are ordered */
/* The lines of a whole block, one after another: false at its end. *at begins at 0. */
bool printed_line(struct slice all, size_t *at, struct slice *line);
