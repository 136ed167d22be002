/* Rows put in order at the cut: sortByKey by the key of pairs, top by an expression; what is equal stays in order of arrival.
 * top keeps little more than twice the rows that it shows. */
#pragma once
#include "op/op.h"

extern const struct op_kind op_sort_by_key, op_top;
