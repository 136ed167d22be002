/* Snapshots: snap/<index> stands for the log up to log/<index>. Published, then read back and
 * verified; then older ones but the newest `retain`, and the log behind the oldest, may go. */
#pragma once
#include <stdint.h>

#include "base/err.h"
#include "durable/directory.h"
#include "durable/progress.h"

#define SNAPSHOT_TURN_BYTES (4u << 20) /* summed or freed at once: about half a millisecond … */
#define SNAPSHOT_TURN_MS 1             /* … and between two turns, for batches and all else */

/* err->kind ERR_NONE: it is there and verified; ERR_FATAL: what was read is not what was written; or (E407) nothing was: it is
 * longer than recovery reads. */
typedef void (*snapshot_cb)(void *ctx, uint64_t index, const struct err *err);
struct snapshot_job {
    struct directory *directory;
    struct record *content; /* entries of progress_save() (and state), taken over and freed */
    uint64_t index, hash;   /* of the log's record that it stands for */
    snapshot_cb cb;
    void *ctx;
};
void snapshot_start(const struct snapshot_job *job); /* *job is copied */
