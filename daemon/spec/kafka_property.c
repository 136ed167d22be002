#include "spec/kafka_property.h"

#include <stddef.h>
#include <string.h>

#include "base/list.h"

static const struct kafka_property_row rows[] = {
    { .name = "allow.auto.create.topics", .kind = PROPERTY_BOOL },
    { .name = "api.version.fallback.ms", .kind = PROPERTY_INT, .min = 0, .max = 604800000 },
    { .name = "api.version.request", .kind = PROPERTY_BOOL },
    { .name = "api.version.request.timeout.ms", .kind = PROPERTY_INT, .min = 1, .max = 300000 },
    { .name = "auto.commit.enable", .kind = PROPERTY_BOOL },
    { .name = "auto.commit.interval.ms", .kind = PROPERTY_INT, .min = 0, .max = 86400000 },
    { .name = "auto.offset.reset",
      .kind = PROPERTY_WORD,
      .words = "smallest, earliest, beginning, largest, latest, end, error" },
    { .name = "bootstrap.servers" },
    { .name = "broker.address.family", .kind = PROPERTY_WORD, .words = "any, v4, v6" },
    { .name = "broker.address.ttl", .kind = PROPERTY_INT, .min = 0, .max = 86400000 },
    { .name = "broker.version.fallback" },
    { .name = "check.crcs", .kind = PROPERTY_BOOL },
    { .name = "client.id" },
    { .name = "client.rack" },
    { .name = "connections.max.idle.ms", .kind = PROPERTY_INT, .min = 0, .max = 2147483647 },
    { .name = "consume.callback.max.messages", .kind = PROPERTY_INT, .min = 0, .max = 1000000 },
    { .name = "coordinator.query.interval.ms", .kind = PROPERTY_INT, .min = 1, .max = 3600000 },
    { .name = "debug" },
    { .name = "enable.auto.commit", .kind = PROPERTY_BOOL },
    { .name = "enable.auto.offset.store", .kind = PROPERTY_BOOL },
    { .name = "enable.partition.eof", .kind = PROPERTY_BOOL },
    { .name = "enable.random.seed", .kind = PROPERTY_BOOL },
    { .name = "enable.ssl.certificate.verification", .kind = PROPERTY_BOOL },
    { .name = "fetch.error.backoff.ms", .kind = PROPERTY_INT, .min = 0, .max = 300000 },
    { .name = "fetch.max.bytes", .kind = PROPERTY_INT, .min = 0, .max = 2147483135 },
    { .name = "fetch.message.max.bytes", .kind = PROPERTY_INT, .min = 1, .max = 1000000000 },
    { .name = "fetch.min.bytes", .kind = PROPERTY_INT, .min = 1, .max = 100000000 },
    { .name = "fetch.wait.max.ms", .kind = PROPERTY_INT, .min = 0, .max = 300000 },
    { .name = "group.id" },
    { .name = "group.instance.id" },
    { .name = "group.protocol.type" },
    { .name = "heartbeat.interval.ms", .kind = PROPERTY_INT, .min = 1, .max = 3600000 },
    { .name = "isolation.level",
      .kind = PROPERTY_WORD,
      .words = "read_uncommitted, read_committed" },
    { .name = "log.connection.close", .kind = PROPERTY_BOOL },
    { .name = "log.thread.name", .kind = PROPERTY_BOOL },
    { .name = "log_level", .kind = PROPERTY_INT, .min = 0, .max = 7 },
    { .name = "max.in.flight", .kind = PROPERTY_INT, .min = 1, .max = 1000000 },
    { .name = "max.in.flight.requests.per.connection",
      .kind = PROPERTY_INT,
      .min = 1,
      .max = 1000000 },
    { .name = "max.partition.fetch.bytes", .kind = PROPERTY_INT, .min = 1, .max = 1000000000 },
    { .name = "max.poll.interval.ms", .kind = PROPERTY_INT, .min = 1, .max = 86400000 },
    { .name = "message.copy.max.bytes", .kind = PROPERTY_INT, .min = 0, .max = 1000000000 },
    { .name = "message.max.bytes", .kind = PROPERTY_INT, .min = 1000, .max = 1000000000 },
    { .name = "metadata.broker.list" },
    { .name = "metadata.max.age.ms", .kind = PROPERTY_INT, .min = 1, .max = 86400000 },
    { .name = "offset.store.method", .kind = PROPERTY_WORD, .words = "none, file, broker" },
    { .name = "offset.store.path" },
    { .name = "offset.store.sync.interval.ms", .kind = PROPERTY_INT, .min = -1, .max = 86400000 },
    { .name = "partition.assignment.strategy" },
    { .name = "queued.max.messages.kbytes", .kind = PROPERTY_INT, .min = 1, .max = 2097151 },
    { .name = "queued.min.messages", .kind = PROPERTY_INT, .min = 1, .max = 10000000 },
    { .name = "receive.message.max.bytes", .kind = PROPERTY_INT, .min = 1000, .max = 2147483647 },
    { .name = "reconnect.backoff.jitter.ms", .kind = PROPERTY_INT, .min = 0, .max = 3600000 },
    { .name = "reconnect.backoff.max.ms", .kind = PROPERTY_INT, .min = 0, .max = 3600000 },
    { .name = "reconnect.backoff.ms", .kind = PROPERTY_INT, .min = 0, .max = 3600000 },
    { .name = "sasl.kerberos.keytab" },
    { .name = "sasl.kerberos.kinit.cmd" },
    { .name = "sasl.kerberos.min.time.before.relogin",
      .kind = PROPERTY_INT,
      .min = 0,
      .max = 86400000 },
    { .name = "sasl.kerberos.principal" },
    { .name = "sasl.kerberos.service.name" },
    { .name = "sasl.mechanism" },
    { .name = "sasl.mechanisms" },
    { .name = "sasl.oauthbearer.client.id" },
    { .name = "sasl.oauthbearer.client.secret", .secret = true },
    { .name = "sasl.oauthbearer.config" },
    { .name = "sasl.oauthbearer.extensions" },
    { .name = "sasl.oauthbearer.method", .kind = PROPERTY_WORD, .words = "default, oidc" },
    { .name = "sasl.oauthbearer.scope" },
    { .name = "sasl.oauthbearer.token.endpoint.url" },
    { .name = "sasl.password", .secret = true },
    { .name = "sasl.username" },
    { .name = "security.protocol",
      .kind = PROPERTY_WORD,
      .words = "plaintext, ssl, sasl_plaintext, sasl_ssl" },
    { .name = "session.timeout.ms", .kind = PROPERTY_INT, .min = 1, .max = 3600000 },
    { .name = "socket.blocking.max.ms", .kind = PROPERTY_INT, .min = 1, .max = 60000 },
    { .name = "socket.connection.setup.timeout.ms",
      .kind = PROPERTY_INT,
      .min = 1000,
      .max = 2147483647 },
    { .name = "socket.keepalive.enable", .kind = PROPERTY_BOOL },
    { .name = "socket.max.fails", .kind = PROPERTY_INT, .min = 0, .max = 1000000 },
    { .name = "socket.nagle.disable", .kind = PROPERTY_BOOL },
    { .name = "socket.receive.buffer.bytes", .kind = PROPERTY_INT, .min = 0, .max = 100000000 },
    { .name = "socket.send.buffer.bytes", .kind = PROPERTY_INT, .min = 0, .max = 100000000 },
    { .name = "socket.timeout.ms", .kind = PROPERTY_INT, .min = 10, .max = 300000 },
    { .name = "ssl.ca.certificate.stores" },
    { .name = "ssl.ca.location" },
    { .name = "ssl.ca.pem" },
    { .name = "ssl.certificate.location" },
    { .name = "ssl.certificate.pem" },
    { .name = "ssl.cipher.suites" },
    { .name = "ssl.crl.location" },
    { .name = "ssl.curves.list" },
    { .name = "ssl.endpoint.identification.algorithm",
      .kind = PROPERTY_WORD,
      .words = "none, https" },
    { .name = "ssl.engine.id" },
    { .name = "ssl.engine.location" },
    { .name = "ssl.key.location" },
    { .name = "ssl.key.password", .secret = true },
    { .name = "ssl.key.pem", .secret = true },
    { .name = "ssl.keystore.location" },
    { .name = "ssl.keystore.password", .secret = true },
    { .name = "ssl.providers" },
    { .name = "ssl.sigalgs.list" },
    { .name = "statistics.interval.ms", .kind = PROPERTY_INT, .min = 0, .max = 86400000 },
    { .name = "topic.blacklist" },
    { .name = "topic.metadata.propagation.max.ms", .kind = PROPERTY_INT, .min = 0, .max = 3600000 },
    { .name = "topic.metadata.refresh.fast.cnt", .kind = PROPERTY_INT, .min = 0, .max = 1000 },
    { .name = "topic.metadata.refresh.fast.interval.ms",
      .kind = PROPERTY_INT,
      .min = 1,
      .max = 60000 },
    { .name = "topic.metadata.refresh.interval.ms",
      .kind = PROPERTY_INT,
      .min = -1,
      .max = 3600000 },
    { .name = "topic.metadata.refresh.sparse", .kind = PROPERTY_BOOL },
};

