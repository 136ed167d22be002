/* The ledger on disk. Happy path: one line, one append. Failure modes: an append that failed closes
 * the file; the next note loads it, writes it anew with what is missing, and goes on. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/ledger.h"
#include "io/world.h"
#include "supervisor/attempts.h"

#define MISSING_MAX (256u << 10) /* bytes remembered of a disk that is full for long */

struct attempts {
    struct ledger *ledger;
    struct world *world;
    struct buf line;    /* under way */
    struct buf missing; /* lines of which nobody knows whether they are on disk */
    size_t grown;       /* bytes since the file was written anew */
};

static struct attempts_clock attempts_now(struct attempts *attempts)
{
    return (struct attempts_clock){ world_boot_id(attempts->world),
                                    (int64_t)world_boot_ms(attempts->world),
                                    world_wall_ms(attempts->world) };
}

static bool attempts_rewrite(struct attempts *attempts, const struct attempts_clock *abort,
                             struct attempts_found *found, struct err *err)
{
    struct buf old = { 0 }, new = { 0 };
    bool done = ledger_load(attempts->ledger, &old, err) &&
                attempts_compact(buf_slice(&old), abort, &new, found, err);
    if (done) {
        buf_put(&new, attempts->missing.ptr, attempts->missing.len);
        done = ledger_replace(attempts->ledger, buf_slice(&new), err);
    }
    if (done) {
        buf_clear(&attempts->missing);
        attempts->grown = 0;
    }
    buf_free(&old);
    buf_free(&new);
    return done;
}

struct attempts *attempts_open(const char *path, struct world *world, struct attempts_found *found,
                               struct err *err)
{
    struct attempts *attempts = mem_zalloc(sizeof *attempts);
    attempts->ledger = ledger_new(path);
    attempts->world = world;
    struct attempts_clock now = attempts_now(attempts);
    buf_reserve(&attempts->line, sizeof(struct attempt_entry) * 6); /* a reason, escaped */
    if (attempts_rewrite(attempts, &now, found, err))
        return attempts;
    err_wrap(err, "attempts");
    attempts_free(attempts);
    return NULL;
}

bool attempts_note(struct attempts *attempts, struct attempt_entry *entry, struct err *err)
{
    struct attempts_clock now = attempts_now(attempts);
    struct attempts_found found;
    snprintf(entry->boot, sizeof entry->boot, "%s", now.boot);
    entry->boot_ms = now.boot_ms;
    entry->wall_ms = now.wall_ms;
    buf_clear(&attempts->line);
    attempt_format(entry, &attempts->line);
    bool ready = (ledger_is_open(attempts->ledger) && attempts->grown < ATTEMPTS_GROWTH_MAX) ||
                 attempts_rewrite(attempts, NULL, &found, err);
    if (ready && ledger_append(attempts->ledger, buf_slice(&attempts->line), err)) {
        attempts->grown += attempts->line.len;
        return true;
    }
    if (entry->kind != ATTEMPT_START && attempts->missing.len < MISSING_MAX)
        buf_put(&attempts->missing, attempts->line.ptr, attempts->line.len);
    return err_wrap(err, "attempts");
}

bool attempts_past(struct attempts *attempts, const char *job, struct attempts_past *past,
                   struct err *err)
{
    struct buf bytes = { 0 };
    struct attempts_clock now = attempts_now(attempts);
    bool loaded = ledger_load(attempts->ledger, &bytes, err);
    if (loaded)
        attempts_recall(buf_slice(&bytes), job, &now, past);
    buf_free(&bytes);
    return loaded || err_wrap(err, "attempts");
}

void attempts_free(struct attempts *attempts)
{
    if (!attempts)
        return;
    ledger_free(attempts->ledger);
    buf_free(&attempts->line);
    buf_free(&attempts->missing);
    mem_free(attempts);
}
