/* What brokers and librdkafka refuse. */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/mem.h"
#include "fault.h"
#include "io/kafka_parts.h"
#include "kafka_bench.h"

#define RECORDS (KAFKA_POLL_MAX + 100) /* in lines/0 */

static struct kafka_queue *assign(const char *topic, int32_t partition)
{
    return kafka_assign(bench.kafka, &(struct kafka_position){ topic, partition, 0 });
}

/* ---- errors */

/* An error that comes in the place of a message, of no partition. */
static void come(rd_kafka_resp_err_t code, const char *words)
{
    rd_kafka_message_t message = { .err = code, .payload = (char *)(uintptr_t)words };
    ck_assert(!kafka_message_error(bench.kafka, &message));
}

START_TEST(one_connection_that_fails_is_told_only_as_the_reason_for_more)
{
    static const rd_kafka_resp_err_t away[] = { RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
                                                RD_KAFKA_RESP_ERR__AUTHENTICATION,
                                                RD_KAFKA_RESP_ERR__SSL };
    struct kafka_event event;
    for (size_t i = 0; i < ARRAY_SIZE(away); i++) {
        come(away[i], "said with it");
        ck_assert(kafka_event(bench.kafka, &event));
        ck_assert_int_eq(event.kind, KAFKA_AWAY);
        ck_assert_int_eq(event.err.kind, ERR_RETRY);
        ck_assert_ptr_nonnull(strstr(event.err.text, ": said with it"));
    }
    come(RD_KAFKA_RESP_ERR__TRANSPORT, "connect refused");
    come(RD_KAFKA_RESP_ERR__PARTITION_EOF, "the end");
    ck_assert(!kafka_event(bench.kafka, &event));
    come(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "said with it");
    ck_assert(kafka_event(bench.kafka, &event));
    ck_assert_ptr_nonnull(strstr(event.err.text, ": connect refused"));
}
END_TEST

START_TEST(a_consumer_that_is_dead_says_so_and_takes_nothing)
{
    static const struct {
        rd_kafka_resp_err_t code;
        enum err_kind kind;
    } rows[] = { { RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, ERR_FENCED },
                 { RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, ERR_FATAL } };
    struct kafka_queue *queue = bench_assign(0);
    ck_assert_int_eq(rd_kafka_test_fatal_error(bench.kafka->rk, rows[_i].code, "on purpose"), 0);
    ck_assert_int_eq(bench_expect(KAFKA_FAILED)->err.kind, rows[_i].kind);
    ck_assert_ptr_nonnull(strstr(bench_find(KAFKA_FAILED)->err.text, "on purpose"));
    kafka_unassign(queue);
}
END_TEST

START_TEST(an_assignment_that_is_refused_is_the_end)
{
    fault("rd_kafka_incremental_assign", 1, RD_KAFKA_RESP_ERR__STATE);
    bench_assign(0);
    ck_assert_ptr_nonnull(fault_end());
    const struct kafka_event *event = bench_expect(KAFKA_FAILED);
    ck_assert_int_eq(event->err.kind, ERR_FATAL);
    ck_assert_str_eq(event->err.text, "Local: Erroneous state: refused on purpose");
}
END_TEST

/* ---- asking */

static void a_list_that_nobody_answers_says_why_and_asks_no_further(void)
{
    static const char *const words[] = { NULL, "connect refused" };
    const char *topics[] = { "lines", "lines" };
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (words[i])
            come(RD_KAFKA_RESP_ERR__TRANSPORT, words[i]);
        fault("rd_kafka_metadata", 1, RD_KAFKA_RESP_ERR__TIMED_OUT);
        kafka_list(bench.kafka, topics, 2);
        const struct kafka_event *event = bench_expect(KAFKA_LISTED);
        ck_assert_ptr_nonnull(fault_end());
        ck_assert_int_eq(event->err.kind, ERR_RETRY);
        ck_assert_uint_eq(event->err.code, 303);
        ck_assert_int_eq(strstr(event->err.text, "connect refused") != NULL, words[i] != NULL);
        ck_assert_uint_eq(bench.n_seen, 1); /* no partition: the second topic was not asked for */
    }
}

static void a_pattern_that_is_none_is_a_wrong_setting(void)
{
    const char *topics[] = { "^(" };
    kafka_list(bench.kafka, topics, 1);
    const struct kafka_event *event = bench_expect(KAFKA_LISTED);
    ck_assert_int_eq(event->err.kind, ERR_BAD_CONFIG);
    ck_assert_uint_eq(event->err.code, 235);
    ck_assert_str_eq(event->err.text, "topics: '^(' is not a regular expression");
}

