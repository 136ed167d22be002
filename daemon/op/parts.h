/* glom: a list for each partition of a batch. repartition: as many contiguous runs of the rows as it says, one partition each;
 * of a batch without rows there are none. */
#pragma once
#include "op/op.h"

extern const struct op_kind op_glom, op_repartition;
