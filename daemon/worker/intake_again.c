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

void intake_damage(const struct intake_source *source, intake_say say, const char *format, ...)
{
    struct err err = source->damage;
    char what[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    size_t n = strlen(err.text);
    snprintf(err.text + n, sizeof err.text - n, "; %s", what);
    say(source->intake->conf.ctx, &err);
}

void intake_give_up(struct intake_source *source, uint64_t last, const struct err *why)
{
    struct positions *positions = &source->intake->positions;
    source->damage = *why;
    source->given_up = last;
    for (size_t i = 0; i < positions->n; i++)
        if (positions->items[i].source == source->index)
            positions->items[i].again = true;
    intake_damage(source, source->intake->conf.damaged, "from there on Kafka is read again");
}

void intake_found_again(struct intake_source *source, struct position *at, int64_t low)
{
    if (low > at->next)
        intake_damage(source, source->intake->conf.failed,
                      "%s/%d: Kafka begins at offset %lld, the log ends at %lld", at->topic,
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
            intake_damage(source, source->intake->conf.damaged,
                          "%s/%d is not to be seen in Kafka: what the log had of it is away",
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
