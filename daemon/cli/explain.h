/* A valid job as `explain` shows it: on a terminal, as JSON, as a graph. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "spec/job_values.h"

struct plan;
struct plan_node;
struct type;

struct explain {
    struct arena *arena;
    const struct job_spec *spec;
    const struct plan *plan;
    const char *state_directory; /* of the settings */
    uint32_t *stage;             /* of each node of the plan, from 1 */
    bool color, verbose;
};

/* Numbers the stages: operations of one stage are fused, they pass rows on without storing them. Stage 1 runs over each block
 * as it comes, the others once the batch is cut. */
void explain_open(struct explain *explain);
/* The node that an operation, a source or an output of the file became. */
const struct plan_node *explain_op(const struct explain *explain, const struct job_op *op);
const struct plan_node *explain_source(const struct explain *explain, size_t index);
const struct plan_node *explain_output(const struct explain *explain, size_t index);
/* Of its rows. */
const struct type *explain_type_in(const struct explain *explain, const struct plan_node *node);
const char *explain_slide(const struct explain *explain, uint64_t slide); /* "10s" */
/* The job's keys, what hangs on the machine filled in. */
struct job_values explain_keys(const struct explain *explain);
/* Those of an operation: empty when its argument is not a mapping. */
struct job_values explain_op_keys(const struct explain *explain, const struct job_op *op);
struct job_values explain_source_keys(const struct explain *explain, size_t index);
struct job_values explain_output_keys(const struct explain *explain, size_t index);
/* "job", "conf spark.…", "settings", "default". */
const char *explain_from(const struct explain *explain, const struct job_value *value);

/* Appends the plan: for people, for programs, for a drawing of Graphviz, of Mermaid. */
void explain_put_text(const struct explain *explain, struct buf *out);
void explain_put_json(const struct explain *explain, struct buf *out);
void explain_put_dot(const struct explain *explain, struct buf *out);
void explain_put_mermaid(const struct explain *explain, struct buf *out); /* for Markdown */
