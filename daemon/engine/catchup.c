#include "engine/catchup.h"

#include "base/mem.h"
#include "op/memory.h"

/* The open batch holds records already, which the ticks before it must not see: they run on nodes of their own, which borrow
 * what operations remember. */

/* Would further ticks like the last one change nothing? */
static bool catchup_quiet(const struct compute *compute)
{
    const struct plan *plan = compute->conf->plan;
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        if (node_remembers(&plan->nodes[i]) &&
            !plan->nodes[i].op->kind->gather->memory->quiet(compute->nodes[i].gather[0]))
            return false;
    return true;
}

static void catchup_run(struct compute *compute, uint64_t last, uint64_t tick, int64_t time_ms)
{
    int64_t interval = (int64_t)compute->conf->spec->batch_interval_ms;
    const struct plan *plan = compute->conf->plan;
    uint64_t quiet = 0; /* ticks in a row */
    for (uint64_t at = last + 1; at < tick && quiet < plan->period; at++) {
        compute->tick = at;
        compute->batch_ms = time_ms - (int64_t)(tick - at) * interval;
        compute_cut(compute, NULL);
        quiet = !plan->by_time && catchup_quiet(compute) ? quiet + 1 : 0;
    }
}

void catchup(struct compute *compute, uint64_t last, uint64_t tick, int64_t time_ms)
{
    const struct plan *plan = compute->conf->plan;
    bool any = false;
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        any |= node_remembers(&plan->nodes[i]);
    if (!any || last + 1 >= tick)
        return;
    struct compute_node *open = compute->nodes;
    compute->nodes = nodes_open(compute->conf);
    compute->folded = true;
    nodes_move(plan, compute->nodes, open);
    catchup_run(compute, last, tick, time_ms);
    nodes_move(plan, open, compute->nodes);
    compute->folded = false;
    dead_forget(compute->dead);
    nodes_close(plan, compute->nodes);
    compute->nodes = open;
}
