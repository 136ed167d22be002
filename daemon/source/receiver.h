/* What a Kafka receiver decides: which partitions there are, what is asked, assigned, reported, and
 * when its consumer is built anew. It touches nothing: it is told what happened and says what to
 * do, in order, through receiver_act(). receiver_task.c does it.
 *
 * A partition: ASKING (its offsets, from the broker) → FOUND (told with the others that are asked) →
 * WAITING (for the worker's answer) → READING. An offset that is not there: LOST (asks what is) → a gap by the policy → WAITING, or the
 * receiver is DEAD. A READING partition that is behind its stable end and gives nothing for
 * RECEIVER_STALL_MS though nobody holds it has its consumer closed and built anew.
 *
 * Offsets may come to mean other records: a new leader that lacked the last ones, a topic deleted
 * and made anew. Signs of that (the end went back, the topic was away, a new consumer, a new life) put a
 * partition in doubt: it is assigned at the last record that was received, which must be the same. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sm.h"
#include "io/kafka.h"
#include "spec/job.h"

#define RECEIVER_LIST_MS 30000       /* between two looks for new partitions */
#define RECEIVER_RETRY_MS 1000       /* first wait before the next try; doubles */
#define RECEIVER_RETRY_MS_MAX 8000   /* so that a broker that is back is noticed soon */
#define RECEIVER_STALL_MS 30000      /* without progress, with lag */
#define RECEIVER_LOOK_MS 10000       /* without progress: the end is asked for */
#define RECEIVER_CLOSE_MS 3000       /* a close that lasts longer is left alone */
#define RECEIVER_PARTITIONS_MAX 4096 /* of one receiver: more are refused */

enum receiver_part_state { PART_ASKING, PART_FOUND, PART_WAITING, PART_READING, PART_LOST };

struct receiver_part {
    const char *topic; /* lives as long as the receiver */
    int32_t partition;
    enum receiver_part_state state;
    bool is_assigned;  /* in this consumer */
    bool is_later;     /* it appeared after its topic was looked at */
    bool is_listed;    /* the list that it came with is complete */
    bool asked;        /* KAFKA_OFFSETS is to come */
    bool is_doubted;   /* the record at `last` is to be compared before any other is taken */
    bool is_stuck;     /* it gave nothing for long, and has given nothing since */
    uint32_t last_crc; /* of the record at `last` */
    int64_t last;      /* the last record that was received; -1 = none since the start */
    int64_t next;      /* next offset to read: behind the last record that was received */
    int64_t seen;      /* the same as Kafka sees it, behind what is no record; -1 = not known */
    int64_t committed; /* the group's, as found; -1 = none */
    int64_t commit;    /* to be committed, or done; -1 = nothing */
    int64_t low;       /* the first offset, as last heard */
    int64_t end;       /* the stable end as last heard; -1 = not known */
    uint64_t moved_ms; /* last progress, or last seen to need none */
    uint64_t due_ms;   /* ask not before */
    uint64_t lost_ms;  /* since when it is LOST */
};

enum receiver_state {
    RECEIVER_CLOSED,
    RECEIVER_OPEN,
    RECEIVER_CLOSING,
    RECEIVER_DEAD, /* has told why; only a finish is to come */
};

enum receiver_act_kind {
    ACT_OPEN,     /* a consumer for `queues` partitions; then receiver_opened() */
    ACT_CLOSE,    /* the consumer, its queues first; then receiver_closed() */
    ACT_FREE,     /* the consumer, closed or not */
    ACT_LIST,     /* ask which partitions there are */
    ACT_ASK,      /* ask for the offsets of `part` */
    ACT_ASSIGN,   /* `part` from `offset` */
    ACT_UNASSIGN, /* `part` */
    ACT_SEAL,     /* the open block of `part`, if any */
    ACT_COMMIT,   /* `offset` of `part` */
    ACT_FOUND,    /* tell the worker: `part`; with those that follow */
    ACT_GAP,      /* tell the worker: `part` goes on at `offset` instead of its next */
    ACT_LOOKED,   /* tell the worker: all partitions of first looks are found */
    ACT_STATE,    /* tell the worker: receiver->trouble */
};
struct receiver_action {
    enum receiver_act_kind kind;
    uint32_t part, queues;
    int64_t offset;
};

struct receiver {
    const struct job_source *source; /* topics and policy; borrowed */
    bool is_finder;              /* it looks for partitions; the other receivers are given theirs */
    struct sm sm;                /* RECEIVER_* */
    struct receiver_part *parts; /* never removed */
    uint32_t n_parts, parts_cap;
    bool held, listing;
    bool
        looked; /* once for all: each topic was there or was said to be missing, so what appears from now on is later */
    bool look_told;      /* all partitions of topics' first looks were found, and that was told */
    uint64_t list_ms;    /* list then */
    uint64_t closing_ms; /* since when */
    uint32_t tries;      /* lists that failed in a row */
    uint32_t queues;     /* that this consumer was opened for */
    struct err trouble;  /* as last told; kind NONE: all is well */
    struct receiver_action *actions;
    size_t n_actions, next_action, actions_cap;
    struct arena arena; /* names of topics */
};

/* source outlives it. is_finder: it is the one that lists the topics' partitions. */
void receiver_init(struct receiver *receiver, const struct job_source *source, bool is_finder);
void receiver_free(struct receiver *receiver);

/* ---- what happened */
void receiver_start(struct receiver *receiver);
void receiver_opened(struct receiver *receiver, const struct err *err, uint64_t now_ms);
void receiver_closed(struct receiver *receiver, uint64_t now_ms);
void receiver_event(struct receiver *receiver, const struct kafka_event *event, uint64_t now_ms);
/* The worker's answer to found or gap, or a start anew. crc: of the record before that offset, as it
 * was read in an earlier life; 0 = not known. */
void receiver_assign(struct receiver *receiver, const struct kafka_position *position, uint32_t crc,
                     uint64_t now_ms);
/* Advisory; while there is no consumer it is kept for the next. */
void receiver_commit(struct receiver *receiver, const struct kafka_position *position);
void receiver_hold(struct receiver *receiver, bool hold, uint64_t now_ms);
void receiver_moved(struct receiver *receiver, uint32_t part, int64_t next, uint64_t now_ms);
void receiver_seen(struct receiver *receiver, uint32_t part, int64_t seen); /* kafka_next() */
/* It is not the broker's fault that nothing came: no block, no rate. */
void receiver_excuse(struct receiver *receiver, uint32_t part, uint64_t now_ms);
/* The last record of those that came: what is compared when there is doubt. */
void receiver_last(struct receiver *receiver, uint32_t part, int64_t offset, uint32_t crc);
/* A record came while its partition is in doubt; false: it is another than the one that was received
 * there, and the receiver is dead. */
bool receiver_compare(struct receiver *receiver, uint32_t part, int64_t offset, uint32_t crc);
/* A record that no block can hold: the receiver dies of it. */
void receiver_refuse(struct receiver *receiver, uint32_t part, int64_t offset, uint64_t bytes);
/* Time went on; returns the milliseconds until the next call at the latest. */
uint64_t receiver_tick(struct receiver *receiver, uint64_t now_ms);

/* The next thing to do, in order; false: nothing more. */
bool receiver_act(struct receiver *receiver, struct receiver_action *action);
