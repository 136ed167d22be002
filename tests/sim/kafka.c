/* Door kafka. Happy path: what is asked is answered by an event a little later; an assigned
 * partition fetches ahead by itself, and its queue wakes the owner when it was empty. Failure modes:
 * no broker answers for a while, and the door tells so and goes on; an offset that is not there ends
 * its queue. Close: a moment later the consumer is closed. */
#include "kafka.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "io/loop.h"

#define FETCH_MAX 500   /* records of one answer */
#define AHEAD_MAX 2000  /* a queue that holds so many fetches no more */
#define AWAY_US 1000000 /* between two tries while no broker answers */

static uint64_t kafka_us(const struct kafka *kafka)
{
    struct sim *sim = kafka->process->sim;
    return 50 + sim_below(sim, sim->faults.latency_us);
}

/* ---- events */

static void kafka_wake(void *ctx)
{
    struct kafka *kafka = ctx;
    if (!kafka->freed)
        kafka->wake(kafka->ctx);
}

static void wake_soon(struct kafka *kafka)
{
    sim_post(kafka->process->sim, kafka->process, 1 + sim_below(kafka->process->sim, 100),
             kafka_wake, kafka);
}

static void note(struct kafka *kafka, const struct kafka_event *event)
{
    size_t n = event->topic ? strlen(event->topic) + 1 : 0;
    struct kafka_note *one = mem_alloc(sizeof *one + n);
    one->event = *event;
    if (n)
        one->event.topic = memcpy(one->topic, event->topic, n);
    list_add_tail(&kafka->notes, &one->link);
    wake_soon(kafka);
}

static bool err_away(struct err *err)
{
    return err_code(err, ERR_RETRY, 303, "%s", "Connection refused");
}

bool kafka_event(struct kafka *kafka, struct kafka_event *event)
{
    check(!kafka->closing);
    mem_free(kafka->shown);
    struct list *first = list_first(&kafka->notes);
    kafka->shown = first ? LIST_ITEM(first, struct kafka_note, link) : NULL;
    if (!first)
        return false;
    list_remove(first);
    *event = kafka->shown->event;
    return true;
}

/* ---- asking */

struct question { /* in the process' memory */
    struct kafka *kafka;
    size_t n;
    char **topics;
    int32_t partition;
};

static bool name_matches(const char *pattern, const char *name, bool *bad)
{
    regex_t regex;
    if (*pattern != '^')
        return strcmp(pattern, name) == 0;
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB)) {
        *bad = true;
        return false;
    }
    bool matches = regexec(&regex, name, 0, NULL, 0) == 0;
    regfree(&regex);
    return matches;
}

/* Tells of each partition of the topics that this name or expression means. */
static void list_one(struct kafka *kafka, const char *pattern, struct err *err)
{
    size_t found = 0;
    bool bad = false;
    LIST_EACH(link, &kafka->cluster->topics)
    {
        struct sim_topic *topic = LIST_ITEM(link, struct sim_topic, link);
        if (!name_matches(pattern, topic->name, &bad))
            continue;
        for (int32_t i = 0; i < topic->n; i++)
            note(kafka, &(struct kafka_event){
                            .kind = KAFKA_PARTITION, .topic = topic->name, .partition = i });
        found++;
    }
    if (bad)
        err_code(err, ERR_BAD_CONFIG, 235, "%s: not a regular expression", pattern);
    else if (!found && *pattern != '^' && err->kind == ERR_NONE)
        err_code(err, ERR_RETRY, 304, "%s: unknown topic or partition", pattern);
}

static void question_free(struct question *question)
{
    for (size_t i = 0; i < question->n; i++)
        mem_free(question->topics[i]);
    mem_free(question->topics);
    mem_free(question);
}

static void list_cb(void *ctx)
{
    struct question *question = ctx;
    struct kafka *kafka = question->kafka;
    struct kafka_event listed = { .kind = KAFKA_LISTED };
    if (sim_kafka_is_away(kafka->cluster))
        err_away(&listed.err);
    else
        for (size_t i = 0; i < question->n; i++)
            list_one(kafka, question->topics[i], &listed.err);
    question_free(question);
    if (!kafka->closing)
        note(kafka, &listed);
}

