/* How far a job has come: the fold of its batch log. Pure. What a snapshot holds is this (and
 * state), what recovery rebuilds is this, and the running worker applies its own records to it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "durable/file.h"
#include "durable/record.h"

struct progress_source {
    char name[FILE_NAME_SIZE];
    uint64_t seq;   /* last group commit that a batch took; 0 = none */
    uint64_t chain; /* hash of its last frame */
};
struct progress_partition {
    uint32_t source; /* index in sources */
    char *topic;
    int32_t partition;
    int64_t offset; /* the next one to read, as of the last batch */
    uint32_t crc;   /* of the record before it, see record.h; 0 = not known */
};
struct progress_output {
    char label[FILE_NAME_SIZE];
    uint64_t delivered; /* all batches up to this number are delivered */
    uint64_t last;      /* the last batch in which it shows something */
};

struct progress { /* {0} is a job that has not begun */
    bool started; /* START was seen: zero_ms, interval_ms and hash_seed count */
    int64_t zero_ms;
    uint64_t interval_ms, hash_seed;
    uint64_t index, hash;     /* of the last record applied */
    uint64_t batch;           /* number of the last batch; 0 = none */
    int64_t batch_ms;         /* time of the last batch or folded tick */
    uint64_t records, errors; /* of all batches */
    struct progress_source *sources;
    struct progress_partition *partitions; /* sorted by source, topic, partition */
    struct progress_output *outputs;
    size_t n_sources, n_partitions, n_outputs;
};

/* Applies a record's or a snapshot's content; `index` and `hash` become the progress' own. False
 * (ERR_FATAL): it does not fit what was applied before (hash, order of batches, ranges). *progress
 * is then undefined. */
bool progress_apply(struct progress *progress, struct slice content, uint64_t index, uint64_t hash,
                    struct err *err);
bool progress_load(struct progress *progress, struct slice snapshot, uint64_t index,
                   struct err *err);
void progress_save(const struct progress *progress, struct record *out); /* entries of a snapshot */
const struct progress_partition *progress_find(const struct progress *progress, const char *source,
                                               const char *topic, int32_t partition);
const struct progress_source *progress_source(const struct progress *progress, const char *name);
/* The batch up to which an output has delivered; 0 = nothing yet. */
uint64_t progress_delivered(const struct progress *progress, const char *label);
void progress_free(struct progress *progress);
