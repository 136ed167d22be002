/* Which characters Python shows as they are, and which it escapes. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

bool printable(uint32_t code_point); /* str.isprintable() of Unicode 14 */
