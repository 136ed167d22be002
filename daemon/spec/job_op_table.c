/* The operations of a job file, one row each. */
#include "spec/job_parts.h"

static const struct schema_key sort_keys[] = {
    { .name = "ascending",
      .type = SCHEMA_BOOL,
      .at = offsetof(struct job_args, ascending),
      .fallback = "true",
      .help = "true: the smallest key first; false: the largest" },
    { 0 },
};

static const struct schema_key top_keys[] = {
    { .name = "num",
      .type = SCHEMA_INT32,
      .at = offsetof(struct job_args, num),
      .min = 1,
      .max = JOB_TOP_MAX,
      .required = true,
      .help = "how many records of a batch",
      .example = "10" },
    { .name = "by",
      .type = SCHEMA_EXPRESSION,
      .at = offsetof(struct job_args, by),
      .required = true,
      .help = "an expression: the records for which it is largest",
      .example = "_._2" },
    { 0 },
};

static const struct schema_key repartition_keys[] = {
    { .name = "repartition",
      .type = SCHEMA_INT32,
      .at = offsetof(struct job_args, num),
      .min = 1,
      .max = JOB_PARTITIONS_MAX,
      .help = "partitions of the batch, each a contiguous run of its records",
      .example = "4" },
    { 0 },
};

static const struct schema_key pipe_keys[] = {
    { .name = "argv",
      .type = SCHEMA_LIST,
      .at = offsetof(struct job_args, argv),
      .required = true,
      .help = "the program, a path or a name that PATH finds, and its arguments; no shell",
      .example = "[tr, a-z, A-Z]" },
    { .name = "timeout",
      .type = SCHEMA_DURATION,
      .at = offsetof(struct job_args, timeout_ms),
      .fallback = "30s",
      .min = 1,
      .help = "within which it must read or write something" },
    { 0 },
};

static const struct schema_key lua_keys[] = {
    { .name = "code",
      .type = SCHEMA_ANY,
      .at = offsetof(struct job_args, code),
      .required = true,
      .help = "a chunk of Lua 5.4 that returns a function of a record",
      .example = "\"return function(record) return record.key end\"" },
    { .name = "type",
      .type = SCHEMA_ANY,
      .at = offsetof(struct job_args, type),
      .fallback = "String",
      .help = "of what the function gives",
      .example = "\"(String, Int)\"" },
    { 0 },
};

#define ONE(word, text) .name = word, .form = FORM_EXPRESSION, .sample = text
#define NONE(word) .name = word, .form = FORM_NONE
#define MAP(word, table, text) .name = word, .form = FORM_MAP, .keys = table, .sample = text
#define OTHER(word) .name = word, .form = FORM_STREAM, .sample = "other"
#define WINDOW_SAMPLE "{windowDuration: 30s, slideDuration: 10s}"
#define FOLD_SAMPLE "{func: _ + _, windowDuration: 30s, slideDuration: 10s}"