/* Takes n answers to kafka_ask(); how many of them failed. */
static unsigned answers(unsigned n)
{
    struct kafka_event event;
    unsigned failed = 0;
    while (n) {
        if (!kafka_event(bench.kafka, &event)) {
            ck_assert(bench_wait());
            continue;
        }
        if (event.kind != KAFKA_OFFSETS)
            continue;
        n--;
        failed += event.err.kind != ERR_NONE;
        if (event.err.kind != ERR_NONE) {
            ck_assert_int_eq(event.err.kind, ERR_RETRY);
            ck_assert_int_eq(strncmp(event.err.text, "offsets of ", 11), 0);
        }
    }
    return failed;
}

static void more_questions_than_are_asked_together_are_all_answered(void)
{
    struct err err;
    ck_assert(kafka_mock_topic(bench.mock, "many", 80, &err));
    fault("rd_kafka_metadata", 1, FAULT_HELD);
    const char *topics[] = { "lines" };
    kafka_list(bench.kafka, topics, 1); /* it is busy until all have come */
    for (int32_t i = 0; i < 80; i++)
        kafka_ask(bench.kafka, "many", i);
    fault_end();
    ck_assert_uint_eq(answers(80), 0);
}

static void offsets_that_nobody_answers_are_asked_no_further(void)
{
    static const struct {
        const char *call;
        int code;
        unsigned failed; /* of three */
    } rows[] = {
        { "rd_kafka_committed", RD_KAFKA_RESP_ERR__TIMED_OUT, 3 },
        { "rd_kafka_committed", RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 3 },
        { "rd_kafka_query_watermark_offsets", RD_KAFKA_RESP_ERR__TIMED_OUT, 3 },
        { "rd_kafka_query_watermark_offsets", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        pthread_mutex_lock(&bench.kafka->mutex); /* so that all are asked together */
        for (int32_t partition = 0; partition < 3; partition++) {
            struct kafka_question *question = mem_zalloc(sizeof *question + 6);
            strcpy(question->topic, "lines");
            question->partition = partition % 2;
            list_add_tail(&bench.kafka->questions, &question->link);
        }
        fault(rows[i].call, 1, rows[i].code);
        pthread_cond_signal(&bench.kafka->asking);
        pthread_mutex_unlock(&bench.kafka->mutex);
        ck_assert_uint_eq(answers(3), rows[i].failed);
        ck_assert_str_eq(fault_end(), rows[i].call);
    }
}

START_TEST(a_question_may_fail)
{
    a_list_that_nobody_answers_says_why_and_asks_no_further();
    a_pattern_that_is_none_is_a_wrong_setting();
    more_questions_than_are_asked_together_are_all_answered();
    offsets_that_nobody_answers_are_asked_no_further();
}
END_TEST

/* ---- reading */

static void what_was_told_of_a_queue_goes_with_it(void)
{
    struct kafka_queue *queue = bench_assign(5000);
    struct kafka_message message;
    while (!queue->dead && !kafka_poll(queue, &message, 1) && !queue->dead)
        ck_assert(bench_wait());
    ck_assert_uint_eq(kafka_poll(queue, &message, 1), 0); /* dead is dead */
    const struct kafka_event others[] = {
        { .kind = KAFKA_QUEUE_FAILED, .topic = "lines", .partition = 1 },
        { .kind = KAFKA_QUEUE_FAILED, .topic = "other", .partition = 0 },
        { .kind = KAFKA_PARTITION, .topic = "lines", .partition = 0 },
        { .kind = KAFKA_QUEUE_FAILED, .topic = "lines", .partition = 0 }, /* goes, too */
    };
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        kafka_note(bench.kafka, &others[i]);
    kafka_unassign(queue);
    for (size_t i = 0; i < 3; i++) {
        struct kafka_event event;
        ck_assert(kafka_event(bench.kafka, &event));
        ck_assert_int_eq(event.kind, others[i].kind);
        ck_assert_str_eq(event.topic, others[i].topic);
    }
    ck_assert(!kafka_event(bench.kafka, &(struct kafka_event){ 0 }));
}

static void a_queue_may_go_while_its_messages_are_out(void)
{
    struct kafka_message message;
    struct kafka_queue *queue = bench_assign(0);
    kafka_release(queue); /* nothing is out: fine */
    while (!kafka_poll(queue, &message, 1))
        ck_assert(bench_wait());
    kafka_unassign(queue);
    queue = bench_assign(3);
    bench_read(queue, 3, 7);
    kafka_unassign(queue);
}

static void positions_that_are_not_known_are_below_0(void)
{
    struct kafka_queue *queue = bench_assign(RECORDS - 3);
    ck_assert_int_eq(kafka_next(queue), -1);
    bench_read(queue, RECORDS - 3, 3);
    ck_assert_int_eq(kafka_next(queue), RECORDS);
    ck_assert_int_eq(kafka_high(queue), RECORDS);
    fault("rd_kafka_position", 1, RD_KAFKA_RESP_ERR__TIMED_OUT);
    ck_assert_int_eq(kafka_next(queue), -1);
    ck_assert_ptr_nonnull(fault_end());
    kafka_unassign(queue);
}

static void expect_dead(void)
{
    struct kafka_message messages[10];
    struct kafka_queue *queue = assign("lines", 1);
    while (!queue->dead) {
        ck_assert_uint_eq(kafka_poll(queue, messages, 10), 0);
        ck_assert(queue->dead || bench_wait());
    }
    const struct kafka_event *event = bench_expect(KAFKA_QUEUE_FAILED);
    ck_assert_int_eq(event->err.kind, ERR_FATAL);
    ck_assert_uint_eq(event->err.code, 407);
    ck_assert_str_eq(event->err.text, "lines/1 at offset 0: its headers cannot be read");
    kafka_unassign(queue);
}

static void headers_that_cannot_be_read_end_a_queue(void)
{
    char *name = calloc(1, 70000);
    memset(name, 'h', 69999);
    struct kafka_record record = { .topic = "lines", .value = "x", .value_len = 1 };
    record.partition = 1;
    record.header = name;
    ck_assert(kafka_produce(bench.producer, &record, NULL));
    record.header = NULL;
    ck_assert(kafka_produce(bench.producer, &record, NULL));
    bench_produce(0);
    expect_dead();
    fault("rd_kafka_message_headers", 1, RD_KAFKA_RESP_ERR__BAD_MSG);
    expect_dead();
    ck_assert_ptr_nonnull(fault_end());
    free(name);
}

/* A queue that is not cut off from the consumer's: it never happens; and no message of it is taken
 * for an error, and no error gets lost. */
static void what_goes_astray_is_told(void)
{
    struct kafka_queue *queue = bench_assign(0);
    rd_kafka_queue_forward(queue->rkqu, bench.kafka->control);
    struct kafka_event event;
    while (kafka_next(queue) < RECORDS) {
        ck_assert(!kafka_event(bench.kafka, &event));
        ck_assert(kafka_next(queue) == RECORDS || bench_wait());
    }
    kafka_unassign(queue);
    queue = bench_assign(5000);
    rd_kafka_queue_forward(queue->rkqu, bench.kafka->control);
    ck_assert_int_eq(bench_expect(KAFKA_OUT_OF_RANGE)->partition, 0);
}

/* An error of a partition, in the place of a message. */
static void an_error_names_its_partition(void)
{
    struct kafka_queue *queue = bench_assign(0);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(bench.kafka->rk, "lines", NULL);
    rd_kafka_message_t message = { .rkt = topic, .partition = 1, .offset = 7 };
    message.err = RD_KAFKA_RESP_ERR__BAD_MSG;
    ck_assert(kafka_message_error(bench.kafka, &message));
    const struct kafka_event *event = bench_expect(KAFKA_QUEUE_FAILED);
    ck_assert_int_eq(event->err.kind, ERR_FATAL);
    ck_assert_str_eq(event->err.text, "lines/1 at offset 7: Local: Bad message format");
    message.err = RD_KAFKA_RESP_ERR__TRANSPORT;
    ck_assert(!kafka_message_error(bench.kafka, &message)); /* it goes on by itself */
    ck_assert_int_eq(bench_expect(KAFKA_QUEUE_FAILED)->err.kind, ERR_RETRY);
    rd_kafka_topic_destroy(topic);
    kafka_unassign(queue);
}

START_TEST(a_reader_meets_odd_things)
{
    bench_produce(RECORDS);
    what_was_told_of_a_queue_goes_with_it();
    a_queue_may_go_while_its_messages_are_out();
    positions_that_are_not_known_are_below_0();
    headers_that_cannot_be_read_end_a_queue();
    what_goes_astray_is_told();
    an_error_names_its_partition();
}
END_TEST

/* ---- nudges */

/* Wakes the nudger until it has done what `done` looks for, under the mutex. */
static void nudge_until(bool (*done)(void))
{
    struct kafka *kafka = bench.kafka;
    for (unsigned i = 0; i < WAIT_MS; i++) {
        pthread_mutex_lock(&kafka->mutex);
        bool is_done = done();
        if (!is_done && !kafka->stop)
            kafka->leaders_s = INT64_MIN / 2;
        pthread_cond_signal(&kafka->nudging);
        pthread_mutex_unlock(&kafka->mutex);
        if (is_done)
            return;
        poll(NULL, 0, 1);
    }
    ck_abort_msg("the nudger did not do it");
}

static struct kafka_queue *queues[40];

static bool leaders_known(void)
{
    return queues[0]->leader > 0 && queues[1]->leader > 0;
}

static bool no_nudge_left(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(queues); i++)
        if (queues[i] && queues[i]->nudge)
            return false;
    return true;
}