static struct question *question_new(struct kafka *kafka, const char *const *topics, size_t n)
{
    struct question *question = mem_alloc(sizeof *question);
    *question = (struct question){ .kafka = kafka, .n = n };
    question->topics = mem_alloc(n * sizeof *question->topics);
    for (size_t i = 0; i < n; i++)
        question->topics[i] = mem_strdup(topics[i]);
    return question;
}

void kafka_list(struct kafka *kafka, const char *const *topics, size_t n)
{
    sim_peer(kafka->process);
    sim_post(kafka->process->sim, kafka->process, kafka_us(kafka), list_cb,
             question_new(kafka, topics, n));
}

static void ask_cb(void *ctx)
{
    struct question *question = ctx;
    struct kafka *kafka = question->kafka;
    struct kafka_event event = { .kind = KAFKA_OFFSETS,
                                 .topic = question->topics[0],
                                 .partition = question->partition };
    struct sim_partition *found = sim_partition(kafka->cluster, event.topic, event.partition);
    if (sim_kafka_is_away(kafka->cluster)) {
        err_away(&event.err);
    } else if (!found) {
        err_code(&event.err, ERR_RETRY, 304, "%s: unknown topic or partition", event.topic);
    } else {
        event.low = found->low;
        event.high = found->end;
        event.committed =
            sim_kafka_committed(kafka->cluster, kafka->group, event.topic, event.partition);
    }
    if (!kafka->closing)
        note(kafka, &event);
    question_free(question);
}

void kafka_ask(struct kafka *kafka, const char *topic, int32_t partition)
{
    sim_peer(kafka->process);
    struct question *question = question_new(kafka, &topic, 1);
    question->partition = partition;
    sim_post(kafka->process->sim, kafka->process, kafka_us(kafka), ask_cb, question);
}

void sim_commit_free(struct commit *commit)
{
    list_remove(&commit->link);
    free(commit->group);
    free(commit->topic);
    free(commit);
}

static void commit_cb(void *ctx)
{
    struct commit *commit = ctx;
    if (commit->cluster->sim->now_us >= commit->cluster->away_end_us)
        sim_kafka_commit(commit->cluster, commit->group, &commit->position);
    sim_commit_free(commit);
}

/* One connection: commits arrive in the order in which they were sent. */
static uint64_t commit_us(struct kafka *kafka)
{
    uint64_t now_us = kafka->process->sim->now_us, at_us = now_us + kafka_us(kafka);
    if (at_us <= kafka->commit_us)
        at_us = kafka->commit_us + 1;
    kafka->commit_us = at_us;
    return at_us - now_us;
}

void kafka_commit(struct kafka *kafka, const struct kafka_position *positions, size_t n)
{
    sim_peer(kafka->process);
    for (size_t i = 0; i < n && !sim_dying(kafka->process); i++) {
        struct commit *commit = sim_alloc(sizeof *commit);
        *commit = (struct commit){ .cluster = kafka->cluster,
                                   .group = strdup(kafka->group),
                                   .topic = strdup(positions[i].topic),
                                   .position = positions[i] };
        list_add_tail(&kafka->cluster->commits, &commit->link);
        commit->position.topic = commit->topic;
        sim_post(kafka->process->sim, NULL, commit_us(kafka), commit_cb, commit);
    }
}

/* ---- reading */

static void fetch_cb(void *ctx);

static void fetch_after(struct kafka_queue *queue, uint64_t us)
{
    if (queue->fetching || queue->dead || queue->out_of_range)
        return;
    queue->fetching = true;
    sim_post(queue->kafka->process->sim, queue->kafka->process, us, fetch_cb, queue);
}

