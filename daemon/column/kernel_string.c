#include <string.h>

#include "base/scan.h"
#include "column/kernel.h"
#include "column/letter.h"
#include "column/number.h"
#include "column/time_text.h"
#include "column/utf8.h"

static struct slice in_slice(const struct call *call, uint32_t i, uint32_t row)
{
    return column_slice(call->in[i], row);
}

static int64_t in_int(const struct call *call, uint32_t i, uint32_t row)
{
    return call->in[i]->i64[column_row(call->in[i], row)];
}

static void set(struct call *call, uint32_t row, const char *ptr, size_t len)
{
    call->out->ptr[row] = ptr;
    call->out->len[row] = (uint32_t)len;
}

/* Room for n bytes of a row's result; NULL, and the row has failed, when that is too much. */
static char *room(struct call *call, uint32_t row, uint64_t n)
{
    if (n <= STRING_MAX && kernel_fits(call, n))
        return arena_alloc(call->arena, n);
    kernel_fail(call, row, FAULT_LARGE);
    set(call, row, "", 0);
    return NULL;
}

/* ---- case */

static bool map_ascii(const char *from, size_t n, char *out, bool upper)
{
    const char first = upper ? 'a' : 'A';
    char high = 0;
    for (size_t i = 0; i < n; i++) {
        char c = from[i];
        high |= c;
        out[i] = (char)(c ^ ((uint8_t)(c - first) < 26 ? 0x20 : 0));
    }
    return !(high & (char)0x80);
}

static void map_case(struct call *call, uint32_t row, bool upper)
{
    struct slice in = in_slice(call, 0, row);
    char *out = room(call, row, in.len + in.len / 2); /* 2 bytes may become 3 */
    if (!out)
        return;
    if (map_ascii(in.ptr, in.len, out, upper)) {
        set(call, row, out, in.len);
        return;
    }
    size_t n = 0;
    const uint8_t *at = in.ptr, *end = at + in.len;
    while (at < end) {
        uint32_t c = *at;
        size_t bytes = scan_utf8(at, end, &c);
        at +=
            bytes ? bytes : 1; /* uncovered: a String is UTF-8; were it not, this would still end */
        n += utf8_put(out + n, upper ? letter_upper(c) : letter_lower(c));
    }
    set(call, row, out, n);
}

void kernel_lower(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, map_case(call, row, false););
}

void kernel_upper(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, map_case(call, row, true););
}

static void trim(struct call *call, uint32_t row)
{
    struct slice in = in_slice(call, 0, row);
    const char *from = in.ptr, *to = from + in.len;
    while (from < to && (uint8_t)*from <= ' ')
        from++;
    while (to > from && (uint8_t)to[-1] <= ' ')
        to--;
    set(call, row, from, (size_t)(to - from));
}

void kernel_trim(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, trim(call, row););
}

/* ---- code points: every byte but those that continue one begins one */

static int64_t points(const char *at, size_t n)
{
    int64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (at[i] & 0xc0) != 0x80;
    return count;
}

void kernel_length(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, const struct slice in = in_slice(call, 0, row);
         call->out->i64[row] = points(in.ptr, in.len););
}

static void index_of(struct call *call, uint32_t row)
{
    struct slice in = in_slice(call, 0, row), what = in_slice(call, 1, row);
    const char *found = memmem(in.ptr, in.len, what.ptr, what.len);
    call->out->i64[row] = found ? points(in.ptr, (size_t)(found - (const char *)in.ptr)) : -1;
}

void kernel_index_of(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, index_of(call, row););
}

/* The byte at which code point i begins, at the end the length; SIZE_MAX when there is none. */
static size_t point_byte(const char *at, size_t from, size_t n, int64_t i)
{
    for (; from < n; from++)
        if ((at[from] & 0xc0) != 0x80 && i-- == 0)
            return from;
    return i == 0 ? n : SIZE_MAX;
}

static void substring(struct call *call, uint32_t row)
{
    struct slice in = in_slice(call, 0, row);
    int64_t first = in_int(call, 1, row);
    size_t from = first < 0 ? SIZE_MAX : point_byte(in.ptr, 0, in.len, first), to = in.len;
    if (call->n_in == 3 && from != SIZE_MAX) {
        int64_t last = in_int(call, 2, row);
        to = last < first ? SIZE_MAX : point_byte(in.ptr, from, in.len, last - first);
    }
    bool good = from != SIZE_MAX && to != SIZE_MAX;
    if (!good)
        kernel_fail(call, row, FAULT_RANGE);
    set(call, row, good ? (const char *)in.ptr + from : "", good ? to - from : 0);
}

void kernel_substring(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, substring(call, row););
}

/* ---- parts */

static bool starts(struct slice in, struct slice what)
{
    return in.len >= what.len && memcmp(in.ptr, what.ptr, what.len) == 0;
}

void kernel_starts(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, call->out->b8[row] = starts(in_slice(call, 0, row), in_slice(call, 1, row)););
}

static bool ends(struct slice in, struct slice what)
{
    if (in.len < what.len)
        return false;
    return memcmp((const char *)in.ptr + in.len - what.len, what.ptr, what.len) == 0;
}

