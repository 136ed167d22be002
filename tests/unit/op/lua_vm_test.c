#include "op/lua_vm.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"

static struct buf out, why;

/* What the function makes of a String, as a String; or why it does not. */
static const char *call(struct vm *vm, const char *input)
{
    const char *ptr = input;
    uint32_t len = (uint32_t)strlen(input);
    struct column column = { .type = &type_string, .n = 1 };
    column.ptr = &ptr;
    column.len = &len;
    struct vm_call one = { &column, 0, &type_string };
    buf_clear(&out);
    enum vm_end end = vm_run(vm, &one, &out, &why);
    ck_assert_int_eq(out.len > 0, end == VM_DONE);
    return end == VM_DONE ? buf_text(&out) + 4 : end == VM_NIL ? "nil" : buf_text(&why);
}

static struct vm *open(const char *chunk)
{
    struct vm *vm = NULL;
    ck_assert_msg(vm_new(slice_of_text(chunk), &vm, &why) == VM_DONE, "%s", buf_text(&why));
    return vm;
}

static void gives(const char *chunk, const char *wanted)
{
    struct vm *vm = open(chunk);
    for (int i = 0; i < 2; i++) /* the second call is as the first */
        ck_assert_str_eq(call(vm, "in"), wanted);
    vm_free(vm);
}

/* The function's body, given `s`. */
static void does(const char *body, const char *wanted)
{
    char *chunk = mem_printf("return function(s) %s end", body);
    gives(chunk, wanted);
    mem_free(chunk);
}

START_TEST(a_chunk_may_walk_a_table_before_it_is_frozen)
{
    gives(
        "local t, n = {a = 1, b = 2}, 0 for k, v in pairs(t) do n = n + v end return function(s) "
        "return s .. n .. next(t) end",
        "in3a");
}
END_TEST

START_TEST(it_sees_what_it_may_and_no_more)
{
    static const char *const names[] = { "_G", "math", "string", "table", "utf8" };
    static const char *const seen[] = {
        "_VERSION assert error ipairs math next pairs pcall select string table tonumber tostring "
        "type utf8 xpcall",
        "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger "
        "modf "
        "pi rad sin sqrt tan tointeger type ult",
        "byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack "
        "upper",
        "concat insert move pack remove sort unpack",
        "char charpattern codepoint codes len offset",
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char *chunk = mem_printf(
            "local t = %s\nreturn function(s) local n = {} for k in pairs(t) do "
            "n[#n + 1] = k end return table.concat(n, \" \") end",
            i ? names[i] : "_ENV");
        gives(chunk, seen[i]);
        mem_free(chunk);
    }
    gives("return function(s) return tostring(getmetatable) .. tostring(load) end", "nilnil");
}
END_TEST

START_TEST(what_has_no_order_gets_one)
{
    does(
        "local t, r = {z = 1, [2] = 2, a = 3, [1.5] = 4, [true] = 5, [1] = 6, [false] = 7, [10] = "
        "8, [\"1\"] "
        "= 9}, {} for k, v in pairs(t) do r[#r + 1] = tostring(k) .. v end return table.concat(r, "
        "\" \")",
        "16 1.54 22 108 19 a3 z1 false7 true5");
    does(
        "local t, r, k = {b = 1, a = 2, c = 3}, \"\" k = next(t) while k do r = r .. k; k = "
        "next(t, k) end "
        "return r .. tostring(next({}))",
        "abcnil");
    does(
        "local t, r = {a = 1, b = 2, c = 3}, \"\" for k in pairs(t) do r = r .. k; t.b = nil end "
        "return r",
        "ac");
    does(
        "local t = {} for i = 1, 500 do t[i] = {i % 7, i} end table.sort(t, function(a, b) return "
        "a[1] < b[1] "
        "end) local r = \"\" for i = 1, 500, 60 do r = r .. t[i][2] .. \" \" end return r",
        "7 427 344 261 178 95 19 439 363 ");
    does("local t = {3, 1, 2} table.sort(t) return table.concat(t)", "123");
    does("return tostring({}) .. tostring(pairs) .. tostring(1.5)", "tablefunction1.5");
    does("return (\"%5.2f|%-4s|%d%%\"):format(1.234, s, 7)", " 1.23|in  |7%");
    does("local r = \"\" for b in (\"abba\"):gmatch(\"b*\") do r = r .. b .. \"|\" end return r",
         "|bb||");
    does(
        "return tostring((\"ab\"):gmatch(\"%w\", 9)() or nil) .. "
        "tostring((\"-\"):match(\"[a-f]\"))",
        "nilnil");
    does("return (\"%%\"):format() .. (\"%\"):format(s)", "invalid conversion '%' to 'format'");
    does("return (\"%p\"):format(s)",
         "lua:1: calling 'format' on bad self (there are no addresses here)");
    does("return string.format(\"%s\", {})",
         "lua:1: bad argument #2 to 'format' (a string, a number or a boolean is wanted)");
    does("for k in pairs({[{}] = 1}) do end",
         "lua:1: a key that is a table has no place in the order of pairs");
}
END_TEST

