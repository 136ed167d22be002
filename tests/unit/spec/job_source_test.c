#include "job_try.h"
#include "spec/kafka_property.h"

#define SOURCE(keys) "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, " keys "}\n" PRINT

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
    { SOURCE("topics: {a: 0}"), "j.yaml:2:60: error[E208]: a must be at least 1, here is '0'\n" },
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
    { SOURCE("topics: [a], metadata.broker.list: c"),
      "j.yaml:2:61: error[E210]: 'metadata.broker.list' and 'bootstrap.servers' exclude each "
      "other: both say where the brokers are\n" },
    { SOURCE("topics: [a], value.format: json, schemaRegistry: \"http://r\""),
      "j.yaml:2:75: error[E250]: value.format: json is known, but not supported yet\n"
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
    { "sources: [kafka, kafka: x]\n" PRINT,
      "j.yaml:1:11: error[E205]: kafka needs 'bootstrap.servers', 'group.id' and 'topics'\n"
      "j.yaml:1:25: error[E206]: kafka must be a mapping, here is 'x'\n"
      "j.yaml:2:11: error[E205]: print needs 'from'\n  help: name the stream: print: {from: "
      "NAME}\n" },
};

START_TEST(what_is_wrong_with_a_source_is_said)
{
    expect(said[_i].text, said[_i].said);
}
END_TEST

START_TEST(the_table_of_properties_is_librdkafkas)
{
    unsigned n = 0;
    for (const struct kafka_property_row *row; (row = kafka_property_at(n)); n++)
        ck_assert_ptr_eq(kafka_property_find(row->name), row);
    ck_assert_uint_eq(n, 105);
    ck_assert_ptr_null(kafka_property_find("acks"));
    ck_assert(kafka_property_of_producers("acks"));
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
    tcase_add_test(tcase, a_secret_is_never_shown);
    tcase_add_loop_test(tcase, what_is_wrong_with_a_source_is_said, 0,
                        sizeof said / sizeof said[0]);
    tcase_add_test(tcase, the_table_of_properties_is_librdkafkas);
    suite_add_tcase(suite, tcase);
    return suite;
}
