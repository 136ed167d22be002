/* What the nodes of a plan hold of the open batch, and of those before. */
#pragma once
#include "engine/engine.h"
#include "engine/plan.h"
#include "op/collect.h"
#include "op/gather.h"

struct compute_node {        /* what a node of the plan holds */
    struct gather **gather;  /* GATHER: one for each lane; else NULL */
    struct collect *collect; /* OUTPUT: the same */
};

/* As many as the plan has, empty. */
struct compute_node *nodes_open(const struct engine_conf *conf);
bool node_remembers(const struct plan_node *node); /* from batch to batch */
/* What operations remember; in `to` there is nothing so far. */
void nodes_move(const struct plan *plan, struct compute_node *to, struct compute_node *from);
void nodes_close(const struct plan *plan, struct compute_node *nodes);
