#include "engine/outside.h"

#include "engine/compute.h"
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
    const struct op_place *at = run->ctx;
    bool ok = child_run(&job, output, &said, err);
    if (ok && !at->piece->compute->folded)
        dead_say(at->piece->compute->dead, child->place, buf_slice(&said));
    buf_free(&said);
    return ok;
}
