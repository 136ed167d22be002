/* Values as a job file says them: each type of key, what it takes and what is said about the rest. */
#include "spec/schema.h"

#include "job_try.h"

#define JOB SOURCES PRINT

static const struct {
    const char *text, *said;
} said[] = {
    { SOURCES PRINT "description: [a]\n",
      "j.yaml:4:14: error[E206]: description must be a text, here is a list\n" },
    { SOURCES PRINT "description: {a: b}\n",
      "j.yaml:4:14: error[E206]: description must be a text, here is a mapping\n" },
    { SOURCES PRINT "description: ~\n",
      "j.yaml:4:14: error[E206]: description must be a text, here is nothing\n"
      "  help: write the value behind the ':', or leave the key out\n" },
    { SOURCES PRINT "description: true\n",
      "j.yaml:4:14: error[E206]: description must be a text, here is true or false\n"
      "  help: put it in quotes: \"true\"\n" },
    { SOURCES PRINT "checkpoint: file:/x\n",
      "j.yaml:4:13: error[E215]: 'file:/x' is not a URL of a store: webhdfs://host:port/path or "
      "file:///path\n"
      "  help: write file:///x\n" },
    { SOURCES PRINT "checkpoint: file:x\n",
      "j.yaml:4:13: error[E215]: 'file:x' is not a URL of a store: webhdfs://host:port/path or "
      "file:///path\n" },
    { SOURCES PRINT "checkpoint: \"hdfs:///x\"\n",
      "j.yaml:4:13: error[E215]: store 'hdfs:///x': hdfs:// speaks Hadoop's RPC; write "
      "webhdfs://nn1:9870/x (the NameNode's HTTP address)\n" },
    { SOURCES PRINT "checkpoint: \"hdfs://\"\n",
      "j.yaml:4:13: error[E215]: store 'hdfs://': hdfs:// speaks Hadoop's RPC; write "
      "webhdfs://nn1:9870 (the NameNode's HTTP address)\n" },
    { SOURCES PRINT "checkpoint: \"hdfs://a:8020\"\n",
      "j.yaml:4:13: error[E215]: store 'hdfs://a:8020': hdfs:// speaks Hadoop's RPC; write "
      "webhdfs://a:9870 (the NameNode's HTTP address)\n" },
    { SOURCES PRINT "checkpoint: \"hdfs://user@a:8020/x\"\n",
      "j.yaml:4:13: error[E215]: store 'hdfs://user@a:8020/x': hdfs:// speaks Hadoop's RPC; write "
      "webhdfs://user@a:9870/x (the NameNode's HTTP address)\n" },
    { SOURCES PRINT "checkpoint: \"webhdf://a/x\"\n",
      "j.yaml:4:13: error[E215]: store 'webhdf://a/x': 'webhdf' is no store: "
      "webhdfs://host:port/path or file:///path\n"
      "  help: did you mean 'webhdfs'?\n" },
    { SOURCES PRINT "checkpoint: \"ftp://a/x\"\n",
      "j.yaml:4:13: error[E215]: store 'ftp://a/x': 'ftp' is no store: webhdfs://host:port/path or "
      "file:///path\n" },
    { SOURCES PRINT "checkpoint: nn1\n",
      "j.yaml:4:13: error[E215]: 'nn1' is not a URL of a store: webhdfs://host:port/path or "
      "file:///path\n" },
    { SOURCES PRINT "checkpoint: {directory: [a]}\n",
      "j.yaml:4:25: error[E206]: directory must be a text, here is a list\n" },
    { SOURCES PRINT "checkpoint: {directory: 5}\n",
      "j.yaml:4:25: error[E206]: directory must be a text, here is a whole number\n"
      "  help: put it in quotes: \"5\"\n" },
    { SOURCES PRINT "checkpoint: [a]\n",
      "j.yaml:4:13: error[E206]: checkpoint must be a mapping, here is a list\n" },
    { SOURCES PRINT "checkpoint: {retain: 3.5}\n",
      "j.yaml:4:22: error[E206]: retain must be a whole number, here is '3.5'\n" },
    { SOURCES PRINT "checkpoint: {retain: \"3\"}\n",
      "j.yaml:4:22: error[E206]: retain must be a whole number without quotes, here is '3'\n" },
    { SOURCES PRINT "checkpoint: {retain: \"\"}\n",
      "j.yaml:4:22: error[E206]: retain must be a whole number, here is ''\n" },
    { SOURCES PRINT "checkpoint: {retain: \"x3\"}\n",
      "j.yaml:4:22: error[E206]: retain must be a whole number, here is 'x3'\n" },
    { SOURCES PRINT "checkpoint: {retain: \"${RETAIN:-5}\"}\n", "" },
    { SOURCES PRINT "checkpoint: {retain: \"${RETAIN:-1.5.2}\"}\n",
      "j.yaml:4:22: error[E206]: retain must be a whole number, here is '1.5.2'\n" },
    { SOURCES PRINT "checkpoint: {retain: \"${RETAIN:-}\"}\n",
      "j.yaml:4:22: error[E206]: retain must be a whole number, here is ''\n" },
    { SOURCES PRINT "checkpoint: {retain: \"${RETAIN:-012}\"}\n",
      "j.yaml:4:22: error[E206]: retain must be a whole number, here is '012'\n" },
    { SOURCES PRINT "checkpoint: {retain: \"${RETAIN:-many}\"}\n",
      "j.yaml:4:22: error[E206]: retain must be a whole number, here is 'many'\n" },
    { SOURCES PRINT "checkpoint: {retain: 99999999999999999999}\n",
      "j.yaml:4:22: error[E208]: retain must be at most 1000, here is '99999999999999999999'\n" },
    { SOURCES PRINT "checkpoint: {retain: -99999999999999999999}\n",
      "j.yaml:4:22: error[E208]: retain must be at least 1, here is '-99999999999999999999'\n" },
    { SOURCES PRINT "checkpoint: {retain: -1}\n",
      "j.yaml:4:22: error[E208]: retain must be at least 1, here is '-1'\n" },
    { SOURCES PRINT "checkpoint: {retain: .inf}\n",
      "j.yaml:4:22: error[E206]: retain must be a whole number, here is '.inf'\n" },
    { SOURCES PRINT "checkpoint: {retain: .nan}\n",
      "j.yaml:4:22: error[E206]: retain must be a whole number, here is '.nan'\n" },
    { SOURCES PRINT "checkpoint: {retain: 1e2}\n", "" },
    { SOURCES PRINT "checkpoint: {retain: 3.0}\n", "" },
    { SOURCES PRINT "checkpoint: {retain: 1001}\n",
      "j.yaml:4:22: error[E208]: retain must be at most 1000, here is '1001'\n" },
    { SOURCES PRINT "checkpoint: {retain: true}\n",
      "j.yaml:4:22: error[E206]: retain must be a whole number, here is 'true'\n" },
    { SOURCES PRINT "maxAppAttempts: 5000000000\n",
      "j.yaml:4:17: error[E208]: maxAppAttempts must be at most 1000, here is '5000000000'\n" },
    { SOURCES PRINT "onError: {action: [skip]}\n",
      "j.yaml:4:19: error[E206]: action must be one of deadLetter, skip, fail, here is a list\n" },
    { SOURCES PRINT "onError: {action: ~}\n",
      "j.yaml:4:19: error[E206]: action must be one of deadLetter, skip, fail, here is nothing\n"
      "  help: write the value behind the ':', or leave the key out\n" },
    { SOURCES PRINT "onError: {action: 5}\n",
      "j.yaml:4:19: error[E206]: action is one of deadLetter, skip, fail, not '5'\n" },
    { SOURCES PRINT "onError: {failAbove: 5}\n",
      "j.yaml:4:22: error[E207]: failAbove needs a unit: write 5%\n" },
    { SOURCES PRINT "onError: {failAbove: 1.5}\n",
      "j.yaml:4:22: error[E207]: failAbove needs a unit: write 1.5%\n" },
    { SOURCES PRINT "onError: {failAbove: 101%}\n",
      "j.yaml:4:22: error[E208]: failAbove must be from 0% to 100%, here is '101%'\n" },
    { SOURCES PRINT "onError: {failAbove: -1%}\n",
      "j.yaml:4:22: error[E208]: failAbove must be from 0% to 100%, here is '-1%'\n" },
    { SOURCES PRINT "onError: {failAbove: x%}\n",
      "j.yaml:4:22: error[E207]: failAbove must be one number and one unit, here is 'x%'\n"
      "  help: write it as 10%\n" },
    { SOURCES PRINT "onError: {failAbove: 5 %}\n",
      "j.yaml:4:22: error[E207]: failAbove must be one number and one unit, here is '5 %'\n"
      "  help: write it as 10%\n" },
    { SOURCES PRINT "onError: {failAbove: [5%]}\n",
      "j.yaml:4:22: error[E206]: failAbove must be a share, as 10%, here is a list\n" },
    { SOURCES PRINT "onError: {failAbove: many}\n",
      "j.yaml:4:22: error[E207]: failAbove must be one number and one unit, here is 'many'\n"
      "  help: write it as 10%\n" },
    { SOURCES PRINT "onError: {failAbove: 5p}\n",
      "j.yaml:4:22: error[E207]: failAbove must be one number and one unit, here is '5p'\n"
      "  help: write it as 10%\n" },
    { SOURCES PRINT "onError: skip\n",
      "j.yaml:4:10: error[E206]: onError must be a mapping, here is 'skip'\n" },
    { SOURCES PRINT "batchInterval: 10x\n",
      "j.yaml:4:18: error[E207]: batchInterval has the unknown unit 'x'\n"
      "  help: units are ms s m h d\n" },
    { SOURCES PRINT "batchInterval: 10sec\n",
      "j.yaml:4:18: error[E207]: batchInterval has the unknown unit 'sec'\n"
      "  help: did you mean '10s'?\n" },
    { SOURCES PRINT "batchInterval: 10S\n",
      "j.yaml:4:18: error[E207]: batchInterval has the unknown unit 'S'\n"
      "  help: did you mean '10s'?\n" },
    { SOURCES PRINT "batchInterval: 10 s\n",
      "j.yaml:4:16: error[E207]: batchInterval must be one whole number and one unit, here is '10 "
      "s'\n"
      "  help: write it as 10s; units are ms s m h d\n" },
    { SOURCES PRINT "batchInterval: s\n",
      "j.yaml:4:16: error[E207]: batchInterval must be one whole number and one unit, here is 's'\n"
      "  help: write it as 10s; units are ms s m h d\n" },
    { SOURCES PRINT "batchInterval: \"\"\n",
      "j.yaml:4:16: error[E207]: batchInterval must be one whole number and one unit, here is ''\n"
      "  help: write it as 10s; units are ms s m h d\n" },
    { SOURCES PRINT "batchInterval: -1s\n",
      "j.yaml:4:16: error[E208]: batchInterval must be at least 10ms, here is '-1s'\n" },
    { SOURCES PRINT "batchInterval: -5\n",
      "j.yaml:4:16: error[E208]: batchInterval must be at least 10ms, here is '-5'\n" },
    { SOURCES PRINT "batchInterval: 99999999999999999999999s\n",
      "j.yaml:4:16: error[E208]: batchInterval must be at most 36500d, here is "
      "'99999999999999999999999s'\n" },
    { SOURCES PRINT "batchInterval: 99999999999999d\n",
      "j.yaml:4:16: error[E208]: batchInterval must be at most 36500d, here is "
      "'99999999999999d'\n" },
    { SOURCES PRINT "batchInterval: true\n",
      "j.yaml:4:16: error[E206]: batchInterval must be a duration, as 10s, here is 'true'\n" },
    { SOURCES PRINT "batchInterval: [1s]\n",
      "j.yaml:4:16: error[E206]: batchInterval must be a duration, as 10s, here is a list\n" },
    { SOURCES PRINT "attemptFailuresValidityInterval: -1s\n",
      "j.yaml:4:34: error[E208]: attemptFailuresValidityInterval must be at least 0s, here is "
      "'-1s'\n" },
    { SOURCES PRINT "attemptFailuresValidityInterval: 40000d\n",
      "j.yaml:4:34: error[E208]: attemptFailuresValidityInterval must be at most 36500d, here is "
      "'40000d'\n" },
    { SOURCES PRINT "attemptFailuresValidityInterval: 9999999999999999d\n",
      "j.yaml:4:34: error[E208]: attemptFailuresValidityInterval must be at most 36500d, here is "
      "'9999999999999999d'\n" },
    { SOURCES PRINT "writeAheadLog: {maxSize: 10XB}\n",
      "j.yaml:4:28: error[E207]: maxSize has the unknown unit 'XB'\n"
      "  help: units are B KiB MiB GiB TiB\n" },
    { SOURCES PRINT "writeAheadLog: {maxSize: 10GB}\n",
      "j.yaml:4:28: error[E207]: maxSize has the unknown unit 'GB'\n"
      "  help: did you mean '10GiB'?\n" },
    { SOURCES PRINT "writeAheadLog: {maxSize: 1.5GiB}\n",
      "j.yaml:4:26: error[E207]: maxSize must be one whole number and one unit, here is '1.5GiB'\n"
      "  help: write it as 64MiB; units are B KiB MiB GiB TiB\n" },
    { SOURCES PRINT "writeAheadLog: {maxSize: 10gib}\n",
      "j.yaml:4:28: error[E207]: maxSize has the unknown unit 'gib'\n"
      "  help: did you mean '10GiB'?\n" },
    { SOURCES PRINT "writeAheadLog: {maxSize: 10}\n",
      "j.yaml:4:26: error[E207]: maxSize needs a unit: '10' could be 10MiB or 10GiB\n" },
    { SOURCES PRINT "writeAheadLog: {maxSize: 99999999999999TiB}\n",
      "j.yaml:4:26: error[E208]: maxSize must be at most 1048576TiB, here is "
      "'99999999999999TiB'\n" },
    { SOURCES PRINT "writeAheadLog: {maxSize: -1GiB}\n",
      "j.yaml:4:26: error[E208]: maxSize must be at least 64MiB, here is '-1GiB'\n" },
    { SOURCES PRINT "writeAheadLog: {maxSize: 1KiB}\n",
      "j.yaml:4:26: error[E208]: maxSize must be at least 64MiB, here is '1KiB'\n" },
    { SOURCES PRINT "writeAheadLog: {maxSize: 20GiB}\n", "" },
    { SOURCES PRINT "writeAheadLog: {maxSize: 21GiB}\n",
      "j.yaml:4:26: error[E250]: writeAheadLog.maxSize: 21GiB is known, but not supported yet\n" },
    { SOURCES PRINT "writeAheadLog: {enable: true}\n", "" },
    { SOURCES PRINT "writeAheadLog: {enable: false}\n",
      "j.yaml:4:25: error[E250]: writeAheadLog.enable: false is known, but not supported yet\n" },
    { SOURCES PRINT "writeAheadLog: {compress: none}\n", "" },
    { SOURCES PRINT "backpressure: {pid: {proportional: 2, integral: 0.5, derived: 1e-3}}\n", "" },
    { SOURCES PRINT "backpressure: {pid: {proportional: x}}\n",
      "j.yaml:4:36: error[E206]: proportional must be a number, here is 'x'\n" },
    { SOURCES PRINT "backpressure: {pid: {proportional: -1}}\n",
      "j.yaml:4:36: error[E208]: proportional must be from 0 to 1e15, here is '-1'\n" },
    { SOURCES PRINT "backpressure: {pid: {proportional: .inf}}\n",
      "j.yaml:4:36: error[E208]: proportional must be from 0 to 1e15, here is '.inf'\n" },
    { SOURCES PRINT "backpressure: {pid: {proportional: .nan}}\n",
      "j.yaml:4:36: error[E208]: proportional must be from 0 to 1e15, here is '.nan'\n" },
    { SOURCES PRINT "backpressure: {pid: {proportional: 1e16}}\n",
      "j.yaml:4:36: error[E208]: proportional must be from 0 to 1e15, here is '1e16'\n" },
    { SOURCES PRINT "backpressure: {pid: {proportional: \"${P:-2.5}\"}}\n", "" },
    { SOURCES PRINT "backpressure: {pid: {proportional: \"${P:-2.5.1}\"}}\n",
      "j.yaml:4:36: error[E206]: proportional must be a number, here is '2.5.1'\n" },
    { SOURCES PRINT "backpressure: {pid: {proportional: \"2.5\"}}\n",
      "j.yaml:4:36: error[E206]: proportional must be a number, here is '2.5'\n" },
    { SOURCES PRINT "backpressure: {pid: [1]}\n",
      "j.yaml:4:21: error[E206]: pid must be a mapping, here is a list\n" },
    { SOURCES PRINT "backpressure: {pid: ~}\n",
      "j.yaml:4:21: error[E206]: pid must be a mapping, here is nothing\n"
      "  help: write the value behind the ':', or leave the key out\n" },
    { SOURCES PRINT "backpressure: {initialRate: 1000000000000000000000}\n",
      "j.yaml:4:29: error[E208]: initialRate must be at most 9223372036854775807, here is "
      "'1000000000000000000000'\n" },
    { SOURCES PRINT "backpressure: {enabled: \"${B:-true}\"}\n", "" },
    { SOURCES PRINT "backpressure: {enabled: \"${B:-false}\"}\n", "" },
    { SOURCES PRINT "backpressure: {enabled: \"${B:-yes}\"}\n",
      "j.yaml:4:25: error[E206]: enabled must be true or false, here is 'yes'\n"
      "  help: write true\n" },
    { SOURCES PRINT "backpressure: {enabled: [true]}\n",
      "j.yaml:4:25: error[E206]: enabled must be true or false, here is a list\n" },
    { SOURCES PRINT "backpressure: {enabled: \"true\"}\n",
      "j.yaml:4:25: error[E206]: enabled must be true or false, here is 'true'\n" },
    { SOURCES PRINT "backpressure: {enabled: OFF}\n",
      "j.yaml:4:25: error[E206]: enabled must be true or false, here is 'OFF'\n"
      "  help: write false\n" },
    { SOURCES PRINT "backpressure: {enabled: n}\n",
      "j.yaml:4:25: error[E206]: enabled must be true or false, here is 'n'\n"
      "  help: write false\n" },
    { SOURCES PRINT "backpressure: {enabled: maybe}\n",
      "j.yaml:4:25: error[E206]: enabled must be true or false, here is 'maybe'\n" },
    { SOURCES PRINT "backpressure: {enabled: \"${credential:password}\"}\n",
      "j.yaml:4:25: error[E206]: enabled must be true or false, here is '***'\n" },
    { SOURCES PRINT "backpressure: {enabled: 1}\n",
      "j.yaml:4:25: error[E206]: enabled must be true or false, here is '1'\n"
      "  help: write true\n" },
    { SOURCES PRINT "batchInterval: \"${credential:password}s\"\n",
      "j.yaml:4:16: error[E206]: batchInterval must be a duration, as 10s, here is '***'\n" },
    { SOURCES PRINT "batchInterval: \"5${credential:password}\"\n",
      "j.yaml:4:16: error[E206]: batchInterval must be a duration, as 10s, here is '***'\n" },
    { SOURCES PRINT "attemptBackoff: {initial: 2m}\n", "" },
    { SOURCES PRINT "attemptBackoff: {max: 500ms}\n",
      "j.yaml:4:23: error[E208]: max must be at least initial, here is '500ms'\n" },
    { SOURCES PRINT "onError: {inFlight: 3}\n",
      "j.yaml:4:11: error[E204]: 'inFlight' stands inside 'onError'; it belongs inside "
      "'writeAheadLog'\n" },
    { SOURCES PRINT "onError: {batchInterval: 3s}\n",
      "j.yaml:4:11: error[E204]: 'batchInterval' stands inside 'onError'; it belongs at the top of "
      "the file\n" },
    { SOURCES PRINT "onError:\n  skipp: 3\n  batchInterval: 3s\n",
      "j.yaml:5:3: error[E202]: unknown key 'skipp'\n"
      "j.yaml:6:3: error[E204]: 'batchInterval' stands inside 'onError'; here it belongs 2 spaces "
      "to the left\n" },
    { SOURCES PRINT "onError:\n batchInterval: 3s\n",
      "j.yaml:5:2: error[E204]: 'batchInterval' stands inside 'onError'; here it belongs 1 space "
      "to the left\n" },
    { SOURCES PRINT "onError: {colour: red}\n",
      "j.yaml:4:11: error[E202]: unknown key 'colour'\n" },
    { SOURCES PRINT "onError: {action: fail,skip}\n",
      "j.yaml:4:24: error[E202]: unknown key 'skip'\n"
      "  help: a value with a ',' in it stands in quotes\n" },
    { SOURCES PRINT "onError: {action: fail,\"\": ~, skip: ~}\n",
      "j.yaml:4:24: error[E202]: unknown key ''\n"
      "j.yaml:4:31: error[E202]: unknown key 'skip'\n" },
    { SOURCES PRINT "onError: {action: fail, skip: \"~\"}\n",
      "j.yaml:4:25: error[E202]: unknown key 'skip'\n" },
    { SOURCES "onError:\n  action: skip\n  outputs: [print]\n",
      "j.yaml:5:3: error[E204]: 'outputs' stands inside 'onError'; here it belongs 2 spaces to the "
      "left\n" },
    { SOURCES "outputs: 5\nmaxAppAttempts: \"5${file:password}\"\n",
      "j.yaml:3:10: error[E206]: outputs must be a list, here is '5'\n"
      "j.yaml:4:17: error[E206]: maxAppAttempts must be a whole number, here is '***'\n" },
    { SOURCES PRINT "onError: {failAbove: \"${file:password}\"}\n",
      "j.yaml:4:22: error[E206]: failAbove must be a share, as 10%, here is '***'\n" },
    { SOURCES PRINT "description: \"\"\n", "" },
    { SOURCES PRINT "writeAheadLog: 5\n",
      "j.yaml:4:16: error[E206]: writeAheadLog must be a mapping, here is '5'\n" },
    { SOURCES PRINT "checkpoint: ~\n",
      "j.yaml:4:13: error[E206]: checkpoint must be a mapping, here is nothing\n"
      "  help: write the value behind the ':', or leave the key out\n" },
    { SOURCES PRINT "batchInterval: -s\n",
      "j.yaml:4:16: error[E207]: batchInterval must be one whole number and one unit, here is "
      "'-s'\n"
      "  help: write it as 10s; units are ms s m h d\n" },
};

