/* What operations may ask of the world outside. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "op/op.h"

/* Of struct op_run. It blocks: the program's patience bounds it. */
bool outside_child(const struct op_run *run, const struct op_child *child, struct buf *output,
                   struct err *err);
