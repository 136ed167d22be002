/* Numbers as text: one form for printing, toString and keys, whatever the locale. */
#pragma once
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define NUMBER_TEXT_MAX 32 /* bytes of any number's text */

/* Writes the text without a 0 behind it; returns its length. */
size_t number_put_int(int64_t value, char text[NUMBER_TEXT_MAX]);
/* As Python's repr: the fewest digits that read back as the same value, always with `.0` or an
 * exponent, which stands below 1e-4 and from 1e16 on (1e-05, 1e+16); nan, inf, -inf. */
size_t number_put_double(double value, char text[NUMBER_TEXT_MAX]);

/* The whole text as a number; false when it is none or does not fit. No blanks around it. */
bool number_get_int(struct slice text, int64_t *value);
bool number_is_whole(struct slice text); /* a sign perhaps, and digits, however many */
bool number_get_double(struct slice text, double *value); /* also inf, infinity, nan, in any case */

/* Of two Doubles the one that min() and max() take, as Scala's do: a NaN is never got rid of, -0.0 is less than 0.0. */
static inline bool number_is_least(double a, double b)
{
    return isnan(a) || a < b || (a == b && signbit(a));
}
static inline bool number_is_most(double a, double b)
{
    return isnan(a) || a > b || (a == b && !signbit(a));
}
