/* A whole worker on the real loop, a store in memory and the mock cluster: how attempts end, and
 * what one leaves to the next. */
#include "worker/worker.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../durable/memory.h"
#include "../spec/job_try.h"
#include "durable/file.h"
#include "durable/record.h"
#include "engine/plan.h"
#include "io/kafka_mock.h"
#include "io/loop.h"
#include "io/out.h"
#include "io/store.h"
#include "io/world.h"
#include "worker/voice.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable() (void)0
#endif

static struct stage {
    struct test test; /* its loop and store */
    struct kafka_mock *mock;
    struct kafka_producer *producer;
    struct plan *plan;
    struct voice *voice;
    struct out *out;
    struct worker *worker;
    int fd, status;
    bool ended, seen, once;
    const char *interval, *topic;
    const char *refused;     /* creates of such names are */
    const char *wanted;      /* a request for such a path is `seen` */
    enum memory_fault fault; /* what becomes of these; by default they are refused */
    void (*at_sight)(void);
    struct loop_post stopping;
    unsigned requests, stop_at; /* so far; the one at which it is stopped, 0 = none */
    enum memory_fault lock;     /* what becomes of the first lock */
    uint64_t memory;            /* of the job; 0: plenty */
} stage;

static void stop_cb(struct loop_post *post);

static enum memory_fault hook(void *ctx, const char *op, const struct store_req *req)
{
    (void)ctx;
    if (stage.wanted && strstr(req->target ? req->target : req->path, stage.wanted)) {
        stage.wanted = NULL;
        stage.seen = true;
        if (stage.at_sight)
            stage.at_sight();
    }
    if (++stage.requests == stage.stop_at)
        loop_post(stage.test.loop, &stage.stopping);
    if (stage.lock && strcmp(op, "lock") == 0) {
        enum memory_fault fault = stage.lock;
        stage.lock = MEMORY_FINE;
        return fault;
    }
    bool refuse = stage.refused && strcmp(op, "create") == 0 && strstr(req->path, stage.refused);
    if (!refuse)
        return MEMORY_FINE;
    return stage.fault ? stage.fault : MEMORY_REFUSE;
}

static void ended(void *ctx, int status)
{
    if (ctx != stage.voice)
        return; /* of an attempt before */
    ck_assert(!stage.ended);
    stage.ended = true;
    stage.status = status;
}

static void stage_open(void)
{
    struct err err;
    __lsan_disable(); /* what is under way when an attempt ends is its process' to drop */
    memset(&stage, 0, sizeof stage);
    stage.stopping.cb = stop_cb;
    stage.interval = "20ms";
    stage.topic = "lines";
    stage.test.loop = loop_new(world_new());
    stage.test.store = memory_new(stage.test.loop);
    memory_on(stage.test.store, hook, NULL);
    ck_assert_msg(kafka_mock_start(1, &stage.mock, &err), "%s", err.text);
    ck_assert(kafka_mock_topic(stage.mock, "lines", 1, &err));
    ck_assert(kafka_mock_topic(stage.mock, "many", 16, &err));
    struct kafka_producer_conf conf = { .servers = kafka_mock_servers(stage.mock), .linger_ms = 1 };
    ck_assert_msg(kafka_producer_open(&conf, &stage.producer, &err), "%s", err.text);
    stage.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    stage.out = out_open(stage.test.loop, stage.fd);
}

static void produce(const char *text)
{
    struct err err;
    struct kafka_record record = { .topic = "lines", .value = text, .value_len = strlen(text) };
    ck_assert(kafka_produce(stage.producer, &record, &err));
    for (int i = 0; i < 100 && kafka_produce_wait(stage.producer, 100); i++)
        continue;
}

/* The next attempt; the one before is left as it is, as a process that was killed. */
static void start(const char *keys)
{
    char text[1000];
    snprintf(text, sizeof text,
             "batchInterval: %s\nblockInterval: 10ms\n"
             "sources:\n  - kafka: {bootstrap.servers: \"%s\", group.id: g, topics: {%s: 1}, "
             "startingOffsets: earliest}\n%s",
             stage.interval, kafka_mock_servers(stage.mock), stage.topic, keys);
    arena = (struct arena){ 0 }; /* the job of the attempt before stays */
    ck_assert_msg(parse(text) && plan_build(&arena, spec, &diags, &stage.plan), "%s",
                  findings(DIAG_GNU));
    spec->memory_max = stage.memory ? stage.memory : 1u << 28;
    stage.ended = stage.seen = false;
    stage.voice =
        voice_new(&(struct voice_conf){ .loop = stage.test.loop, .job = "j", .interval_ms = 20 });
    stage.worker = worker_new(&(struct worker_conf){ .loop = stage.test.loop,
                                                     .store = stage.test.store,
                                                     .spec = spec,
                                                     .plan = stage.plan,
                                                     .voice = stage.voice,
                                                     .out = stage.out,
                                                     .once = stage.once,
                                                     .ended = ended,
                                                     .ctx = stage.voice });
}

