#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/yaml_parts.h"

#define PATH_DEPTH \
    16 /* steps of a path that are shown; the outer ones of a deeper one are left out */
#define PATH_WORD 80 /* bytes of a key in a path */

static bool among(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static const char *digits(const char *at)
{
    while (*at >= '0' && *at <= '9')
        at++;
    return at;
}

/* [-+]? ( [0-9]+ ( \. [0-9]* )? | \. [0-9]+ ) ( [eE] [-+]? [0-9]+ )?, without a 0 in front of
 * another digit. */
static void resolve_number(struct yaml_node *node)
{
    const char *at = node->text;
    at += *at == '-' || *at == '+';
    const char *whole = at, *fraction = NULL;
    at = digits(at);
    size_t n_whole = (size_t)(at - whole), n_fraction = 0;
    if (n_whole > 1 && *whole == '0')
        return;
    if (*at == '.') {
        fraction = at + 1;
        at = digits(fraction);
        n_fraction = (size_t)(at - fraction);
    }
    if (n_whole + n_fraction == 0)
        return;
    bool is_int = !fraction;
    if (*at == 'e' || *at == 'E') {
        const char *exponent = at + 1;
        exponent += *exponent == '-' || *exponent == '+';
        at = digits(exponent);
        if (at == exponent)
            return;
        is_int = false;
    }
    if (*at)
        return;
    node->number = strtod(node->text, NULL);
    errno = 0;
    long long integer = strtoll(node->text, NULL, 10);
    node->kind =
        is_int && errno == 0 ? YAML_INT : YAML_DOUBLE; /* what no Int holds is the nearest Double */
    if (node->kind == YAML_INT)
        node->integer = integer;
}

void yaml_resolve(struct yaml_node *node)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const trues[] = { "true", "True", "TRUE", NULL };
    static const char *const falses[] = { "false", "False", "FALSE", NULL };
    static const char *const infinities[] = { ".inf", ".Inf", ".INF", NULL };
    static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
    const char *text = node->text, *unsigned_text = text + (*text == '-' || *text == '+');
    if (node->quoted)
        return;
    if (among(text, nulls)) {
        node->kind = YAML_NULL;
    } else if (among(text, trues) || among(text, falses)) {
        node->kind = YAML_BOOL;
        node->truth = among(text, trues);
    } else if (among(unsigned_text, infinities)) {
        node->kind = YAML_DOUBLE;
        node->number = *text == '-' ? -__builtin_inf() : __builtin_inf();
    } else if (among(text, nans)) {
        node->kind = YAML_DOUBLE;
        node->number = __builtin_nan("");
    } else {
        resolve_number(node);
    }
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->items[i];
    return NULL;
}

const char *yaml_kind_name(enum yaml_kind kind)
{
    static const char *const names[] = {
        [YAML_NULL] = "nothing",    [YAML_BOOL] = "true or false", [YAML_INT] = "a whole number",
        [YAML_DOUBLE] = "a number", [YAML_STRING] = "a text",      [YAML_LIST] = "a list",
        [YAML_MAP] = "a mapping",
    };
    return names[kind];
}

const char *yaml_path(const struct yaml_node *node)
{
    const struct yaml_node *steps[PATH_DEPTH];
    size_t n = 0;
    for (; node->parent && n < PATH_DEPTH; node = node->parent)
        steps[n++] = node;
    if (!n)
        return "";
    struct buf path = { 0 };
    if (node->parent)
        buf_puts(&path, "…");
    while (n) {
        const struct yaml_node *step = steps[--n];
        if (!step->key)
            buf_printf(&path, "[%zu]", step->index);
        else
            buf_printf(&path, "%s%.*s", path.len ? "." : "", PATH_WORD,
                       step->key->text ? step->key->text : "?");
    }
    const char *text = arena_strndup(steps[0]->file->arena, (const char *)path.ptr, path.len);
    buf_free(&path);
    return text;
}

struct diag_place yaml_place(const struct yaml_node *node)
{
    return (struct diag_place){ node->line, node->column, node->width, yaml_path(node) };
}

struct diag_place yaml_point_place(const struct yaml_file *file, uint32_t point, uint32_t width,
                                   const char *path)
{
    struct diag_place place = { .path = path };
    scan_map_place(&file->map, point, &place.line, &place.column);
    uint32_t end = scan_map_line_end(&file->map, place.line), left = end > point ? end - point : 1;
    place.width = width < 1 ? 1 : width < left ? width : left;
    return place;
}

struct slice yaml_source(const struct yaml_node *node)
{
    const uint8_t *begin = node->file->map.bytes.ptr;
    return (struct slice){ begin + node->from, node->to - node->from };
}

