/* A list of numbers that grows. */
#pragma once
#include <stdint.h>

#include "column/column.h"

struct numbers { /* {0} is an empty list */
    uint32_t *at;
    uint32_t n, cap;
};
void numbers_add(struct numbers *numbers, uint32_t number); /* puts it last */

void numbers_sort(struct numbers *numbers, struct arena *arena); /* ascending */
/* Those of a selection, ascending, that are not in the list, ascending. */
struct sel numbers_without(const struct numbers *numbers, struct sel sel, struct arena *arena);
