#include "job_try.h"

#define TWO "sources: [{" KAFKA_AS("a") "}, {" KAFKA_AS("b") "}]\n"
#define KAFKA_AS(name) \
    "kafka: {name: " name ", bootstrap.servers: \"b:1\", group.id: g, topics: [t]}"

START_TEST(a_stream_stands_behind_those_it_reads)
{
    ck_assert_msg(parse(SOURCES "streams:\n"
                                "  c: {from: b, transformations: [count]}\n"
                                "  b: {from: a}\n"
                                "  a: {from: kafka0, transformations: [{map: _.value}]}\n"
                                "outputs: [print: {from: c}, print: {from: kafka0}]\n"),
                  "%s", findings(DIAG_GNU));
    ck_assert_uint_eq(spec->n_streams, 3);
    ck_assert_str_eq(spec->streams[0].name, "a");
    ck_assert_str_eq(spec->streams[1].name, "b");
    ck_assert_str_eq(spec->streams[2].name, "c");
    ck_assert_uint_eq(spec->streams[2].n_ops, 1);
    ck_assert_str_eq(spec->outputs[1].from, "kafka0");
}
END_TEST

START_TEST(a_lone_source_is_the_result)
{
    ck_assert_msg(parse(SOURCES PRINT), "%s", findings(DIAG_GNU));
    ck_assert_str_eq(spec->streams[0].name, "result");
    ck_assert_uint_eq(spec->streams[0].n_ops, 0);
    ck_assert_str_eq(spec->outputs[0].from, "result");
}
END_TEST

START_TEST(behind_a_bad_operation_nothing_has_a_type)
{
    ck_assert(!parse(SOURCES "transformations: [{map: _.value}, {mop: 1}, count]\n"
                             "streams: {s: {from: result}, t: {from: kafka0}}\n"
                             "outputs: [print, print: {from: s}, print: {from: t}]\n"));
    ck_assert_uint_eq(spec->n_streams, 2);
    ck_assert_uint_eq(spec->streams[0].n_ops, 1);
    ck_assert_str_eq(spec->streams[1].name, "t");
    ck_assert_uint_eq(spec->n_outputs, 1);
    ck_assert_str_eq(spec->outputs[0].from, "t");
}
END_TEST

START_TEST(without_a_typed_source_there_is_no_plan)
{
    ck_assert(!parse("sources: [flum: {port: 1}]\n" PRINT));
    ck_assert_ptr_null(spec);
}
END_TEST

