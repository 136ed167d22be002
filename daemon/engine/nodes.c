#include "engine/nodes.h"

#include "base/mem.h"
#include "op/memory.h"
#include "op/op.h"
#include "sink/sink.h"

struct compute_node *nodes_open(const struct engine_conf *conf)
{
    const struct plan *plan = conf->plan;
    struct compute_node *nodes = mem_zalloc(plan->n_nodes * sizeof *nodes);
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *node = &plan->nodes[i];
        struct compute_node *holds = &nodes[i];
        if (node->kind == PLAN_GATHER)
            holds->gather = mem_alloc(node->lanes * sizeof(struct gather *));
        if (node->kind == PLAN_OUTPUT)
            holds->collect = mem_zalloc(node->lanes * sizeof *holds->collect);
        for (uint32_t lane = 0; lane < node->lanes; lane++) {
            const struct job_output *output = &conf->spec->outputs[node->index];
            if (node->kind == PLAN_GATHER)
                holds->gather[lane] = node->op->kind->gather->open(node->op, conf->hash_seed);
            else if (node->kind == PLAN_OUTPUT)
                holds->collect[lane].max =
                    conf->rows ? UINT64_MAX : sink_find(output->kind)->rows_max(output);
        }
    }
    return nodes;
}

bool node_remembers(const struct plan_node *node)
{
    return node->kind == PLAN_GATHER && node->op->kind->gather->memory;
}

void nodes_move(const struct plan *plan, struct compute_node *to, struct compute_node *from)
{
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        if (node_remembers(&plan->nodes[i]))
            plan->nodes[i].op->kind->gather->memory->move(to[i].gather[0], from[i].gather[0]);
}

void nodes_close(const struct plan *plan, struct compute_node *nodes)
{
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *node = &plan->nodes[i];
        for (uint32_t lane = 0; lane < node->lanes; lane++) {
            if (node->kind == PLAN_GATHER)
                node->op->kind->gather->free(nodes[i].gather[lane]);
            else if (node->kind == PLAN_OUTPUT)
                collect_free(&nodes[i].collect[lane]);
        }
        mem_free(nodes[i].gather);
        mem_free(nodes[i].collect);
    }
    mem_free(nodes);
}
