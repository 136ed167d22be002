/* What updateStateByKey and mapWithState share: a state by key, whose type is found out when the job is checked. */
#pragma once
#include "op/op.h"

struct remember {              /* op->more */
    const struct type *values; /* List[V]: what updateStateByKey sees of a batch */
    const struct type *value;  /* Option[V]: what mapWithState sees of a record */
    uint64_t timeout_ms;       /* 0 = none */
    const struct type *option; /* Option[S] */
    struct column initial;     /* pairs: the states before the first batch */
};

/* Finds the type of the state and sets op->memory, op->more, op->pair (of key and state) and op->program. The program's
 * parameters: (values, state), or when is_map (key, value, state); it gives a state, or (out, state), as Options. */
bool remember_build(struct op *op, const struct op_input *input, bool is_map);
