#include "printed.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define RULE "-------------------------------------------\n"
#define RULE_LEN 44

static const char *find_block(const char *at, const char *end)
{
    while ((at = memmem(at, (size_t)(end - at), RULE "Time: ", RULE_LEN + 6)) != NULL) {
        const char *line = at + RULE_LEN, *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            return NULL;
        const char *body = stop + 1 + RULE_LEN;
        bool ruled = body <= end && memcmp(stop + 1, RULE, RULE_LEN) == 0;
        if (ruled && !(end - body >= 6 && memcmp(body, "Time: ", 6) == 0))
            return at; /* else it was torn there, and the rule is the next one's */
        at = line;
    }
    return NULL;
}

/* The block that begins at `at`, up to the next one at the latest: what follows its empty line is the beginning of a torn one. */
static struct printed block_of(const char *at, const char *next)
{
    const char *time = at + RULE_LEN + 6;
    const char *stop = memchr(time, '\n', (size_t)(next - time));
    const char *last = stop + RULE_LEN; /* the newline before its first line */
    const char *empty = memmem(last, (size_t)(next - last), "\n\n", 2);
    const char *end = empty ? empty + 2 : next;
    return (struct printed){ { at, (size_t)(end - at) }, { time, (size_t)(stop - time) }, empty };
}

int printed_compare(struct slice a, struct slice b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_time(const void *a, const void *b)
{
    const struct printed *x = a, *y = b;
    int order = printed_compare(x->time, y->time);
    if (order == 0)
        order = (x->whole < y->whole) - (x->whole > y->whole);
    return order ? order : (x->all.ptr > y->all.ptr) - (x->all.ptr < y->all.ptr);
}

void printout_read(struct printout *out, struct slice bytes)
{
    const char *end = (const char *)bytes.ptr + bytes.len;
    out->from = bytes.ptr;
    for (const char *at = find_block(bytes.ptr, end), *next; at; at = next) {
        next = find_block(at + RULE_LEN, end);
        if (out->n == out->cap) {
            out->cap = out->cap ? out->cap * 2 : 256;
            out->blocks = realloc(out->blocks, out->cap * sizeof *out->blocks);
            check(out->blocks);
        }
        out->blocks[out->n++] = block_of(at, next ? next : end);
    }
    if (out->n)
        qsort(out->blocks, out->n, sizeof *out->blocks, by_time);
}

void printout_free(struct printout *out)
{
    free(out->blocks);
}

bool printed_line(struct slice all, size_t *at, struct slice *line)
{
    const char *text = all.ptr;
    for (int i = 0; i < 3 && *at < 2 * RULE_LEN; i++) /* its head */
        *at = (size_t)((const char *)memchr(text + *at, '\n', all.len - *at) - text) + 1;
    const char *stop = memchr(text + *at, '\n', all.len - *at);
    check(stop);
    *line = (struct slice){ text + *at, (size_t)(stop - text) - *at };
    *at += line->len + 1;
    return line->len > 0;
}