START_TEST(a_value_of_another_kind_is_named_with_its_place)
{
    expect(said[_i].text, said[_i].said);
}
END_TEST

/* ---- a table of its own: what no key of a job is yet */

enum colour { RED, GREEN };
static const struct schema_word colours[] = {
    { .name = "red", .value = RED },
    { .name = "green", .value = GREEN },
    { 0 },
};

struct fields {
    const char *text, *none;
    bool truth;
    uint32_t small;
    uint64_t big;
    double real;
    int word;
};

#define LATER(key, kind, field, usual)                                                  \
    .name = key, .type = kind, .at = offsetof(struct fields, field), .fallback = usual, \
    .later = true

static const struct schema_key keys[] = {
    { LATER("text", SCHEMA_TEXT, text, "a"), .also = "b" },
    { LATER("none", SCHEMA_TEXT, none, NULL) },
    { LATER("truth", SCHEMA_BOOL, truth, "true") },
    { LATER("real", SCHEMA_DOUBLE, real, "1.5") },
    { LATER("word", SCHEMA_WORD, word, "green"), .words = colours },
    { .name = "small", .type = SCHEMA_INT32, .at = offsetof(struct fields, small) },
    { .name = "big", .type = SCHEMA_INT64, .at = offsetof(struct fields, big) },
    { 0 },
};

