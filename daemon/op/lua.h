/* lua: a record through a function of the user's, for what the expressions cannot say. */
#pragma once
#include "op/op.h"

extern const struct op_kind op_lua;
