/* What a broker must be asked, on threads that may wait for it. The asker answers kafka_list() and
 * kafka_ask(), one question after the other, with events. The nudger mends librdkafka's habit to
 * look again at a queue that was full only up to a second later: any request to the partition's
 * leader makes its thread look at once, so a queue of which a quarter was drained has its
 * watermarks asked for, and the answer is thrown away. Failure modes: a broker that is away holds a
 * thread for up to socket.timeout.ms; nobody waits for it but the closer. */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <regex.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/mem.h"
#include "io/kafka_parts.h"

#define ANSWER_MS 5000 /* how long an answer is waited for; asked again later */
#define NUDGE_MS 5     /* between two rounds of nudges */
#define NUDGES_MAX 16  /* of a round */
#define LEADERS_S 10   /* between two looks at who leads what, while there is something to nudge */
#define LEADERS_MS 1000
#define QUESTIONS_MAX 64 /* asked for together */

/* ---- lists */

static bool list_wants(const rd_kafka_metadata_topic_t *topic, const char *pattern, struct err *err)
{
    regex_t regex;
    if (pattern[0] != '^')
        return true; /* it was asked for by its name */
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
        err_code(err, ERR_BAD_CONFIG, 235, "topics: '%s' is not a regular expression", pattern);
        return false;
    }
    bool matches = regexec(&regex, topic->topic, 0, NULL, 0) == 0;
    regfree(&regex);
    return matches;
}

/* That a topic is missing is told only when all others are there: what keeps one from being looked at comes first. */
static void list_failed(const char *topic, rd_kafka_resp_err_t code, struct err *err)
{
    struct err why;
    if (err->kind != ERR_NONE && err->code != 304)
        return;
    kafka_err_of(code, NULL, &why);
    err_code(err, ERR_RETRY, why.code, "topic %s: %s", topic, why.text);
}

static void list_topic(struct kafka *kafka, const rd_kafka_metadata_topic_t *topic, struct err *err)
{
    if (topic->err) {
        list_failed(topic->topic, topic->err, err);
        return;
    }
    for (int i = 0; i < topic->partition_cnt; i++)
        kafka_note(kafka, &(struct kafka_event){ .kind = KAFKA_PARTITION,
                                                 .topic = topic->topic,
                                                 .partition = topic->partitions[i].id });
}

static void list_one(struct kafka *kafka, const char *name, struct err *err)
{
    const rd_kafka_metadata_t *metadata;
    rd_kafka_topic_t *topic = name[0] == '^' ? NULL : rd_kafka_topic_new(kafka->rk, name, NULL);
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(kafka->rk, topic == NULL, topic, &metadata, ANSWER_MS);
    if (topic)
        rd_kafka_topic_destroy(topic);
    if (code) {
        pthread_mutex_lock(&kafka->mutex);
        kafka_err_of(code, kafka->words[0] ? kafka->words : NULL, err);
        pthread_mutex_unlock(&kafka->mutex);
        return;
    }
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (list_wants(&metadata->topics[i], name, err))
            list_topic(kafka, &metadata->topics[i], err);
    rd_kafka_metadata_destroy(metadata);
}

static void answer_list(struct kafka *kafka, char **topics, size_t n)
{
    struct kafka_event event = { .kind = KAFKA_LISTED };
    for (size_t i = 0; i < n; i++) {
        if (event.err.code != 303) /* nobody answers: the others need not be asked now */
            list_one(kafka, topics[i], &event.err);
        mem_free(topics[i]);
    }
    mem_free(topics);
    kafka_note(kafka, &event);
}

/* ---- offsets */

static rd_kafka_resp_err_t ask_committed(struct kafka *kafka, struct list *questions,
                                         rd_kafka_topic_partition_list_t **out)
{
    *out = rd_kafka_topic_partition_list_new(QUESTIONS_MAX);
    LIST_EACH(link, questions)
    {
        struct kafka_question *question = LIST_ITEM(link, struct kafka_question, link);
        rd_kafka_topic_partition_list_add(*out, question->topic, question->partition);
    }
    return rd_kafka_committed(kafka->rk, *out, ANSWER_MS);
}

