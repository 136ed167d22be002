/* A state machine's state with the table of its allowed moves: a move that is not in the table is a bug and ends the process. */
#pragma once

struct sm_state {
    const char *name; /* as shown in traces and logs */
    unsigned allowed; /* bits of the states that may follow */
};

struct sm {
    const struct sm_state *states;
    unsigned state;
};

#define SM_TO(state) (1u << (state))

static inline unsigned sm_state(const struct sm *sm)
{
    return sm->state;
}
static inline const char *sm_name(const struct sm *sm)
{
    return sm->states[sm->state].name;
}
/* states: a table that outlives it, one row a state. A move that the row does not allow is a bug: the process ends. */
void sm_init(struct sm *sm, const struct sm_state *states, unsigned first);
void sm_move(struct sm *sm, unsigned to);
