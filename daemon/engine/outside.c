#include "engine/outside.h"

#include "io/child.h"
#include "op/pipe.h"

#define OUTPUT_MAX (256u << 20) /* bytes that a program makes of a batch: they are held in memory */

bool outside_child(const struct op_run *run, const struct op_child *child, struct buf *output,
                   struct err *err)
{
    struct child_job job = { .argv = child->argv,
                             .input = child->input,
                             .output_max = OUTPUT_MAX,
                             .patience_ms = child->patience_ms };
    struct buf said = { 0 };
    (void)run;
    bool ok = child_run(&job, output, &said, err);
    buf_free(&said);
    return ok;
}
