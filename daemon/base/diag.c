#include "base/diag.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/quote.h"
#include "base/scan.h"
#include "base/secret.h"

#define LOOK_BACK \
    64 /* findings among which a double is looked for: doubles come of visiting a node twice in a \
          row */
#define QUOTE_MAX \
    140 /* code points of a quoted line; of a longer one the part around the caret \
         */
#define QUOTE_BEFORE 60

__attribute__((format(printf, 2, 0))) static const char *clean(struct arena *arena,
                                                               const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *raw = mem_alloc((size_t)n + 1);
    vsnprintf(raw, (size_t)n + 1, format, again);
    va_end(again);
    struct buf shown = { 0 };
    scan_show((struct slice){ raw, (size_t)n }, DIAG_TEXT_MAX, &shown);
    const char *text = arena_strndup(arena, (const char *)shown.ptr, shown.len);
    buf_free(&shown);
    mem_free(raw);
    return text;
}

static struct diag *find(struct diags *diags, struct diag_place place, unsigned code)
{
    size_t from = diags->n > LOOK_BACK ? diags->n - LOOK_BACK : 0;
    for (size_t i = from; i < diags->n && place.line; i++) { /* the whole file is no place */
        struct diag *diag = &diags->items[i];
        if (diag->line == place.line && diag->column == place.column && diag->code == code)
            return diag;
    }
    return NULL;
}

static struct diag *take(struct diags *diags)
{
    if (diags->n == DIAG_KEPT_MAX)
        return &diags->spare;
    if (diags->n == diags->cap) {
        size_t cap = diags->cap ? diags->cap * 2 : 16;
        struct diag *items = arena_alloc(diags->arena, cap * sizeof *items);
        if (diags->n)
            memcpy(items, diags->items, diags->n * sizeof *items);
        diags->items = items;
        diags->cap = cap;
    }
    return &diags->items[diags->n++];
}

__attribute__((format(printf, 4, 0))) static struct diag *add(struct diags *diags,
                                                              struct diag_place place,
                                                              struct diag diag, const char *format,
                                                              va_list args)
{
    struct diag *same = find(diags, place, diag.code);
    if (same) { /* its help is settled: what the caller adds now goes nowhere */
        diags->spare = *same;
        return &diags->spare;
    }
    *(diag.warning ? &diags->n_warnings : &diags->n_errors) += 1;
    struct diag *item = take(diags);
    *item = diag;
    item->line = place.line;
    item->column = place.column;
    item->width = place.width ? place.width : 1;
    item->path = place.path ? place.path : "";
    item->text = item == &diags->spare ? "" : clean(diags->arena, format, args);
    return item;
}

struct diag *diag_add(struct diags *diags, struct diag_place place, unsigned code,
                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct diag *diag = add(diags, place, (struct diag){ .code = code }, format, args);
    va_end(args);
    return diag;
}

struct diag *diag_warn(struct diags *diags, struct diag_place place, unsigned code,
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct diag *diag =
        add(diags, place, (struct diag){ .code = code, .warning = true }, format, args);
    va_end(args);
    return diag;
}

void diag_help(struct diags *diags, struct diag *diag, const char *format, ...)
{
    if (diag == &diags->spare)
        return;
    va_list args;
    va_start(args, format);
    diag->help = clean(diags->arena, format, args);
    va_end(args);
}

size_t diag_errors(const struct diags *diags)
{
    return diags->n_errors;
}

/* ---- printing */

struct colors {
    const char *strong, *error, *warning, *caret, *help, *off;
};
static const struct colors plain = { "", "", "", "", "", "" };
static const struct colors bright = { "\033[1m",    "\033[1;31m", "\033[1;33m",
                                      "\033[1;31m", "\033[36m",   "\033[0m" };

static int compare(const void *left, const void *right)
{
    const struct diag *a = left, *b = right;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return a->code < b->code ? -1 : a->code > b->code;
}

static void put_head(const struct diags *diags, const struct diag *diag,
                     const struct colors *colors, struct buf *out)
{
    buf_printf(out, "%s%s:", colors->strong, diags->file);
    if (diag->line)
        buf_printf(out, "%u:%u:", diag->line, diag->column);
    buf_printf(out, "%s %s%s[%c%u]:%s %s\n", colors->off,
               diag->warning ? colors->warning : colors->error, diag->warning ? "warning" : "error",
               diag->warning ? 'W' : 'E', diag->code, colors->off, diag->text);
}

/* Code points as the quoted line shows them: one column each, so that the caret stands below what
 * it means. */
static void put_quoted(struct buf *out, struct slice text)
{
    const uint8_t *at = text.ptr, *end = at + text.len;
    while (at < end) {
        uint32_t value = 0;
        size_t n = scan_utf8(at, end, &value);
        if (n && (value == '\t' || scan_fits_line(value)))
            buf_put(out, at, n);
        else
            buf_puts(out, "\xef\xbf\xbd");
        at += n ? n : 1;
    }
}

static struct slice drop_points(struct slice text, size_t n)
{
    const uint8_t *at = text.ptr, *end = at + text.len;
    for (; n && at < end; n--) {
        uint32_t value = 0;
        size_t size = scan_utf8(at, end, &value);
        at += size ? size : 1;
    }
    return (struct slice){ at, (size_t)(end - at) };
}

static size_t count_points(struct slice text)
{
    size_t n = 0;
    for (; text.len; n++)
        text = drop_points(text, 1);
    return n;
}

