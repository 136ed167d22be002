/* The source on the real doors and the mock cluster; the worker is played by `stage`. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "column/block.h"
#include "io/kafka_mock.h"
#include "io/loop.h"
#include "io/world.h"
#include "source/kafka.h"
#include "spec/job.h"

#define WAIT_MS 60000 /* bound of every wait */

static struct stage {
    struct world *world;
    struct loop *loop;
    struct loop_timer guard, look;
    struct kafka_mock *mock;
    struct kafka_producer *producer;
    struct job_property properties[2];
    struct job_topic topics[2];
    struct job_source job_source;
    struct job_spec spec;
    struct source *source;
    int64_t next[8];    /* of each partition: what must come next; -1 = anything */
    uint64_t got, want; /* records */
    uint32_t n_found, n_found_first, n_looked, n_gap, n_state;
    int64_t gap_to;
    struct err err; /* the last state */
    bool closed, keep, late;
    struct block *kept[64];
    uint32_t n_kept;
    struct source_found found[8];
} stage;

static void on_guard(struct loop_timer *timer)
{
    (void)timer;
    stage.late = true;
    loop_stop(stage.loop);
}

static void stage_run(void) /* until somebody stops the loop; never for ever */
{
    loop_timer_start(stage.loop, &stage.guard, WAIT_MS, on_guard);
    loop_run(stage.loop);
    loop_timer_stop(stage.loop, &stage.guard);
    ck_assert_msg(!stage.late, "got %lu of %lu records, state %s", (unsigned long)stage.got,
                  (unsigned long)stage.want, stage.err.text);
}

/* All of them: what else they meet meanwhile is told, too. */
static void stage_run_until_well(void)
{
    while (stage.err.kind != ERR_NONE)
        stage_run();
}

static void on_found(void *ctx, struct source *source, const struct source_found *found, size_t n)
{
    (void)ctx;
    if (n == 0) {
        stage.n_looked++;
        stage.n_found_first = stage.n_found;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct source_position position = { found[i].topic, found[i].partition, found[i].low, 0 };
        stage.found[stage.n_found++ % 8] = found[i];
        if (stage.next[found[i].partition] > 0)
            position.offset = stage.next[found[i].partition];
        stage.next[found[i].partition] = position.offset;
        source->ops->assign(source, &position, 1);
    }
    if (stage.want == 0)
        loop_stop(stage.loop);
}

static void on_block(void *ctx, struct source *source, struct block *block)
{
    (void)ctx;
    ck_assert_int_eq(block->first_offset, stage.next[block->partition]);
    struct block_record record;
    for (uint32_t i = 0, at = 0; i < block->count; i++)
        at = block_read(block, i, at, &record);
    ck_assert_int_eq(record.offset, block->last_offset);
    stage.next[block->partition] = block->last_offset + 1;
    stage.got += block->count;
    if (stage.keep)
        stage.kept[stage.n_kept++] = block;
    else
        source->ops->release(source, block);
    if (stage.want && stage.got >= stage.want)
        loop_stop(stage.loop);
}

static void on_gap(void *ctx, struct source *source, struct source_position from, int64_t to)
{
    (void)ctx;
    stage.n_gap++;
    stage.gap_to = to;
    stage.next[from.partition] = to;
    source->ops->assign(source, &(struct source_position){ from.topic, from.partition, to, 0 }, 1);
}

static void on_state(void *ctx, struct source *source, const struct err *err)
{
    (void)ctx, (void)source;
    ck_assert(err->kind != stage.err.kind ||
              strcmp(err->text, stage.err.text) != 0); /* told once */
    stage.n_state++;
    stage.err = *err;
    loop_stop(stage.loop);
}

static void on_closed(void *ctx, struct source *source)
{
    (void)ctx, (void)source;
    stage.closed = true;
    loop_stop(stage.loop);
}

static const struct source_events events = { .found = on_found,
                                             .block = on_block,
                                             .gap = on_gap,
                                             .state = on_state,
                                             .closed = on_closed };