static void fetch_away(struct kafka_queue *queue)
{
    struct kafka_event event = { .kind = KAFKA_AWAY };
    err_away(&event.err);
    if (!queue->kafka->told_away)
        note(queue->kafka, &event);
    queue->kafka->told_away = true;
    fetch_after(queue, AWAY_US);
}

static void fetch_cb(void *ctx)
{
    struct kafka_queue *queue = ctx;
    struct kafka *kafka = queue->kafka;
    queue->fetching = false;
    if (queue->dead || kafka->closing)
        return;
    if (sim_kafka_is_away(kafka->cluster)) {
        fetch_away(queue);
        return;
    }
    kafka->told_away = false;
    struct sim_partition *from = sim_partition(kafka->cluster, queue->topic, queue->partition);
    bool was_empty = queue->position >= queue->ready;
    if (!from || queue->ready < from->low || queue->ready > from->end) {
        queue->out_of_range = true;
    } else {
        int64_t more = from->end - queue->ready;
        if (more > FETCH_MAX)
            more = FETCH_MAX;
        queue->high = from->end;
        queue->ready += more ? 1 + (int64_t)sim_below(kafka->process->sim, (uint64_t)more) : 0;
        if (queue->ready < from->end && queue->ready - queue->position < AHEAD_MAX)
            fetch_after(queue, kafka_us(kafka));
    }
    if (was_empty && (queue->out_of_range || queue->ready > queue->position))
        wake_soon(kafka);
}

void kafka_client_fetch(struct kafka *client)
{
    LIST_EACH(link, &client->queues)
    fetch_after(LIST_ITEM(link, struct kafka_queue, link), kafka_us(client));
}

struct kafka_queue *kafka_assign(struct kafka *kafka, const struct kafka_position *position)
{
    sim_peer(kafka->process);
    check(!kafka->closing && position->offset >= 0);
    LIST_EACH(link, &kafka->queues)
    {
        struct kafka_queue *other = LIST_ITEM(link, struct kafka_queue, link);
        check(other->unassigned || other->partition != position->partition ||
              strcmp(other->topic, position->topic) != 0);
    }
    struct kafka_queue *queue = sim_alloc(sizeof *queue);
    *queue = (struct kafka_queue){ .kafka = kafka,
                                   .topic = strdup(position->topic),
                                   .partition = position->partition,
                                   .position = position->offset,
                                   .ready = position->offset,
                                   .high = -1 };
    list_add_tail(&kafka->queues, &queue->link);
    sim_trace(kafka->process->sim, "%s[%u] reads %s/%d from %lld", kafka->process->name,
              kafka->process->pid, queue->topic, queue->partition, (long long)queue->position);
    fetch_after(queue, kafka_us(kafka));
    return queue;
}

static void forget(struct kafka_queue *queue)
{
    struct kafka *kafka = queue->kafka;
    for (struct list *link = kafka->notes.next, *next; link != &kafka->notes; link = next) {
        struct kafka_note *one = LIST_ITEM(link, struct kafka_note, link);
        next = link->next;
        if (one->event.kind != KAFKA_OUT_OF_RANGE && one->event.kind != KAFKA_QUEUE_FAILED)
            continue;
        if (one->event.partition != queue->partition || strcmp(one->topic, queue->topic) != 0)
            continue;
        list_remove(link);
        mem_free(one);
    }
}

void kafka_unassign(struct kafka_queue *queue)
{
    sim_peer(queue->kafka->process);
    check(!queue->unassigned);
    kafka_release(queue);
    forget(queue);
    queue->dead = queue->unassigned = true;
}

static void poll_out_of_range(struct kafka_queue *queue)
{
    queue->dead = true;
    note(queue->kafka, &(struct kafka_event){ .kind = KAFKA_OUT_OF_RANGE,
                                              .topic = queue->topic,
                                              .partition = queue->partition });
}

