#include "io/kafka.h"

#include <librdkafka/rdkafka.h>

#include "base/list.h"
#include "fault.h"
#include "io/kafka_parts.h"
#include "kafka_bench.h"

START_TEST(a_topic_is_listed_with_its_partitions)
{
    const char *topics[] = { "lines" };
    kafka_list(bench.kafka, topics, 1);
    ck_assert_int_eq(bench_expect(KAFKA_LISTED)->err.kind, ERR_NONE);
    ck_assert_uint_eq(bench.n_seen, 3);
    ck_assert_int_eq(bench.seen[0].partition, 0);
    ck_assert_int_eq(bench.seen[1].partition, 1);
}
END_TEST

START_TEST(a_pattern_lists_what_it_matches)
{
    struct err err;
    const char *topics[] = { "^li.es$" };
    ck_assert(kafka_mock_topic(bench.mock, "other", 3, &err));
    kafka_list(bench.kafka, topics, 1);
    bench_expect(KAFKA_LISTED);
    ck_assert_uint_eq(bench.n_seen, 3);
}
END_TEST

START_TEST(a_missing_topic_is_said_in_kafkas_words)
{
    const char *topics[] = { "lines", "nowhere" };
    kafka_mock_refuse(bench.mock, "nowhere", 3);
    kafka_list(bench.kafka, topics, 2);
    const struct kafka_event *event = bench_expect(KAFKA_LISTED);
    ck_assert_int_eq(event->err.kind, ERR_RETRY);
    ck_assert_uint_eq(event->err.code, 304);
    ck_assert_str_eq(event->err.text, "topic nowhere: Broker: Unknown topic or partition");
    ck_assert_uint_eq(bench.n_seen, 3); /* and the partitions of the other */
}
END_TEST

/* What keeps a topic from being looked at does not pass for its being missing, whatever else is. */
START_TEST(a_topic_that_may_not_be_seen_is_not_missing)
{
    static const struct {
        int16_t refused; /* in Kafka's numbers */
        uint16_t code;
    } rows[] = { { 29, 305 }, { 5, 0 } };
    const char *topics[] = { "nowhere", "secret", "nowhere" };
    kafka_mock_refuse(bench.mock, "nowhere", 3);
    kafka_mock_refuse(bench.mock, "secret", rows[_i].refused);
    kafka_list(bench.kafka, topics, 3);
    const struct kafka_event *event = bench_expect(KAFKA_LISTED);
    ck_assert_int_eq(event->err.kind, ERR_RETRY);
    ck_assert_uint_eq(event->err.code, rows[_i].code);
    ck_assert_ptr_nonnull(strstr(event->err.text, "topic secret: Broker: "));
}
END_TEST

START_TEST(offsets_are_answered_with_what_the_group_committed)
{
    bench_produce(7);
    kafka_ask(bench.kafka, "lines", 0);
    const struct kafka_event *event = bench_expect(KAFKA_OFFSETS);
    ck_assert_msg(event->err.kind == ERR_NONE, "%s", event->err.text);
    ck_assert_int_eq(event->committed, -1);
    ck_assert_int_eq(event->low, 0);
    ck_assert_int_eq(event->high, 7);
    kafka_commit(bench.kafka,
                 &(struct kafka_position){ .topic = "lines", .partition = 0, .offset = 5 }, 1);
    bench_end(); /* the goodbye takes the commit with it */
    bench_consumer(kafka_mock_servers(bench.mock));
    kafka_ask(bench.kafka, "lines", 0);
    ck_assert_int_eq(bench_expect(KAFKA_OFFSETS)->committed, 5);
}
END_TEST

START_TEST(messages_come_from_the_offset_that_was_assigned)
{
    bench_produce(100);
    struct kafka_queue *queue = bench_assign(20);
    bench_read(queue, 20, 80);
    ck_assert_int_eq(kafka_high(queue), 100);
}
END_TEST

START_TEST(a_partition_assigned_anew_starts_there)
{
    bench_produce(100);
    struct kafka_queue *queue = bench_assign(0);
    bench_read(queue, 0, 30);
    kafka_unassign(queue);
    bench_read(bench_assign(10), 10, 90);
}
END_TEST