/* What Lua 5.4 itself gives for these. */
static const char *const as_lua[][2] = {
    { "(\"hello world\"):find(\"o w\")", "5 7" },
    { "(\"a.b\"):find(\".\", 2, true)", "2 2" },
    { "(\"a+b\"):find(\"+\", 1)", "2 2" },
    { "(\"key = value\"):match(\"^(%w+)%s*=%s*(%w+)$\")", "key value" },
    { "(\"  trim  \"):match(\"^%s*(.-)%s*$\")", "trim" },
    { "(\"f(a(b)c)d\"):match(\"%b()\")", "(a(b)c)" },
    { "(\"THE (quick) fox\"):find(\"%((%a+)%)\")", "5 11 quick" },
    { "(\"THE quick\"):gsub(\"%f[%a]%a\", \"<%0>\")", "<T>HE <q>uick 2" },
    { "(\"abc\"):gsub(\"\", \"-\")", "-a-b-c- 4" },
    { "(\"abc\"):gsub(\"%w\", {a = \"1\", b = true and \"2\"})", "12c 3" },
    { "(\"a,b,,c\"):gsub(\",\", function(c) return nil end)", "a,b,,c 3" },
    { "(\"aa bb\"):match(\"(%a)%1 (%a)%2\")", "a b" },
    { "(\"hello\"):match(\"()ll()\")", "3 5" },
    { "(\"x\"):rep(3, \",\"):gsub(\"x\", \"%%%0\", 2)", "%x,%x,x 2" },
    { "(\"[a]\"):match(\"[]]\")", "]" },
    { "(\"2026-11-26\"):match(\"(%d+)-(%d+)-(%d+)\")", "2026 11 26" },
    { "(\"abc\"):find(\"b\", -1)", "nil" },
    { "(\"abc\"):find(\"\", 10)", "nil" },
    { "(\"a-b\"):match(\"[a%-]+\")", "a-" },
    { "(\"\\0\\255\"):byte(1, -1)", "0 255" },
    { "(\"a\\0b\"):find(\"%z\")", "2 2" },
    { "(\"a b\"):find(\"%W\")", "2 2" },
    { "(\"x5\"):match(\"[0-9a-f]\")", "5" },
    { "(\"+-\"):gsub(\"[+-]\", \".\")", ".. 2" },
    { "(\"]a\"):match(\"[^]]\")", "a" },
    { "s:match(\"[a\")", "lua:1: malformed pattern (missing ']')" },
    { "s:match(\"[%\")", "lua:1: malformed pattern (missing ']')" },
    { "s:match(\"[^\")", "lua:1: malformed pattern (missing ']')" },
    { "(\"aaa\"):match(\"a*b\")", "nil" },
    { "(\"x\"):match((\"()\"):rep(33))", "lua:1: too many captures" },
    { "(\"ab\"):match(\"((a)b)\")", "ab a" },
    { "s:match(\"i)\")", "lua:1: invalid pattern capture" },
    { "s:match(\"%1\")", "lua:1: invalid capture index %1" },
    { "s:match(\"(i%1)\")", "lua:1: invalid capture index %1" },
    { "s:match(\"%0\")", "lua:1: invalid capture index %0" },
    { "(\"ab\"):match(\"(a)%1\")", "nil" },
    { "(\"a\"):match(\"(a)%1\")", "nil" },
    { "(\"aa\"):match(\"()%1\")", "nil" },
    { "s:match(\"%b\")", "lua:1: malformed pattern (missing arguments to '%b')" },
    { "s:match(\"%b(\")", "lua:1: malformed pattern (missing arguments to '%b')" },
    { "(\"a\"):match(\"a%b()\")", "nil" },
    { "(\"((a)\"):match(\"^%b()\")", "nil" },
    { "(\"THE (quick) fox\"):gsub(\"%f[%s]\", \"|\")", "THE| (quick)| fox 2" },
    { "(\"THE (quick) fox\"):gsub(\"%f[^%a]\", \"|\")", "THE| (quick|) fox| 3" },
    { "(\"ac abc abbc\"):gsub(\"ab?c\", \"x\")", "x x abbc 2" },
    { "(\"ab\"):match(\"ab?b\")", "ab" },
    { "(\"ab\"):match(\"ab?bc\")", "nil" },
    { "s:match(\"%fi\")", "lua:1: missing '[' after '%f' in pattern" },
    { "(\"a$b\"):match(\"a$b\")", "a$b" },
    { "(\"a$b\"):match(\"a$$\")", "nil" },
    { "(\"a\"):rep(300):match((\"a?\"):rep(300))", "lua:1: pattern too complex" },
    { "(\"abc\"):find(\"b\", 0)", "2 2" },
    { "(\"abc\"):find(\"b\", -10)", "2 2" },
    { "(\"abc\"):find(\"b\", -2)", "2 2" },
    { "(\"abc\"):find(\"a\", -2)", "nil" },
    { "(\"a\\0b\"):find(\"\\0b\")", "2 3" },
    { "(\"a\\0b\"):find(\"a\\0b\", 1, true)", "1 3" },
    { "(\"ba\"):find(\"^a\")", "nil" },
    { "(\"ba\"):match(\"c\")", "nil" },
    { "(\"ba\"):find(\"^a\", 2)", "2 2" },
    { "(\"a.b\"):gsub(\"%.\", \"%%\")", "a%b 1" },
    { "(\"ab\"):gsub(\"(a)(b)\", \"%2%1%0\")", "baab 1" },
    { "(\"ab\"):gsub(\"()b\", \"<%1>\")", "a<2> 1" },
    { "s:gsub(\"i\", \"%x\")", "lua:1: invalid use of '%' in replacement string" },
    { "s:gsub(\"i\", \"%\")", "lua:1: invalid use of '%' in replacement string" },
    { "s:gsub(\"i\", function() return {} end)", "lua:1: invalid replacement value (a table)" },
    { "s:gsub(\"i\", {i = {}})", "lua:1: invalid replacement value (a table)" },
    { "(\"aa\"):gsub(\"^a\", \"b\")", "ba 1" },
    { "(\"aa\"):gsub(\"^b\", \"c\")", "aa 0" },
    { "s:gsub(\"i\", nil)",
      "lua:1: bad argument #2 to 'gsub' (string/function/table expected, got nil)" },
    { "s:gsub(\"i\", true)",
      "lua:1: bad argument #2 to 'gsub' (string/function/table expected, got boolean)" },
    { "s:gsub(\"i\", 5)", "5n 1" },
    { "(\"hello world\"):gsub(\"o\", \"0\", 1)", "hell0 world 1" },
    { "(\"hello\"):gsub(\"\", \"-\", 0)", "hello 0" },
    { "(\"abc def\"):gsub(\"%w+\", \"<%0>\", -1)", "abc def 0" },
    { "(\"x = 1\"):gsub(\"(%w+) = (%w+)\", {x = \"y\"})", "y 1" },
    { "(\"x\"):gsub(\"x\", {x = false})", "x 1" },
    { "(\"abc\"):gsub(\"b*\", \"-\")", "-a-c- 3" },
    { "(\"a1b22\"):gsub(\"%d+\", function(d) return d * 2 end)", "a2b44 2" },
    { "s:find(\"\")", "1 0" },
    { "s:find(\"\", 3)", "3 2" },
    { "s:find(\"\", 4)", "nil" },
    { "(\"ab\"):match(\"(%a)(%a)(%d?)\")", "a b " },
    { "(\"a\\1b\"):gsub(\"%c\", \"c\")", "acb 1" },
    { "(\"aBc 1_!\"):gsub(\"%l\", \"l\")", "lBl 1_! 2" },
    { "(\"aBc 1_!\"):gsub(\"%U\", \"u\")", "uBuuuuu 6" },
    { "(\"aBc 1_!\"):gsub(\"%p\", \"p\")", "aBc 1pp 2" },
    { "(\"aBc 1_!\"):gsub(\"%x\", \"x\")", "xxx x_! 4" },
    { "(\"aBc 1_!\"):gsub(\"%g\", \"g\")", "ggg ggg 6" },
    { "(\"a-b\"):match(\"[a%-z]+\")", "a-" },
    { "(\"-\"):match(\"[%d-z]\")", "-" },
    { "(\"b\"):match(\"[a-]\")", "nil" },
    { "(\"^\"):match(\"[a^]\")", "^" },
    { "(\"a\"):match(\"[^^]\")", "a" },
    { "(\"a\"):rep(3000):gsub(\"a\", \"%0%%\"):sub(5990)", "%a%a%a%a%a%" },
    { "(\"a,b\"):gmatch(\"%w\", 4)()", "" },
    { "(\"a,b\"):gmatch(\"%w\", -1)()", "b" },
    { "(\"ab\"):gmatch(\"b*\")()", "" },
    { "s:rep(0)", "" },
    { "s:rep(-1)", "" },
    { "(\"\"):rep(5)", "" },
    { "s:rep(2, \"-\")", "in-in" },
    { "(\"\"):rep(2, \"-\")", "-" },
    { "(\"%s %s\"):format(true, 1)", "true 1" },
};

