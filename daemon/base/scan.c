#include "base/scan.h"

#include <string.h>

#include "base/check.h"
#include "base/list.h"

size_t scan_utf8(const uint8_t *at, const uint8_t *end, uint32_t *code_point)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint8_t first = at[0];
    if (first < 0x80) {
        *code_point = first;
        return 1;
    }
    size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || (size_t)(end - at) < n)
        return 0;
    uint32_t value = first & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (at[i] & 0x3f);
    }
    if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    *code_point = value;
    return n;
}

bool scan_fits_line(uint32_t code_point)
{
    static const struct {
        uint32_t from, to;
    } unfit[] = { { 0, 0x1f }, { 0x7f, 0x9f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 } };
    bool fits = true;
    for (size_t i = 0; i < ARRAY_SIZE(unfit); i++)
        fits &= code_point - unfit[i].from > unfit[i].to - unfit[i].from;
    return fits;
}

static void show_point(struct buf *out, uint32_t value, const uint8_t *at, size_t n)
{
    if (value == '\n')
        buf_puts(out, "\\n");
    else if (value == '\t')
        buf_puts(out, "\\t");
    else if (scan_fits_line(value))
        buf_put(out, at, n);
    else
        buf_printf(out, value < 0x100 ? "\\x%02x" : "\\u%04x", value);
}

void scan_show(struct slice text, size_t max, struct buf *out)
{
    const uint8_t *at = text.ptr, *end = at + text.len;
    for (size_t i = 0; at < end; i++) {
        if (i == max) {
            buf_puts(out, "…");
            return;
        }
        uint32_t value = 0;
        size_t n = scan_utf8(at, end, &value);
        if (n)
            show_point(out, value, at, n);
        else
            buf_puts(out, "\xef\xbf\xbd");
        at += n ? n : 1;
    }
}

static size_t bom(struct slice bytes)
{
    return bytes.len >= 3 && memcmp(bytes.ptr, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* A break ends at this byte: \n, or \r that no \n follows. */
static bool ends_line(const uint8_t *at, const uint8_t *end)
{
    return *at == '\n' || (*at == '\r' && (at + 1 == end || at[1] != '\n'));
}

bool scan_map_new(struct arena *arena, struct slice bytes, struct scan_map *map, uint32_t *bad)
{
    const uint8_t *begin = bytes.ptr, *end = begin + bytes.len;
    check(bytes.len < UINT32_MAX);
    size_t n_lines = 1;
    for (const uint8_t *at = begin; at < end; at++)
        n_lines += ends_line(at, end);
    uint32_t *lines = arena_alloc(arena, n_lines * sizeof *lines);
    uint32_t *line_bytes = arena_alloc(arena, n_lines * sizeof *lines);
    uint32_t *marks = arena_alloc(arena, (bytes.len / SCAN_STEP + 1) * sizeof *marks);
    uint32_t point = 0, line = 0;
    lines[0] = 0;
    line_bytes[0] = (uint32_t)bom(bytes);
    const uint8_t *at = begin + line_bytes[0];
    while (at < end) {
        uint32_t value = 0;
        size_t n = scan_utf8(at, end, &value);
        if (!n || !value) {
            *bad = (uint32_t)(at - begin);
            return false;
        }
        if (point % SCAN_STEP == 0)
            marks[point / SCAN_STEP] = (uint32_t)(at - begin);
        point++;
        if (ends_line(at, end)) {
            lines[++line] = point;
            line_bytes[line] = (uint32_t)(at + 1 - begin);
        }
        at += n;
    }
    *map = (struct scan_map){ bytes, lines, line_bytes, marks, line + 1, point };
    return true;
}

uint32_t scan_map_byte(const struct scan_map *map, uint32_t point)
{
    if (point >= map->n_points)
        return (uint32_t)map->bytes.len;
    const uint8_t *begin = map->bytes.ptr, *at = begin + map->marks[point / SCAN_STEP];
    for (uint32_t i = point % SCAN_STEP; i; i--)
        do
            at++;
        while ((*at & 0xc0) == 0x80);
    return (uint32_t)(at - begin);
}

/* The greatest i with list[i] <= value; list[0] <= value. */
static uint32_t last_not_above(const uint32_t *list, uint32_t n, uint32_t value)
{
    uint32_t low = 0, high = n;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (list[middle] <= value)
            low = middle;
        else
            high = middle;
    }
    return low;
}

uint32_t scan_map_point(const struct scan_map *map, uint32_t byte)
{
    if (byte >= map->bytes.len)
        return map->n_points;
    uint32_t mark = last_not_above(map->marks, (map->n_points + SCAN_STEP - 1) / SCAN_STEP, byte);
    const uint8_t *begin = map->bytes.ptr;
    uint32_t point = mark * SCAN_STEP;
    for (const uint8_t *at = begin + map->marks[mark] + 1; at <= begin + byte; at++)
        point += (*at & 0xc0) != 0x80;
    return point;
}

void scan_map_place(const struct scan_map *map, uint32_t point, uint32_t *line, uint32_t *column)
{
    uint32_t i = last_not_above(map->lines, map->n_lines, point);
    *line = i + 1;
    *column = point - map->lines[i] + 1;
}

uint32_t scan_map_line_end(const struct scan_map *map, uint32_t line)
{
    check(line >= 1 && line <= map->n_lines);
    uint32_t point = line == map->n_lines ? map->n_points : map->lines[line];
    const uint8_t *begin = map->bytes.ptr, *first = begin + map->line_bytes[line - 1];
    const uint8_t *end =
        line == map->n_lines ? begin + map->bytes.len : begin + map->line_bytes[line];
    for (int i = 0; i < 2 && end > first && (end[-1] == '\n' || end[-1] == '\r'); i++, point--)
        end--;
    return point;
}

void scan_place(struct slice bytes, size_t to, uint32_t *line, uint32_t *column)
{
    const uint8_t *begin = bytes.ptr, *end = begin + bytes.len, *at = begin + bom(bytes);
    *line = *column = 1;
    while (at < begin + to) {
        uint32_t value = 0;
        bool ends = ends_line(at, end);
        *line += ends;
        *column = ends ? 1 : *column + 1;
        at += scan_utf8(at, end, &value);
    }
}

struct slice scan_line(struct slice bytes, uint32_t line)
{
    const uint8_t *begin = bytes.ptr, *end = begin + bytes.len, *at = begin + bom(bytes);
    for (uint32_t i = 1; i < line && at < end; at++)
        i += ends_line(at, end);
    const uint8_t *stop = at;
    while (stop < end && *stop != '\n' && *stop != '\r')
        stop++;
    return (struct slice){ at, (size_t)(stop - at) };
}
