/* map, flatMap, filter, mapValues, flatMapValues: rows become rows of the same chunk, in their order. */
#pragma once
#include "op/op.h"

extern const struct op_kind op_map, op_flat_map, op_filter, op_map_values, op_flat_map_values;
