#include "spec/units.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/list.h"

struct unit {
    const char *name;
    uint64_t of; /* ms or bytes */
};
static const struct unit durations[] = {
    { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 }, { NULL, 0 },
};
static const struct unit sizes[] = {
    { "B", 1 },
    { "KiB", 1ull << 10 },
    { "MiB", 1ull << 20 },
    { "GiB", 1ull << 30 },
    { "TiB", 1ull << 40 },
    { NULL, 0 },
};

static const struct {
    const char *word, *unit;
    bool is_size;
} meant[] = {
    { "msec", "ms", false },   { "millis", "ms", false }, { "milliseconds", "ms", false },
    { "sec", "s", false },     { "secs", "s", false },    { "second", "s", false },
    { "seconds", "s", false }, { "min", "m", false },     { "mins", "m", false },
    { "minute", "m", false },  { "minutes", "m", false }, { "hr", "h", false },
    { "hour", "h", false },    { "hours", "h", false },   { "day", "d", false },
    { "days", "d", false },    { "b", "B", true },        { "byte", "B", true },
    { "bytes", "B", true },    { "k", "KiB", true },      { "kb", "KiB", true },
    { "kib", "KiB", true },    { "m", "MiB", true },      { "mb", "MiB", true },
    { "mib", "MiB", true },    { "g", "GiB", true },      { "gb", "GiB", true },
    { "gib", "GiB", true },    { "t", "TiB", true },      { "tb", "TiB", true },
    { "tib", "TiB", true },
};

/* Digits at the front of a text; false when there are none. What no u64 holds becomes its maximum. */
static bool take_number(const char **text, uint64_t *number)
{
    const char *at = *text;
    *number = 0;
    for (; isdigit((unsigned char)*at); at++)
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(*at - '0'), number))
            *number = UINT64_MAX;
    bool some = at > *text;
    *text = at;
    return some;
}

static bool is_word(const char *text)
{
    for (; *text; text++)
        if (!isalpha((unsigned char)*text))
            return false;
    return true;
}

static enum units_answer measure(const char *text, const struct unit *units, uint64_t most,
                                 uint64_t *out)
{
    uint64_t number;
    bool negative = *text == '-' && isdigit((unsigned char)text[1]);
    text += negative;
    if (!take_number(&text, &number))
        return UNITS_FORM;
    if (!*text)
        return negative ? UNITS_RANGE : UNITS_MISSING;
    while (units->name && strcmp(units->name, text) != 0)
        units++;
    if (!units->name)
        return is_word(text) ? UNITS_UNKNOWN : UNITS_FORM;
    uint64_t value;
    if (negative || __builtin_mul_overflow(number, units->of, &value) || value > most)
        return UNITS_RANGE;
    *out = value;
    return UNITS_OK;
}

enum units_answer units_duration(const char *text, uint64_t *ms)
{
    return measure(text, durations, UNITS_DURATION_MAX, ms);
}

enum units_answer units_size(const char *text, uint64_t *bytes)
{
    return measure(text, sizes, UNITS_SIZE_MAX, bytes);
}

enum units_answer units_share(const char *text, double *share)
{
    size_t whole = strspn(text + (*text == '-'), "0123456789");
    size_t n = whole + (size_t)(*text == '-');
    if (!whole)
        return UNITS_FORM;
    if (text[n] == '.')
        n += 1 + strspn(text + n + 1, "0123456789");
    if (!text[n])
        return UNITS_MISSING;
    if (strcmp(text + n, "%") != 0)
        return UNITS_FORM;
    double percent = strtod(text, NULL);
    if (percent < 0 || percent > 100)
        return UNITS_RANGE;
    *share = percent / 100;
    return UNITS_OK;
}

const char *units_meant(const char *word, bool is_size)
{
    for (size_t i = 0; i < ARRAY_SIZE(meant); i++)
        if (meant[i].is_size == is_size && strcasecmp(meant[i].word, word) == 0)
            return meant[i].unit;
    const struct unit *unit = is_size ? sizes : durations;
    for (; unit->name; unit++)
        if (strcasecmp(unit->name, word) == 0)
            return unit->name;
    return NULL;
}

/* In the largest unit that leaves a whole number of both. */
static void put(uint64_t value, uint64_t like, const struct unit *units, const struct unit *zero,
                struct buf *out)
{
    const struct unit *best = value ? units : zero;
    for (const struct unit *unit = units; value && unit->name; unit++)
        if (value % unit->of == 0 && like % unit->of == 0)
            best = unit;
    buf_printf(out, "%llu%s", (unsigned long long)(value / best->of), best->name);
}

void units_put_duration(uint64_t ms, struct buf *out)
{
    put(ms, ms, durations, &durations[1], out);
}

void units_put_duration_like(uint64_t ms, uint64_t like_ms, struct buf *out)
{
    put(ms, like_ms, durations, &durations[1], out);
}

void units_put_size(uint64_t bytes, struct buf *out)
{
    put(bytes, bytes, sizes, &sizes[0], out);
}

bool units_spark_duration(const char *text, uint64_t bare_ms, int64_t *ms)
{
    static const struct unit suffixes[] = { { "ms", 1 },      { "s", 1000 },    { "m", 60000 },
                                            { "min", 60000 }, { "h", 3600000 }, { "d", 86400000 },
                                            { NULL, 0 } };
    uint64_t number, of = bare_ms;
    text += strspn(text, " \t\r\n");
    bool negative = *text == '-';
    text += negative;
    if (!take_number(&text, &number))
        return false;
    char word[8];
    size_t n = strcspn(text, " \t\r\n");
    if (n >= sizeof word || text[n + strspn(text + n, " \t\r\n")])
        return false;
    memcpy(word, text, n);
    word[n] = 0;
    if (strcasecmp(word, "us") == 0) {
        number /= 1000;
        of = 1;
    } else if (n) {
        const struct unit *unit = suffixes;
        while (unit->name && strcasecmp(unit->name, word) != 0)
            unit++;
        of = unit->of;
    }
    uint64_t value;
    if (!of || __builtin_mul_overflow(number, of, &value) || value > INT64_MAX)
        return false;
    *ms = negative ? -(int64_t)value : (int64_t)value;
    return true;
}
