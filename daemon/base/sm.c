#include "base/sm.h"

#include <stdio.h>

#include "base/check.h"

void sm_init(struct sm *sm, const struct sm_state *states, unsigned first)
{
    *sm = (struct sm){ .states = states, .state = first };
}

void sm_move(struct sm *sm, unsigned to)
{
    if (!(sm->states[sm->state].allowed & SM_TO(to))) /* uncovered: the process ends */
        fprintf(stderr, "tidemark: no move from %s to %s\n", sm_name(sm), sm->states[to].name);
    check(sm->states[sm->state].allowed & SM_TO(to));
    sm->state = to;
}
