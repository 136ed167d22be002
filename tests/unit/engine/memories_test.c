#include "engine/memories.h"

#include "../op/memory.h"

static struct memory_log log_;
static struct job job;

static void stage_close(void)
{
    job_close(&job);
    memory_drop(&log_);
}

#define STATE(id, func) \
    "- map: (_.value, 1)\n- updateStateByKey: {id: " id ", func: '(v, s) => " func "'}"

#define NESTED                                                                        \
    "- map: (_.value, 1)\n- updateStateByKey: {id: t, stateType: '{n: List[Int], s: " \
    "Option[List[Int]]}', func: '(v, s) => {n: v, s: s.map(_.n)}'}"

/* Runs one batch of a job and keeps what it leaves. */
static void leave(const char *ops, const char *batch)
{
    int64_t ms = 0;
    ck_assert(whole_plan(&job, whole_file(&job, ops)));
    job_start(&job);
    memory_batch(&job, batch, &ms);
    for (size_t i = 0; i < job.cut.n_changes; i++)
        memory_keep(&log_, &job.cut.changes[i]);
    job_close(&job);
}

/* Another job begins with what was left. */
static bool begin(const char *ops)
{
    if (!whole_plan(&job, whole_file(&job, ops)))
        ck_abort_msg("%s", buf_text(&job.shown));
    job_start(&job);
    job.err = (struct err){ 0 };
    return memory_restart(&job, &log_, 1000);
}

static void said(const char *findings)
{
    buf_clear(&job.shown);
    diag_print(&job.diags, DIAG_GNU, false, &job.shown);
    ck_assert_str_eq(buf_text(&job.shown), findings);
}

static void shows(const char *batch, const char *rows)
{
    struct buf out = { 0 };
    int64_t ms = 1000;
    memory_batch(&job, batch, &ms);
    memory_show(&job, &out);
    ck_assert_str_eq(buf_text(&out), rows);
    buf_free(&out);
}

START_TEST(a_state_without_an_operation_is_refused_with_its_keys)
{
    leave(STATE("perHost", "s.getOrElse(0) + v.sum"), "a;b;c");
    ck_assert(!begin("- map: _.value"));
    ck_assert_int_eq(job.err.kind, ERR_BAD_CONFIG);
    ck_assert_int_eq(job.err.code, 240);
    said(
        "job.yaml: error[E240]: state 'perHost' (3 keys) has no operation in the new file\n"
        "  help: keep 'id: perHost', or drop it once: tidemark restart job --discard-state "
        "perHost\n");
}
END_TEST

START_TEST(many_keys_are_counted_in_thousands)
{
    struct buf words = { 0 };
    for (int i = 0; i < 1204; i++)
        buf_printf(&words, "k%d ", i);
    leave(
        "- flatMap: _.value.words\n- map: (_, 1)\n- updateStateByKey: {id: t, func: '(v, s) => "
        "v.size'}",
        buf_text(&words));
    buf_free(&words);
    ck_assert(!begin("- map: _.value"));
    ck_assert_str_eq(job.err.text, "state 't' (1,204 keys) has no operation in the new file");
}
END_TEST

/* What changed in the batch before the last one. */
START_TEST(an_older_part_of_a_state_must_fit_too)
{
    leave(STATE("t", "s.getOrElse(\"\")"), "a");
    leave(STATE("t", "s.getOrElse(0) + v.sum"), "a");
    ck_assert_uint_eq(log_.n, 2);
    ck_assert(!begin(STATE("t", "s.getOrElse(0) + v.sum")));
    ck_assert_int_eq(job.err.kind, ERR_FATAL);
    ck_assert_str_eq(job.err.text, "the state 't' is damaged");
    job_close(&job);
    log_.states[0].bytes.len = 3;
    ck_assert(!begin(STATE("t", "s.getOrElse(0) + v.sum")));
    ck_assert_str_eq(job.err.text, "the state 't' is damaged");
}
END_TEST

START_TEST(a_state_of_another_type_is_refused)
{
    leave(STATE("t", "s.getOrElse(0) + v.sum"), "a");
    ck_assert(!begin(STATE("t", "s.getOrElse(\"\")")));
    ck_assert_int_eq(job.err.code, 241);
    said(
        "job.yaml:3:26: error[E241]: state 't' (1 key) was made by updateStateByKey and holds "
        "(String, Int), but here is updateStateByKey of (String, String)\n"
        "  help: make it what it was, or drop the state once: tidemark restart job "
        "--discard-state t\n");
}
END_TEST

