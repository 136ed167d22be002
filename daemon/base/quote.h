/* A text in double quotes with JSON's escapes, as log lines, reports and JSON answers show it. */
#pragma once
#include <stddef.h>

#include "base/buf.h"

/* Appends "text", quotes included: `"`, `\` and control characters escaped, bytes that are not
 * UTF-8 as U+FFFD. */
void quote_put(struct buf *buf, const char *text, size_t n);
/* Reads the quoted text that begins at `at` into out (size bytes with its 0). Returns the bytes it
 * took, quotes included; 0, and out is untouched or cut, when it is not closed within n bytes, does
 * not fit, holds a 0, is not UTF-8, or has an escape that quote_put() does not write. */
size_t quote_get(const char *at, size_t n, char *out, size_t size);
/* Bytes of the UTF-8 character at `at` (RFC 3629: shortest form, no surrogates); 0 when there is
 * none within n bytes, at least 1. */
size_t quote_utf8(const char *at, size_t n);
/* The most bytes of text, at most `most` of them, that end with a whole character. */
size_t quote_cut(const char *text, size_t n, size_t most);
