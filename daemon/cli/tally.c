#include "cli/tally.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "io/world.h"

#define FIRST_US 2000000u /* of work before the first line … */
#define NEXT_US 200000u   /* … and between two */

void tally_open(struct tally *tally, struct world *world, const char *what, bool quiet)
{
    *tally = (struct tally){ .what = what };
    if (quiet || !isatty(STDERR_FILENO))
        return;
    tally->world = world;
    tally->began_us = world_mono_us(world);
}

static void tally_put(const struct tally *tally, uint64_t took_us, uint64_t done, uint64_t bytes,
                      struct buf *out)
{
    uint64_t rate = (uint64_t)((double)done * 1e6 / (double)took_us);
    buf_printf(out, "\r\033[K%llu %s, %llu/s", (unsigned long long)done, tally->what,
               (unsigned long long)rate);
    if (!tally->total || !bytes)
        return;
    double share = (double)bytes / (double)tally->total;
    share = share < 1 ? share : 1;
    buf_printf(out, ", %d%%, ", (int)(share * 100));
    log_format_wait((int64_t)((double)took_us / 1000 * (1 - share) / share), out);
    buf_puts(out, " left");
}

void tally_show(struct tally *tally, uint64_t done, uint64_t bytes)
{
    struct buf text = { 0 };
    if (!tally->world)
        return;
    uint64_t now = world_mono_us(tally->world);
    if (now - tally->began_us < FIRST_US || (tally->is_shown && now - tally->shown_us < NEXT_US))
        return;
    tally_put(tally, now - tally->began_us, done, bytes, &text);
    tally->shown_us = now;
    tally->is_shown = true;
    fwrite(text.ptr, 1, text.len, stderr);
    buf_free(&text);
}

void tally_clear(struct tally *tally)
{
    if (tally->is_shown)
        fputs("\r\033[K", stderr);
    tally->is_shown = false;
}
