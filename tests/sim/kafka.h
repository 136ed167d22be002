/* What the files of the simulated Kafka share: kafka_cluster.c has the records, kafka.c the door. */
#pragma once
#include "io/kafka.h"
#include "parts.h"
#include "sim_kafka.h"

struct sim_record { /* key and value lie behind one another */
    int64_t offset, time_ms;
    bool has_key, has_value;
    uint32_t key_len, value_len;
    uint8_t *bytes;
};
struct sim_committed {
    char *group;
    int64_t offset;
};
struct sim_partition {
    struct sim_record *records; /* all that ever were, by offset */
    size_t n, cap;
    int64_t low, end; /* first offset that can be read; the next one to be written */
    struct sim_committed *committed;
    size_t n_committed;
};
struct sim_topic {
    struct list link;
    char *name;
    int32_t n;
    struct sim_partition *partitions;
};
struct sim_kafka {
    struct list link;
    struct sim *sim;
    char *servers;
    struct list topics;
    struct list clients;  /* of struct kafka, of all processes */
    struct list commits;  /* on their way */
    uint64_t away_end_us; /* no broker answers before */
};

struct commit { /* the simulator's: it arrives even when its sender is dead */
    struct list link;
    struct sim_kafka *cluster;
    char *group, *topic;
    struct kafka_position position;
};
void sim_commit_free(struct commit *commit);

struct kafka_note {
    struct list link;
    struct kafka_event event;
    char topic[];
};
struct kafka_queue { /* the simulator's, until the process ends: an event may still name it */
    struct list link;
    struct kafka *kafka;
    char *topic;
    int32_t partition;
    int64_t position;      /* of the next record to be polled */
    int64_t ready;         /* records below are fetched */
    int64_t high;          /* end as last seen; -1 = not yet */
    bool fetching;         /* an event for it is under way */
    bool out_of_range;     /* told when polled */
    bool dead, unassigned; /* nothing more comes; the owner has let go */
};
struct kafka { /* the simulator's, until the process ends */
    struct list link;
    struct sim_kafka *cluster;
    struct sim_process *process;
    char *group;
    void (*wake)(void *ctx);
    void *ctx;
    struct list queues;
    struct list notes;          /* the process' memory, as the three below */
    struct kafka_note *shown;   /* the event taken last */
    struct kafka_queue *polled; /* whose messages are out */
    struct buf out;             /* their bytes */
    bool closing, closed, freed;
    bool told_away;
    uint64_t commit_us; /* when the last commit arrives */
};

struct sim_partition *sim_partition(struct sim_kafka *kafka, const char *topic, int32_t partition);
/* Whether no broker answers now; may begin such a spell. */
bool sim_kafka_is_away(struct sim_kafka *kafka);
/* The first record at or behind this offset. */
size_t sim_partition_at(const struct sim_partition *partition, int64_t offset);
void sim_kafka_commit(struct sim_kafka *kafka, const char *group,
                      const struct kafka_position *position);
void kafka_client_fetch(struct kafka *client); /* something new may be there */
void kafka_client_free(struct kafka *client);
int64_t kafka_next(struct kafka_queue *queue);
