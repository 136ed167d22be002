#include "io/kafka_mock.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "fault.h"

#define WAIT_MS 60000

static struct kafka_mock *mock;
static struct err err;
static struct outcome {
    uint64_t id;
    int64_t offset;
    struct err err;
} outcomes[10];
static unsigned n_outcomes;

static void open_mock(void)
{
    ck_assert_msg(kafka_mock_start(1, &mock, &err), "%s", err.text);
    ck_assert(kafka_mock_topic(mock, "lines", 1, &err));
    n_outcomes = 0;
}

static void close_mock(void)
{
    kafka_mock_free(mock);
}

static void acked(void *ctx, uint64_t id, int64_t offset, const struct err *why)
{
    ck_assert_ptr_eq(ctx, outcomes);
    ck_assert_uint_lt(n_outcomes, ARRAY_SIZE(outcomes));
    outcomes[n_outcomes++] = (struct outcome){ id, offset, *why };
}

static struct kafka_producer *producer_of(bool compress, bool idempotent)
{
    struct kafka_producer *producer;
    struct kafka_producer_conf conf = { .servers = kafka_mock_servers(mock),
                                        .compress = compress,
                                        .idempotent = idempotent,
                                        .acked = acked,
                                        .ctx = outcomes };
    ck_assert_msg(kafka_producer_open(&conf, &producer, &err), "%s", err.text);
    return producer;
}

static void produce(struct kafka_producer *producer, const char *topic, uint64_t id)
{
    struct kafka_record record = { .topic = topic, .value = "x", .value_len = 1, .id = id };
    ck_assert_msg(kafka_produce(producer, &record, &err), "%s", err.text);
}

static void wait_for_all(struct kafka_producer *producer)
{
    for (int i = 0; i < WAIT_MS / 100 && kafka_produce_wait(producer, 100); i++)
        continue;
    ck_assert_uint_eq(kafka_produce_wait(producer, 0), 0);
}

START_TEST(each_records_outcome_is_told)
{
    static const struct {
        bool compress, idempotent;
    } rows[] = { { false, false }, { true, false }, { false, true } };
    for (int64_t i = 0; i < (int64_t)ARRAY_SIZE(rows); i++) {
        struct kafka_producer *producer = producer_of(rows[i].compress, rows[i].idempotent);
        n_outcomes = 0;
        produce(producer, "lines", 70);
        produce(producer, "lines", 71);
        wait_for_all(producer);
        ck_assert_uint_eq(n_outcomes, 2);
        for (unsigned j = 0; j < 2; j++) {
            ck_assert_uint_eq(outcomes[j].id, 70 + j);
            ck_assert_int_eq(outcomes[j].offset, 2 * i + j);
            ck_assert_int_eq(outcomes[j].err.kind, ERR_NONE);
        }
        kafka_producer_free(producer);
    }
    kafka_producer_free(NULL);
}
END_TEST

START_TEST(a_record_that_is_refused_has_no_offset)
{
    struct kafka_producer *producer = producer_of(false, false);
    kafka_mock_fail(mock, 0, 10, 1); /* Produce: too large */
    produce(producer, "lines", 5);
    wait_for_all(producer);
    ck_assert_uint_eq(n_outcomes, 1);
    ck_assert_int_eq(outcomes[0].offset, -1);
    ck_assert_int_eq(outcomes[0].err.kind, ERR_UNKNOWN);
    ck_assert_str_eq(outcomes[0].err.text, "Broker: Message size too large");
    struct kafka_record record = { .topic = "lines", .value = calloc(1, 2 << 20) };
    record.value_len = 2 << 20;
    ck_assert(!kafka_produce(producer, &record, &err));
    ck_assert_int_eq(err.kind, ERR_RETRY);
    ck_assert_str_eq(err.text, "Broker: Message size too large");
    free((void *)(uintptr_t)record.value);
    kafka_producer_free(producer);
}
END_TEST

START_TEST(what_does_not_start_says_why)
{
    static const char *const calls[] = { "rd_kafka_new", "rd_kafka_mock_cluster_new" };
    for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
        struct kafka_mock *other = NULL;
        fault(calls[i], 1, 1);
        ck_assert(!kafka_mock_start(1, &other, &err));
        ck_assert_ptr_nonnull(fault_end());
        ck_assert_str_eq(err.text, "the mock cluster does not start");
        ck_assert_ptr_null(other);
    }
    ck_assert(!kafka_mock_topic(mock, "lines", 1, &err));
    ck_assert_str_eq(err.text, "topic lines: Broker: Topic already exists");
    kafka_mock_free(NULL);
}
END_TEST

START_TEST(a_producer_that_does_not_open_says_why)
{
    struct kafka_producer *producer = NULL;
    struct kafka_producer_conf conf = { .servers = "localhost:1", .linger_ms = 1000000 };
    ck_assert(!kafka_producer_open(&conf, &producer, &err));
    ck_assert_int_eq(err.kind, ERR_BAD_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "is outside allowed range 0..900000"));
    conf.linger_ms = 5;
    fault("rd_kafka_new", 1, 1);
    ck_assert(!kafka_producer_open(&conf, &producer, &err));
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_str_eq(err.text, "Kafka: refused on purpose");
    ck_assert_ptr_null(producer);
}
END_TEST

Suite *kafka_mock_suite(void)
{
    Suite *suite = suite_create("kafka_mock");
    TCase *tcase = tcase_create("kafka_mock");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, open_mock, close_mock);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, each_records_outcome_is_told);
    tcase_add_test(tcase, a_record_that_is_refused_has_no_offset);
    tcase_add_test(tcase, what_does_not_start_says_why);
    tcase_add_test(tcase, a_producer_that_does_not_open_says_why);
    return suite;
}