static const struct {
    const char *text, *said;
} said[] = {
    { TWO "streams: {s: {from: a}}\noutputs: [print: {from: s}]\n",
      "j.yaml:1:98: warning[W102]: nothing reads the source 'b'\n" },
    { SOURCES "streams: {s: {from: kafka0}, u: {from: s}}\noutputs: [print: {from: s}]\n",
      "j.yaml:3:30: warning[W102]: nothing reads the stream 'u'\n" },
    { TWO "transformations: [count]\n" PRINT,
      "j.yaml:2:1: error[E210]: 'transformations' needs exactly one source, here are 2\n"
      "  help: name the streams: streams: {NAME: {from: a, transformations: […]}}\n" },
    { TWO PRINT,
      "j.yaml:2:11: error[E205]: print needs 'from'\n"
      "  help: name the stream: print: {from: NAME}\n" },
    { SOURCES "streams: {s: {from: kafk0}}\noutputs: [print: {from: s}]\n",
      "j.yaml:3:21: error[E211]: there is no source or stream 'kafk0'\n"
      "  help: did you mean 'kafka0'?\n" },
    { SOURCES "streams: {a: {from: b}, b: {from: c}, c: {from: a}, d: {from: d}}\n"
              "outputs: [print: {from: a}, print: {from: d}]\n",
      "j.yaml:3:49: error[E211]: stream 'c' reads 'a', which reads it in turn\n"
      "j.yaml:3:63: error[E211]: stream 'd' reads itself\n" },
    { SOURCES "streams: {kafka0: {from: kafka0}}\noutputs: [print: {from: kafka0}]\n",
      "j.yaml:3:11: error[E213]: name 'kafka0' is used twice; a source has it\n" },
    { SOURCES "transformations: [count]\nstreams: {result: {from: kafka0}}\n" PRINT,
      "j.yaml:4:11: error[E213]: name 'result' is used twice; 'result' is the stream of "
      "'transformations'\n" },
    { SOURCES "streams: {a b: {from: kafka0}}\noutputs: [print: {from: kafka0}]\n",
      "j.yaml:3:11: error[E208]: the name of a stream is of letters, digits, '_' and '-', at most "
      "63; here is 'a b'\n" },
    { SOURCES "streams: {s: {transformation: [count]}}\noutputs: [print: {from: kafka0}]\n",
      "j.yaml:3:11: error[E205]: s needs 'from'\n  help: as from: [clicks, views]\n"
      "j.yaml:3:15: error[E202]: unknown key 'transformation'\n"
      "  help: did you mean 'transformations'?\n" },
    { TWO "streams: {s: {from: [a, b]}}\noutputs: [print: {from: s}]\n", "" },
    { TWO "streams: {s: {from: [a, c]}}\noutputs: [print: {from: [s]}]\n",
      "j.yaml:2:25: error[E211]: there is no source or stream 'c'\n"
      "j.yaml:3:25: error[E206]: from must be one name, here is a list\n" },
    { SOURCES "outputs: [{print: {label: p, num: 3}}, {print: {label: p}}]\n",
      "j.yaml:3:56: error[E213]: label 'p' is used twice; the first is on line 3\n" },
    { SOURCES "outputs: [{print: 3}]\n",
      "j.yaml:3:19: error[E206]: print must be a mapping, as {num: 10}, here is '3'\n" },
    { SOURCES "transformations:\n  - map: _.value\n    filter: _ == 1\n" PRINT,
      "j.yaml:5:5: error[E206]: an item is one operation, here begins a second\n"
      "  help: begin 'filter' with '- ' on a line of its own\n" },
    { SOURCES "transformations:\n  - map (_, 1)\n" PRINT,
      "j.yaml:4:5: error[E201]: operation 'map' and its argument are separated by ': '\n"
      "  help: write map: (_, 1)\n" },
    { SOURCES PRINT "streams: [a]\n",
      "j.yaml:4:10: error[E206]: streams must be a mapping, here is a list\n" },
    { SOURCES PRINT "streams: {s: [count]}\n",
      "j.yaml:3:11: error[E205]: print needs 'from'\n"
      "  help: name the stream: print: {from: NAME}\n"
      "j.yaml:4:14: error[E206]: s must be a mapping {from, transformations}, here is a list\n" },
    { SOURCES "streams: {s: {from: kafka0}}\noutputs: [print: {from: s}]\n", "" },
    { SOURCES "streams: {s: {from: []}}\noutputs: [print: {from: s}]\n",
      "j.yaml:3:21: error[E206]: from must be one name or several, here is an empty list\n" },
    { SOURCES "streams: {s: {from: [5, kafka0]}}\noutputs: [print: {from: s}]\n",
      "j.yaml:3:22: error[E206]: from must be a name, here is '5'\n" },
    { SOURCES "streams: {s: {from: [\"${NOPE}\"]}}\noutputs: [print: {from: s}]\n",
      "j.yaml:3:23: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-default}\", quotes included\n" },
    { SOURCES "streams: {s: {from: !x kafka0}}\noutputs: [print: {from: s}]\n",
      "j.yaml:3:21: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x kafka0\"\n" },
    { SOURCES "streams: {s: {from: [!x kafka0]}}\noutputs: [print: {from: s}]\n",
      "j.yaml:3:22: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x kafka0\"\n" },
    { SOURCES
      "streams: {s: {from: kafka0, transformations: !x [count]}}\noutputs: [print: {from: s}]\n",
      "j.yaml:3:46: error[E105]: tag '!x' is not allowed here\n" },
    { SOURCES "streams: {s: {from: kafka0, transformations: count}}\noutputs: [print: {from: s}]\n",
      "j.yaml:3:46: error[E206]: transformations must be a list, here is 'count'\n" },
    { SOURCES
      "streams: {s: {from: kafka0, transformation: [count]}}\noutputs: [print: {from: s}]\n",
      "j.yaml:3:29: error[E202]: unknown key 'transformation'\n"
      "  help: did you mean 'transformations'?\n" },
    { SOURCES "streams: {s: {from: [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,t,u,v,w,x,y,z]}}\noutputs: "
              "[print: {from: s}]\n",
      "j.yaml:3:22: error[E211]: there is no source or stream 'a'\n"
      "j.yaml:3:24: error[E211]: there is no source or stream 'b'\n"
      "j.yaml:3:26: error[E211]: there is no source or stream 'c'\n"
      "j.yaml:3:28: error[E211]: there is no source or stream 'd'\n"
      "j.yaml:3:30: error[E211]: there is no source or stream 'e'\n"
      "j.yaml:3:32: error[E211]: there is no source or stream 'f'\n"
      "j.yaml:3:34: error[E211]: there is no source or stream 'g'\n"
      "j.yaml:3:36: error[E211]: there is no source or stream 'h'\n"
      "j.yaml:3:38: error[E211]: there is no source or stream 'i'\n"
      "j.yaml:3:40: error[E211]: there is no source or stream 'j'\n"
      "j.yaml:3:42: error[E211]: there is no source or stream 'k'\n"
      "j.yaml:3:44: error[E211]: there is no source or stream 'l'\n"
      "j.yaml:3:46: error[E211]: there is no source or stream 'm'\n"
      "j.yaml:3:48: error[E211]: there is no source or stream 'n'\n"
      "j.yaml:3:50: error[E211]: there is no source or stream 'o'\n"
      "j.yaml:3:52: error[E211]: there is no source or stream 'p'\n"
      "j.yaml:3:54: error[E211]: there is no source or stream 'q'\n"
      "j.yaml:3:56: error[E211]: there is no source or stream 'r'\n"
      "j.yaml:3:58: error[E211]: there is no source or stream 't'\n"
      "j.yaml:3:60: error[E211]: there is no source or stream 'u'\n"
      "j.yaml: 25 errors; the first 20 are shown\n" },
    { SOURCES "streams: {\"a b\": {from: kafka0}, \"\": {from: kafka0}}\noutputs: [print: {from: "
              "kafka0}]\n",
      "j.yaml:3:11: error[E208]: the name of a stream is of letters, digits, '_' and '-', at most "
      "63; here is 'a b'\n"
      "j.yaml:3:34: error[E208]: the name of a stream is of letters, digits, '_' and '-', at most "
      "63; here is ''\n" },
    { SOURCES "streams: {aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: {from: "
              "kafka0}}\noutputs: [print: {from: kafka0}]\n",
      "j.yaml:3:11: error[E208]: the name of a stream is of letters, digits, '_' and '-', at most "
      "63; here is 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'\n" },
    { SOURCES "streams: {a: {from: b}, b: {from: [kafka0, c]}, c: {from: a}}\noutputs: [print: "
              "{from: a}]\n",
      "j.yaml:3:59: error[E211]: stream 'c' reads 'a', which reads it in turn\n" },
    { SOURCES "streams: {outputs: {from: kafka0}}\n",
      "j.yaml: error[E214]: the job has no outputs\n"
      "  help: say where results go: outputs: [print]\n" },
};

START_TEST(what_is_wrong_with_the_graph_is_said)
{
    expect(said[_i].text, said[_i].said);
}
END_TEST

Suite *job_streams_suite(void)
{
    Suite *suite = suite_create("job_streams");
    TCase *tcase = tcase_create("job_streams");
    tcase_add_checked_fixture(tcase, NULL, clean);
    tcase_add_test(tcase, a_stream_stands_behind_those_it_reads);
    tcase_add_test(tcase, a_lone_source_is_the_result);
    tcase_add_test(tcase, behind_a_bad_operation_nothing_has_a_type);
    tcase_add_test(tcase, without_a_typed_source_there_is_no_plan);
    tcase_add_loop_test(tcase, what_is_wrong_with_the_graph_is_said, 0,
                        sizeof said / sizeof said[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
