/* The simulated Kafka: topics of numbered records, shared by all processes, found by its
 * bootstrap.servers. The door to it is io/kafka.h. What scenarios do to it: */
#pragma once
#include <stdint.h>

#include "base/buf.h"

struct sim;
struct sim_kafka;

struct sim_kafka *sim_kafka(struct sim *sim, const char *servers);
void sim_kafka_topic(struct sim_kafka *kafka, const char *topic, int32_t partitions);
/* Appends a record and returns its offset; a NULL pointer is an absent key or value. */
int64_t sim_kafka_produce(struct sim_kafka *kafka, const char *topic, int32_t partition,
                          struct slice key, struct slice value);
/* Leaves out n offsets, as a transaction's marker or compaction does. */
void sim_kafka_skip(struct sim_kafka *kafka, const char *topic, int32_t partition, int64_t n);
/* Records below this offset are gone: retention. */
void sim_kafka_expire(struct sim_kafka *kafka, const char *topic, int32_t partition, int64_t low);
/* The topic is deleted and made anew, with as many records, all of them others. */
void sim_kafka_remake(struct sim_kafka *kafka, const char *topic);
/* Records at the offsets from (included) to (not included). */
uint64_t sim_kafka_count(struct sim_kafka *kafka, const char *topic, int32_t partition,
                         int64_t from, int64_t to);
int64_t sim_kafka_low(struct sim_kafka *kafka, const char *topic, int32_t partition);
int64_t sim_kafka_end(struct sim_kafka *kafka, const char *topic, int32_t partition);
/* What the group has committed; -1 = nothing. */
int64_t sim_kafka_committed(struct sim_kafka *kafka, const char *group, const char *topic,
                            int32_t partition);
void sim_kafka_away(struct sim_kafka *kafka, uint64_t ms); /* no broker answers for so long */