START_TEST(patterns_are_those_of_lua)
{
    for (size_t i = 0; i < ARRAY_SIZE(as_lua); i++) {
        char *body = mem_printf(
            "local t = table.pack(%s) for i = 1, t.n do t[i] = tostring(t[i]) end "
            "return table.concat(t, \" \")",
            as_lua[i][0]);
        does(body, as_lua[i][1]);
        mem_free(body);
    }
    does(
        "local r = \"\" for k, v in (\"a=1, b=2\"):gmatch(\"(%w)=(%w)\") do r = r .. k .. v end "
        "return r",
        "a1b2");
    does("return s:match(\"(\")", "lua:1: unfinished capture");
    does("return s:match(\"%\")", "lua:1: malformed pattern (ends with '%')");
    does("return s:gsub(\"i\", \"%2\")", "lua:1: invalid capture index %2");
}
END_TEST

START_TEST(a_pattern_without_end_ends)
{
    static const char over[] = "lua:1: more than 10000000 steps";
    does("return s:rep(1000):match((\".-\"):rep(9) .. \"x\")", over);
    does(
        "while true do pcall(function() return s:rep(1000):match((\".-\"):rep(9) .. \"x\") end) "
        "end",
        "lua:1: more than 10000000 instructions");
    does("local t = {} for i = 1, 10000 do t[i] = i end while true do next(t, 1) end", over);
    does("return (\"\"):rep(1 << 40) .. (\"\"):rep(1 << 40, \"\") .. s:rep(2, \"-\")", "in-in");
    does("table.move({}, 1, 1 << 40, 2)", "table:7: more than 10000000 instructions");
}
END_TEST

