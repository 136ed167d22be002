#include "sink/python.h"

#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/scan.h"
#include "column/number.h"
#include "sink/printable.h"

static char quote_for(const char *text, size_t n)
{
    return memchr(text, '\'', n) && !memchr(text, '"', n) ? '"' : '\'';
}

/* The escape of a control character, of the quote and of the backslash; '\0' = it has none of one letter. */
static char short_escape(uint32_t point, char quote)
{
    switch (point) {
        case '\n':
            return 'n';
        case '\r':
            return 'r';
        case '\t':
            return 't';
        case '\\':
            return '\\';
        default:
            return point == (unsigned char)quote ? quote : '\0';
    }
}

static void put_escaped(struct buf *out, uint32_t point)
{
    if (point < 0x100)
        buf_printf(out, "\\x%02x", point);
    else if (point < 0x10000)
        buf_printf(out, "\\u%04x", point);
    else
        buf_printf(out, "\\U%08x", point);
}

static void put_point(struct buf *out, uint32_t point, struct slice bytes, char quote)
{
    char escape = short_escape(point, quote);
    if (escape) {
        buf_put_u8(out, '\\');
        buf_put_u8(out, (uint8_t)escape);
    } else if (printable(point)) {
        buf_put(out, bytes.ptr, bytes.len);
    } else {
        put_escaped(out, point);
    }
}

void python_put_string(struct buf *out, const char *text, size_t n)
{
    char quote = n ? quote_for(text, n) : '\'';
    const uint8_t *at = (const uint8_t *)text, *end = at + n;
    buf_put_u8(out, (uint8_t)quote);
    while (at < end) {
        uint32_t point = 0;
        size_t len = scan_utf8(at, end, &point);
        if (len)
            put_point(out, point, (struct slice){ at, len }, quote);
        else
            buf_puts(out, "\xef\xbf\xbd");
        at += len ? len : 1;
    }
    buf_put_u8(out, (uint8_t)quote);
}

void python_put_bytes(struct buf *out, const char *bytes, size_t n)
{
    char quote = n ? quote_for(bytes, n) : '\'';
    buf_put_u8(out, 'b');
    buf_put_u8(out, (uint8_t)quote);
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        if (byte < 0x80)
            put_point(out, byte, (struct slice){ bytes + i, 1 }, quote);
        else
            put_escaped(out, byte);
    }
    buf_put_u8(out, (uint8_t)quote);
}

static void put_int(struct buf *out, int64_t value)
{
    char text[NUMBER_TEXT_MAX];
    buf_put(out, text, number_put_int(value, text));
}

void python_put_double(struct buf *out, double value)
{
    char text[NUMBER_TEXT_MAX];
    buf_put(out, text, number_put_double(value, text));
}

void python_put_time(struct buf *out, int64_t time_ms)
{
    int64_t ms = time_ms % 1000, s = time_ms / 1000;
    struct tm tm = { 0 };
    if (ms < 0) {
        ms += 1000;
        s--;
    }
    time_t seconds = (time_t)s;
    check(localtime_r(&seconds, &tm)); /* every year that 64 bits of ms reach fits an int */
    buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
               tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (ms)
        buf_printf(out, ".%03d000", (int)ms);
}

/* ---- whole rows */

static void put_tuple(struct buf *out, const struct column *tuple, uint32_t row)
{
    buf_put_u8(out, '(');
    for (uint32_t i = 0; i < tuple->n_child; i++) {
        if (i)
            buf_puts(out, ", ");
        python_put_row(out, &tuple->child[i], row, true);
    }
    buf_puts(out, tuple->n_child == 1 ? ",)" : ")");
}

static void put_list(struct buf *out, const struct column *list, uint32_t row)
{
    buf_put_u8(out, '[');
    for (uint32_t i = 0; i < list->len[row]; i++) {
        if (i)
            buf_puts(out, ", ");
        python_put_row(out, &list->child[0], list->offset[row] + i, true);
    }
    buf_put_u8(out, ']');
}

static void put_map(struct buf *out, const struct column *map, uint32_t row)
{
    buf_put_u8(out, '{');
    for (uint32_t i = 0; i < map->len[row]; i++) {
        if (i)
            buf_puts(out, ", ");
        python_put_row(out, &map->child[0], map->offset[row] + i, true);
        buf_puts(out, ": ");
        python_put_row(out, &map->child[1], map->offset[row] + i, true);
    }
    buf_put_u8(out, '}');
}

static void put_record(struct buf *out, const struct column *record, uint32_t row)
{
    buf_put_u8(out, '{');
    for (uint32_t i = 0; i < record->n_child; i++) {
        const char *name = record->type->name[i];
        if (i)
            buf_puts(out, ", ");
        python_put_string(out, name, strlen(name));
        buf_puts(out, ": ");
        python_put_row(out, &record->child[i], row, true);
    }
    buf_put_u8(out, '}');
}

static void put_text(struct buf *out, const struct column *column, uint32_t row, bool quoted)
{
    struct slice text = column_slice(column, row);
    if (column->type->kind == K_BYTES)
        python_put_bytes(out, text.ptr, text.len);
    else if (column->type->kind == K_JSON)
        python_put_json(out, text, quoted);
    else if (quoted)
        python_put_string(out, text.ptr, text.len);
    else if (text.len)
        buf_put(out, text.ptr, text.len);
}

void python_put_row(struct buf *out, const struct column *column, uint32_t row, bool quoted)
{
    uint32_t at = column_row(column, row);
    switch (column->type->kind) {
        case K_NOTHING:
            buf_puts(out, "None");
            return;
        case K_INT:
            put_int(out, column->i64[at]);
            return;
        case K_DOUBLE:
            python_put_double(out, column->f64[at]);
            return;
        case K_BOOL:
            buf_puts(out, column->b8[at] ? "True" : "False");
            return;
        case K_TIME:
            python_put_time(out, column->i64[at]);
            return;
        case K_STRING:
        case K_BYTES:
        case K_JSON:
            put_text(out, column, row, quoted);
            return;
        case K_OPTION:
            if (column_valid(column, row))
                python_put_row(out, &column->child[0], row, quoted);
            else
                buf_puts(out, "None");
            return;
        case K_LIST:
            put_list(out, column, at);
            return;
        case K_MAP:
            put_map(out, column, at);
            return;
        case K_TUPLE:
            put_tuple(out, column, row);
            return;
        case K_RECORD:
            put_record(out, column, row);
            return;
    }
}
