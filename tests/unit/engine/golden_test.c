/* State as every released format wrote it, in tests/golden/state-<format>/: NAME.changes has what three batches left in the log,
 * NAME.whole the state behind them, as a snapshot has it. Each is read, and goes on to the same result; what this version
 * writes is the same bytes as the newest. GOLDEN=write (tests/golden/write) makes the files of a new format. */
#include "engine/memories.h"

#include <stdio.h>

#include "../op/memory.h"
#include "durable/record.h"

#define PAIRS "- flatMap: _.value.words\n- map: (_.substring(0, 1), _.substring(1).toInt)\n"
#define SLIDES "windowDuration: 3s, slideDuration: 1s}"

static const struct golden {
    const char *name, *ops;
    const char *batches[3]; /* what was left comes of these */
    const char *last, *shown;
} goldens[] = {
    { "update-int",
      PAIRS "- updateStateByKey: {id: t, func: '(v, s) => v.sum + s.getOrElse(0)'}",
      { "a1 b2 c3", "b4", "d-5 a1" },
      "d5 e1",
      "('a', 2) ('b', 6) ('c', 3) ('d', 0) ('e', 1)\n" },
    { "update-record",
      PAIRS "- updateStateByKey:\n    id: t\n    stateType: \"{n: Int, last: Option[Int], mean: "
            "Double, all: List[String], pair: (Bool, String)}\"\n    func: |\n      (v, s) => if "
            "(v.contains(0)) None else {n: v.size + s.map(_.n).getOrElse(0), last: s.map(_.n), "
            "mean: v.sum.toDouble, all: v.map(_.toString), pair: (v.size > 1, \"ä\")}\n"
            "- map: (_._1, _._2.n, _._2.last, _._2.mean, _._2.all, _._2.pair)",
      { "a1 b2 a3", "a2 c0 b0", "b9 d4" },
      "a7",
      "('a', 4, 3, 7.0, ['7'], (False, 'ä')) ('b', 1, 1, 0.0, [], (False, 'ä')) ('d', 1, 1, "
      "0.0, [], (False, 'ä'))\n" },
    { "update-time",
      "- map: (_.value.length, _.timestamp)\n- updateStateByKey: {id: t, func: '(v, s) => if "
      "(v.size > 0) v.last else s', stateType: Timestamp}\n- mapValues: _.millis",
      { "a", "bb;c", "" },
      "ddd",
      "(1, 7) (2, 7) (3, 7)\n" },
    { "update-tuple-key",
      PAIRS "- map: ((_._2, _._1 + \" is a key that does not fit sixteen bytes\"), 1)\n"
            "- updateStateByKey: {id: t, func: '(v, s) => v.size.toString + s.getOrElse(\"\")'}\n"
            "- map: (_._1._1, _._2)",
      { "a1 b2", "a1", "c3 a1 c3" },
      "b2",
      "(1, '0111') (2, '1001') (3, '02')\n" },
    { "map",
      PAIRS "- mapWithState: {id: t, timeout: 2s, func: '(k, v, s) => ((k, v, s), "
            "v.getOrElse(0) + s.getOrElse(0))', initial: [[z, 5]]}",
      { "a1", "b2 a2", "a1 b1" },
      "+2 c7",
      "('c', 7, None) ('a', None, 4) ('b', None, 3)\n" },
    { "window",
      PAIRS "- window: {" SLIDES,
      { "a1", "b2 c3", "d4" },
      "e5",
      "('b', 2) ('c', 3) ('d', 4) ('e', 5)\n" },
    { "window-group",
      PAIRS "- groupByKeyAndWindow: {" SLIDES,
      { "a1 b1", "a2", "b3 a3" },
      "c4",
      "('a', [2, 3]) ('b', [3]) ('c', [4])\n" },
    { "window-fold",
      PAIRS "- reduceByKeyAndWindow: {func: '(a, b) => a * 10 + b', " SLIDES,
      { "a1 b2", "a3 a1", "b5" },
      "a6",
      "('a', 316) ('b', 5)\n" },
    { "window-sum",
      PAIRS "- reduceByKeyAndWindow: {func: sum, " SLIDES,
      { "a1 b2", "a3 a1", "b5" },
      "a6",
      "('a', 10) ('b', 5)\n" },
    { "window-inverse",
      PAIRS "- reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, " SLIDES,
      { "a1 b2", "a3", "b5 c1" },
      "a6",
      "('a', 9) ('b', 5) ('c', 1)\n" },
    { "window-filter",
      PAIRS "- reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, filterFunc: '(k, v) => v > "
            "0', " SLIDES,
      { "a1 b2", "a3", "c1" },
      "a6",
      "('a', 9) ('c', 1)\n" },
    { "window-all",
      "- map: _.value\n- reduceByWindow: {func: _ + _, " SLIDES,
      { "a", "b", "c" },
      "d",
      "bcd\n" },
    { "window-count", "- countByWindow: {" SLIDES, { "a;b", "", "c" }, "d", "2\n" },
    { "window-values",
      "- map: _.value\n- countByValueAndWindow: {" SLIDES,
      { "a;b", "a", "c" },
      "b",
      "('a', 1) ('b', 1) ('c', 1)\n" },
};

