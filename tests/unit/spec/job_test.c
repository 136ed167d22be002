#include "job_try.h"

static const char wordcount[] =
    "batchInterval: 10s\n"
    "checkpoint: webhdfs://systest@nn1:9870/user/systest/checkpoint\n"
    "maxAppAttempts: 3\n"
    "attemptFailuresValidityInterval: 1h\n"
    "sources:\n"
    "  - kafka: {bootstrap.servers: \"broker1:9092\", group.id: spark-streaming-consumer, topics: "
    "{lines: 1}}\n"
    "transformations:\n"
    "  - flatMap: _.value.split(\" \")\n"
    "  - map: (_, 1)\n"
    "  - reduceByKey: _ + _\n"
    "outputs:\n"
    "  - print\n";

START_TEST(the_word_count_is_read)
{
    ck_assert_msg(parse(wordcount), "%s", findings(DIAG_GNU));
    ck_assert_uint_eq(spec->batch_interval_ms, 10000);
    ck_assert_uint_eq(spec->attempt_window_ms, 3600000);
    ck_assert_uint_eq(spec->n_sources, 1);
    const struct job_source *source = &spec->sources[0];
    ck_assert_str_eq(source->name, "kafka0");
    ck_assert_str_eq(source->group_id, "spark-streaming-consumer");
    ck_assert_uint_eq(source->n_properties, 1);
    ck_assert_str_eq(source->properties[0].value, "broker1:9092");
    ck_assert_str_eq(source->topics[0].name, "lines");
    ck_assert_uint_eq(source->topics[0].consumers, 1);
    ck_assert_uint_eq(spec->n_streams, 1);
    ck_assert_str_eq(spec->streams[0].name, "result");
    ck_assert_str_eq(spec->streams[0].from[0], "kafka0");
    ck_assert_uint_eq(spec->streams[0].n_ops, 3);
    ck_assert_str_eq(spec->streams[0].ops[2].name, "reduceByKey");
    ck_assert_str_eq(spec->outputs[0].label, "print0");
    ck_assert_str_eq(spec->outputs[0].from, "result");
    ck_assert_uint_eq(spec->outputs[0].num, 10);
}
END_TEST

START_TEST(what_a_job_does_not_say_has_its_default)
{
    ck_assert_msg(parse(SOURCES PRINT), "%s", findings(DIAG_GNU));
    ck_assert(spec->enabled && spec->wal_enable && !spec->wal_compress && spec->backpressure);
    ck_assert(spec->stop_gracefully);
    ck_assert_ptr_null(spec->checkpoint);
    ck_assert_uint_eq(spec->batch_interval_ms, 1000);
    ck_assert_uint_eq(spec->block_interval_ms, 200);
    ck_assert_uint_eq(spec->checkpoint_interval_ms, 10000);
    ck_assert_uint_eq(spec->checkpoint_retain, 3);
    ck_assert_uint_eq(spec->wal_max_size, 20ull << 30);
    ck_assert_uint_eq(spec->wal_in_flight, 4);
    ck_assert_uint_eq(spec->max_app_attempts, 3);
    ck_assert_uint_eq(spec->attempt_window_ms, 3600000);
    ck_assert_uint_eq(spec->backoff_initial_ms, 1000);
    ck_assert_uint_eq(spec->backoff_max_ms, 60000);
    ck_assert_uint_eq(spec->min_rate, 100);
    ck_assert_uint_eq(spec->stop_timeout_ms, 30000);
    ck_assert_int_eq(spec->on_error, ON_ERROR_DEAD_LETTER);
    ck_assert_double_eq(spec->fail_above, 0.1);
    ck_assert_int_eq(spec->sources[0].starting_offsets, OFFSET_LATEST);
    ck_assert_int_eq(spec->sources[0].on_out_of_range, OFFSET_FAIL);
    ck_assert_uint_eq(spec->sources[0].max_rate, 0);
}
END_TEST

