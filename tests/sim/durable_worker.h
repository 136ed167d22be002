/* A worker reduced to what makes records last: it claims, recovers, receives (from a Kafka of
 * two partitions and from somebody who pushes), logs, acknowledges, commits batches, delivers, saves
 * snapshots and trims. All that counts runs in daemon/durable. */
#pragma once
#include "base/err.h"
#include "durable_ledger.h"

struct sim_process;

struct durable_plan { /* how the workers of one simulation go about it */
    struct ledger *ledger;
    uint64_t receive_ms, batch_ms; /* between two, at most */
    uint64_t patience_ms;
    uint32_t places;
    uint32_t snapshot_records; /* a snapshot each so many; 0 = never */
    uint32_t retain;
    bool over_http;   /* the store is the real client of WebHDFS on simulated HTTP */
    bool may_fail;    /* an ERR_FATAL is no failure of the simulation */
    bool knows_death; /* workers are told when an owner has ended */
    /* Whether the process with this pid has ended; outside. NULL: all have. */
    bool (*has_ended)(void *ctx, uint32_t pid);
    void *ctx;
    /* out */
    bool owner_fenced; /* one that had recovered learned that it was fenced */
    bool failed;       /* a worker ended with ERR_FATAL */
    struct err err;
};
void durable_worker_main(struct sim_process *process, void *plan);