static struct job job;

static void stage_close(void)
{
    job_close(&job);
}

static void put(void *ctx, const struct engine_state *state)
{
    record_put(ctx, &(struct entry){ .kind = ENTRY_DELTA,
                                     .delta = { { state->id, strlen(state->id) }, state->bytes } });
}

/* What this version leaves of the first batches. */
static void leave(const struct golden *golden, struct record *changes, struct record *whole)
{
    struct engine_state part;
    int64_t ms = 0;
    if (!whole_plan(&job, whole_file(&job, golden->ops)))
        ck_abort_msg("%s", buf_text(&job.shown));
    job_start(&job);
    engine_set_clock(job.engine, 0, 0);
    for (int i = 0; i < 3; i++) {
        memory_batch(&job, golden->batches[i], &ms);
        for (size_t k = 0; k < job.cut.n_changes; k++)
            put(changes, &job.cut.changes[k]);
    }
    engine_save_begin(job.engine);
    while (engine_save(job.engine, &part))
        put(whole, &part);
    job_close(&job);
}

static void path_of(char path[200], unsigned format, const char *name, const char *kind)
{
    snprintf(path, 200, "tests/golden/state-%u/%s.%s", format, name, kind);
}

static void file_read(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is not there", path);
    out->len = fread(buf_extend(out, 1 << 16), 1, 1 << 16, file);
    fclose(file);
}

static void file_write(const char *path, struct slice bytes)
{
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "%s cannot be written", path);
    ck_assert_uint_eq(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    fclose(file);
}

static void same(const struct golden *golden, const char *kind, struct record *written)
{
    char path[200];
    struct slice bytes = record_seal(written, 0);
    struct buf kept = { 0 };
    path_of(path, MEMORY_VERSION, golden->name, kind);
    if (getenv("GOLDEN"))
        file_write(path, bytes);
    file_read(path, &kept);
    ck_assert_msg(kept.len == bytes.len && memcmp(kept.ptr, bytes.ptr, kept.len) == 0,
                  "%s: other bytes are written now: that is another format, with a MEMORY_VERSION "
                  "of its own and files made by tests/golden/write",
                  path);
    buf_free(&kept);
}

START_TEST(what_is_written_now_is_what_this_format_is)
{
    const struct golden *golden = &goldens[_i];
    struct record changes = { 0 }, whole = { 0 };
    leave(golden, &changes, &whole);
    same(golden, "changes", &changes);
    same(golden, "whole", &whole);
    record_free(&changes);
    record_free(&whole);
}
END_TEST

/* The bytes of a file as what recovery hands on. */
static void recover(const char *path, struct memory_log *log)
{
    struct record_reader reader;
    struct buf bytes = { 0 };
    struct entry entry;
    struct err err = { 0 };
    file_read(path, &bytes);
    ck_assert(record_open(buf_slice(&bytes), &reader, &err));
    while (record_next(&reader, &entry, &err)) {
        char id[64];
        ck_assert_int_eq(entry.kind, ENTRY_DELTA);
        snprintf(id, sizeof id, "%.*s", (int)entry.delta.id.len, (const char *)entry.delta.id.ptr);
        memory_keep(log, &(struct engine_state){ id, entry.delta.bytes });
    }
    ck_assert_int_eq(err.kind, ERR_NONE);
    buf_free(&bytes);
}

static void goes_on(const struct golden *golden, unsigned format, const char *kind)
{
    char path[200];
    struct memory_log log = { .n = 0 };
    struct buf shown = { 0 };
    int64_t ms = 3000;
    path_of(path, format, golden->name, kind);
    recover(path, &log);
    ck_assert(whole_plan(&job, whole_file(&job, golden->ops)));
    job_start(&job);
    job.err = (struct err){ 0 };
    ck_assert_msg(memory_restart(&job, &log, ms), "%s: %s", path, job.err.text);
    memory_batch(&job, golden->last, &ms);
    memory_show(&job, &shown);
    ck_assert_msg(strcmp(buf_text(&shown), golden->shown) == 0, "%s: %s", path, buf_text(&shown));
    buf_free(&shown);
    memory_drop(&log);
    job_close(&job);
}

START_TEST(what_every_format_wrote_is_read)
{
    for (unsigned format = 1; format <= MEMORY_VERSION; format++) {
        goes_on(&goldens[_i], format, "changes");
        goes_on(&goldens[_i], format, "whole");
    }
}
END_TEST

Suite *golden_suite(void);
Suite *golden_suite(void)
{
    Suite *suite = suite_create("golden");
    TCase *tcase = tcase_create("golden");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, stage_close);
    tcase_add_loop_test(tcase, what_is_written_now_is_what_this_format_is, 0, ARRAY_SIZE(goldens));
    tcase_add_loop_test(tcase, what_every_format_wrote_is_read, 0, ARRAY_SIZE(goldens));
    suite_add_tcase(suite, tcase);
    return suite;
}