static rd_kafka_resp_err_t ask_ends(struct kafka *kafka, struct kafka_event *event)
{
    return rd_kafka_query_watermark_offsets(kafka->rk, event->topic, event->partition, &event->low,
                                            &event->high, ANSWER_MS);
}

/* One answer. `broken`: what keeps all of them from being answered now; 0 = nothing yet. */
static void answer_one(struct kafka *kafka, const rd_kafka_topic_partition_t *committed,
                       rd_kafka_resp_err_t *broken)
{
    struct kafka_event event = { .kind = KAFKA_OFFSETS,
                                 .topic = committed->topic,
                                 .partition = committed->partition,
                                 .committed = committed->offset < 0 ? -1 : committed->offset };
    rd_kafka_resp_err_t code = *broken ? *broken : committed->err;
    if (!code)
        code = ask_ends(kafka, &event);
    if (code) {
        kafka_err_of(code, NULL, &event.err);
        err_wrap(&event.err, "offsets of %s/%d", event.topic, event.partition);
        if (event.err.code == 303) /* nobody answers: the others need not be asked now */
            *broken = code;
        event.err.kind = ERR_RETRY;
    }
    kafka_note(kafka, &event);
}

static void answer_offsets(struct kafka *kafka, struct list *questions)
{
    rd_kafka_topic_partition_list_t *committed;
    rd_kafka_resp_err_t broken = ask_committed(kafka, questions, &committed);
    for (int i = 0; i < committed->cnt; i++)
        answer_one(kafka, &committed->elems[i], &broken);
    rd_kafka_topic_partition_list_destroy(committed);
    while (!list_empty(questions)) {
        struct list *first = list_first(questions);
        list_remove(first);
        mem_free(LIST_ITEM(first, struct kafka_question, link));
    }
}

/* Under the mutex: the questions to be asked now. */
static void questions_take(struct kafka *kafka, struct list *taken)
{
    list_init(taken);
    for (int i = 0; i < QUESTIONS_MAX && !list_empty(&kafka->questions); i++) {
        struct list *first = list_first(&kafka->questions);
        list_remove(first);
        list_add_tail(taken, first);
    }
}

void *kafka_asker(void *ctx)
{
    struct kafka *kafka = ctx;
    pthread_mutex_lock(&kafka->mutex);
    while (!kafka->stop) {
        if (!kafka->topics && list_empty(&kafka->questions)) {
            pthread_cond_wait(&kafka->asking, &kafka->mutex);
            continue;
        }
        struct list questions;
        char **topics = kafka->topics;
        kafka->topics = NULL;
        questions_take(kafka, &questions);
        pthread_mutex_unlock(&kafka->mutex);
        if (topics)
            answer_list(kafka, topics, kafka->n_topics);
        if (!list_empty(&questions))
            answer_offsets(kafka, &questions);
        pthread_mutex_lock(&kafka->mutex);
    }
    pthread_mutex_unlock(&kafka->mutex);
    return NULL;
}

void kafka_list(struct kafka *kafka, const char *const *topics, size_t n)
{
    check(n > 0);
    char **copy = mem_alloc(sizeof *copy * n);
    for (size_t i = 0; i < n; i++)
        copy[i] = mem_strdup(topics[i]);
    pthread_mutex_lock(&kafka->mutex);
    check(!kafka->topics);
    kafka->topics = copy;
    kafka->n_topics = n;
    pthread_cond_signal(&kafka->asking);
    pthread_mutex_unlock(&kafka->mutex);
}

void kafka_ask(struct kafka *kafka, const char *topic, int32_t partition)
{
    size_t n = strlen(topic) + 1;
    struct kafka_question *question = mem_alloc(sizeof *question + n);
    question->partition = partition;
    memcpy(question->topic, topic, n);
    pthread_mutex_lock(&kafka->mutex);
    list_add_tail(&kafka->questions, &question->link);
    pthread_cond_signal(&kafka->asking);
    pthread_mutex_unlock(&kafka->mutex);
}

