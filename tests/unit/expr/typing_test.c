#include <check.h>
#include <string.h>

#include "base/list.h"
#include "base/yaml.h"
#include "language.h"

static struct language language;
static const struct type *record, *ints[2];

static void begin(void)
{
    language_begin(&language);
    struct types *types = language.types;
    const char *name[] = { "value", "key", "n", "list", "pair" };
    const struct type *member[] = { &type_string, type_option(types, &type_string), &type_int,
                                    type_list(types, &type_int),
                                    type_pair(types, &type_string, &type_int) };
    record = type_record(types, name, member, ARRAY_SIZE(member));
    ints[0] = ints[1] = &type_int;
}

static void end(void)
{
    language_end(&language);
}

/* "column+width E232 text | help" for each finding */
static const char *found(const char *expression, const struct expr_use *use)
{
    struct slice slice = { expression, strlen(expression) };
    const char *quoted = arena_printf(&language.arena, "'%s'", expression);
    if (strchr(expression, '\'')) /* in double quotes, which take one column as well */
        quoted = yaml_quoted(&language.arena, slice);
    ck_assert_ptr_null(language_compile(&language, quoted, use));
    buf_clear(&language.text);
    for (size_t i = 0; i < language.diags.n; i++) {
        const struct diag *diag = &language.diags.items[i];
        ck_assert_uint_eq(diag->line, 1);
        buf_printf(&language.text, "%s%u+%u E%u %s", i ? "\n" : "", diag->column - 6, diag->width,
                   diag->code, diag->text);
        if (diag->help)
            buf_printf(&language.text, " | %s", diag->help);
    }
    return buf_text(&language.text);
}

