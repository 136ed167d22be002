#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/report.h"

static const struct job_policy policy = { 1, 3, 3600000, 1000, 60000, 30000, 10000 };
static const struct {
    struct report report;
    const char *line;
} golden[] = {
    { { .kind = REPORT_READY, .policy = policy, .text = "counts words" },
      "ready enabled=1 max_attempts=3 window=3600000 backoff=1000 backoff_max=60000 "
      "stop_timeout=30000 interval=10000 "
      "text=\"counts words\"\n" },
    { { .kind = REPORT_REJECTED,
        .count = 2,
        .text = "a.yaml:6:5: error[E201]: unknown operation 'flatmap'\nsecond" },
      "rejected count=2 text=\"a.yaml:6:5: error[E201]: unknown operation 'flatmap'\\nsecond\"\n" },
    { { .kind = REPORT_STATE,
        .state = JOB_RETRYING,
        .next_ms = 16000,
        .text = "HDFS in safe mode" },
      "state state=RETRYING next=16000 text=\"HDFS in safe mode\"\n" },
    { { .kind = REPORT_STATE, .state = JOB_RUNNING, .next_ms = -1 },
      "state state=RUNNING next=-1 text=\"\"\n" },
    { { .kind = REPORT_BATCH, .batch = { 26880, 1795537622000, 1824, 215, -1, 400, 0 } },
      "batch number=26880 time=1795537622000 records=1824 delay=215 lag_records=-1 lag=400 "
      "dead=0\n" },
    { { .kind = REPORT_FENCED, .text = "host b" }, "fenced text=\"host b\"\n" },
    { { .kind = REPORT_PROGRESS }, "progress\n" },
};

START_TEST(a_report_is_one_line_and_reads_back)
{
    struct buf buf = { 0 };
    struct report back;
    report_format(&golden[_i].report, &buf);
    ck_assert_str_eq(buf_text(&buf), golden[_i].line);
    ck_assert(report_parse((char *)buf.ptr, buf.len - 1, &back));
    ck_assert_mem_eq(&back, &golden[_i].report, sizeof back);
    buf_free(&buf);
}
END_TEST

#define BATCH "batch number=1 time=2 records=3 delay=4 lag_records=5 lag=6 dead=7"
static const char *const garbage[] = {
    "",
    " ",
    "progres",
    "progress ",
    "progress x",
    "progress =1",
    "progress a=",
    "progress a=\"",
    "PROGRESS",
    "progress\x01",
    "batch",
    BATCH " dead=7",
    BATCH " number=1",
    BATCH "x",
    BATCH " ",
    "fenced",
    "fenced text=plain",
    "fenced text=\"a\"b",
    "fenced text=\"a\" text=\"a\"",
    "state next=1 text=\"\"",
    "state state=FAILED next=1 text=\"\"",
    "state state=REJECTED next=1 text=\"\"",
    "state state=RUN next=1 text=\"\"",
    "state state=RUNNING next=-2 text=\"\"",
    "state state=RUNNING next=9007199254740993 text=\"\"",
    "state state=RUNNING next=99999999999999999999 text=\"\"",
    "state state=RUNNING next=+1 text=\"\"",
    "state state=RUNNING next=1s text=\"\"",
    "state state=RUNNING next=0x1 text=\"\"",
    "state state=RUNNING next=- text=\"\"",
    "state  state=RUNNING next=1 text=\"\"",
    "ready enabled=2 max_attempts=3 window=0 backoff=0 backoff_max=0 stop_timeout=0 interval=1 "
    "text=\"\"",
    "ready enabled=1 max_attempts=0 window=0 backoff=0 backoff_max=0 stop_timeout=0 interval=1 "
    "text=\"\"",
    "ready enabled=1 max_attempts=1001 window=0 backoff=0 backoff_max=0 stop_timeout=0 interval=1 "
    "text=\"\"",
    "ready enabled=1 max_attempts=1 window=0 backoff=0 backoff_max=0 stop_timeout=0 interval=0 "
    "text=\"\"",
    "rejected count=0 text=\"\"",
};

START_TEST(garbage_is_refused)
{
    struct report report;
    ck_assert(!report_parse(garbage[_i], strlen(garbage[_i]), &report));
}
END_TEST

START_TEST(order_is_free_and_unknown_keys_are_skipped)
{
    struct report report;
    const char *line = "state text=\"n\" colour=blue next=5 mood=\"quite well\" state=PAUSED";
    ck_assert(report_parse(line, strlen(line), &report));
    ck_assert_int_eq(report.state, JOB_PAUSED);
    ck_assert_int_eq(report.next_ms, 5);
    ck_assert_str_eq(report.text, "n");
}
END_TEST