static const char *const producers[] = {
    "acks",
    "batch.num.messages",
    "batch.size",
    "compression.codec",
    "compression.level",
    "compression.type",
    "delivery.report.only.error",
    "delivery.timeout.ms",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "linger.ms",
    "message.send.max.retries",
    "message.timeout.ms",
    "msg_order_cmp",
    "partitioner",
    "produce.offset.report",
    "queue.buffering.backpressure.threshold",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queue.buffering.max.ms",
    "queuing.strategy",
    "request.required.acks",
    "request.timeout.ms",
    "retries",
    "retry.backoff.ms",
    "sticky.partitioning.linger.ms",
    "transaction.timeout.ms",
    "transactional.id",
};

static const struct {
    const char *name, *instead;
} ours[] = {
    { "auto.offset.reset",
      "write startingOffsets for a partition's first run, onOffsetOutOfRange for later" },
    { "enable.auto.commit", "leave it out: offsets are committed once their block is durable" },
    { "auto.commit.enable", "leave it out: offsets are committed once their block is durable" },
    { "enable.auto.offset.store", "leave it out: offsets are stored once their block is durable" },
};

const struct kafka_property_row *kafka_property_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

const struct kafka_property_row *kafka_property_at(unsigned index)
{
    return index < ARRAY_SIZE(rows) ? &rows[index] : NULL;
}

bool kafka_property_of_producers(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(producers); i++)
        if (strcmp(producers[i], name) == 0)
            return true;
    return false;
}

const char *kafka_property_ours(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
        if (strcmp(ours[i].name, name) == 0)
            return ours[i].instead;
    return NULL;
}