START_TEST(all_that_cannot_be_carried_on_is_named)
{
    leave(
        "  x: {from: a, transformations: [map: '(_.value, 1)', "
        "updateStateByKey: {id: one, func: '(v, s) => s.getOrElse(0) + v.sum'}]}\n"
        "  o: {from: x, transformations: [updateStateByKey: {id: two, func: '(v, s) => "
        "v.size'}]}",
        "p;q");
    ck_assert(!begin(STATE("one", "s.getOrElse(\"\")")));
    ck_assert_uint_eq(job.diags.n_errors, 2);
    said(
        "job.yaml: error[E240]: state 'two' (2 keys) has no operation in the new file\n"
        "  help: keep 'id: two', or drop it once: tidemark restart job --discard-state two\n"
        "job.yaml:3:26: error[E241]: state 'one' (2 keys) was made by updateStateByKey and holds "
        "(String, Int), but here is updateStateByKey of (String, String)\n"
        "  help: make it what it was, or drop the state once: tidemark restart job "
        "--discard-state one\n");
}
END_TEST

START_TEST(an_operation_whose_id_is_another_is_pointed_at)
{
    leave(STATE("perHost", "s.getOrElse(0) + v.sum"), "a;b");
    ck_assert(
        !begin("- map: (_.value, 1)\n- updateStateByKey: {id: perhost, func: '(v, s) => "
               "s.getOrElse(0) + v.sum'}"));
    said(
        "job.yaml:3:26: error[E240]: state 'perHost' (2 keys) has no operation in the new file\n"
        "  help: keep 'id: perHost', or drop it once: tidemark restart job --discard-state "
        "perHost\n");
}
END_TEST

START_TEST(a_state_of_a_newer_format_is_refused)
{
    leave(STATE("t", "s.getOrElse(0) + v.sum"), "a");
    *(uint8_t *)(uintptr_t)log_.states[0].bytes.ptr = MEMORY_VERSION + 1;
    ck_assert(!begin(STATE("t", "s.getOrElse(0) + v.sum")));
    ck_assert_int_eq(job.err.kind, ERR_FATAL);
    ck_assert_str_eq(job.err.text,
                     "the state 't' was written in format 2, this version reads up to format 1: go "
                     "on with a version that is not older than the one that wrote it");
}
END_TEST

START_TEST(a_whole_number_becomes_a_double)
{
    leave(STATE("t", "s.getOrElse(0) + v.sum"), "a;a;b");
    ck_assert_msg(begin(STATE("t", "s.getOrElse(0.5) + v.sum")), "%s", job.err.text);
    shows("a", "('a', 3.0) ('b', 1.0)\n");
}
END_TEST

START_TEST(a_record_gets_an_optional_field)
{
    leave(
        "- map: (_.value, 1)\n- updateStateByKey: {id: t, stateType: '{n: Int}', "
        "func: '(v, s) => {n: s.map(_.n).getOrElse(0) + v.sum}'}",
        "a;a;b");
    ck_assert_msg(begin("- map: (_.value, 1)\n"
                        "- updateStateByKey:\n    id: t\n    stateType: '{last: Option[Int], n: "
                        "Int}'\n    func: '(v, s) => {last: s.map(_.n), n: "
                        "s.map(_.n).getOrElse(0) + v.sum}'"),
                  "%s", job.err.text);
    shows("a", "('a', {'last': 2, 'n': 3}) ('b', {'last': 1, 'n': 1})\n");
}
END_TEST

#define FIELDS(type, value)                                              \
    "- map: (_.value, 1)\n- updateStateByKey: {id: t, stateType: '" type \
    "', func: '(v, s) => " value "'}"

static const struct {
    const char *before, *value, *after, *shown;
} widened[] = {
    { "Int", "v.sum", "Option[Int]", "('a', 2) ('b', 1)\n" },
    { "(Int, Int)", "(v.sum, 5)", "(Double, Option[Int])", "('a', (2.0, 5)) ('b', (1.0, 5))\n" },
    { "List[Int]", "v", "List[Option[Double]]", "('a', [1.0, 1.0]) ('b', [1.0])\n" },
    { "Option[Int]", "if (v.size > 1) v.sum else None", "Option[Double]", "('a', 2.0)\n" },
    { "()", "_", "()", "('a', ()) ('b', ())\n" },
};

#define UPDATE                                                                                 \
    "- map: (_.value, 1)\n- updateStateByKey: {id: t, stateType: '%s', func: '(v, s) => %s', " \
    "initial: %s}"

