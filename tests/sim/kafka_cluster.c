#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "kafka.h"

struct sim_kafka *sim_kafka(struct sim *sim, const char *servers)
{
    LIST_EACH(link, &sim->parts->kafkas)
    {
        struct sim_kafka *kafka = LIST_ITEM(link, struct sim_kafka, link);
        if (strcmp(kafka->servers, servers) == 0)
            return kafka;
    }
    struct sim_kafka *kafka = sim_alloc(sizeof *kafka);
    *kafka = (struct sim_kafka){ .sim = sim, .servers = strdup(servers) };
    list_init(&kafka->topics);
    list_init(&kafka->clients);
    list_init(&kafka->commits);
    list_add_tail(&sim->parts->kafkas, &kafka->link);
    return kafka;
}

void sim_kafka_topic(struct sim_kafka *kafka, const char *name, int32_t partitions)
{
    struct sim_topic *topic = sim_alloc(sizeof *topic);
    *topic = (struct sim_topic){ .name = strdup(name), .n = partitions };
    topic->partitions = sim_alloc((size_t)partitions * sizeof *topic->partitions);
    list_add_tail(&kafka->topics, &topic->link);
}

struct sim_partition *sim_partition(struct sim_kafka *kafka, const char *name, int32_t partition)
{
    LIST_EACH(link, &kafka->topics)
    {
        struct sim_topic *topic = LIST_ITEM(link, struct sim_topic, link);
        if (strcmp(topic->name, name) == 0)
            return partition >= 0 && partition < topic->n ? &topic->partitions[partition] : NULL;
    }
    return NULL;
}

static struct sim_partition *must_have(struct sim_kafka *kafka, const char *topic,
                                       int32_t partition)
{
    struct sim_partition *found = sim_partition(kafka, topic, partition);
    check(found);
    return found;
}

static void clients_fetch(struct sim_kafka *kafka)
{
    LIST_EACH(link, &kafka->clients)
    kafka_client_fetch(LIST_ITEM(link, struct kafka, link));
}

int64_t sim_kafka_produce(struct sim_kafka *kafka, const char *topic, int32_t partition,
                          struct slice key, struct slice value)
{
    struct sim_partition *to = must_have(kafka, topic, partition);
    if (to->n == to->cap) {
        to->cap = to->cap ? to->cap * 2 : 64;
        to->records = realloc(to->records, to->cap * sizeof *to->records);
        check(to->records);
    }
    struct sim_record *record = &to->records[to->n++];
    *record = (struct sim_record){
        .offset = to->end++,
        .time_ms = 1795537600000 + (int64_t)(kafka->sim->now_us / 1000),
        .has_key = key.ptr,
        .has_value = value.ptr,
        .key_len = (uint32_t)key.len,
        .value_len = (uint32_t)value.len,
        .bytes = sim_alloc(key.len + value.len),
    };
    if (key.len)
        memcpy(record->bytes, key.ptr, key.len);
    if (value.len)
        memcpy(record->bytes + key.len, value.ptr, value.len);
    clients_fetch(kafka);
    return record->offset;
}

void sim_kafka_skip(struct sim_kafka *kafka, const char *topic, int32_t partition, int64_t n)
{
    must_have(kafka, topic, partition)->end += n;
    clients_fetch(kafka);
}

void sim_kafka_expire(struct sim_kafka *kafka, const char *topic, int32_t partition, int64_t low)
{
    struct sim_partition *found = must_have(kafka, topic, partition);
    found->low = low < found->end ? low : found->end;
    sim_trace(kafka->sim, "%s/%d begins at %lld now", topic, partition, (long long)found->low);
}

void sim_kafka_remake(struct sim_kafka *kafka, const char *topic)
{
    for (int32_t i = 0; sim_partition(kafka, topic, i); i++) {
        struct sim_partition *partition = sim_partition(kafka, topic, i);
        for (size_t at = 0; at < partition->n; at++)
            if (partition->records[at].value_len)
                partition->records[at].bytes[partition->records[at].key_len] = 'x';
    }
    sim_trace(kafka->sim, "%s is made anew", topic);
}

int64_t sim_kafka_low(struct sim_kafka *kafka, const char *topic, int32_t partition)
{
    return must_have(kafka, topic, partition)->low;
}

int64_t sim_kafka_end(struct sim_kafka *kafka, const char *topic, int32_t partition)
{
    return must_have(kafka, topic, partition)->end;
}