static const struct finding {
    const char *expression, *expected;
} one[] = {
    { "_.value.splt(\" \")", "9+4 E233 a String has no method 'splt' | did you mean 'split'?" },
    { "_.valeu", "3+5 E233 a record {value: String, key: Option[String], n: Int, list: List[Int], pair: (String, Int)} has no field 'valeu' | did you mean 'value'?" },
    { "_.split(\" \")", "3+5 E233 a record {value: String, key: Option[String], n: Int, list: List[Int], pair: (String, Int)} has no field 'split' | did you mean '.value.split'?" },
    { "_.key.split(\" \")", "7+5 E233 an Option[String] has no method 'split' | what an Option holds: .map(x => x.split…) or .getOrElse(…).split…" },
    { "_.value + 1", "9+1 E232 String + Int: '+' adds two numbers, or joins two Strings or two Lists | write .toString behind the Int" },
    { "_.n + _.value", "5+1 E232 Int + String: '+' adds two numbers, or joins two Strings or two Lists | write .toString behind the Int" },
    { "_.value == 1", "9+2 E232 String == Int: values of unlike types are never compared | write .toInt behind the String" },
    { "_.value.split(1)", "15+1 E232 split wants a String, but this is an Int | write .toString behind it" },
    { "_.value.split()", "9+5 E234 split takes one argument, but here are 0 | split(sep), split(regex(\"…\")): a List[String] of the parts, also the empty ones between separators and at both ends" },
    { "_.value.split(\"\")", "15+2 E232 split wants a separator, not \"\" | at white space: .words" },
    { "_.value.split(' ')", "15+1 E231 ''' has no meaning here | strings stand in double quotes: \"text\"" },
    { "if (_.n) 1 else 2", "5+3 E232 if wants a Bool, but this is an Int | compare it: … != 0" },
    { "if (_.n > 1) 1", "15+1 E231 expected 'else', but here is the end | an if has a value, so it has both branches: if (c) a else b" },
    { "if (_.n > 1) 1 else \"a\"", "1+23 E232 the branches of if have no common type: an Int and a String" },
    { "if _.n > 1 1 else 2", "4+1 E231 the condition of an if stands in parentheses | if (c) a else b" },
    { "_.n = 1", "5+1 E231 unknown operator '=' | did you mean '=='?" },
    { "_.n === 1", "5+3 E231 unknown operator '===' | did you mean '=='?" },
    { "x => _.n", "6+1 E234 the parameters of this function have names, so there is no _ | write 'x'" },
    { "(a, b) => a", "1+6 E234 map calls this with one argument, a record {value: String, key: Option[String], n: Int, list: List[Int], pair: (String, Int)}, but it has 2 parameters" },
    { "x -> x.n", "3+2 E231 unknown operator '->' | did you mean '=>'?" },
    { "value", "1+5 E233 unknown name 'value' | did you mean '_.value'?" },
    { "foo", "1+3 E233 unknown name 'foo' | the element is _; text stands in double quotes: \"foo\"" },
    { "null", "1+4 E233 unknown name 'null' | did you mean 'None'?" },
    { "_.n and true", "5+3 E231 expected an operator or the end, but here is 'and' | write && for and" },
    { "1 + ", "5+1 E231 expected a value, but here is the end" },
    { "(1, 2", "6+1 E231 expected ')' or ',', but here is the end" },
    { "'a'", "1+1 E231 ''' has no meaning here | strings stand in double quotes: \"text\"" },
    { "\"abc", "1+4 E231 this string has no closing \"" },
    { "\"\\q\"", "2+2 E231 unknown escape: there are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX; a backslash itself is \\\\" },
    { "\"${X}\"", "2+4 E220 ${X} cannot stand in an expression | an expression is the same wherever it runs; a string with these characters is written \"\\u0024{\"" },
    { "_.n + ${X}", "7+4 E220 ${X} cannot stand in an expression | an expression is the same wherever it runs; a string with these characters is written \"\\u0024{\"" },
    { "99999999999999999999", "1+20 E231 '99999999999999999999' does not fit an Int, which ends at 9223372036854775807" },
    { "12ab", "1+4 E231 '12ab' is not a number" },
    { "[1, \"a\"]", "5+3 E232 a list's elements are of one type: the first is an Int, this is a String" },
    { "_.pair.map(x => x)", "8+3 E233 a tuple (String, Int) has no field 'map' | it has _1, _2" },
    { "_.list.map(x => x + \"a\")", "19+1 E232 Int + String: '+' adds two numbers, or joins two Strings or two Lists | write .toString behind the Int" },
    { "_.list.flatMap(_ + 1)", "16+5 E232 flatMap wants a List, but this is an Int | one value for each element: map" },
    { "_.list.filter(_ + 1)", "15+5 E232 filter wants a Bool, but this is an Int | compare it: … != 0" },
    { "_.pair._3", "8+2 E233 a tuple (String, Int) has no field '_3' | it has _1, _2" },
    { "_.n.foo", "5+3 E233 an Int has no method 'foo' | it has abs, toDouble, toInt, round, min, max, toString" },
    { "_.list.sort", "8+4 E233 a List[Int] has no method 'sort' | did you mean 'sorted'?" },
    { "x => y => x", "6+1 E232 a function can stand only where one is wanted, as in .map(x => …)" },
    { "1 + (x => x)", "6+1 E232 a function can stand only where one is wanted, as in .map(x => …)" },
    { "regex(\"a\")", "1+10 E232 a regex can stand only in split(…), matches(…) and extract(…)" },
    { "_.value.matches(regex(\"a(b\"))", "27+1 E235 bad regex: missing closing parenthesis" },
    { "_.value.matches(\"é\\\\d[z-a]\")", "25+1 E235 bad regex: range out of order in character class" },
    { "_.value.split(regex(\"\\u00e9\\ud83d\\ude00*+)\"))", "42+1 E235 bad regex: unmatched closing parenthesis" },
    { "_.value.split(regex(_.value))", "21+7 E232 a regex is one text in double quotes, compiled once | as in regex(\"[a-z]+\")" },
    { "_.value.extract(\"a+\")", "17+4 E235 extract gives what the groups match, but this regex has none | put what you want in (…)" },
    { "_.n(1)", "1+3 E232 an Int takes no (…) behind it" },
    { "_.value.json.a + 1", "16+1 E232 Option[Json] + Int: '+' adds two numbers, or joins two Strings or two Lists | as an Int: .asInt.getOrElse(0); there are asString, asDouble, asBool and asList" },
    { "_.value.json < 1", "14+1 E232 Json < Int: a Json is only == or != a Bool, a String or a number | as an Int: .asInt.getOrElse(0); there are asString, asDouble, asBool and asList" },
    { "_.value.json.a == _.value.json.b", "16+2 E232 Option[Json] == Option[Json]: a Json is only == or != a Bool, a String or a number | as an Int: .asInt.getOrElse(0); there are asString, asDouble, asBool and asList" },
    { "_.list(_.value.json.a)", "8+14 E232 list wants an Int, but this is an Option[Json] | write .asInt.getOrElse(…) behind it" },
    { "_.value.json(true)", "14+4 E232 in a Json there are names (a String) and indexes (an Int), but this is a Bool" },
    { "_.value.csv(\", \")", "13+4 E232 csv wants one character between the fields | as in csv(\";\") or csv(\"\\t\")" },
    { "batchTime.format(\"YYYY-MM\")", "19+1 E232 bad pattern of a time: the year is yyyy | as in format(\"yyyy-MM-dd HH:mm:ss.SSS\")" },
    { "batchTime.format(\"HH:mm n\")", "25+1 E232 bad pattern of a time: this letter has no meaning; text stands in '…' | as in format(\"yyyy-MM-dd HH:mm:ss.SSS\")" },
    { "batchTime.format(_.value)", "18+7 E232 bad pattern of a time: format wants a text in double quotes | as in format(\"yyyy-MM-dd HH:mm:ss.SSS\")" },
    { "_.value.json.a.startsWith(\"b\")", "16+10 E233 an Option[Json] has no method 'startsWith' | write .asString.getOrElse(\"\").startsWith(…); a member of this name is (\"startsWith\")" },
    { "_.value.json.filter(_.a == 1)", "14+6 E233 a Json has no method 'filter' | write .asList.getOrElse([]).filter(…); a member of this name is (\"filter\")" },
    { "_.list(\"a\")", "8+3 E232 list wants an Int, but this is a String | write .toInt behind it" },
    { "_.list.contains(\"a\")", "17+3 E232 this is a String, so it is never an element of a List[Int]" },
    { "_.key.getOrElse(1)", "17+1 E232 the Option holds a String, so getOrElse wants one too, but this is an Int" },
    { "-_.value", "1+8 E232 - wants a number, but this is a String" },
    { "!_.n", "2+3 E232 ! wants a Bool, but this is an Int | compare it: … != 0" },
    { "_.n && true", "1+3 E232 && wants a Bool, but this is an Int | compare it: … != 0" },
    { "_.list < _.list", "8+1 E232 List[Int] < List[Int]: values of this type have no order" },
    { "_.list.mkString(1)", "17+1 E232 mkString wants a String, but this is an Int | write .toString behind it" },
    { "{a: 1, a: 2}", "8+1 E231 two fields of one name" },
    { "{1: 2}", "2+1 E231 expected the name of a field, but here is '1' | as in {host: _.host, n: 1}" },
    { "()", "1+2 E231 an empty tuple" },
    { "_.value words", "9+5 E231 expected an operator or the end, but here is 'words' | a method is called with a dot: x.trim" },
    { "_.n @ 2", "5+1 E231 '@' has no meaning here" },
    { "_.value.substring", "9+9 E234 substring takes one or two arguments, but here are 0 | substring(from), substring(from, to): the characters from the one index up to, not with, the other; an error record where they lie outside" },
    { "_.list.map(x => x.foo + y)", "19+3 E233 an Int has no method 'foo' | it has abs, toDouble, toInt, round, min, max, toString\n25+1 E233 unknown name 'y'" },
    { "_.valeu + _.keey", "3+5 E233 a record {value: String, key: Option[String], n: Int, list: List[Int], pair: (String, Int)} has no field 'valeu' | did you mean 'value'?\n13+4 E233 a record {value: String, key: Option[String], n: Int, list: List[Int], pair: (String, Int)} has no field 'keey' | did you mean 'key'?" },
    { "_.value.tolowercase", "9+11 E233 a String has no method 'tolowercase' | did you mean 'toLowerCase'?" },
    { "1e+3x", "1+5 E231 '1e+3x' is not a number" },
    { "92233720368547758080", "1+20 E231 '92233720368547758080' does not fit an Int, which ends at 9223372036854775807" },
    { "18446744073709551619", "1+20 E231 '18446744073709551619' does not fit an Int, which ends at 9223372036854775807" },
    { "9223372036854775808", "1+19 E231 9223372036854775808 does not fit an Int, which ends at 9223372036854775807" },
    { "\"\\u00g9\"", "2+2 E231 \\u wants four hexadecimal digits" },
    { "\"\\u00G9\"", "2+2 E231 \\u wants four hexadecimal digits" },
    { "\"\\u00\"", "2+2 E231 \\u wants four hexadecimal digits" },
    { "\"\\ud83d\"", "2+6 E231 half of a surrogate pair" },
    { "\"\\ud83dx\"", "2+6 E231 half of a surrogate pair" },
    { "\"\\ud83d\\n\"", "2+6 E231 half of a surrogate pair" },
    { "\"\\ud83d\\u0041\"", "2+6 E231 half of a surrogate pair" },
    { "\"\\ud83d\\u00zz\"", "2+6 E231 half of a surrogate pair" },
    { "\"\\ude00\"", "2+6 E231 half of a surrogate pair" },
    { "\"a\\", "3+1 E231 unknown escape: there are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX; a backslash itself is \\\\" },
    { "\"${X", "2+2 E220 ${ cannot stand in an expression | an expression is the same wherever it runs; a string with these characters is written \"\\u0024{\"" },
    { "(1, b) => 2", "2+1 E231 a function's parameters are names | as in x => x.length or (a, b) => a + b" },
    { "(a, a) => a", "5+1 E231 two parameters of one name" },
    { "if (_.n > 1) then 1 else 2", "14+4 E231 there is no 'then' | if (c) a else b" },
    { "if (true) ) else 1", "11+1 E231 expected a value, but here is ')'" },
    { "if (true) 1 else )", "18+1 E231 expected a value, but here is ')'" },
    { "[1, 2, \"a\"]", "8+3 E232 a list's elements are of one type: the first are an Int, this is a String" },
    { "_.value.json(foo)", "14+3 E233 unknown name 'foo' | the element is _; text stands in double quotes: \"foo\"" },
    { "if (_.value.json.a) 1 else 2", "5+14 E232 if wants a Bool, but this is an Option[Json] | write .asBool.getOrElse(…) behind it" },
    { "_.value.split(_.value.json.a)", "15+14 E232 split wants a String, but this is an Option[Json] | write .asString.getOrElse(…) behind it" },
    { "_.value.csv(\"\")", "13+2 E232 csv wants one character between the fields | as in csv(\";\") or csv(\"\\t\")" },
    { "_.value.csv(\"\\\"\")", "13+4 E232 csv wants one character between the fields | as in csv(\";\") or csv(\"\\t\")" },
    { "_.value.csv(\"\\n\")", "13+4 E232 csv wants one character between the fields | as in csv(\";\") or csv(\"\\t\")" },
    { "_.value.csv(\"\\r\")", "13+4 E232 csv wants one character between the fields | as in csv(\";\") or csv(\"\\t\")" },
    { "_.value.csv(_.n)", "13+3 E232 csv wants one character between the fields | as in csv(\";\") or csv(\"\\t\")" },
    { "_.value.split(regex(\"a\", \"b\"))", "15+15 E232 a regex is one text in double quotes, compiled once | as in regex(\"[a-z]+\")" },
    { "_.value.extract(\"(\")", "19+1 E235 bad regex: missing closing parenthesis" },
    { "_.value.split(regex(\"\\u20ac\\u0041\\ud83d\\ude00(\"))", "47+1 E235 bad regex: missing closing parenthesis" },
    { "_.value.matches(\"\\u20ac\\u0041(\")", "31+1 E235 bad regex: missing closing parenthesis" },
    { "1 + _.value.json.a", "3+1 E232 Int + Option[Json]: '+' adds two numbers, or joins two Strings or two Lists | as an Int: .asInt.getOrElse(0); there are asString, asDouble, asBool and asList" },
    { "_.value.json.a == _.key", "16+2 E232 Option[Json] == Option[String]: values of unlike types are never compared | as an Int: .asInt.getOrElse(0); there are asString, asDouble, asBool and asList" },
    { "_.list.map(_ + 1)(true)", "19+4 E232 (…) behind a value wants an Int, but this is a Bool" },
    { "_.n.min(\"a\")", "9+3 E232 min wants a number, but this is a String" },
    { "_.list.getOrElse(1)", "8+9 E233 a List[Int] has no method 'getOrElse' | it has map, filter, flatMap, size, sum, min, max, head, last, contains, mkString, distinct, sorted" },
    { "_.key.getOrElse(foo)", "17+3 E233 unknown name 'foo' | the element is _; text stands in double quotes: \"foo\"" },
    { "_.list.contains(foo)", "17+3 E233 unknown name 'foo' | the element is _; text stands in double quotes: \"foo\"" },
    { "_.n.max(foo)", "9+3 E233 unknown name 'foo' | the element is _; text stands in double quotes: \"foo\"" },
    { "_.pair.mkString", "8+8 E233 a tuple (String, Int) has no field 'mkString' | it has _1, _2" },
    { "_.value.substring(1, 2, 3)", "9+9 E234 substring takes one or two arguments, but here are 3 | substring(from), substring(from, to): the characters from the one index up to, not with, the other; an error record where they lie outside" },
    { "_.value.length(1)", "9+6 E234 length takes no argument, but here is 1 | length: how many characters it has (code points)" },
    { "_.list.mkString(1, 2)", "8+8 E234 mkString takes at most one argument, but here are 2 | mkString, mkString(sep): a String of all elements, sep between them" },
    { "batchTime.format(\"'abc\")", "19+2 E232 bad pattern of a time: this quote is not closed | as in format(\"yyyy-MM-dd HH:mm:ss.SSS\")" },
    { "batchTime.format(\"yyy\")", "19+1 E232 bad pattern of a time: too many of this letter | as in format(\"yyyy-MM-dd HH:mm:ss.SSS\")" },
    { "batchTime.format(\"ddd\")", "19+1 E232 bad pattern of a time: too many of this letter | as in format(\"yyyy-MM-dd HH:mm:ss.SSS\")" },
    { "batchTime.format(\"yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-yyyy-\")", "19+1 E232 bad pattern of a time: it is too long | as in format(\"yyyy-MM-dd HH:mm:ss.SSS\")" },
    { "[(1, 2), (1, 2, 3)]", "10+9 E232 a list's elements are of one type: the first is a tuple (Int, Int), this is a tuple (Int, Int, Int)" },
    { "_.pair._0", "8+2 E233 a tuple (String, Int) has no field '_0' | it has _1, _2" },
    { "_.pair._x", "8+2 E233 a tuple (String, Int) has no field '_x' | it has _1, _2" },
    { "_.pair._1x", "8+3 E233 a tuple (String, Int) has no field '_1x' | did you mean '_1'?" },
    { "_.pair.a", "8+1 E233 a tuple (String, Int) has no field 'a' | it has _1, _2" },
}, two[] = {
    { "_ + 1", "1+5 E234 reduceByKey calls this with two arguments, so there must be two _, the first for the first; here is 1 | give them names: (a, b) => a + 1" },
    { "_ + _ + _", "1+9 E234 reduceByKey calls this with two arguments, so there must be two _, the first for the first; here are 3 | give them names: (a, b) => …" },
    { "1", "1+1 E234 reduceByKey calls this with two arguments, so there must be two _, the first for the first; here are 0 | give them names: (a, b) => …" },
    { "x => x", "1+1 E234 reduceByKey calls this with two arguments, but it has 1 parameter | as in (a, b) => …" },
    { "(a, b, c) => a", "1+9 E234 reduceByKey calls this with two arguments, but it has 3 parameters | as in (a, b) => …" },
    { "_ + 0.5 * _", "1+11 E232 reduceByKey wants an Int, but this is a Double | write .toInt or .round behind it" },
    { "[1].map(_ + 1).size + _", "1+23 E234 reduceByKey calls this with two arguments, so there must be two _, the first for the first; here is 1 | give them names: (a, b) => [1].map(_ + 1).size + a" },
    { "[1].map(x => _).size", "1+20 E234 reduceByKey calls this with two arguments, so there must be two _, the first for the first; here are 0 | give them names: (a, b) => …" },
    { "(a, b) => \"x\"", "11+3 E232 reduceByKey wants an Int, but this is a String | write .toInt behind it" },
};

