/* What the files of the reduced worker share: durable_worker.c claims, recovers and receives;
 * durable_batch.c commits, delivers, saves and trims. */
#pragma once
#include "durable/batch_log.h"
#include "durable/claim.h"
#include "durable/recover.h"
#include "durable/trim.h"
#include "durable/wal.h"
#include "durable_worker.h"
#include "io/loop.h"
#include "io/store.h"
#include "sim.h"

#define UNLOGGED_MAX 6 /* group commits of a source that are not committed: then it waits */
#define SNAPSHOTS_MAX 16
#define DELIVERIES_MAX 512

enum { KAFKA, PUSH, SOURCES };
extern const char *const source_names[SOURCES];

struct group { /* a group commit that waits for a batch */
    struct list link;
    uint64_t seq, chain;
    struct buf ids;
    int64_t to[LEDGER_PARTITIONS]; /* behind its last offset; -1 = none of this partition */
};
struct source {
    struct worker *worker;
    struct wal *wal;
    struct list groups;
    uint32_t n_groups;
    uint64_t seq, chain; /* last published */
    uint64_t replay, replay_last;
    uint64_t trimmed; /* up to this seq the files are to be deleted */
};
struct worker {
    struct sim *sim;
    struct sim_process *process;
    struct durable_plan *plan;
    struct ledger *ledger;
    struct store *store;
    struct store_req lock;
    struct directory *directory;
    struct progress progress;
    struct batch_log *log;
    struct trim *trim;
    struct arena topics;
    struct source sources[SOURCES];
    int64_t next[LEDGER_PARTITIONS]; /* offset to fetch */
    bool pushing[LEDGER_PUSHES];     /* by us, not acknowledged yet */
    struct record record;            /* under way */
    uint64_t batch_to[SOURCES];      /* last seq that it takes */
    uint64_t delivered, to_deliver;
    uint64_t snapshots[SNAPSHOTS_MAX], log_first;
    uint32_t n_snapshots, since_snapshot;
    bool saving;
    struct loop_timer receive, batch, deliver;
    struct recovered *recovered;
};

void worker_fail(struct worker *worker, const struct err *err);
void worker_commit_start(struct worker *worker); /* a batch now and then, from here on */
void worker_save(struct worker *worker);         /* a snapshot, when one is due */
uint64_t some_ms(struct worker *worker, uint64_t most);
struct slice text(const char *s);