START_TEST(an_offset_that_is_gone_is_an_event)
{
    bench_produce(5);
    struct kafka_queue *queue = bench_assign(100);
    struct kafka_event event;
    struct kafka_message message;
    do
        ck_assert_uint_eq(kafka_poll(queue, &message, 1), 0);
    while (!kafka_event(bench.kafka, &event) && bench_wait());
    ck_assert_int_eq(event.kind, KAFKA_OUT_OF_RANGE);
    ck_assert_str_eq(event.topic, "lines");
    ck_assert_int_eq(event.partition, 0);
}
END_TEST

struct told { /* what a message must have; NULL = absent */
    struct kafka_record record;
    const char *headers;
    uint32_t headers_len;
};

static void told_check(const struct told *told, const struct kafka_message *message)
{
    ck_assert_int_eq(!message->value, !told->record.value);
    ck_assert_int_eq(!message->key, !told->record.key);
    ck_assert_uint_eq(message->value_len, told->record.value_len);
    ck_assert_uint_eq(message->headers_len, told->headers_len);
    ck_assert_int_eq(!message->headers, !told->headers);
    if (told->headers)
        ck_assert_mem_eq(message->headers, told->headers, told->headers_len);
}

static const struct told tolds[] = {
    { { .topic = "lines", .value = "a", .value_len = 1 }, NULL, 0 },
    { { .topic = "lines", .value = "b", .value_len = 1, .header = "id", .header_value = "xyz" },
      "\0\2id\0\0\0\3xyz",
      11 },
    { { .topic = "lines", .value = "d", .value_len = 1, .key = "k", .key_len = 1 }, NULL, 0 },
    { { .topic = "lines", .value = "", .header = "id" }, "\0\2id\377\377\377\377", 8 },
    { { .topic = "lines", .key = "k", .key_len = 1 }, NULL, 0 },
    { { .topic = "lines", .key = "", .header = "h", .header_value = "" }, "\0\1h\0\0\0\0", 7 },
    { { .topic = "lines", .value = "g", .value_len = 1 }, NULL, 0 },
};

START_TEST(headers_and_absent_parts_come_as_they_are)
{
    for (size_t i = 0; i < sizeof tolds / sizeof tolds[0]; i++)
        ck_assert(kafka_produce(bench.producer, &tolds[i].record, NULL));
    bench_produce(0);
    struct kafka_message got[10];
    struct kafka_queue *queue = bench_assign(0);
    for (size_t done = 0, n; done < sizeof tolds / sizeof tolds[0]; done += n) {
        while (!(n = kafka_poll(queue, got, 10)))
            ck_assert(bench_wait());
        for (size_t i = 0; i < n; i++)
            told_check(&tolds[done + i], &got[i]);
        kafka_release(queue);
    }
}
END_TEST

START_TEST(reading_goes_on_when_a_leader_moves_and_a_broker_falls)
{
    bench_produce(10);
    struct kafka_queue *queue = bench_assign(0);
    bench_read(queue, 0, 5);
    kafka_mock_leader(bench.mock, "lines", 0, 2);
    kafka_mock_broker(bench.mock, 1, false);
    bench_read(queue, 5, 5);
    kafka_mock_broker(bench.mock, 1, true);
}
END_TEST

START_TEST(no_broker_is_said_and_ends_by_itself)
{
    kafka_mock_broker(bench.mock, 1, false);
    kafka_mock_broker(bench.mock, 2, false);
    const struct kafka_event *event = bench_expect(KAFKA_AWAY);
    ck_assert_int_eq(event->err.kind, ERR_RETRY);
    ck_assert_uint_eq(event->err.code, 303);
    kafka_mock_broker(bench.mock, 1, true);
    kafka_mock_broker(bench.mock, 2, true);
    kafka_ask(bench.kafka, "lines", 0);
    bench_expect(KAFKA_OFFSETS);
}
END_TEST

static void bench_refuses(const char *name, const char *value, unsigned code)
{
    struct err err = { 0 };
    struct kafka *kafka;
    struct kafka_property property = { name, value };
    struct kafka_conf conf = { .group_id = "g", .properties = &property, .n_properties = 1 };
    ck_assert(!kafka_open(&conf, &kafka, &err));
    ck_assert_int_eq(err.kind, ERR_BAD_CONFIG);
    ck_assert_uint_eq(err.code, code);
}

START_TEST(bad_properties_are_refused_by_name)
{
    bench_refuses("fetch.bytes", "1", 203);
    bench_refuses("fetch.min.bytes", "many", 206);
    bench_refuses("auto.offset.reset", "latest", 209);
    bench_refuses("enable.auto.commit", "true", 209);
}
END_TEST

