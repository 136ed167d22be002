#include "column/time_text.h"

#include <string.h>

#include "base/list.h"

#define DAY_MS 86400000
#define TEXT_MAX 1000 /* bytes that a pattern may make */

struct civil { /* a moment in the proleptic Gregorian calendar */
    int64_t year;
    uint32_t month, day; /* from 1 */
    uint32_t year_day;   /* from 1 */
    uint32_t week_day;   /* 0 is Sunday */
    uint32_t hour, minute, second, ms;
};

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t day_of_year(const struct civil *civil)
{
    static const uint16_t before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    return before[civil->month - 1] + civil->day + (civil->month > 2 && is_leap(civil->year));
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01 → year, month, day: Howard Hinnant's civil_from_days, in which years begin
 * in March and an era has 400 of them. */
static struct civil civil_of(int64_t time_ms)
{
    int64_t days = floor_div(time_ms, DAY_MS), left = time_ms % DAY_MS;
    uint32_t ms = (uint32_t)(left < 0 ? left + DAY_MS : left);
    int64_t z = days + 719468, era = floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    struct civil civil = { .year = yoe + era * 400 + (mp >= 10),
                           .month = (uint32_t)(mp < 10 ? mp + 3 : mp - 9),
                           .day = (uint32_t)(doy - (153 * mp + 2) / 5 + 1),
                           .week_day = (uint32_t)(days - 7 * floor_div(days + 4, 7) + 4),
                           .hour = ms / 3600000,
                           .minute = ms / 60000 % 60,
                           .second = ms / 1000 % 60,
                           .ms = ms % 1000 };
    civil.year_day = day_of_year(&civil);
    return civil;
}

static size_t put_number(char *to, int64_t value, uint32_t digits)
{
    char text[NUMBER_TEXT_MAX];
    size_t n = number_put_int(value < 0 ? -value : value, text), len = 0;
    if (value < 0)
        to[len++] = '-';
    for (size_t i = n; i < digits; i++)
        to[len++] = '0';
    memcpy(to + len, text, n);
    return len + n;
}

static size_t put_after(char *to, char mark, uint32_t value, uint32_t digits)
{
    *to = mark;
    return 1 + put_number(to + 1, value, digits);
}

size_t time_put(int64_t ms, char text[NUMBER_TEXT_MAX])
{
    struct civil civil = civil_of(ms);
    size_t n = put_number(text, civil.year, 4);
    n += put_after(text + n, '-', civil.month, 2);
    n += put_after(text + n, '-', civil.day, 2);
    n += put_after(text + n, 'T', civil.hour, 2);
    n += put_after(text + n, ':', civil.minute, 2);
    n += put_after(text + n, ':', civil.second, 2);
    if (civil.ms)
        n += put_after(text + n, '.', civil.ms, 3);
    text[n] = 'Z';
    return n + 1;
}

/* ---- patterns */

#define PART_MAX 24 /* bytes that one letter can make */

struct part {
    char letter; /* 0: text */
    uint32_t n;  /* how many of the letter */
    struct slice text;
};

struct time_pattern {
    const struct part *part;
    uint32_t n;
    size_t most; /* bytes that it can make */
};

static const struct {
    char letter;
    uint8_t most;
} letters[] = { { 'y', 4 }, { 'M', 4 }, { 'd', 2 }, { 'H', 2 }, { 'h', 2 }, { 'm', 2 },
                { 's', 2 }, { 'S', 3 }, { 'a', 1 }, { 'E', 4 }, { 'D', 3 } };

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *wrong(const struct part *part)
{
    uint32_t most = 0;
    for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
        if (letters[i].letter == part->letter)
            most = letters[i].most;
    if (most && part->n <= most && (part->letter != 'y' || part->n != 3))
        return NULL;
    if (part->letter == 'Y')
        return "the year is yyyy";
    return most ? "too many of this letter" : "this letter has no meaning; text stands in '…'";
}

/* '…' behind its first quote, '' in it is one; NULL when it is not closed. */
static const char *quoted(const char *at, const char *end, char *to, struct slice *text)
{
    text->ptr = to;
    for (; at < end; at++) {
        if (*at == '\'') {
            if (at + 1 == end || at[1] != '\'') {
                text->len = (size_t)(to - (const char *)text->ptr);
                return at + 1;
            }
            at++;
        }
        *to++ = *at;
    }
    return NULL;
}

static const char *read_part(const char *at, const char *end, char *copy, struct part *part)
{
    const char *from = at;
    *part = (struct part){ .n = 1, .text = { at, 1 } };
    if (*at == '\'' && at + 1 < end && at[1] == '\'')
        return at + 2;
    if (*at == '\'')
        return quoted(at + 1, end, copy, &part->text);
    if (!is_letter(*at))
        return at + 1;
    while (at < end && *at == *from)
        at++;
    part->letter = *from;
    part->n = (uint32_t)(at - from);
    return at;
}

const struct time_pattern *time_pattern_new(struct arena *arena, struct slice pattern, uint32_t *at,
                                            const char **why)
{
    struct time_pattern *whole = arena_zalloc(arena, sizeof *whole);
    struct part *part = arena_alloc(arena, (pattern.len + 1) * sizeof *part);
    char *copy = arena_alloc(arena, pattern.len + 1);
    const char *from = memcpy(arena_alloc(arena, pattern.len + 1), pattern.ptr, pattern.len);
    const char *end = from + pattern.len;
    for (const char *next = from, *now; next < end; whole->n++) {
        now = next;
        next = read_part(now, end, copy, &part[whole->n]);
        *why = !next                   ? "this quote is not closed"
               : part[whole->n].letter ? wrong(&part[whole->n])
                                       : NULL;
        *at = (uint32_t)(now - from);
        if (*why)
            return NULL;
        copy += next - now;
        whole->most += part[whole->n].letter ? PART_MAX : part[whole->n].text.len;
    }
    whole->part = part;
    *at = 0;
    *why = "it is too long";
    return whole->most <= TEXT_MAX ? whole : NULL;
}

static size_t put_name(char *to, const char *name, uint32_t n)
{
    size_t len = n < 4 ? 3 : strlen(name);
    memcpy(to, name, len);
    return len;
}

static size_t put_year(char *to, int64_t year, uint32_t n)
{
    return n == 2 ? put_number(to, (year % 100 + 100) % 100, 2) : put_number(to, year, n);
}

static size_t put_letter(char *to, const struct part *part, const struct civil *civil)
{
    static const char *const months[] = { "January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December" };
    static const char *const days[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday" };
    static const uint32_t divide[] = { 1, 100, 10, 1 };
    switch (part->letter) {
        case 'y':
            return put_year(to, civil->year, part->n);
        case 'M':
            return part->n > 2 ? put_name(to, months[civil->month - 1], part->n)
                               : put_number(to, civil->month, part->n);
        case 'E':
            return put_name(to, days[civil->week_day], part->n);
        case 'a':
            return put_name(to, civil->hour < 12 ? "AM" : "PM", 4);
        case 'h':
            return put_number(to, (civil->hour + 11) % 12 + 1, part->n);
        case 'S':
            return put_number(to, civil->ms / divide[part->n], part->n);
        default:
            return put_number(to,
                              part->letter == 'd'   ? civil->day
                              : part->letter == 'D' ? civil->year_day
                              : part->letter == 'H' ? civil->hour
                              : part->letter == 'm' ? civil->minute
                                                    : civil->second,
                              part->n);
    }
}

static void format(struct call *call, uint32_t row)
{
    const struct time_pattern *pattern = call->data;
    const struct column *in = call->in[0];
    struct civil civil = civil_of(in->i64[column_row(in, row)]);
    char *out = arena_alloc(call->arena, pattern->most), *to = out;
    for (uint32_t i = 0; i < pattern->n; i++) {
        const struct part *part = &pattern->part[i];
        if (part->letter) {
            to += put_letter(to, part, &civil);
            continue;
        }
        memcpy(to, part->text.ptr, part->text.len);
        to += part->text.len;
    }
    call->out->ptr[row] = out;
    call->out->len[row] = (uint32_t)(to - out);
}

void kernel_time_format(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, format(call, row););
}
