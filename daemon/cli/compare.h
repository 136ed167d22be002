/* The rows of a batch beside those that a test expects, and both side by side where they differ:
 *
 *     expected      actual
 *     ["a", 2]      ["a", 2]
 *     ["b", 3]    | ["b", 2]
 *                 > ["c", 1]
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/yaml.h"
#include "column/column.h"

struct compare {
    const struct yaml_node *wanted; /* a list of rows; null = none */
    const struct column *rows;      /* NULL = none */
    uint32_t n;                     /* of rows */
    bool ordered;                   /* their order counts */
};

/* Whether the rows are those that are wanted; if not, appends both, each line behind `indent` blanks. */
bool compare_rows(const struct compare *compare, unsigned indent, struct buf *out);
