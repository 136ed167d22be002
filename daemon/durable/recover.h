/* Recovery: newest valid snapshot (else the one before), later records with their indices and hash
 * chain checked, and what is left in wal/. Reads only the worker's own directory. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "durable/directory.h"
#include "durable/progress.h"

struct recovered_output { /* of a committed batch, not noted as delivered */
    uint64_t number;
    int64_t time_ms;
    const char *label;
    struct slice bytes;
};
struct recovered_source {
    const char *name;
    uint64_t first, last; /* group commits in wal/ behind the last one taken; none: first > last */
};
struct recovered_state { /* ENTRY_DELTA of the snapshot, then of the records behind it, in order */
    const char *id;
    struct slice bytes;
};
struct recovered {
    struct progress progress;         /* the caller's: progress_free() */
    struct recovered_output *outputs; /* in order of batches */
    struct recovered_source *sources;
    size_t n_outputs, n_sources;
    struct recovered_state *states;
    size_t n_states;
    uint64_t records;    /* log records read */
    uint64_t snapshot;   /* index of the snapshot it began from; 0 = none */
    uint64_t *snapshots; /* indices of all that are there, oldest first */
    size_t n_snapshots;
    uint64_t log_files, log_bytes; /* of log/ behind the snapshot */
    uint64_t log_first;            /* lowest index still in log/ */
    struct arena arena;            /* holds the arrays; the caller's: arena_free() */
};
typedef void (*recover_cb)(void *ctx, struct recovered *recovered, const struct err *err);
/* cb once: what was found (the callee's, to be freed with mem_free()), or NULL and ERR_FATAL with file and range (codes 350, 351). out/
 * files that no record names, and wal/ files that were taken, are deleted behind it. A store that is
 * away is waited for. */
void recover_start(struct directory *directory, recover_cb cb, void *ctx);
/* The state of this id is not wanted any more. False: there is none. */
bool recovered_drop_state(struct recovered *recovered, struct slice id);
