/* The simulated Kafka: a reader gets what was produced, in order, through away spells and holes; an
 * offset that is gone is told once. */
#include <string.h>

#include "base/check.h"
#include "io/kafka.h"
#include "io/loop.h"
#include "io/task.h"
#include "parts.h"
#include "self.h"
#include "sim_kafka.h"

#define SERVERS "broker:9092"
#define EXPECT(condition) sim_expect(sim, condition, "%s:%d: %s", __FILE__, __LINE__, #condition)

struct reader_task {
    struct loop *loop;
    struct task *task;
    struct loop_post ended;
    struct kafka *kafka;
    struct kafka_queue *queue;
    struct kafka_message messages[100];
    int64_t from;       /* where to begin */
    int64_t last;       /* offset read last */
    unsigned read;      /* messages */
    unsigned misplaced; /* offsets that did not grow, values that are not theirs */
    unsigned partitions, listed, offsets, out_of_range, away;
    int64_t committed, high;
};

static void reader_wake(void *ctx)
{
    struct reader_task *reader = ctx;
    if (reader->task)
        task_wake(reader->task);
}

static void reader_event(struct reader_task *reader, const struct kafka_event *event)
{
    const char *topics[] = { "words" };
    switch (event->kind) {
        case KAFKA_PARTITION:
            reader->partitions++;
            break;
        case KAFKA_LISTED:
            reader->listed++;
            if (event->err.kind == ERR_NONE)
                kafka_ask(reader->kafka, "words", 1);
            else
                kafka_list(reader->kafka, topics, 1);
            break;
        case KAFKA_OFFSETS:
            reader->offsets++;
            reader->committed = event->committed;
            reader->high = event->high;
            break;
        case KAFKA_OUT_OF_RANGE:
            reader->out_of_range++;
            break;
        case KAFKA_AWAY:
            reader->away++;
            break;
        default:
            check(!event);
    }
}

static void reader_message(struct reader_task *reader, const struct kafka_message *message)
{
    bool fits = message->value_len == sizeof message->offset && message->offset > reader->last &&
                memcmp(message->value, &message->offset, sizeof message->offset) == 0;
    reader->misplaced += !fits;
    reader->last = message->offset;
    reader->read++;
}

static uint64_t reader_step(void *ctx)
{
    struct reader_task *reader = ctx;
    struct kafka_event event;
    while (kafka_event(reader->kafka, &event))
        reader_event(reader, &event);
    size_t n = kafka_poll(reader->queue, reader->messages, ARRAY_SIZE(reader->messages));
    for (size_t i = 0; i < n; i++)
        reader_message(reader, &reader->messages[i]);
    kafka_release(reader->queue);
    if (n) {
        struct kafka_position next = { "words", 1, reader->last + 1 };
        kafka_commit(reader->kafka, &next, 1);
    }
    return n ? 0 : 3600000;
}

static void reader_main(struct sim_process *process, void *ctx)
{
    struct reader_task *reader = ctx;
    struct kafka_property servers = { "bootstrap.servers", SERVERS };
    struct kafka_conf conf = { .loop = process->loop,
                               .group_id = "group",
                               .properties = &servers,
                               .n_properties = 1,
                               .queues = 1,
                               .wake = reader_wake,
                               .ctx = reader };
    const char *topics[] = { "words" };
    struct err err;
    check(kafka_open(&conf, &reader->kafka, &err));
    kafka_list(reader->kafka, topics, 1);
    reader->queue =
        kafka_assign(reader->kafka, &(struct kafka_position){ "words", 1, reader->from });
    reader->task = task_start(process->loop, "reader", reader_step, reader, &reader->ended);
}

static void reader_ended(struct loop_post *post)
{
    (void)post;
}

static void produce(struct sim *sim, unsigned n)
{
    struct sim_kafka *kafka = sim_kafka(sim, SERVERS);
    for (unsigned i = 0; i < n; i++) {
        int64_t offset = sim_kafka_end(kafka, "words", 1);
        sim_kafka_produce(kafka, "words", 1, (struct slice){ NULL, 0 },
                          (struct slice){ &offset, sizeof offset });
        if (sim_chance(sim, 50))
            sim_kafka_skip(kafka, "words", 1, 1 + (int64_t)sim_below(sim, 5));
        sim_run(sim, sim_below(sim, 5), NULL, NULL);
    }
}

void self_kafka(struct sim *sim)
{
    struct reader_task reader = { .last = -1, .ended.cb = reader_ended };
    struct sim_kafka *kafka = sim_kafka(sim, SERVERS);
    sim_kafka_topic(kafka, "words", 2);
    sim->faults.stall = 0;
    sim_start(sim, "reader", reader_main, &reader);
    produce(sim, 300);
    sim_heal(sim);
    sim_run(sim, 5000, NULL, NULL);
    EXPECT(reader.read == 300 && reader.misplaced == 0 && reader.out_of_range == 0);
    EXPECT(reader.partitions == 2 && reader.listed >= 1 && reader.offsets == 1);
    EXPECT(sim_kafka_committed(kafka, "group", "words", 1) == reader.last + 1);
    EXPECT(sim_kafka_committed(kafka, "group", "words", 0) == -1);
}

void self_kafka_gone(struct sim *sim)
{
    struct reader_task reader = { .last = -1, .ended.cb = reader_ended, .from = 10 };
    struct sim_kafka *kafka = sim_kafka(sim, SERVERS);
    sim_kafka_topic(kafka, "words", 2);
    sim->faults.stall = 0;
    produce(sim, 100);
    sim_kafka_expire(kafka, "words", 1, 50);
    sim_start(sim, "reader", reader_main, &reader);
    sim_heal(sim);
    sim_run(sim, 5000, NULL, NULL);
    EXPECT(reader.read == 0 && reader.out_of_range == 1);
    sim_kafka_away(kafka, 5000);
    produce(sim, 10);
    sim_run(sim, 10000, NULL, NULL);
    EXPECT(reader.read == 0 && reader.out_of_range == 1);
}