static void stage_open(void)
{
    struct err err;
    memset(&stage, 0, sizeof stage);
    stage.world = world_new();
    stage.loop = loop_new(stage.world);
    ck_assert_msg(kafka_mock_start(1, &stage.mock, &err), "%s", err.text);
    ck_assert(kafka_mock_topic(stage.mock, "lines", 4, &err));
    struct kafka_producer_conf conf = { .servers = kafka_mock_servers(stage.mock), .linger_ms = 5 };
    ck_assert_msg(kafka_producer_open(&conf, &stage.producer, &err), "%s", err.text);
    stage.properties[0] = (struct job_property){ "bootstrap.servers", conf.servers, false };
    stage.properties[1] = (struct job_property){ "fetch.wait.max.ms", "10", false };
    stage.topics[0] = (struct job_topic){ .name = "lines", .consumers = 1 };
    stage.job_source = (struct job_source){ .name = "kafka0",
                                            .kind = "kafka",
                                            .group_id = "g",
                                            .topics = stage.topics,
                                            .n_topics = 1,
                                            .properties = stage.properties,
                                            .n_properties = 2,
                                            .on_out_of_range = OFFSET_FAIL };
    stage.spec = (struct job_spec){ .block_interval_ms = 20,
                                    .memory_max = 1u << 30,
                                    .sources = &stage.job_source,
                                    .n_sources = 1 };
}

static void stage_receive(uint64_t want)
{
    stage.want += want;
    if (!stage.source)
        stage.source = kafka_source_new(stage.loop, &stage.spec, 0, &events, &stage);
    stage_run();
}

static void stage_finish(void)
{
    for (; stage.n_kept; stage.n_kept--)
        stage.source->ops->release(stage.source, stage.kept[stage.n_kept - 1]);
    stage.source->ops->finish(stage.source);
    stage.want = UINT64_MAX;
    while (!stage.closed)
        stage_run();
    stage.source->ops->free(stage.source);
    stage.source = NULL;
}

static void stage_close(void)
{
    if (stage.source)
        stage_finish();
    kafka_producer_free(stage.producer);
    kafka_mock_free(stage.mock);
    loop_free(stage.loop);
    world_free(stage.world);
}

static void stage_produce(int partitions, int n) /* n records into each of the first partitions */
{
    char text[100];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < n * partitions; i++) {
        struct kafka_record record = {
            .topic = "lines", .partition = i % partitions, .value = text, .value_len = sizeof text
        };
        while (!kafka_produce(stage.producer, &record, NULL)) /* its queue is full */
            kafka_produce_wait(stage.producer, 100);
    }
    for (int i = 0; i < WAIT_MS / 100 && kafka_produce_wait(stage.producer, 100); i++)
        continue;
    ck_assert_uint_eq(kafka_produce_wait(stage.producer, 0), 0);
}

START_TEST(every_record_comes_once_and_in_order)
{
    stage_produce(4, 2000);
    stage_receive(8000);
    ck_assert_uint_eq(stage.got, 8000);
    ck_assert_uint_eq(stage.n_found, 4);
    ck_assert_uint_eq(stage.n_looked, 1);
    ck_assert_uint_eq(stage.n_found_first, 4);
    ck_assert_uint_eq(stage.source->records, 8000);
    stage_finish();
    ck_assert_uint_eq(stage.got, 8000);
}
END_TEST

START_TEST(reading_starts_where_the_worker_says)
{
    stage_produce(1, 100);
    stage.next[0] = 60;
    stage_receive(40);
    ck_assert_uint_eq(stage.got, 40);
}
END_TEST

START_TEST(consumers_share_the_partitions)
{
    stage.topics[0].consumers = 3;
    stage_produce(4, 500);
    stage_receive(2000);
    ck_assert_uint_eq(stage.n_found, 4);
    ck_assert_uint_eq(stage.got, 2000);
}
END_TEST