static const struct {
    const char *param, *result; /* as a literal of one row; what is wanted, NULL: anything */
    const char *expression, *expected;
} wants[] = {
    { "\"a\"", "[1.5]", "_",
      "1+1 E232 map wants a Double, but this is a String | write .toDouble behind it" },
    { "\"a\"", "[true]", "_", "1+1 E232 map wants a Bool, but this is a String" },
    { "\"a\"", "[[1]]", "1.5", "1+3 E232 map wants a List[Int], but this is a Double" },
    { "\"a\"", "[1.5]", "_.json.a",
      "1+8 E232 map wants a Double, but this is an Option[Json] | write .asDouble.getOrElse(…) "
      "behind it" },
    { "\"a\"", "[1]", "_.json.a",
      "1+8 E232 map wants an Int, but this is an Option[Json] | write .asInt.getOrElse(…) behind "
      "it" },
    { "\"a\"", "[[1]]", "_.json.a",
      "1+8 E232 map wants a List[Int], but this is an Option[Json] | write .asList.getOrElse(…) "
      "behind it" },
    { "\"a\"", "[(1, 2)]", "_.json.a",
      "1+8 E232 map wants a tuple (Int, Int), but this is an Option[Json] | what it holds: "
      ".getOrElse(…) or .map(…)" },
    { "\"a\"", "[true]", "[1].head",
      "1+8 E232 map wants a Bool, but this is an Int | compare it: … != 0" },
    { "\"a\"", "[true]", "if (true) None else true",
      "1+24 E232 map wants a Bool, but this is an Option[Bool] | is it there? .isDefined; its "
      "content: .getOrElse(…)" },
    { "\"a\"", NULL, "trim", "1+4 E233 unknown name 'trim' | did you mean '_.trim'?" },
    { "\"a\"", NULL, "trimm",
      "1+5 E233 unknown name 'trimm' | the element is _; text stands in double quotes: \"trimm\"" },
    { "(1, 2)", NULL, "(a, b, c) => a",
      "1+9 E234 map calls this with one argument, a tuple (Int, Int), but it has 3 parameters" },
    { "(1, 2)", NULL, "_.map(x => 1)",
      "3+3 E233 a tuple (Int, Int) has no field 'map' | it has _1, _2" },
    { "{a: 1}", NULL, "(a, b) => a",
      "1+6 E234 map calls this with one argument, a record {a: Int}, but it has 2 parameters" },
};

