/* spec/job_tests.c: the form of `tests:`, and what a test is read as. */
#include "job_try.h"

#define JOB SOURCES PRINT
#define TWO                               \
    "sources:\n  - " KAFKA "\n  - " KAFKA \
    "\noutputs:\n  - print: {from: kafka0}\n  - print: {from: kafka1, label: b}\n"

static const struct {
    const char *text, *said;
} cases[] = {
    { JOB
      "tests:\n  - {name: a, input: [[x, 1, true, 1.50], []], expect: [[x], ~], errors: [0, 1]}\n",
      "" },
    { JOB "tests:\n  - name: a\n    input: [[{key: k, value: v, topic: t, partition: 1, offset: 7, "
          "timestamp: "
          "9, headers: {h: 1, i: ~}}, {value: ~}, {}]]\n",
      "" },
    { JOB "tests: [{name: a, batches: 2, expect: [[], [x]]}]\n", "" },
    { JOB "tests: [{name: a, input: {kafka0: [[x]]}, expect: {print0: [[x]]}}]\n", "" },
    { TWO "tests: [{name: a, input: {kafka1: [[x]]}, expect: {b: [[x]]}}]\n", "" },
    { JOB "tests: [{name: a, input: [[~]]}]\n",
      "j.yaml:4:28: error[E206]: a record must be a text, or a mapping as {key: k, value: v}, here "
      "is nothing\n" },
    { JOB "tests: [{name: a, input: [[[x]]]}]\n",
      "j.yaml:4:28: error[E206]: a record must be a text, or a mapping as {key: k, value: v}, here "
      "is a list\n" },
    { JOB "tests: [{name: a, input: [[{vlaue: x}]]}]\n",
      "j.yaml:4:29: error[E202]: unknown key 'vlaue'\n  help: did you mean 'value'?\n" },
    { JOB "tests: [{name: a, input: [[{value: [x]}]]}]\n",
      "j.yaml:4:36: error[E206]: value must be a text or null, here is a list\n" },
    { JOB "tests: [{name: a, input: [[{partition: -1}]]}]\n",
      "j.yaml:4:40: error[E208]: partition must be at least 0, here is "
      "'-1'\n" },
    { JOB "tests: [{name: a, input: [[{headers: {h: [x]}}]]}]\n",
      "j.yaml:4:42: error[E206]: h must be a text or null, here is a list\n" },
    { JOB "tests: [{name: a, input: [x]}]\n",
      "j.yaml:4:27: error[E206]: a batch of input must be a list, here is a text\n" },
    { JOB "tests: [{name: a, input: x}]\n",
      "j.yaml:4:26: error[E206]: input must be a list with one list a batch, here is 'x'\n" },
    { JOB "tests: [{name: a, input: {kafka1: [[x]]}}]\n",
      "j.yaml:4:27: error[E211]: there is no source 'kafka1'\n  help: did you mean 'kafka0'?\n" },
    { JOB "tests: [{name: a, input: [[x]], expect: {print1: [[x]]}}]\n",
      "j.yaml:4:42: error[E211]: there is no output labelled 'print1'\n  help: did you mean "
      "'print0'?\n" },
    { TWO "tests: [{name: a, input: [[x]]}]\n",
      "j.yaml:7:26: error[E206]: input must say for which of the 2 sources it is\n  help: write "
      "{kafka0: [[…]], …}\n" },
    { JOB "tests: [{name: a, batches: 2, expect: [[], [], []]}]\n",
      "j.yaml:4:39: error[E208]: expect has 3 batches, but only 2 are run\n" },
    { JOB "tests: [{name: a, input: [[x]], expect: {print0: [[], []]}}]\n",
      "j.yaml:4:50: error[E208]: print0 has 2 batches, but only 1 are run\n" },
    { JOB "tests: [{name: a, input: [[x]], errors: [0, 1]}]\n",
      "j.yaml:4:41: error[E208]: errors has 2 numbers of batches, but only 1 are run\n" },
    { JOB "tests: [{name: a}]\n",
      "j.yaml:4:16: error[E205]: test 'a' runs no batch: it needs 'input' or 'batches'\n" },
    { JOB "tests: [{name: a, input: [[x]]}, {name: a, input: [[x]]}]\n",
      "j.yaml:4:41: error[E213]: the name of test 'a' is used twice; the first is on line 4\n" },
    { JOB "tests: [{input: [[x]]}]\n",
      "j.yaml:4:9: error[E205]: tests needs 'name'\n  help: as name: counts words\n" },
    { JOB "tests: [{name: a, input: [[\"${NOPE}\"]]}]\n",
      "j.yaml:4:29: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-default}\", quotes included\n" },
    { SOURCES PRINT "tests: !x [a]\n", "j.yaml:4:8: error[E105]: tag '!x' is not allowed here\n" },
    { SOURCES PRINT
      "tests: [!x {a: b}, 5, {name: a, input: !x [[a]]}, {name: b, input: [!x [a]]}]\n",
      "j.yaml:4:9: error[E105]: tag '!x' is not allowed here\n"
      "j.yaml:4:20: error[E206]: a test is a mapping, here is a whole number\n"
      "j.yaml:4:40: error[E105]: tag '!x' is not allowed here\n"
      "j.yaml:4:69: error[E105]: tag '!x' is not allowed here\n" },
    { SOURCES PRINT "tests: [{name: a, input: *x}, {name: b, batches: !x 3}]\n",
      "j.yaml:4:26: error[E105]: alias 'x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"*x\"\n"
      "j.yaml:4:50: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x 3\"\n" },
    { SOURCES PRINT "tests: [{name: a, input: [[!x a]], expect: 5}]\n",
      "j.yaml:4:28: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x a\"\n"
      "j.yaml:4:44: error[E206]: expect must be a list with one list a batch, here is '5'\n" },
    { SOURCES PRINT "tests: [{name: a, batches: 1, expect: [5, ~]}]\n",
      "j.yaml:4:40: error[E206]: a batch of expect must be a list, here is a whole number\n" },
    { SOURCES PRINT "tests: [{name: a, input: {kafka0: !x [[a]]}, expect: {print0: !x [[a]]}}]\n",
      "j.yaml:4:35: error[E105]: tag '!x' is not allowed here\n"
      "j.yaml:4:63: error[E105]: tag '!x' is not allowed here\n" },
    { SOURCES PRINT "tests: [{name: a, input: [[{key: [a]}]]}]\n",
      "j.yaml:4:34: error[E206]: key must be a text or null, here is a list\n" },
    { SOURCES PRINT "tests: [{name: a, input: [[x]], errors: [-1]}]\n",
      "j.yaml:4:42: error[E208]: errors must be at least 0, here is '-1'\n" },
    { SOURCES PRINT "tests: [{name: a, input: [[x]], errors: !x [1, 2]}]\n",
      "j.yaml:4:41: error[E105]: tag '!x' is not allowed here\n" },
    { SOURCES PRINT "tests: [{input: [[x]]}, {name: a, input: [[x]]}, {name: b, input: [[x]]}, "
                    "{name: a, input: [[x]]}]\n",
      "j.yaml:4:9: error[E205]: tests needs 'name'\n"
      "  help: as name: counts words\n"
      "j.yaml:4:82: error[E213]: the name of test 'a' is used twice; the first is on line 4\n" },
    { SOURCES PRINT "tests: [{name: a, batches: 100001}]\n",
      "j.yaml:4:28: error[E208]: batches must be at most 100000, here is '100001'\n" },
    { "sources: [flume: {port: 1}]\n" PRINT "tests: [{name: a, input: [[a, {body: b, headers: {h: "
      "1}}, {body: [b]}, {body: ~}, {headers: {a: b}}]]}]\n",
      "j.yaml:3:66: error[E206]: body must be a text, here is a list\n"
      "j.yaml:3:79: error[E206]: body must be a text, here is nothing\n"
      "  help: write the value behind the ':', or leave the key out\n"
      "j.yaml:3:83: error[E205]: input needs 'body'\n" },
    { "sources: [socketTextStream: {host: h, port: 1}]\n" PRINT
      "tests: [{name: a, input: [[a, 1, {value: b}, ~]]}]\n",
      "j.yaml:3:34: error[E206]: a record must be a text, here is a mapping\n"
      "j.yaml:3:46: error[E206]: a record must be a text, here is nothing\n" },
    { "sources: [rate]\n" PRINT "tests: [{name: a, input: [[1]]}]\n",
      "j.yaml:3:19: error[E204]: rate takes no input: it makes its records by itself\n"
      "  help: say how many batches are run: batches: 3\n" },
    { SOURCES "outputs: [prnt]\ntests: [{name: a}, {name: b, expect: {prnt0: [[a]]}}]\n",
      "j.yaml:3:11: error[E201]: unknown output 'prnt'\n"
      "  help: did you mean 'print'?\n" },
    { "sources: [5, rate]\noutputs: [print: {from: rate1}]\ntests: [{name: b, input: {rate7: "
      "[[a]]}, batches: 1}, {name: c, input: [[a]]}]\n",
      "j.yaml:1:11: error[E201]: unknown source '5'\n" },
    { "sources: []\n" PRINT "tests: [{name: a, input: [[1]]}]\n",
      "j.yaml:1:1: error[E214]: the job has no sources\n"
      "  help: say where records come from: sources: [{kafka: {…}}]\n" },
    { PRINT "tests: [{name: a, input: {x: [[1]]}}]\n",
      "j.yaml: error[E214]: the job has no sources\n"
      "  help: say where records come from: sources: [{kafka: {…}}]\n" },
    { SOURCES PRINT "tests: [{name: a, input: [!x a]}]\n",
      "j.yaml:4:27: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x a\"\n" },
    { SOURCES PRINT "tests: [{name: a, input: [[{headers: {h: !x [a]}}]]}]\n",
      "j.yaml:4:42: error[E105]: tag '!x' is not allowed here\n" },
};

