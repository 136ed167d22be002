/* The ledger of attempts: what is kept of it tells the same of a job, and keeping it again changes nothing. */
#include "fuzz.h"
#include "supervisor/attempts.h"

void ledger_fuzz(const uint8_t *data, size_t size);

static bool same_past(const struct attempts_past *a, const struct attempts_past *b)
{
    return a->failed == b->failed && strcmp(a->why, b->why) == 0 && a->failures.n == b->failures.n;
}

void ledger_fuzz(const uint8_t *data, size_t size)
{
    struct attempts_clock now = { "00000000-0000-0000-0000-000000000001", 1000000, 2000000 };
    struct slice bytes = { data, size };
    struct buf once = { 0 }, twice = { 0 };
    struct attempts_found found = { 0 };
    struct err err = { 0 };
    struct attempt_entry entry;
    attempt_parse((const char *)data, size, &entry);
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
}
