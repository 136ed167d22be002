/* A receiver at work: a task of its own with a consumer of its own. It does what receiver.h decides,
 * and drains its partitions' queues into blocks: a block is sealed after blockInterval, or when it
 * is full, and goes to the loop. It belongs to whoever got it until receiver_task_release(). Blocks
 * come from a pool; while there is none for a partition its queue is left alone, so that Kafka
 * waits. All calls are made on the loop's thread, and `note` is called there. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"
#include "source/receiver.h"
#include "source/source.h"

#define BLOCK_BYTES_MAX (512u << 10) /* room of a block: stays in the cache on its way */
#define BLOCK_BYTES_MIN (16u << 10)  /* with very many partitions */
#define BLOCK_BYTES_A_ROW 64         /* room for one row for so many bytes */
#define RECORD_BYTES_MAX (8u << 20) /* a longer record stops the source: a log file holds no more */
#define RECEIVER_LAG_MS 1000        /* between two notes of the lag */

struct block;
struct receiver_task;

struct receiver_lag {
    uint32_t part; /* 0, 1, … as its receiver counts them */
    const char *topic;
    int32_t partition;
    int64_t next, end;
};

enum receiver_note_kind {
    NOTE_FOUND,
    NOTE_LOOKED,
    NOTE_BLOCK,
    NOTE_GAP,
    NOTE_STATE,
    NOTE_LAG,
    NOTE_ENDED
};
struct receiver_note { /* what a receiver says; lives for the call */
    struct loop_post post;
    struct receiver_task *task;
    enum receiver_note_kind kind;
    struct source_found *found; /* found: what they say lives as long as the receiver */
    uint32_t n_found;
    struct source_position from; /* gap */
    int64_t to;                  /* gap */
    struct block *block;         /* block: now yours */
    uint64_t again;              /* block: records that came again and were dropped before it */
    uint64_t silence_ms;         /* block: the longest so far, see lane.h */
    struct err err;              /* state */
    struct receiver_lag *lags;   /* lag */
    uint32_t n_lags;
};

struct receiver_task_conf {
    struct loop *loop;
    const struct job_source *source;
    uint32_t source_index;
    bool is_finder;
    uint64_t block_interval_ms;
    uint64_t pool_bytes; /* of all its blocks; two a partition it gets in any case */
    uint64_t rate;       /* records a second at first; 0 = no limit */
    void (*note)(void *ctx, const struct receiver_note *note);
    void *ctx;
};
/* Starts its thread. What follows sends it a letter and returns at once: where a partition is read from; a block of a note
 * given back; an offset for the consumer group; stop asking for records, go on. */
struct receiver_task *receiver_task_new(const struct receiver_task_conf *conf);
void receiver_task_assign(struct receiver_task *task, const struct source_position *position);
void receiver_task_release(struct receiver_task *task, struct block *block);
void receiver_task_commit(struct receiver_task *task, const char *topic, int32_t partition,
                          int64_t offset);
/* It keeps what it has, and answers the broker. */
void receiver_task_hold(struct receiver_task *task, bool hold);
void receiver_task_limit(struct receiver_task *task,
                         uint64_t rate); /* records a second; 0 = no limit */
/* Seals what was received; NOTE_ENDED follows the last block. Commits still go out after that. */
void receiver_task_finish(struct receiver_task *task);
void receiver_task_free(struct receiver_task *task); /* after NOTE_ENDED, all blocks given back */
