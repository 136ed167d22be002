#include "job_try.h"
#include "spec/job_parts.h"
#include "spec/kafka_property.h"

#define SOURCE(keys) "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, " keys "}\n" PRINT

#define ONE(source) "sources:\n  - " source "\n" PRINT

START_TEST(topics_come_as_a_list_a_mapping_or_a_pattern)
{
    ck_assert_msg(parse(SOURCE("topics: [a, b.c]")), "%s", findings(DIAG_GNU));
    ck_assert_uint_eq(spec->sources[0].n_topics, 2);
    ck_assert_str_eq(spec->sources[0].topics[1].name, "b.c");
    ck_assert_msg(parse(SOURCE("topics: {a: 2, ^b: 3}")), "%s", findings(DIAG_GNU));
    ck_assert_uint_eq(spec->sources[0].topics[0].consumers, 2);
    ck_assert_str_eq(spec->sources[0].topics[1].name, "^b");
    ck_assert_msg(parse(SOURCE("topics: ^log.*$")), "%s", findings(DIAG_GNU));
    ck_assert_str_eq(spec->sources[0].topics[0].name, "^log.*$");
}
END_TEST

START_TEST(partitions_are_those_of_a_topic)
{
    ck_assert_msg(parse(SOURCE("topics: [a, b], partitions: {b: [0, 7]}")), "%s",
                  findings(DIAG_GNU));
    ck_assert_ptr_null(spec->sources[0].topics[0].partitions);
    ck_assert_uint_eq(spec->sources[0].topics[1].n_partitions, 2);
    ck_assert_int_eq(spec->sources[0].topics[1].partitions[1], 7);
}
END_TEST

START_TEST(properties_are_handed_on_as_they_stand)
{
    ck_assert_msg(parse(SOURCE("topics: [a], fetch.min.bytes: 5, check.crcs: TRUE, "
                               "\"sasl.password\": \"${credential:password}\"")),
                  "%s", findings(DIAG_GNU));
    const struct job_source *source = &spec->sources[0];
    ck_assert_uint_eq(source->n_properties, 4);
    ck_assert_str_eq(source->properties[1].name, "fetch.min.bytes");
    ck_assert_str_eq(source->properties[1].value, "5");
    ck_assert_str_eq(source->properties[2].value, "true");
    ck_assert_str_eq(source->properties[3].value, "hunter2");
    ck_assert(source->properties[3].masked && !source->properties[1].masked);
}
END_TEST

START_TEST(our_keys_stand_beside_them)
{
    ck_assert_msg(
        parse(SOURCE("topics: [a], name: in, startingOffsets: earliest, maxRate: 100, "
                     "onOffsetOutOfRange: latest, value.nullable: true, value.format: string")),
        "%s", findings(DIAG_GNU));
    const struct job_source *source = &spec->sources[0];
    ck_assert_str_eq(source->name, "in");
    ck_assert_int_eq(source->starting_offsets, OFFSET_EARLIEST);
    ck_assert_int_eq(source->on_out_of_range, OFFSET_LATEST);
    ck_assert_uint_eq(source->max_rate, 100);
    ck_assert(source->value_nullable);
    ck_assert_uint_eq(source->n_properties, 1);
}
END_TEST

static const struct {
    const char *text;
    enum job_record record;
} good[] = {
    { ONE("kafkaDirect: {bootstrap.servers: b, topics: {a: 1}, fromOffsets: {a: {0: 12, 1: 0}}, "
          "maxRatePerPartition: 5, startingOffsets: earliest, fetch.min.bytes: 5}"),
      RECORD_KAFKA },
    { ONE("kafkaDirect: {bootstrap.servers: b, group.id: g, topics: ^a, fromOffsets: {ab: {0: "
          "1}}}"),
      RECORD_KAFKA },
    { ONE("kafka: {zkQuorum: \"zk1:2181,zk2:2181/kafka\", group.id: g, topics: [a]}"),
      RECORD_KAFKA },
    { ONE("flume: {port: 4141}"), RECORD_FLUME },
    { ONE("flume: {bind: \"127.0.0.1\", port: 4141, compression: deflate, idHeader: id, name: f, "
          "body.format: bytes, tls: {certificate: c.pem, key: k.pem, ca: ca.pem}}"),
      RECORD_FLUME },
    { ONE("flumePolling: {addresses: [\"agent1:4142\", \"[::1]:4142\"], maxBatchSize: 100}"),
      RECORD_FLUME },
    { ONE("socketTextStream: {host: localhost, port: 9999}"), RECORD_TEXT },
    { ONE("textFileStream: {directory: \"webhdfs://nn1/in\", startingFiles: all}"), RECORD_TEXT },
    { ONE("rate: {rowsPerSecond: 10000000}"), RECORD_RATE },
    { ONE("rate"), RECORD_RATE },
};

