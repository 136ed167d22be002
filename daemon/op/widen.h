/* What was stored as one type read as another, by the rules for state: the same type, Int as Double, T as Option[T], a record
 * with further optional fields, and members by these rules. Equal types may be different objects here. */
#pragma once
#include <stdbool.h>

#include "column/column.h"

/* May what was stored as `from` be read as `to`? */
bool widen_fits(const struct type *from, const struct type *to);
void widen(struct arena *arena, const struct column *column, const struct type *to,
           struct column *out); /* only when it fits */