START_TEST(each_mistake_is_named_with_its_place)
{
    expect(cases[_i].text, cases[_i].said);
}
END_TEST

START_TEST(a_test_is_read_by_sources_and_outputs)
{
    ck_assert(parse(
        TWO
        "tests:\n  - {name: a, input: {kafka1: [[x], [y], [$$]]}, expect: {b: [[x]]}, batches: 2, "
        "ordered: true}\n"));
    const struct job_test *test = &spec->tests[0];
    ck_assert_uint_eq(spec->n_tests, 1);
    ck_assert_ptr_null(test->input[0]);
    ck_assert_str_eq(test->input[1]->items[2]->items[0]->text, "$");
    ck_assert_ptr_null(test->expect[0]);
    ck_assert_uint_eq(test->expect[1]->n, 1);
    ck_assert_uint_eq(test->batches, 3);
    ck_assert(test->ordered && !test->errors);
}
END_TEST

Suite *job_tests_suite(void)
{
    Suite *suite = suite_create("job_tests");
    TCase *tcase = tcase_create("job_tests");
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, NULL, clean);
    tcase_add_loop_test(tcase, each_mistake_is_named_with_its_place, 0,
                        sizeof cases / sizeof cases[0]);
    tcase_add_test(tcase, a_test_is_read_by_sources_and_outputs);
    return suite;
}
