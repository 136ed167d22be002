/* What the two files of the small worker share: life_start.c has it from its first moment to the end
 * of its recovery, life.c what it does then. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "durable/progress.h"
#include "durable/record.h"
#include "io/loop.h"
#include "io/store.h"
#include "life.h"

#define LIFE_SOURCES 2
#define LIFE_BLOCK 3 /* records of a block at most */
#define SNAPSHOT_RECORDS 8
#define RETAIN 2
#define SNAPSHOTS_MAX 100

struct life_kind {
    const char *name, *topic;
};
extern const struct life_kind life_sources[LIFE_SOURCES];

struct life_source {
    struct wal *wal;
    uint64_t seq, chain; /* of the last block computed */
    uint64_t taken;      /* last one in a published record */
    uint32_t next;       /* record or event to be received next */
    bool dirty;          /* something since the last batch */
};

struct life {
    struct life_ledger *ledger;
    struct sim_process *process;
    struct store *store;
    struct store_req lock;
    struct loop_timer lock_timer, receive_timer, batch_timer;
    struct directory *directory;
    struct progress progress;
    struct life_source sources[LIFE_SOURCES];
    struct batch_log *log;
    struct trim *trim;
    struct record record;          /* under way */
    struct buf open;               /* ids of the open batch, as u32 */
    struct buf committing;         /* of the batch in the record under way */
    uint64_t taking[LIFE_SOURCES]; /* its group commits */
    int64_t from, to;              /* records of the open batch */
    uint32_t count;                /* of them */
    uint64_t noted, delivered;     /* batches whose delivery is in a record; that are delivered */
    uint64_t log_first;            /* lowest record in log/ */
    uint64_t snapshots[SNAPSHOTS_MAX];
    size_t n_snapshots;
    bool snapshot_busy;
    bool positioned; /* the first record is published: reading may begin */
    int replaying;   /* source whose log is read back */
    uint64_t replay_seq, replay_last;
    struct recovered *recovered;
    struct arena topics;
};

struct block;
void life_deliver(struct life *life, uint64_t number, struct slice ids); /* what the outside sees */
void life_compute(struct life *life, int source, struct block *block);   /* into the open batch */
void life_run(struct life *life);                                        /* recovered */