static void nudge_all(void)
{
    pthread_mutex_lock(&bench.kafka->mutex);
    for (size_t i = 0; i < ARRAY_SIZE(queues); i++)
        if (queues[i])
            queues[i]->nudge = true;
    pthread_mutex_unlock(&bench.kafka->mutex);
    nudge_until(no_nudge_left);
}

START_TEST(each_leader_is_nudged_once_a_round)
{
    struct err err;
    ck_assert(kafka_mock_topic(bench.mock, "other", 2, &err));
    memset(queues, 0, sizeof queues);
    queues[0] = assign("lines", 0);
    queues[1] = assign("other", 1);
    queues[2] = assign("lines", 77); /* there is none */
    kafka_mock_leader(bench.mock, "lines", 0, 1);
    kafka_mock_leader(bench.mock, "other", 1, 1);
    nudge_until(leaders_known);
    pthread_mutex_lock(&bench.kafka->mutex);
    ck_assert_int_eq(queues[2]->leader, -1);
    queues[0]->leader = queues[1]->leader = 1;
    queues[2]->leader = 2;
    bench.kafka->leaders_s = INT64_MAX / 2; /* it asks no more */
    pthread_mutex_unlock(&bench.kafka->mutex);
    fault("rd_kafka_query_watermark_offsets", 3, RD_KAFKA_RESP_ERR__TIMED_OUT);
    nudge_all();
    ck_assert_ptr_null(fault_end()); /* two of the three */
}
END_TEST