START_TEST(consumers_share_the_partitions_of_a_pattern)
{
    struct err err;
    ck_assert(kafka_mock_topic(stage.mock, "other", 1, &err));
    stage.topics[0] = (struct job_topic){ .name = "other", .consumers = 1 };
    stage.topics[1] = (struct job_topic){ .name = "^li.es$", .consumers = 3 };
    stage.job_source.n_topics = 2;
    stage_produce(4, 500);
    stage_receive(2000);
    ck_assert_uint_eq(stage.n_found, 5);
    ck_assert_uint_eq(stage.got, 2000);
}
END_TEST

START_TEST(what_all_consumers_meet_is_told_once)
{
    stage.topics[0].consumers = 3;
    stage_produce(4, 1);
    stage_receive(4);
    kafka_mock_broker(stage.mock, 1, false);
    stage.want = UINT64_MAX;
    stage_run();
    ck_assert_uint_eq(stage.err.code, 303);
    kafka_mock_broker(stage.mock, 1, true);
    stage_run_until_well();
}
END_TEST

static void produce_sized(size_t size)
{
    char *text = mem_zalloc(size);
    struct kafka_record record = { .topic = "lines", .value = text, .value_len = size };
    ck_assert(kafka_produce(stage.producer, &record, NULL));
    mem_free(text);
}

START_TEST(records_of_any_size_find_room)
{
    static const size_t sizes[] = { 10, 900000, 900000, 10, 10, 900000, 10 };
    stage.spec.memory_max = 0; /* so that a block is smaller than the large ones */
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        produce_sized(sizes[i]);
    stage_produce(0, 0);
    stage_receive(ARRAY_SIZE(sizes));
    ck_assert_uint_eq(stage.got, ARRAY_SIZE(sizes));
    ck_assert_int_eq(stage.next[0], ARRAY_SIZE(sizes));
}
END_TEST

START_TEST(the_lower_of_two_rates_holds)
{
    static const struct {
        uint64_t max, limit, records, least_ms; /* with what may come at once */
    } rows[] = {
        { 100, 50000, 90, 400 }, { 50000, 100, 90, 400 }, { 0, 100, 90, 400 }, { 3, 0, 2, 200 }
    };
    stage_produce(1, 90);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        stage.job_source.max_rate = rows[i].max;
        stage.next[0] = stage.n_found = 0;
        stage.closed = false;
        stage.want = stage.got;
        uint64_t begun_ms = loop_now_ms(stage.loop); /* it takes nothing before */
        stage.source = kafka_source_new(stage.loop, &stage.spec, 0, &events, &stage);
        stage.source->ops->limit(stage.source, rows[i].limit);
        stage_receive(rows[i].records);
        ck_assert_msg(loop_now_ms(stage.loop) - begun_ms > rows[i].least_ms, "row %zu", i);
        stage_finish();
    }
}
END_TEST

START_TEST(without_blocks_nothing_is_drained)
{
    stage.spec.memory_max = 0;           /* the least there is: 8 MiB */
    stage.spec.block_interval_ms = 2000; /* so that blocks are full */
    stage.keep = true;
    stage_produce(4, 40000); /* 16 MB */
    stage_receive(40000);
    loop_timer_start(stage.loop, &stage.guard, 300, on_guard);
    stage.want = UINT64_MAX;
    loop_run(stage.loop); /* nothing comes but what the pool holds */
    ck_assert_uint_lt(stage.got, 120000);
    stage.late = stage.keep = false;
    for (; stage.n_kept; stage.n_kept--)
        stage.source->ops->release(stage.source, stage.kept[stage.n_kept - 1]);
    stage.want = 160000;
    stage_receive(0);
}
END_TEST

START_TEST(an_unknown_topic_is_waited_for)
{
    kafka_mock_refuse(stage.mock, "lines", 3);
    stage_receive(4);
    ck_assert_int_eq(stage.err.kind, ERR_RETRY);
    ck_assert_uint_eq(stage.err.code, 304);
    ck_assert_str_eq(stage.err.text, "topic lines: Broker: Unknown topic or partition");
    kafka_mock_refuse(stage.mock, "lines", 0);
    stage_run_until_well();
    stage_produce(4, 1);
    stage_run();
    ck_assert_uint_eq(stage.got, 4);
}
END_TEST

