/* count: one Int for each batch, 0 when it is empty. */
#pragma once
#include "op/op.h"

extern const struct op_kind op_count;
