#include "job_try.h"

#define CONF(keys) SOURCES PRINT "conf: {" keys "}\n"

START_TEST(sparks_names_stand_for_ours)
{
    ck_assert_msg(parse(CONF("spark.yarn.maxAppAttempts: 5, "
                             "spark.yarn.am.attemptFailuresValidityInterval: 30min, "
                             "spark.streaming.blockInterval: 50, "
                             "spark.streaming.checkpoint.directory: \"file:///c\", "
                             "spark.streaming.backpressure.enabled: \"False\", "
                             "spark.streaming.receiver.maxRate: 1000, "
                             "spark.streaming.stopGracefullyOnShutdown: false, "
                             "spark.streaming.gracefulStopTimeout: 5s")),
                  "%s", findings(DIAG_GNU));
    ck_assert_uint_eq(spec->max_app_attempts, 5);
    ck_assert_uint_eq(spec->attempt_window_ms, 1800000);
    ck_assert_uint_eq(spec->block_interval_ms, 50);
    ck_assert_str_eq(spec->checkpoint, "file:///c");
    ck_assert(!spec->backpressure && !spec->stop_gracefully);
    ck_assert_uint_eq(spec->sources[0].max_rate, 1000);
    ck_assert_uint_eq(spec->stop_timeout_ms, 5000);
    ck_assert_uint_eq(diags.n_warnings, 0);
}
END_TEST

START_TEST(a_key_of_ours_wins)
{
    ck_assert_msg(
        parse("maxAppAttempts: 7\n" CONF("spark.yarn.am.attemptFailuresValidityInterval: -1, "
                                         "spark.yarn.maxAppAttempts: 5")),
        "%s", findings(DIAG_GNU));
    ck_assert_uint_eq(spec->max_app_attempts, 7);
    ck_assert_uint_eq(spec->attempt_window_ms, 0);
}
END_TEST

START_TEST(defaults_of_the_settings_are_weaker_than_conf)
{
    struct yaml_node *defaults;
    const char *text =
        "{maxAppAttempts: 2, batchInterval: 3s, blockInterval: 9ms, conf: "
        "{spark.streaming.blockInterval: 8ms, spark.streaming.receiver.maxRate: 4}}";
    diags = (struct diags){ .arena = &arena, .file = "s.yaml", .source = { text, strlen(text) } };
    ck_assert(yaml_parse(&arena, diags.source, &diags, &defaults));
    ck_assert(job_defaults_check(&arena, NULL, &diags, defaults));
    const char *job = "batchInterval: 5s\n" CONF("spark.yarn.maxAppAttempts: 4");
    ck_assert_msg(parse_with("j", job, defaults), "%s", findings(DIAG_GNU));
    ck_assert_uint_eq(spec->max_app_attempts, 4);
    ck_assert_uint_eq(spec->batch_interval_ms, 5000);
    ck_assert_uint_eq(spec->block_interval_ms, 9);
    ck_assert_uint_eq(spec->sources[0].max_rate, 4);
}
END_TEST

START_TEST(a_rate_of_partitions_is_for_direct_sources)
{
    const char *conf = "conf: {spark.streaming.kafka.maxRatePerPartition: 100}\n";
    char text[500];
    snprintf(text, sizeof text,
             "sources: [kafkaDirect: {bootstrap.servers: b, topics: [a]}]\n" PRINT "%s", conf);
    expect(text, "");
    snprintf(text, sizeof text, SOURCES PRINT "%s", conf);
    expect(text,
           "j.yaml:4:8: warning[W103]: spark.streaming.kafka.maxRatePerPartition has no meaning "
           "here: it is for kafkaDirect sources, and there is none\n");
}
END_TEST