START_TEST(nothing_is_remembered)
{
    static const char changed[] =
        "'n' outlives the record and was changed: keep it inside the "
        "function";
    static const char frozen[] = "lua:1: 'x' cannot be set: what outlives the record cannot change";
    gives("local n = 0 return function(s) n = n + 1 return s end", changed);
    gives("local n = 0 local f = function() n = n + 1 end return function(s) f() return s end",
          changed);
    gives("local n = 0 return function(s) n = n + 1 error(\"mine\") end", "lua:1: mine");
    gives("local t = {} return function(s) t.x = s end", frozen);
    gives("local t = {a = {b = {}}} return function(s) t.a.b.x = s end", frozen);
    gives("local t = {x = 1} return function(s) t.x = s end", frozen);
    gives("return function(s) x = s end", frozen);
    gives("return function(s) string.x = s end", frozen);
    gives("local t = {3, 1} return function(s) table.insert(t, 4) end",
          "'number' cannot be set: what outlives the record cannot change");
    gives("return function(s) _ENV = {} return s end",
          "'_ENV' outlives the record and was changed: keep it inside the function");
    gives("local t = {} t.t = t return function(s) return t.t.t == t and s end", "in");
}
END_TEST

START_TEST(what_outlives_the_record_can_be_read)
{
    gives(
        "local t = {5, 6, 7, a = {b = \"x\"}} return function(s) local r = \"\" for k, v in "
        "pairs(t) do r = r "
        ".. k end for i, v in ipairs(t) do r = r .. v end return r .. #t .. t.a.b .. next(t) .. "
        "table.concat(t) .. select(\"#\", table.unpack(t)) end",
        "123a5673x15673");
    gives("function twice(s) return s .. s end return function(s) return twice(s) end", "inin");
    gives(
        "local f f = function(n) return n == 0 and \"\" or \"x\" .. f(n - 1) end return "
        "function(s) return "
        "f(3) end",
        "xxx");
    gives("return string.upper", "IN");
}
END_TEST