/* Remembers a position as the newest of its partition. */
static void commit_note(rd_kafka_topic_partition_list_t *list,
                        const struct kafka_position *position)
{
    rd_kafka_topic_partition_t *at =
        rd_kafka_topic_partition_list_find(list, position->topic, position->partition);
    if (!at)
        at = rd_kafka_topic_partition_list_add(list, position->topic, position->partition);
    at->offset = position->offset;
}

void kafka_commit(struct kafka *kafka, const struct kafka_position *positions, size_t n)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++) {
        commit_note(list, &positions[i]);
        commit_note(kafka->committed, &positions[i]);
    }
    rd_kafka_commit(kafka->rk, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

/* ---- nudges */

struct nudge {
    char topic[256];           /* Kafka's names have at most 249 characters */
    int32_t partition, leader; /* leader -1: not known */
};

static time_t mono_s(void)
{
    struct timespec now;
    check(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return now.tv_sec;
}

static int32_t leader_in(const rd_kafka_metadata_t *metadata, const struct kafka_queue *queue)
{
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const rd_kafka_metadata_topic_t *topic = &metadata->topics[i];
        if (strcmp(topic->topic, queue->topic) != 0)
            continue;
        for (int j = 0; j < topic->partition_cnt; j++)
            if (topic->partitions[j].id == queue->partition)
                return topic->partitions[j].leader;
    }
    return -1;
}

/* Who leads what; a broker that is nudged looks at all its queues. */
static void leaders_learn(struct kafka *kafka)
{
    const rd_kafka_metadata_t *metadata;
    kafka->leaders_s = mono_s();
    pthread_mutex_unlock(&kafka->mutex);
    bool came = !rd_kafka_metadata(kafka->rk, 0, NULL, &metadata, LEADERS_MS);
    pthread_mutex_lock(&kafka->mutex);
    if (!came)
        return;
    LIST_EACH(link, &kafka->queues)
    {
        struct kafka_queue *queue = LIST_ITEM(link, struct kafka_queue, link);
        queue->leader = leader_in(metadata, queue);
    }
    rd_kafka_metadata_destroy(metadata);
}

static bool nudges_have(const struct nudge *nudges, size_t n, int32_t leader)
{
    for (size_t i = 0; i < n; i++)
        if (nudges[i].leader == leader && leader >= 0)
            return true;
    return false;
}

/* Under the mutex: whom to nudge now, one partition of each leader. */
static size_t nudges_take(struct kafka *kafka, struct nudge *nudges)
{
    size_t n = 0;
    LIST_EACH(link, &kafka->queues)
    {
        struct kafka_queue *queue = LIST_ITEM(link, struct kafka_queue, link);
        if (!queue->nudge || n == NUDGES_MAX)
            continue;
        queue->nudge = false;
        if (nudges_have(nudges, n, queue->leader))
            continue;
        snprintf(nudges[n].topic, sizeof nudges[n].topic, "%s", queue->topic);
        nudges[n].partition = queue->partition;
        nudges[n++].leader = queue->leader;
    }
    return n;
}

static void nudge_pause(struct kafka *kafka)
{
    struct timespec until;
    check(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
    until.tv_nsec += NUDGE_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!kafka->stop &&
           pthread_cond_timedwait(&kafka->nudging, &kafka->mutex, &until) != ETIMEDOUT)
        continue;
}

void *kafka_nudger(void *ctx)
{
    struct kafka *kafka = ctx;
    struct nudge nudges[NUDGES_MAX];
    pthread_mutex_lock(&kafka->mutex);
    while (!kafka->stop) {
        size_t n = nudges_take(kafka, nudges);
        if (n == 0) {
            pthread_cond_wait(&kafka->nudging, &kafka->mutex);
            if (mono_s() - kafka->leaders_s >= LEADERS_S)
                leaders_learn(kafka);
            continue;
        }
        pthread_mutex_unlock(&kafka->mutex);
        for (size_t i = 0; i < n; i++) {
            int64_t low, high;
            rd_kafka_query_watermark_offsets(kafka->rk, nudges[i].topic, nudges[i].partition, &low,
                                             &high, NUDGE_MS);
        }
        pthread_mutex_lock(&kafka->mutex);
        nudge_pause(kafka);
    }
    pthread_mutex_unlock(&kafka->mutex);
    return NULL;
}
