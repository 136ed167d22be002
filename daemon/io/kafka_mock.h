/* Door: a small Kafka inside this process, on 127.0.0.1 and a port of its own, for the demo and for
 * tests; other processes may connect. It is librdkafka's mock cluster: it forgets everything at its
 * end, knows no transactions, and keeps at most 5 MiB of a partition, the oldest goes first and
 * silently: whoever produces watches that the reader keeps up. A Fetch brings one batch of a
 * partition, so small batches are slow (set fetch.wait.max.ms to 10 at the reader). All calls are
 * made on one thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct kafka_mock;

bool kafka_mock_start(uint32_t brokers, struct kafka_mock **mock, struct err *err);
/* host:port,host:port; lives as long as the mock */
const char *kafka_mock_servers(const struct kafka_mock *mock);
bool kafka_mock_topic(struct kafka_mock *mock, const char *topic, int32_t partitions,
                      struct err *err);
void kafka_mock_free(struct kafka_mock *mock); /* NULL is fine */

/* ---- faults */

void kafka_mock_broker(struct kafka_mock *mock, int32_t broker, bool up); /* broker: from 1 */
void kafka_mock_leader(struct kafka_mock *mock, const char *topic, int32_t partition,
                       int32_t broker);
/* Whoever asks about the topic gets Kafka's error code (3 unknown, 29 forbidden; 0 ends it). */
void kafka_mock_refuse(struct kafka_mock *mock, const char *topic, int16_t code);
/* The next n requests of a kind (Kafka's ApiKey: 1 Fetch, 2 ListOffsets, 3 Metadata) end with
 * Kafka's error code; -195: the connection is cut. */
void kafka_mock_fail(struct kafka_mock *mock, int16_t api_key, int16_t code, size_t n);

/* ---- a producer: of this cluster or of any other */

struct kafka_producer;

struct kafka_record {
    const char *topic;
    int32_t partition;
    const void *key, *value; /* NULL = absent; copied */
    size_t key_len, value_len;
    const char *header, *header_value; /* one header; NULL = none, or one without a value */
    uint64_t id;                       /* given to acked() */
};
struct kafka_producer_conf {
    const char *servers;
    uint32_t linger_ms; /* how long records gather into one batch */
    bool compress;      /* lz4 */
    bool idempotent; /* a retry never doubles a record; the first one takes up to a second more */
    /* One record's outcome, from inside kafka_produce_wait(): its offset; or -1, and err says
     * why. */
    void (*acked)(void *ctx, uint64_t id, int64_t offset, const struct err *err);
    void *ctx;
};
bool kafka_producer_open(const struct kafka_producer_conf *conf, struct kafka_producer **producer,
                         struct err *err);
/* False (ERR_RETRY): its queue is full or the record is refused; wait, then again. */
bool kafka_produce(struct kafka_producer *producer, const struct kafka_record *record,
                   struct err *err);
/* Serves outcomes for at most timeout_ms; returns how many records are still under way. */
size_t kafka_produce_wait(struct kafka_producer *producer, uint32_t timeout_ms);
void kafka_producer_free(struct kafka_producer *producer); /* what is under way is dropped */
