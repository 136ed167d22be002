/* Secrets that stand in a job or settings file as plain text: the values of password, token and the
 * like, and passwords in URLs. Goes by the words alone, so that a line that is no YAML is covered. */
#pragma once

#include "base/buf.h"

/* Appends a line of a file with each code point of its secrets replaced by a star, so that columns
 * stay what they are. References, as ${credential:NAME}, are no secrets. */
void secret_mask(struct slice line, struct buf *out);
