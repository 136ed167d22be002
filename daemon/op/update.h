/* updateStateByKey: in every batch the function sees every key of the batch or of the state, with its values of this batch and
 * its state; what it gives is the new state, and the whole state is what goes on, in the order in which keys came in.
 *
 * A function that gave a key without values the state that it had will do so again, until the key gets values: it is not asked.
 * So a batch costs what comes, not what there is; but for a function that looks at batchTime. */
#pragma once
#include "op/op.h"

extern const struct op_kind op_update_state_by_key;