START_TEST(what_librdkafka_says_has_one_meaning)
{
    static const struct {
        int code;
        const char *words;
        enum err_kind kind;
        unsigned ours;
        const char *text;
    } rows[] = {
        { RD_KAFKA_RESP_ERR__TRANSPORT, NULL, ERR_RETRY, 303, "Local: Broker transport failure" },
        { RD_KAFKA_RESP_ERR__TRANSPORT, "", ERR_RETRY, 303, "Local: Broker transport failure" },
        { RD_KAFKA_RESP_ERR__TRANSPORT, "Local: Broker transport failure", ERR_RETRY, 303,
          "Local: Broker transport failure" },
        { RD_KAFKA_RESP_ERR__SSL, "bad certificate", ERR_RETRY, 305,
          "Local: SSL error: bad certificate" },
        { RD_KAFKA_RESP_ERR__BAD_MSG, NULL, ERR_FATAL, 0, "Local: Bad message format" },
        { RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, NULL, ERR_FENCED, 360,
          "Broker: Static consumer fenced by other consumer with same group.instance.id" },
        { RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, NULL, ERR_RETRY, 0,
          "Broker: Not enough in-sync replicas" },
    };
    struct err err;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        ck_assert(!kafka_err_of(rows[i].code, rows[i].words, &err));
        ck_assert_str_eq(err.text, rows[i].text);
        ck_assert_int_eq(err.kind, rows[i].kind);
        ck_assert_uint_eq(err.code, rows[i].ours);
    }
}
END_TEST

START_TEST(what_does_not_open_says_why)
{
    struct err err = { 0 };
    struct kafka *kafka = NULL;
    fault("rd_kafka_new", 1, 1);
    ck_assert(!kafka_open(&(struct kafka_conf){ .group_id = "g" }, &kafka, &err));
    ck_assert_ptr_nonnull(fault_end());
    ck_assert_int_eq(err.kind, ERR_BAD_CONFIG);
    ck_assert_str_eq(err.text, "Kafka: refused on purpose");
    ck_assert_ptr_null(kafka);
    kafka_free(NULL);
}
END_TEST

START_TEST(the_prefetch_is_shared_among_the_queues)
{
    static const struct {
        uint32_t queues;
        uint64_t bytes;
    } rows[] = { { 1, KAFKA_QUEUE_BYTES_MAX }, { 2, 8 << 20 }, { 1024, 16384 }, { 100000, 1024 } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        rd_kafka_conf_t *made;
        uint64_t bytes;
        struct kafka_conf conf = { .group_id = "g", .queues = rows[i].queues };
        ck_assert(kafka_conf_make(&conf, &made, &bytes, NULL));
        ck_assert_uint_eq(bytes, rows[i].bytes);
        rd_kafka_conf_destroy(made);
    }
}
END_TEST

Suite *kafka_suite(void)
{
    Suite *suite = suite_create("kafka");
    TCase *tcase = tcase_create("kafka");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, bench_open, bench_close);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_topic_is_listed_with_its_partitions);
    tcase_add_test(tcase, a_pattern_lists_what_it_matches);
    tcase_add_test(tcase, a_missing_topic_is_said_in_kafkas_words);
    tcase_add_loop_test(tcase, a_topic_that_may_not_be_seen_is_not_missing, 0, 2);
    tcase_add_test(tcase, offsets_are_answered_with_what_the_group_committed);
    tcase_add_test(tcase, messages_come_from_the_offset_that_was_assigned);
    tcase_add_test(tcase, a_partition_assigned_anew_starts_there);
    tcase_add_test(tcase, an_offset_that_is_gone_is_an_event);
    tcase_add_test(tcase, headers_and_absent_parts_come_as_they_are);
    tcase_add_test(tcase, reading_goes_on_when_a_leader_moves_and_a_broker_falls);
    tcase_add_test(tcase, no_broker_is_said_and_ends_by_itself);
    TCase *config = tcase_create("config");
    suite_add_tcase(suite, config);
    tcase_add_test(config, what_librdkafka_says_has_one_meaning);
    tcase_add_test(config, what_does_not_open_says_why);
    tcase_add_test(config, the_prefetch_is_shared_among_the_queues);
    tcase_add_test(config, bad_properties_are_refused_by_name);
    return suite;
}
