/* What is wrong with a file, as `tidemark error` explains it: YAML, words, keys, values. */
#include "cli/error_table.h"

const struct error_row error_rows_file[] = {
    { .code = 101,
      .title = "YAML that cannot be read",
      .means = "The file is not YAML from this place on: a quote or bracket is not closed, a ':' "
               "is missing or there is one too many, or a text begins with a character that YAML "
               "keeps for itself.",
      .example =
          "job.yaml:4:10: error[E101]: this '{' is not closed, or a pair is not ended by a comma\n"
          "  4 |   - map: {a: _.value, b: 1\n"
          "    |          ^\n"
          "  help: a text that holds , [ ] { } : or # is put in quotes",
      .mend = "Put texts and expressions that hold : # [ ] { } , or begin with one of & * ! % @ in "
              "quotes. In double quotes \\ begins an escape; in single quotes it is itself." },
    { .code = 102,
      .title = "tab or indentation",
      .means = "What belongs together begins in the same column, and tabs do not count as columns "
               "in YAML.",
      .example = "job.yaml:4:1: error[E102]: tab used for indentation; YAML allows only spaces\n"
                 "  4 | 	- flatMap: _.value.split(\" \")\n"
                 "    | ^",
      .mend = "Use spaces only; begin the keys of a mapping, and the dashes of a list, below one "
              "another." },
    { .code = 103,
      .title = "not UTF-8, or a NUL byte",
      .means = "Job files are UTF-8 text.",
      .example = "job.yaml:1:17: error[E103]: not UTF-8: byte 0xE9\n"
                 "  1 | description: caf�\n"
                 "    |                 ^\n"
                 "  help: save the file as UTF-8",
      .mend = "Save the file as UTF-8; iconv -f latin1 -t utf-8 converts one." },
    { .code = 104,
      .title = "too large or too deep",
      .means = "A file has at most 1 MiB, 100,000 values, and 64 lists and mappings inside one "
               "another, so that no file can use up the machine.",
      .example = "job.yaml:1:77: error[E104]: deeper than 64 lists and maps inside each other\n"
                 "  1 | "
                 "…[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]"
                 "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n"
                 "    |                                                              ^",
      .mend = "Keep long lists, as initial states, out of the file." },
    { .code = 105,
      .title = "anchor, alias, merge key, tag or directive",
      .means = "These parts of YAML are not used here: what a file says stands where it says it. "
               "Mostly an expression begins with !, & or * and was meant as a text.",
      .example = "job.yaml:1:16: error[E105]: anchor 'interval' is not allowed here\n"
                 "  1 | batchInterval: &interval 2s\n"
                 "    |                ^^^^^^^^^^^^\n"
                 "  help: if it is an expression or a text, put it in quotes: \"&interval 2s\"",
      .mend =
          "Put the expression in quotes: filter: \"!_.value.isEmpty\". Write repeated parts out." },
    { .code = 106,
      .title = "several documents",
      .means = "A file is one job.",
      .example = "job.yaml:7:1: error[E106]: a second document begins here; a file holds one\n"
                 "  7 | ---\n"
                 "    | ^",
      .mend = "Make a file of each part between the lines of ---." },
    { .code = 107,
      .title = "a key twice",
      .means = "A mapping has the same key two times; which of the two is meant cannot be known.",
      .example = "job.yaml:8:1: error[E107]: key 'batchInterval' stands here twice; the first is "
                 "on line 1\n"
                 "  8 | batchInterval: 5s\n"
                 "    | ^^^^^^^^^^^^^",
      .mend = "Take one of them out." },
    { .code = 201,
      .title = "unknown operation, source or output",
      .means = "No operation, source or output has this name. Names are Spark's own, upper and "
               "lower case as there.",
      .example = "job.yaml:4:5: error[E201]: unknown operation 'flatmap'\n"
                 "  4 |   - flatmap: _.value.split(\" \")\n"
                 "    |     ^^^^^^^\n"
                 "  help: did you mean 'flatMap'?",
      .mend = "Take the name that is offered; docs/operations.md has them all." },
    { .code = 202,
      .title = "unknown key",
      .means = "No key of this name belongs here. A key that nobody reads is refused: it would be "
               "ignored otherwise, and the job would not do what its file says.",
      .example = "job.yaml:1:1: error[E202]: unknown key 'batchIntervall'\n"
                 "  1 | batchIntervall: 2s\n"
                 "    | ^^^^^^^^^^^^^^\n"
                 "  help: did you mean 'batchInterval'?",
      .mend = "Take the name that is offered; docs/job-file.md has them all." },
    { .code = 203,
      .title = "unknown Kafka property",
      .means = "A source of Kafka takes librdkafka's consumer properties beside its own keys; this "
               "is none of them, or one of producers.",
      .example =
          "job.yaml:2:48: error[E203]: unknown Kafka property 'group_id'\n"
          "  2 |   - kafka: {bootstrap.servers: \"broker1:9092\", group_id: g, topics: [lines]}\n"
          "    |                                                ^^^^^^^^\n"
          "  help: did you mean 'group.id'?",
      .mend = "Take the name that is offered, or leave it out." },
    { .code = 204,
      .title = "a key in the wrong place",
      .means = "The key is known, but not here. Mostly its indentation is off by a step.",
      .example = "job.yaml:5:3: error[E204]: 'outputs' stands inside 'transformations'; here it "
                 "belongs 2 spaces to the left\n"
                 "  5 |   outputs:\n"
                 "    |   ^^^^^^^",
      .mend = "Move it as the message says." },
    { .code = 205,
      .title = "a key or an argument is missing",
      .means = "Something that has no default was not said.",
      .example = "job.yaml:2:5: error[E205]: kafka needs 'group.id'\n"
                 "  2 |   - kafka: {bootstrap.servers: \"broker1:9092\", topics: [lines]}\n"
                 "    |     ^^^^^\n"
                 "  help: as group.id: wordcount",
      .mend = "Add it; docs/job-file.md and docs/operations.md show each with an example." },
    { .code = 206,
      .title = "a value of another kind",
      .means = "The value is a text where a number is wanted, a list where a mapping is, and so "
               "on. In YAML [a, b] is a list, {a: b} a mapping, 5 a number and true a Bool, unless "
               "they stand in quotes; yes and no are texts.",
      .example = "job.yaml:1:16: error[E206]: batchInterval must be a duration, as 10s, here is a "
                 "mapping\n"
                 "  1 | batchInterval: {every: 2s}\n"
                 "    |                ^^^^^^^^^^^",
      .mend = "Write a value of the kind that the message names. An expression that YAML takes for "
              "a list or a mapping stands in quotes." },
    { .code = 207,
      .title = "a unit is missing or unknown",
      .means = "Durations and sizes have a unit, so that nobody has to guess. They are one whole "
               "number and one unit, without a blank.",
      .example = "job.yaml:2:16: error[E207]: batchInterval needs a unit: '2' could be 2ms or 2s\n"
                 "  2 | batchInterval: 2\n"
                 "    |                ^",
      .mend =
          "Units of time are ms s m h d, of size B KiB MiB GiB TiB; shares are written as 10%." },
    { .code = 208,
      .title = "a value out of its range",
      .means = "The value is of the right kind, but too small, too large, empty, or no name. Names "
               "have letters, digits, _ and -, at most 63; a job's own is that of its file.",
      .example = "job.yaml:1:16: error[E208]: batchInterval must be at least 10ms, here is '1ms'\n"
                 "  1 | batchInterval: 1ms\n"
                 "    |                ^^^",
      .mend = "Write a value within the limits that the message names." },
    { .code = 209,
      .title = "a property that is ours to set",
      .means = "This property of Kafka's is set by Tidemark itself: it decides when offsets are "
               "committed and where reading begins, or nothing could be promised.",
      .example =
          "job.yaml:2:61: error[E209]: 'auto.offset.reset' is ours to set\n"
          "  2 |   - kafka: {bootstrap.servers: \"broker1:9092\", group.id: g, auto.offset.reset: "
          "earliest, topics: [lines]}\n"
          "    |                                                             ^^^^^^^^^^^^^^^^^\n"
          "  help: write startingOffsets for a partition's first run, onOffsetOutOfRange for later",
      .mend = "Use the key that the message names instead." },
    { .code = 210,
      .title = "keys that exclude each other",
      .means = "Two keys of the file say different things about the same.",
      .example =
          "job.yaml:2:61: error[E210]: 'metadata.broker.list' and 'bootstrap.servers' exclude each "
          "other: both say where the brokers are\n"
          "  2 |   - kafka: {bootstrap.servers: \"broker1:9092\", group.id: g, "
          "metadata.broker.list: \"broker2:9092\", topics: [lines]}\n"
          "    |                                                             ^^^^^^^^^^^^^^^^^^^^",
      .mend = "Keep one of them." },
    { .code = 211,
      .title = "an unknown stream, or a circle",
      .means = "A `from`, a join or a union names a source or stream that there is not, or streams "
               "that read one another in a circle.",
      .example = "job.yaml:5:18: error[E211]: there is no source or stream 'aa'\n"
                 "  5 |   joined: {from: aa}\n"
                 "    |                  ^^",
      .mend = "Take the name that is offered. Sources are named by their `name`, else by kind and "
              "position: kafka0." },
    { .code = 212,
      .title = "a window that fits no slide",
      .means = "A window, and how often it is shown, are whole multiples of how often its stream "
               "comes: of batchInterval, or of the slide of a window before it. Streams that are "
               "put together come equally often.",
      .example =
          "job.yaml:7:57: error[E212]: windowDuration 599s is not a multiple of its stream's "
          "slide, 2s\n"
          "  7 |   - reduceByKeyAndWindow: {func: _ + _, windowDuration: 599s, slideDuration: 2s}\n"
          "    |                                                         ^^^^\n"
          "  help: use 598s or 600s",
      .mend = "Use one of the durations that are offered." },
    { .code = 213,
      .title = "a name used twice",
      .means = "Sources and streams share their names; labels of outputs, ids of states, names of "
               "tests and the ids of jobs are each used once.",
      .example =
          "job.yaml:3:19: error[E213]: name 'a' is used twice; the first is on line 2\n"
          "  3 |   - kafka: {name: a, bootstrap.servers: \"b:9092\", group.id: g, topics: [b]}\n"
          "    |                   ^",
      .mend = "Give one of them another name." },
    { .code = 214,
      .title = "no sources, or no outputs",
      .means = "A job without sources has nothing to read, and one without outputs would do "
               "nothing, as in Spark.",
      .example = "job.yaml: error[E214]: the job has no sources and no outputs\n"
                 "  help: say where records come from: sources: [{kafka: {…}}]",
      .mend = "Add at least one: outputs: [print] is the shortest." },
    { .code = 215,
      .title = "a URL that is none",
      .means = "Stores are named by webhdfs://[user@]host:port/path, with a second NameNode behind "
               "a comma, or file:///path. hdfs:// speaks Hadoop's own protocol; its files are "
               "reached by webhdfs:// at the NameNode's HTTP address, mostly port 9870.",
      .example = "job.yaml:1:13: error[E215]: store 'hdfs://nn1:8020/user/t': hdfs:// speaks "
                 "Hadoop's RPC; write webhdfs://nn1:9870/user/t (the NameNode's HTTP address)\n"
                 "  1 | checkpoint: hdfs://nn1:8020/user/t\n"
                 "    |             ^^^^^^^^^^^^^^^^^^^^^^",
      .mend = "Write the URL as the message shows it." },
    { 0 },
};
