/* The ledger of attempts, with the sums of its lines set right: what is kept of it tells the same of a job, and keeping it again
 * changes nothing. An entry that was read is written as a line that reads the same. */
#include <stdio.h>

#include "base/crc32c.h"
#include "fuzz.h"
#include "supervisor/attempts.h"

void ledger_fuzz(const uint8_t *data, size_t size);

static bool same_past(const struct attempts_past *a, const struct attempts_past *b)
{
    return a->failed == b->failed && strcmp(a->why, b->why) == 0 && a->failures.n == b->failures.n;
}

/* Each line: 8 digits, a blank, the rest; one that begins with an x stays damaged. */
static void mend_lines(char *at, char *end)
{
    while (at < end) {
        char *stop = memchr(at, '\n', (size_t)(end - at)), hex[9];
        char *next = stop ? stop + 1 : end;
        size_t n = (size_t)((stop ? stop : end) - at);
        if (n > 9 && at[8] == ' ' && *at != 'x') {
            snprintf(hex, sizeof hex, "%08x", crc32c(0, at + 9, n - 9));
            memcpy(at, hex, 8);
        }
        at = next;
    }
}

static void fuzz_entry(const char *line, size_t n)
{
    struct attempt_entry entry, again;
    struct buf once = { 0 }, twice = { 0 };
    if (!attempt_parse(line, n, &entry))
        return;
    attempt_format(&entry, &once);
    check(attempt_parse((char *)once.ptr, once.len - 1, &again));
    attempt_format(&again, &twice);
    check(fuzz_same(buf_slice(&once), buf_slice(&twice)));
    buf_free(&once);
    buf_free(&twice);
}

void ledger_fuzz(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, data + size };
    struct attempts_clock now = { "00000000-0000-0000-0000-000000000001", 1000000, 2000000 };
    char *text = (char *)fuzz_rest(&input, &size);
    mend_lines(text, text + size);
    struct slice bytes = { text, size };
    struct buf once = { 0 }, twice = { 0 };
    struct attempts_found found = { 0 };
    struct err err = { 0 };
    for (char *at = text, *next; at < text + size; at = next + 1) {
        next = memchr(at, '\n', (size_t)(text + size - at));
        next = next ? next : text + size;
        fuzz_entry(at, (size_t)(next - at));
    }
    if (attempts_compact(bytes, NULL, &once, &found, &err)) {
        struct attempts_past before, after;
        attempts_recall(bytes, "a", &now, &before);
        attempts_recall(buf_slice(&once), "a", &now, &after);
        check(same_past(&before, &after));
        check(attempts_compact(buf_slice(&once), NULL, &twice, &found, &err));
        check(!found.damaged && strcmp(buf_text(&once), buf_text(&twice)) == 0);
    }
    buf_free(&once);
    buf_free(&twice);
    free(text);
}
