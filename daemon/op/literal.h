/* Values and types that stand in a job file as YAML: the first states of a job, and what type they have. */
#pragma once
#include "op/build.h"

/* "Int", "Option[String]", "(Int, {name: String})": as type_print() writes it. NULL after a finding (E206). */
const struct type *literal_type(const struct op_input *input, const struct yaml_node *node);
/* The type of a number, a text or a truth value; NULL for all else. */
const struct type *literal_scalar(const struct yaml_node *node);
/* The value as codec_put() writes it. False after a finding (E206). */
bool literal_put(const struct op_input *input, const struct type *type,
                 const struct yaml_node *node, struct buf *out);