void kernel_ends(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, call->out->b8[row] = ends(in_slice(call, 0, row), in_slice(call, 1, row)););
}

static bool has(struct slice in, struct slice what)
{
    return memmem(in.ptr, in.len, what.ptr, what.len) != NULL;
}

void kernel_has(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, call->out->b8[row] = has(in_slice(call, 0, row), in_slice(call, 1, row)););
}

/* ---- new strings */

static char *put(char *at, struct slice bytes)
{
    memcpy(at, bytes.ptr, bytes.len);
    return at + bytes.len;
}

static void join(struct call *call, uint32_t row)
{
    struct slice a = in_slice(call, 0, row), b = in_slice(call, 1, row);
    char *out = room(call, row, (uint64_t)a.len + b.len);
    if (!out)
        return;
    put(put(out, a), b);
    set(call, row, out, a.len + b.len);
}

void kernel_join(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, join(call, row););
}

/* "" stands in front of every code point and at the end */
static const char *next_match(const char *at, const char *end, struct slice what)
{
    if (what.len)
        return memmem(at, (size_t)(end - at), what.ptr, what.len);
    while (at < end && (*at & 0xc0) == 0x80)
        at++;
    return at;
}

static uint64_t replaced_len(struct slice in, struct slice what, struct slice by)
{
    uint64_t n = in.len;
    if (!what.len)
        return n + (uint64_t)(points(in.ptr, in.len) + 1) * by.len;
    const char *at = in.ptr, *end = at + in.len;
    while ((at = next_match(at, end, what)) != NULL) {
        n += by.len;
        n -= what.len;
        at += what.len;
    }
    return n;
}

static void replace(struct call *call, uint32_t row)
{
    struct slice in = in_slice(call, 0, row), what = in_slice(call, 1, row),
                 by = in_slice(call, 2, row);
    const char *at = in.ptr, *end = at + in.len, *found = next_match(at, end, what);
    if (!found) {
        set(call, row, in.ptr, in.len);
        return;
    }
    char *out = room(call, row, replaced_len(in, what, by)), *to = out;
    if (!out)
        return;
    while (found) {
        to = put(put(to, (struct slice){ at, (size_t)(found - at) }), by);
        at = found + what.len;
        if (!what.len && found == end)
            break;
        found = next_match(at + !what.len, end, what);
    }
    to = put(to, (struct slice){ at, (size_t)(end - at) });
    set(call, row, out, (size_t)(to - out));
}

void kernel_replace(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, replace(call, row););
}

/* ---- numbers */

static void to_int(struct call *call, uint32_t row)
{
    struct slice text = in_slice(call, 0, row);
    call->out->i64[row] = 0;
    if (!number_get_int(text, &call->out->i64[row]))
        kernel_fail(call, row, number_is_whole(text) ? FAULT_NO_FIT : FAULT_NO_INT);
}

void kernel_to_int(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, to_int(call, row););
}

static void to_double(struct call *call, uint32_t row)
{
    call->out->f64[row] = 0;
    if (!number_get_double(in_slice(call, 0, row), &call->out->f64[row]))
        kernel_fail(call, row, FAULT_NO_DOUBLE);
}

void kernel_to_double(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, to_double(call, row););
}

/* The text of a scalar; numbers are written into `text`. */
static struct slice scalar_text(const struct column *column, uint32_t row,
                                char text[NUMBER_TEXT_MAX])
{
    uint32_t at = column_row(column, row);
    switch (column->type->kind) {
        case K_INT:
            return (struct slice){ text, number_put_int(column->i64[at], text) };
        case K_DOUBLE:
            return (struct slice){ text, number_put_double(column->f64[at], text) };
        case K_TIME:
            return (struct slice){ text, time_put(column->i64[at], text) };
        case K_BOOL:
            return column->b8[at] ? (struct slice){ "true", 4 } : (struct slice){ "false", 5 };
        case K_STRING:
            return column_slice(column, row);
        default:
            return (struct slice){ "", 0 };
    }
}

static void to_string(struct call *call, uint32_t row)
{
    char text[NUMBER_TEXT_MAX];
    struct slice slice = scalar_text(call->in[0], row, text);
    set(call, row, put(arena_alloc(call->arena, slice.len), slice) - slice.len, slice.len);
}

void kernel_to_string(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, to_string(call, row););
}

static void mk_string(struct call *call, uint32_t row)
{
    const struct column *list = call->in[0], *of = &list->child[0];
    uint32_t at = column_row(list, row), from = list->offset[at], n = list->len[at];
    struct slice sep = call->n_in == 2 ? in_slice(call, 1, row) : (struct slice){ "", 0 };
    char text[NUMBER_TEXT_MAX];
    uint64_t bytes = n ? (uint64_t)sep.len * (n - 1) : 0;
    for (uint32_t i = 0; i < n; i++)
        bytes += scalar_text(of, from + i, text).len;
    char *out = room(call, row, bytes), *to = out;
    if (!out)
        return;
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            to = put(to, sep);
        to = put(to, scalar_text(of, from + i, text));
    }
    set(call, row, out, bytes);
}

void kernel_mk_string(struct call *call)
{
    kernel_alloc(call);
    ROWS(call, mk_string(call, row););
}
