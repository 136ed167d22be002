#include "base/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 17 /* enough for every double to read back (IEEE 754) */

struct decimal { /* 0.d1d2d3… × 10^point */
    char digit[DIGITS_MAX + 1];
    int n, point;
};

static void decimal_of(double value, int n, struct decimal *out)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", n - 1, value); /* d.ddde±xx, rounded to nearest */
    out->digit[0] = text[0];
    memcpy(out->digit + 1, text + 2, (size_t)(n - 1)); /* behind the point, none when n is 1 */
    out->digit[n] = 0;
    out->n = n;
    out->point = atoi(strchr(text, 'e') + 1) + 1;
}

static bool decimal_is(const struct decimal *decimal, double value)
{
    char text[40];
    snprintf(text, sizeof text, "0.%se%d", decimal->digit, decimal->point);
    return strtod(text, NULL) == value;
}

/* The next one away from 0 with as many digits. */
static void decimal_up(struct decimal *decimal)
{
    int i = decimal->n - 1;
    while (i >= 0 && decimal->digit[i] == '9')
        decimal->digit[i--] = '0';
    if (i >= 0) {
        decimal->digit[i]++;
        return;
    }
    decimal->digit[0] = '1';
    decimal->point++;
}

/* The nearest decimal of n digits is tried first. At a power of two the numbers that read back reach twice as far up as down,
 * so there the nearest may fail where the next one up does not. */
static void decimal_shortest(double value, struct decimal *out)
{
    for (int n = 1; n < DIGITS_MAX; n++) {
        decimal_of(value, n, out);
        if (decimal_is(out, value))
            return;
        decimal_up(out);
        if (decimal_is(out, value))
            return;
    }
    decimal_of(value, DIGITS_MAX, out);
}

static size_t put_exponent(const struct decimal *decimal, char *text)
{
    const char *dot = decimal->n > 1 ? "." : "";
    return (size_t)snprintf(text, NUMBER_TEXT_MAX - 1, "%c%s%se%+03d", decimal->digit[0], dot,
                            decimal->digit + 1, decimal->point - 1);
}

static size_t put_plain(const struct decimal *decimal, char *text)
{
    static const char zeros[] = "0000000000000000"; /* point is -3 … 16 */
    int whole = decimal->point < decimal->n ? decimal->point : decimal->n;
    size_t size = NUMBER_TEXT_MAX - 1;
    if (decimal->point <= 0)
        return (size_t)snprintf(text, size, "0.%.*s%s", -decimal->point, zeros, decimal->digit);
    if (decimal->point < decimal->n)
        return (size_t)snprintf(text, size, "%.*s.%s", whole, decimal->digit,
                                decimal->digit + whole);
    return (size_t)snprintf(text, size, "%s%.*s.0", decimal->digit, decimal->point - whole, zeros);
}

size_t number_double(double value, char text[NUMBER_TEXT_MAX])
{
    struct decimal decimal;
    size_t sign = signbit(value) && !isnan(value);
    if (sign)
        text[0] = '-';
    value = fabs(value);
    if (isnan(value) || isinf(value) || value == 0) {
        strcpy(text + sign, isnan(value) ? "nan" : isinf(value) ? "inf" : "0.0");
        return sign + 3;
    }
    decimal_shortest(value, &decimal);
    if (decimal.point < -3 || decimal.point > 16)
        return sign + put_exponent(&decimal, text + sign);
    return sign + put_plain(&decimal, text + sign);
}
