#include <check.h>

#include "base/list.h"
#include "language.h"

static struct language language;

static void begin(void)
{
    language_begin(&language);
}

static void end(void)
{
    language_end(&language);
}

static const struct row {
    const char *expression, *rows, *expected;
} rows[] = {
    /* literals */
    { "1", "[0, 0]", "Int: 1; 1" },
    { "-9223372036854775808", "[0]", "Int: -9223372036854775808" },
    { "1.5e3", "[0]", "Double: 1500.0" },
    { "\"a\\u00e9\\ud83d\\ude00\\n\\\"\"", "[0]", "String: \"aé😀\\n\\\"\"" },
    { "\"\\u0041\\u00E9\\uABcf\"", "[0]", "String: \"Aéꯏ\"" },
    { "(1e-3, 2E+2, 3e2)", "[0]", "(Double, Double, Double): (0.001, 200.0, 300.0)" },
    { "(_, _) => 1", "[(1, 2)]", "Int: 1" },
    { "_.toInt", "[\"ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé\"]",
      "Int: E403 `_.toInt`: \"éééééééééééééééééééééééééééééééééééééééééééééééééé\"… is not a whole "
      "number" },
    { "(_.csv(\"é\"), _.csv(\"\\t\"))", "[\"aéb\"]",
      "(List[String], List[String]): ([\"a\", \"b\"], [\"aéb\"])" },
    { "(_.json.trim(1), _.json.size(0))", "[\"{\\\"trim\\\": [5, 6]}\"]",
      "(Option[Json], Option[Json]): (6, None)" },
    { "[None, 1]", "[0]", "List[Option[Int]]: [None, 1]" },
    { "[[], [1.5], [2]]", "[0]", "List[List[Double]]: [[], [1.5], [2.0]]" },
    { "{host: _, n: 1}", "[\"a\"]", "{host: String, n: Int}: {host: \"a\", n: 1}" },
    { "[_, _ + 1, 7]", "[1, 2]", "List[Int]: [1, 2, 7]; [2, 3, 7]" },
    { "batchTime == batchTime", "[0]", "Bool: true" },
    /* _, functions and their parameters */
    { "_", "[\"a\", \"b\"]", "String: \"a\"; \"b\"" },
    { "x => x + x", "[1, 2]", "Int: 2; 4" },
    { "(k, v) => (v, k)", "[(\"a\", 1)]", "(Int, String): (1, \"a\")" },
    { "(_, v) => v", "[(\"a\", 1)]", "Int: 1" },
    { "_._2 + _._1.length", "[(\"ab\", 1)]", "Int: 3" },
    { "_.n * 2", "[{host: \"a\", n: 4}]", "Int: 8" },
    /* arithmetic: an overflow is an error record */
    { "_ + 1", "[1, 9223372036854775807, 2]",
      "Int: 2; E404 `_ + 1`: overflow: the result does not fit an Int; 3" },
    { "-_", "[1, -9223372036854775808]",
      "Int: -1; E404 `-_`: overflow: the result does not fit an Int" },
    { "_ * 3037000500", "[3037000500, 2]",
      "Int: E404 `_ * 3037000500`: overflow: the result does not fit an Int; 6074001000" },
    { "7 / _", "[2, -2, 0]", "Int: 3; -3; E404 `7 / _`: division by 0" },
    { "_ % 4", "[7, -7]", "Int: 3; -3" },
    { "_ / -1", "[5, -9223372036854775808]",
      "Int: -5; E404 `_ / -1`: overflow: the result does not fit an Int" },
    { "_ + 0.5", "[1, 2]", "Double: 1.5; 2.5" },
    { "_ / 0.0", "[1.0, -1.0]", "Double: inf; -inf" },
    { "1 + 2 * 3 - 4 / 2", "[0]", "Int: 5" },
    { "_.abs.max(3).min(7)", "[-9, 1, 5]", "Int: 7; 3; 5" },
    { "(_.round, _.toInt)", "[1.5, -1.5, 0.49999999999999994]",
      "(Int, Int): (2, 1); (-1, -1); (0, 0)" },
    { "_.toInt", "[1e30, -0.0]", "Int: E403 `_.toInt`: no Int can hold the number; 0" },
    /* on some of the rows, and to the ends of what a kernel knows */
    { "if (_ > 0) _ + 9223372036854775807 else 0", "[1, 0, -2]",
      "Int: E404 `_ + 9223372036854775807`: overflow: the result does not fit an Int; 0; 0" },
    { "if (_ > 1) _ * _ else 0", "[1, 3037000500, 3]",
      "Int: 0; E404 `_ * _`: overflow: the result does not fit an Int; 9" },
    { "if (_ < 0) _ - 9223372036854775807 else 0", "[-5, 1, -1]",
      "Int: E404 `_ - 9223372036854775807`: overflow: the result does not fit an Int; 0; "
      "-9223372036854775808" },
    { "if (_ < 0) -_ else 0", "[-9223372036854775808, 1, -3]",
      "Int: E404 `-_`: overflow: the result does not fit an Int; 0; 3" },
    { "_.abs", "[-9223372036854775808, 1, -3, 0]",
      "Int: E404 `_.abs`: overflow: the result does not fit an Int; 1; 3; 0" },
    { "if (_ < 1) _.abs else 0", "[-9223372036854775808, 1, -3, 0]",
      "Int: E404 `_.abs`: overflow: the result does not fit an Int; 0; 3; 0" },
    { "(_.abs, if (_ > 1.0) _.abs + 0.5 else _)", "[-1.5, 2.0]",
      "(Double, Double): (1.5, -1.5); (2.0, 2.5)" },
    { "[_ < 2.0, _ <= 2.0, _ == 2.0, _ != 2.0, _ > 2.0, _ >= 2.0]", "[1.0, 2.0, 3.0]",
      "List[Bool]: [true, true, false, true, false, false]; [false, true, true, false, false, "
      "true]; [false, false, false, true, true, true]" },
    { "if (_ > 0.0) [_ < 2.0, _ <= 2.0, _ == 2.0, _ != 2.0, _ > 2.0, _ >= 2.0] else []",
      "[1.0, 2.0, 3.0, 0.0]",
      "List[Bool]: [true, true, false, true, false, false]; [false, true, true, false, false, "
      "true]; [false, false, false, true, true, true]; []" },
    { "if (_ > 0) [_ < 2, _ <= 2, _ == 2, _ != 2, _ > 2, _ >= 2] else []", "[1, 2, 3, 0]",
      "List[Bool]: [true, true, false, true, false, false]; [false, true, true, false, false, "
      "true]; [false, false, false, true, true, true]; []" },
    { "_.words",
      "[\"\\u2000a\\u0085\\u0085b\\u00a0c\\u1680d\\u200ae\\u2028f\\u2029g\\u202fh\\u205fi\\u3000j\\"
      "u200bk\\u001cl\\u001bm\\tn\\u000eo\\u2010p \", \"é\", \"\"]",
      "List[String]: [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\", \"j​k\", "
      "\"l\\u001bm\", \"n\\u000eo‐p\"]; [\"é\"]; []" },
    { "_.csv(\"é\")", "[\"\\\"a\\\"x\", \"\\\"a\\\"éb\", \"a\\rb\", \"a\\nb\", \"\\\"a\\nb\\\"\"]",
      "List[String]: E403 `_.csv(\"é\")`: \"\\\"a\\\"x\" is not a CSV record; [\"a\", \"b\"]; E403 "
      "`_.csv(\"é\")`: \"a\\rb\" is not a CSV record; E403 `_.csv(\"é\")`: \"a\\nb\" is not a CSV "
      "record; [\"a\\nb\"]" },
    { "(_.extract(\"(a)|(b)\"), _.extract(\"(a)?(b)\"), _.extract(\"(x)\"))",
      "[\"a\", \"b\", \"ab\"]",
      "(List[String], List[String], List[String]): ([\"a\", \"\"], [], []); ([\"\", \"b\"], [\"\", "
      "\"b\"], []); ([\"a\", \"\"], [\"a\", \"b\"], [])" },
    { "if (_ != \"\") _.extract(\"(.)\") else []", "[\"ab\", \"\", \"c\"]",
      "List[String]: [\"a\"]; []; [\"c\"]" },
    { "_.json == \"ab\"",
      "[\"\\\"\\\\u0061b\\\"\", \"\\\"\\\\u0061bc\\\"\", \"\\\"\\\\u0061\\\"\", \"\\\"ab\\\"\", "
      "\"\\\"a\\\\/\\\"\"]",
      "Bool: true; false; false; true; false" },
    { "_.json == 1", "[\"1\", \"1.0\", \"1.5\", \"1e300\", \"\\\"1\\\"\", \"1e999\"]",
      "Bool: true; true; false; false; false; false" },
    { "(_.json(\"\"), _.json(\"a\"))",
      "[\"{\\\"\\\": 1, \\\"a\\\": 2}\", \"{\\\"\\\\u0061\\\": 3}\", \"{\\\"a\\\\\\\\\\\": 4}\"]",
      "(Option[Json], Option[Json]): (1, 2); (None, 3); (None, None)" },
    { "(_.json.asDouble, _.json.asInt)",
      "[\"1e999\", \"1E2\", \"1e2\", \"1.5\", \"1.0\", \"9007199254740993.0\", \"1e400\", \"-7\"]",
      "(Option[Double], Option[Int]): (None, None); (100.0, 100); (100.0, 100); (1.5, None); (1.0, "
      "1); (9007199254740992.0, None); (None, None); (-7.0, -7)" },
    { "x => if (x.json.a.isDefined) (x.json.b, x.json.a.asList, x.json.a.asInt, x.json.a.asDouble, "
      "x.json.a(1), x.json(x.json.b.asString.getOrElse(\"\"))) else (None, None, None, None, None, "
      "None)",
      "[\"{\\\"a\\\": [1, 2]}\", \"{}\", \"{\\\"b\\\": \\\"a\\\", \\\"a\\\": 5}\"]",
      "(Option[Json], Option[List[Json]], Option[Int], Option[Double], Option[Json], "
      "Option[Json]): (None, [1, 2], None, None, 2, None); (None, None, None, None, None, None); "
      "(\"a\", None, 5, 5.0, None, 5)" },
    { "x => x.json(x.length % 2)", "[\"[1, 2]\", \"[3 ,4]\"]", "Option[Json]: 1; 3" },
    { "_.toDouble",
      "[\"1e\", \"1e+\", \"1e5\", "
      "\"0000000000000000000000000000000000000000000000000000000000000000000000001.5\", \".\"]",
      "Double: E403 `_.toDouble`: \"1e\" is not a number; E403 `_.toDouble`: \"1e+\" is not a "
      "number; 100000.0; 1.5; E403 `_.toDouble`: \".\" is not a number" },
    { "(_.toLowerCase, _.toUpperCase)", "[\"āĂ{[`@A\", \"ǅ\"]",
      "(String, String): (\"āă{[`@a\", \"ĀĂ{[`@A\"); (\"ǆ\", \"Ǆ\")" },
    { "batchTime.format(\"[yyyy]{_} ''h 'o''clock'\")", "[0]",
      "String: \"[1970]{_} '12 o'clock\"" },
    /* comparison and logic */
    { "_ >= 2", "[1, 2, 3]", "Bool: false; true; true" },
    { "_ < \"b\"", "[\"a\", \"b\", \"aé\"]", "Bool: true; false; true" },
    { "_ == 1", "[1.0, 1.5]", "Bool: true; false" },
    { "_ == None", "[None, \"a\"]", "Bool: true; false" },
    { "_ == (1, \"a\")", "[(1, \"a\"), (1, \"b\")]", "Bool: true; false" },
    { "_ == [1, 2]", "[[1], [1, 2], []]", "Bool: false; true; false" },
    { "(_, 2) < (1, 1)", "[0, 1]", "Bool: true; false" },
    { "!(_ == 1) && _ != 2", "[1, 2, 3]", "Bool: false; false; true" },
    /* what is not taken is not computed */
    { "if (_ == 0) 0 else 10 / _", "[0, 5]", "Int: 0; 2" },
    { "_ == 0 || 10 / _ > 1", "[0, 5, 100]", "Bool: true; true; false" },
    { "_ != 0 && 10 / _ > 1", "[0, 5]", "Bool: false; true" },
    { "_.getOrElse(1 / 0)", "[None, 2]", "Int: E404 `1 / 0`: division by 0; 2" },
    { "if (_ > 1) [_] else []", "[1, 2]", "List[Int]: []; [2]" },
    { "if (_ > 1) (_, \"b\") else (0.5, \"a\")", "[1, 2]",
      "(Double, String): (0.5, \"a\"); (2.0, \"b\")" },
    { "if (_ > 1) None else _", "[1, 2]", "Option[Int]: 1; None" },
    { "if (_ > 2) [1, 2] else if (_ > 1) [_] else [0.5]", "[1, 2, 3]",
      "List[Double]: [0.5]; [2.0]; [1.0, 2.0]" },
    { "if (true) _ else _.toInt.toString", "[\"x\"]", "String: \"x\"" },
    { "(if (_ > 1) None else _).getOrElse(7)", "[1, 2]", "Int: 1; 7" },
    { "(if (_ > 1) [_] else [0])(0)", "[1, 2]", "Int: 0; 2" },
    /* strings */
    { "_.split(\" \")", "[\"a b\", \"\", \" a\", \"a  b \"]",
      "List[String]: [\"a\", \"b\"]; [\"\"]; [\"\", \"a\"]; [\"a\", \"\", \"b\", \"\"]" },
    { "_.split(\", \")", "[\"a, b,c, \", \", \"]",
      "List[String]: [\"a\", \"b,c\", \"\"]; [\"\", \"\"]" },
    { "_.split(_.substring(0, 1))", "[\"-a-b\", \"xyx\"]",
      "List[String]: [\"\", \"a\", \"b\"]; [\"\", \"y\", \"\"]" },
    { "_.split(_.trim)", "[\"a\", \" \"]",
      "List[String]: [\"\", \"\"]; E405 `_.split(_.trim)`: the separator is empty" },
    { "_.words", "[\"  the quick\\tbrown  fox jumps \", \"\", \"a\", \"é\\u00a0b\\u2003c \"]",
      "List[String]: [\"the\", \"quick\", \"brown\", \"fox\", \"jumps\"]; []; [\"a\"]; "
      "[\"é\", \"b\", \"c\"]" },
    { "(_.toLowerCase, _.toUpperCase)", "[\"aBZ[`{\", \"ÄßяΩ\", \"Ⱥ\"]",
      "(String, String): (\"abz[`{\", \"ABZ[`{\"); (\"äßяω\", \"ÄßЯΩ\"); (\"ⱥ\", \"Ⱥ\")" },
    { "(_.trim, _.length)", "[\" é \\n\", \"\"]", "(String, Int): (\"é\", 4); (\"\", 0)" },
    { "(_.startsWith(\"ab\"), _.endsWith(\"ab\"), _.contains(\"ab\"))", "[\"ab\", \"cabc\", \"b\"]",
      "(Bool, Bool, Bool): (true, true, true); (false, false, true); (false, false, false)" },
    { "_.indexOf(\"x\")", "[\"éx\", \"é\", \"x\"]", "Int: 1; -1; 0" },
    { "_.substring(1, 3)", "[\"aébc\", \"é\", \"abc\"]",
      "String: \"éb\"; E405 `_.substring(1, 3)`: out of range; \"bc\"" },
    { "_.substring(2)", "[\"aéb\", \"ab\", \"a\"]",
      "String: \"b\"; \"\"; E405 `_.substring(2)`: out of range" },
    { "_.replace(\"aa\", \"b\")", "[\"aaaa\", \"xaay\", \"a\"]", "String: \"bb\"; \"xby\"; \"a\"" },
    { "_.replace(\"\", \"-\")", "[\"éb\", \"\"]", "String: \"-é-b-\"; \"-\"" },
    { "_ + \"-\" + _", "[\"a\", \"\"]", "String: \"a-a\"; \"-\"" },
    { "_.toInt", "[\"12\", \"-3\", \"+4\", \"\", \"1x\", \"9223372036854775808\"]",
      "Int: 12; -3; 4; E403 `_.toInt`: \"\" is not a whole number; "
      "E403 `_.toInt`: \"1x\" is not a whole number; "
      "E403 `_.toInt`: no Int can hold the number" },
    { "_.toDouble", "[\"1.5\", \".5\", \"1e-7\", \"-inf\", \"1.\", \".\", \"0x1\", \" 1\"]",
      "Double: 1.5; 0.5; 1e-07; -inf; 1.0; E403 `_.toDouble`: \".\" is not a number; "
      "E403 `_.toDouble`: \"0x1\" is not a number; E403 `_.toDouble`: \" 1\" is not a number" },
    { "(_.toString, (_ > 1).toString, (_ * 0.1).toString)", "[1, 3]",
      "(String, String, String): (\"1\", \"false\", \"0.1\"); "
      "(\"3\", \"true\", \"0.30000000000000004\")" },
    /* regular expressions */
    { "_.split(regex(\"\\\\s*,\\\\s*\"))", "[\"a , b,c\", \",\", \"\", \"é\"]",
      "List[String]: [\"a\", \"b\", \"c\"]; [\"\", \"\"]; [\"\"]; [\"é\"]" },
    { "_.split(regex(\"\"))", "[\"aé😀\", \"\", \"x\"]",
      "List[String]: [\"a\", \"é\", \"😀\"]; [\"\"]; [\"x\"]" },
    { "_.split(regex(\"x*\"))", "[\"axbc\", \"xx\", \"ax\"]",
      "List[String]: [\"a\", \"\", \"b\", \"c\"]; [\"\", \"\"]; [\"a\", \"\"]" },
    { "_.split(regex(\"(?=[A-Z])\"))", "[\"aBcD\", \"Ab\"]",
      "List[String]: [\"a\", \"Bc\", \"D\"]; [\"Ab\"]" },
    { "_.split(regex(\"(?(DEFINE)(?<k>b\\\\K))a(?=(?&k))\"))", "[\"abc\"]",
      "List[String]: [\"abc\"]" }, /* a match that ends before it begins */
    { "(_.matches(regex(\"[a-zé]+\")), _.matches(\"a|ab\"))", "[\"ab\", \"é1\", \"\", \"ab\\n\"]",
      "(Bool, Bool): (true, true); (false, false); (false, false); (false, false)" },
    { "_.extract(regex(\"(\\\\d+)-(x)?(.)\"))", "[\"a 12-é 3-x\", \"-\", \"1-xy\"]",
      "List[String]: [\"12\", \"\", \"é\"]; []; [\"1\", \"x\", \"y\"]" },
    { "_.matches(\"(a+)+[bd]\")", "[\"ab\", \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac\", \"b\"]",
      "Bool: true; E406 `_.matches(\"(a+)+[bd]\")`: the pattern takes too many steps on this "
      "text; "
      "false" },
    { "_.split(regex(\"(?:a|b)*c\")).size", "[\"abcab\"]", "Int: 2" },
    /* JSON */
    { "_.json.user.name.asString",
      "[\"{\\\"user\\\":{\\\"name\\\":\\\"Ann\\\",\\\"age\\\":3}}\", \"{\\\"user\\\":null}\", \" "
      "{} \", \"[1]\"]",
      "Option[String]: \"Ann\"; None; None; None" },
    { "_.json.user.name",
      "[\"{\\\"user\\\":{\\\"name\\\":\\\"Ann\\\",\\\"age\\\":3}}\", \"{\\\"user\\\":null}\"]",
      "Option[Json]: \"Ann\"; None" },
    { "_.json.user.age.asInt.getOrElse(-1)",
      "[\"{\\\"user\\\":{\\\"name\\\":\\\"Ann\\\",\\\"age\\\":3}}\", \"{\\\"user\\\":null}\", \" "
      "{} \", \"[1]\"]",
      "Int: 3; -1; -1; -1" },
    { "_.json.user.isDefined",
      "[\"{\\\"user\\\":{\\\"name\\\":\\\"Ann\\\",\\\"age\\\":3}}\", \"{\\\"user\\\":null}\", \" "
      "{} \", \"[1]\"]",
      "Bool: true; true; false; false" },
    { "_.json.user.map(_.name.isDefined)",
      "[\"{\\\"user\\\":{\\\"name\\\":\\\"Ann\\\",\\\"age\\\":3}}\", \"{\\\"user\\\":null}\", \" "
      "{} \", \"[1]\"]",
      "Option[Bool]: true; false; None; None" },
    { "_.json", "[\"1 2\", \"\", \"{\\\"a\\\":\"]",
      "Json: E402 `_.json`: \"1 2\" is not JSON; E402 `_.json`: \"\" is not JSON; E402 `_.json`: "
      "\"{\\\"a\\\":\" is not JSON" },
    { "_.json.asInt",
      "[\"1\", \"1.0\", \"1e2\", \"1.5\", \"9223372036854775807\", \"9223372036854775808\", "
      "\"1e400\", \"\\\"1\\\"\", \"-0\", \"null\"]",
      "Option[Int]: 1; 1; 100; None; 9223372036854775807; None; None; None; 0; None" },
    { "_.json.asDouble", "[\"1\", \"-1.5e3\", \"1e400\", \"\\\"1\\\"\", \"9223372036854775808\"]",
      "Option[Double]: 1.0; -1500.0; None; None; 9.223372036854776e+18" },
    { "(_.json.asBool, _.json.asString)",
      "[\"true\", \"false\", \"null\", \"\\\"a\\\\u00e9\\\\ud83d\\\\ude00\\\\n\\\"\", "
      "\"\\\"\\\\u0000\\\"\", \"\\\"\\\"\"]",
      "(Option[Bool], Option[String]): (true, None); (false, None); (None, None); (None, "
      "\"aé😀\\n\"); (None, \"\\u0000\"); (None, \"\")" },
    { "_.json.asList.getOrElse([]).map(_.asInt.getOrElse(0)).sum",
      "[\"[1, 2,\\\"x\\\",[5]]\", \"[]\", \"{}\"]", "Int: 3; 0; 0" },
    { "_.json.asList", "[\"[1, {\\\"a\\\": 2}]\", \"[]\", \"{}\"]",
      "Option[List[Json]]: [1, {\"a\": 2}]; []; None" },
    { "_.json.asList.getOrElse([]).map(x => (x.k.asString, x(\"n\")(1).asInt))",
      "[\"[{\\\"k\\\":\\\"a\\\",\\\"n\\\":[1,2]},{}]\"]",
      "List[(Option[String], Option[Int])]: [(\"a\", 2), (None, None)]" },
    { "(_.json == 1, _.json == 1.5, _.json == \"1\", _.json == true, 1 != _.json)",
      "[\"1\", \"1.0\", \"1.5\", \"\\\"1\\\"\", \"true\", \"\\\"\\\\u0031\\\"\", \"[1]\"]",
      "(Bool, Bool, Bool, Bool, Bool): (true, false, false, false, false); (true, false, false, "
      "false, false); (false, true, false, false, true); (false, false, true, false, true); "
      "(false, false, false, true, true); (false, false, true, false, true); (false, false, false, "
      "false, true)" },
    { "(_.json.a == \"x\", _.json.a != \"x\", _.json.a == None)",
      "[\"{\\\"a\\\":\\\"x\\\"}\", \"{\\\"a\\\":1}\", \"{}\"]",
      "(Bool, Bool, Bool): (true, false, false); (false, true, false); (false, true, true)" },
    { "(_.json == 9007199254740993, _.json == 9223372036854775807)",
      "[\"9007199254740993\", \"9007199254740992\", \"9223372036854775807\", \"9.3e18\"]",
      "(Bool, Bool): (true, false); (false, false); (false, true); (false, false)" },
    { "(j, i) => j.json(i).asString.getOrElse(\"-\") + j.json.items(1).asString.getOrElse(\"-\")",
      "[(\"{\\\"items\\\": [\\\"a\\\", \\\"b\\\"], \\\"x\\\": \\\"y\\\"}\", \"x\"), (\"[]\", "
      "\"x\")]",
      "String: \"yb\"; \"--\"" },
    { "(j, i) => j.json(i).asInt", "[(\"[4, 5]\", 1), (\"[4, 5]\", 2), (\"[4, 5]\", -1)]",
      "Option[Int]: 5; None; None" },
    { "\"{\\\"a\\\": 1}\".json.a", "[\"\", \"\"]", "Option[Json]: 1; 1" },
    { "_.json.toString", "[\" {\\\"a\\\" : 1 } \"]", "String: \"{\\\"a\\\" : 1 }\"" },
    { "_.json.a.toString", "[\"{\\\"a\\\":[1]}\", \"{}\"]", "Option[String]: \"[1]\"; None" },
    { "if (_ == \"\") None else _.json.a", "[\"\", \"{\\\"a\\\":2}\"]", "Option[Json]: None; 2" },
    /* csv, hash, times */
    { "_.csv",
      "[\"a,b\", \"\", \",\", \"\\\"a,\\\"\\\"b\\\"\\\"\\n\\\",c\", \"a\\\"b, c\", \"x\\r\\n\", "
      "\"\\\"\\\",\\\"\\\"\"]",
      "List[String]: [\"a\", \"b\"]; [\"\"]; [\"\", \"\"]; [\"a,\\\"b\\\"\\n\", \"c\"]; "
      "[\"a\\\"b\", \" c\"]; [\"x\"]; [\"\", \"\"]" },
    { "_.csv", "[\"\\\"a\", \"\\\"a\\\"b,c\", \"a\\nb\", \"\\\"\"]",
      "List[String]: E403 `_.csv`: \"\\\"a\" is not a CSV record; E403 `_.csv`: \"\\\"a\\\"b,c\" "
      "is not a CSV record; E403 `_.csv`: \"a\\nb\" is not a CSV record; E403 `_.csv`: \"\\\"\" is "
      "not a CSV record" },
    { "_.csv(\";\")", "[\"a;b,c\", \"\\\";\\\";;\"]",
      "List[String]: [\"a\", \"b,c\"]; [\";\", \"\", \"\"]" },
    { "_.csv(\"→\")", "[\"a→\\\"→\\\"\"]", "List[String]: [\"a\", \"→\"]" },
    { "(_.hash, _.hash == _.hash, _.hash >= 0)", "[\"\", \"a\"]",
      "(Int, Bool, Bool): (3244421341483603138, true, true); (7405662395035962911, true, true)" },
    { "batchTime.toString", "[0]", "String: \"1970-01-01T00:00:01Z\"" },
    { "batchTime.format(\"yyyy-MM-dd'T'HH:mm:ss.SSS EEE EEEE MMM MMMM a hh DDD yy d'd' ''\")",
      "[0]", "String: \"1970-01-01T00:00:01.000 Thu Thursday Jan January AM 12 001 70 1d '\"" },
    /* lists */
    { "_.map(_ + 1)", "[[1, 2], [], [3]]", "List[Int]: [2, 3]; []; [4]" },
    { "_.map(7)", "[[1, 2], [], [3]]", "List[Int]: [7, 7]; []; [7]" },
    { "_.map((_, 1))", "[[\"a\", \"b\"], []]",
      "List[(String, Int)]: [(\"a\", 1), (\"b\", 1)]; []" },
    { "_.filter(_ % 2 == 1)", "[[1, 2, 3], [], [4]]", "List[Int]: [1, 3]; []; []" },
    { "_.filter(x => true)", "[[1, 2], []]", "List[Int]: [1, 2]; []" },
    { "_.flatMap(x => [x, x * 10])", "[[1, 2], [], [3]]",
      "List[Int]: [1, 10, 2, 20]; []; [3, 30]" },
    { "(k, xs) => xs.map(x => (k, x))", "[(\"a\", [1, 2]), (\"b\", [3])]",
      "List[(String, Int)]: [(\"a\", 1), (\"a\", 2)]; [(\"b\", 3)]" },
    { "(a, xs) => xs.map(x => xs.map(y => x * y + a).sum)", "[(1, [1, 2]), (0, [3])]",
      "List[Int]: [5, 8]; [9]" },
    { "_.map(10 / _)", "[[1, 2], [5, 0, 1], [2]]",
      "List[Int]: [10, 5]; E404 `10 / _`: division by 0; [5]" },
    { "_.map(_.map(10 / _))", "[[[1], [2, 0]], [[5]]]",
      "List[List[Int]]: E404 `10 / _`: division by 0; [[2]]" },
    { "_.filter(_ != 0).map(10 / _)", "[[1, 0, 2], [0]]", "List[Int]: [10, 5]; []" },
    { "_.map(x => if (x == 0) 0 else 10 / x)", "[[1, 0], [0]]", "List[Int]: [10, 0]; [0]" },
    { "_.flatMap(_.words).map(_.length).sum", "[[\"a bc\", \"def\"], []]", "Int: 6; 0" },
    { "(_.size, _.sum, _.min, _.max)", "[[3, 1, 2], [4]]",
      "(Int, Int, Int, Int): (3, 6, 1, 3); (1, 4, 4, 4)" },
    { "_.min", "[[2, 1], []]", "Int: 1; E405 `_.min`: the list is empty" },
    { "_.sum", "[[0.5, 1.5], []]", "Double: 2.0; 0.0" },
    { "_.sum", "[[9223372036854775807, 1], [1]]",
      "Int: E404 `_.sum`: overflow: the result does not fit an Int; 1" },
    { "(_.head, _.last)", "[[\"a\", \"b\"], [\"c\"], []]",
      "(String, String): (\"a\", \"b\"); (\"c\", \"c\"); E405 `_.head`: the list is empty" },
    { "_(1)", "[[1, 2], [3]]", "Int: 2; E405 `_(1)`: out of range" },
    { "_.sorted(0) + _.size", "[[3, 1], [2]]", "Int: 3; 3" },
    { "_.head.last", "[[[1, 2], [3]], [[4]]]", "Int: 2; 4" },
    { "_.contains(2)", "[[1, 2], [], [3]]", "Bool: true; false; false" },
    { "_.mkString(\",\")", "[[\"a\", \"b\"], [], [\"c\"]]", "String: \"a,b\"; \"\"; \"c\"" },
    { "_.mkString", "[[1, 2], [3]]", "String: \"12\"; \"3\"" },
    { "_.distinct", "[[2, 1, 2, 3, 1], []]", "List[Int]: [2, 1, 3]; []" },
    { "_.sorted", "[[3, 1, 2, 5, 4], [], [1]]", "List[Int]: [1, 2, 3, 4, 5]; []; [1]" },
    { "_.sorted", "[[(2, \"a\"), (1, \"b\"), (1, \"a\")]]",
      "List[(Int, String)]: [(1, \"a\"), (1, \"b\"), (2, \"a\")]" },
    { "_ + [9] + _", "[[1], []]", "List[Int]: [1, 9, 1]; [9]" },
    { "x => [\"x\", \"y\"].map(_ + x)", "[\"1\", \"2\"]",
      "List[String]: [\"x1\", \"y1\"]; [\"x2\", \"y2\"]" },
    /* options */
    { "_.getOrElse(\"-\")", "[None, \"a\"]", "String: \"-\"; \"a\"" },
    { "_.getOrElse(0.5)", "[None, 1]", "Double: 0.5; 1.0" },
    { "(_.isDefined, _.isEmpty)", "[None, 1]", "(Bool, Bool): (false, true); (true, false)" },
    { "_.map(10 / _)", "[None, 5, 0]", "Option[Int]: None; 2; E404 `10 / _`: division by 0" },
    { "_.map(_.map(_ + 1).getOrElse(0))", "[[None, 1], [2]]", "List[Int]: [0, 2]; [3]" },
    { "(x, xs) => x.map(a => xs.map(b => a + b))", "[(None, [1]), (5, [1, 2])]",
      "Option[List[Int]]: None; [6, 7]" },
};

START_TEST(expressions_give_their_values_for_any_size_of_chunk)
{
    static const uint32_t sizes[] = { 4096, 7, 1 };
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        ck_assert_str_eq(language_run(&language, rows[_i].expression, rows[_i].rows, sizes[i]),
                         rows[_i].expected);
}
END_TEST

Suite *expr_suite(void)
{
    Suite *suite = suite_create("expr");
    TCase *values = tcase_create("values");
    tcase_add_checked_fixture(values, begin, end);
    tcase_add_loop_test(values, expressions_give_their_values_for_any_size_of_chunk, 0,
                        ARRAY_SIZE(rows));
    suite_add_tcase(suite, values);
    return suite;
}