static const struct {
    const char *text, *said;
} said[] = {
    { CONF("spark.yarn.maxAppAttempts: 3"),
      "j.yaml:4:8: warning[W103]: without a validity interval Spark counts failures for ever; here "
      "the window is 1h\n"
      "  help: say which you want: attemptFailuresValidityInterval: 0s (for ever) or 1h\n" },
    { CONF("spark.streaming.concurrentJobs: 1, spark.executor.memory: 1g"),
      "j.yaml:4:8: warning[W103]: spark.streaming.concurrentJobs has no meaning here\n"
      "j.yaml:4:43: warning[W103]: spark.executor.memory has no meaning here\n" },
    { CONF("spark.streaming.blockIntervall: 1"),
      "j.yaml:4:8: warning[W103]: spark.streaming.blockIntervall has no meaning here\n"
      "  help: did you mean 'spark.streaming.blockInterval'?\n" },
    { CONF("spark.streaming.receiver.writeAheadLog.enable: true, "
           "spark.streaming.backpressure.pid.minRate: 10"),
      "" },
    { CONF("spark.streaming.blockInterval: 1 s, spark.yarn.maxAppAttempts: 3x"),
      "j.yaml:4:39: error[E207]: spark.streaming.blockInterval must be one of Spark's durations, "
      "here is '1 s'\n"
      "j.yaml:4:44: warning[W103]: without a validity interval Spark counts failures for ever; "
      "here the window is 1h\n"
      "  help: say which you want: attemptFailuresValidityInterval: 0s (for ever) or 1h\n"
      "j.yaml:4:71: error[E206]: spark.yarn.maxAppAttempts must be a whole number, here is "
      "'3x'\n" },
    { CONF("batchInterval: 1s"),
      "j.yaml:4:8: error[E202]: unknown key 'batchInterval'\n"
      "  help: 'conf' holds Spark's properties, whose names begin with 'spark.'\n" },
    { CONF("spark.streaming.checkpoint.directory: \"hdfs://nn1/c\""),
      "j.yaml:4:46: error[E215]: store 'hdfs://nn1/c': hdfs:// speaks Hadoop's RPC; write "
      "webhdfs://nn1:9870/c (the NameNode's HTTP address)\n" },
    { SOURCES PRINT "conf: [a]\n",
      "j.yaml:4:7: error[E206]: conf must be a mapping, here is a list\n" },
    { SOURCES PRINT "conf: !x {a: b}\n",
      "j.yaml:4:7: error[E105]: tag '!x' is not allowed here\n" },
    { SOURCES PRINT
      "conf: {spark.yarn.maxAppAttempts: 0, spark.streaming.receiver.maxRate: 1000000001}\n",
      "j.yaml:4:8: warning[W103]: without a validity interval Spark counts failures for ever; here "
      "the window is 1h\n"
      "  help: say which you want: attemptFailuresValidityInterval: 0s (for ever) or 1h\n"
      "j.yaml:4:35: error[E208]: spark.yarn.maxAppAttempts must be from 1 to 1000, here is '0'\n"
      "j.yaml:4:72: error[E208]: spark.streaming.receiver.maxRate must be from 1 to 1000000000, "
      "here is '1000000001'\n" },
    { SOURCES PRINT
      "conf: {spark.yarn.maxAppAttempts: \" 5\", spark.streaming.receiver.maxRate: \"\"}\n",
      "j.yaml:4:8: warning[W103]: without a validity interval Spark counts failures for ever; here "
      "the window is 1h\n"
      "  help: say which you want: attemptFailuresValidityInterval: 0s (for ever) or 1h\n"
      "j.yaml:4:35: error[E206]: spark.yarn.maxAppAttempts must be a whole number, here is ' 5'\n"
      "j.yaml:4:75: error[E206]: spark.streaming.receiver.maxRate must be a whole number, here is "
      "''\n" },
    { SOURCES PRINT
      "conf: {spark.streaming.blockInterval: -1, spark.streaming.gracefulStopTimeout: 40000d, "
      "spark.yarn.am.attemptFailuresValidityInterval: -5s}\n",
      "j.yaml:4:39: error[E208]: spark.streaming.blockInterval must be from 1ms to 36500d, here is "
      "'-1'\n"
      "j.yaml:4:80: error[E208]: spark.streaming.gracefulStopTimeout must be from 1ms to 36500d, "
      "here is '40000d'\n" },
    { SOURCES PRINT "conf: {spark.streaming.backpressure.enabled: yes}\n",
      "j.yaml:4:46: error[E206]: spark.streaming.backpressure.enabled must be true or false, here "
      "is 'yes'\n" },
    { SOURCES PRINT "conf: {spark.streaming.backpressure.pid.proportional: 1.5, "
                    "spark.streaming.backpressure.pid.integral: \"2\", "
                    "spark.streaming.backpressure.pid.derived: 1e-2}\n",
      "" },
    { SOURCES PRINT "conf: {spark.streaming.backpressure.pid.proportional: -1, "
                    "spark.streaming.backpressure.pid.integral: \"2x\", "
                    "spark.streaming.backpressure.pid.derived: 1e16}\n",
      "j.yaml:4:55: error[E206]: spark.streaming.backpressure.pid.proportional must be a number "
      "from 0 to 1e15, here is '-1'\n"
      "j.yaml:4:102: error[E206]: spark.streaming.backpressure.pid.integral must be a number from "
      "0 to 1e15, here is '2x'\n"
      "j.yaml:4:150: error[E206]: spark.streaming.backpressure.pid.derived must be a number from 0 "
      "to 1e15, here is '1e16'\n" },
    { SOURCES PRINT "conf: {spark.streaming.backpressure.pid.proportional: \"\", "
                    "spark.streaming.backpressure.pid.integral: nan}\n",
      "j.yaml:4:55: error[E206]: spark.streaming.backpressure.pid.proportional must be a number "
      "from 0 to 1e15, here is ''\n"
      "j.yaml:4:102: error[E206]: spark.streaming.backpressure.pid.integral must be a number from "
      "0 to 1e15, here is 'nan'\n" },
    { SOURCES PRINT "conf: {spark.streaming.backpressure.rateEstimator: pid}\n", "" },
    { SOURCES PRINT "conf: {spark.streaming.backpressure.rateEstimator: mine}\n",
      "j.yaml:4:8: warning[W103]: spark.streaming.backpressure.rateEstimator has no meaning here: "
      "the rate follows 'pid'\n" },
    { SOURCES PRINT "conf: {spark.streaming.driver.writeAheadLog.batchingTimeout: 1, "
                    "spark.streaming.dynamicAllocation.enabled: true, "
                    "spark.streaming.kafka.consumer.poll.ms: 1}\n",
      "j.yaml:4:8: warning[W103]: spark.streaming.driver.writeAheadLog.batchingTimeout has no "
      "meaning here\n"
      "j.yaml:4:65: warning[W103]: spark.streaming.dynamicAllocation.enabled has no meaning here\n"
      "j.yaml:4:114: warning[W103]: spark.streaming.kafka.consumer.poll.ms has no meaning here\n" },
    { SOURCES PRINT "conf: {spark.streaming.blockInterval: !x 5}\n",
      "j.yaml:4:39: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x 5\"\n" },
    { SOURCES PRINT "conf: {spark.streaming.blockInterval: \"${NOPE}\"}\n",
      "j.yaml:4:40: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-default}\", quotes included\n" },
    { SOURCES PRINT
      "conf: {spark.streaming.blockInterval: ~, spark.streaming.receiver.maxRate: [1]}\n",
      "j.yaml:4:39: error[E206]: spark.streaming.blockInterval must be a text or a number, here is "
      "nothing\n"
      "  help: write the value behind the ':', or leave the key out\n"
      "j.yaml:4:76: error[E206]: spark.streaming.receiver.maxRate must be a text or a number, here "
      "is a list\n" },
    { SOURCES PRINT "conf: {spark.streaming.receiver.writeAheadLog.enable: false}\n",
      "j.yaml:4:55: error[E250]: writeAheadLog.enable is known, but not supported yet\n" },
    { SOURCES PRINT "conf: {spark.yarn.maxAppAttempts: 3}\nattemptFailuresValidityInterval: 0s\n",
      "" },
    { "sources: 5\n" PRINT "conf: {spark.streaming.kafka.maxRatePerPartition: 3}\n",
      "j.yaml:1:10: error[E206]: sources must be a list, here is '5'\n"
      "j.yaml:3:8: warning[W103]: spark.streaming.kafka.maxRatePerPartition has no meaning here: "
      "it is for kafkaDirect sources, and there is none\n" },
    { PRINT "conf: {spark.streaming.kafka.maxRatePerPartition: 3}\n",
      "j.yaml: error[E214]: the job has no sources\n"
      "  help: say where records come from: sources: [{kafka: {…}}]\n"
      "j.yaml:2:8: warning[W103]: spark.streaming.kafka.maxRatePerPartition has no meaning here: "
      "it is for kafkaDirect sources, and there is none\n" },
    { "sources: [kafkaDirect: {bootstrap.servers: b, topics: [a]}]\n" PRINT
      "conf: {spark.streaming.kafka.maxRatePerPartition: 0}\n",
      "j.yaml:3:51: error[E208]: spark.streaming.kafka.maxRatePerPartition must be from 1 to "
      "1000000000, here is '0'\n" },
};

START_TEST(what_conf_says_wrong_is_said)
{
    expect(said[_i].text, said[_i].said);
}
END_TEST

Suite *job_conf_suite(void)
{
    Suite *suite = suite_create("job_conf");
    TCase *tcase = tcase_create("job_conf");
    tcase_add_checked_fixture(tcase, NULL, clean);
    tcase_add_test(tcase, sparks_names_stand_for_ours);
    tcase_add_test(tcase, a_key_of_ours_wins);
    tcase_add_test(tcase, defaults_of_the_settings_are_weaker_than_conf);
    tcase_add_test(tcase, a_rate_of_partitions_is_for_direct_sources);
    tcase_add_loop_test(tcase, what_conf_says_wrong_is_said, 0, sizeof said / sizeof said[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
