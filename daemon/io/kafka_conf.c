#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "io/kafka_parts.h"

static const struct setting {
    const char *name, *value;
    bool is_ours; /* nobody else may set it */
} settings[] = {
    { "auto.offset.reset", "error", true }, /* a jump is an event, never a silent decision */
    { "enable.auto.commit", "false", true },
    { "enable.auto.offset.store", "false", true },
    { "enable.partition.eof", "false", true },
    { "log.queue", "true", true },
    { "check.crcs", "true", false }, /* end to end: checked before ours is made */
    { "isolation.level", "read_committed", true },
    { "queued.min.messages", "10000000", false }, /* the bytes are the bound */
    { "socket.nagle.disable", "true", false },
    { "socket.keepalive.enable", "true", false },
    { "fetch.min.bytes", "65536", false },
    { "fetch.wait.max.ms", "25", false }, /* a full queue waits for an answer about idle ones */
    { "reconnect.backoff.max.ms", "2000", false },
    { "client.id", "tidemark", false },
};

static bool conf_set(rd_kafka_conf_t *made, const char *name, const char *value, struct err *err)
{
    char words[300];
    switch (rd_kafka_conf_set(made, name, value, words, sizeof words)) {
        case RD_KAFKA_CONF_OK:
            return true;
        case RD_KAFKA_CONF_UNKNOWN:
            return err_code(err, ERR_BAD_CONFIG, 203, "Kafka has no property '%s'", name);
        case RD_KAFKA_CONF_INVALID:
            break;
    }
    return err_code(err, ERR_BAD_CONFIG, 206, "%s", words);
}

static bool conf_property(rd_kafka_conf_t *made, const struct kafka_property *property,
                          struct err *err)
{
    bool is_ours = strcmp(property->name, "group.id") == 0;
    for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
        is_ours |= settings[i].is_ours && strcmp(property->name, settings[i].name) == 0;
    if (is_ours)
        return err_code(err, ERR_BAD_CONFIG, 209, "the property '%s' is not yours to set",
                        property->name);
    return conf_set(made, property->name, property->value, err);
}

/* Each queue's share of the prefetch, in KiB as librdkafka wants it. */
static uint64_t conf_queue_kbytes(uint32_t queues)
{
    uint64_t bytes = KAFKA_PREFETCH_BYTES / (queues ? queues : 1);
    if (bytes > KAFKA_QUEUE_BYTES_MAX)
        bytes = KAFKA_QUEUE_BYTES_MAX;
    return bytes < 1024 ? 1 : bytes / 1024;
}

/* What is ours librdkafka takes. */
static void conf_ours(rd_kafka_conf_t *made, const char *name, const char *value)
{
    check(rd_kafka_conf_set(made, name, value, NULL, 0) == RD_KAFKA_CONF_OK);
}

static void conf_number(rd_kafka_conf_t *made, const char *name, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    conf_ours(made, name, text);
}

static bool conf_fill(const struct kafka_conf *conf, rd_kafka_conf_t *made, struct err *err)
{
    uint64_t kbytes = conf_queue_kbytes(conf->queues);
    for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
        conf_ours(made, settings[i].name, settings[i].value);
    conf_number(made, "queued.max.messages.kbytes", kbytes);
    conf_number(made, "fetch.message.max.bytes", kbytes * 1024 / KAFKA_FETCH_SHARE);
    conf_ours(made, "group.id", conf->group_id);
    for (size_t i = 0; i < conf->n_properties; i++)
        if (!conf_property(made, &conf->properties[i], err))
            return false;
    return true;
}

bool kafka_conf_make(const struct kafka_conf *conf, rd_kafka_conf_t **out, uint64_t *queue_bytes,
                     struct err *err)
{
    rd_kafka_conf_t *made = rd_kafka_conf_new();
    if (!conf_fill(conf, made, err)) {
        rd_kafka_conf_destroy(made);
        return false;
    }
    char kbytes[24];
    size_t size = sizeof kbytes;
    check(rd_kafka_conf_get(made, "queued.max.messages.kbytes", kbytes, &size) == RD_KAFKA_CONF_OK);
    *queue_bytes = strtoull(kbytes, NULL, 10) * 1024;
    *out = made;
    return true;
}
