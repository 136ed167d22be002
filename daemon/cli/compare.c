#include "cli/compare.h"

#include <string.h>

#include "base/arena.h"
#include "base/quote.h"
#include "cli/expect.h"

#define NONE UINT32_MAX
#define ALL_SHOWN 20u /* lines up to which equal ones are shown too */
#define LINES_MAX 40u /* shown of a batch */
#define WIDTH_MAX 60u /* code points of the left column; what is longer pushes its line out */
#define WIDTH_MIN 8u

struct line { /* wanted, a row, or both; NONE = not there */
    uint32_t wanted, row;
    bool same;
};

struct pairs { /* which row is which */
    const struct compare *compare;
    struct arena arena;
    uint32_t n_wanted;
    uint32_t *row_of;    /* of each that is wanted: its row */
    uint32_t *wanted_of; /* the other way round */
    struct line *lines;
    uint32_t n_lines;
};

static const struct yaml_node *wanted_at(const struct pairs *pairs, uint32_t i)
{
    return pairs->compare->wanted->items[i];
}

static bool pairs_equal(const struct pairs *pairs, uint32_t wanted, uint32_t row)
{
    return expect_equal(wanted_at(pairs, wanted), pairs->compare->rows, row);
}

/* The same key, as the first member of a pair: then the rest differs. */
static bool pairs_akin(const struct pairs *pairs, uint32_t wanted, uint32_t row)
{
    const struct yaml_node *node = wanted_at(pairs, wanted);
    const struct column *rows = pairs->compare->rows;
    return node->kind == YAML_LIST && node->n && rows->type->kind == K_TUPLE &&
           expect_equal(node->items[0], &rows->child[0], row);
}

static bool pairs_any(const struct pairs *pairs, uint32_t wanted, uint32_t row)
{
    (void)pairs, (void)wanted, (void)row;
    return true;
}

static void pairs_set(struct pairs *pairs, uint32_t wanted, uint32_t row)
{
    pairs->row_of[wanted] = row;
    pairs->wanted_of[row] = wanted;
}

/* Pairs what has no partner yet and fits. Equal lists are mostly in the same order: the search for a partner begins behind
 * the last one. */
static void pairs_find(struct pairs *pairs, bool (*fits)(const struct pairs *, uint32_t, uint32_t))
{
    uint32_t n = pairs->compare->n, from = 0;
    for (uint32_t i = 0; i < pairs->n_wanted; i++) {
        for (uint32_t k = 0; k < n && pairs->row_of[i] == NONE; k++) {
            uint32_t row = from + k < n ? from + k : from + k - n;
            if (pairs->wanted_of[row] != NONE || !fits(pairs, i, row))
                continue;
            pairs_set(pairs, i, row);
            from = row + 1 < n ? row + 1 : 0;
        }
    }
}

static bool pairs_open(struct pairs *pairs, const struct compare *compare)
{
    uint32_t n = compare->n;
    pairs->compare = compare;
    pairs->n_wanted = compare->wanted->kind == YAML_LIST ? (uint32_t)compare->wanted->n : 0;
    pairs->row_of = arena_alloc(&pairs->arena, pairs->n_wanted * sizeof(uint32_t));
    pairs->wanted_of = arena_alloc(&pairs->arena, n * sizeof(uint32_t));
    memset(pairs->row_of, 0xff, pairs->n_wanted * sizeof(uint32_t));
    memset(pairs->wanted_of, 0xff, n * sizeof(uint32_t));
    bool same = pairs->n_wanted == n;
    for (uint32_t i = 0; compare->ordered && i < n && i < pairs->n_wanted; i++) {
        pairs_set(pairs, i, i);
        same &= pairs_equal(pairs, i, i);
    }
    if (!compare->ordered && n)
        pairs_find(pairs, pairs_equal);
    for (uint32_t i = 0; same && i < n; i++)
        same = pairs->wanted_of[i] != NONE;
    return same;
}

/* ---- shown */

