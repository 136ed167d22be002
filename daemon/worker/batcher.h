/* The batch clock and the batch log. At each tick the open batch is closed: what was handed to the
 * engine by then is in it, nothing is waited for; its time, known since it was opened, is that of
 * the tick. Closed batches gather in the next record; as soon
 * as no record is under way, it is published with all of them. Then, and only then, what they show
 * is delivered. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "durable/record.h"

#define BATCHER_READY_MAX 1024            /* closed batches that are not committed */
#define BATCHER_READY_BYTES (64ull << 20) /* the same, bytes of their records */

struct batch_log;
struct batcher;
struct delivery;
struct directory;
struct engine;
struct intake;
struct job_spec;
struct keeper;
struct progress;
struct voice;

struct batcher_conf {
    struct directory *directory;
    const struct job_spec *spec;
    struct batch_log *log;
    struct progress *progress; /* kept up to date with what is published */
    struct keeper *keeper;
    struct engine *engine;
    struct delivery *delivery;
    struct intake *intake; /* may be set later, before batcher_start() */
    struct voice *voice;
    void (*failed)(void *ctx, const struct err *err); /* the attempt must end */
    void (*drained)(void *ctx); /* after batcher_drain(): all is committed and delivered */
    void *ctx;
};
struct batcher *batcher_new(const struct batcher_conf *conf);
void batcher_set_intake(struct batcher *batcher, struct intake *intake);
/* Begins the clock: the engine may be fed from then on. A job that has not begun gets its zeroTime and this hash seed first. */
void batcher_start(struct batcher *batcher, uint64_t hash_seed);
/* Adds an entry to the next record. */
void batcher_note(struct batcher *batcher, const struct entry *entry);
/* Publishes what was noted without waiting for a batch. */
void batcher_flush(struct batcher *batcher);
void batcher_poke(struct batcher *batcher); /* the engine has become idle, or delivery has room */
/* An output has delivered all batches up to this one. */
void batcher_delivered(struct batcher *batcher, const char *label, uint64_t number);
/* All was received and computed: one last batch now, if there is anything for it, then drained(). */
void batcher_drain(struct batcher *batcher);
void batcher_halt(struct batcher *batcher); /* closes and commits nothing more; NULL is fine */
