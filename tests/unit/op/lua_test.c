#include "op/lua.h"

#include "engine/dead.h"
#include "whole.h"

#define X8 "x() x() x() x() x() x() x() x() "
#define LUA(code, type) "- lua: {code: '" code "', type: \"" type "\"}"

static const struct {
    const char *ops, *batches[5], *shown;
} cases[] = {
    { "- lua: return function(record) return record.value:upper() end",
      { "a;bc|d", "", "e" },
      "A\nBC\nD\n\n\nE\n\n" },
    { "- map: _.value\n- lua: |\n    return function(s)\n      if #s > 1 then return s end\n    "
      "end",
      { "a;bc|de;f" },
      "bc\nde\n\n" }, /* nil drops */
    { "- map: (_.value.toInt, _.value.toDouble, _.value == \"1\", None, _.key)\n" LUA(
          "return function(t) return {t[1], t[2], t[3], t[4], t[5], #t} end",
          "(Int, Double, Bool, Option[Int], Option[String], Int)"),
      { "1;2" },
      "(1, 1.0, True, None, None, 3)\n(2, 2.0, False, None, None, 3)\n\n" },
    { "- map: _.value.words\n" LUA("return function(w) w[#w + 1] = \"end\"; return w end",
                                   "List[String]") "\n- flatMap: _",
      { "a b;|c" },
      "a\nb\nend\nend\nc\nend\n\n" },
    { "- map: \"{n: _.offset, at: _.timestamp, raw: _.value, no: _.headers}\"\n" LUA(
          "return function(r) r.n = r.n + 1; r.no = {z = 1, a = 2}; r.raw = r.raw .. \"\\xff\"; "
          "return r end",
          "{no: Map[String, Int], raw: Bytes, n: Int, at: Timestamp}"),
      { "a" },
      "{'no': {'a': 2, 'z': 1}, 'raw': b'a\\xff', 'n': 1, 'at': 1970-01-01 00:00:00.007000}\n\n" },
    { "- map: _.value.json\n" LUA(
          "return function(j) j.n = j.list[2] + 1; j.list[1] = {}; return j end", "Json"),
      { "{\"list\": [1, 2.5, null, \"\\u00e9\\\"\"], \"a\": {\"b\": true}, \"a\": 5, \"big\": "
        "12345678901234567890}" },
      "{'a': {'b': True}, 'big': 1.2345678901234567e+19, 'list': [{}, 2.5], 'n': 3.5}\n\n" },
    { "- map: _.value\n" LUA("return function(s) if s ~= \"\" then return s end end",
                             "Option[String]"),
      { "a;;b" },
      "a\nNone\nb\n\n" },
    { "- map: _.value\n" LUA(
          "return function(s) return {[s] = #s, all = 1} end",
          "Map[String, Int]") "\n" LUA("return function(m) return {m.all, m.abc} end", "List[Int]"),
      { "abc;all" },
      "[1, 3]\n[1]\n\n" },
    { "- map: _.value.json\n" LUA("return function(j) return {type(j), j, false} end", "Json"),
      { "5;-2.5;true;null;\" \\n\";[ 1 , {} ];{\"a\" : [ ] }" },
      "['number', 5, False]\n['number', -2.5, False]\n['boolean', True, "
      "False]\n['nil']\n['string', ' \\n', False]\n['table', [1, {}], False]\n['table', {'a': {}}, "
      "False]\n\n" },
    { "- map: \"{none: [], gap: [None, None]}\"\n" LUA(
          "return function(r) return {#r.none, r.gap[2]} end", "(Int, Option[Int])"),
      { "a" },
      "(0, None)\n\n" },
    { "- map: _.value\n" LUA("return function(s) return {} end", "()"), { "a;b" }, "()\n()\n\n" },
    { "- map: _.value\n" LUA("return function(s) if s == \"a\" then return {} end end", "{}"),
      { "a" },
      "{}\n\n" },
    { "- map: _.value.json\n" LUA("return function(j) return \"\" end", "String"),
      { "1e999" },
      "\nE408 at 0: transformations[1].lua: a number of the JSON is too large: 1e999\n" },
    { "- map: _.value\n" LUA(
          "local bad = {bytes = \"\\xff\", inf = 1 / 0, nan = 0 / 0, key = {a = 1, [true] = 2}, "
          "list = {1, {}, {tostring}}, quotes = \"\\\"\\\\\\1\\127\\n\"} return function(s) return "
          "{bad[s]} end",
          "Json"),
      { "bytes;inf;nan;key;list;quotes" },
      "['\"\\\\\\x01\\x7f\\n']\n\nE408 at 0: transformations[1].lua: a string of the result is not "
      "UTF-8: Json cannot hold it: bytes\nE408 at 1: transformations[1].lua: a number of the "
      "result is not finite: Json cannot hold it: inf\nE408 at 2: transformations[1].lua: a number "
      "of the result is not finite: Json cannot hold it: nan\nE408 at 3: transformations[1].lua: a "
      "table of the result has keys that are no strings: Json cannot hold it: key\nE408 at 4: "
      "transformations[1].lua: the result holds a function: Json cannot hold it: list\n" },
    { "- map: _.value\n" LUA("local bad = {tuple = {1, 2, 3, 4}, bool = {1}, double = {true, "
                             "true}, list = {true, 1.5, {1, {}}}, "
                             "field = {true, 1.5, {}, {a = 1, b = 2}}, "
                             "number = {true, 1.5, {}, {\"x\"}}, table = {true, 1.5, 5}, more = "
                             "{true, 1.5, {}, 5}} return function(s) return bad[s] end",
                             "(Bool, Double, List[Int], {a: Int})"),
      { "tuple;bool;double;list;field;number;table;more" },
      "\nE408 at 0: transformations[1].lua: result[1] must be Bool, not an integer: tuple\nE408 at "
      "1: transformations[1].lua: result[1] must be Bool, not an integer: bool\nE408 at 2: "
      "transformations[1].lua: result[2] must be Double, not a boolean: double\nE408 at 3: "
      "transformations[1].lua: result[3][2] must be Int, not a table: list\nE408 at 4: "
      "transformations[1].lua: result[4] must be {a: Int}, which has no field 'b': field\nE408 at "
      "5: transformations[1].lua: result[4] must be {a: Int}, which has no field 'number': "
      "number\nE408 at 6: transformations[1].lua: result[3] must be List[Int], not an integer: "
      "table\nE408 at 7: transformations[1].lua: result[4] must be {a: Int}, not an integer: "
      "more\n" },
    { "- map: _.value\n" LUA("return function(s) return {[s] = s, [1] = s} end",
                             "Map[String, String]"),
      { "a" },
      "\nE408 at 0: transformations[1].lua: the result must be Map[String, String], whose keys are "
      "strings: a\n" },
    { "- flatMap: _.value.words\n" LUA("return function(s) return tonumber(s) end",
                                       "Int") "\n- map: 6 / _",
      { "1 2;x 3|0;1.5 1.0;6" },
      "6\n3\n2\n6\n1\n\nE404 at 2: transformations[2].map: `6 / _`: division by 0: 0\n"
      "E408 at 3: transformations[1].lua: the result must be Int, not a float: 1.5 1.0\n" },
    { "- map: _.value\n- lua: |\n    local n = 0\n    return function(s)\n      if s == \"x\" then "
      "n = n "
      "+ 1 end\n      return s .. n\n    end",
      { "a;x;b|x;c" },
      "a0\nb0\nc0\n\n"
      "E408 at 1: transformations[1].lua: 'n' outlives the record and was changed: keep it inside "
      "the function: x\n"
      "E408 at 3: transformations[1].lua: 'n' outlives the record and was changed: keep it inside "
      "the function: x\n" },
};

