/* `topics`, `partitions` and `fromOffsets` of a source of Kafka. */
#include "job_try.h"

static const struct {
    const char *text, *said;
} said[] = {
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: !x a}\n" PRINT "\n",
      "j.yaml:2:56: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x a\"\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [., .., \"\", \"^\", "
      "\"^(\", ~, [a], !x y, \"${NOPE}\"]}\n" PRINT "\n",
      "j.yaml:2:57: error[E208]: '.' cannot be the name of a topic\n"
      "  help: letters, digits, '.', '_' and '-', at most 249; a regular expression begins with ^\n"
      "j.yaml:2:60: error[E208]: '..' cannot be the name of a topic\n"
      "  help: letters, digits, '.', '_' and '-', at most 249; a regular expression begins with ^\n"
      "j.yaml:2:64: error[E208]: '' cannot be the name of a topic\n"
      "  help: letters, digits, '.', '_' and '-', at most 249; a regular expression begins with ^\n"
      "j.yaml:2:68: error[E208]: '^' cannot be the name of a topic\n"
      "  help: letters, digits, '.', '_' and '-', at most 249; a regular expression begins with ^\n"
      "j.yaml:2:73: error[E235]: bad regex: Unmatched ( or \\(\n"
      "j.yaml:2:79: error[E206]: topics must be the name of a topic, here is nothing\n"
      "  help: write the value behind the ':', or leave the key out\n"
      "j.yaml:2:82: error[E206]: topics must be the name of a topic, here is a list\n"
      "j.yaml:2:87: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x y\"\n"
      "j.yaml:2:94: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-default}\", quotes included\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: \"a,b\"}\n" PRINT "\n",
      "j.yaml:2:56: error[E206]: topics must be a list, a mapping topic: consumers, or ^regex, "
      "here is 'a,b'\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: 5}\n" PRINT "\n",
      "j.yaml:2:56: error[E206]: topics must be a list, a mapping topic: consumers, or ^regex, "
      "here is a whole number\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: "
      "\"${file:password}\"}\n" PRINT "\n",
      "j.yaml:2:56: error[E206]: topics must be a list, a mapping topic: consumers, or ^regex, "
      "here is '***'\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a], partitions: {a: [x, "
      "-1]}}\n" PRINT "\n",
      "j.yaml:2:78: error[E206]: a partition of a must be a whole number, here is 'x'\n"
      "j.yaml:2:81: error[E208]: a partition of a must be at least 0, here is '-1'\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a], partitions: {a: "
      "[-1]}}\n" PRINT "\n",
      "j.yaml:2:78: error[E208]: a partition of a must be at least 0, here is '-1'\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a, b, c, d], partitions: "
      "{a: 0, b: [], c: !x [0], d: {0: 1}}}\n" PRINT "\n",
      "j.yaml:2:86: error[E206]: a must be a list of partitions, as [0, 1], here is '0'\n"
      "j.yaml:2:92: error[E206]: b must be a list of partitions, as [0, 1], here is an empty list\n"
      "j.yaml:2:99: error[E105]: tag '!x' is not allowed here\n"
      "j.yaml:2:110: error[E206]: d must be a list of partitions, as [0, 1], here is a mapping\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [a], partitions: "
      "[0]}\n" PRINT "\n",
      "j.yaml:2:73: error[E206]: partitions must be a mapping, here is a list\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: [5], partitions: {5: "
      "[0]}}\n" PRINT "\n",
      "" },
    { "sources: [kafkaDirect: {bootstrap.servers: b, topics: [a], fromOffsets: {a: {\"1x\": 1, "
      "99999999: 1, \"/\": 1, \"\": 1, 5: x}}}]\n" PRINT "\n",
      "j.yaml:1:78: error[E208]: '1x' is not the number of a partition\n"
      "j.yaml:1:87: error[E208]: '99999999' is not the number of a partition\n"
      "j.yaml:1:100: error[E208]: '/' is not the number of a partition\n"
      "j.yaml:1:108: error[E208]: '' is not the number of a partition\n"
      "j.yaml:1:118: error[E206]: the offset of partition 5 must be a whole number, here is "
      "'x'\n" },
    { "sources: [kafkaDirect: {bootstrap.servers: b, topics: [a, b, c], fromOffsets: {a: !x 5, b: "
      "{}, c: 7}}]\n" PRINT "\n",
      "j.yaml:1:83: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x 5\"\n"
      "j.yaml:1:92: error[E206]: b must be a mapping partition: offset, as {0: 123}, here is an "
      "empty mapping\n"
      "j.yaml:1:99: error[E206]: c must be a mapping partition: offset, as {0: 123}, here is "
      "'7'\n" },
    { "sources: [kafkaDirect: {bootstrap.servers: b, topics: [\"..\"], fromOffsets: {a: {0: "
      "1}}}]\n" PRINT "\n",
      "j.yaml:1:56: error[E208]: '..' cannot be the name of a topic\n"
      "  help: letters, digits, '.', '_' and '-', at most 249; a regular expression begins with "
      "^\n" },
    { "sources: [kafkaDirect: {bootstrap.servers: b, topics: [a], fromOffsets: {a: {0: "
      "9223372036854775807, 1: 9223372036854775808}}}]\n" PRINT "\n",
      "j.yaml:1:105: error[E208]: the offset of partition 1 must be at most 9223372036854775807, "
      "here is '9223372036854775808'\n" },
    { "sources:\n  - kafka: {bootstrap.servers: b, group.id: g, topics: "
      "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]}\n" PRINT "\n",
      "j.yaml:2:57: error[E208]: "
      "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' cannot be the "
      "name of a topic\n"
      "  help: letters, digits, '.', '_' and '-', at most 249; a regular expression begins with "
      "^\n" },
};

START_TEST(what_is_wrong_with_topics_is_said)
{
    expect(said[_i].text, said[_i].said);
}
END_TEST

Suite *job_topics_suite(void)
{
    Suite *suite = suite_create("job_topics");
    TCase *tcase = tcase_create("job_topics");
    tcase_add_checked_fixture(tcase, NULL, clean);
    tcase_add_loop_test(tcase, what_is_wrong_with_topics_is_said, 0, sizeof said / sizeof said[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
