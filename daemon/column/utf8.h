/* Is it UTF-8? Sixteen bytes at a time as long as they are ASCII. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

bool utf8_is_ascii(const void *bytes, size_t n); /* every byte below 0x80 */
bool utf8_is_valid(const void *bytes,
                   size_t n); /* RFC 3629: no surrogates, no longer form than needed */