START_TEST(samples_of_the_manual_are_printed_to_the_letter)
{
    ck_assert(
        !parse("a: 1\n# 2\n# 3\n# 4\ntransformations:\n"
               "  - flatmap: _.value.split(\" \")\n"));
    ck_assert_ptr_nonnull(strstr(findings(DIAG_HUMAN),
                                 "j.yaml:6:5: error[E201]: unknown operation 'flatmap'\n"
                                 "  6 |   - flatmap: _.value.split(\" \")\n"
                                 "    |     ^^^^^^^\n"
                                 "  help: did you mean 'flatMap'?\n"));
    ck_assert(!parse("enabled: true\nbatchInterval: 2\n" SOURCES PRINT));
    ck_assert_str_eq(
        findings(DIAG_GNU),
        "j.yaml:2:16: error[E207]: batchInterval needs a unit: '2' could be 2ms or 2s\n");
    ck_assert(!parse(SOURCES "transformations:\n  - count\n  outputs:\n  - print\n"));
    ck_assert_str_eq(findings(DIAG_GNU),
                     "j.yaml:5:3: error[E204]: 'outputs' stands inside 'transformations'; here it "
                     "belongs 2 spaces to the left\n");
    ck_assert(
        !parse("sources:\n"
               "  - kafka: {group.id: g, bootstrap.servers: \"${KAFKA}\", topics: [a]}\n" PRINT));
    ck_assert_str_eq(findings(DIAG_GNU),
                     "j.yaml:2:46: error[E221]: ${KAFKA} is not set\n"
                     "  help: set it in /etc/default/tidemark, or write \"${KAFKA:-host:9092}\", "
                     "quotes included\n");
}
END_TEST

