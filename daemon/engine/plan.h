/* A job's streams typed and compiled: which programs a record runs through, which tables its keys go to, what each output
 * shows. Pure: made from a job's spec, and the only thing that `check`, `explain` and the engine look at.
 *
 * It is a graph without cycles. A node hands its rows to each of its edges; rows of a union, or of several sources, keep
 * apart by lanes until a node that gathers them merges the lanes in order: so a union is the concatenation of its streams in
 * the order of the file, though the blocks of all are computed as they come. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "spec/job.h"

struct op;
struct type;

enum plan_kind {
    PLAN_SOURCE, /* a source of the spec: gives its records */
    PLAN_OP,     /* a stateless operation: gives what it makes of each chunk, at once */
    PLAN_GATHER, /* one that holds its rows until the cut */
    PLAN_OUTPUT  /* an output of the spec: gathers what it shows */
};

struct plan_edge {
    uint32_t to;   /* a later node */
    uint32_t lane; /* added to the lane that rows have in the node before */
};

struct plan_node {
    enum plan_kind kind;
    const struct type *type;  /* of the rows it gives; of an output: that it is given */
    const struct op *op;      /* OP, GATHER; NULL: it passes rows on as they are */
    const struct job_op *job; /* what the file says of it; NULL: nothing */
    uint32_t index;           /* SOURCE, OUTPUT: position in the spec's list */
    uint32_t lanes;           /* that come in */
    uint32_t left;            /* of those, the ones of the left side of a join; else all */
    bool ends;                /* somebody behind it asks where partitions of its rows end */
    struct plan_edge *edges;
    uint32_t n_edges;
    uint32_t depth; /* nodes before it, on the longest way */
    uint64_t
        in_slide; /* batches from one that brings it rows to the next: of zeroTime + k x in_slide … */
    uint64_t slide;  /* … and the same of the rows it gives */
    uint64_t fields; /* which fields of its rows are looked at, a bit each */
};

#define PLAN_DEPTH_MAX 500u /* operations behind one another: rows go down by recursion */
#define PLAN_LANES_MAX \
    1000u /* streams in a union, those of its streams counted: each has its own tables */

struct plan {
    struct plan_node *nodes; /* each behind all that it is given rows by */
    uint32_t n_nodes;
    bool by_time; /* what is remembered hangs on batchTime: no tick is like the one before */
    uint64_t
        period; /* batches after which all slides meet again; UINT64_MAX: more than can be counted */
};

/* Types and compiles every expression; findings (E201, E205, E206, E211, E212, E216, E230 … E236, E250) go to diags. False
 * when there was an error. The plan lives in the arena. */
bool plan_build(struct arena *arena, const struct job_spec *spec, struct diags *diags,
                struct plan **plan);