START_TEST(every_source_is_known_with_its_keys)
{
    ck_assert_msg(parse(good[_i].text), "%s", findings(DIAG_GNU));
    ck_assert_str_eq(findings(DIAG_GNU), "");
    ck_assert_int_eq(spec->sources[0].record, good[_i].record);
    ck_assert_ptr_nonnull(spec->later);
}
END_TEST

START_TEST(a_format_is_of_the_value_or_of_the_body)
{
    ck_assert_msg(parse(SOURCE("topics: [a], value.format: json")), "%s", findings(DIAG_GNU));
    ck_assert_int_eq(spec->sources[0].format, FORMAT_JSON);
    ck_assert_ptr_null(spec->later);
    ck_assert_msg(parse(ONE("flume: {port: 1, body.format: bytes}")), "%s", findings(DIAG_GNU));
    ck_assert_int_eq(spec->sources[0].format, FORMAT_BYTES);
}
END_TEST

START_TEST(a_secret_is_never_shown)
{
    ck_assert(!parse(SOURCE("topics: [a], session.timeout.ms: \"${credential:password}\"")));
    ck_assert_ptr_null(strstr(findings(DIAG_HUMAN), "hunter2"));
    ck_assert_ptr_nonnull(strstr(findings(DIAG_HUMAN), "here is '***'"));
    ck_assert(!parse(SOURCE("topics: [a]") "batchInterval: ${credential:password}\n"
                                           "checkpoint: ${credential:password}\n"
                                           "onError: {action: \"${credential:password}\"}\n"));
    ck_assert_uint_eq(diag_errors(&diags), 3);
    ck_assert_ptr_null(strstr(findings(DIAG_HUMAN), "hunter2"));
}
END_TEST

