/* The bare loop over librdkafka's batch call, for comparison: takes messages out of the partitions'
 * queues, looks at their lengths and destroys them.
 *
 *   bare_consumer SERVERS TOPIC PARTITIONS RECORDS [KBYTES [NUDGE]]
 *
 * KBYTES: queued.max.messages.kbytes, 131072 unless given; NUDGE 1: asks for a watermark each time a
 * quarter of it was drained. Prints records, seconds, CPU seconds, and the longest silence in ms. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define BATCH 1000
#define PARTITIONS_MAX 64

static double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char words[200];
    if (rd_kafka_conf_set(conf, name, value, words, sizeof words)) {
        fprintf(stderr, "bare_consumer: %s\n", words);
        exit(64);
    }
}

static rd_kafka_t *consumer(const char *servers, const char *kbytes)
{
    char words[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", servers);
    set(conf, "group.id", "bare");
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.auto.offset.store", "false");
    set(conf, "auto.offset.reset", "error");
    set(conf, "check.crcs", "true");
    set(conf, "queued.min.messages", "10000000");
    set(conf, "queued.max.messages.kbytes", kbytes);
    set(conf, "fetch.message.max.bytes", "4194304");
    set(conf, "fetch.min.bytes", "65536");
    set(conf, "fetch.wait.max.ms", "50");
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, words, sizeof words);
    if (rk)
        return rk;
    fprintf(stderr, "bare_consumer: %s\n", words);
    exit(1);
}

static void assign(rd_kafka_t *rk, const char *topic, int n, rd_kafka_queue_t **queue)
{
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++) {
        queue[i] = rd_kafka_queue_get_partition(rk, topic, i);
        rd_kafka_queue_forward(queue[i], NULL);
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = 0;
    }
    rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

static long drain(rd_kafka_queue_t *queue, size_t *bytes)
{
    static rd_kafka_message_t *message[BATCH];
    long records = 0;
    ssize_t n = rd_kafka_consume_batch_queue(queue, 0, message, BATCH);
    for (ssize_t i = 0; i < n; i++) {
        if (!message[i]->err) {
            *bytes += message[i]->len;
            records++;
        }
        rd_kafka_message_destroy(message[i]);
    }
    return records;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fputs("usage: bare_consumer SERVERS TOPIC PARTITIONS RECORDS [KBYTES [NUDGE]]\n", stderr);
        return 64;
    }
    const char *kbytes = argc > 5 ? argv[5] : "131072";
    int n = atoi(argv[3]);
    long want = atol(argv[4]), got = 0;
    size_t drained[PARTITIONS_MAX] = { 0 }, quarter = (size_t)atol(kbytes) * 256;
    rd_kafka_queue_t *queue[PARTITIONS_MAX];
    rd_kafka_t *rk = consumer(argv[1], kbytes);
    assign(rk, argv[2], n < PARTITIONS_MAX ? n : PARTITIONS_MAX, queue);
    double start = 0, cpu = 0, last = 0, silence = 0;
    while (got < want) {
        long before = got;
        for (int i = 0; i < n; i++) {
            int64_t low, high;
            got += drain(queue[i], &drained[i]);
            if (drained[i] < quarter || argc < 7 || argv[6][0] != '1')
                continue;
            drained[i] = 0;
            rd_kafka_query_watermark_offsets(rk, argv[2], i, &low, &high, 5);
        }
        if (got == before) {
            struct timespec pause = { 0, 1000000 };
            nanosleep(&pause, NULL); /* delay: as long as nothing is there */
            continue;
        }
        if (start == 0) {
            start = last = clock_s();
            cpu = cpu_s();
        }
        if (clock_s() - last > silence)
            silence = clock_s() - last;
        last = clock_s();
    }
    printf("records=%ld seconds=%.3f cpu=%.3f silence_ms=%.0f\n", got, clock_s() - start,
           cpu_s() - cpu, silence * 1e3);
    fflush(stdout);
    _Exit(0);
}
