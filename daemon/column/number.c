#include "column/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

size_t number_put_int(int64_t value, char text[NUMBER_TEXT_MAX])
{
    char digits[NUMBER_TEXT_MAX], *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--at = '-';
    size_t n = (size_t)(digits + sizeof digits - at);
    memcpy(text, at, n);
    return n;
}

#define PRECISION_SAFE \
    14 /* digits behind the first that any normal number of so many digits survives … */
#define PRECISION_MAX 16 /* … and that tell any two numbers apart (IEEE 754) */

/* The next decimal away from 0 of as many digits; text is `d.ddde±xx`. */
static void decimal_up(char *text)
{
    char *at = strchr(text, 'e') - 1;
    while (at > text && (*at == '9' || *at == '.')) {
        if (*at == '9')
            *at = '0';
        at--;
    }
    if (*at != '9') /* 9.99…: at most one digit too many then, never a wrong one */
        ++*at;
}

/* value with the fewest digits that read back as it. The nearest decimal is tried first; at a power of two the numbers that
 * read back reach twice as far up as down, so there the next one up may do where the nearest does not. Below the normal
 * numbers few digits are enough. */
static void shortest_text(double value, char text[NUMBER_TEXT_MAX])
{
    for (int precision = isnormal(value) ? PRECISION_SAFE : 0; precision < PRECISION_MAX;
         precision++) {
        snprintf(text, NUMBER_TEXT_MAX, "%.*e", precision, value);
        if (strtod(text, NULL) == value)
            return;
        decimal_up(text);
        if (strtod(text, NULL) == value)
            return;
    }
    snprintf(text, NUMBER_TEXT_MAX, "%.*e", PRECISION_MAX, value);
}

/* The fewest significant digits that read back as value, without sign and point; *exponent is that
 * of the first digit. */
static size_t shortest(double value, char digits[NUMBER_TEXT_MAX], int *exponent)
{
    char text[NUMBER_TEXT_MAX];
    shortest_text(value, text);
    char *e = strchr(text, 'e');
    *exponent = atoi(e + 1);
    size_t n = 0;
    for (const char *at = text; at < e; at++)
        if (*at != '.')
            digits[n++] = *at;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    return n;
}

static size_t put_plain(const char *digits, size_t n, int exponent, char *text)
{
    size_t len = 0;
    if (exponent < 0)
        text[len++] = '0';
    for (int i = 0; i <= exponent; i++)
        text[len++] = (size_t)i < n ? digits[i] : '0';
    text[len++] = '.';
    for (int i = exponent + 1; i < 0; i++)
        text[len++] = '0';
    size_t from = exponent < 0 ? 0 : (size_t)exponent + 1;
    if (from >= n)
        text[len++] = '0';
    for (size_t i = from; i < n; i++)
        text[len++] = digits[i];
    return len;
}

size_t number_put_double(double value, char text[NUMBER_TEXT_MAX])
{
    if (isnan(value) || isinf(value)) {
        const char *name = isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
        memcpy(text, name, strlen(name));
        return strlen(name);
    }
    char digits[NUMBER_TEXT_MAX];
    int exponent;
    size_t n = shortest(fabs(value), digits, &exponent), len = 0;
    if (signbit(value))
        text[len++] = '-';
    if (exponent >= -4 && exponent < 16)
        return len + put_plain(digits, n, exponent, text + len);
    text[len++] = digits[0];
    if (n > 1)
        text[len++] = '.';
    memcpy(text + len, digits + 1, n - 1);
    len += n - 1;
    char tail[NUMBER_TEXT_MAX];
    snprintf(tail, sizeof tail, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
    memcpy(text + len, tail, strlen(tail));
    return len + strlen(tail);
}

bool number_get_int(struct slice text, int64_t *value)
{
    const char *at = text.ptr, *end = at + text.len;
    bool minus = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return false;
    int64_t sum = 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        int digit = minus ? '0' - *at : *at - '0';
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    *value = sum;
    return true;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

bool number_is_whole(struct slice text)
{
    const char *at = text.ptr, *end = at + text.len;
    at += at < end && (*at == '-' || *at == '+');
    return at < end && skip_digits(at, end) == end;
}

/* digits, point and exponent: at least one digit, nothing behind them */
static bool is_decimal(const char *at, const char *end)
{
    const char *whole = skip_digits(at, end);
    bool digits = whole > at;
    if (whole < end && *whole == '.') {
        const char *fraction = skip_digits(whole + 1, end);
        digits |= fraction > whole + 1;
        whole = fraction;
    }
    if (!digits || whole == end)
        return digits;
    if (*whole != 'e' && *whole != 'E')
        return false;
    whole++;
    if (whole < end && (*whole == '+' || *whole == '-'))
        whole++;
    return whole < end && skip_digits(whole, end) == end;
}

static bool get_special(const char *at, size_t n, double *value)
{
    if ((n == 3 && strncasecmp(at, "inf", 3) == 0) ||
        (n == 8 && strncasecmp(at, "infinity", 8) == 0))
        *value = HUGE_VAL;
    else if (n == 3 && strncasecmp(at, "nan", 3) == 0)
        *value = (double)NAN;
    else
        return false;
    return true;
}

bool number_get_double(struct slice text, double *value)
{
    const char *at = text.ptr, *end = at + text.len;
    bool minus = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    double number;
    if (is_decimal(at, end)) {
        char small[64]; /* strtod() wants a 0 behind it */
        size_t n = (size_t)(end - at);
        char *copy = n < sizeof small ? memcpy(small, at, n) : mem_strndup(at, n);
        copy[n] = 0;
        number = strtod(copy, NULL);
        if (copy != small)
            mem_free(copy);
    } else if (!get_special(at, (size_t)(end - at), &number)) {
        return false;
    }
    *value = minus ? -number : number;
    return true;
}