START_TEST(a_type_that_is_not_wanted_is_said)
{
    const char *rows = arena_printf(&language.arena, "[%s]", wants[_i].param);
    const struct type *param = language_rows(&language, rows).type;
    struct expr_use use = { .op = "map", .param = &param, .n_param = 1 };
    if (wants[_i].result)
        use.result = language_rows(&language, wants[_i].result).type;
    ck_assert_str_eq(found(wants[_i].expression, &use), wants[_i].expected);
}
END_TEST

START_TEST(a_place_with_three_arguments_says_how_they_are_named)
{
    const struct type *three[] = { &type_int, &type_int, &type_int };
    struct expr_use use = { .op = "mapWithState", .param = three, .n_param = 3 };
    ck_assert_str_eq(
        found("_ + 1", &use),
        "1+5 E234 mapWithState calls this with three arguments, so there must be three _, the "
        "first for the first; here is 1 | give them names: (key, value, state) => …");
    ck_assert_str_eq(found("(a, b) => a", &use),
                     "1+6 E234 mapWithState calls this with three arguments, but it has 2 "
                     "parameters | as in (key, value, state) => …");
}
END_TEST

START_TEST(a_tuple_of_none_has_no_fields)
{
    const struct type *none = type_tuple(language.types, NULL, 0);
    struct expr_use use = { .op = "map", .param = &none, .n_param = 1 };
    ck_assert_str_eq(found("_._1", &use), "3+2 E233 a tuple () has no field '_1'");
}
END_TEST