START_TEST(a_value_of_a_narrower_type_is_carried_on)
{
    bool none = _i == 4;
    char before[300], after[300];
    snprintf(before, sizeof before, UPDATE, widened[_i].before, none ? "s" : widened[_i].value,
             none ? "[[a, []], [b, []]]" : "[]");
    snprintf(after, sizeof after, UPDATE, widened[_i].after, "s", "[]");
    leave(before, none ? "" : "a;a;b");
    ck_assert_msg(begin(after), "%s", job.err.text);
    shows("", widened[_i].shown);
}
END_TEST

static const char *const narrower[][3] = {
    { "(Int, Int)", "(v.sum, 5)", "(Int, Int, Int)" },
    { "(Int, Int)", "(v.sum, 5)", "(Int, String)" },
    { "Double", "1.5", "Int" },
    { "Option[Int]", "v.sum", "Int" },
    { "String", "\"x\"", "Option[Int]" },
    { "{a: Int}", "{a: 1}", "{a: Int, b: Int}" },
    { "{a: Int}", "{a: 1}", "{a: String}" },
};

START_TEST(a_value_of_another_type_is_not)
{
    char before[300], after[300];
    snprintf(before, sizeof before, UPDATE, narrower[_i][0], narrower[_i][1], "[]");
    snprintf(after, sizeof after, UPDATE, narrower[_i][2], "s", "[]");
    leave(before, "a");
    ck_assert(!begin(after));
    ck_assert_int_eq(job.err.code, 241);
}
END_TEST

START_TEST(a_field_that_is_called_otherwise_is_another)
{
    leave(FIELDS("{n: Int}", "{n: v.sum}"), "a;b");
    ck_assert(!begin(FIELDS("{count: Int}", "{count: v.sum}")));
    said(
        "job.yaml:3:26: error[E241]: state 't' (2 keys) was made by updateStateByKey and holds "
        "(String, {n: Int}), but here is updateStateByKey of (String, {count: Int})\n"
        "  help: make it what it was, or drop the state once: tidemark restart job "
        "--discard-state t\n");
}
END_TEST

START_TEST(a_field_is_not_dropped_unasked)
{
    leave(FIELDS("{n: Int, last: String}", "{n: v.sum, last: \"x\"}"), "a;b");
    ck_assert(!begin(FIELDS("{n: Int}", "{n: v.sum}")));
    ck_assert_int_eq(job.err.code, 241);
}
END_TEST

START_TEST(a_window_of_another_length_has_another_state)
{
    const char *window =
        "- map: (_.value, 1)\n- reduceByKeyAndWindow: {id: t, func: sum, "
        "windowDuration: 2s}";
    leave("- map: (_.value, 1)\n- reduceByKeyAndWindow: {id: t, func: sum, windowDuration: 3s}",
          "a;b");
    ck_assert(!begin(window));
    said(
        "job.yaml:3:30: error[E241]: state 't' (2 keys) was made by reduceByKeyAndWindow(3s, 1s) "
        "of 1s and holds (String, Int), but here is reduceByKeyAndWindow(2s, 1s) of 1s of "
        "(String, Int)\n"
        "  help: make it what it was, or drop the state once: tidemark restart job "
        "--discard-state t\n");
}
END_TEST

START_TEST(an_empty_state_may_go)
{
    leave(STATE("t", "if (v.size > 9) 1 else None"), "a");
    ck_assert_msg(begin("- map: _.value"), "%s", job.err.text);
}
END_TEST

START_TEST(first_states_are_not_taken_twice)
{
    const char *ops =
        "- map: (_.value, 1)\n- updateStateByKey: {id: t, func: '(v, s) => "
        "if (v.size > 0) None else s.getOrElse(0)', initial: [[a, 7]]}";
    leave(ops, "a");
    ck_assert(begin(ops));
    shows("", "\n");
}
END_TEST

/* Batches of 400 new keys each; what they leave is state, and the next one has its room. */
START_TEST(a_state_that_grows_makes_no_batch_full)
{
    char keys[400][16];
    const char *lines[401] = { NULL };
    if (!whole_plan(&job, whole_file(&job, STATE("t", "v.size"))))
        ck_abort_msg("%s", buf_text(&job.shown));
    job.spec.memory_max = 3u << 20;
    job_start(&job);
    for (unsigned batch = 0; batch < 60; batch++) {
        for (unsigned i = 0; i < 400; i++) {
            snprintf(keys[i], sizeof keys[i], "%u", batch * 400 + i);
            lines[i] = keys[i];
        }
        job_feed(&job, 0, lines);
        loop_run(job.loop);
        ck_assert_msg(job_cut(&job), "batch %u: %s", batch, job.err.text);
        ck_assert_msg(!engine_full(job.engine), "batch %u", batch);
    }
}
END_TEST

