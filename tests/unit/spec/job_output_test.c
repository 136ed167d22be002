#include "job_try.h"

#define OUTPUT(output) SOURCES "outputs:\n  - " output "\n"

START_TEST(every_output_is_known_with_its_keys)
{
    static const char *const good[] = {
        OUTPUT("print: {num: 3, from: kafka0, label: shown}"),
        OUTPUT("saveAsTextFiles: {prefix: \"webhdfs://nn1/out/words\", suffix: txt, format: json, "
               "compress: gzip}"),
        OUTPUT("saveAsTextFiles: {prefix: \"\", format: csv, compress: zstd}"),
        OUTPUT("appendFiles: {directory: \"file:///out\", roll: {size: 1GiB, age: 2h, idle: 30s}, "
               "compress: lz4, format: text}"),
        OUTPUT("kafka: {bootstrap.servers: b, topic: counts, key: _.topic, value: _.value, "
               "linger.ms: 5, compression.type: zstd, transaction.timeout.ms: 5000}"),
        OUTPUT("postgres: {url: \"postgresql://u@db:5432/counts\", table: words, mode: upsert, "
               "key: [word, day], createTable: false}"),
        OUTPUT("postgres: {url: \"postgres:///counts\", table: words, mode: append}"),
        OUTPUT("http: {url: \"http://h:8080/in\", method: PUT, headers: {X-Team: a, "
               "Authorization: \"${credential:password}\"}}"),
        OUTPUT("pipe: [sort, -n, 3]"),
        OUTPUT("pipe: {argv: [./alert.sh], from: kafka0, label: alert}"),
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(parse(good[i]), "%s", findings(DIAG_GNU));
        ck_assert_str_eq(findings(DIAG_GNU), "");
        ck_assert_uint_eq(spec->n_outputs, 1);
        ck_assert_str_eq(spec->outputs[0].from, i == 0 || i == 9 ? "kafka0" : "result");
        ck_assert_uint_eq(spec->outputs[0].num, i == 0 ? 3 : 10);
    }
    ck_assert_str_eq(spec->outputs[0].label, "alert");
}
END_TEST

START_TEST(what_run_does_not_support_yet_is_noted_in_the_order_of_the_file)
{
    ck_assert(
        parse("sources: [rate, flume: {port: 4141}]\n"
              "outputs: [print: {from: rate0}, pipe: {argv: [cat], from: flume1}]\n"));
    ck_assert_str_eq(findings(DIAG_GNU), "");
    job_later_refuse(spec, &diags);
    ck_assert_str_eq(
        findings(DIAG_GNU),
        "j.yaml:1:11: error[E250]: source 'rate' is known, but not supported by `tidemark run` "
        "yet\n"
        "  help: until then: send numbers to a topic, and read it with kafka; `tidemark try` and "
        "`tidemark test` run this job now\n"
        "j.yaml:1:17: error[E250]: source 'flume' is known, but not supported by `tidemark run` "
        "yet\n"
        "  help: until then: Flume's Kafka sink, and kafka here; `tidemark try` and `tidemark "
        "test` "
        "run this job now\n"
        "j.yaml:2:33: error[E250]: output 'pipe' is known, but not supported by `tidemark run` "
        "yet\n"
        "  help: until then: print, and a program that reads standard output; `tidemark try` and "
        "`tidemark test` run this job now\n");
}
END_TEST

