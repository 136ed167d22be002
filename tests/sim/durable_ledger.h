/* What the world outside knows of a job under test: what it sent, what was acknowledged, what was
 * delivered; and a checker that reads the store's bytes by itself, without the code under test. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct sim;

#define LEDGER_PARTITIONS 2
#define LEDGER_PUSHES 12
#define LEDGER_BATCHES 4000
#define LEDGER_RECORDS 4000

struct ledger_batch { /* what was delivered */
    uint64_t *ids;
    uint32_t n;
    bool there;
};
struct ledger {
    struct sim *sim;
    const char *url;
    uint32_t offsets;                /* Kafka holds offsets 0 … n-1 of each partition */
    uint32_t pushes;                 /* events that somebody wants to push */
    bool acked[LEDGER_PUSHES];       /* answered OK: the sender has forgotten them */
    uint32_t sent[LEDGER_PUSHES];    /* times */
    uint64_t hashes[LEDGER_RECORDS]; /* of the records as their writers knew them; 0 = not known */
    struct ledger_batch batches[LEDGER_BATCHES];
    uint64_t last_batch;
    bool is_counted;                  /* what follows, since the last batch was delivered */
    uint32_t seen[LEDGER_PARTITIONS]; /* offsets delivered */
    uint32_t pushed[LEDGER_PUSHES];   /* events delivered: times */
    uint32_t recoveries, fences, ends;
};

/* Ids of records: which source, which of its records. */
#define LEDGER_KAFKA(partition, offset) ((uint64_t)((partition) + 1) << 32 | (uint64_t)(offset))
#define LEDGER_PUSH(event) ((uint64_t)99 << 32 | (uint64_t)(event))

struct ledger *durable_ledger_new(struct sim *sim, const char *url);
void durable_ledger_free(struct ledger *ledger);
/* An output reached the outside: the same batch always shows the same. */
void ledger_deliver(struct ledger *ledger, uint64_t batch, struct slice ids);
/* A writer knows that record index was published with this hash: each index once. */
void ledger_record(struct ledger *ledger, uint64_t index, uint64_t hash);
/* All that was sent is delivered. */
bool ledger_complete(struct ledger *ledger);
/* Outside and store agree: nothing lost, nothing doubled, no hole. */
void ledger_check(struct ledger *ledger);
