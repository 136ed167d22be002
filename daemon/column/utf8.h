/* UTF-8. Is it that? Sixteen bytes at a time as long as they are ASCII. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t utf8_put(char *out, uint32_t c);          /* writes a code point: 1 to 4 bytes */
bool utf8_is_ascii(const void *bytes, size_t n); /* every byte below 0x80 */
bool utf8_is_valid(const void *bytes,
                   size_t n); /* RFC 3629: no surrogates, no longer form than needed */
