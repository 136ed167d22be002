#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define TIME 1795361222113 /* 2026-11-22T15:27:02.113Z */

static const struct log_entry batch = {
    .level = LOG_INFO,
    .job = "wordcount",
    .event = "batch.completed",
    .fields = { LOG_INT("batch", 26880), LOG_INT("records", 1824),
                LOG_SECONDS("scheduling_delay", 3), LOG_SECONDS("processing_time", 212),
                LOG_SECONDS("total_delay", 215) },
};
static const struct log_entry retry = {
    .level = LOG_ERROR,
    .job = "orders",
    .event = "output.retry",
    .code = 310,
    .fields = { LOG_INT("attempt", 7), LOG_WAIT("next", 16000), LOG_TEXT("path", "/out/orders") },
    .msg = "NameNode nn1 is in safe mode",
};
static const struct log_entry failed = {
    .level = LOG_WARNING,
    .job = "orders",
    .event = "attempt.failed",
    .fields = { LOG_INT("attempt", 2), LOG_INT("counted", 2), LOG_INT("max", 3),
                LOG_WAIT("window", 3600000), LOG_TEXT("exit", "signal 9 (killed)"),
                LOG_WAIT("next", 2140) },
};
static const struct log_entry plain = {
    .level = LOG_DEBUG,
    .event = "daemon.odd",
    .fields = { LOG_TEXT("none", NULL), LOG_TEXT("empty", ""), LOG_TEXT("equal", "a=b"),
                LOG_SECONDS("ahead", -1500), LOG_TEXT("back", "a\\b"), LOG_TEXT("rub", "a\x7f"),
                LOG_TEXT("wide", "é"), LOG_TEXT("quote", "a\"") },
    .msg = "tab\there, \"quoted\"",
};

static const struct {
    const struct log_entry *entry;
    enum log_format format;
    const char *line;
} lines[] = {
    { &batch, LOG_LOGFMT,
      "ts=2026-11-22T15:27:02.113Z level=info job=wordcount event=batch.completed batch=26880 "
      "records=1824 scheduling_delay=0.003 "
      "processing_time=0.212 total_delay=0.215\n" },
    { &retry, LOG_LOGFMT,
      "ts=2026-11-22T15:27:02.113Z level=error job=orders event=output.retry code=E310 attempt=7 "
      "next=16s path=/out/orders "
      "msg=\"NameNode nn1 is in safe mode\"\n" },
    { &failed, LOG_LOGFMT,
      "ts=2026-11-22T15:27:02.113Z level=warning job=orders event=attempt.failed attempt=2 "
      "counted=2 max=3 window=1h "
      "exit=\"signal 9 (killed)\" next=2.1s\n" },
    { &retry, LOG_JOURNAL,
      "<3>level=error job=orders event=output.retry code=E310 attempt=7 next=16s path=/out/orders "
      "msg=\"NameNode nn1 is in safe mode\"\n" },
    { &batch, LOG_JOURNAL,
      "<6>level=info job=wordcount event=batch.completed batch=26880 records=1824 "
      "scheduling_delay=0.003 processing_time=0.212 "
      "total_delay=0.215\n" },
    { &failed, LOG_JSON,
      "{\"ts\":\"2026-11-22T15:27:02.113Z\",\"level\":\"warning\",\"job\":\"orders\",\"event\":"
      "\"attempt.failed\",\"attempt\":2,"
      "\"counted\":2,\"max\":3,\"window\":\"1h\",\"exit\":\"signal 9 "
      "(killed)\",\"next\":\"2.1s\"}\n" },
    { &plain, LOG_LOGFMT,
      "ts=2026-11-22T15:27:02.113Z level=debug event=daemon.odd empty=\"\" equal=\"a=b\" "
      "ahead=-1.500 back=\"a\\\\b\" rub=\"a\\u007f\" wide=\"é\" quote=\"a\\\"\" "
      "msg=\"tab\\there, \\\"quoted\\\"\"\n" },
};

START_TEST(a_line_has_its_keys_in_fixed_order)
{
    struct buf buf = { 0 };
    log_format_line(lines[_i].entry, lines[_i].format, TIME, &buf);
    ck_assert_str_eq(buf_text(&buf), lines[_i].line);
    buf_free(&buf);
}
END_TEST

static const struct {
    int64_t ms;
    const char *text;
} waits[] = { { 0, "0ms" },      { 350, "350ms" },  { 1000, "1s" },   { 2140, "2.1s" },
              { 9999, "9.9s" },  { 16900, "16s" },  { 300000, "5m" }, { 90000, "1m" },
              { 3600000, "1h" }, { 86400000, "1d" } };

START_TEST(waits_read_as_people_write_them)
{
    struct buf buf = { 0 };
    log_format_wait(waits[_i].ms, &buf);
    ck_assert_str_eq(buf_text(&buf), waits[_i].text);
    buf_free(&buf);
}
END_TEST