static void stop(void)
{
    worker_stop(stage.worker);
}

static void stop_cb(struct loop_post *post)
{
    (void)post;
    stop();
}

static void until_seen(const char *path)
{
    stage.seen = false;
    stage.wanted = path;
    test_until(&stage.test, &stage.seen);
}

static void refuse_records(void)
{
    stage.refused = "/log-";
}

START_TEST(a_stop_while_the_log_is_replayed_ends_with_0)
{
    stage_open();
    stage.at_sight = refuse_records;
    stage.wanted = "/wal-kafka0-1";
    produce("a");
    start(PRINT);
    test_until(&stage.test, &stage.seen);
    stage.at_sight = NULL;
    test_turns(&stage.test, 50);
    ck_assert(memory_find(stage.test.store, "e1")); /* wal/kafka0-1 is there, in no batch */
    start(PRINT);
    stage.at_sight = stop;
    stage.wanted = "/wal/kafka0-1";
    test_until(&stage.test, &stage.ended);
    ck_assert_int_eq(stage.status, WORKER_DONE);
    test_turns(&stage.test, 50);
}
END_TEST

START_TEST(a_store_that_refuses_for_good_ends_the_attempt)
{
    stage_open();
    stage.refused = "/log-3";
    stage.fault = MEMORY_BREAK;
    start(PRINT);
    test_until(&stage.test, &stage.ended);
    ck_assert_int_eq(stage.status, 1);
}
END_TEST

struct said {                 /* by the log, all of it */
    uint64_t records;         /* of all batches */
    uint64_t most;            /* of one */
    unsigned begun;           /* the most partitions that begin in one record … */
    unsigned beginnings;      /* … and in the last one */
    uint64_t batch;           /* the last one */
    int64_t time_ms;          /* of it */
    uint64_t delivered, last; /* of the output asked for */
};

static void said_add(struct said *said, const char *label, const struct entry *entry)
{
    bool shown = entry->kind == ENTRY_OUTPUT, delivered = entry->kind == ENTRY_DELIVERED;
    struct slice name = shown ? entry->output.label : entry->delivered.label;
    if (entry->kind == ENTRY_POSITION && ++said->beginnings > said->begun)
        said->begun = said->beginnings;
    if (entry->kind == ENTRY_BATCH) {
        said->batch = entry->batch.number;
        said->time_ms = entry->batch.time_ms;
        said->records += entry->batch.records;
        said->most = entry->batch.records > said->most ? entry->batch.records : said->most;
    }
    if ((!shown && !delivered) || name.len != strlen(label) ||
        memcmp(name.ptr, label, name.len) != 0)
        return;
    if (shown)
        said->last = said->batch;
    else
        said->delivered = entry->delivered.number;
}

static struct said log_says(const char *label)
{
    struct said said = { 0 };
    for (unsigned index = 1;; index++) {
        char path[100];
        struct err err;
        struct file_head head;
        struct slice content;
        struct record_reader reader;
        struct entry entry;
        snprintf(path, sizeof path, "%.19s/log/%u", memory_find(stage.test.store, "e"), index);
        const struct buf *file = memory_file(stage.test.store, path);
        if (!file)
            return said;
        ck_assert_int_eq(file_open(buf_slice(file), NULL, &head, &content, &err), FILE_WHOLE);
        ck_assert(record_open(content, &reader, &err));
        said.beginnings = 0;
        while (record_next(&reader, &entry, &err))
            said_add(&said, label, &entry);
    }
}

START_TEST(what_an_output_owed_when_it_was_removed_is_forgotten)
{
    stage_open();
    start("outputs: [print: {label: a}, print: {label: b}]\n");
    until_seen("/log/3");
    struct said said = log_says("b");
    for (; said.last < 3 || said.last == said.delivered; said = log_says("b"))
        test_turns(&stage.test, 1); /* the last one is noted in a record that follows */
    start("outputs: [print: {label: a}]\n");
    for (; said.last != said.delivered; said = log_says("b"))
        test_turns(&stage.test, 1);
    ck_assert_uint_ge(said.last, 3);
    stop();
    test_until(&stage.test, &stage.ended);
    ck_assert_int_eq(stage.status, WORKER_DONE);
}
END_TEST

START_TEST(a_stop_makes_no_batch_bear_a_time_to_come)
{
    stage_open();
    stage.interval = "300ms";
    produce("a");
    start(PRINT);
    until_seen("/wal/kafka0-1"); /* soon after a tick: its batch is the last */
    stop();
    test_until(&stage.test, &stage.ended);
    int64_t last_ms = log_says("").time_ms;
    start(PRINT);
    while (log_says("").time_ms == last_ms)
        test_turns(&stage.test, 1);
    int64_t now_ms = world_wall_ms(loop_world(stage.test.loop));
    ck_assert_int_lt(log_says("").time_ms, now_ms + 100);
    ck_assert_int_ge(log_says("").time_ms, last_ms + 300);
}
END_TEST

