/* The log's tail: group commits that are published and that no batch has taken. Happy path: read
 * one, hand it to the engine, wait until it is computed, so that memory stays bounded; then the next
 * one, source by source. The clock runs: a tick closes a batch with what was computed by then, and
 * what does not fit one batch waits for it, as what sources send does.
 *
 * Failure modes: one that is damaged is given up with all behind it: their records are read from the
 * source again, behind the last one that came out of the log (intake_again.c). One that is missing ends the
 * attempt: it may be one that a batch had taken, whose record is lost. */
#include "durable/recover.h"

#include <string.h>

#include "column/block.h"
#include "spec/job.h"
#include "worker/intake_parts.h"

static struct intake_source *replay_source(struct intake *intake, const char *name)
{
    struct intake_source *source = intake->sources;
    while (strcmp(source->name, name) != 0) /* intake_may_replay() has seen it */
        source++;
    return source;
}

static bool replay_fits(struct intake_source *source, const struct block *block, struct err *err)
{
    const struct position *at =
        positions_find(&source->intake->positions, source->index, block->topic, block->partition);
    if (!at || block->first_offset >= at->next)
        return true;
    return err_code(err, ERR_FATAL, 350,
                    "wal/%s-%llu: %s [%d]: offset %lld is in the log already, up to %lld",
                    source->name, (unsigned long long)source->intake->replay_seq, block->topic,
                    block->partition, (long long)block->first_offset, (long long)at->next - 1);
}

static void replay_read_cb(void *ctx, struct wal_back *back)
{
    struct intake_source *source = ctx;
    struct intake *intake = source->intake;
    intake->reading = false;
    if (back->damaged) {
        uint64_t last = intake->recovered->sources[intake->replay_source].last;
        intake->replay_seq = last + 1;
        intake_give_up(source, last, &back->err);
        intake_replay_step(intake);
        return;
    }
    LIST_EACH(link, &back->blocks)
    {
        struct block *block = LIST_ITEM(link, struct block, link);
        block->source = source->index;
        intake->replay_blocks++;
        if (!replay_fits(source, block, &back->err))
            break;
    }
    if (back->err.kind != ERR_NONE) {
        intake->conf.failed(intake->conf.ctx, &back->err);
        return;
    }
    intake_queue(source, intake->replay_seq++, back->chain, &back->blocks);
    intake_feed(intake);
    intake_replay_step(intake);
}

/* Reads the next group commit of a source. */
static void replay_read(struct intake *intake, const struct recovered_source *tail)
{
    struct intake_source *source = replay_source(intake, tail->name);
    intake->reading = true;
    wal_read_start(&(struct wal_read){ .directory = intake->conf.directory,
                                       .source = tail->name,
                                       .seq = intake->replay_seq,
                                       .chain = source->chain,
                                       .topics = &intake->topics,
                                       .cb = replay_read_cb,
                                       .ctx = source });
}

void intake_replay_step(struct intake *intake)
{
    const struct recovered *recovered = intake->recovered;
    if (!recovered || intake->reading || intake->computing || intake_waiting(intake))
        return;
    while (intake->replay_source < recovered->n_sources) {
        const struct recovered_source *tail = &recovered->sources[intake->replay_source];
        if (intake->replay_seq < tail->first)
            intake->replay_seq = tail->first;
        if (intake->replay_seq <= tail->last) {
            replay_read(intake, tail);
            return;
        }
        intake->replay_source++;
        intake->replay_seq = 0;
    }
    intake->recovered = NULL;
    intake->conf.replayed(intake->conf.ctx, intake->replay_blocks);
}

bool intake_may_replay(const struct job_spec *spec, const struct recovered *recovered,
                       struct err *err)
{
    for (size_t i = 0; i < recovered->n_sources; i++) {
        const struct recovered_source *tail = &recovered->sources[i];
        size_t at = 0;
        while (at < spec->n_sources && strcmp(spec->sources[at].name, tail->name) != 0)
            at++;
        if (at == spec->n_sources && tail->first <= tail->last)
            return err_code(err, ERR_BAD_CONFIG, 240,
                            "the log holds records of source '%s' that no batch has taken, and "
                            "the job has no such source: keep it until they are processed",
                            tail->name);
    }
    return true;
}

void intake_replay(struct intake *intake, const struct recovered *recovered)
{
    intake->recovered = recovered;
    intake_replay_step(intake);
}
