/* Upper and lower case of single code points: Unicode 14's simple mappings, the same everywhere and
 * whatever the locale. What has no counterpart of one code point stays as it is (ß). */
#pragma once
#include <stdint.h>

uint32_t letter_lower(uint32_t c); /* c itself when it has none */
uint32_t letter_upper(uint32_t c);
