/* Building an operation: from a line of the job file and the type of the rows that come in. */
#pragma once
#include "op/op.h"

struct op_input { /* what an operation is built from */
    struct arena *arena;
    struct types *types;
    struct diags *diags;
    const struct job_op *job;
    const struct type *type;         /* of the rows that come in */
    const struct type *const *other; /* of those of the streams that the job names beside it */
    const char *name;                /* what its state is called when the job does not say */
    uint64_t slide_ms; /* of the rows that come in: how far apart batches that have some are */
    uint64_t batch_ms; /* batchInterval */
    bool *by_time;     /* set when an expression asks for batchTime */
};

/* Builds one transformation, NULL when there is a finding: E201 unknown, E216 no counterpart here,
 * E205 and E206 about its argument, E230 … E236. input->type may be NULL, because of another mistake: then only what does not
 * hang on it is looked at. */
struct op *op_build(const struct op_input *input);
