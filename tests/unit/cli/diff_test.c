/* cli/diff*.c: what a new version of a job changes, and what becomes of the state that the old one saved. */
#include "cli/diff.h"

#include "engine/plan.h"
#include "job_dir.h"
#include "spec/job.h"

static struct arena arena;
static struct settings settings;
static struct diags diags[2];
static struct explain jobs[2]; /* old, new */
static struct diff diff;
static struct record record;
static struct buf out;

#define SUM(id, zero)                \
    "  - updateStateByKey: {id: " id \
    ", func: \"(values, state) => values.sum + state.getOrElse(" zero ")\"}\n"

static void job_of(int i, const char *keys, const char *ops)
{
    static const struct expand_env expand = { 0 };
    static const struct job_env env = { .expand = &expand, .memory_max = 1 };
    struct job_spec *spec;
    struct plan *plan;
    const char *text = arena_printf(&arena,
                                    "checkpoint: file://%s\n%ssources:\n"
                                    "  - kafka: {bootstrap.servers: \"b:1\", group.id: g, "
                                    "topics: [t]}\ntransformations:\n  - map: (_.value, 1)\n%s"
                                    "outputs: [print]\n",
                                    job_dir, keys, ops);
    diags[i] = (struct diags){ .arena = &arena, .file = "j.yaml", .source = slice_of_text(text) };
    bool good = job_parse(&arena, "clicks", &env, &diags[i], &spec) &&
                plan_build(&arena, spec, &diags[i], &plan);
    diag_print(&diags[i], DIAG_GNU, false, &out);
    ck_assert_msg(good, "%s", buf_text(&out));
    jobs[i] = (struct explain){
        .arena = &arena, .spec = spec, .plan = plan, .state_directory = "/state"
    };
    explain_open(&jobs[i]);
}

/* What is shown of a new version. */
static const char *shown(const char *keys, const char *ops)
{
    job_of(1, keys, ops);
    diff =
        (struct diff){ .arena = &arena, .settings = &settings, .old = &jobs[0], .new = &jobs[1] };
    diff_compare(&diff);
    buf_clear(&out);
    diff_put_text(&diff, false, &out);
    return buf_text(&out);
}

static void save(const char *id, uint64_t keys, const char *type)
{
    put_state(&record, id, keys, type);
}

static void saved(void)
{
    job_dir_folder("e1.ab");
    job_dir_folder("e1.ab/log");
    job_dir_folder("e1.ab/snap");
    job_dir_record("e1.ab/log/1", FILE_LOG, &record);
}

START_TEST(what_is_the_same_is_unchanged)
{
    job_of(0, "", SUM("a", "0"));
    save("a", 7, PAIR_INT);
    saved();
    ck_assert_str_eq(shown("", SUM("a", "0")), "clicks: unchanged\n");
    ck_assert_str_eq(shown("# a remark\nmaxAppAttempts: 3\n", SUM("a", "0")),
                     "clicks: unchanged\n");
}
END_TEST

START_TEST(what_comes_goes_and_changes_is_shown)
{
    job_of(0, "description: d\n", "");
    ck_assert_str_eq(shown("batchInterval: 2s\n", "  - filter: _._2 > 0\n"),
                     "clicks: restart from the checkpoint, after the open batch\n"
                     "  - description: d\n"
                     "  ~ batchInterval: 1s -> 2s\n"
                     "  + streams.result[1]: filter: _._2 > 0\n");
    job_of(0, "", "  - count\n");
    ck_assert_str_eq(shown("description: a long line that says much of what this job is for\n",
                           "  - distinct\n"),
                     "clicks: restart from the checkpoint, after the open batch\n"
                     "  ~ streams.result[1]: count -> distinct\n"
                     "  + description: a long line that says much of what this job is for\n");
    job_of(0, "description: a long line that says much of what it is for\n", "");
    ck_assert_str_eq(shown("description: another one\n", ""),
                     "clicks: restart from the checkpoint, after the open batch\n"
                     "  ~ description\n"
                     "      was a long line that says much of what it is for\n"
                     "      is  another one\n");
}
END_TEST

START_TEST(a_state_is_kept_converted_or_new)
{
    job_of(0, "", SUM("a", "0") "  - map: (_._1, 1)\n" SUM("b", "0"));
    save("a", 1204331, PAIR_INT);
    save("b", 1, PAIR_INT);
    saved();
    ck_assert_str_eq(
        shown("batchInterval: 2s\n", SUM("a", "0") "  - map: (_._1, 1)\n" SUM("b", "0.0")  //
              "  - map: (_._1, 1)\n" SUM("c", "0")),
        "clicks: restart from the checkpoint, after the open batch\n"
        "  state 'a' (1,204,331 keys) is kept\n"
        "  state 'b' (1 key) is converted: (String, Int) becomes (String, Double)\n"
        "  state 'c' is new and begins empty\n"
        "  ~ batchInterval: 1s -> 2s\n"
        "  ~ streams.result[3]\n"
        "      was updateStateByKey: {id: b, func: \"(values, state) => values.sum + "
        "state.getOrElse(0)\"}\n"
        "      is  updateStateByKey: {id: b, func: \"(values, state) => values.sum + "
        "state.getOrElse(0.0)\"}\n"
        "  + streams.result[4]: map: (_._1, 1)\n"
        "  + streams.result[5]: updateStateByKey: {id: c, func: \"(values, state) => values.sum + "
        "state.getOrElse(0)\"}\n");
    ck_assert_int_eq(diff_verdict(&diff), DIFF_RESTART);
}
END_TEST