START_TEST(more_queues_than_are_nudged_in_a_round_have_their_turn)
{
    struct err err;
    ck_assert(kafka_mock_topic(bench.mock, "many", 40, &err));
    for (int32_t i = 0; i < 40; i++)
        queues[i] = assign("many", i);
    fault("rd_kafka_metadata", 1, RD_KAFKA_RESP_ERR__TIMED_OUT); /* no leader is known */
    nudge_all();
    fault_end();
    for (int32_t i = 0; i < 40; i++)
        ck_assert(!queues[i]->nudge);
}
END_TEST

/* ---- the end */

START_TEST(what_nobody_took_goes_at_the_end)
{
    const char *topics[] = { "lines" };
    kafka_note(bench.kafka, &(struct kafka_event){ .kind = KAFKA_AWAY });
    fault("rd_kafka_metadata", 1, FAULT_HELD);
    kafka_list(bench.kafka, topics, 1);
    while (!fault_met())
        poll(NULL, 0, 1);
    kafka_list(bench.kafka, topics, 1); /* of these nobody hears any more */
    kafka_ask(bench.kafka, "lines", 0);
    kafka_close(bench.kafka);
    fault_end();
    while (!kafka_closed(bench.kafka))
        ck_assert(bench_wait());
    kafka_free(bench.kafka);
    bench_consumer(kafka_mock_servers(bench.mock));
}
END_TEST

START_TEST(a_goodbye_that_is_refused_is_none)
{
    fault("rd_kafka_consumer_close_queue", 1, RD_KAFKA_RESP_ERR__STATE);
    bench_end();
    ck_assert_ptr_nonnull(fault_end());
    bench_consumer(kafka_mock_servers(bench.mock));
}
END_TEST

Suite *kafka_odd_suite(void)
{
    const TTest *const tests[] = {
        one_connection_that_fails_is_told_only_as_the_reason_for_more,
        a_question_may_fail,
        a_reader_meets_odd_things,
        an_assignment_that_is_refused_is_the_end,
        each_leader_is_nudged_once_a_round,
        more_queues_than_are_nudged_in_a_round_have_their_turn,
        what_nobody_took_goes_at_the_end,
        a_goodbye_that_is_refused_is_none,
    };
    Suite *suite = suite_create("kafka_odd");
    TCase *tcase = tcase_create("kafka_odd");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, bench_open, bench_close);
    tcase_set_timeout(tcase, 120);
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, a_consumer_that_is_dead_says_so_and_takes_nothing, 0, 2);
    return suite;
}
