/* Items of the lists of a job, and the form of the arguments of operations. */
#include "job_try.h"

static const struct {
    const char *text, *said;
} said[] = {
    { "sources: [{}]\n" PRINT "\n",
      "j.yaml:1:11: error[E206]: an item of sources is a source, here is a mapping\n" },
    { SOURCES PRINT "transformations: [{}, ~, [a]]\n",
      "j.yaml:4:19: error[E206]: an item of transformations is an operation, here is a mapping\n"
      "j.yaml:4:23: error[E206]: an item of transformations is an operation, here is nothing\n"
      "j.yaml:4:26: error[E206]: an item of transformations is an operation, here is a list\n" },
    { SOURCES PRINT "transformations:\n  - map: _.value\n    outputs: [print]\n",
      "j.yaml:6:5: error[E206]: an item is one operation, here begins a second\n"
      "  help: begin 'outputs' with '- ' on a line of its own\n" },
    { SOURCES "transformations:\n  - map: _.value\n    outputs:\n      - print\n",
      "j.yaml:5:5: error[E204]: 'outputs' stands inside 'transformations'; here it belongs 4 "
      "spaces to the left\n" },
    { SOURCES PRINT "transformations:\n  - map: _.value\n    count:\n",
      "j.yaml:6:5: error[E206]: an item is one operation, here begins a second\n"
      "  help: begin 'count' with '- ' on a line of its own\n" },
    { SOURCES PRINT "transformations: [{map: _.value, outputs: [a]}]\n",
      "j.yaml:4:34: error[E206]: an item is one operation, here begins a second\n"
      "  help: begin 'outputs' with '- ' on a line of its own\n" },
    { SOURCES PRINT "transformations: [{count: , map: _.value}]\n",
      "j.yaml:4:29: error[E206]: an item is one operation, here begins a second\n"
      "  help: begin 'map' with '- ' on a line of its own\n" },
    { SOURCES PRINT
      "transformations:\n  - reduceByKeyAndWindow:\n    func: _ + _\n    windowDuration: 1s\n",
      "j.yaml:6:5: error[E204]: 'func' stands beside 'reduceByKeyAndWindow'; here it belongs 2 "
      "spaces to the right\n" },
    { SOURCES "transformations:\n  - count\n  - outputs:\n    - print\n",
      "j.yaml:5:5: error[E204]: 'outputs' stands inside 'transformations'; it belongs at the top "
      "of the file\n" },
    { SOURCES "transformations:\n  - count\n  - outputs\n",
      "j.yaml:5:5: error[E204]: 'outputs' stands inside 'transformations'; it belongs at the top "
      "of the file\n" },
    { SOURCES "transformations: [count, outputs: [print]]\n",
      "j.yaml:3:26: error[E204]: 'outputs' stands inside 'transformations'; it belongs at the top "
      "of the file\n" },
    { "sources:\n  - enabled: true\n" PRINT "\n",
      "j.yaml:2:5: error[E204]: 'enabled' stands inside 'sources'; it belongs at the top of the "
      "file\n" },
    { SOURCES PRINT "transformations:\n  - checkpoint: 10s\n",
      "j.yaml:5:5: error[E204]: 'checkpoint' stands inside 'transformations'; it belongs at the "
      "top of the file\n" },
    { SOURCES PRINT "transformations: [{pipe: {argv: sort}}, {lua: [a]}]\n",
      "j.yaml:4:33: error[E206]: argv must be a list, here is 'sort'\n"
      "j.yaml:4:47: error[E206]: lua must be a chunk of Lua, here is a list\n" },
    { SOURCES PRINT "transformations: [{pipe: sort}]\n",
      "j.yaml:4:26: error[E206]: pipe must be a list, as [tr, a-z, A-Z], here is 'sort'\n" },
    { SOURCES PRINT "transformations: [{pipe: [sort, [a]]}, {pipe: []}, {pipe: [\"\"]}]\n",
      "j.yaml:4:33: error[E206]: pipe must be a text, here is a list\n"
      "j.yaml:4:47: error[E206]: pipe must be a program and its arguments, here is an empty list\n"
      "j.yaml:4:60: error[E206]: pipe must be a program and its arguments, here is ''\n" },
    { SOURCES PRINT "transformations: [{pipe: [\"${NOPE}\"]}]\n",
      "j.yaml:4:28: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-default}\", quotes included\n" },
    { SOURCES PRINT "transformations: [{lua: {code: [a]}}]\n",
      "j.yaml:4:32: error[E206]: code must be a chunk of Lua, here is a list\n" },
    { SOURCES PRINT "transformations: [{lua: {code: \"return 1\", type: [a]}}]\n",
      "j.yaml:4:50: error[E206]: type must be a type in quotes, here is a list\n" },
    { SOURCES PRINT "transformations: [{lua: {code: \"${A}\", type: \"${B}\"}}]\n",
      "j.yaml:4:33: error[E220]: ${…} cannot stand in an expression\n"
      "  help: values of the outside world belong into keys of sources and outputs\n"
      "j.yaml:4:47: error[E220]: ${…} cannot stand in an expression\n"
      "  help: values of the outside world belong into keys of sources and outputs\n" },
    { SOURCES PRINT "transformations:\n  - map:\n      a: _.value\n",
      "j.yaml:6:7: error[E206]: map must be an expression, here YAML made a mapping of it\n"
      "  help: write it on one line, as map: (_, 1)\n" },
    { SOURCES PRINT "transformations:\n  - map: !x _.value\n",
      "j.yaml:5:10: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x _.value\"\n" },
    { SOURCES PRINT "transformations: [{updateStateByKey: {id: a, func: \"(values, state) => "
                    "state\", initial: [\"${NOPE}\"]}}]\n",
      "j.yaml:4:91: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-default}\", quotes included\n" },
    { SOURCES PRINT
      "transformations: [{updateStateByKey: {id: \"a b\", func: \"(values, state) => state\"}}]\n",
      "j.yaml:4:43: error[E208]: an id is of letters, digits, '_' and '-', at most 63; here is 'a "
      "b'\n" },
    { SOURCES PRINT "transformations: [{top: 5}, {window: 5s}]\n",
      "j.yaml:4:25: error[E206]: top must be a mapping, as {num: 10, by: _._2}, here is '5'\n"
      "j.yaml:4:38: error[E206]: window must be a mapping, as {windowDuration: 30s, slideDuration: "
      "10s}, here is '5s'\n" },
    { SOURCES PRINT "transformations: [{join: [a]}, {union: [\"${NOPE}\"]}, {union: []}]\n",
      "j.yaml:4:26: error[E206]: join must be the name of one stream, here is a list\n"
      "j.yaml:4:42: error[E221]: ${NOPE} is not set\n"
      "  help: set it in /etc/default/tidemark, or write \"${NOPE:-default}\", quotes included\n"
      "j.yaml:4:62: error[E206]: union must be one name or several, here is an empty list\n" },
    { SOURCES PRINT "transformations: [{count: 5}, {count: }]\n",
      "j.yaml:4:27: error[E206]: count takes no argument\n"
      "  help: write it as a bare word: - count\n" },
    { SOURCES PRINT "transformations: [{repartition: 0}, {repartition: x}]\n",
      "j.yaml:4:33: error[E208]: repartition must be at least 1, here is '0'\n"
      "j.yaml:4:51: error[E206]: repartition must be a whole number, here is 'x'\n" },
    { SOURCES PRINT "transformations: [\"map (_, 1)\", \"map\", \"mapp(1)\"]\n",
      "j.yaml:4:20: error[E201]: operation 'map' and its argument are separated by ': '\n"
      "  help: write map: (_, 1)\n"
      "j.yaml:4:33: error[E205]: map needs an expression\n"
      "  help: as map: (_, 1)\n"
      "j.yaml:4:40: error[E201]: unknown operation 'mapp(1)'\n" },
    { SOURCES PRINT "transformations: [{map: \"${A\"}]\n",
      "j.yaml:4:26: error[E220]: ${…} cannot stand in an expression\n"
      "  help: values of the outside world belong into keys of sources and outputs\n" },
    { SOURCES PRINT "transformations: [{map: ~}, {map: 5}]\n",
      "j.yaml:4:20: error[E205]: map needs an expression\n"
      "  help: as map: (_, 1)\n" },
    { SOURCES PRINT "transformations: !x [count]\n",
      "j.yaml:4:18: error[E105]: tag '!x' is not allowed here\n" },
    { SOURCES PRINT "transformations: &a [count]\n",
      "j.yaml:4:18: error[E105]: anchor 'a' is not allowed here\n" },
    { SOURCES "transformations: [{map: _.value, outputs: [print]}]\n",
      "j.yaml:3:34: error[E204]: 'outputs' stands inside 'transformations'; it belongs at the top "
      "of the file\n" },
    { SOURCES PRINT "transformations: [!x count]\n",
      "j.yaml:4:19: error[E105]: tag '!x' is not allowed here\n"
      "  help: if it is an expression or a text, put it in quotes: \"!x count\"\n" },
    { SOURCES "outputs:\n  - print\n  - [a, !x [b]]\n",
      "j.yaml:5:5: error[E206]: an item of outputs is an output, here is a list\n"
      "j.yaml:5:9: error[E105]: tag '!x' is not allowed here\n" },
    { "sources: [!x [a]]\n" PRINT "\n",
      "j.yaml:1:11: error[E105]: tag '!x' is not allowed here\n" },
    { "outputs:\n  - print\n  - sources: [rate]\n",
      "j.yaml:3:5: error[E204]: 'sources' stands inside 'outputs'; it belongs at the top of the "
      "file\n" },
    { SOURCES "transformations: [!x [a]]\n",
      "j.yaml: error[E214]: the job has no outputs\n"
      "  help: say where results go: outputs: [print]\n"
      "j.yaml:3:19: error[E105]: tag '!x' is not allowed here\n" },
};

START_TEST(what_is_no_operation_is_said)
{
    expect(said[_i].text, said[_i].said);
}
END_TEST

Suite *job_ops_suite(void)
{
    Suite *suite = suite_create("job_ops");
    TCase *tcase = tcase_create("job_ops");
    tcase_add_checked_fixture(tcase, NULL, clean);
    tcase_add_loop_test(tcase, what_is_no_operation_is_said, 0, sizeof said / sizeof said[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
