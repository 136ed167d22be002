/* mapWithState: the function sees each record in turn, with its key's state: it gives what goes on, if anything, and the new
 * state, or None. With a timeout it also sees, once, each key that no record touched for longer, which is then gone.
 *
 * Records of different keys do not see each other, so the j-th records of all keys are one run of the function; what goes on
 * stands in the order of the records, then of the keys that went. */
#pragma once
#include "op/op.h"

extern const struct op_kind op_map_with_state;
