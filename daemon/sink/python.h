/* Values as Python's str() and repr() show them: what `print` and text files write. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "column/column.h"

/* A String as repr(): in single quotes, in double ones when it holds ' and no "; what is not printable is escaped. The bytes
 * are UTF-8; one that is not becomes U+FFFD. */
void python_put_string(struct buf *out, const char *text, size_t n);
void python_put_bytes(struct buf *out, const char *bytes, size_t n); /* b'ab\xff' */
void python_put_double(struct buf *out, double value);
/* What json.loads() makes of a Json's text, in str() or repr(); members of one name are all there. */
void python_put_json(struct buf *out, struct slice value, bool quoted);
/* str(datetime) of a time since the Unix epoch, local: 2026-11-22 15:00:10, with .500000 when it has a fraction. */
void python_put_time(struct buf *out, int64_t time_ms);
/* One row of any type: a String raw as in str(), or quoted as in repr() when it stands inside something else or `quoted` is
 * set. Options as their value, Records and Maps as dicts in the order of their fields. */
void python_put_row(struct buf *out, const struct column *column, uint32_t row, bool quoted);
