/* The Kafka source alone: every block is given back as soon as it comes.
 *
 *   receive SERVERS TOPIC RECORDS [CONSUMERS]
 *
 * Prints what bare_consumer prints, and the peak of resident memory in MiB. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "column/block.h"
#include "io/loop.h"
#include "io/world.h"
#include "source/kafka.h"
#include "spec/job.h"

static struct {
    struct world *world;
    struct loop *loop;
    uint64_t got, want, start_us, last_us, silence_us;
    double cpu_s;
    int status;
} run;

static double cpu_s(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void on_found(void *ctx, struct source *source, const struct source_found *found, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++)
        source->ops->assign(
            source, &(struct source_position){ found[i].topic, found[i].partition, 0, 0 }, 1);
}

static void on_block(void *ctx, struct source *source, struct block *block)
{
    (void)ctx;
    uint64_t now_us = world_mono_us(run.world);
    if (run.got == 0) {
        run.start_us = run.last_us = now_us;
        run.cpu_s = cpu_s();
    }
    if (now_us - run.last_us > run.silence_us)
        run.silence_us = now_us - run.last_us;
    run.last_us = now_us;
    run.got += block->count;
    source->ops->release(source, block);
    if (run.got >= run.want)
        loop_stop(run.loop);
}

static void on_gap(void *ctx, struct source *source, struct source_position from, int64_t to)
{
    (void)ctx;
    source->ops->assign(source, &(struct source_position){ from.topic, from.partition, to, 0 }, 1);
}

static void on_state(void *ctx, struct source *source, const struct err *err)
{
    (void)ctx, (void)source;
    if (err->kind == ERR_NONE)
        return;
    fprintf(stderr, "receive: %s\n", err->text);
    if (err->kind == ERR_RETRY)
        return;
    run.status = 1;
    loop_stop(run.loop);
}

static void on_closed(void *ctx, struct source *source)
{
    (void)ctx, (void)source;
    loop_stop(run.loop);
}

int main(int argc, char **argv)
{
    static const struct source_events events = {
        .found = on_found, .block = on_block, .gap = on_gap, .state = on_state, .closed = on_closed
    };
    if (argc < 4) {
        fputs("usage: receive SERVERS TOPIC RECORDS [CONSUMERS]\n", stderr);
        return 64;
    }
    struct job_property property = { .name = "bootstrap.servers", .value = argv[1] };
    struct job_topic topic = { .name = argv[2],
                               .consumers = argc > 4 ? (uint32_t)atoi(argv[4]) : 1 };
    struct job_source source = { .name = "kafka0",
                                 .kind = "kafka",
                                 .group_id = "receive",
                                 .topics = &topic,
                                 .n_topics = 1,
                                 .properties = &property,
                                 .n_properties = 1,
                                 .on_out_of_range = OFFSET_EARLIEST };
    struct job_spec spec = {
        .block_interval_ms = 200, .memory_max = 2ull << 30, .sources = &source, .n_sources = 1
    };
    run.world = world_new();
    run.loop = loop_new(run.world);
    run.want = (uint64_t)atoll(argv[3]);
    kafka_source_new(run.loop, &spec, 0, &events, NULL);
    loop_run(run.loop);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("records=%lu seconds=%.3f cpu=%.3f silence_ms=%.0f rss_mib=%ld\n",
           (unsigned long)run.got, (double)(run.last_us - run.start_us) / 1e6, cpu_s() - run.cpu_s,
           (double)run.silence_us / 1e3, use.ru_maxrss / 1024);
    fflush(stdout);
    _Exit(run.status);
}