START_TEST(a_state_that_holds_nothing_yet_is_not_shown)
{
    job_of(0, "", SUM("a", "0"));
    ck_assert_str_eq(shown("description: d\n", SUM("a", "0")),
                     "clicks: restart from the checkpoint, after the open batch\n"
                     "  + description: d\n");
}
END_TEST

START_TEST(a_state_that_would_be_lost_is_refused)
{
    job_of(0, "", SUM("a", "0.0"));
    save("a", 0, PAIR_DOUBLE);
    save("gone", 0, PAIR_INT); /* and empty */
    save("b", 999, PAIR_DOUBLE);
    saved();
    const char *text = shown("", SUM("a", "0"));
    ck_assert_msg(
        strstr(text,
               "clicks: refused: state would be lost; the running version is kept\n"
               "  state 'a' (0 keys) was made by updateStateByKey and holds (String, Double), but "
               "here is updateStateByKey of (String, Int)\n"
               "    help: keep 'id: a' as it is, or drop it once: tidemark restart clicks "
               "--discard-state a\n"
               "    help: until there is a `tidemark restart`, with no daemon: tidemark run --once "
               "--discard-state clicks/a\n"
               "  state 'b' (999 keys) has no operation in the new file\n"
               "    help: keep 'id: b' as it is, or drop it once: tidemark restart clicks "
               "--discard-state b\n"
               "    help: until there is a `tidemark restart`, with no daemon: tidemark run --once "
               "--discard-state clicks/b\n"
               "  ~ ") == text,
        "%s", text);
    ck_assert_int_eq(diff_verdict(&diff), DIFF_REFUSED);
}
END_TEST

START_TEST(what_cannot_be_read_is_judged_by_the_old_file)
{
    job_of(0, "", SUM("a", "0"));
    save("a", 1, PAIR_INT);
    saved();
    job_dir_spoil("e1.ab/log/1", _i ? 200 : 1 << 20);
    const char *text = shown("", "");
    ck_assert_msg(strstr(text, "  state 'a' (number of keys unknown) has no operation") != NULL,
                  "%s", text);
    ck_assert_msg(strstr(text, "\n  how many keys there are is not known: ") != NULL, "%s", text);
    text = shown("batchInterval: 2s\n", SUM("a", "0"));
    ck_assert_msg(strstr(text, "  state 'a' (number of keys unknown) is kept\n") != NULL, "%s",
                  text);
    ck_assert_str_eq(shown("", SUM("a", "0")), "clicks: unchanged\n");
    job_of(0, "", "");
    ck_assert_str_eq(shown("description: d\n", ""),
                     "clicks: restart from the checkpoint, after the open batch\n"
                     "  + description: d\n");
}
END_TEST

START_TEST(bytes_that_are_no_state_are_not_read)
{
    struct entry entry = { .kind = ENTRY_DELTA };
    entry.delta.id = slice_of_text("a");
    entry.delta.bytes = slice_of_text("\1\1no");
    job_of(0, "", SUM("a", "0"));
    record_put(&record, &entry);
    saved();
    const char *text = shown("batchInterval: 2s\n", SUM("a", "0"));
    ck_assert_msg(
        strstr(text, "  how many keys there are is not known: the state 'a' is damaged\n"), "%s",
        text);
}
END_TEST

START_TEST(many_changes_are_all_shown)
{
    struct buf ops = { 0 };
    for (int i = 0; i < 100; i++)
        buf_puts(&ops, "  - filter: _._2 > 0\n");
    job_of(0, "", buf_text(&ops));
    const char *text = shown("", "");
    ck_assert_ptr_nonnull(strstr(text, "  - streams.result[1]: filter"));
    ck_assert_ptr_nonnull(strstr(text, "  - streams.result[100]: filter"));
    ck_assert_uint_eq(diff.n_changes, 100);
    buf_free(&ops);
}
END_TEST

START_TEST(the_verdict_is_strong_where_there_are_colors)
{
    job_of(0, "", "");
    shown("", "");
    buf_clear(&out);
    diff_put_text(&diff, true, &out);
    ck_assert_str_eq(buf_text(&out), "\033[1mclicks: unchanged\033[0m\n");
}
END_TEST

static void diff_begin(void)
{
    settings_init(&settings);
    job_dir_make();
}

static void diff_end(void)
{
    job_dir_remove();
    buf_free(&out);
    arena_free(&arena);
}

Suite *diff_suite(void)
{
    Suite *suite = suite_create("diff");
    TCase *tcase = tcase_create("diff");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, diff_begin, diff_end);
    tcase_add_test(tcase, what_is_the_same_is_unchanged);
    tcase_add_test(tcase, what_comes_goes_and_changes_is_shown);
    tcase_add_test(tcase, a_state_is_kept_converted_or_new);
    tcase_add_test(tcase, a_state_that_holds_nothing_yet_is_not_shown);
    tcase_add_test(tcase, a_state_that_would_be_lost_is_refused);
    tcase_add_loop_test(tcase, what_cannot_be_read_is_judged_by_the_old_file, 0, 2);
    tcase_add_test(tcase, bytes_that_are_no_state_are_not_read);
    tcase_add_test(tcase, many_changes_are_all_shown);
    tcase_add_test(tcase, the_verdict_is_strong_where_there_are_colors);
    return suite;
}