START_TEST(no_broker_is_waited_for)
{
    kafka_mock_broker(stage.mock, 1, false);
    stage_receive(4);
    ck_assert_int_eq(stage.err.kind, ERR_RETRY);
    ck_assert_uint_eq(stage.err.code, 303);
    kafka_mock_broker(stage.mock, 1, true);
    stage_run_until_well();
    stage_produce(4, 1);
    stage_run();
    ck_assert_uint_eq(stage.got, 4);
}
END_TEST

START_TEST(a_bad_property_stops_the_source)
{
    stage.properties[1].value = "soon";
    stage_receive(1);
    ck_assert_int_eq(stage.err.kind, ERR_BAD_CONFIG);
}
END_TEST

static int64_t stage_committed(void) /* as a new source finds it for partition 0 */
{
    stage.closed = false;
    stage.next[0] = stage.n_found = 0;
    stage_receive(50);
    for (uint32_t i = 0; i < stage.n_found; i++)
        if (stage.found[i].partition == 0)
            return stage.found[i].committed;
    return -2;
}

START_TEST(commits_reach_the_group)
{
    stage_produce(1, 50);
    stage_receive(50);
    int64_t committed = -1;
    for (int i = 0; i < 20 && committed == -1;
         i++) { /* advisory: a close that takes too long loses it */
        stage.source->ops->commit(stage.source, &(struct source_position){ "lines", 0, 50, 0 }, 1);
        stage_finish();
        committed = stage_committed();
    }
    ck_assert_int_eq(committed, 50);
}
END_TEST

static void on_look(struct loop_timer *timer) /* stops once the lag of all partitions is known */
{
    struct source_lag lag[8] = { 0 };
    if (stage.source->ops->lag(stage.source, lag, 8) == 4 && lag[0].next == 50)
        loop_stop(stage.loop);
    else
        loop_timer_start(stage.loop, timer, 10, on_look);
}

START_TEST(the_lag_is_told)
{
    struct source_lag lag[8] = { 0 };
    stage_produce(4, 50);
    stage_receive(200);
    stage.want = UINT64_MAX;
    loop_timer_start(stage.loop, &stage.look, 10, on_look);
    stage_run();
    ck_assert_uint_eq(stage.source->ops->lag(stage.source, lag, 8), 4);
    ck_assert_int_eq(lag[0].end, 50);
    struct source_lag two[3] = { { .end = -7 }, { .end = -7 }, { .end = -7 } };
    ck_assert_uint_eq(stage.source->ops->lag(stage.source, two, 2), 4); /* no more than fit */
    ck_assert_int_eq(two[1].end, 50);
    ck_assert_int_eq(two[2].end, -7);
}
END_TEST

Suite *kafka_source_suite(void)
{
    Suite *suite = suite_create("kafka_source");
    TCase *tcase = tcase_create("kafka_source");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, stage_open, stage_close);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, every_record_comes_once_and_in_order);
    tcase_add_test(tcase, reading_starts_where_the_worker_says);
    tcase_add_test(tcase, consumers_share_the_partitions);
    tcase_add_test(tcase, consumers_share_the_partitions_of_a_pattern);
    tcase_add_test(tcase, what_all_consumers_meet_is_told_once);
    tcase_add_test(tcase, records_of_any_size_find_room);
    tcase_add_test(tcase, the_lower_of_two_rates_holds);
    tcase_add_test(tcase, without_blocks_nothing_is_drained);
    tcase_add_test(tcase, an_unknown_topic_is_waited_for);
    tcase_add_test(tcase, no_broker_is_waited_for);
    tcase_add_test(tcase, a_bad_property_stops_the_source);
    tcase_add_test(tcase, commits_reach_the_group);
    tcase_add_test(tcase, the_lag_is_told);
    return suite;
}