static const struct {
    const char *text, *said;
} said[] = {
    { OUTPUT("saveAsTextFiles"),
      "j.yaml:4:5: error[E205]: saveAsTextFiles needs 'prefix'\n  help: as prefix: "
      "webhdfs://nn1:9870/out/words\n" },
    { OUTPUT("saveAsTextFiles: {prefix: \"hdfs://nn1/out/words\"}"),
      "j.yaml:4:31: error[E215]: store 'hdfs://nn1/out/words': hdfs:// speaks Hadoop's RPC; write "
      "webhdfs://nn1:9870/out/words (the NameNode's HTTP address)\n" },
    { OUTPUT("saveAsTextFiles: {prefix: a, format: jsn, compress: gz}"),
      "j.yaml:4:42: error[E206]: format is one of text, json, csv, not 'jsn'\n"
      "  help: did you mean 'json'?\n"
      "j.yaml:4:57: error[E206]: compress is one of none, gzip, lz4, zstd, not 'gz'\n" },
    { OUTPUT("appendFiles: {directory: /out, roll: {size: 5, agee: 1h}}"),
      "j.yaml:4:30: error[E215]: '/out' is not a URL of a store: webhdfs://host:port/path or "
      "file:///path\n  help: write file:///out\n"
      "j.yaml:4:49: error[E207]: size needs a unit: '5' could be 5MiB or 5GiB\n"
      "j.yaml:4:52: error[E202]: unknown key 'agee'\n  help: did you mean 'age'?\n" },
    { OUTPUT("appendFiles: {directory: \"file:///o\", roll: {size: 1B, idle: 1ms}}"),
      "j.yaml:4:56: error[E208]: size must be at least 1KiB, here is '1B'\n"
      "j.yaml:4:66: error[E208]: idle must be at least 1s, here is '1ms'\n" },
    { OUTPUT("kafka: {topic: t, acks: all, transactional.id: x, fetch.min.bytes: 1}"),
      "j.yaml:4:5: error[E205]: kafka needs 'bootstrap.servers'\n  help: as bootstrap.servers: "
      "broker1:9092\n"
      "j.yaml:4:23: error[E209]: 'acks' is ours to set\n"
      "  help: leave it out: a transaction waits for all replicas in sync\n"
      "j.yaml:4:34: error[E209]: 'transactional.id' is ours to set\n"
      "  help: leave it out: it is made of the job's id and the output's label\n"
      "j.yaml:4:55: error[E203]: Kafka property 'fetch.min.bytes' is for consumers, an output only "
      "writes\n" },
    { OUTPUT("kafka: {bootstrap.servers: \"\", topic: t, linger.ms: -1, lingr.ms: 1, key: [_]}"),
      "j.yaml:4:32: error[E208]: bootstrap.servers must not be empty\n"
      "j.yaml:4:57: error[E208]: linger.ms must be from 0 to 900000, here is '-1'\n"
      "j.yaml:4:61: error[E203]: unknown Kafka property 'lingr.ms'\n"
      "  help: did you mean 'linger.ms'?\n"
      "j.yaml:4:79: error[E206]: key must be an expression, here YAML made a list of it\n"
      "  help: write it in quotes: key: \"[_]\"\n" },
    { OUTPUT("kafka: {bootstrap.servers: b, topic: t, value: \"${X}\"}"),
      "j.yaml:4:53: error[E220]: ${…} cannot stand in an expression\n"
      "  help: values of the outside world belong into keys of sources and outputs\n" },
    { OUTPUT("postgres: {url: \"postgress://h/d\", table: \"\", mode: upsert}"),
      "j.yaml:4:21: error[E215]: url must be a URL, postgresql://host/…, here is "
      "'postgress://h/d'\n  help: did you mean 'postgres'?\n"
      "j.yaml:4:47: error[E208]: table must not be empty\n"
      "j.yaml:4:57: error[E205]: upsert needs 'key', the column by which a row is found\n" },
    { OUTPUT("postgres: {url: \"postgres://u:pw@h/d\", table: t}"),
      "j.yaml:4:21: warning[W104]: the password in url stands here as plain text\n"
      "  help: write ${credential:NAME} or ${file:PATH}\n" },
    { OUTPUT("postgres: {url: \"postgress://u:pw@h/d\", table: t}"),
      "j.yaml:4:21: warning[W104]: the password in url stands here as plain text\n"
      "  help: write ${credential:NAME} or ${file:PATH}\n"
      "j.yaml:4:21: error[E215]: url must be a URL, postgresql://host/…, here is '***'\n" },
    { OUTPUT("http: {url: localhost, method: GET, headers: {a b: c, d: 1, Authorization: x}}"),
      "j.yaml:4:17: error[E215]: url must be a URL, https://host/…, here is 'localhost'\n"
      "j.yaml:4:36: error[E206]: method is one of POST, PUT, PATCH, not 'GET'\n"
      "j.yaml:4:51: error[E208]: this cannot be the name of a header\n"
      "j.yaml:4:62: error[E206]: d must be a text, here is a whole number\n"
      "  help: put it in quotes: \"1\"\n"
      "j.yaml:4:80: warning[W104]: Authorization stands here as plain text\n"
      "  help: write ${credential:NAME} or ${file:PATH}\n" },
    { OUTPUT("http: {url: \"http://h\", headers: {A: \"a\\nb\", \"\": x, B: [c]}}"),
      "j.yaml:4:42: error[E208]: a header is one line\n"
      "j.yaml:4:50: error[E208]: this cannot be the name of a header\n"
      "j.yaml:4:60: error[E206]: B must be a text, here is a list\n" },
    { OUTPUT("pipe"), "j.yaml:4:5: error[E205]: pipe needs 'argv'\n  help: as argv: [sort, -n]\n" },
    { OUTPUT("pipe: []"),
      "j.yaml:4:11: error[E206]: pipe must be a program and its arguments, here is an empty "
      "list\n" },
    { OUTPUT("pipe: [sort, [a]]"),
      "j.yaml:4:18: error[E206]: pipe must be a text, here is a list\n" },
    { OUTPUT("pipe: sort -n"),
      "j.yaml:4:11: error[E206]: pipe must be a list, as [program, argument], here is 'sort "
      "-n'\n" },
    { SOURCES "outputs:\n  - print\n  - batchInterval: 1s\n",
      "j.yaml:5:5: error[E204]: 'batchInterval' stands inside 'outputs'; it belongs at the top of "
      "the file\n" },
    { SOURCES "outputs:\n  - batchInterval\n",
      "j.yaml:4:5: error[E204]: 'batchInterval' stands inside 'outputs'; it belongs at the top of "
      "the file\n" },
    { SOURCES "outputs: [print: {from: [kafka0]}]\n",
      "j.yaml:3:25: error[E206]: from must be one name, here is a list\n" },
    { SOURCES "outputs: [print: {from: 5}]\n",
      "j.yaml:3:25: error[E206]: from must be a name, here is '5'\n" },
    { SOURCES "outputs: [print: {from: \"${NOPE}\"}]\n",
      "j.yaml:3:26: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-default}\", quotes included\n" },
    { SOURCES "outputs: [print: {label: 5}]\n",
      "j.yaml:3:26: error[E206]: label must be a text, here is a whole number\n"
      "  help: put it in quotes: \"5\"\n" },
    { SOURCES "outputs: [print: {label: !x a}]\n",
      "j.yaml:3:26: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x a\"\n" },
    { SOURCES "outputs: [print: {label: \"a b\"}]\n",
      "j.yaml:3:26: error[E208]: a label is of letters, digits, '_' and '-', at most 63; here is "
      "'a b'\n" },
    { SOURCES "outputs: [print: {label: a}, print: {label: a}]\n",
      "j.yaml:3:45: error[E213]: label 'a' is used twice; the first is on line 3\n" },
    { SOURCES "outputs: [[a], print]\n",
      "j.yaml:3:11: error[E206]: an item of outputs is an output, here is a list\n" },
    { SOURCES "outputs: [5]\n", "j.yaml:3:11: error[E201]: unknown output '5'\n" },
    { SOURCES "outputs: [print: 5]\n",
      "j.yaml:3:18: error[E206]: print must be a mapping, as {num: 10}, here is '5'\n" },
    { SOURCES "outputs: [http: 5]\n",
      "j.yaml:3:17: error[E206]: http must be a mapping, here is '5'\n" },
    { SOURCES "outputs: [pipe: [\"\"]]\n",
      "j.yaml:3:18: error[E206]: pipe must be a program and its arguments, here is ''\n" },
    { SOURCES "outputs: [pipe: [\"${NOPE}\"]]\n",
      "j.yaml:3:19: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-default}\", quotes included\n" },
    { SOURCES "outputs: [pipe: [!x a]]\n",
      "j.yaml:3:18: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x a\"\n" },
    { SOURCES "outputs: [pipe: [~]]\n",
      "j.yaml:3:18: error[E206]: pipe must be a text, here is nothing\n"
      "  help: write the value behind the ':', or leave the key out\n" },
    { SOURCES "outputs: [http: {url: \"http://h\", headers: {A: \"a\\\nb\", \"\": x, B: [c]}}]\n",
      "j.yaml:4:5: error[E208]: this cannot be the name of a header\n"
      "j.yaml:4:15: error[E206]: B must be a text, here is a list\n" },
    { SOURCES "outputs: [http: {url: \"http://\"}]\n",
      "j.yaml:3:23: error[E215]: url must be a URL, https://host/…, here is 'http://'\n" },
    { SOURCES "outputs: [http: {url: !x y}]\n",
      "j.yaml:3:23: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x y\"\n" },
    { SOURCES "outputs: [http: {url: \"httpx//h\"}]\n",
      "j.yaml:3:23: error[E215]: url must be a URL, https://host/…, here is 'httpx//h'\n" },
    { SOURCES "outputs: [saveAsTextFiles: {prefix: !x y}]\n",
      "j.yaml:3:37: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x y\"\n" },
    { SOURCES "outputs: [saveAsTextFiles: {prefix: 5}]\n",
      "j.yaml:3:37: error[E206]: prefix must be a text, here is a whole number\n"
      "  help: put it in quotes: \"5\"\n" },
    { SOURCES "outputs: [kafka: {bootstrap.servers: [b], topic: t}]\n",
      "j.yaml:3:38: error[E206]: bootstrap.servers must be a text or a number, here is a list\n" },
    { SOURCES "outputs: [kafka: {bootstrap.servers: !x b, topic: t}]\n",
      "j.yaml:3:38: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x b\"\n" },
    { SOURCES
      "outputs: [postgres: {url: \"postgres://h/d\", table: [t], key: !x k, mode: upsert}]\n",
      "j.yaml:3:52: error[E206]: table must be a text, here is a list\n"
      "j.yaml:3:62: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x k\"\n" },
    { SOURCES "outputs: [postgres: {url: \"postgres://h/d\", table: t, key: [1], mode: upsert}]\n",
      "j.yaml:3:61: error[E206]: key must be a name, here is '1'\n" },
    { SOURCES "outputs: [postgres: {url: \"postgres://h/d\", mode: append}]\n",
      "j.yaml:3:11: error[E205]: postgres needs 'table'\n"
      "  help: as table: words\n" },
};

START_TEST(what_is_wrong_with_an_output_is_said)
{
    expect(said[_i].text, said[_i].said);
}
END_TEST

Suite *job_output_suite(void)
{
    Suite *suite = suite_create("job_output");
    TCase *tcase = tcase_create("job_output");
    tcase_add_checked_fixture(tcase, NULL, clean);
    tcase_add_test(tcase, every_output_is_known_with_its_keys);
    tcase_add_test(tcase, what_run_does_not_support_yet_is_noted_in_the_order_of_the_file);
    tcase_add_loop_test(tcase, what_is_wrong_with_an_output_is_said, 0,
                        sizeof said / sizeof said[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