START_TEST(a_long_text_is_cut_at_a_whole_character)
{
    struct report report = { .kind = REPORT_FENCED }, back;
    char text[2 * REPORT_TEXT_MAX] = "x";
    for (size_t i = 1; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa4", 3);
    report_set_text(&report, text);
    ck_assert_uint_eq(strlen(report.text), REPORT_TEXT_MAX - 1);
    memset(text, '\x01', sizeof text - 1);
    report_set_text(&report, text);
    struct buf buf = { 0 };
    report_format(&report, &buf); /* the longest line there is */
    ck_assert_uint_lt(buf.len, REPORT_LINE_MAX);
    ck_assert(report_parse((char *)buf.ptr, buf.len - 1, &back));
    ck_assert_str_eq(back.text, report.text);
    buf_free(&buf);
}
END_TEST

static void count_report(void *ctx, const struct report *report)
{
    ck_assert_int_eq(report->kind, REPORT_BATCH);
    ++*(int *)ctx;
}

START_TEST(a_stream_is_cut_into_lines_wherever_its_pieces_end)
{
    const char *stream = BATCH "\nnonsense\n" BATCH "\n\n" BATCH;
    for (size_t piece = 1; piece <= strlen(stream); piece++) {
        struct report_reader reader = { 0 };
        int reports = 0;
        for (size_t at = 0; at < strlen(stream); at += piece) {
            size_t left = strlen(stream) - at;
            report_feed(&reader, (struct slice){ stream + at, left < piece ? left : piece },
                        count_report, &reports);
        }
        ck_assert_int_eq(reports, 2); /* the third is not whole yet */
        ck_assert_uint_eq(reader.garbage, 2);
    }
}
END_TEST

START_TEST(a_line_without_end_is_dropped_whole_and_costs_no_memory)
{
    struct report_reader reader = { 0 };
    int reports = 0;
    char flood[4096];
    memset(flood, 'b', sizeof flood);
    for (int i = 0; i < 100; i++)
        report_feed(&reader, (struct slice){ flood, sizeof flood }, count_report, &reports);
    report_feed(&reader, (struct slice){ " progress\n" BATCH "\n", strlen(BATCH) + 11 },
                count_report, &reports);
    ck_assert_int_eq(reports, 1);
    ck_assert_uint_eq(reader.garbage, 1);
}
END_TEST

START_TEST(damaged_lines_are_whole_reports_or_nothing)
{
    srand(7);
    for (int round = 0; round < 200000; round++) {
        char line[256];
        size_t row = (size_t)rand() % (sizeof golden / sizeof golden[0]),
               n = strlen(golden[row].line) - 1;
        memcpy(line, golden[row].line, n);
        for (int i = rand() % 4; i >= 0; i--)
            line[(size_t)rand() % n] = (char)(rand() % 3 ? rand() % 128 : rand() % 256);
        struct report report;
        struct buf buf = { 0 };
        if (report_parse(line, n, &report))
            report_format(&report, &buf); /* checks the range of every number */
        ck_assert_uint_lt(buf.len, REPORT_LINE_MAX);
        buf_free(&buf);
    }
}
END_TEST

START_TEST(a_line_has_a_limit)
{
    static char line[REPORT_LINE_MAX + 1];
    struct report report;
    int n = snprintf(line, sizeof line, "fenced other=\"");
    memset(line + n, 'x', sizeof line - (size_t)n);
    memcpy(line + REPORT_LINE_MAX - 1, "\"", 1);
    ck_assert(!report_parse(line, REPORT_LINE_MAX, &report));
    ck_assert(!report_parse("batch number=", 13, &report)); /* and a number has a digit */
    ck_assert(!report_parse("rejected count=- text=\"\"", 24, &report));
}
END_TEST

Suite *report_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tcase = tcase_create("report");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, a_report_is_one_line_and_reads_back, 0,
                        sizeof golden / sizeof golden[0]);
    tcase_add_loop_test(tcase, garbage_is_refused, 0, sizeof garbage / sizeof garbage[0]);
    tcase_add_test(tcase, order_is_free_and_unknown_keys_are_skipped);
    tcase_add_test(tcase, a_long_text_is_cut_at_a_whole_character);
    tcase_add_test(tcase, a_stream_is_cut_into_lines_wherever_its_pieces_end);
    tcase_add_test(tcase, a_line_without_end_is_dropped_whole_and_costs_no_memory);
    tcase_add_test(tcase, a_line_has_a_limit);
    tcase_add_test(tcase, damaged_lines_are_whole_reports_or_nothing);
    return suite;
}