START_TEST(damaged_bytes_are_refused_wherever_they_end)
{
    leave(NESTED, "a;b;a");
    size_t len = log_.states[0].bytes.len;
    for (size_t n = 0; n < len; n++) {
        log_.states[0].bytes.len = n;
        ck_assert_msg(!begin(NESTED), "%zu of %zu", n, len);
        ck_assert_int_eq(job.err.code, 350);
        job_close(&job);
    }
}
END_TEST

START_TEST(any_byte_may_be_another)
{
    leave(NESTED, "a;b;a");
    uint8_t *bytes = (void *)(uintptr_t)log_.states[0].bytes.ptr;
    for (size_t i = 0; i < log_.states[0].bytes.len; i++) {
        uint8_t before = bytes[i];
        bytes[i] ^= (uint8_t)(1 + i % 255);
        begin(NESTED); /* no matter what it says */
        job_close(&job);
        bytes[i] = before;
    }
}
END_TEST

/* What this version writes: every later one must read it. */
START_TEST(the_bytes_are_those_of_the_format)
{
    static const uint8_t golden[] = {
        1,   0,                               /* version, changes */
        0,   0,   0,   0,   0,   0,   0,   2, /* keys */
        0,   16,  'u', 'p', 'd', 'a', 't', 'e', 'S', 't', 'a', 't', 'e', 'B', 'y', 'K', 'e',
        'y', 'u', 0,   2,   's', 'i',                          /* (String, Int) */
        's', 0,   0,   0,   2,                                 /* two pairs */
        0,   0,   0,   1,   0,   0,   0,   2,   'a', 'b', 'b', /* their keys */
        0,   0,   0,   0,   0,   0,   0,   2,   0,   0,   0,   0,   0,   0,   0,   1,   0,
    };
    leave(STATE("t", "s.getOrElse(0) + v.sum"), "a;bb;a");
    ck_assert_uint_eq(log_.n, 1);
    ck_assert_str_eq(log_.states[0].id, "t");
    ck_assert_uint_eq(log_.states[0].bytes.len, sizeof golden);
    ck_assert_mem_eq(log_.states[0].bytes.ptr, golden, sizeof golden);
}
END_TEST

Suite *memories_suite(void);
Suite *memories_suite(void)
{
    Suite *suite = suite_create("memories");
    TCase *tcase = tcase_create("memory");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, stage_close);
    tcase_add_test(tcase, a_state_without_an_operation_is_refused_with_its_keys);
    tcase_add_test(tcase, many_keys_are_counted_in_thousands);
    tcase_add_test(tcase, an_older_part_of_a_state_must_fit_too);
    tcase_add_test(tcase, a_state_of_another_type_is_refused);
    tcase_add_test(tcase, all_that_cannot_be_carried_on_is_named);
    tcase_add_test(tcase, an_operation_whose_id_is_another_is_pointed_at);
    tcase_add_test(tcase, a_state_of_a_newer_format_is_refused);
    tcase_add_test(tcase, a_whole_number_becomes_a_double);
    tcase_add_test(tcase, a_record_gets_an_optional_field);
    tcase_add_loop_test(tcase, a_value_of_a_narrower_type_is_carried_on, 0, ARRAY_SIZE(widened));
    tcase_add_loop_test(tcase, a_value_of_another_type_is_not, 0, ARRAY_SIZE(narrower));
    tcase_add_test(tcase, a_field_that_is_called_otherwise_is_another);
    tcase_add_test(tcase, a_field_is_not_dropped_unasked);
    tcase_add_test(tcase, a_window_of_another_length_has_another_state);
    tcase_add_test(tcase, an_empty_state_may_go);
    tcase_add_test(tcase, first_states_are_not_taken_twice);
    tcase_add_test(tcase, a_state_that_grows_makes_no_batch_full);
    tcase_add_test(tcase, damaged_bytes_are_refused_wherever_they_end);
    tcase_add_test(tcase, any_byte_may_be_another);
    tcase_add_test(tcase, the_bytes_are_those_of_the_format);
    suite_add_tcase(suite, tcase);
    return suite;
}