struct world { /* a clock that is set by hand, and what was written */
    uint64_t mono;
    struct buf out;
};
static int64_t wall_ms(void *ctx)
{
    return TIME + (int64_t)((struct world *)ctx)->mono;
}
static uint64_t mono_ms(void *ctx)
{
    return ((struct world *)ctx)->mono;
}
static void keep(void *ctx, const char *bytes, size_t n)
{
    buf_put(&((struct world *)ctx)->out, bytes, n);
}
static struct log log_of(struct world *world)
{
    return (struct log){ .level = LOG_INFO,
                         .repeat_ms = 10000,
                         .format = LOG_JOURNAL,
                         .door = { world, wall_ms, mono_ms, keep } };
}

START_TEST(a_message_repeated_within_the_limit_is_counted)
{
    struct world world = { 0 };
    struct log log = log_of(&world);
    struct log_entry entry = retry;
    for (world.mono = 0; world.mono < 10000; world.mono += 1000) {
        entry.fields[0].number++; /* another try of the same trouble is the same message */
        log_put(&log, &entry);
    }
    const char *first =
        "<3>level=error job=orders event=output.retry code=E310 attempt=8 next=16s "
        "path=/out/orders "
        "msg=\"NameNode nn1 is in safe mode\"\n";
    ck_assert_str_eq(buf_text(&world.out), first);
    buf_clear(&world.out);
    log_flush(&log);
    ck_assert_str_eq(
        buf_text(&world.out),
        "<3>level=error job=orders event=log.suppressed of=output.retry count=9 within=10s\n");
    buf_clear(&world.out);
    log_put(&log, &entry); /* the limit is over: printed again */
    ck_assert_uint_eq(
        strncmp(buf_text(&world.out), "<3>level=error job=orders event=output.retry", 44), 0);
    log_free(&log);
    buf_free(&world.out);
}
END_TEST

START_TEST(lines_that_differ_are_not_repetitions)
{
    struct world world = { 0 };
    struct log log = log_of(&world);
    struct log_entry entry = batch;
    int n = 0;
    for (int i = 0; i < 200; i++) { /* more than are watched */
        entry.fields[0].number++;
        log_put(&log, &entry);
    }
    entry.job = "other";
    log_put(&log, &entry);
    for (size_t i = 0; i < world.out.len; i++)
        n += world.out.ptr[i] == '\n';
    ck_assert_int_eq(n, 201);
    log_free(&log);
    buf_free(&world.out);
}
END_TEST

START_TEST(counts_are_not_lost_at_the_end)
{
    struct world world = { 0 };
    struct log log = log_of(&world);
    log_put(&log, &failed);
    log_put(&log, &failed);
    buf_clear(&world.out);
    log_free(&log);
    ck_assert_str_eq(
        buf_text(&world.out),
        "<4>level=warning job=orders event=log.suppressed of=attempt.failed count=1 within=0ms\n");
    buf_free(&world.out);
}
END_TEST

START_TEST(what_is_below_the_level_is_not_written)
{
    struct world world = { 0 };
    struct log log = log_of(&world);
    log_put(&log, &plain);
    ck_assert_uint_eq(world.out.len, 0);
    ck_assert(log_level_parse("debug", &log.level));
    log_put(&log, &plain);
    ck_assert_uint_gt(world.out.len, 0);
    ck_assert(!log_level_parse("loud", &log.level));
    log_free(&log);
    buf_free(&world.out);
}
END_TEST

START_TEST(long_texts_are_cut_to_the_limit_of_a_line)
{
    struct world world = { 0 };
    struct log log = log_of(&world);
    struct log_entry entry = { .level = LOG_INFO, .event = "e" };
    char *text = calloc(1, 3001);
    memset(text, '\x01', 3000);
    for (int i = 0; i < LOG_FIELDS_MAX; i++)
        entry.fields[i] = (struct log_field)LOG_TEXT("k", text);
    log_put(&log, &entry);
    ck_assert_uint_le(world.out.len, LOG_LINE_MAX);
    ck_assert_int_eq(world.out.ptr[world.out.len - 1], '\n');
    free(text);
    log_free(&log);
    buf_free(&world.out);
}
END_TEST

Suite *log_suite(void)
{
    Suite *suite = suite_create("log");
    TCase *tcase = tcase_create("log");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, a_line_has_its_keys_in_fixed_order, 0,
                        sizeof lines / sizeof lines[0]);
    tcase_add_loop_test(tcase, waits_read_as_people_write_them, 0, sizeof waits / sizeof waits[0]);
    tcase_add_test(tcase, a_message_repeated_within_the_limit_is_counted);
    tcase_add_test(tcase, lines_that_differ_are_not_repetitions);
    tcase_add_test(tcase, counts_are_not_lost_at_the_end);
    tcase_add_test(tcase, what_is_below_the_level_is_not_written);
    tcase_add_test(tcase, long_texts_are_cut_to_the_limit_of_a_line);
    return suite;
}
