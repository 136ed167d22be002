/* What comes in: sources give blocks, the write-ahead log makes them durable, the engine computes
 * them, then their memory goes back. Group commits are computed in the order of the log and whole,
 * so that a batch never splits a file. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "durable/record.h"

struct directory;
struct engine;
struct intake;
struct job_spec;
struct progress;
struct recovered;
struct source;
struct trim;

struct intake_conf {
    struct directory *directory;
    struct engine *engine;
    struct trim *trim;
    const struct job_spec *spec;
    const struct progress *progress; /* where partitions begin */
    bool once; /* tell drained() when all that was there at the start is received */
    /* Entries for the next record: positions of new partitions. noted() comes behind one or more
     * of them: publish soon, then call intake_noted(). */
    void (*note)(void *ctx, const struct entry *entry);
    void (*noted)(void *ctx);
    void (*idle)(void *ctx); /* nothing that was fed is being computed any more */
    void (*replayed)(void *ctx, uint64_t blocks);      /* the end of intake_replay() */
    void (*damaged)(void *ctx, const struct err *err); /* of the log; it is read from Kafka again */
    void (*trouble)(void *ctx, const struct err *err); /* ERR_RETRY: a source is away; NONE: back */
    void (*failed)(void *ctx,
                   const struct err *err); /* a source stopped for good, or a damaged log */
    void (*drained)(void *ctx);
    void (*gap)(void *ctx, const struct entry *gap); /* offsets were given up; borrowed */
    void (*finished)(void *ctx); /* after intake_finish(): all that was received is computed */
    void *ctx;
};
struct intake *intake_new(const struct intake_conf *conf);
/* Does the job have each source that the log's tail is of? */
bool intake_may_replay(const struct job_spec *spec, const struct recovered *recovered,
                       struct err *err);
/* Computes again what the log holds and no batch has taken, as much at once as goes into a batch; replayed() at the end. */
void intake_replay(struct intake *intake, const struct recovered *recovered);
void intake_open(struct intake *intake); /* opens the sources */
/* How many entries were noted so far, in all; those are published, and reading goes on there. */
uint64_t intake_notes(const struct intake *intake);
void intake_noted(struct intake *intake, uint64_t notes);
void intake_hold(struct intake *intake, bool hold);   /* sources take in no more for now */
void intake_pause(struct intake *intake, bool pause); /* nothing is handed to the engine for now */
bool intake_idle(const struct intake *intake);        /* all that was handed over is computed */
bool intake_waiting(const struct intake *intake);     /* something published waits for the engine */
bool intake_has_open(
    const struct intake *intake); /* something was handed over since the last cut */
/* The open batch takes no more: what is published waits for the cut, though one group commit goes into every batch. */
bool intake_full(const struct intake *intake);
bool intake_is_finishing(const struct intake *intake); /* intake_finish() was called */
/* Adds ENTRY_TAKEN and ENTRY_RANGE of what was handed to the engine since the last cut. Only while
 * paused and idle. */
void intake_cut(struct intake *intake, struct record *record);
/* How long it took to close the batch of that cut, and how late that began: sources are told what they may take. */
void intake_pace(struct intake *intake, double closing_ms, double late_ms);
/* The batch of that cut is committed; cuts are committed in order. Its group commits are deleted,
 * its offsets committed to the source's group. */
void intake_committed(struct intake *intake);
void intake_finish(struct intake *intake); /* stop receiving; finished() once all is computed */
int64_t intake_lag(const struct intake *intake); /* records that wait at the sources; -1 unknown */
struct intake_sum {
    uint64_t records, again, silence_ms;
};
/* Of all sources since the start: records received; those that came again; the longest silence. */
struct intake_sum intake_sum(const struct intake *intake);