const char *yaml_quoted(struct arena *arena, struct slice text)
{
    struct buf out = { 0 };
    const char *at = text.ptr;
    bool simple = !memchr(at, '"', text.len) && !memchr(at, '\\', text.len);
    buf_puts(&out, simple ? "\"" : "'");
    for (size_t i = 0; i < text.len; i++) {
        if (!simple && at[i] == '\'')
            buf_puts(&out, "'");
        buf_put(&out, at + i, 1);
    }
    buf_puts(&out, simple ? "\"" : "'");
    const char *quoted = arena_strndup(arena, (const char *)out.ptr, out.len);
    buf_free(&out);
    return quoted;
}

/* ---- from a scalar's text back to the file: its source is read again, unit by unit */

struct unit { /* bytes of the file that became bytes of the text */
    const char *from, *to;
    size_t n; /* of the text */
};

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Blanks with line breaks among them: one break becomes a space, more become one less
 * (YAML 1.2, 6.5). */
static struct unit fold(const char *at, const char *end, bool escaped)
{
    const char *from = at;
    size_t breaks = 0;
    while (at < end && (is_blank(*at) || is_break(*at))) {
        breaks += *at == '\n' || (*at == '\r' && !(at + 1 < end && at[1] == '\n'));
        at++;
    }
    return (struct unit){ from, at, breaks > 1 ? breaks - 1 : !escaped };
}

static size_t utf8_size(unsigned long value)
{
    return value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
}

static struct unit escape(const char *at, const char *end)
{
    if (is_break(at[1])) {
        struct unit unit = fold(at + 1, end, true);
        unit.from = at;
        return unit;
    }
    size_t n_hex = at[1] == 'x' ? 2 : at[1] == 'u' ? 4 : at[1] == 'U' ? 8 : 0;
    if (n_hex) {
        char hex[9] = { 0 };
        memcpy(hex, at + 2, n_hex);
        return (struct unit){ at, at + 2 + n_hex, utf8_size(strtoul(hex, NULL, 16)) };
    }
    /* \N, \_ are U+0085 and U+00A0, \L and \P are U+2028 and U+2029; the others stand for one byte
     */
    size_t n = at[1] == 'N' || at[1] == '_' ? 2 : at[1] == 'L' || at[1] == 'P' ? 3 : 1;
    return (struct unit){ at, at + 2, n };
}

static struct unit flow_unit(enum yaml_style style, const char *at, const char *end)
{
    const char *blanks = at;
    while (blanks < end && is_blank(*blanks))
        blanks++;
    if (blanks < end && is_break(*blanks))
        return fold(at, end, false);
    if (style == YAML_DOUBLE_QUOTED && *at == '\\')
        return escape(at, end);
    if (style == YAML_SINGLE && *at == '\'')
        return (struct unit){ at, at + 2, 1 };
    return (struct unit){ at, at + 1, 1 };
}

/* A block's words stand in the file as in the text, only the white space between them differs. */
static struct unit block_unit(char wanted, const char *at, const char *end)
{
    bool space = wanted == ' ' || wanted == '\t' || wanted == '\n';
    if (!space)
        while (at < end && *at != wanted && (is_blank(*at) || is_break(*at)))
            at++;
    if (space && at < end && !is_blank(*at) &&
        !is_break(*at)) /* made by folding: it stands nowhere */
        return (struct unit){ at, at, 1 };
    if (wanted == '\n' || (space && at < end && is_break(*at)))
        while (at < end && is_blank(*at))
            at++;
    return (struct unit){ at, at < end ? at + 1 : at, 1 };
}

static const char *content(const struct yaml_node *node, const char *at, const char **end)
{
    if (node->style == YAML_SINGLE || node->style == YAML_DOUBLE_QUOTED) {
        *end -= 1;
        return at + 1;
    }
    if (node->style == YAML_LITERAL || node->style == YAML_FOLDED)
        while (at < *end && !is_break(*at))
            at++;
    return at;
}

struct diag_place yaml_text_place(const struct yaml_node *node, size_t from, size_t to)
{
    if (!node->text || node->expanded || from > to || to > node->text_len)
        return yaml_place(node);
    const char *begin = node->file->map.bytes.ptr, *end = begin + node->to;
    const char *at = content(node, begin + node->from, &end);
    const char *first = NULL, *last = at;
    bool block = node->style == YAML_LITERAL || node->style == YAML_FOLDED;
    size_t goal = to > from ? to : from + 1;
    for (size_t i = 0; i < goal && at < end;) {
        struct unit unit = block ? block_unit(i < node->text_len ? node->text[i] : '\n', at, end)
                                 : flow_unit(node->style, at, end);
        if (!first && i + unit.n > from)
            first = unit.from;
        i += unit.n;
        at = last = unit.to;
    }
    if (!first)
        first = last; /* behind the last byte */
    const struct scan_map *map = &node->file->map;
    uint32_t start = scan_map_point(map, (uint32_t)(first - begin)),
             stop = scan_map_point(map, (uint32_t)(last - begin));
    return yaml_point_place(node->file, start, stop > start ? stop - start : 1, yaml_path(node));
}
