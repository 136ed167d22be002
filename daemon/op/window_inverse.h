/* The step of a window with an inverse function from its last firing to this one. */
#pragma once
#include "op/window_fold.h"

/* For each key of the batches that left the window or came into it: its value, if it has one, without what left, then with
 * what came; a key without a value begins with what came, if anything. Then the filter decides whether it stays. A key whose
 * functions fail keeps its value and stands in folded->failed. */
void window_inverse(struct folded *folded, const struct op_run *run);
