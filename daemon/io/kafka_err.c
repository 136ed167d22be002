#include <librdkafka/rdkafka.h>
#include <string.h>

#include "io/kafka_parts.h"

static const struct meaning {
    rd_kafka_resp_err_t code;
    enum err_kind kind;
    uint16_t ours;
} meanings[] = {
    { RD_KAFKA_RESP_ERR__TRANSPORT, ERR_RETRY, 303 },
    { RD_KAFKA_RESP_ERR__RESOLVE, ERR_RETRY, 303 },
    { RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, ERR_RETRY, 303 },
    { RD_KAFKA_RESP_ERR__TIMED_OUT, ERR_RETRY, 303 },
    { RD_KAFKA_RESP_ERR__WAIT_COORD, ERR_RETRY, 303 },
    { RD_KAFKA_RESP_ERR__SSL, ERR_RETRY, 305 },
    { RD_KAFKA_RESP_ERR__AUTHENTICATION, ERR_RETRY, 305 },
    { RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ERR_RETRY, 305 },
    { RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ERR_RETRY, 305 },
    { RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, ERR_RETRY, 305 },
    { RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ERR_RETRY, 304 },
    { RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, ERR_RETRY, 304 },
    { RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, ERR_RETRY, 304 },
    { RD_KAFKA_RESP_ERR__BAD_MSG, ERR_FATAL, 0 },
    { RD_KAFKA_RESP_ERR__BAD_COMPRESSION, ERR_FATAL, 0 },
    { RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ERR_FATAL, 407 },
    { RD_KAFKA_RESP_ERR__FATAL, ERR_FATAL, 0 },
    { RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, ERR_FENCED, 360 },
    { RD_KAFKA_RESP_ERR__FENCED, ERR_FENCED, 360 },
};

bool kafka_err_of(int code, const char *words, struct err *err)
{
    struct meaning meaning = { .kind = ERR_RETRY };
    for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
        if ((int)meanings[i].code == code)
            meaning = meanings[i];
    const char *text = rd_kafka_err2str((rd_kafka_resp_err_t)code);
    if (!words || !words[0] || strcmp(words, text) == 0)
        return err_code(err, meaning.kind, meaning.ours, "%s", text);
    return err_code(err, meaning.kind, meaning.ours, "%s: %s", text, words);
}