static const struct {
    const char *text, *said;
} said[] = {
    { SOURCE("topics: lines"),
      "j.yaml:2:56: error[E206]: topics must be a list, a mapping topic: consumers, or ^regex, "
      "here is 'lines'\n  help: write [lines]\n" },
    { SOURCE("topics: []"), "j.yaml:2:56: error[E208]: topics must name at least one\n" },
    { SOURCE("topics: [a, a]"), "j.yaml:2:60: error[E213]: topic 'a' stands here twice\n" },
    { SOURCE("topics: {a: 0}"),
      "j.yaml:2:60: error[E208]: the consumers of a must be at least 1, here is '0'\n" },
    { SOURCE("topics: [\"a b\"]"),
      "j.yaml:2:57: error[E208]: 'a b' cannot be the name of a topic\n"
      "  help: letters, digits, '.', '_' and '-', at most 249; a regular expression begins with "
      "^\n" },
    { SOURCE("topics: [lines], partitions: {line: [0], lines: [1, 1]}"),
      "j.yaml:2:78: error[E208]: 'line' is not among the topics of this source\n"
      "  help: did you mean 'lines'?\n"
      "j.yaml:2:100: error[E213]: partition 1 stands here twice\n" },
    { SOURCE("topics: [a], auto.offset.reset: earliest, enable.auto.commit: false"),
      "j.yaml:2:61: error[E209]: 'auto.offset.reset' is ours to set\n"
      "  help: write startingOffsets for a partition's first run, onOffsetOutOfRange for later\n"
      "j.yaml:2:90: error[E209]: 'enable.auto.commit' is ours to set\n"
      "  help: leave it out: offsets are committed once their block is durable\n" },
    { SOURCE("topics: [a], acks: all, fromOffsets: {}"),
      "j.yaml:2:61: error[E203]: Kafka property 'acks' is for producers, a source only reads\n"
      "j.yaml:2:72: error[E204]: 'fromOffsets' belongs to kafkaDirect; this source is kafka\n" },
    { SOURCE("topics: [a], fetch.mim.bytes: 1, fetch.min.bytes: 0, check.crcs: maybe"),
      "j.yaml:2:61: error[E203]: unknown Kafka property 'fetch.mim.bytes'\n"
      "  help: did you mean 'fetch.min.bytes'?\n"
      "j.yaml:2:98: error[E208]: fetch.min.bytes must be from 1 to 100000000, here is '0'\n"
      "j.yaml:2:113: error[E206]: check.crcs must be true or false, here is 'maybe'\n" },
    { SOURCE("topics: [a], security.protocol: tls"),
      "j.yaml:2:80: error[E206]: security.protocol must be one of plaintext, ssl, sasl_plaintext, "
      "sasl_ssl, here is 'tls'\n" },
    { SOURCE("topics: [a], security.protocol: SASL_SSL"), "" }, /* as librdkafka reads it */
    { SOURCE("topics: [a], metadata.broker.list: c"),
      "j.yaml:2:61: error[E210]: 'metadata.broker.list' and 'bootstrap.servers' exclude each "
      "other: both say where the brokers are\n" },
    { SOURCE("topics: [a], value.format: avro, schemaRegistry: \"http://r\""),
      "j.yaml:2:75: error[E250]: value.format: avro is known, but not supported yet\n"
      "j.yaml:2:97: error[E250]: schemaRegistry is known, but not supported yet\n" },
    { SOURCE("topics: [a], batchInterval: 1s"),
      "j.yaml:2:61: error[E204]: 'batchInterval' stands inside 'kafka'; it belongs at the top of "
      "the file\n" },
    { SOURCE("topics: [a], sasl.password: hunter2"),
      "j.yaml:2:76: warning[W104]: sasl.password stands here as plain text\n"
      "  help: write ${credential:NAME} or ${file:PATH}\n" },
    { "sources:\n  - kafka: {bootstrap.servers: \"\", group.id: \"\", topics: [a]}\n" PRINT,
      "j.yaml:2:32: error[E208]: bootstrap.servers must not be empty\n"
      "j.yaml:2:46: error[E208]: group.id must not be empty\n" },
    { ONE("kafkaDirect: {bootstrap.servers: b, topics: {a: 1}, fromOffsets: {b: {0: 1}, a: {x: 1, "
          "0: -1, 1: 5}, c: 3}, maxRatePerPartition: 0}"),
      "j.yaml:2:71: error[E208]: 'b' is not among the topics of this source\n"
      "j.yaml:2:86: error[E208]: 'x' is not the number of a partition\n"
      "j.yaml:2:95: error[E208]: the offset of partition 0 must be at least 0, here is '-1'\n"
      "j.yaml:2:106: error[E208]: 'c' is not among the topics of this source\n"
      "j.yaml:2:134: error[E208]: maxRatePerPartition must be at least 1, here is '0'\n" },
    { ONE("kafka: {zkQuorum: \"zk1\", group.id: g, topics: [a]}"),
      "j.yaml:2:23: error[E206]: zkQuorum must be host:port, several with commas, then a chroot, "
      "here is 'zk1'\n" },
    { ONE("kafka: {zkQuorum: \"z:1\", bootstrap.servers: b, group.id: g, topics: [a]}"),
      "j.yaml:2:13: error[E210]: 'zkQuorum' and 'bootstrap.servers' exclude each other: both say "
      "where the brokers are\n" },
    { ONE("flume"), "j.yaml:2:5: error[E205]: flume needs 'port'\n  help: as port: 4141\n" },
    { ONE("flume: {bind: a, port: 65536, tls: {key: k}, compression: gzip, bodi.format: bytes}"),
      "j.yaml:2:28: error[E208]: port must be at most 65535, here is '65536'\n"
      "j.yaml:2:35: error[E205]: tls needs 'certificate'\n  help: as certificate: "
      "/etc/tidemark/tls/cert.pem\n"
      "j.yaml:2:63: error[E206]: compression is one of none, deflate, not 'gzip'\n"
      "j.yaml:2:69: error[E202]: unknown key 'bodi.format'\n  help: did you mean "
      "'body.format'?\n" },
    { ONE("flume: {port: 1, body.format: avro}"),
      "j.yaml:2:35: error[E250]: body.format: avro is known, but not supported yet\n" },
    { ONE("flumePolling: {addresses: [a, \"h:0\", \"h:99999\", \"[::1]:1\", \"::1:1\", 5], "
          "maxBatchSize: 0}"),
      "j.yaml:2:32: error[E206]: addresses must be host:port, as \"agent1:4142\", here is 'a'\n"
      "j.yaml:2:35: error[E206]: addresses must be host:port, as \"agent1:4142\", here is 'h:0'\n"
      "j.yaml:2:42: error[E206]: addresses must be host:port, as \"agent1:4142\", here is "
      "'h:99999'\n"
      "j.yaml:2:64: error[E206]: addresses must be host:port, as \"agent1:4142\", here is "
      "'::1:1'\n"
      "j.yaml:2:73: error[E206]: addresses must be host:port, as \"agent1:4142\", here is '5'\n"
      "j.yaml:2:91: error[E208]: maxBatchSize must be at least 1, here is '0'\n" },
    { ONE("flumePolling: {addresses: []}"),
      "j.yaml:2:31: error[E208]: addresses must name at least one\n" },
    { ONE("socketTextStream: {host: h}"),
      "j.yaml:2:5: error[E205]: socketTextStream needs 'port'\n  help: as port: 9999\n" },
    { ONE("textFileStream: {directory: \"hdfs://nn/in\", startingFiles: old}"),
      "j.yaml:2:33: error[E215]: store 'hdfs://nn/in': hdfs:// speaks Hadoop's RPC; write "
      "webhdfs://nn:9870/in (the NameNode's HTTP address)\n"
      "j.yaml:2:64: error[E206]: startingFiles is one of new, all, not 'old'\n" },
    { ONE("rate: {rowsPerSecond: 10000001, rows: 1}"),
      "j.yaml:2:27: error[E208]: rowsPerSecond must be at most 10000000, here is '10000001'\n"
      "j.yaml:2:37: error[E202]: unknown key 'rows'\n  help: did you mean 'rowsPerSecond'?\n" },
    { ONE("rate: 5"), "j.yaml:2:11: error[E206]: rate must be a mapping, here is '5'\n" },
    { "sources: [kafka, kafka: x]\n" PRINT,
      "j.yaml:1:11: error[E205]: kafka needs 'bootstrap.servers', 'group.id' and 'topics'\n"
      "j.yaml:1:25: error[E206]: kafka must be a mapping, here is 'x'\n"
      "j.yaml:2:11: error[E205]: print needs 'from'\n  help: name the stream: print: {from: "
      "NAME}\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a], security.protocol: "
      "\"\"}\n" PRINT "\n",
      "j.yaml:2:80: error[E206]: security.protocol must be one of plaintext, ssl, sasl_plaintext, "
      "sasl_ssl, here is ''\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a], security.protocol: "
      "sasl}\n" PRINT "\n",
      "j.yaml:2:80: error[E206]: security.protocol must be one of plaintext, ssl, sasl_plaintext, "
      "sasl_ssl, here is 'sasl'\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a], security.protocol: "
      "\"plaintext, ssl\"}\n" PRINT "\n",
      "j.yaml:2:80: error[E206]: security.protocol must be one of plaintext, ssl, sasl_plaintext, "
      "sasl_ssl, here is 'plaintext, ssl'\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a], security.protocol: "
      "ssl}\n" PRINT "\n",
      "" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a], security.protocol: "
      "plaintext}\n" PRINT "\n",
      "" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a], fetch.min.bytes: "
      "\"\", fetch.wait.max.ms: 5x}\n" PRINT "\n",
      "j.yaml:2:78: error[E206]: fetch.min.bytes must be a whole number, here is ''\n"
      "j.yaml:2:101: error[E206]: fetch.wait.max.ms must be a whole number, here is '5x'\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a], check.crcs: false, "
      "enable.sparse.connections: \"false\", allow.auto.create.topics: \"true\"}\n" PRINT "\n",
      "j.yaml:2:80: error[E203]: unknown Kafka property 'enable.sparse.connections'\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a], check.crcs: !x y, "
      "fetch.min.bytes: ~, client.id: [a]}\n" PRINT "\n",
      "j.yaml:2:73: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x y\"\n"
      "j.yaml:2:96: error[E206]: fetch.min.bytes must be a text or a number, here is nothing\n"
      "  help: write the value behind the ':', or leave the key out\n"
      "j.yaml:2:110: error[E206]: client.id must be a text or a number, here is a list\n" },
    { "sources:\n  - kafka: {bootstrap.servers: !x b, group.id: !x g, topics: !x [a]}\n" PRINT "\n",
      "j.yaml:2:32: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x b\"\n"
      "j.yaml:2:48: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x g\"\n"
      "j.yaml:2:62: error[E105]: tag '!x' is not allowed here\n" },
    { "sources:\n  - kafka: {bootstrap.servers: \"${NOPE}\", group.id: g, topics: "
      "\"${NOPE}\"}\n" PRINT "\n",
      "j.yaml:2:33: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-host:9092}\", quotes included\n"
      "j.yaml:2:65: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-default}\", quotes included\n" },
    { "sources:\n  - kafka: {zkQuorum: !x z, group.id: g, topics: [a]}\n" PRINT "\n",
      "j.yaml:2:23: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x z\"\n" },
    { "sources:\n  - kafka: {zkQuorum: \"${NOPE}\", group.id: g, topics: [a]}\n" PRINT "\n",
      "j.yaml:2:24: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-zk1:2181}\", quotes "
      "included\n" },
    { "sources:\n  - kafka: {zkQuorum: ~, group.id: g, topics: [a]}\n" PRINT "\n",
      "j.yaml:2:23: error[E206]: zkQuorum must be a text, as \"zk1:2181,zk2:2181/chroot\", here is "
      "nothing\n"
      "  help: write the value behind the ':', or leave the key out\n" },
    { "sources:\n  - kafka: {zkQuorum: [z], group.id: g, topics: [a]}\n" PRINT "\n",
      "j.yaml:2:23: error[E206]: zkQuorum must be a text, as \"zk1:2181,zk2:2181/chroot\", here is "
      "a list\n" },
    { "sources:\n  - kafka: {zkQuorum: \"\", group.id: g, topics: [a]}\n" PRINT "\n",
      "j.yaml:2:23: error[E206]: zkQuorum must be host:port, several with commas, then a chroot, "
      "here is ''\n" },
    { "sources:\n  - kafka: {zkQuorum: \"z:1,\", group.id: g, topics: [a]}\n" PRINT "\n",
      "j.yaml:2:23: error[E206]: zkQuorum must be host:port, several with commas, then a chroot, "
      "here is 'z:1,'\n" },
    { "sources:\n  - kafka: {zkQuorum: \"z:1/a,b\", group.id: g, topics: [a]}\n" PRINT "\n", "" },
    { "sources: [flumePolling: {addresses: [!x a, \"${NOPE}\", \":1\", \"[::1:1\", \"a b:1\", "
      "\"a/b:1\", \"h:\", \"h:0x1\", \"[::1]:65535\", \"h:65536\"]}]\n" PRINT "\n",
      "j.yaml:1:38: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x a\"\n"
      "j.yaml:1:45: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-host:4142}\", quotes included\n"
      "j.yaml:1:55: error[E206]: addresses must be host:port, as \"agent1:4142\", here is ':1'\n"
      "j.yaml:1:61: error[E206]: addresses must be host:port, as \"agent1:4142\", here is "
      "'[::1:1'\n"
      "j.yaml:1:71: error[E206]: addresses must be host:port, as \"agent1:4142\", here is 'a b:1'\n"
      "j.yaml:1:80: error[E206]: addresses must be host:port, as \"agent1:4142\", here is 'a/b:1'\n"
      "j.yaml:1:89: error[E206]: addresses must be host:port, as \"agent1:4142\", here is 'h:'\n"
      "j.yaml:1:95: error[E206]: addresses must be host:port, as \"agent1:4142\", here is 'h:0x1'\n"
      "j.yaml:1:119: error[E206]: addresses must be host:port, as \"agent1:4142\", here is "
      "'h:65536'\n" },
    { "sources: [flumePolling: {addresses: a}]\n" PRINT "\n",
      "j.yaml:1:37: error[E206]: addresses must be a list, here is 'a'\n" },
    { "sources: [rate: {name: rate1}, rate]\n" PRINT "\n",
      "j.yaml:1:32: error[E213]: name 'rate1' is used twice; the first is on line 1\n"
      "j.yaml:2:11: error[E205]: print needs 'from'\n"
      "  help: name the stream: print: {from: NAME}\n" },
    { "sources: [rate: {name: !x a}, rate: {name: 5}, rate: {name: \"a b\"}]\noutputs: [print: "
      "{from: rate1}]\n",
      "j.yaml:1:11: warning[W102]: nothing reads the source 'rate0'\n"
      "j.yaml:1:24: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x a\"\n"
      "j.yaml:1:44: error[E206]: name must be a text, here is a whole number\n"
      "  help: put it in quotes: \"5\"\n"
      "j.yaml:1:48: warning[W102]: nothing reads the source 'rate2'\n"
      "j.yaml:1:61: error[E208]: the name of a source is of letters, digits, '_' and '-', at most "
      "63; here is 'a b'\n" },
    { "sources: [rate: {name: a}, rate]\noutputs: [print: {from: rate1}]\n",
      "j.yaml:1:24: warning[W102]: nothing reads the source 'a'\n" },
    { "sources: [rate, rate]\noutputs: [print: {from: rate1}]\n",
      "j.yaml:1:11: warning[W102]: nothing reads the source 'rate0'\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a], "
      "allow.auto.create.topics: \"false\", check.crcs: \"true\"}\n" PRINT "\n",
      "" },
};