static const struct { /* a file and all that is said about it, as j.yaml:<said> */
    const char *text, *said;
} broken[] = {
    { "",
      "j.yaml: error[E214]: the job has no sources and no outputs\n"
      "  help: say where records come from: sources: [{kafka: {…}}]\n" },
    { "- a\n", "j.yaml:1:1: error[E206]: a job file is a mapping, here is a list\n" },
    { SOURCES,
      "j.yaml: error[E214]: the job has no outputs\n"
      "  help: say where results go: outputs: [print]\n" },
    { PRINT "sources: []\n",
      "j.yaml:2:1: error[E214]: the job has no sources\n"
      "  help: say where records come from: sources: [{kafka: {…}}]\n" },
    { "source:\n  - " KAFKA "\n" PRINT,
      "j.yaml:1:1: error[E202]: unknown key 'source'\n"
      "  help: did you mean 'sources'?\n" },
    { SOURCES "output: [print]\n",
      "j.yaml:3:1: error[E202]: unknown key 'output'\n"
      "  help: did you mean 'outputs'?\n" },
    { SOURCES "print:\n",
      "j.yaml: error[E214]: the job has no outputs\n"
      "  help: say where results go: outputs: [print]\n"
      "j.yaml:3:1: error[E202]: unknown key 'print'\n" },
    { SOURCES "outputs: *x\n",
      "j.yaml:3:10: error[E105]: alias 'x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"*x\"\n" },
    { "sources: !x\n",
      "j.yaml: error[E214]: the job has no outputs\n"
      "  help: say where results go: outputs: [print]\n"
      "j.yaml:1:10: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x\"\n" },
    { SOURCES "outputs: print\n",
      "j.yaml:3:10: error[E206]: outputs must be a list, here is 'print'\n" },
    { SOURCES PRINT "enabled: yes\n",
      "j.yaml:4:10: error[E206]: enabled must be true or false, here is 'yes'\n  help: write "
      "true\n" },
    { SOURCES PRINT "maxAppAttempts: \"3\"\n",
      "j.yaml:4:17: error[E206]: maxAppAttempts must be a whole number without quotes, here is "
      "'3'\n" },
    { SOURCES PRINT "maxAppAttempts: 0\n",
      "j.yaml:4:17: error[E208]: maxAppAttempts must be at least 1, here is '0'\n" },
    { SOURCES PRINT "batchInterval: 9ms\n",
      "j.yaml:4:16: error[E208]: batchInterval must be at least 10ms, here is '9ms'\n" },
    { SOURCES PRINT "batchInterval: 1.5s\n",
      "j.yaml:4:16: error[E207]: batchInterval must be one whole number and one unit, here is "
      "'1.5s'\n  help: write it as 10s; units are ms s m h d\n" },
    { SOURCES PRINT "batchInterval:\n",
      "j.yaml:4:15: error[E206]: batchInterval must be a duration, as 10s, here is nothing\n"
      "  help: write the value behind the ':', or leave the key out\n" },
    { SOURCES PRINT "onError: {failAbove: 0.1}\n",
      "j.yaml:4:22: error[E207]: failAbove needs a unit: '0.1' could be 0.1% or 10%\n" },
    { SOURCES PRINT "description: 5\n",
      "j.yaml:4:14: error[E206]: description must be a text, here is a whole number\n"
      "  help: put it in quotes: \"5\"\n" },
    { SOURCES PRINT "inFlight: 3\n",
      "j.yaml:4:1: error[E204]: 'inFlight' stands at the top of the file; it belongs inside "
      "'writeAheadLog'\n" },
    { SOURCES PRINT "writeAheadLog:\n  compress: lz4\n  outputs: [print]\n",
      "j.yaml:5:13: error[E250]: writeAheadLog.compress: lz4 is known, but not supported yet\n"
      "j.yaml:6:3: error[E204]: 'outputs' stands inside 'writeAheadLog'; here it belongs 2 spaces "
      "to the left\n" },
    { SOURCES PRINT "attemptBackoff: {initial: 2m, max: 1m}\n",
      "j.yaml:4:36: error[E208]: max must be at least initial, here is '1m'\n" },
    { SOURCES PRINT "checkpoint: swebhdfs://nn1:9871/x\n",
      "j.yaml:4:13: error[E250]: store 'swebhdfs://nn1:9871/x': swebhdfs:// is not supported "
      "yet\n" },
    { SOURCES PRINT "checkpoint: /data/x\n",
      "j.yaml:4:13: error[E215]: '/data/x' is not a URL of a store: webhdfs://host:port/path or "
      "file:///path\n  help: write file:///data/x\n" },
    { SOURCES PRINT "checkpoint: {directory: webhdfs://nn1:9870,nn2:9870/p}\n",
      "j.yaml:4:44: error[E202]: unknown key 'nn2:9870/p'\n"
      "  help: a value with a ',' in it stands in quotes\n" },
    { "sources:\n  - kafka:\n    group.id: g\n" PRINT,
      "j.yaml:3:5: error[E204]: 'group.id' stands beside 'kafka'; here it belongs 2 spaces to the "
      "right\n" },
    { "sources:\n  - kafka: {topics: [a]}\n" PRINT,
      "j.yaml:2:5: error[E205]: kafka needs 'bootstrap.servers' and 'group.id'\n" },
    { "sources:\n  - kafka: {group_id: g, topics: [a], bootstrap.servers: b}\n" PRINT,
      "j.yaml:2:13: error[E203]: unknown Kafka property 'group_id'\n"
      "  help: did you mean 'group.id'?\n" },
    { "sources: [flume: {port: 1}, flum]\n" PRINT,
      "j.yaml:1:29: error[E201]: unknown source 'flum'\n  help: did you mean 'flume'?\n"
      "j.yaml:2:11: error[E205]: print needs 'from'\n  help: name the stream: print: {from: "
      "NAME}\n" },
    { SOURCES "outputs: [{print: {from: reslt}}, postgres]\n",
      "j.yaml:3:26: error[E211]: there is no source or stream 'reslt'\n"
      "  help: did you mean 'result'?\n"
      "j.yaml:3:35: error[E205]: postgres needs 'url' and 'table'\n" },
    { SOURCES PRINT "transformations: [count, print, {transform: x}, {lua: {}}]\n",
      "j.yaml:4:26: error[E204]: 'print' is an output; it belongs inside 'outputs'\n"
      "j.yaml:4:34: error[E216]: there is no operation 'transform' here\n"
      "  help: write the steps as operations of this list; joins with other streams are `join`\n"
      "j.yaml:4:50: error[E205]: lua needs 'code'\n"
      "  help: as code: \"return function(record) return record.key end\"\n" },
    { SOURCES PRINT "transformations: [{map: [_, 1]}, map, {filter: \"_ == '${X}'\"}]\n",
      "j.yaml:4:25: error[E206]: map must be an expression, here YAML made a list of it\n"
      "  help: write it in quotes: map: \"[_, 1]\"\n"
      "j.yaml:4:34: error[E205]: map needs an expression\n  help: as map: (_, 1)\n"
      "j.yaml:4:55: error[E220]: ${…} cannot stand in an expression\n"
      "  help: values of the outside world belong into keys of sources and outputs\n" },
    { SOURCES PRINT
      "tests:\n  - {name: a, input: [[x]], expect: [[1], []]}\n  - {name: a, inptu: 1}\n",
      "j.yaml:5:37: error[E208]: expect has 2 batches, but only 1 are run\n"
      "j.yaml:6:12: error[E213]: the name of test 'a' is used twice; the first is on line 5\n"
      "j.yaml:6:15: error[E202]: unknown key 'inptu'\n  help: did you mean 'input'?\n" },
};

START_TEST(every_mistake_is_named_once_with_its_place)
{
    ck_assert(!parse(broken[_i].text));
    ck_assert_str_eq(findings(DIAG_GNU), broken[_i].said);
}
END_TEST

Suite *job_suite(void)
{
    Suite *suite = suite_create("job");
    TCase *tcase = tcase_create("job");
    tcase_add_checked_fixture(tcase, NULL, clean);
    tcase_add_test(tcase, the_word_count_is_read);
    tcase_add_test(tcase, what_a_job_does_not_say_has_its_default);
    tcase_add_test(tcase, samples_of_the_manual_are_printed_to_the_letter);
    tcase_add_loop_test(tcase, every_mistake_is_named_once_with_its_place, 0,
                        sizeof broken / sizeof broken[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