START_TEST(partitions_of_the_first_look_begin_in_one_record)
{
    stage_open();
    stage.topic = "many";
    kafka_mock_fail(stage.mock, 2, 6, 3); /* some partitions answer later than the others */
    start(PRINT);
    for (int i = 0; i < 10000 && !log_says("").begun; i++)
        test_turns(&stage.test, 1);
    ck_assert_uint_eq(log_says("").begun, 16);
}
END_TEST

START_TEST(once_processes_all_though_stops_are_not_graceful)
{
    stage_open();
    produce("a");
    stage.once = true;
    stage.interval = "1h";
    start("stopGracefully: {enabled: false}\n" PRINT);
    test_until(&stage.test, &stage.ended);
    ck_assert_int_eq(stage.status, WORKER_DONE);
    ck_assert_uint_eq(log_says("").records, 1);
}
END_TEST

static size_t tail_bytes(void)
{
    size_t sum = 0;
    for (unsigned seq = 1;; seq++) {
        char path[100];
        snprintf(path, sizeof path, "%.19s/wal/kafka0-%u", memory_find(stage.test.store, "e"), seq);
        const struct buf *file = memory_file(stage.test.store, path);
        if (!file)
            return sum;
        sum += file->len;
    }
}

/* 600 records of 1 KB are in the log and in no batch when the worker dies. */
static void leave_tail(void)
{
    char value[1025] = { 0 };
    memset(value, 'x', 1024);
    stage_open();
    stage.at_sight = refuse_records;
    stage.wanted = "/wal-kafka0-1";
    start(PRINT);
    for (int i = 0; i < 600; i++) {
        struct kafka_record record = { .topic = "lines", .value = value, .value_len = 1024 };
        struct err err;
        ck_assert(kafka_produce(stage.producer, &record, &err));
        if (i % 50 != 49)
            continue;
        kafka_produce_wait(stage.producer, 100);
        while (tail_bytes() < (size_t)i * 1024) /* so that no group commit has many */
            test_turns(&stage.test, 1);
    }
    stage.refused = NULL;
    stage.at_sight = NULL;
}

START_TEST(a_tail_that_one_batch_cannot_hold_becomes_several)
{
    leave_tail();
    stage.memory = 1u << 19;
    start("transformations: [{map: \"(1, _.value)\"}, groupByKey, count]\n" PRINT);
    while (log_says("").records < 600 && !stage.ended)
        test_turns(&stage.test, 1);
    ck_assert(!stage.ended);
    ck_assert_uint_lt(log_says("").most, 400);
}
END_TEST

START_TEST(a_stop_at_any_moment_ends_the_attempt_once)
{
    static const char *const keys[] = { PRINT, "stopGracefully: {enabled: false}\n" PRINT };
    stage_open();
    produce("a");
    for (stage.stop_at = 1; stage.stop_at < 25; stage.stop_at++) {
        stage.requests = 0;
        start(keys[stage.stop_at % 2]);
        test_until(&stage.test, &stage.ended);
        ck_assert_int_eq(stage.status, WORKER_DONE);
        stop(); /* again: nothing */
        test_turns(&stage.test, 5);
    }
}
END_TEST

START_TEST(a_store_that_cannot_be_held_ends_the_attempt)
{
    stage_open();
    stage.lock = MEMORY_BREAK;
    start(PRINT);
    test_until(&stage.test, &stage.ended);
    ck_assert_int_eq(stage.status, 1);
    stage.lock = MEMORY_REFUSE; /* once: it may work later */
    start(PRINT);
    until_seen("/log/1");
    stop();
    test_until(&stage.test, &stage.ended);
    ck_assert_int_eq(stage.status, WORKER_DONE);
}
END_TEST

START_TEST(a_batch_with_errors_that_the_job_does_not_bear_ends_the_attempt)
{
    stage_open();
    produce("not a number");
    start("transformations:\n  - map: _.value.toInt\nonError: {action: fail}\n" PRINT);
    test_until(&stage.test, &stage.ended);
    ck_assert_int_eq(stage.status, 1);
    ck_assert_uint_eq(log_says("").records, 0);
}
END_TEST

#define TEST(name) tcase_add_test(tcase, name)
Suite *worker_suite(void)
{
    Suite *suite = suite_create("worker");
    TCase *tcase = tcase_create("worker");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 120);
    TEST(a_stop_while_the_log_is_replayed_ends_with_0);
    TEST(a_store_that_refuses_for_good_ends_the_attempt);
    TEST(what_an_output_owed_when_it_was_removed_is_forgotten);
    TEST(a_stop_makes_no_batch_bear_a_time_to_come);
    TEST(partitions_of_the_first_look_begin_in_one_record);
    TEST(once_processes_all_though_stops_are_not_graceful);
    TEST(a_tail_that_one_batch_cannot_hold_becomes_several);
    TEST(a_stop_at_any_moment_ends_the_attempt_once);
    TEST(a_store_that_cannot_be_held_ends_the_attempt);
    TEST(a_batch_with_errors_that_the_job_does_not_bear_ends_the_attempt);
    return suite;
}