START_TEST(a_call_without_end_ends)
{
    struct vm *vm = open(
        "return function(s) while true do if s == \"p\" then "
        "pcall(function() while true do end end) end end end");
    ck_assert_str_eq(call(vm, "a"), "lua:1: more than 10000000 instructions");
    ck_assert_str_eq(call(vm, "p"), "lua:1: more than 10000000 instructions");
    vm_free(vm);
}
END_TEST

START_TEST(memory_has_an_end)
{
    does("local t = {} while true do t[#t + 1] = s:rep(10000) .. #t end",
         "more than 64 MiB of memory");
    does("return s:rep(1 << 40)", "lua:1: resulting string too large");
    does("return s:rep(1 << 27)", "more than 64 MiB of memory");
    does("pcall(string.rep, s, 1 << 30) return s", "in");
    does("for i = 1, 100 do pcall(string.rep, s, 1 << 27) end return s",
         "lua:1: more than 64 MiB of memory");
    does("while true do local _ = s:rep(1000000) end", "lua:1: more than 1024 MiB of values made");
    does("local function f() return 1 + f() end return f()", "more than 64 MiB of memory");
    does("error({})", "an error that is a table");
    does("error()", "an error that is a nil");
}
END_TEST

START_TEST(a_result_has_a_largest)
{
    static const struct type *const member[] = { &type_string };
    static const struct type strings = { .kind = K_LIST, .n = 1, .member = member };
    static const struct type *const wanted[] = { &strings, &type_json };
    const char *input = "";
    uint32_t len = 0;
    struct column column = { .type = &type_string, .n = 1, .ptr = &input, .len = &len };
    struct vm *vm = open(
        "local s, t = (\"x\"):rep(1 << 20), {} for i = 1, 66 do t[i] = s end "
        "return function() return t end");
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        struct vm_call one = { &column, 0, wanted[i] };
        buf_clear(&out);
        ck_assert_int_eq(vm_run(vm, &one, &out, &why), VM_FAILED);
        ck_assert_str_eq(buf_text(&why), "the result is larger than 64 MiB");
        ck_assert_uint_eq(out.len, 0);
    }
    vm_free(vm);
}
END_TEST

START_TEST(a_wrong_chunk_says_why)
{
    static const struct {
        const char *chunk, *why;
        enum vm_end end;
    } cases[] = {
        { "return function(", "lua:1: <name> or '...' expected near <eof>", VM_SYNTAX },
        { "\x1bLua", "attempt to load a binary chunk (mode is 't')", VM_SYNTAX },
        { "\n\nlocal a = nil + 1", "lua:3: attempt to perform arithmetic on a nil value",
          VM_FAILED },
        { "return {}", "a table", VM_NO_FUNCTION },
        { "", "nothing", VM_NO_FUNCTION },
        { "local t = {} while true do t[#t + 1] = {} end", "more than 64 MiB of memory",
          VM_FAILED },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vm *vm = NULL;
        ck_assert_int_eq(vm_new(slice_of_text(cases[i].chunk), &vm, &why), cases[i].end);
        ck_assert_str_eq(buf_text(&why), cases[i].why);
        ck_assert_ptr_null(vm);
    }
}
END_TEST

START_TEST(a_result_of_another_type_says_which)
{
    does("return 5", "the result must be String, not an integer");
    does("return {}", "the result must be String, not a table");
    does("return true", "the result must be String, not a boolean");
    does("return \"\\xff\"", "the result must be String, but its bytes are not UTF-8");
    does("", "nil");
}
END_TEST

Suite *lua_vm_suite(void)
{
    Suite *suite = suite_create("lua_vm");
    TCase *tcase = tcase_create("lua_vm");
    tcase_set_timeout(tcase, 300); /* limits are reached by work */
    tcase_add_test(tcase, it_sees_what_it_may_and_no_more);
    tcase_add_test(tcase, a_chunk_may_walk_a_table_before_it_is_frozen);
    tcase_add_test(tcase, what_has_no_order_gets_one);
    tcase_add_test(tcase, patterns_are_those_of_lua);
    tcase_add_test(tcase, a_pattern_without_end_ends);
    tcase_add_test(tcase, nothing_is_remembered);
    tcase_add_test(tcase, what_outlives_the_record_can_be_read);
    tcase_add_test(tcase, a_call_without_end_ends);
    tcase_add_test(tcase, memory_has_an_end);
    tcase_add_test(tcase, a_result_has_a_largest);
    tcase_add_test(tcase, a_wrong_chunk_says_why);
    tcase_add_test(tcase, a_result_of_another_type_says_which);
    suite_add_tcase(suite, tcase);
    return suite;
}
