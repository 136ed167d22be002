/* The Kafka door over librdkafka. Happy path: each assigned partition has a queue of its own, cut
 * off from the consumer's before the assignment, which the owner drains; all else (errors, logs)
 * comes through the control queue and becomes events. Failure modes: what librdkafka mends by
 * itself it tells as RETRY and goes on; a partition whose offset is gone or whose bytes are bad is
 * dead until it is assigned anew. Close: the owner lets go of its queues, a closer thread joins the
 * helpers, closes and destroys; librdkafka has bugs that make this last for ever, so the owner may
 * leave it alone with that. */
#include "io/kafka.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "io/kafka_parts.h"
#include "io/thread.h"

#define CLOSE_POLLS 30 /* of 100 ms: how long the goodbye may last */

/* ---- events */

void kafka_note(struct kafka *kafka, const struct kafka_event *event)
{
    size_t n = event->topic ? strlen(event->topic) + 1 : 0;
    struct kafka_note *note = mem_alloc(sizeof *note + n);
    note->event = *event;
    if (event->topic)
        note->event.topic = memcpy(note->topic, event->topic, n);
    pthread_mutex_lock(&kafka->mutex);
    list_add_tail(&kafka->notes, &note->link);
    if (!kafka->stop)
        kafka->wake(kafka->ctx);
    pthread_mutex_unlock(&kafka->mutex);
}

static void control_error(struct kafka *kafka, rd_kafka_resp_err_t code, const char *reason)
{
    struct kafka_event event = { .kind = KAFKA_AWAY };
    char words[200];
    switch (code) {
        case RD_KAFKA_RESP_ERR__FATAL:
            code = rd_kafka_fatal_error(kafka->rk, words, sizeof words);
            kafka_err_of(code, words, &event.err);
            event.kind = KAFKA_FAILED;
            if (event.err.kind != ERR_FENCED)
                event.err.kind = ERR_FATAL;
            break;
        case RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE: /* a thread that it did not get */
            err_set(&event.err, ERR_FATAL, "Kafka: %s", reason);
            event.kind = KAFKA_FAILED;
            break;
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        case RD_KAFKA_RESP_ERR__SSL:
            kafka_err_of(code, kafka->words[0] ? kafka->words : reason, &event.err);
            break;
        default: /* one connection of perhaps many; the reason explains what comes of it */
            pthread_mutex_lock(&kafka->mutex);
            snprintf(kafka->words, sizeof kafka->words, "%s", reason);
            pthread_mutex_unlock(&kafka->mutex);
            return;
    }
    kafka_note(kafka, &event);
}

static void error_cb(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    (void)rk;
    control_error(opaque, (rd_kafka_resp_err_t)code, reason);
}

static void log_cb(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text; /* what counts comes as an error, too */
}

bool kafka_message_error(struct kafka *kafka, const rd_kafka_message_t *message)
{
    struct kafka_event event = { .kind = KAFKA_QUEUE_FAILED, .partition = message->partition };
    const char *words = rd_kafka_message_errstr(message);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return false;
    if (!message->rkt) {
        control_error(kafka, message->err, words);
        return false;
    }
    event.topic = rd_kafka_topic_name(message->rkt);
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        event.kind = KAFKA_OUT_OF_RANGE;
        kafka_note(kafka, &event);
        return true;
    }
    kafka_err_of(message->err, words, &event.err);
    err_wrap(&event.err, "%s/%d at offset %lld", event.topic, event.partition,
             (long long)message->offset);
    kafka_note(kafka, &event);
    return event.err.kind == ERR_FATAL;
}

static void control_serve(struct kafka *kafka)
{
    for (int i = 0; i < KAFKA_POLL_MAX; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka->rk, 0);
        if (!message)
            return;
        if (message->err)
            kafka_message_error(kafka, message);
        rd_kafka_message_destroy(message);
    }
    kafka->wake(kafka->ctx);
}

static struct kafka_note *note_take(struct kafka *kafka)
{
    pthread_mutex_lock(&kafka->mutex);
    struct list *first = list_first(&kafka->notes);
    if (first)
        list_remove(first);
    pthread_mutex_unlock(&kafka->mutex);
    return first ? LIST_ITEM(first, struct kafka_note, link) : NULL;
}

bool kafka_event(struct kafka *kafka, struct kafka_event *event)
{
    check(!kafka->closing);
    mem_free(kafka->shown);
    kafka->shown = note_take(kafka);
    if (!kafka->shown) {
        control_serve(kafka);
        kafka->shown = note_take(kafka);
    }
    if (kafka->shown)
        *event = kafka->shown->event;
    return kafka->shown != NULL;
}

/* ---- reading */

/* On a thread of librdkafka's, with the queue's lock held. */
static void queue_came(rd_kafka_t *rk, void *opaque)
{
    (void)rk;
    struct kafka *kafka = opaque;
    kafka->wake(kafka->ctx);
}