static void put_quote(const struct diags *diags, const struct diag *diag,
                      const struct colors *colors, struct buf *out)
{
    struct buf masked = { 0 };
    secret_mask(scan_line(diags->source, diag->line), &masked);
    struct slice line = buf_slice(&masked);
    size_t length = count_points(line), column = diag->column - 1, from = 0, width = diag->width;
    if (column > length)
        column = length;
    if (length > QUOTE_MAX && column > QUOTE_BEFORE)
        from = column - QUOTE_BEFORE;
    line = drop_points(line, from);
    struct slice rest = drop_points(line, QUOTE_MAX), before = drop_points(line, column - from);
    line.len -= rest.len;
    before = (struct slice){ line.ptr,
                             (size_t)((const uint8_t *)before.ptr - (const uint8_t *)line.ptr) };
    size_t shown = count_points(line) + from - column; /* code points from the caret on */
    if (width > shown)
        width = shown ? shown : 1;
    int gutter = snprintf(NULL, 0, "%u", diag->line);
    buf_printf(out, "  %u | %s", diag->line, from ? "…" : "");
    put_quoted(out, line);
    buf_printf(out, "%s\n  %*s | %s", rest.len ? "…" : "", gutter, "", from ? " " : "");
    for (; before.len; before = drop_points(before, 1))
        buf_puts(out, *(const char *)before.ptr == '\t' ? "\t" : " ");
    buf_puts(out, colors->caret);
    for (; width; width--)
        buf_puts(out, "^");
    buf_printf(out, "%s\n", colors->off);
    buf_free(&masked);
}

static void put_text(const struct diags *diags, size_t shown, bool quote,
                     const struct colors *colors, struct buf *out)
{
    for (size_t i = 0; i < shown; i++) {
        const struct diag *diag = &diags->items[i];
        put_head(diags, diag, colors, out);
        if (quote && diag->line)
            put_quote(diags, diag, colors, out);
        if (diag->help)
            buf_printf(out, "  %shelp:%s %s\n", colors->help, colors->off, diag->help);
    }
    if (diags->n_errors + diags->n_warnings <= shown)
        return;
    buf_printf(out, "%s: %zu error%s", diags->file, diags->n_errors,
               diags->n_errors == 1 ? "" : "s");
    if (diags->n_warnings)
        buf_printf(out, ", %zu warning%s", diags->n_warnings, diags->n_warnings == 1 ? "" : "s");
    buf_printf(out, "; the first %zu are shown\n", shown);
}

static void put_member(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, ",\"%s\":", name);
    if (text)
        quote_put(out, text, strlen(text));
    else
        buf_puts(out, "null");
}

static void put_json(const struct diags *diags, size_t shown, struct buf *out)
{
    buf_puts(out, "{\"file\":");
    quote_put(out, diags->file, strlen(diags->file));
    buf_printf(out, ",\"errors\":%zu,\"warnings\":%zu,\"findings\":[", diags->n_errors,
               diags->n_warnings);
    for (size_t i = 0; i < shown; i++) {
        const struct diag *diag = &diags->items[i];
        buf_printf(out, "%s{\"file\":", i ? "," : "");
        quote_put(out, diags->file, strlen(diags->file));
        if (diag->line)
            buf_printf(out, ",\"line\":%u,\"column\":%u,\"width\":%u", diag->line, diag->column,
                       diag->width);
        else
            buf_puts(out, ",\"line\":null,\"column\":null,\"width\":null");
        buf_printf(out, ",\"severity\":\"%s\",\"code\":\"%c%u\"",
                   diag->warning ? "warning" : "error", diag->warning ? 'W' : 'E', diag->code);
        put_member(out, "path", diag->path);
        put_member(out, "message", diag->text);
        put_member(out, "help", diag->help);
        buf_puts(out, "}");
    }
    buf_puts(out, "]}");
}

void diag_print(struct diags *diags, enum diag_format format, bool color, struct buf *out)
{
    if (diags->n)
        qsort(diags->items, diags->n, sizeof *diags->items, compare);
    size_t shown = diags->n < DIAG_SHOWN_MAX ? diags->n : DIAG_SHOWN_MAX;
    if (format == DIAG_JSON)
        put_json(diags, shown, out);
    else
        put_text(diags, shown, format == DIAG_HUMAN, color ? &bright : &plain, out);
}

/* ---- the nearest word */

#define WORD_MAX 64 /* longer words are compared with nothing */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Damerau and Levenshtein's distance (optimal string alignment), letters' case aside. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
    unsigned row[3][WORD_MAX + 1];
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *here = row[i % 3], *above = row[(i + 2) % 3], *two_above = row[(i + 1) % 3];
        here[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            here[j] = least(above[j - 1] + (x != y), least(above[j], here[j - 1]) + 1);
            bool swapped = i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                           y == tolower((unsigned char)a[i - 2]);
            if (swapped)
                here[j] = least(here[j], two_above[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

/* The only word that begins so: lower for lowerCase. */
static const char *begun(const char *word, size_t n, const char *const *words)
{
    const char *only = NULL;
    for (; n >= 3 && *words; words++) {
        if (strncasecmp(*words, word, n) != 0)
            continue;
        if (only)
            return NULL;
        only = *words;
    }
    return only;
}

const char *diag_nearest(const char *word, const char *const *words)
{
    size_t n = strlen(word);
    if (!n || n > WORD_MAX)
        return NULL;
    unsigned limit = n <= 2   ? 1
                     : n <= 4 ? 2
                     : n <= 9 ? 3
                              : 4; /* a third of the word, roughly; not reached */
    const char *nearest = NULL;
    for (size_t i = 0; words[i]; i++) {
        size_t m = strlen(words[i]);
        if (strcmp(words[i], word) == 0)
            return NULL;
        if (m > WORD_MAX)
            continue;
        unsigned steps = distance(word, n, words[i], m);
        if (steps < limit) {
            limit = steps;
            nearest = words[i];
        }
    }
    return nearest ? nearest : begun(word, n, words);
}
