/* Joins of two streams, of one batch each: the rows of both are grouped by key, and meet at the cut. Keys come in the order of
 * their first appearance, those of the left stream before those that only the right one has; the pairs of a key by the left
 * value, then by the right one. */
#pragma once
#include "op/op.h"

extern const struct op_kind op_join, op_left_outer_join, op_right_outer_join, op_full_outer_join,
    op_cogroup;
