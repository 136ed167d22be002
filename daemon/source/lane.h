/* The lanes of a receiver: for each of its partitions the queue that is drained and the block that
 * fills; and the pool that the blocks come from. The hot path: no allocation for a record. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "source/receiver.h"

struct block;

struct lane {
    struct kafka_queue *queue; /* NULL = not assigned */
    struct block *block;       /* open; NULL = none */
    uint64_t again;            /* records that came again, since the last block was sealed */
    uint32_t record_bytes;     /* of a record, as last seen: how many fit into the block */
    int64_t end;               /* of the partition, as heard about a second ago */
};

struct lanes {
    struct receiver *receiver; /* borrowed; lane i is its part i */
    uint64_t interval_ms;      /* after which an open block is sealed */
    uint64_t pool_bytes;       /* of all blocks; two a partition there are in any case */
    uint64_t rate;             /* records a second; 0 = no limit */
    /* A block is full or old: it belongs to the callee. `again`: records dropped before it. */
    void (*sealed)(void *ctx, struct block *block, uint64_t again);
    void *ctx;

    struct lane *lane; /* lanes_init() sets the rest */
    uint32_t n, first; /* lanes; the one drained first next time */
    struct list pool;  /* of struct block, empty */
    uint64_t made;     /* bytes of all blocks, wherever they are */
    uint64_t tokens, tokens_us;
    uint64_t heard_ms;   /* when something last came */
    uint64_t silence_ms; /* the longest time that nothing came though the broker had more */
    bool excused;        /* since then: held, no block or no rate */
    struct kafka_message *messages;
};

void lanes_init(struct lanes *lanes);
void lanes_free(struct lanes *lanes); /* all blocks are back, or here */
struct kafka_queue *lanes_queue(struct lanes *lanes, uint32_t part);
void lanes_set_end(struct lanes *lanes, uint32_t part, int64_t end);
/* NULL: unassigns what is there. */
void lanes_set_queue(struct lanes *lanes, uint32_t part, struct kafka_queue *queue);
void lanes_drop_queues(struct lanes *lanes); /* their consumer is being closed */
void lanes_seal(struct lanes *lanes, uint32_t part);
void lanes_seal_all(struct lanes *lanes);
void lanes_release(struct lanes *lanes, struct block *block); /* a sealed one comes back */
/* Drains the queues and seals what is old; returns the milliseconds until the next call at the
 * latest, 0 when there is more to drain. */
uint64_t lanes_step(struct lanes *lanes, uint64_t now_ms);
