/* Taking messages out of a queue: the hot path. */
#include <librdkafka/rdkafka.h>
#include <string.h>

#include "base/check.h"
#include "io/kafka_parts.h"

#define NEAR 64 /* bytes between the values of two messages of one answer, about */

/* librdkafka takes longer to look for headers than for all the rest. Since Kafka 0.11 their number
 * stands behind the value, and the next message of the same answer a few bytes later: where both lie
 * so near to each other what is between them is memory that can be read. Older messages have no
 * headers, whatever stands there. */
static bool has_no_headers(const rd_kafka_message_t *raw, const rd_kafka_message_t *next)
{
    if (!raw->payload)
        return false;
    const uint8_t *behind = (const uint8_t *)raw->payload + raw->len;
    const uint8_t *then = next->key ? next->key : next->payload;
    return then > behind && then - behind < NEAR && *behind == 0;
}

/* Appends the message's headers; false: they cannot be written down. */
static bool headers_put(struct buf *out, const rd_kafka_headers_t *headers)
{
    const char *name;
    const void *value;
    size_t size;
    for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++) {
        if (strlen(name) > UINT16_MAX || size >= KAFKA_MESSAGE_BYTES_MAX)
            return false;
        buf_put_str(out, name);
        buf_put_u32(out, value ? (uint32_t)size : UINT32_MAX);
        if (value)
            buf_put(out, value, size);
    }
    return true;
}

static bool message_read(struct kafka *kafka, rd_kafka_message_t *const *at, bool is_last,
                         struct kafka_message *message)
{
    rd_kafka_message_t *raw = at[0];
    rd_kafka_timestamp_type_t type;
    rd_kafka_headers_t *headers;
    size_t before = kafka->headers.len;
    *message = (struct kafka_message){
        .key = raw->key,
        .value = raw->payload,
        .key_len = (uint32_t)raw->key_len,
        .value_len = (uint32_t)raw->len,
        .offset = raw->offset,
        .time_ms = rd_kafka_message_timestamp(raw, &type),
    };
    if (!is_last && has_no_headers(raw, at[1]))
        return true;
    rd_kafka_resp_err_t code = rd_kafka_message_headers(raw, &headers);
    if (code == RD_KAFKA_RESP_ERR__NOENT)
        return true;
    if (!code && headers_put(&kafka->headers, headers)) {
        message->headers_len = (uint32_t)(kafka->headers.len - before);
        return true;
    }
    struct kafka_event event = { .kind = KAFKA_QUEUE_FAILED,
                                 .topic = rd_kafka_topic_name(raw->rkt),
                                 .partition = raw->partition };
    err_code(&event.err, ERR_FATAL, 407, "%s/%d at offset %lld: its headers cannot be read",
             event.topic, event.partition, (long long)raw->offset);
    kafka_note(kafka, &event);
    return false;
}

/* The buffer of headers stands still now: where each message's are. */
static void headers_place(struct kafka *kafka, struct kafka_message *messages, size_t n)
{
    const uint8_t *at = kafka->headers.ptr;
    for (size_t i = 0; i < n; at += messages[i++].headers_len)
        if (messages[i].headers_len)
            messages[i].headers = at;
}

static void queue_drained(struct kafka_queue *queue, uint64_t bytes)
{
    struct kafka *kafka = queue->kafka;
    queue->drained += bytes;
    if (queue->drained < kafka->queue_bytes / 4)
        return;
    queue->drained = 0;
    pthread_mutex_lock(&kafka->mutex);
    queue->nudge = true;
    pthread_cond_signal(&kafka->nudging);
    pthread_mutex_unlock(&kafka->mutex);
}

size_t kafka_poll(struct kafka_queue *queue, struct kafka_message *messages, size_t max)
{
    struct kafka *kafka = queue->kafka;
    check(!kafka->polled && max <= KAFKA_POLL_MAX);
    if (queue->dead)
        return 0;
    ssize_t got = rd_kafka_consume_batch_queue(queue->rkqu, 0, kafka->raw, max);
    kafka->n_raw = got < 0 ? 0 : (size_t)got;
    kafka->polled = queue;
    size_t n = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < kafka->n_raw && !queue->dead; i++) {
        if (kafka->raw[i]->err) {
            queue->dead = kafka_message_error(kafka, kafka->raw[i]);
        } else if (message_read(kafka, &kafka->raw[i], i + 1 == kafka->n_raw, &messages[n])) {
            bytes += messages[n].key_len + messages[n].value_len;
            n++;
        } else {
            queue->dead = true;
        }
    }
    if (kafka->headers.len)
        headers_place(kafka, messages, n);
    queue_drained(queue, bytes);
    if (n == 0)
        kafka_release(queue);
    return n;
}

void kafka_release(struct kafka_queue *queue)
{
    struct kafka *kafka = queue->kafka;
    if (kafka->polled != queue)
        return;
    for (size_t i = 0; i < kafka->n_raw; i++)
        rd_kafka_message_destroy(kafka->raw[i]);
    kafka->n_raw = 0;
    kafka->polled = NULL;
    buf_clear(&kafka->headers);
}
