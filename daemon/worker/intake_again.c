/* What the log has lost and a source gives again. Happy path: the replay gave up some group commits, and all behind them; the
 * source's first look shows that it still has what stood there; its partitions are assigned, and the next batch takes what was
 * given up, so that its files go. Failure modes: a partition that begins behind what was lost, now or when it is read, ends the
 * attempt, whatever the job's policy is; one that is not to be seen is told of, and what was given up stays until a later
 * group commit is taken. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "worker/intake_parts.h"

static __attribute__((format(printf, 2, 0))) struct err again_err(
    const struct intake_source *source, const char *format, va_list args)
{
    struct err err = source->damage;
    size_t n = strlen(err.text);
    snprintf(err.text + n, sizeof err.text - n, "; ");
    n = strlen(err.text);
    vsnprintf(err.text + n, sizeof err.text - n, format, args);
    return err;
}

static __attribute__((format(printf, 2, 3))) void again_tell(const struct intake_source *source,
                                                             const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct err err = again_err(source, format, args);
    va_end(args);
    source->intake->conf.damaged(source->intake->conf.ctx, &err);
}

void intake_lost(const struct intake_source *source, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct err err = again_err(source, format, args);
    va_end(args);
    source->intake->conf.failed(source->intake->conf.ctx, &err);
}

void intake_give_up(struct intake_source *source, uint64_t last, const struct err *why)
{
    struct positions *positions = &source->intake->positions;
    source->damage = *why;
    source->given_up = last;
    for (size_t i = 0; i < positions->n; i++)
        if (positions->items[i].source == source->index)
            positions->items[i].again = true;
    again_tell(source, "from there on Kafka is read again");
}

void intake_found_again(struct intake_source *source, struct position *at, int64_t low)
{
    if (low > at->next)
        intake_lost(source, "%s/%d: Kafka begins at offset %lld, the log ends at %lld", at->topic,
                    at->partition, (long long)low, (long long)at->next - 1);
    at->waits = true;
}

void intake_looked_again(struct intake_source *source)
{
    struct positions *positions = &source->intake->positions;
    struct list none;
    bool all = source->given_up == wal_seq(source->wal); /* else a later one goes before it */
    if (!source->given_up)
        return;
    for (size_t i = 0; i < positions->n; i++) {
        struct position *at = &positions->items[i];
        if (at->source != source->index || !at->again)
            continue;
        if (at->until < 0) {
            all = false;
            again_tell(source, "%s/%d is not to be seen in Kafka: what the log had of it is away",
                       at->topic, at->partition);
        } else {
            at->again = at->next < at->until;
        }
    }
    if (!all)
        return;
    list_init(&none);
    intake_queue(source, source->given_up, source->chain, &none);
    source->given_up = 0;
    intake_feed(source->intake);
}

bool intake_rereads(const struct intake_source *source)
{
    const struct positions *positions = &source->intake->positions;
    for (size_t i = 0; i < positions->n; i++)
        if (positions->items[i].source == source->index && positions->items[i].again)
            return true;
    return false;
}
