#include "op/pipe.h"

#include "whole.h"

static const struct {
    const char *ops, *batches[5], *shown;
} cases[] = {
    { "- map: _.value\n- pipe: [tr, a-z, A-Z]",
      { "to be;or|not;", "", "to" },
      "TO BE\nOR\nNOT\n\n\n\nTO\n\n" },
    { "- map: (_.value, 1)\n- pipe: [cat]", { "a;it's" }, "('a', 1)\n(\"it's\", 1)\n\n" },
    { "- map: _.value\n- pipe: [sh, -c, 'cat; echo end']",
      { "a", "", "b" },
      "a\nend\n\n\nb\nend\n\n" },
    { "- map: _.value\n- pipe: [sh, -c, 'cat >/dev/null; printf \"x\\n\\ny\"']",
      { "a" },
      "x\n\ny\n\n" },
    { "- map: _.value\n- pipe: [awk, '{print NR \":\" $0}']", { "a\nb;c" }, "1:a\n2:b\n3:c\n\n" },
    { "- map: _.value\n- pipe: [tr, -d, '\\n']", { "a;b" }, "ab\n\n" },
    { "- map: _.value\n- pipe: [grep, -c, '']\n- map: _.toInt + 1", { "a;b|c" }, "4\n\n" },
    { "- map: _.value\n- pipe: [printf, '%s-%s\\n', \"a b\", \"$HOME\"]\n- filter: \"false\"",
      { "" },
      "\n" },
    { "- map: _.value\n- pipe: [sort]\n- glom", { "b|a|c", "" }, "['a', 'b', 'c']\n\n\n" },
    { " o: {from: [b, a], transformations: [map: _.value, pipe: [cat]]}\n",
      { "a;b|>c|d" },
      "c\na\nb\nd\n\n" },
    { "- map: _.value\n- pipe: [sh, -c, 'cat >/dev/null; printf \"ok\\na\\377b\\nok\"']",
      { "a" },
      "ok\nok\n\nE401 at -1: transformations[1].pipe: the line is not UTF-8: b'a\\xffb'\n" },
    { "- map: _.value\n- window: {windowDuration: 2s}\n- pipe: [wc, -l]\n- map: _.trim",
      { "a;b", "c", "" },
      "2\n\n3\n\n1\n\n" },
};

START_TEST(a_line_in_a_line_out)
{
    whole_shows(cases[_i].ops, cases[_i].batches, cases[_i].shown);
}
END_TEST

static const struct {
    const char *pipe, *said;
} failures[] = {
    { "[no-such-program]", "cannot start 'no-such-program': No such file or directory" },
    { "[/]", "cannot start '/': Permission denied" },
    { "[sh, -c, 'cat; echo oops >&2; exit 3']", "'sh' ended with status 3: oops" },
    { "[sh, -c, 'cat; kill -9 $$$$']", "'sh' was ended by signal 9 (Killed)" },
    { "['true']", "'true' ended before it had read all of its input" },
    { "{argv: [sleep, 100], timeout: 50ms}", "'sleep' neither read nor wrote anything for 0.05 s" },
};

START_TEST(a_program_that_fails_fails_the_batch)
{
    struct job job = { 0 };
    const char *ops = arena_printf(&job.arena, "- map: _.value\n- pipe: %s", failures[_i].pipe);
    if (!whole_plan(&job, whole_file(&job, ops)))
        ck_abort_msg("%s", buf_text(&job.shown));
    job.spec.on_error = ON_ERROR_SKIP; /* which is about records */
    job_start(&job);
    whole_feed(&job, "a;b");
    ck_assert(!job_cut(&job));
    ck_assert_uint_eq(job.err.code, 408);
    ck_assert_str_eq(job.err.text,
                     arena_printf(&job.arena, "transformations[1].pipe: %s", failures[_i].said));
    job_close(&job);
}
END_TEST

START_TEST(what_a_program_says_is_kept)
{
    struct job job = { 0 };
    ck_assert(whole_plan(&job, whole_file(&job,
                                          "- map: _.value\n"
                                          "- pipe: [sh, -c, 'cat; echo one >&2; echo two >&2']\n"
                                          "- pipe: [cat]")));
    job_start(&job);
    for (int i = 0; i < 2; i++) { /* of each batch anew */
        whole_feed(&job, "a");
        ck_assert(job_cut(&job));
        ck_assert_uint_eq(job.cut.n_said, 1);
        ck_assert_str_eq(job.cut.said[0].place, "transformations[1].pipe");
        ck_assert_str_eq(job.cut.said[0].text, "one\ntwo");
    }
    job_close(&job);
}
END_TEST

static const struct {
    const char *ops, *said;
} refused[] = {
    { "- pipe",
      "job.yaml:2:3: error[E205]: pipe needs an argument\n  help: as pipe: [tr, a-z, A-Z]\n" },
    { "- pipe: sort",
      "job.yaml:2:9: error[E206]: pipe must be a list, as [tr, a-z, A-Z], here is 'sort'\n" },
    { "- pipe: []",
      "job.yaml:2:9: error[E206]: pipe must be a program and its arguments, here is an empty "
      "list\n" },
    { "- pipe: ['', a]",
      "job.yaml:2:10: error[E206]: pipe must be a program and its arguments, here is ''\n" },
    { "- pipe: [sort, [a]]", "job.yaml:2:16: error[E206]: pipe must be a text, here is a list\n" },
    { "- pipe: {argv: [x], timeut: 3s}",
      "job.yaml:2:21: error[E202]: unknown key 'timeut'\n  help: did you mean 'timeout'?\n" },
    { "- pipe: {timeout: 3s}",
      "job.yaml:2:3: error[E205]: pipe needs 'argv'\n  help: as argv: [tr, a-z, A-Z]\n" },
    { "- pipe: [cat]\n- reduceByKey: _ + _",
      "job.yaml:3:3: error[E230]: reduceByKey needs pairs (K, V), but here is a stream of String\n"
      "  help: make pairs first: map: (_, 1)\n" },
};

START_TEST(mistakes_are_shown)
{
    whole_says(refused[_i].ops, refused[_i].said);
}
END_TEST

Suite *pipe_suite(void)
{
    Suite *suite = suite_create("pipe");
    TCase *tcase = tcase_create("pipe");
    tcase_add_loop_test(tcase, a_line_in_a_line_out, 0, ARRAY_SIZE(cases));
    tcase_add_loop_test(tcase, a_program_that_fails_fails_the_batch, 0, ARRAY_SIZE(failures));
    tcase_add_test(tcase, what_a_program_says_is_kept);
    tcase_add_loop_test(tcase, mistakes_are_shown, 0, ARRAY_SIZE(refused));
    suite_add_tcase(suite, tcase);
    return suite;
}