/* The messages get bytes of their own, so that one used after kafka_release() is found. */
static void messages_fill(struct kafka *kafka, const struct sim_record *records,
                          struct kafka_message *messages, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_put(&kafka->out, records[i].bytes, records[i].key_len + records[i].value_len);
    const uint8_t *at = kafka->out.ptr ? kafka->out.ptr : (const uint8_t *)"";
    for (size_t i = 0; i < n; i++) {
        const struct sim_record *record = &records[i];
        messages[i] = (struct kafka_message){
            .key = record->has_key ? at : NULL,
            .value = record->has_value ? at + record->key_len : NULL,
            .key_len = record->key_len,
            .value_len = record->value_len,
            .offset = record->offset,
            .time_ms = record->time_ms,
        };
        at += record->key_len + record->value_len;
    }
}

size_t kafka_poll(struct kafka_queue *queue, struct kafka_message *messages, size_t max)
{
    struct kafka *kafka = queue->kafka;
    check(!kafka->polled && !queue->unassigned && max > 0 && max <= KAFKA_POLL_MAX);
    if (queue->dead)
        return 0;
    struct sim_partition *from = sim_partition(kafka->cluster, queue->topic, queue->partition);
    size_t first = sim_partition_at(from, queue->position), n = 0;
    max = 1 + sim_below(kafka->process->sim, max);
    while (n < max && first + n < from->n && from->records[first + n].offset < queue->ready)
        n++;
    queue->position = n == max ? from->records[first + n - 1].offset + 1 : queue->ready;
    if (n) {
        sim_peer(kafka->process);
        kafka->polled = queue;
        messages_fill(kafka, from->records + first, messages, n);
    } else if (queue->out_of_range) {
        poll_out_of_range(queue);
    }
    fetch_after(queue, kafka_us(kafka));
    return n;
}

void kafka_release(struct kafka_queue *queue)
{
    if (queue->kafka->polled != queue)
        return;
    queue->kafka->polled = NULL;
    buf_free(&queue->kafka->out);
}

int64_t kafka_next(struct kafka_queue *queue)
{
    return queue->high < 0 ? -1 : queue->position;
}

int64_t kafka_high(struct kafka_queue *queue)
{
    return queue->high;
}

/* ---- opening and closing */

static const char *property(const struct kafka_conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->n_properties; i++)
        if (strcmp(conf->properties[i].name, name) == 0)
            return conf->properties[i].value;
    return "";
}

bool kafka_open(const struct kafka_conf *conf, struct kafka **out, struct err *err)
{
    (void)err;
    struct kafka *kafka = sim_alloc(sizeof *kafka);
    struct sim_process *process = sim_process_of(conf->loop);
    *kafka = (struct kafka){
        .process = process, .group = strdup(conf->group_id), .wake = conf->wake, .ctx = conf->ctx
    };
    kafka->cluster = sim_kafka(process->sim, property(conf, "bootstrap.servers"));
    list_init(&kafka->queues);
    list_init(&kafka->notes);
    list_add_tail(&kafka->cluster->clients, &kafka->link);
    *out = kafka;
    return true;
}

static void closed_cb(void *ctx)
{
    struct kafka *kafka = ctx;
    kafka->closed = true;
    kafka_wake(kafka);
}

void kafka_close(struct kafka *kafka)
{
    check(!kafka->closing && !kafka->polled);
    sim_peer(kafka->process);
    kafka->closing = true;
    LIST_EACH(link, &kafka->queues)
    LIST_ITEM(link, struct kafka_queue, link)->dead = true;
    sim_post(kafka->process->sim, kafka->process, kafka_us(kafka), closed_cb, kafka);
}

bool kafka_closed(struct kafka *kafka)
{
    return kafka->closed;
}

void kafka_free(struct kafka *kafka)
{
    check(!kafka || kafka->closing);
    if (kafka)
        kafka->freed = true;
}

void kafka_client_free(struct kafka *client)
{
    while (!list_empty(&client->queues)) {
        struct kafka_queue *queue =
            LIST_ITEM(list_first(&client->queues), struct kafka_queue, link);
        list_remove(&queue->link);
        free(queue->topic);
        free(queue);
    }
    list_remove(&client->link);
    free(client->group);
    free(client);
}
