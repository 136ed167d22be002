/* Sinks: how an output shows a batch. A sink turns rows into bytes, once, when the batch is closed; who delivers them, and
 * how often, is the worker's matter. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "column/column.h"
#include "spec/job.h"

struct sink_batch {            /* what an output is given */
    int64_t time_ms;           /* the batch's, since the Unix epoch */
    const struct column *rows; /* its first rows in order, of one type */
    uint32_t n;                /* how many: all there are, or as many as rows_max() asked for */
};

struct sink {
    const char *kind; /* as in the job file */
    uint64_t (*rows_max)(
        const struct job_output *output); /* rows of a batch it looks at; UINT64_MAX = all */
    void (*render)(const struct job_output *output, const struct sink_batch *batch,
                   struct buf *out); /* appends */
};

/* An output that nothing delivers yet is shown as print would. */
const struct sink *sink_find(const char *kind);
