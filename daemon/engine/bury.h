/* What becomes of error records: they are kept, counted, or refuse the batch, as onError says. */
#pragma once
#include "engine/compute.h"

/* The piece's error records in the order of its records. */
void bury_of_piece(struct compute *compute, struct piece *piece);
/* At the cut: an error that no record stands for. */
void bury_of_result(struct compute *compute, const struct op_error *error);