static bool read_fields(const char *text, struct fields *fields)
{
    struct yaml_node *root;
    arena_reset(&arena);
    diags = (struct diags){ .arena = &arena, .file = "j.yaml", .source = { text, strlen(text) } };
    ck_assert(yaml_parse(&arena, diags.source, &diags, &root));
    struct schema schema = { .expand = { .arena = &arena, .diags = &diags }, .root = keys };
    *fields = (struct fields){ 0 };
    schema_defaults(keys, fields);
    return schema_read(&schema, keys, root, fields);
}

static const struct {
    const char *text, *said;
} later[] = {
    { "{text: a, none: \"\", truth: true, real: 1.5, word: green}\n", "" },
    { "{text: b}\n", "" },
    { "{text: c, none: a, truth: false}\n",
      "j.yaml:1:8: error[E250]: text: c is known, but not supported yet\n"
      "j.yaml:1:17: error[E250]: none: a is known, but not supported yet\n"
      "j.yaml:1:27: error[E250]: truth: false is known, but not supported yet\n" },
    { "{real: 1.25, word: red}\n",
      "j.yaml:1:8: error[E250]: real: 1.25 is known, but not supported yet\n"
      "j.yaml:1:20: error[E250]: word: red is known, but not supported yet\n" },
    { "{real: 1.75}\n", "j.yaml:1:8: error[E250]: real: 1.75 is known, but not supported yet\n" },
};

