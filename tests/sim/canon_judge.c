/* One output of one batch: what is there against what must be there, line by line. */
#include "canon_judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

static int by_text(const void *a, const void *b)
{
    const struct canon_line *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* The lines that the model wrote, sorted by their texts. */
static struct canon_line *lines_of(const struct canon_show *show)
{
    struct canon_line *lines = calloc(show->n + 1, sizeof *lines);
    const char *at = show->text;
    check(lines);
    for (size_t i = 0; i < show->n; i++) {
        lines[i] = (struct canon_line){ .text = at, .lane = show->lanes[i], .order = i };
        at += strlen(at) + 1;
    }
    qsort(lines, show->n, sizeof *lines, by_text);
    return lines;
}

static int compare(const struct canon_line *line, struct slice text)
{
    size_t len = strlen(line->text);
    int order = memcmp(line->text, text.ptr, len < text.len ? len : text.len);
    return order ? order : (len > text.len) - (len < text.len);
}

/* Where this text is among the sorted ones, or would be. */
static size_t find(const struct canon_line *lines, size_t n, struct slice text)
{
    size_t low = 0;
    for (size_t high = n; low < high;) {
        size_t middle = (low + high) / 2;
        if (compare(&lines[middle], text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A line that must not be there. Of a pair whose key must be there it is the value that is wrong. */
static enum census kind_of(const struct canon_line *lines, size_t n, size_t at, struct slice text)
{
    const char *comma = memchr(text.ptr, ',', text.len);
    size_t key = comma ? (size_t)(comma - (const char *)text.ptr) : 0;
    if (at < n && compare(&lines[at], text) == 0)
        return CENSUS_DOUBLED;
    for (size_t i = 0; i < n && key > 2; i++)
        if (strncmp(lines[i].text, text.ptr, key) == 0)
            return CENSUS_WRONG;
    return CENSUS_PHANTOM;
}

struct seen { /* of an output, so far */
    const struct canon_judge *judge;
    struct canon_line *lines;
    size_t n;
    size_t next[CANON_LANES]; /* order of the next line of a lane, at least */
};

static void see_line(struct seen *seen, struct slice text)
{
    size_t first = find(seen->lines, seen->n, text), at = first;
    while (at < seen->n && seen->lines[at].seen && compare(&seen->lines[at], text) == 0)
        at++;
    if (at == seen->n || compare(&seen->lines[at], text) != 0) {
        canon_fault(seen->judge, kind_of(seen->lines, seen->n, first, text), text);
        return;
    }
    struct canon_line *line = &seen->lines[at];
    line->seen = true;
    if (line->lane < 0)
        return;
    check(line->lane < CANON_LANES);
    if (line->order < seen->next[line->lane])
        canon_fault(seen->judge, CENSUS_REORDERED, text);
    seen->next[line->lane] = line->order + 1;
}

/* What was not seen is lost, unless the output is one that is cut: then the first ones of each lane must be there. */
static void see_rest(struct seen *seen, const struct canon_show *show)
{
    for (size_t i = 0; i < seen->n; i++) {
        const struct canon_line *line = &seen->lines[i];
        bool cut = show->num && show->n > show->num &&
                   (line->lane < 0 || line->order >= seen->next[line->lane]);
        if (!line->seen && !cut)
            canon_fault(seen->judge, CENSUS_LOST, (struct slice){ line->text, strlen(line->text) });
    }
}

void canon_judge_lines(const struct canon_judge *judge, const struct canon_show *show,
                       struct slice block)
{
    struct seen seen = { .judge = judge, .lines = lines_of(show), .n = show->n };
    struct slice line;
    size_t n = 0, most = show->num ? show->num : SIZE_MAX, at = 0;
    bool more = false;
    while (printed_line(block, &at, &line)) {
        more = canon_is(line, "...");
        if (!more)
            see_line(&seen, line);
        n += !more;
    }
    if (at != block.len || n > most || more != (show->n > most) || (more && n < most))
        canon_fault(judge, CENSUS_CORRUPT, block);
    see_rest(&seen, show);
    free(seen.lines);
}
