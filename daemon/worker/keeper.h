/* Keeps the batch log short: writes a snapshot when enough of it has gathered, then deletes the log
 * behind the oldest snapshot that is kept. */
#pragma once
#include <stdint.h>

#include "base/err.h"
#include "durable/progress.h"

#define KEEPER_FILES_MAX 1000            /* of log/ since the last snapshot: the next is due */
#define KEEPER_BYTES_MAX (256ull << 20)  /* the same, bytes */
#define KEEPER_CHANGES_MAX (64ull << 20) /* changes of state, unless half of it is more: likewise */
#define KEEPER_TURN_BYTES (512u << 10) /* of a snapshot, copied at once: about a millisecond … */
#define KEEPER_TURN_MS 1               /* … and between two turns, for batches and all else */
#define KEEPER_OPEN_MAX 4096           /* records kept track of until all is delivered */

struct directory;
struct engine;
struct job_spec;
struct keeper;
struct recovered;
struct trim;

struct keeper_saved { /* a snapshot that was read back as it was written */
    uint64_t index;   /* of the record that it stands for */
    uint64_t bytes;   /* of the states in it */
    uint64_t took_ms; /* since its first byte was copied */
};

struct keeper_conf {
    struct directory *directory;
    struct trim *trim;
    const struct progress *progress; /* the running one */
    struct engine *engine;           /* whose states a snapshot holds; NULL = none */
    const struct job_spec *spec;     /* outputs, checkpoint.interval, checkpoint.retain */
    void (*saved)(void *ctx, const struct keeper_saved *saved);
    void (*failed)(void *ctx,
                   const struct err *err); /* what was read back is not what was written */
    void *ctx;
};
struct keeper *keeper_new(const struct keeper_conf *conf, const struct recovered *recovered);
/* A batch changed so many bytes of states. */
void keeper_changed(struct keeper *keeper, uint64_t bytes);
/* The record of all batches that the engine has closed, a file of so many bytes, is about to be published: when a snapshot is
 * due it is of the states as they are now, which are copied turn by turn while batches go on. */
void keeper_committing(struct keeper *keeper, uint64_t bytes);
/* That record was published, and progress took it in. */
void keeper_committed(struct keeper *keeper);
