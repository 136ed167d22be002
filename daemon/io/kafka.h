/* Door: one Kafka consumer that reads the partitions it is told to read, each from an explicit
 * offset. It takes part in no group: group_id only names where advisory commits go. Only records of
 * committed transactions come.
 *
 * All calls are made on one thread, the owner's task, and none of them waits for the network: what
 * must be asked of a broker is answered later by an event. `wake` says that a queue or the events
 * may have something; it may come too often, and it comes again after everything was taken. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define KAFKA_POLL_MAX 1000              /* messages of one kafka_poll() */
#define KAFKA_PREFETCH_BYTES (16u << 20) /* all queues of a consumer together, payloads only */
#define KAFKA_QUEUE_BYTES_MAX (8u << 20) /* one queue: deeper ones go cold in the cache */
#define KAFKA_FETCH_SHARE 8 /* of a queue: what one fetch may bring, and so overfill it */
#define KAFKA_MESSAGE_BYTES_MAX (64u << 20) /* of an answer to a fetch: what one message can take */

struct kafka;
struct kafka_queue;
struct loop;

struct kafka_property { /* one of librdkafka's */
    const char *name, *value;
};

struct kafka_conf {
    struct loop *loop;                       /* of the process that the consumer belongs to */
    const char *group_id;                    /* never empty */
    const struct kafka_property *properties; /* bootstrap.servers among them */
    size_t n_properties;
    uint32_t queues;         /* partitions it will read, at least 1: they share the prefetch */
    void (*wake)(void *ctx); /* any thread, under locks: task_wake() and nothing else */
    void *ctx;
};
/* The conf is copied. ERR_BAD_CONFIG: 203 no such property, 206 no such value, 209 a property that
 * is ours to set. A broker that is away is no failure here. */
bool kafka_open(const struct kafka_conf *conf, struct kafka **kafka, struct err *err);
/* Says goodbye and frees all but the handle, on a thread of its own; wake comes at the end. No
 * queue, message or event may be used after it; of the other calls only the two below. */
void kafka_close(struct kafka *kafka);
bool kafka_closed(struct kafka *kafka);
/* After kafka_close(), closed or not: wake comes no more. What is still closing goes on by itself.
 * NULL is fine. */
void kafka_free(struct kafka *kafka);

/* ---- asking */

struct kafka_position {
    const char *topic;
    int32_t partition;
    int64_t offset; /* the next one to read */
};

/* Asks which partitions these topics have: names, or regular expressions (POSIX extended, as
 * librdkafka) that begin with ^. Each comes as KAFKA_PARTITION, then KAFKA_LISTED. Copied; one such
 * question at a time. */
void kafka_list(struct kafka *kafka, const char *const *topics, size_t n);
/* Asks for a partition's first offset, its end and the group's committed offset: KAFKA_OFFSETS.
 * One question a partition at a time. */
void kafka_ask(struct kafka *kafka, const char *topic, int32_t partition);
/* Commits to the group; advisory: no outcome is told, later ones win. */
void kafka_commit(struct kafka *kafka, const struct kafka_position *positions, size_t n);

enum kafka_event_kind {
    /* topic, partition: it exists */
    KAFKA_PARTITION,
    /* the list is complete. err: NONE; RETRY 303 (no broker), 304 (a topic is missing; the
     * others were listed), 305 (login, or a topic is forbidden), 0 (a topic has no leader, say); BAD_CONFIG 235 (no regular expression) */
    KAFKA_LISTED,
    /* topic, partition, committed, low, high; or err RETRY */
    KAFKA_OFFSETS,
    /* topic, partition: the offset is not there. Comes once its queue is polled, after what was
     * before; nothing else comes of this queue any more */
    KAFKA_OUT_OF_RANGE,
    /* topic, partition, err: RETRY (goes on by itself) or FATAL (a message that cannot be read;
     * nothing comes of this queue any more) */
    KAFKA_QUEUE_FAILED,
    /* err RETRY: 303 no broker answers, 305 login refused; it goes on trying */
    KAFKA_AWAY,
    /* err FENCED or FATAL: this consumer is dead, close it */
    KAFKA_FAILED,
};

struct kafka_event {
    enum kafka_event_kind kind;
    const char *topic; /* lives until the next kafka_event() or kafka_close() */
    int32_t partition;
    int64_t committed; /* next offset as the group has it; -1 = none */
    int64_t low, high; /* first offset still there; the end, behind the last stable record */
    struct err err;    /* with Kafka's own words; kind NONE where there is none */
};
bool kafka_event(struct kafka *kafka, struct kafka_event *event); /* false: there is none now */

/* ---- reading */

/* Reads a partition that is not assigned now, from this offset (not negative). */
struct kafka_queue *kafka_assign(struct kafka *kafka, const struct kafka_position *position);
/* Nothing more comes of it, not even an event that is on its way; the queue is gone. */
void kafka_unassign(struct kafka_queue *queue);

struct kafka_message {
    const void *key, *value; /* NULL = absent, which is not the same as empty */
    const void *headers; /* NULL = none. For each: u16 length and name, u32 length and value (length
                            UINT32_MAX: null), big-endian */
    uint32_t key_len, value_len, headers_len;
    int64_t offset;  /* may be lower than one before, when a broker lost its log's end */
    int64_t time_ms; /* since the Unix epoch; -1 = it has none */
};
/* What lies in the queue, at most `max` (≤ KAFKA_POLL_MAX) messages; returns how many. They live
 * until kafka_release(), which must come before the next kafka_poll() of any queue and soon: a
 * message held back pins the answer it came in. */
size_t kafka_poll(struct kafka_queue *queue, struct kafka_message *messages, size_t max);
void kafka_release(struct kafka_queue *queue);
/* The next offset it would read: behind the last message taken, and behind what follows and is no
 * message (transactions' markers); -1 = not known yet. Only now and then: it is slow. */
int64_t kafka_next(struct kafka_queue *queue);
/* The partition's end as the last fetch saw it, open transactions included; -1 = not known yet. */
int64_t kafka_high(struct kafka_queue *queue);
