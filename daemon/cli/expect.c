#include "cli/expect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/quote.h"
#include "column/number.h"
#include "column/time_text.h"

#define NEAR 1e-9 /* Doubles: the share of the greater one by which two may differ */

/* ---- texts */

static bool digits(const char **at, int n, int *value)
{
    *value = 0;
    for (; n; n--, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool mark(const char **at, char is)
{
    bool there = **at == is;
    *at += there;
    return there;
}

/* The milliseconds of .5, .500000, …; further digits are looked at only for their form. */
static bool fraction(const char **at, int64_t *ms)
{
    int64_t unit = 100;
    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
        *ms += unit * (**at - '0');
    return true;
}

/* Z, +01:00 or nothing, and the end. */
static bool zone(const char *at, int64_t *ms)
{
    int sign = *at == '-' ? -1 : 1, hours = 0, minutes = 0;
    if (mark(&at, 'Z') || !*at)
        return !*at;
    if (!mark(&at, '+') && !mark(&at, '-'))
        return false;
    if (!digits(&at, 2, &hours) || !mark(&at, ':') || !digits(&at, 2, &minutes))
        return false;
    *ms -= (int64_t)sign * (hours * 60 + minutes) * 60000;
    return !*at && hours < 24 && minutes < 60;
}

bool expect_time(const char *text, int64_t *time_ms)
{
    struct tm tm = { 0 };
    int64_t ms = 0;
    int year, month;
    bool ok = digits(&text, 4, &year) && mark(&text, '-') && digits(&text, 2, &month) &&
              mark(&text, '-') && digits(&text, 2, &tm.tm_mday) &&
              (mark(&text, 'T') || mark(&text, ' ')) && digits(&text, 2, &tm.tm_hour) &&
              mark(&text, ':') && digits(&text, 2, &tm.tm_min);
    if (!ok || (mark(&text, ':') && !digits(&text, 2, &tm.tm_sec)))
        return false;
    if ((mark(&text, '.') && !fraction(&text, &ms)) || !zone(text, &ms))
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    struct tm asked = tm;
    ms += (int64_t)timegm(&tm) * 1000;
    if (tm.tm_mday != asked.tm_mday || tm.tm_mon != asked.tm_mon || tm.tm_hour != asked.tm_hour ||
        tm.tm_min != asked.tm_min)
        return false; /* there is no such day, hour, minute, or second: each too many is one more of the other */
    *time_ms = ms;
    return true;
}

static void put_time(struct buf *out, int64_t time_ms)
{
    char text[NUMBER_TEXT_MAX];
    buf_puts(out, "\"");
    buf_put(out, text, time_put(time_ms, text));
    buf_puts(out, "\"");
}

static void put_base64(struct buf *out, struct slice bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *at = bytes.ptr;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t word = (uint32_t)at[i] << 16 | (left > 1 ? (uint32_t)at[i + 1] << 8 : 0) |
                        (left > 2 ? at[i + 2] : 0);
        for (size_t k = 0; k < 4; k++)
            buf_put_u8(out, k > left ? '=' : (uint8_t)letters[word >> (18 - 6 * k) & 63]);
    }
}

static bool is_base64(const char *text, struct slice bytes)
{
    struct buf wanted = { 0 };
    put_base64(&wanted, bytes);
    bool same = strcmp(text, buf_text(&wanted)) == 0;
    buf_free(&wanted);
    return same;
}

/* ---- equal */

static bool is_string(const struct yaml_node *node, struct slice text)
{
    return node->kind == YAML_STRING && node->text_len == text.len &&
           (text.len == 0 || memcmp(node->text, text.ptr, text.len) == 0);
}

static bool near(double a, double b)
{
    if (isnan(a) || isnan(b) || isinf(a) || isinf(b))
        return (isnan(a) && isnan(b)) || a == b;
    return fabs(a - b) <= NEAR * fmax(fabs(a), fabs(b));
}

static bool nodes_equal(const struct yaml_node *a, const struct yaml_node *b)
{
    bool numbers = (a->kind == YAML_INT || a->kind == YAML_DOUBLE) &&
                   (b->kind == YAML_INT || b->kind == YAML_DOUBLE);
    if (numbers)
        return a->kind == YAML_INT && b->kind == YAML_INT ? a->integer == b->integer
                                                          : near(a->number, b->number);
    if (a->kind != b->kind || a->n != b->n)
        return false;
    if (a->kind == YAML_BOOL)
        return a->truth == b->truth;
    if (a->kind == YAML_STRING)
        return is_string(a, (struct slice){ b->text, b->text_len });
    bool same = true;
    for (size_t i = 0; same && i < a->n; i++) {
        const struct yaml_node *other =
            a->kind == YAML_MAP ? yaml_get(b, a->keys[i]->text) : b->items[i];
        same = other && nodes_equal(a->items[i], other);
    }
    return same;
}

/* JSON is YAML, more or less: a text that is not is equal to nothing. */
static bool is_json(const struct yaml_node *node, struct slice text)
{
    struct arena arena = { 0 };
    struct diags diags = { .arena = &arena, .file = "", .source = text };
    struct yaml_node *root = NULL;
    bool same = yaml_parse(&arena, text, &diags, &root) && nodes_equal(node, root);
    arena_free(&arena);
    return same;
}

/* `n` rows of a child, from `from` on, are a list's items. */
static bool items_equal(const struct yaml_node *node, const struct column *list, uint32_t at)
{
    bool same = node->kind == YAML_LIST && node->n == list->len[at];
    for (uint32_t i = 0; same && i < node->n; i++)
        same = expect_equal(node->items[i], &list->child[0], list->offset[at] + i);
    return same;
}

static bool map_equal(const struct yaml_node *node, const struct column *map, uint32_t at)
{
    bool same = node->kind == YAML_MAP && node->n == map->len[at];
    for (uint32_t i = 0; same && i < node->n; i++) {
        struct slice key = column_slice(&map->child[0], map->offset[at] + i);
        const struct yaml_node *value = NULL;
        for (size_t k = 0; k < node->n && !value; k++)
            if (node->keys[k]->text_len == key.len &&
                memcmp(node->keys[k]->text, key.ptr, key.len) == 0)
                value = node->items[k];
        same = value && expect_equal(value, &map->child[1], map->offset[at] + i);
    }
    return same;
}

static bool members_equal(const struct yaml_node *node, const struct column *column, uint32_t row)
{
    bool is_record = column->type->kind == K_RECORD;
    bool same = node->kind == (is_record ? YAML_MAP : YAML_LIST) && node->n == column->n_child;
    for (uint32_t i = 0; same && i < column->n_child; i++) {
        const struct yaml_node *item =
            is_record ? yaml_get(node, column->type->name[i]) : node->items[i];
        same = item && expect_equal(item, &column->child[i], row);
    }
    return same;
}

static bool int_equal(const struct yaml_node *node, int64_t value)
{
    if (node->kind == YAML_DOUBLE)
        return node->number == (double)value;
    return node->kind == YAML_INT && node->integer == value;
}

bool expect_equal(const struct yaml_node *node, const struct column *column, uint32_t row)
{
    uint32_t at = column_row(column, row);
    int64_t time_ms;
    switch (column->type->kind) {
        case K_NOTHING:
            return node->kind == YAML_NULL;
        case K_INT:
            return int_equal(node, column->i64[at]);
        case K_DOUBLE:
            return (node->kind == YAML_INT || node->kind == YAML_DOUBLE) &&
                   near(node->number, column->f64[at]);
        case K_BOOL:
            return node->kind == YAML_BOOL && node->truth == (column->b8[at] != 0);
        case K_TIME:
            return node->kind == YAML_STRING && expect_time(node->text, &time_ms) &&
                   time_ms == column->i64[at];
        case K_STRING:
            return is_string(node, column_slice(column, row));
        case K_BYTES:
            return node->kind == YAML_STRING && is_base64(node->text, column_slice(column, row));
        case K_JSON:
            return is_json(node, column_slice(column, row));
        case K_OPTION:
            return column_valid(column, row) ? expect_equal(node, &column->child[0], row)
                                             : node->kind == YAML_NULL;
        case K_LIST:
            return items_equal(node, column, at);
        case K_MAP:
            return map_equal(node, column, at);
        case K_TUPLE:
        case K_RECORD:
            break;
    }
    return members_equal(node, column, row);
}

/* ---- shown */

static void put_double(struct buf *out, double value)
{
    char text[NUMBER_TEXT_MAX];
    if (isnan(value) || isinf(value))
        buf_puts(out, isnan(value) ? ".nan" : value < 0 ? "-.inf" : ".inf");
    else
        buf_put(out, text, number_put_double(value, text));
}

void expect_put_node(struct buf *out, const struct yaml_node *node)
{
    bool is_map = node->kind == YAML_MAP;
    if (node->masked)
        buf_puts(out, "***");
    else if (node->kind == YAML_STRING)
        quote_put(out, node->text, node->text_len);
    else if (node->kind == YAML_DOUBLE)
        put_double(out, node->number);
    else if (node->kind == YAML_INT)
        buf_printf(out, "%lld", (long long)node->integer);
    else if (node->kind == YAML_NULL)
        buf_puts(out, "null");
    else if (node->kind == YAML_BOOL)
        buf_puts(out, node->truth ? "true" : "false");
    if (node->kind != YAML_LIST && !is_map)
        return;
    buf_puts(out, is_map ? "{" : "[");
    for (size_t i = 0; i < node->n; i++) {
        buf_puts(out, i ? ", " : "");
        if (is_map) {
            quote_put(out, node->keys[i]->text, node->keys[i]->text_len);
            buf_puts(out, ": ");
        }
        expect_put_node(out, node->items[i]);
    }
    buf_puts(out, is_map ? "}" : "]");
}

static void put_items(struct buf *out, const struct column *column, uint32_t at)
{
    bool is_map = column->type->kind == K_MAP;
    buf_puts(out, is_map ? "{" : "[");
    for (uint32_t i = 0; i < column->len[at]; i++) {
        uint32_t row = column->offset[at] + i;
        buf_puts(out, i ? ", " : "");
        expect_put_row(out, &column->child[0], row);
        if (!is_map)
            continue;
        buf_puts(out, ": ");
        expect_put_row(out, &column->child[1], row);
    }
    buf_puts(out, is_map ? "}" : "]");
}

static void put_members(struct buf *out, const struct column *column, uint32_t row)
{
    bool is_record = column->type->kind == K_RECORD;
    buf_puts(out, is_record ? "{" : "[");
    for (uint32_t i = 0; i < column->n_child; i++) {
        buf_puts(out, i ? ", " : "");
        if (is_record) {
            quote_put(out, column->type->name[i], strlen(column->type->name[i]));
            buf_puts(out, ": ");
        }
        expect_put_row(out, &column->child[i], row);
    }
    buf_puts(out, is_record ? "}" : "]");
}

static void put_slice(struct buf *out, const struct column *column, uint32_t row)
{
    struct slice text = column_slice(column, row);
    if (column->type->kind == K_STRING) {
        quote_put(out, text.ptr, text.len);
    } else if (column->type->kind == K_JSON) {
        buf_put(out, text.ptr, text.len);
    } else {
        buf_puts(out, "\"");
        put_base64(out, text);
        buf_puts(out, "\"");
    }
}

void expect_put_row(struct buf *out, const struct column *column, uint32_t row)
{
    uint32_t at = column_row(column, row);
    switch (column->type->kind) {
        case K_NOTHING:
            buf_puts(out, "null");
            return;
        case K_INT:
            buf_printf(out, "%lld", (long long)column->i64[at]);
            return;
        case K_DOUBLE:
            put_double(out, column->f64[at]);
            return;
        case K_BOOL:
            buf_puts(out, column->b8[at] ? "true" : "false");
            return;
        case K_TIME:
            put_time(out, column->i64[at]);
            return;
        case K_STRING:
        case K_BYTES:
        case K_JSON:
            put_slice(out, column, row);
            return;
        case K_OPTION:
            if (column_valid(column, row))
                expect_put_row(out, &column->child[0], row);
            else
                buf_puts(out, "null");
            return;
        case K_LIST:
        case K_MAP:
            put_items(out, column, at);
            return;
        case K_TUPLE:
        case K_RECORD:
            put_members(out, column, row);
            return;
    }
}