START_TEST(of_a_key_to_come_only_the_default_works)
{
    struct fields fields;
    bool good = read_fields(later[_i].text, &fields);
    ck_assert_str_eq(findings(DIAG_GNU), later[_i].said);
    ck_assert(good == !*later[_i].said);
    ck_assert_str_eq(fields.text, strstr(later[_i].text, "text: b") ? "b" : "a");
    ck_assert_int_eq(fields.word, GREEN);
    ck_assert(fields.truth);
}
END_TEST

START_TEST(a_key_without_a_limit_has_that_of_its_type)
{
    struct fields fields;
    ck_assert(read_fields("{small: 4294967295, big: 9223372036854775807}", &fields));
    ck_assert_uint_eq(fields.small, UINT32_MAX);
    ck_assert_uint_eq(fields.big, INT64_MAX);
    ck_assert(!read_fields("{small: 4294967296, big: 9223372036854775808}", &fields));
    ck_assert_str_eq(findings(DIAG_GNU),
                     "j.yaml:1:9: error[E208]: small must be at most 4294967295, here is "
                     "'4294967296'\n"
                     "j.yaml:1:26: error[E208]: big must be at most 9223372036854775807, here is "
                     "'9223372036854775808'\n");
}
END_TEST

START_TEST(a_replaced_number_is_exact)
{
    ck_assert(parse(
        "writeAheadLog: {inFlight: \"${N:-7}\"}\n" SOURCES PRINT
        "backpressure: {initialRate: \"${R:-9007199254740993}\", enabled: \"${B:-false}\"}\n"));
    ck_assert_uint_eq(spec->wal_in_flight, 7);
    ck_assert_uint_eq(spec->initial_rate, 9007199254740993); /* 2^53 + 1, which is no Double */
    ck_assert(!spec->backpressure);
}
END_TEST

Suite *schema_suite(void)
{
    Suite *suite = suite_create("schema");
    TCase *tcase = tcase_create("schema");
    tcase_add_checked_fixture(tcase, NULL, clean);
    tcase_add_loop_test(tcase, a_value_of_another_kind_is_named_with_its_place, 0,
                        sizeof said / sizeof said[0]);
    tcase_add_loop_test(tcase, of_a_key_to_come_only_the_default_works, 0,
                        sizeof later / sizeof later[0]);
    tcase_add_test(tcase, a_key_without_a_limit_has_that_of_its_type);
    tcase_add_test(tcase, a_replaced_number_is_exact);
    suite_add_tcase(suite, tcase);
    return suite;
}
