/* The demo's Kafka and what fills it, as a process of its own: a mock cluster and a generator of
 * sentences. It says on descriptor 3 where the cluster is, then how much was produced; the ledger is
 * written once all of it is acknowledged. Then it serves on until it is ended. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/demo.h"
#include "io/kafka_mock.h"
#include "io/proc.h"
#include "io/world.h"

#define PACE_MS 10     /* between two portions */
#define SENTENCE_MIN 5 /* words of a sentence */
#define SENTENCE_MAX 13
#define WAITING_MAX 20000 /* records under way */

struct feed_args {
    const char *parent, *ledger, *seconds, *rate;
};
static const struct cli_option feed_options[] = {
    { "parent", 0, "PID", "end when this process ends", offsetof(struct feed_args, parent) },
    { "ledger", 0, "FILE", "where to write what was produced", offsetof(struct feed_args, ledger) },
    { "seconds", 0, "N", "how long to produce", offsetof(struct feed_args, seconds) },
    { "rate", 0, "N", "records a second", offsetof(struct feed_args, rate) },
    { 0 },
};

struct sentence { /* under way; counted once it is acknowledged */
    uint8_t words[SENTENCE_MAX];
    uint8_t n;
    uint8_t partition;
};
struct feed {
    struct world *world;
    struct kafka_mock *mock;
    struct kafka_producer *producer;
    struct demo_counts counts;
    struct sentence *sentences; /* by id */
    uint64_t n_sentences, cap, acked;
    uint64_t random; /* state of a xorshift generator */
    FILE *report;
};

static uint64_t feed_random(struct feed *feed)
{
    feed->random ^= feed->random << 13;
    feed->random ^= feed->random >> 7;
    feed->random ^= feed->random << 17;
    return feed->random;
}

static void feed_acked(void *ctx, uint64_t id, int64_t offset, const struct err *err)
{
    struct feed *feed = ctx;
    const struct sentence *sentence = &feed->sentences[id];
    (void)err;
    check(offset >= 0); /* the cluster is in this process and takes all */
    feed->acked++;
    feed->counts.records[sentence->partition]++;
    for (unsigned i = 0; i < sentence->n; i++)
        feed->counts.words[sentence->words[i]]++;
}

static void feed_one(struct feed *feed)
{
    char text[SENTENCE_MAX * (DEMO_WORD_MAX + 1)];
    size_t len = 0;
    struct err err;
    uint64_t random = feed_random(feed);
    check(feed->n_sentences < feed->cap);
    struct sentence *sentence = &feed->sentences[feed->n_sentences];
    sentence->n = (uint8_t)(SENTENCE_MIN + random % (SENTENCE_MAX - SENTENCE_MIN + 1));
    sentence->partition = (uint8_t)((random >> 32) % DEMO_PARTITIONS);
    for (unsigned i = 0; i < sentence->n; i++) {
        uint64_t r = feed_random(feed); /* the lesser of two: the first words come more often */
        uint64_t a = r % DEMO_WORDS, b = (r >> 32) % DEMO_WORDS;
        sentence->words[i] = (uint8_t)(a < b ? a : b);
        len += (size_t)sprintf(text + len, "%s%s", i ? " " : "", demo_words[sentence->words[i]]);
    }
    struct kafka_record record = { .topic = DEMO_TOPIC,
                                   .partition = sentence->partition,
                                   .value = text,
                                   .value_len = len,
                                   .id = feed->n_sentences };
    bool taken = kafka_produce(feed->producer, &record, &err);
    check(taken); /* its queue is longer than WAITING_MAX */
    feed->n_sentences++;
}

static void feed_say(struct feed *feed, const char *word)
{
    fprintf(feed->report, "%s %" PRIu64 "\n", word, feed->acked);
    fflush(feed->report);
}

/* So many are due by now. */
static void feed_due(struct feed *feed, uint64_t due)
{
    while (feed->n_sentences < due && feed->n_sentences - feed->acked < WAITING_MAX)
        feed_one(feed);
}

static void feed_run(struct feed *feed, uint64_t seconds, uint64_t rate)
{
    uint64_t began = world_mono_us(feed->world), told = 0;
    for (uint64_t now = began; now - began < seconds * 1000000; now = world_mono_us(feed->world)) {
        feed_due(feed, (now - began) * rate / 1000000);
        kafka_produce_wait(feed->producer, PACE_MS);
        if (now - told > 100000) {
            feed_say(feed, "produced");
            told = now;
        }
    }
    feed_due(feed, seconds * rate); /* also when this process did not run for a while */
    while (kafka_produce_wait(feed->producer, 100) > 0)
        feed_say(feed, "produced");
}

/* Serves on when all is produced, until the parent ends this process; comes back with what went wrong. */
static int feed_serve(struct feed *feed, const struct feed_args *args, struct err *err)
{
    struct kafka_producer_conf conf = { .linger_ms = 20, .acked = feed_acked, .ctx = feed };
    uint64_t seconds = strtoull(args->seconds, NULL, 10), rate = strtoull(args->rate, NULL, 10);
    /* uncovered: a cluster inside this process comes up */
    if (!kafka_mock_start(1, &feed->mock, err) ||
        !kafka_mock_topic(feed->mock, DEMO_TOPIC, DEMO_PARTITIONS, err))
        return CLI_UNAVAILABLE;
    conf.servers = kafka_mock_servers(feed->mock);
    /* uncovered: it answers */
    if (!kafka_producer_open(&conf, &feed->producer, err))
        return CLI_UNAVAILABLE;
    feed->cap = seconds * rate + 1;
    feed->sentences = mem_zalloc(feed->cap * sizeof *feed->sentences);
    fprintf(feed->report, "servers %s\n", conf.servers);
    feed_run(feed, seconds, rate);
    if (!demo_ledger_write(args->ledger, &feed->counts, err))
        return CLI_IO;
    feed_say(feed, "done");
    for (;;)
        kafka_produce_wait(feed->producer, 1000);
}

static int feed_main(struct cli *cli, int argc, char **argv)
{
    struct feed_args args = { 0 };
    struct feed feed = { 0 };
    struct err err;
    int status = cli_parse(cli, feed_options, &args, &argc, argv);
    if (status != CLI_GO)
        return status;
    if (!args.parent || !args.ledger || !args.seconds || !args.rate)
        return cli_fail(cli, CLI_USAGE, "it is started by tidemark demo");
    if (!proc_bind_to_parent((uint32_t)strtoul(args.parent, NULL, 10)))
        return CLI_AGAIN;
    feed.report = fdopen(3, "w");
    if (!feed.report)
        return cli_fail(cli, CLI_USAGE, "it is started by tidemark demo");
    feed.world = world_new();
    world_random(feed.world, &feed.random, sizeof feed.random);
    feed.random |= 1;
    status = feed_serve(&feed, &args, &err);
    cli_fail(cli, status, "%s", err.text);
    kafka_producer_free(feed.producer);
    kafka_mock_free(feed.mock);
    mem_free(feed.sentences);
    world_free(feed.world);
    fclose(feed.report);
    return status;
}

const struct command demo_kafka_command = {
    .name = "demo-kafka",
    .hidden = true,
    .arguments = "",
    .summary = "the demo's Kafka; started by tidemark demo",
    .example = "tidemark demo",
    .options = feed_options,
    .run = feed_main,
};