static rd_kafka_topic_partition_list_t *queue_list(const struct kafka_queue *queue, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, queue->topic, queue->partition)->offset = offset;
    return list;
}

struct kafka_queue *kafka_assign(struct kafka *kafka, const struct kafka_position *position)
{
    check(!kafka->closing && position->offset >= 0);
    size_t n = strlen(position->topic) + 1;
    struct kafka_queue *queue = mem_zalloc(sizeof *queue + n);
    queue->kafka = kafka;
    queue->partition = position->partition;
    queue->leader = -1;
    memcpy(queue->topic, position->topic, n);
    queue->rkqu = rd_kafka_queue_get_partition(kafka->rk, queue->topic, queue->partition);
    check(queue->rkqu);
    rd_kafka_queue_forward(queue->rkqu, NULL); /* before the assignment: else messages go astray */
    rd_kafka_queue_cb_event_enable(queue->rkqu, queue_came, kafka);
    rd_kafka_topic_partition_list_t *list = queue_list(queue, position->offset);
    rd_kafka_error_t *error = rd_kafka_incremental_assign(kafka->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (error) {
        struct kafka_event event = { .kind = KAFKA_FAILED };
        kafka_err_of(rd_kafka_error_code(error), rd_kafka_error_string(error), &event.err);
        event.err.kind = ERR_FATAL;
        kafka_note(kafka, &event);
        rd_kafka_error_destroy(error);
    }
    pthread_mutex_lock(&kafka->mutex);
    list_add_tail(&kafka->queues, &queue->link);
    pthread_mutex_unlock(&kafka->mutex);
    return queue;
}

static void queue_drop(struct kafka_queue *queue)
{
    if (queue->kafka->polled == queue)
        kafka_release(queue);
    pthread_mutex_lock(&queue->kafka->mutex);
    list_remove(&queue->link);
    pthread_mutex_unlock(&queue->kafka->mutex);
    rd_kafka_queue_cb_event_enable(queue->rkqu, NULL, NULL);
    rd_kafka_queue_destroy(queue->rkqu);
    mem_free(queue);
}

/* Events of this partition that nobody has taken: they speak of the queue that goes. */
static void queue_forget(struct kafka_queue *queue)
{
    struct kafka *kafka = queue->kafka;
    pthread_mutex_lock(&kafka->mutex);
    for (struct list *link = kafka->notes.next, *next; link != &kafka->notes; link = next) {
        struct kafka_note *note = LIST_ITEM(link, struct kafka_note, link);
        next = link->next;
        if (note->event.kind != KAFKA_OUT_OF_RANGE && note->event.kind != KAFKA_QUEUE_FAILED)
            continue;
        if (note->event.partition != queue->partition || strcmp(note->topic, queue->topic) != 0)
            continue;
        list_remove(link);
        mem_free(note);
    }
    pthread_mutex_unlock(&kafka->mutex);
}

void kafka_unassign(struct kafka_queue *queue)
{
    rd_kafka_topic_partition_list_t *list = queue_list(queue, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_error_t *error = rd_kafka_incremental_unassign(queue->kafka->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_error_destroy(error); /* a dead consumer refuses, and has told so by an event */
    queue_forget(queue);
    queue_drop(queue);
}

int64_t kafka_next(struct kafka_queue *queue)
{
    rd_kafka_topic_partition_list_t *list = queue_list(queue, RD_KAFKA_OFFSET_INVALID);
    int64_t next = -1;
    if (!rd_kafka_position(queue->kafka->rk, list) && list->elems[0].offset >= 0)
        next = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return next;
}

int64_t kafka_high(struct kafka_queue *queue)
{
    int64_t low, high = -1;
    rd_kafka_get_watermark_offsets(queue->kafka->rk, queue->topic, queue->partition, &low, &high);
    return high < 0 ? -1 : high;
}

/* ---- opening and closing */

bool kafka_open(const struct kafka_conf *conf, struct kafka **out, struct err *err)
{
    char words[300];
    rd_kafka_conf_t *made;
    uint64_t queue_bytes;
    if (!kafka_conf_make(conf, &made, &queue_bytes, err))
        return false;
    struct kafka *kafka = mem_zalloc(sizeof *kafka);
    kafka->wake = conf->wake;
    kafka->ctx = conf->ctx;
    kafka->queue_bytes = queue_bytes;
    kafka->leaders_s = INT64_MIN / 2;
    rd_kafka_conf_set_opaque(made, kafka);
    rd_kafka_conf_set_error_cb(made, error_cb);
    rd_kafka_conf_set_log_cb(made, log_cb);
    kafka->rk = rd_kafka_new(RD_KAFKA_CONSUMER, made, words, sizeof words);
    if (!kafka->rk) {
        rd_kafka_conf_destroy(made);
        mem_free(kafka);
        return err_code(err, ERR_BAD_CONFIG, 206, "Kafka: %s", words);
    }
    kafka->committed = rd_kafka_topic_partition_list_new(0);
    list_init(&kafka->queues);
    list_init(&kafka->notes);
    list_init(&kafka->questions);
    kafka->raw = mem_alloc(sizeof *kafka->raw * KAFKA_POLL_MAX);
    check(pthread_mutex_init(&kafka->mutex, NULL) == 0);
    thread_cond_init(&kafka->asking);
    thread_cond_init(&kafka->nudging);
    rd_kafka_set_log_queue(kafka->rk, NULL);
    rd_kafka_poll_set_consumer(kafka->rk);
    kafka->control = rd_kafka_queue_get_consumer(kafka->rk);
    rd_kafka_queue_cb_event_enable(kafka->control, queue_came, kafka);
    kafka->asker = thread_start("kafka-ask", kafka_asker, kafka);
    kafka->nudger = thread_start("kafka-nudge", kafka_nudger, kafka);
    *out = kafka;
    return true;
}

static void kafka_drop(struct kafka *kafka) /* closed and given up: nobody knows it any more */
{
    pthread_cond_destroy(&kafka->asking);
    pthread_cond_destroy(&kafka->nudging);
    pthread_mutex_destroy(&kafka->mutex);
    mem_free(kafka);
}

static void kafka_empty(struct kafka *kafka) /* what only the owner used */
{
    while (!list_empty(&kafka->notes)) {
        struct kafka_note *note = LIST_ITEM(list_first(&kafka->notes), struct kafka_note, link);
        list_remove(&note->link);
        mem_free(note);
    }
    while (!list_empty(&kafka->questions)) {
        struct list *first = list_first(&kafka->questions);
        list_remove(first);
        mem_free(LIST_ITEM(first, struct kafka_question, link));
    }
    for (size_t i = 0; kafka->topics && i < kafka->n_topics; i++)
        mem_free(kafka->topics[i]);
    mem_free(kafka->topics);
    mem_free(kafka->shown);
    mem_free(kafka->raw);
    buf_free(&kafka->headers);
}

static void kafka_goodbye(rd_kafka_t *rk)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(rk, queue);
    for (int i = 0; !error && i < CLOSE_POLLS && !rd_kafka_consumer_closed(rk); i++)
        rd_kafka_event_destroy(rd_kafka_queue_poll(queue, 100));
    rd_kafka_error_destroy(error);
    rd_kafka_queue_destroy(queue);
}

static void *kafka_closer(void *ctx)
{
    struct kafka *kafka = ctx;
    thread_join(kafka->asker);
    thread_join(kafka->nudger);
    if (kafka->committed
            ->cnt) /* once more, and waited for: the last may have found no coordinator */
        rd_kafka_commit(kafka->rk, kafka->committed, 0);
    rd_kafka_topic_partition_list_destroy(kafka->committed);
    kafka_goodbye(kafka->rk);
    rd_kafka_destroy_flags(kafka->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    kafka_empty(kafka);
    pthread_mutex_lock(&kafka->mutex);
    kafka->is_closed = true;
    bool is_freed = kafka->is_freed;
    if (!is_freed)
        kafka->wake(kafka->ctx);
    pthread_mutex_unlock(&kafka->mutex);
    if (is_freed)
        kafka_drop(kafka);
    return NULL;
}

void kafka_close(struct kafka *kafka)
{
    check(!kafka->closing);
    kafka->closing = true;
    while (!list_empty(&kafka->queues))
        queue_drop(LIST_ITEM(list_first(&kafka->queues), struct kafka_queue, link));
    rd_kafka_queue_cb_event_enable(kafka->control, NULL, NULL);
    rd_kafka_queue_destroy(kafka->control);
    pthread_mutex_lock(&kafka->mutex);
    kafka->stop = true;
    pthread_cond_signal(&kafka->asking);
    pthread_cond_signal(&kafka->nudging);
    pthread_mutex_unlock(&kafka->mutex);
    check(pthread_detach(thread_start("kafka-close", kafka_closer, kafka)) == 0);
}

bool kafka_closed(struct kafka *kafka)
{
    pthread_mutex_lock(&kafka->mutex);
    bool is_closed = kafka->is_closed;
    pthread_mutex_unlock(&kafka->mutex);
    return is_closed;
}

void kafka_free(struct kafka *kafka)
{
    if (!kafka)
        return;
    check(kafka->closing);
    pthread_mutex_lock(&kafka->mutex);
    kafka->is_freed = true;
    bool is_closed = kafka->is_closed;
    pthread_mutex_unlock(&kafka->mutex);
    if (is_closed)
        kafka_drop(kafka);
}
