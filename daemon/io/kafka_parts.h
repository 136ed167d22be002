/* What the files of the Kafka door share. Threads: the owner's task makes all calls of kafka.h; an
 * asker waits for brokers' answers, a nudger wakes librdkafka's fetchers, a closer ends it all.
 * What they share lies behind one mutex, under which no call of librdkafka is made. */
#pragma once
#include <pthread.h>

#include "base/buf.h"
#include "base/list.h"
#include "io/kafka.h"

struct kafka_note { /* an event that waits to be taken */
    struct list link;
    struct kafka_event event;
    char topic[]; /* what event.topic points to */
};

struct kafka_question { /* offsets of a partition, to be asked for */
    struct list link;
    int32_t partition;
    char topic[];
};

struct kafka {
    struct rd_kafka_s *rk;
    struct rd_kafka_queue_s *control; /* errors, logs, results: all but the partitions' messages */
    void (*wake)(void *ctx);
    void *ctx;
    uint64_t queue_bytes; /* the limit of each queue's payloads */

    /* the owner's task alone */
    struct list queues;         /* of struct kafka_queue */
    struct kafka_queue *polled; /* whose messages are out; NULL = none */
    struct rd_kafka_message_s **raw;
    size_t n_raw;
    struct buf headers;       /* of the messages that are out */
    struct kafka_note *shown; /* the event taken last: its topic lives until the next */
    struct rd_kafka_topic_partition_list_s *committed; /* the newest of each partition */
    bool closing;

    pthread_mutex_t mutex; /* over all below */
    pthread_cond_t asking, nudging;
    struct list notes;     /* of struct kafka_note */
    struct list questions; /* of struct kafka_question */
    char **topics;         /* to list; NULL = nothing asked */
    size_t n_topics;
    char words[200]; /* the last reason a broker connection failed for */
    bool stop;       /* the helpers end */
    bool is_closed, is_freed;
    int64_t leaders_s; /* when the leaders were last asked for, monotonic */
    pthread_t asker, nudger;
};

struct kafka_queue {
    struct list link; /* of kafka->queues */
    struct kafka *kafka;
    struct rd_kafka_queue_s *rkqu;
    bool dead;        /* nothing more may come of it */
    uint64_t drained; /* bytes since the last nudge */
    int32_t leader;   /* broker; -1 = not known; under the mutex */
    bool nudge;       /* under the mutex: its broker should look again */
    int32_t partition;
    char topic[];
};

/* Puts an event and wakes the owner; the event's topic (NULL is fine) is copied. */
void kafka_note(struct kafka *kafka, const struct kafka_event *event);
/* A text for a code of librdkafka's, with the kind and code of ours. Returns false. */
bool kafka_err_of(int code, const char *words, struct err *err);

/* An error that came in the place of a message. True: nothing more may come of its queue. */
bool kafka_message_error(struct kafka *kafka, const struct rd_kafka_message_s *message);

/* The handle's configuration; ours, then the user's. */
bool kafka_conf_make(const struct kafka_conf *conf, struct rd_kafka_conf_s **made,
                     uint64_t *queue_bytes, struct err *err);

void *kafka_asker(void *ctx);  /* the thread that waits for answers */
void *kafka_nudger(void *ctx); /* the thread that wakes fetchers */
