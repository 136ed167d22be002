/* Values of a job file's tests: what YAML says beside what an output was given. Tuples and Lists are YAML's lists, Records and
 * Maps mappings, None null, a Timestamp an ISO text, Bytes base64; numbers compare by value, Doubles within 1e-9 of the
 * greater. A value of another type is another value. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/yaml.h"
#include "column/column.h"

bool expect_equal(const struct yaml_node *node, const struct column *column, uint32_t row);
/* Both as YAML in flow form, Strings in quotes; a secret is shown as ***. */
void expect_put_node(struct buf *out, const struct yaml_node *node);
void expect_put_row(struct buf *out, const struct column *column, uint32_t row);
/* Milliseconds since the Unix epoch of 2026-11-22T15:00:10.5Z: a blank may stand for the T, ±hh:mm for the Z; seconds and what
 * is behind them may be missing, and then it is UTC. */
bool expect_time(const char *text, int64_t *time_ms);
