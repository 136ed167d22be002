/* The life of a job, as small as it can be and with the real durable code: a worker that takes the
 * job over, recovers, logs records of two sources, makes batches of them, delivers, writes snapshots
 * and trims; and the ledger that stands outside of all workers and is the judge. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "sim.h"

#define LIFE_BATCHES_MAX 4000
#define LIFE_PUSH 1000000 /* ids of pushed events begin here; those of records at 0 */

struct life_batch { /* what was delivered for a batch; NULL: nothing yet */
    uint32_t *ids;
    uint32_t n;
};

struct life_ledger { /* the world outside: what was sent, acknowledged, delivered */
    struct sim *sim;
    const char *url;      /* of the store */
    uint32_t records;     /* records 0 … can be read again and again (a Kafka partition) */
    uint32_t pushes;      /* events that are sent until one worker acknowledged them */
    uint8_t *acked;       /* of each push */
    bool impatient;       /* workers take over whenever they start */
    bool keep_log;        /* no snapshots, nothing of log/ is deleted */
    uint32_t interval_ms; /* between batches */
    uint64_t last;        /* highest batch delivered */
    uint64_t recovered;   /* workers that got as far as that */
    uint64_t fenced;      /* workers that ended for this */
    bool finishing;       /* workers end when all is through */
    uint32_t finished;    /* workers that ended so */
    struct life_batch delivered[LIFE_BATCHES_MAX];
};

void life_ledger_init(struct life_ledger *ledger, struct sim *sim, const char *url);
void life_ledger_free(struct life_ledger *ledger);
void life_main(struct sim_process *process, void *ledger); /* of a worker */
/* Everything that was sent came out: each record once, each acknowledged event at least once, in
 * batches without a hole; and the job's directory holds nothing damaged or left open. */
void life_judge(struct life_ledger *ledger);

/* Scenarios. */
void life_two_workers(struct sim *sim);
void life_local(struct sim *sim);
void life_crash(struct sim *sim);          /* swept: at each request of one life */
void life_crash_recovery(struct sim *sim); /* swept: at each request of the second life */
void life_crash_local(struct sim *sim);
void life_power(struct sim *sim);
