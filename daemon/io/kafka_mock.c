#include "io/kafka_mock.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <string.h>

#include "base/mem.h"
#include "io/kafka_parts.h"

struct kafka_mock {
    rd_kafka_t *rk; /* a handle the cluster hangs on; it connects nowhere */
    rd_kafka_mock_cluster_t *cluster;
};

struct kafka_producer {
    struct kafka_producer_conf conf;
    rd_kafka_t *rk;
};

static void mock_log_cb(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

bool kafka_mock_start(uint32_t brokers, struct kafka_mock **out, struct err *err)
{
    struct kafka_mock *mock = mem_zalloc(sizeof *mock);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, mock_log_cb);
    mock->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    if (!mock->rk)
        rd_kafka_conf_destroy(conf);
    else
        mock->cluster = rd_kafka_mock_cluster_new(mock->rk, (int)brokers);
    if (!mock->cluster) {
        kafka_mock_free(mock);
        return err_set(err, ERR_RETRY, "the mock cluster does not start");
    }
    *out = mock;
    return true;
}

const char *kafka_mock_servers(const struct kafka_mock *mock)
{
    return rd_kafka_mock_cluster_bootstraps(mock->cluster);
}

bool kafka_mock_topic(struct kafka_mock *mock, const char *topic, int32_t partitions,
                      struct err *err)
{
    rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(mock->cluster, topic, partitions, 1);
    return !code || err_set(err, ERR_RETRY, "topic %s: %s", topic, rd_kafka_err2str(code));
}

void kafka_mock_free(struct kafka_mock *mock)
{
    if (!mock)
        return;
    if (mock->cluster)
        rd_kafka_mock_cluster_destroy(mock->cluster);
    if (mock->rk)
        rd_kafka_destroy(mock->rk);
    mem_free(mock);
}

void kafka_mock_broker(struct kafka_mock *mock, int32_t broker, bool up)
{
    if (up)
        rd_kafka_mock_broker_set_up(mock->cluster, broker);
    else
        rd_kafka_mock_broker_set_down(mock->cluster, broker);
}

void kafka_mock_leader(struct kafka_mock *mock, const char *topic, int32_t partition,
                       int32_t broker)
{
    rd_kafka_mock_partition_set_leader(mock->cluster, topic, partition, broker);
}

void kafka_mock_refuse(struct kafka_mock *mock, const char *topic, int16_t code)
{
    rd_kafka_mock_topic_set_error(mock->cluster, topic, (rd_kafka_resp_err_t)code);
}

void kafka_mock_fail(struct kafka_mock *mock, int16_t api_key, int16_t code, size_t n)
{
    while (n-- > 0)
        rd_kafka_mock_push_request_errors(mock->cluster, api_key, 1, (int)code);
}

/* ---- the producer */

static void delivered_cb(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    struct kafka_producer *producer = opaque;
    struct err err = { .kind = ERR_NONE };
    if (message->err)
        err_set(&err, ERR_UNKNOWN, "%s", rd_kafka_err2str(message->err));
    if (producer->conf.acked)
        producer->conf.acked(producer->conf.ctx, (uint64_t)(uintptr_t)message->_private,
                             message->err ? -1 : message->offset, &err);
}

bool kafka_producer_open(const struct kafka_producer_conf *conf, struct kafka_producer **out,
                         struct err *err)
{
    char words[300], linger[16];
    snprintf(linger, sizeof linger, "%u", conf->linger_ms);
    const struct kafka_property properties[] = {
        { "bootstrap.servers", conf->servers },
        { "linger.ms", linger },
        { "compression.type", conf->compress ? "lz4" : "none" },
        { "enable.idempotence", conf->idempotent ? "true" : "false" },
    };
    rd_kafka_conf_t *made = rd_kafka_conf_new();
    struct kafka_producer *producer = mem_zalloc(sizeof *producer);
    producer->conf = *conf;
    rd_kafka_conf_set_opaque(made, producer);
    rd_kafka_conf_set_log_cb(made, mock_log_cb);
    rd_kafka_conf_set_dr_msg_cb(made, delivered_cb);
    bool ok = true;
    for (size_t i = 0; ok && i < ARRAY_SIZE(properties); i++)
        ok = rd_kafka_conf_set(made, properties[i].name, properties[i].value, words,
                               sizeof words) == RD_KAFKA_CONF_OK;
    if (ok)
        producer->rk = rd_kafka_new(RD_KAFKA_PRODUCER, made, words, sizeof words);
    if (producer->rk) {
        *out = producer;
        return true;
    }
    rd_kafka_conf_destroy(made);
    mem_free(producer);
    return err_code(err, ERR_BAD_CONFIG, 206, "Kafka: %s", words);
}

bool kafka_produce(struct kafka_producer *producer, const struct kafka_record *record,
                   struct err *err)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
    if (record->header)
        rd_kafka_header_add(headers, record->header, -1, record->header_value,
                            record->header_value ? -1 : 0);
    rd_kafka_resp_err_t code = rd_kafka_producev(
        producer->rk, RD_KAFKA_V_TOPIC(record->topic), RD_KAFKA_V_PARTITION(record->partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(record->key, record->key_len),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value, record->value_len),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE((void *)(uintptr_t)record->id),
        RD_KAFKA_V_END);
    if (code)
        rd_kafka_headers_destroy(headers);
    return !code || err_set(err, ERR_RETRY, "%s", rd_kafka_err2str(code));
}

size_t kafka_produce_wait(struct kafka_producer *producer, uint32_t timeout_ms)
{
    rd_kafka_poll(producer->rk, (int)timeout_ms);
    return (size_t)rd_kafka_outq_len(producer->rk);
}

void kafka_producer_free(struct kafka_producer *producer)
{
    if (!producer)
        return;
    rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(producer->rk);
    mem_free(producer);
}