static struct sim_committed *committed_of(struct sim_partition *partition, const char *group)
{
    for (size_t i = 0; i < partition->n_committed; i++)
        if (strcmp(partition->committed[i].group, group) == 0)
            return &partition->committed[i];
    return NULL;
}

int64_t sim_kafka_committed(struct sim_kafka *kafka, const char *group, const char *topic,
                            int32_t partition)
{
    struct sim_committed *committed = committed_of(must_have(kafka, topic, partition), group);
    return committed ? committed->offset : -1;
}

void sim_kafka_commit(struct sim_kafka *kafka, const char *group,
                      const struct kafka_position *position)
{
    struct sim_partition *partition = sim_partition(kafka, position->topic, position->partition);
    if (!partition)
        return;
    struct sim_committed *committed = committed_of(partition, group);
    if (!committed) {
        partition->committed =
            realloc(partition->committed, (partition->n_committed + 1) * sizeof *committed);
        check(partition->committed);
        committed = &partition->committed[partition->n_committed++];
        committed->group = strdup(group);
    }
    committed->offset = position->offset;
    sim_trace(kafka->sim, "%s commits %s/%d at %lld", group, position->topic, position->partition,
              (long long)position->offset);
}

void sim_kafka_away(struct sim_kafka *kafka, uint64_t ms)
{
    sim_trace(kafka->sim, "Kafka is away for %llu ms", (unsigned long long)ms);
    census_note(CENSUS_KAFKA_AWAY);
    kafka->away_end_us = kafka->sim->now_us + ms * 1000;
}

bool sim_kafka_is_away(struct sim_kafka *kafka)
{
    if (kafka->sim->now_us < kafka->away_end_us)
        return true;
    if (sim_chance(kafka->sim, kafka->sim->faults.kafka_away))
        sim_kafka_away(kafka, 1 + sim_below(kafka->sim, kafka->sim->faults.refused_ms));
    return kafka->sim->now_us < kafka->away_end_us;
}

size_t sim_partition_at(const struct sim_partition *partition, int64_t offset)
{
    size_t low = 0, high = partition->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (partition->records[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t sim_kafka_count(struct sim_kafka *kafka, const char *topic, int32_t partition,
                         int64_t from, int64_t to)
{
    struct sim_partition *found = must_have(kafka, topic, partition);
    return sim_partition_at(found, to) - sim_partition_at(found, from);
}

/* ---- ends */

void sim_kafkas_heal(struct sim *sim)
{
    LIST_EACH(link, &sim->parts->kafkas)
    LIST_ITEM(link, struct sim_kafka, link)->away_end_us = 0;
}

static void kafka_bury(struct sim_kafka *kafka, struct sim_process *process)
{
    for (struct list *link = kafka->clients.next, *next; link != &kafka->clients; link = next) {
        struct kafka *client = LIST_ITEM(link, struct kafka, link);
        next = link->next;
        if (client->process == process)
            kafka_client_free(client);
    }
}

void sim_kafkas_bury(struct sim_process *process)
{
    LIST_EACH(link, &process->sim->parts->kafkas)
    kafka_bury(LIST_ITEM(link, struct sim_kafka, link), process);
}

static void partition_free(struct sim_partition *partition)
{
    for (size_t i = 0; i < partition->n; i++)
        free(partition->records[i].bytes);
    for (size_t i = 0; i < partition->n_committed; i++)
        free(partition->committed[i].group);
    free(partition->records);
    free(partition->committed);
}

static void topic_free(struct sim_topic *topic)
{
    for (int32_t i = 0; i < topic->n; i++)
        partition_free(&topic->partitions[i]);
    list_remove(&topic->link);
    free(topic->partitions);
    free(topic->name);
    free(topic);
}

void sim_kafkas_free(struct sim *sim)
{
    while (!list_empty(&sim->parts->kafkas)) {
        struct sim_kafka *kafka =
            LIST_ITEM(list_first(&sim->parts->kafkas), struct sim_kafka, link);
        while (!list_empty(&kafka->topics))
            topic_free(LIST_ITEM(list_first(&kafka->topics), struct sim_topic, link));
        while (!list_empty(&kafka->commits))
            sim_commit_free(LIST_ITEM(list_first(&kafka->commits), struct commit, link));
        list_remove(&kafka->link);
        free(kafka->servers);
        free(kafka);
    }
}
