/* What is wrong with what a file says: operations, expressions, state; and warnings. */
#include "cli/error_table.h"

const struct error_row error_rows_meaning[] = {
    { .code = 216,
      .title = "an operation that does not exist here",
      .means = "Spark has this operation, and there is no counterpart here: mostly it runs code of "
               "yours, or works around something that is no problem here.",
      .example =
          "job.yaml:4:5: error[E216]: there is no operation 'transform' here\n"
          "  4 |   - transform\n"
          "    |     ^^^^^^^^^\n"
          "  help: write the steps as operations of this list; joins with other streams are `join`",
      .mend = "Use what the message names instead; docs/from-spark.md has Spark's methods side by "
              "side with ours." },
    { .code = 220,
      .title = "the form of ${…}",
      .means = "A reference to a variable, a credential or a file is not one of the forms, or "
               "stands inside an expression, where none may.",
      .example = "job.yaml:1:15: error[E220]: this ${ is never closed\n"
                 "  1 | description: \"${KAFKA\"\n"
                 "    |               ^^^^^^^\n"
                 "  help: write ${NAME}, ${NAME:-default}, ${NAME:?message}, ${credential:NAME} or "
                 "${file:PATH}; $$ is a plain $",
      .mend = "Write ${NAME}, ${NAME:-default}, ${NAME:?message}, ${credential:NAME} or "
              "${file:PATH}; $$ is a plain $." },
    { .code = 221,
      .title = "a variable that is not set",
      .means = "The environment of the daemon has no variable of this name, and the file gives no "
               "default.",
      .example =
          "job.yaml:2:33: error[E221]: ${KAFKA} is not set\n"
          "  2 |   - kafka: {bootstrap.servers: \"${KAFKA}\", group.id: g, topics: [lines]}\n"
          "    |                                 ^^^^^^^^\n"
          "  help: set it in /etc/default/tidemark, or write \"${KAFKA:-host:9092}\", quotes "
          "included",
      .mend = "Set it in /etc/default/tidemark and restart the daemon, or give a default: "
              "\"${NAME:-value}\"." },
    { .code = 222,
      .title = "a credential or file that cannot be read",
      .means = "${credential:NAME} is a file in $CREDENTIALS_DIRECTORY, which systemd makes of "
               "LoadCredential= in the unit; ${file:PATH} is any file that the daemon may read.",
      .example = "job.yaml:2:77: error[E222]: credential 'kafka' cannot be read: "
                 "CREDENTIALS_DIRECTORY is not set; systemd sets it for LoadCredential=\n"
                 "  2 |   - kafka: {bootstrap.servers: \"broker1:9092\", group.id: g, "
                 "sasl.password: \"${credential:kafka}\", topics: [lines]}\n"
                 "    |                                                                            "
                 " ^^^^^^^^^^^^^^^^^^^",
      .mend = "Put it there, and let the user tidemark read it. `tidemark check` run by another "
              "user may see less than the daemon." },
    { .code = 230,
      .title = "an operation on records of the wrong type",
      .means = "The operation needs records of a certain form, mostly pairs (K, V) whose keys "
               "compare exactly; what comes out of the operation before it is something else.",
      .example = "job.yaml:5:5: error[E230]: reduceByKey needs pairs (K, V), but here is a stream "
                 "of String\n"
                 "  5 |   - reduceByKey: _ + _\n"
                 "    |     ^^^^^^^^^^^\n"
                 "  help: make pairs first: map: (_, 1)",
      .mend = "Put a map before it that makes what it needs. `tidemark explain FILE` shows the "
              "type behind each operation." },
    { .code = 231,
      .title = "an expression that cannot be read",
      .means = "The expression is not written as the language has it.",
      .example = "job.yaml:4:21: error[E231]: expected ')' or ',', but here is the end\n"
                 "  4 |   - map: (_.value, 1\n"
                 "    |                     ^",
      .mend = "docs/functions.md has the language on one page. Texts stand in double quotes, && "
              "and || are and and or, an if has an else." },
    { .code = 232,
      .title = "types that do not fit in an expression",
      .means = "A part of the expression has another type than its place wants. Nothing is "
               "converted silently but Int to Double.",
      .example = "job.yaml:4:13: error[E232]: filter wants a Bool, but this is a String\n"
                 "  4 |   - filter: _.value\n"
                 "    |             ^^^^^^^",
      .mend = "Convert it: .toInt, .toDouble, .toString, .getOrElse(…) of an Option." },
    { .code = 233,
      .title = "an unknown name, field or method",
      .means = "The expression names something that there is not: the element is _, its fields and "
               "methods stand behind a dot.",
      .example = "job.yaml:4:25: error[E233]: unknown name 'null'\n"
                 "  4 |   - filter: \"_.value == null\"\n"
                 "    |                         ^^^^\n"
                 "  help: did you mean 'None'?",
      .mend = "Take the name that is offered; docs/functions.md has the methods of each type." },
    { .code = 234,
      .title = "the wrong number of arguments or of _",
      .means = "A function has more or fewer parameters than it is called with, or a method more "
               "or fewer arguments than it takes. Where two arguments come, the first _ is the "
               "first and the second _ the second.",
      .example = "job.yaml:5:13: error[E234]: reduce calls this with two arguments, so there must "
                 "be two _, the first for the first; here is 1\n"
                 "  5 |   - reduce: _ * 2\n"
                 "    |             ^^^^^\n"
                 "  help: give them names: (a, b) => a * 2",
      .mend = "Name them where _ is not enough: (a, b) => a + b." },
    { .code = 235,
      .title = "a regular expression",
      .means = "The pattern is not one that PCRE2 takes.",
      .example = "job.yaml:4:38: error[E235]: bad regex: missing closing parenthesis\n"
                 "  4 |   - filter: _.value.matches(regex(\"(a\"))\n"
                 "    |                                      ^",
      .mend = "Mend it at the caret. In double quotes a backslash is written twice: \"\\\\d+\"; in "
              "YAML's single quotes around the whole expression too." },
    { .code = 236,
      .title = "an expression too long or too deep",
      .means = "An expression has at most 64 KiB and a limited depth, and what it gives a limited "
               "number of parts, so that checking one takes no time.",
      .example = "job.yaml:4:110: error[E236]: this expression is too deep: more than 100 parts "
                 "inside each other",
      .mend = "Cut it into several operations, or use `lua`." },
    { .code = 240,
      .title = "a state without an operation",
      .means = "The job has saved state under an id that no operation of the new file has: it "
               "would be lost, so the file is refused. A version that ran before goes on.",
      .example = "errors.yaml:20:5: error[E240]: state 'perHost' (1,204,331 keys) has no operation "
                 "in the new file; the running version is kept\n"
                 "  help: keep 'id: perHost', or drop it once: tidemark restart errors "
                 "--discard-state perHost",
      .mend =
          "Keep the id. If the state shall go: tidemark restart JOB --discard-state ID, once; or, "
          "without a daemon: tidemark run --once --discard-state JOB/ID." },
    { .code = 241,
      .title = "a state of another type",
      .means =
          "The saved state of this id holds another type than the operation of the new file makes. "
          "Int becomes Double, a T an Option[T], and a Record may get an optional field; "
          "everything "
          "else cannot be carried on.",
      .example = "errors.yaml:20:5: error[E241]: state 'perHost' (1,204,331 keys) was made by "
                 "updateStateByKey and holds (String, Int), but here is updateStateByKey of "
                 "(String, String); the running version is kept\n"
                 "  help: make it what it was, or drop the state once: tidemark restart errors "
                 "--discard-state perHost",
      .mend = "Make the operation and its type what they were, or drop the state once: tidemark "
              "restart JOB --discard-state ID; or, without a daemon: tidemark run --once "
              "--discard-state JOB/ID." },
    { .code = 250,
      .title = "known, not supported yet",
      .means =
          "The word is part of the language and will do what the manual says in a later "
          "release. It is refused, never ignored. Sources and outputs of which `tidemark run` says "
          "so work in `tidemark try` and `tidemark test` already.",
      .example = "job.yaml:1:13: error[E250]: store 'httpfs://nn1:14000/c': httpfs:// is not "
                 "supported yet\n"
                 "  1 | checkpoint: httpfs://nn1:14000/c\n"
                 "    |             ^^^^^^^^^^^^^^^^^^^^",
      .mend = "Leave it out for now." },
    { .code = 101,
      .warning = true,
      .title = "a deprecated key",
      .means = "The key still works and will be dropped in the release that is named.",
      .example = "job.yaml:3:1: warning[W101]: 'windowSize' is deprecated and goes in 2.0\n"
                 "  help: write windowDuration",
      .mend = "Write the key that is named in its place." },
    { .code = 102,
      .warning = true,
      .title = "a source or stream that nothing reads",
      .means = "It is received, or computed, for nothing.",
      .example = "job.yaml:7:3: warning[W102]: nothing reads the stream 'idle'\n"
                 "  7 |   idle: {from: b}\n"
                 "    |   ^^^^",
      .mend = "Read it in a stream or an output, or take it out." },
    { .code = 103,
      .warning = true,
      .title = "a Spark property without meaning here",
      .means = "`conf` takes Spark's own property names; this one is about something that does not "
               "exist here.",
      .example = "job.yaml:7:8: warning[W103]: spark.executor.memory has no meaning here\n"
                 "  7 | conf: {spark.executor.memory: 1g}\n"
                 "    |        ^^^^^^^^^^^^^^^^^^^^^",
      .mend = "Take it out; docs/from-spark.md says what each one does here." },
    { .code = 104,
      .warning = true,
      .title = "a secret as plain text",
      .means = "A password stands in the file, where everybody who may read it sees it.",
      .example = "job.yaml:2:76: warning[W104]: sasl.password stands here as plain text\n"
                 "  2 |   - kafka: {bootstrap.servers: \"broker1:9092\", group.id: g, "
                 "sasl.password: *******, topics: [lines]}\n"
                 "    |                                                                            "
                 "^^^^^^^\n"
                 "  help: write ${credential:NAME} or ${file:PATH}",
      .mend = "Write ${credential:NAME} or ${file:PATH}." },
    { 0 },
};
