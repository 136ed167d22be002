/* Numbers as text, in the form that Python's repr() gives them. */
#pragma once
#include <stddef.h>

#define NUMBER_TEXT_MAX 32 /* bytes of a Double's text with its 0 */

/* The shortest digits that read back as the same number, always with `.0` or an exponent: the exponent below 1e-4 and from
 * 1e16 (`1e-05`, `1e+16`); `nan`, `inf`, `-inf`. Ended by a 0; returns the length without it. */
size_t number_double(double value, char text[NUMBER_TEXT_MAX]);