START_TEST(what_is_wrong_with_a_source_is_said)
{
    expect(said[_i].text, said[_i].said);
}
END_TEST

START_TEST(the_table_of_properties_is_librdkafkas)
{
    static const enum kafka_property_side sides[] = { PROPERTY_OF_CONSUMERS, PROPERTY_OF_PRODUCERS,
                                                      PROPERTY_OF_BOTH };
    static const unsigned wanted[] = { 105, 105, 77 };
    for (int i = 0; i < 3; i++) {
        const struct kafka_property_row *row = NULL;
        unsigned n = 0;
        for (; (row = kafka_property_next(sides[i], row)); n++)
            ck_assert_ptr_eq(kafka_property_find(sides[i], row->name), row);
        ck_assert_uint_eq(n, wanted[i]);
    }
    ck_assert_ptr_null(kafka_property_find(PROPERTY_OF_CONSUMERS, "acks"));
    ck_assert_ptr_null(kafka_property_find(PROPERTY_OF_PRODUCERS, "fetch.min.bytes"));
}
END_TEST

Suite *job_source_suite(void)
{
    Suite *suite = suite_create("job_source");
    TCase *tcase = tcase_create("job_source");
    tcase_add_checked_fixture(tcase, NULL, clean);
    tcase_add_test(tcase, topics_come_as_a_list_a_mapping_or_a_pattern);
    tcase_add_test(tcase, partitions_are_those_of_a_topic);
    tcase_add_test(tcase, properties_are_handed_on_as_they_stand);
    tcase_add_test(tcase, our_keys_stand_beside_them);
    tcase_add_loop_test(tcase, every_source_is_known_with_its_keys, 0,
                        sizeof good / sizeof good[0]);
    tcase_add_test(tcase, a_format_is_of_the_value_or_of_the_body);
    tcase_add_test(tcase, a_secret_is_never_shown);
    tcase_add_loop_test(tcase, what_is_wrong_with_a_source_is_said, 0,
                        sizeof said / sizeof said[0]);
    tcase_add_test(tcase, the_table_of_properties_is_librdkafkas);
    suite_add_tcase(suite, tcase);
    return suite;
}