/* Of members that are not too large yet. */
START_TEST(a_common_type_that_is_too_large_is_said)
{
    static const char *const rows[] = {
        "if (true) None else _", "if (true) _ else None", "[None, _]",
        "[_].contains(None)",    "None.getOrElse(_)",     "None == _",
    };
    const struct type *member[999];
    for (size_t i = 0; i < ARRAY_SIZE(member); i++)
        member[i] = &type_int;
    const struct type *large = type_tuple(language.types, member, 999);
    struct expr_use use = { .op = "map", .param = &large, .n_param = 1 };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *said = found(rows[i], &use);
        ck_assert_msg(strstr(said, "E236 the type of this is too large: "), "%s: %s", rows[i],
                      said);
        ck_assert_msg(!strchr(said, '\n'), "%s: %s", rows[i], strchr(said, '\n'));
        language.diags.n = 0;
    }
}
END_TEST

START_TEST(findings_name_the_part_and_what_to_do)
{
    struct expr_use use = { .op = "map", .param = &record, .n_param = 1 };
    ck_assert_str_eq(found(one[_i].expression, &use), one[_i].expected);
}
END_TEST

START_TEST(a_place_with_two_arguments_says_how_they_are_named)
{
    struct expr_use use = { .op = "reduceByKey", .param = ints, .n_param = 2, .result = &type_int };
    ck_assert_str_eq(found(two[_i].expression, &use), two[_i].expected);
}
END_TEST

Suite *typing_suite(void)
{
    Suite *suite = suite_create("typing");
    TCase *findings = tcase_create("findings");
    tcase_add_checked_fixture(findings, begin, end);
    tcase_add_loop_test(findings, findings_name_the_part_and_what_to_do, 0, ARRAY_SIZE(one));
    tcase_add_loop_test(findings, a_place_with_two_arguments_says_how_they_are_named, 0,
                        ARRAY_SIZE(two));
    tcase_add_loop_test(findings, a_type_that_is_not_wanted_is_said, 0, ARRAY_SIZE(wants));
    tcase_add_test(findings, a_place_with_three_arguments_says_how_they_are_named);
    tcase_add_test(findings, a_tuple_of_none_has_no_fields);
    tcase_add_test(findings, a_common_type_that_is_too_large_is_said);
    suite_add_tcase(suite, findings);
    return suite;
}