const struct job_op_row job_op_rows[] = {
    { ONE("map", "(_, 1)"), .types = "T → U",
      .help = "One record for each: the value of the expression.",
      .ops = "map: _.value.toUpperCase", .input = "[[a, b]]", .gives = "[[A, B]]" },
    { ONE("flatMap", "_.value.split(\" \")"), .types = "T → U, where the expression is a List[U]",
      .help = "Every element of the list that the expression makes of a record becomes a record. "
              "An error in it makes one error record, and none of its list is kept.",
      .ops = "flatMap: _.value.split(\" \")", .input = "[[to be, or]]", .gives = "[[to, be, or]]" },
    { ONE("filter", "_.length > 3"), .types = "T → T",
      .help = "Keeps the records for which the expression is true.",
      .ops = "map: _.value\nfilter: _.length > 3", .input = "[[a, tree, of, words]]",
      .gives = "[[tree, words]]" },
    { ONE("mapValues", "_ + 1"), .types = "(K, V) → (K, W)",
      .help = "Maps the value of each pair; its key stays.",
      .ops = "map: (_.value, 1)\nmapValues: _ + 1", .input = "[[a, b]]",
      .gives = "[[[a, 2], [b, 2]]]" },
    { ONE("reduceByKey", "_ + _"), .types = "(K, V) → (K, V)",
      .help = "One pair for each key of the batch: its values folded to one. Keys come in the "
              "order of their "
              "first appearance.",
      .ops = "map: (_.value, 1)\nreduceByKey: _ + _", .input = "[[a, b, a]]",
      .gives = "[[[a, 2], [b, 1]]]" },
    { NONE("count"), .types = "T → Int", .help = "How many records the batch has; 0 of none.",
      .ops = "count", .input = "[[a, b], []]", .gives = "[[2], [0]]" },
    { ONE("flatMapValues", "_.words"),
      .types = "(K, V) → (K, W), where the expression is a List[W]",
      .help = "A pair for every element of the list that the expression makes of a value, each "
              "with the key it came from.",
      .ops = "map: (_.value.length, _.value)\nflatMapValues: _.words", .input = "[[to be]]",
      .gives = "[[[5, to], [5, be]]]" },
    { NONE("countByValue"), .types = "T → (T, Int)",
      .help = "How often each value comes in the batch.", .ops = "map: _.value\ncountByValue",
      .input = "[[a, b, a]]", .gives = "[[[a, 2], [b, 1]]]" },
    { NONE("distinct"), .types = "T → T", .help = "Every value of the batch once.",
      .ops = "map: _.value\ndistinct", .input = "[[a, b, a]]", .gives = "[[a, b]]" },
    { NONE("glom"), .types = "T → List[T]",
      .help = "One list for each partition of the batch: of a receiver each block is one, of "
              "kafkaDirect each topic partition, behind a window each of its batches that has "
              "records, behind what joins, folds or sorts there is one. In tests and `try` a "
              "source's batch is one.",
      .ops = "map: _.value\nglom", .input = "[[a, b]]", .gives = "[[[a, b]]]" },
    { ONE("reduce", "_ + _"), .types = "T → T",
      .help = "All records of the batch folded to one; nothing of an empty batch.",
      .ops = "map: _.value.toInt\nreduce: _ + _", .input = "[['1', '2'], []]",
      .gives = "[[3], []]" },
    { NONE("groupByKey"), .types = "(K, V) → (K, List[V])",
      .help = "The values of each key, in the order in which they came.",
      .ops = "map: (_.value.substring(0, 1), _.value)\ngroupByKey",
      .input = "[[apple, beet, avocado]]", .gives = "[[[a, [apple, avocado]], [b, [beet]]]]" },
    { MAP("sortByKey", sort_keys, "{ascending: false}"), .may_lack = true,
      .types = "(K, V) → (K, V)",
      .help =
          "The pairs of the batch in the order of their keys: numbers by value, Strings by code "
          "point, tuples member by member.",
      .ops = "map: (_.value, 1)\nsortByKey: {ascending: false}", .input = "[[a, c, b]]",
      .gives = "[[[c, 1], [b, 1], [a, 1]]]" },
    { MAP("top", top_keys, "{num: 10, by: _._2}"), .types = "T → T",
      .help = "The records for which `by` is largest, the largest first; of equal ones that which "
              "came first.",
      .ops = "map: (_.value, _.value.length)\ntop: {num: 2, by: _._2}", .input = "[[a, ccc, bb]]",
      .gives = "[[[ccc, 3], [bb, 2]]]" },
    { MAP("window", job_window_keys, WINDOW_SAMPLE), .types = "T → T",
      .help = "The records of the last batches together, oldest first. Early windows are partial.",
      .ops = "map: _.value\nwindow: {windowDuration: 2s}", .input = "[[a], [b], [c]]",
      .gives = "[[a], [a, b], [b, c]]" },
    { MAP("countByWindow", job_window_keys, WINDOW_SAMPLE), .types = "T → Int",
      .help = "How many records the window has: nothing before the first record ever, then always "
              "a number.",
      .ops = "countByWindow: {windowDuration: 2s}", .input = "[[a, b], [c], []]",
      .gives = "[[2], [3], [1]]" },
    { MAP("countByValueAndWindow", job_window_keys, WINDOW_SAMPLE), .types = "T → (T, Int)",
      .help = "How often each value comes in the window; values that have left it are left out.",
      .ops = "map: _.value\ncountByValueAndWindow: {windowDuration: 2s}",
      .input = "[[a, b], [a], []]", .gives = "[[[a, 1], [b, 1]], [[a, 2], [b, 1]], [[a, 1]]]" },
    { MAP("groupByKeyAndWindow", job_window_keys, WINDOW_SAMPLE), .types = "(K, V) → (K, List[V])",
      .help = "The values of each key in the window, in the order in which they came.",
      .ops = "map: (_.value.substring(0, 1), _.value)\ngroupByKeyAndWindow: {windowDuration: 2s}",
      .input = "[[apple], [avocado]]", .gives = "[[[a, [apple]]], [[a, [apple, avocado]]]]" },
    { MAP("reduceByWindow", job_reduce_window_keys, FOLD_SAMPLE), .types = "T → T",
      .help = "All records of the window folded to one. With `invFunc` what leaves the window is "
              "taken out again, which costs the same however long the window is.",
      .ops = "map: _.value.toInt\nreduceByWindow: {func: _ + _, windowDuration: 2s}",
      .input = "[['1'], ['2'], ['3']]", .gives = "[[1], [3], [5]]" },
    { MAP("reduceByKeyAndWindow", job_reduce_by_key_window_keys, FOLD_SAMPLE),
      .types = "(K, V) → (K, V)",
      .help = "One pair for each key of the window: its values folded by `func`. With `invFunc` "
              "what leaves the window is taken out again; a key then stays, also at zero, until "
              "`filterFunc` drops it.",
      .ops = "map: (_.value, 1)\n"
             "reduceByKeyAndWindow: {func: _ + _, invFunc: _ - _, filterFunc: \"(word, n) => n > "
             "0\", windowDuration: 2s}",
      .input = "[[a, b], [a], []]", .gives = "[[[a, 1], [b, 1]], [[a, 2], [b, 1]], [[a, 1]]]" },
    { MAP("updateStateByKey", job_update_keys,
          "{id: totals, func: \"(values, state) => state.getOrElse(0) + values.sum\"}"),
      .types = "(K, V) → (K, S)",
      .help = "A state for each key, carried from batch to batch: `func` makes the new one of the "
              "batch's values and the old one, for every key, every batch. The stream is the whole "
              "state.",
      .ops = "map: (_.value, 1)\n"
             "updateStateByKey: {id: totals, func: \"(values, state) => state.getOrElse(0) + "
             "values.sum\"}",
      .input = "[[a, b], [a]]", .gives = "[[[a, 1], [b, 1]], [[a, 2], [b, 1]]]" },
    { MAP("mapWithState", job_map_state_keys,
          "{id: sums, func: \"(key, value, state) => ((key, value), value)\"}"),
      .types = "(K, V) → U",
      .help = "A state for each key, asked once for each record in the order in which they came: "
              "`func` gives what goes on (None: nothing) and the new state (None removes it). "
              "`value` is None only when the key's `timeout` has passed.",
      .ops = "map: (_.value, 1)\n"
             "mapWithState: {id: seen, func: \"(key, value, state) => ((key, state.getOrElse(0) + "
             "1), state.getOrElse(0) + 1)\"}",
      .input = "[[a, a], [a]]", .gives = "[[[a, 1], [a, 2]], [[a, 3]]]" },
    { OTHER("join"), .types = "(K, V), (K, W) → (K, (V, W))",
      .help = "Pairs of both streams with the same key, within one batch.", .ops = "join: users",
      .input = "{clicks: [[\"ann,/a\", \"bob,/b\"]], users: [[\"ann,DE\"]]}",
      .gives = "[[[ann, [\"/a\", DE]]]]" },
    { OTHER("leftOuterJoin"), .types = "(K, V), (K, W) → (K, (V, Option[W]))",
      .help = "As join, and every pair of this stream: where the other has none it is None.",
      .ops = "leftOuterJoin: users",
      .input = "{clicks: [[\"ann,/a\", \"bob,/b\"]], users: [[\"ann,DE\"]]}",
      .gives = "[[[ann, [\"/a\", DE]], [bob, [\"/b\", ~]]]]" },
    { OTHER("rightOuterJoin"), .types = "(K, V), (K, W) → (K, (Option[V], W))",
      .help = "As join, and every pair of the other stream: where this one has none it is None.",
      .ops = "rightOuterJoin: users",
      .input = "{clicks: [[\"ann,/a\"]], users: [[\"ann,DE\", \"cid,FR\"]]}",
      .gives = "[[[ann, [\"/a\", DE]], [cid, [~, FR]]]]" },
    { OTHER("fullOuterJoin"), .types = "(K, V), (K, W) → (K, (Option[V], Option[W]))",
      .help = "As join, and every pair of both streams: what is missing is None.",
      .ops = "fullOuterJoin: users", .input = "{clicks: [[\"bob,/b\"]], users: [[\"cid,FR\"]]}",
      .gives = "[[[bob, [\"/b\", ~]], [cid, [~, FR]]]]" },
    { OTHER("cogroup"), .types = "(K, V), (K, W) → (K, (List[V], List[W]))",
      .help = "Of each key the values of both streams, within one batch.", .ops = "cogroup: users",
      .input = "{clicks: [[\"ann,/a\", \"ann,/b\"]], users: [[\"ann,DE\"]]}",
      .gives = "[[[ann, [[\"/a\", \"/b\"], [DE]]]]]" },
    { .name = "union",
      .form = FORM_STREAMS,
      .sample = "[other]",
      .types = "T, T, … → T",
      .help = "The records of this stream, then those of the others, in the order of the file.",
      .ops = "union: [users]",
      .input = "{clicks: [[\"ann,/a\"]], users: [[\"ann,DE\"]]}",
      .gives = "[[[ann, \"/a\"], [ann, DE]]]" },
    { .name = "repartition",
      .form = FORM_NUMBER,
      .sample = "4",
      .keys = repartition_keys,
      .types = "T → T",
      .help = "Cuts the batch into so many partitions, each a contiguous run of its records.",
      .ops = "map: _.value\nrepartition: 2\nglom",
      .input = "[[a, b, c, d]]",
      .gives = "[[[a, b], [c, d]]]" },
    { MAP("pipe", pipe_keys, "[tr, a-z, A-Z]"), .shorthand = "argv", .types = "T → String",
      .help = "A program that is run once for each batch that has records: each is a line of its "
              "standard input, as `print` shows it, and each line of its standard output is a "
              "record. It must read all of its input and end with status 0, else the batch fails, "
              "and with it the attempt. A batch that is computed again after a crash asks it "
              "again: the answer should be the same.",
      .ops = "map: _.value\npipe: [tr, a-z, A-Z]", .input = "[[to be, or], [not]]",
      .gives = "[[TO BE, OR], [NOT]]" },
    { MAP("lua", lua_keys, "\"return function(record) return record.value:upper() end\""),
      .shorthand = "code", .types = "T → U, String unless said",
      .help = "One record for each: what a Lua function makes of it, or none where it gives nil "
              "and the type is no Option. Int and Timestamp are integers, Double is a float, "
              "String and "
              "Bytes are strings, lists and tuples tables from 1 on, Maps and Records tables by "
              "name, Json what its text says. It remembers nothing from one record to the next, "
              "and knows no file, clock or random number. A call may take 10,000,000 instructions "
              "and 64 MiB.",
      .ops = "map: _.value\nlua: \"return function(line) return line:reverse() end\"",
      .input = "[[abc, to be]]", .gives = "[[cba, eb ot]]" },
    { .name = NULL },
};