static void pairs_lines(struct pairs *pairs)
{
    uint32_t n = pairs->compare->n;
    if (!pairs->compare->ordered && n) {
        pairs_find(pairs, pairs_akin);
        pairs_find(pairs, pairs_any);
    }
    pairs->lines = arena_alloc(&pairs->arena, (pairs->n_wanted + n) * sizeof *pairs->lines);
    for (uint32_t i = 0; i < pairs->n_wanted; i++) {
        uint32_t row = pairs->row_of[i];
        bool same = row != NONE && pairs_equal(pairs, i, row);
        pairs->lines[pairs->n_lines++] = (struct line){ i, row, same };
    }
    for (uint32_t row = 0; row < n; row++)
        if (pairs->wanted_of[row] == NONE)
            pairs->lines[pairs->n_lines++] = (struct line){ NONE, row, false };
}

static uint32_t points(const struct buf *text) /* how wide it is */
{
    uint32_t n = 0;
    for (size_t i = 0; i < text->len; i++)
        n += (text->ptr[i] & 0xc0) != 0x80;
    return n;
}

static uint32_t put_wanted(const struct pairs *pairs, const struct line *line, struct buf *out)
{
    struct buf text = { 0 };
    if (line->wanted != NONE)
        expect_put_node(&text, wanted_at(pairs, line->wanted));
    uint32_t width = points(&text);
    if (out && text.len)
        buf_put(out, text.ptr, text.len);
    buf_free(&text);
    return width;
}

static void put_blanks(struct buf *out, uint32_t n)
{
    while (n--)
        buf_puts(out, " ");
}

struct table { /* how the lines are laid out */
    unsigned indent;
    uint32_t width; /* of the left column */
    bool all;       /* equal lines too */
};

static void put_line(const struct pairs *pairs, const struct line *line, const struct table *table,
                     struct buf *out)
{
    put_blanks(out, table->indent);
    uint32_t width = put_wanted(pairs, line, out);
    if (width > table->width) {
        buf_puts(out, "\n");
        put_blanks(out, table->indent);
        width = 0;
    }
    put_blanks(out, table->width - width);
    buf_puts(out, line->same             ? "   "
                  : line->row == NONE    ? " <"
                  : line->wanted == NONE ? " > "
                                         : " | ");
    if (line->row != NONE)
        expect_put_row(out, pairs->compare->rows, line->row);
    buf_puts(out, "\n");
}

static void put_head(const struct table *table, struct buf *out)
{
    put_blanks(out, table->indent);
    buf_puts(out, "expected");
    put_blanks(out, table->width - WIDTH_MIN + 3);
    buf_puts(out, "actual\n");
}

static void put_table(struct pairs *pairs, unsigned indent, struct buf *out)
{
    struct table table = { indent, WIDTH_MIN, pairs->n_lines <= ALL_SHOWN };
    uint32_t shown = 0, left_out = 0, same = 0;
    for (uint32_t i = 0; i < pairs->n_lines; i++) {
        const struct line *line = &pairs->lines[i];
        same += line->same;
        if ((line->same && !table.all) || shown == LINES_MAX)
            continue;
        uint32_t width = put_wanted(pairs, line, NULL);
        if (width > table.width && width <= WIDTH_MAX)
            table.width = width;
        shown++;
    }
    put_head(&table, out);
    shown = 0;
    for (uint32_t i = 0; i < pairs->n_lines; i++) {
        const struct line *line = &pairs->lines[i];
        if (line->same && !table.all)
            continue;
        if (shown++ < LINES_MAX)
            put_line(pairs, line, &table, out);
        else
            left_out++;
    }
    if (table.all)
        return;
    put_blanks(out, indent);
    if (left_out)
        buf_printf(out, "… and %u more that differ; ", left_out);
    buf_printf(out, "%u equal rows are not shown\n", same);
}

bool compare_rows(const struct compare *compare, unsigned indent, struct buf *out)
{
    struct pairs pairs = { 0 };
    bool same = pairs_open(&pairs, compare);
    if (!same) {
        pairs_lines(&pairs);
        put_table(&pairs, indent, out);
    }
    arena_free(&pairs.arena);
    return same;
}
