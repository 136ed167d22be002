/* A consumer, a producer and a small Kafka inside this process. */
#pragma once
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "io/kafka.h"
#include "io/kafka_mock.h"

#define WAIT_MS 60000 /* bound of every wait; a healthy one ends in some 100 ms */

static struct bench {
    struct kafka_mock *mock;
    struct kafka_producer *producer;
    struct kafka *kafka;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool woken;
    struct kafka_event seen[64]; /* topic is not kept */
    size_t n_seen;
} bench = { .mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER };

static inline void bench_wake(void *ctx)
{
    (void)ctx;
    pthread_mutex_lock(&bench.mutex);
    bench.woken = true;
    pthread_cond_signal(&bench.cond);
    pthread_mutex_unlock(&bench.mutex);
}

/* Until a wake; false: none came in time. */
static inline bool bench_wait(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_MS / 1000;
    pthread_mutex_lock(&bench.mutex);
    int result = 0;
    while (!bench.woken && result == 0)
        result = pthread_cond_timedwait(&bench.cond, &bench.mutex, &until);
    bool woken = bench.woken;
    bench.woken = false;
    pthread_mutex_unlock(&bench.mutex);
    return woken;
}

static inline const struct kafka_event *bench_find(enum kafka_event_kind kind)
{
    for (size_t i = 0; i < bench.n_seen; i++)
        if (bench.seen[i].kind == kind)
            return &bench.seen[i];
    return NULL;
}

/* Takes events until one of this kind came; all are kept in bench.seen. */
static inline const struct kafka_event *bench_expect(enum kafka_event_kind kind)
{
    bench.n_seen = 0;
    do
        while (bench.n_seen < 64 && kafka_event(bench.kafka, &bench.seen[bench.n_seen]))
            bench.n_seen++;
    while (!bench_find(kind) && bench_wait());
    ck_assert_msg(bench_find(kind), "no event of kind %d", kind);
    return bench_find(kind);
}

static inline void bench_consumer(const char *servers)
{
    struct err err;
    const struct kafka_property properties[] = { { "bootstrap.servers", servers },
                                                 { "fetch.wait.max.ms", "10" } };
    struct kafka_conf conf = { .group_id = "g",
                               .properties = properties,
                               .n_properties = 2,
                               .queues = 2,
                               .wake = bench_wake };
    ck_assert_msg(kafka_open(&conf, &bench.kafka, &err), "%s", err.text);
}

static inline void bench_open(void)
{
    struct err err;
    ck_assert_msg(kafka_mock_start(2, &bench.mock, &err), "%s", err.text);
    ck_assert(kafka_mock_topic(bench.mock, "lines", 2, &err));
    struct kafka_producer_conf conf = { .servers = kafka_mock_servers(bench.mock), .linger_ms = 5 };
    ck_assert_msg(kafka_producer_open(&conf, &bench.producer, &err), "%s", err.text);
    bench_consumer(conf.servers);
}

static inline void bench_end(void)
{
    kafka_close(bench.kafka);
    while (!kafka_closed(bench.kafka))
        ck_assert(bench_wait());
    kafka_free(bench.kafka);
}

static inline void bench_close(void)
{
    bench_end();
    kafka_producer_free(bench.producer);
    kafka_mock_free(bench.mock);
}

/* n records "0", "1", … into partition 0; waits until all are there. */
static inline void bench_produce(int n)
{
    char text[16];
    for (int i = 0; i < n; i++) {
        int len = snprintf(text, sizeof text, "%d", i);
        struct kafka_record record = { .topic = "lines", .value = text, .value_len = (size_t)len };
        ck_assert(kafka_produce(bench.producer, &record, NULL));
    }
    for (int i = 0; i < WAIT_MS / 100 && kafka_produce_wait(bench.producer, 100); i++)
        continue;
    ck_assert_uint_eq(kafka_produce_wait(bench.producer, 0), 0);
}

static inline struct kafka_queue *bench_assign(int64_t offset)
{
    struct kafka_position position = { .topic = "lines", .partition = 0, .offset = offset };
    return kafka_assign(bench.kafka, &position);
}

/* Reads n messages and holds each against what was produced. */
static inline void bench_read(struct kafka_queue *queue, int64_t first, size_t n)
{
    struct kafka_message messages[10];
    char text[24];
    for (size_t done = 0, got; done < n; done += got) {
        while (!(got = kafka_poll(queue, messages, n - done < 10 ? n - done : 10)))
            ck_assert(bench_wait());
        for (size_t i = 0; i < got; i++) {
            snprintf(text, sizeof text, "%lld", (long long)(first + (int64_t)(done + i)));
            ck_assert_int_eq(messages[i].offset, first + (int64_t)(done + i));
            ck_assert_uint_eq(messages[i].value_len, strlen(text));
            ck_assert_mem_eq(messages[i].value, text, strlen(text));
            ck_assert_ptr_null(messages[i].key);
            ck_assert_int_gt(messages[i].time_ms, 0);
        }
        kafka_release(queue);
    }
}