START_TEST(a_record_through_a_function)
{
    whole_shows(cases[_i].ops, cases[_i].batches, cases[_i].shown);
}
END_TEST

#define ENDLESS LUA("return function() error((\"\\u{e9}\"):rep(40000), 0) end", "String")
static const char *const endless[] = {
    "- map: _.value\n" ENDLESS, "- map: (_.value, 1)\n- reduceByKey: _ + _\n" ENDLESS
}; /* of a record, and of a result */

START_TEST(what_a_program_says_without_end_is_cut)
{
    static const char *const batches[] = { "a", NULL };
    struct job job = { 0 };
    struct buf out = { 0 };
    whole_run(&job, endless[_i], batches, &out);
    ck_assert_uint_eq(job.cut.n_dead, 1);
    const char *reason = job.cut.dead[0].reason;
    ck_assert_uint_eq(strlen(reason), DEAD_REASON_MAX);
    ck_assert_str_eq(reason + DEAD_REASON_MAX - strlen("é"), "é");
    buf_free(&out);
    job_close(&job);
}
END_TEST

static const struct {
    const char *ops, *said;
} refused[] = {
    { "- lua",
      "job.yaml:2:3: error[E205]: lua needs an argument\n"
      "  help: as lua: \"return function(record) return record.value:upper() end\"\n" },
    { "- lua: {type: Int}",
      "job.yaml:2:3: error[E205]: lua needs 'code'\n"
      "  help: as code: \"return function(record) return record.key end\"\n" },
    { "- lua: {code: ~}",
      "job.yaml:2:15: error[E206]: code must be a chunk of Lua, here is nothing\n"
      "  help: write the value behind the ':', or leave the key out\n" },
    { "- lua: [a]", "job.yaml:2:8: error[E206]: lua must be a chunk of Lua, here is a list\n" },
    { "- lua: {code: return, tpye: Int}",
      "job.yaml:2:23: error[E202]: unknown key 'tpye'\n  help: did you mean 'type'?\n" },
    { "- lua: {code: return 50, type: Itn}",
      "job.yaml:2:15: error[E232]: the chunk must return a function, but it returns a number\n"
      "  help: as return function(record) … end\n"
      "job.yaml:2:32: error[E206]: type must be a type\n"
      "  help: as \"Int\", \"Option[String]\", \"List[(String, Int)]\" or \"{name: String}\"\n" },
    { "- lua: return 5",
      "job.yaml:2:8: error[E232]: the chunk must return a function, but it returns a number\n"
      "  help: as return function(record) … end\n" },
    { "- lua: local a",
      "job.yaml:2:8: error[E232]: the chunk must return a function, but it "
      "returns nothing\n  help: as return function(record) … end\n" },
    { "- lua: |\n    local ab = 1\n    return function(record)\n      retrun a\n    end",
      "job.yaml:5:14: error[E231]: Lua: syntax error near 'a'\n" },
    { "- lua: |\n    return function(record)\n      return record\n\n",
      "job.yaml:4:7: error[E231]: Lua: 'end' expected (to close 'function' at line 1) near "
      "<eof>\n" },
    { "- lua: \"return function(x) retrun x end\"",
      "job.yaml:2:35: error[E231]: Lua: syntax error near 'x'\n" },
    { "- lua: \"\\treturn = 1\"", "job.yaml:2:18: error[E231]: Lua: unexpected symbol near '='\n" },
    { "- lua: \"return \\x01\"",
      "job.yaml:2:9: error[E231]: Lua: unexpected symbol near '<\\1>'\n" },
    { "- lua: return function(ax, xa) ax() xa x end",
      "job.yaml:2:40: error[E231]: Lua: syntax error near 'x'\n" },
    { "- lua: |\n    local a = 1\n\n    return function(record) retrun a end",
      "job.yaml:5:36: error[E231]: Lua: syntax error near 'a'\n" },
    { "- lua: return \"a\" \"it's\"",
      "job.yaml:2:19: error[E231]: Lua: <eof> expected near '\"it's\"'\n" },
    { "- lua: local x = 1 return x x",
      "job.yaml:2:29: error[E231]: Lua: <eof> expected near 'x'\n" },
    { "- lua: " X8 X8 X8 X8 X8 X8 X8 X8 X8 "x x",
      "job.yaml:2:8: error[E231]: Lua: syntax error near 'x'\n" },
    { "- lua: x x", "job.yaml:2:10: error[E231]: Lua: syntax error near 'x'\n" },
    { "- lua: return _x _x", "job.yaml:2:18: error[E231]: Lua: <eof> expected near '_x'\n" },
    { "- lua: {code: return tostring, type: Itn}",
      "job.yaml:2:38: error[E206]: type must be a type\n  help: as \"Int\", \"Option[String]\", "
      "\"List[(String, Int)]\" or \"{name: String}\"\n" },
    { "- lua: \"local t = {} while true do t[#t + 1] = {} end\"",
      "job.yaml:2:8: error[E231]: the chunk fails: more than 64 MiB of memory\n" },
    { "- lua: {code: return tostring, type: [Int]}",
      "job.yaml:2:38: error[E206]: type must be a type in quotes, here is a list\n" },
    { "- lua: |\n    local a\n    local b = a.b\n    return a",
      "job.yaml:4:5: error[E231]: the chunk fails: attempt to index a nil value (local 'a')\n" },
    { "- lua: while true do end",
      "job.yaml:2:8: error[E231]: the chunk fails: more than 10000000 instructions\n" },
    { "- lua: return function(a) return \"${HOME}\" end",
      "job.yaml:2:35: error[E220]: ${…} cannot stand in an expression\n"
      "  help: values of the outside world belong into keys of sources and outputs\n" },
    { "- lua: return tostring\n- map: _ + 1",
      "job.yaml:3:10: error[E232]: String + Int: '+' adds two numbers, or joins two Strings or two "
      "Lists\n"
      "  help: write .toString behind the Int\n" },
};

START_TEST(mistakes_are_shown)
{
    whole_says(refused[_i].ops, refused[_i].said);
}
END_TEST

Suite *lua_suite(void)
{
    Suite *suite = suite_create("lua");
    TCase *tcase = tcase_create("lua");
    tcase_add_loop_test(tcase, a_record_through_a_function, 0, ARRAY_SIZE(cases));
    tcase_add_loop_test(tcase, what_a_program_says_without_end_is_cut, 0, ARRAY_SIZE(endless));
    tcase_add_loop_test(tcase, mistakes_are_shown, 0, ARRAY_SIZE(refused));
    suite_add_tcase(suite, tcase);
    return suite;
}
