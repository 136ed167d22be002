/* An intake whose sources are played, and what its worker hears of it. */
#pragma once
#include "../durable/memory.h"
#include "base/buf.h"
#include "durable/progress.h"
#include "source/source.h"
#include "spec/job.h"
#include "worker/intake_parts.h"

#define SOURCES 2

extern struct fake {
    struct source source;
    struct source_lag lags[4];
    size_t n_lags;
    unsigned looks, finishes;       /* calls of lag() and finish() */
    struct buf assigned, committed; /* "t/0@5 " each */
} fakes[SOURCES];

extern struct stage {
    struct test test;
    struct directory *directory;
    struct job_source sources[SOURCES];
    struct job_spec spec;
    struct progress progress;
    struct progress_source known[SOURCES];
    struct progress_partition partitions[4];
    struct intake *intake;
    struct buf notes; /* what was noted: "kafka0 t/0@5 " each */
    unsigned noted;
    bool drained, finished, failed, published, looked, replayed;
    struct err err;
} stage;

void stage_make(void);
void stage_drop(void);
/* The intake of a log that knows these partitions; its sources are open. */
void begin(const struct progress_partition *partitions, size_t n);
void find(uint32_t source, const struct source_found *found, size_t n);
void published_cb(void *ctx, struct wal *wal, struct list *blocks); /* sets stage.published */
struct block *block_of(int64_t offset);                             /* of t/0, with one record */
