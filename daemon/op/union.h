/* union: the rows of this stream, then those of the others, in the order of the file. */
#pragma once
#include "op/op.h"

extern const struct op_kind op_union;
