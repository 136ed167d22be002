"""The methods of the job language: for each what it gives, how a call is drawn, and what it computes."""
import json
import math
import re
from functools import reduce

from values import (BOOL, BYTES, DOUBLE, INT, INT_MAX, INT_MIN, JSON, STRING, TIME, Bad, Some, Unspecified, freeze, greatest, is_ordered,
                    kind, least, list_of, option, rank, shown_time, sized, tuple_of, whole)
from xxh3 import xxh3

METHODS = []


class Method:
    """A method of one type that gives one type; `args` are drawn from types or by functions of the Language."""

    def __init__(self, owner, name, result, args, func):
        self.owner, self.name, self.result, self.args, self.func = owner, name, result, args, func

    def gives(self, of):
        return of == self.result

    def draw(self, language, of, depth):
        this = language.expr(self.owner, depth)
        args = [arg(language, depth) if callable(arg) else language.expr(arg, depth) for arg in self.args]
        owner = self.owner if isinstance(self.owner, str) else self.owner[0]
        return language.call(self.name, of, this, args, self.func, owner)


def method(owner, name, result, *args):
    def add(func):
        METHODS.append(Method(owner, name, result, args, func))
        return func
    return add


class Generic:
    """A method whose types hang on what is wanted."""

    def __init__(self, gives, draw):
        self.gives, self.draw = gives, draw


def generic(gives):
    def add(draw):
        METHODS.append(Generic(gives, draw))
        return draw
    return add


def literal_of(*texts):
    """An argument that is one of these literals."""
    def draw(language, _depth):
        text = language.pick(texts)
        return Fixed(json.dumps(text, ensure_ascii=False), text)
    return draw


class Fixed:
    """An argument with a value of its own."""

    def __init__(self, text, value):
        self.text, self.run = text, lambda env: value


def never_empty(language, depth):
    """A String that is not the literal "", which is refused at check."""
    made = language.expr(STRING, depth)
    if made.text.strip("()") == '""':
        raise Unspecified("refused")
    return made


# ---- String

def split(text, separator):
    if not separator:
        raise Bad("an empty separator")
    return text.split(separator)


def ascii_case(func):
    def run(text):
        if any(ord(c) > 0x7f and c not in "é日本😀" for c in text):
            raise Unspecified("case of this letter")
        return func(text)
    return run


def trim(text):
    return text.strip(" \t\n\r")


def substring(text, start, end=None):
    end = len(text) if end is None else end
    if not 0 <= start <= end <= len(text):
        raise Bad("out of range")
    return text[start:end]


def replace(text, old, new):
    if not old:
        raise Unspecified("replace nothing")
    return sized(text.replace(old, new))


def to_int(text):
    if re.fullmatch(r"[-+]?[0-9]+", text):
        return whole(int(text))
    raise Bad("no number")


def to_double(text):
    if re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", text) or re.fullmatch(r"(?i)[-+]?(inf|infinity|nan)", text):
        return float(text)
    raise Bad("no number")


def from_utf8(value):
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("no text") from None


def text_hash(value):
    return xxh3(value.encode() if isinstance(value, str) else value) & INT_MAX


def csv(text, separator=","):
    fields, at = [], 0
    while True:
        if text[at:at + 1] == '"':
            match = re.compile(r'"((?:[^"]|"")*)"').match(text, at)
            if not match:
                raise Bad("a quote without its end")
            fields.append(match[1].replace('""', '"'))
            at = match.end()
            if at < len(text) and text[at] != separator:
                raise Bad("text behind a quote")
        else:
            end = text.find(separator, at)
            end = len(text) if end < 0 else end
            if '"' in text[at:end]:
                raise Unspecified("a quote inside a field")
            fields.append(text[at:end])
            at = end
        if at >= len(text):
            return fields
        at += 1


def parse_json(text):
    def pairs(items):
        if len(items) != len(dict(items)):
            raise Unspecified("a name twice")
        return dict(items)

    def refuse(_):
        raise ValueError

    def number(read):
        def run(digits):
            if repr(read(digits)) != digits:
                raise Unspecified("the text that it was read from")
            return read(digits)
        return run
    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=refuse, parse_int=number(int), parse_float=number(float))
    except (ValueError, RecursionError):
        raise Bad("not JSON") from None
    if text.strip(" \t\n\r") != text.strip():
        raise Unspecified("white space")
    return value


method(STRING, "split", list_of(STRING), literal_of(" ", ",", "a", "ab", "é"))(split)
method(STRING, "split", list_of(STRING), never_empty)(split)
method(STRING, "words", list_of(STRING))(lambda text: [word for word in re.split(r"[ \t\r\n]+", text) if word])
method(STRING, "toLowerCase", STRING)(ascii_case(lambda text: text.replace("É", "é").lower()))
method(STRING, "toUpperCase", STRING)(ascii_case(lambda text: text.upper()))
method(STRING, "trim", STRING)(trim)
method(STRING, "length", INT)(len)
method(STRING, "startsWith", BOOL, STRING)(lambda text, what: text.startswith(what))
method(STRING, "endsWith", BOOL, STRING)(lambda text, what: text.endswith(what))
method(STRING, "contains", BOOL, STRING)(lambda text, what: what in text)
method(STRING, "indexOf", INT, STRING)(lambda text, what: text.find(what))
method(STRING, "substring", STRING, INT)(substring)
method(STRING, "substring", STRING, INT, INT)(substring)
method(STRING, "replace", STRING, STRING, STRING)(replace)
method(STRING, "toInt", INT)(to_int)
method(STRING, "toDouble", DOUBLE)(to_double)
method(STRING, "toString", STRING)(lambda text: text)
method(STRING, "hash", INT)(text_hash)
method(BYTES, "hash", INT)(text_hash)
method(BYTES, "size", INT)(len)
method(BYTES, "toString", STRING)(from_utf8)
method(STRING, "json", JSON)(parse_json)
method(STRING, "csv", list_of(STRING))(lambda text: csv(text))  # pylint: disable=unnecessary-lambda
method(STRING, "csv", list_of(STRING), literal_of(";", " ", "\t"))(csv)

PATTERNS = ("[0-9]+", "([a-z])", "([a-z]+)=([a-z0-9]+)", "a|b", "^([^ ]*) ", "(-?[0-9]+)$", "(.)", "[^a-z ]")


@generic(lambda of: of in (BOOL, list_of(STRING)))
def draw_regex(language, of, depth):
    pattern = language.pick(PATTERNS)
    compiled = re.compile(pattern.replace("$", r"\Z"))
    text = json.dumps(pattern)
    arg = Fixed(f"regex({text})" if language.chance(0.7) else text, None)
    this = language.expr(STRING, depth)
    if of == BOOL:
        return language.call("matches", of, this, [arg], lambda value, _: bool(compiled.fullmatch(value)), STRING)
    if "(" in pattern and language.chance(0.6):
        def extract(value, _):
            match = compiled.search(value)
            return list(match.groups()) if match else []
        return language.call("extract", of, this, [arg], extract, STRING)
    arg.text = f"regex({text})"

    def cut(value, _):
        parts, at = [], 0
        for match in compiled.finditer(value):
            parts.append(value[at:match.start()])
            at = match.end()
        return parts + [value[at:]]
    return language.call("split", of, this, [arg], cut, "regex")


# ---- numbers and Bool

def double_to_int(value):
    if math.isnan(value) or math.isinf(value):
        raise Bad("no Int")
    return whole(math.trunc(value))


def double_round(value):
    if math.isnan(value) or math.isinf(value):
        raise Bad("no Int")
    down = math.floor(value)
    return whole(down + 1 if value - down >= 0.5 else down)


method(INT, "abs", INT)(lambda value: whole(abs(value)))
method(INT, "toDouble", DOUBLE)(float)
method(INT, "toInt", INT)(lambda value: value)
method(INT, "round", INT)(lambda value: value)
method(INT, "toString", STRING)(str)
method(INT, "min", INT, INT)(min)
method(INT, "max", INT, INT)(max)
method(DOUBLE, "abs", DOUBLE)(abs)
method(DOUBLE, "toDouble", DOUBLE)(lambda value: value)
method(DOUBLE, "toInt", INT)(double_to_int)
method(DOUBLE, "round", INT)(double_round)
method(DOUBLE, "toString", STRING)(repr)
method(DOUBLE, "min", DOUBLE, DOUBLE)(least)
method(DOUBLE, "max", DOUBLE, DOUBLE)(greatest)
method(DOUBLE, "min", DOUBLE, INT)(lambda a, b: least(a, float(b)))
method(INT, "max", DOUBLE, DOUBLE)(lambda a, b: greatest(float(a), b))
method(BOOL, "toString", STRING)(lambda value: "true" if value else "false")
method(TIME, "millis", INT)(lambda ms: ms)
method(TIME, "toString", STRING)(shown_time)
method(TIME, "format", STRING, literal_of("yyyy-MM-dd HH:mm:ss.SSS"))(
    lambda ms, _: f"{shown_time(ms)[:19].replace('T', ' ')}.{ms % 1000:03}")
method(TIME, "format", STRING, literal_of("HH:mm"))(lambda ms, _: shown_time(ms)[11:16])


@generic(lambda of: of == INT)
def draw_time_difference(language, of, depth):
    left, right = language.expr(TIME, depth), language.expr(TIME, depth)
    return language.binary("-", of, left, right, lambda a, b: whole(a - b))


# ---- List

ELEMENTS = (INT, INT, STRING, STRING, BOOL, DOUBLE, tuple_of(STRING, INT))


@generic(lambda of: kind(of) == "List")
def draw_list_function(language, of, depth):
    """map, filter, flatMap: what comes of each element."""
    name = language.pick(("map", "map", "filter", "flatMap"))
    param = of[1] if name == "filter" else language.pick(ELEMENTS)
    wanted = {"map": of[1], "filter": BOOL, "flatMap": of}[name]
    this = language.expr(list_of(param), depth)
    drawn = language.function(param, lambda: language.expr(wanted, min(depth, 2)), depth)
    if not drawn:
        return None
    text, _, func = drawn
    language.used[f"List.{name}"] += 1
    run = this.run
    if name == "map":
        def compute(env):
            return [func(env, item) for item in run(env)]
    elif name == "filter":
        def compute(env):
            return [item for item in run(env) if func(env, item)]
    else:
        def compute(env):
            out = []
            for item in run(env):
                out.extend(func(env, item))
                sized(out)
            return out
    return type(this)(of, f"{this.at(8)}.{name}({text})", compute)


@generic(lambda of: of in (INT, DOUBLE))
def draw_list_number(language, of, depth):
    this = language.expr(list_of(of), depth)

    def total(items):
        result = 0 if of == INT else 0.0
        for item in items:
            result = whole(result + item) if of == INT else result + item
        return result
    return language.call("sum", of, this, [], total, "List")


@generic(lambda of: of == INT)
def draw_list_size(language, of, depth):
    return language.call("size", of, language.expr(list_of(language.pick(ELEMENTS)), depth), [], len, "List")


def extreme(pick):
    def run(items):
        if not items:
            raise Bad("no element")
        return reduce(pick, items)
    return run


def at_index(items, index):
    if not 0 <= index < len(items):
        raise Bad("out of range")
    return items[index]


def head(items):
    return at_index(items, 0)


def last(items):
    return at_index(items, len(items) - 1)


@generic(lambda of: kind(of) not in ("List", "Option", "Map", JSON))
def draw_element(language, of, depth):
    this = language.expr(list_of(of), depth)
    names = ["head", "last", "()", "min", "max"] if is_ordered(of) else ["head", "last", "()"]
    name = language.pick(names)
    func = {"head": head, "last": last, "()": at_index, "min": extreme(least), "max": extreme(greatest)}[name]
    args = [language.expr(INT, min(depth, 1))] if name == "()" else []
    return language.call(name, of, this, args, func, "List")


@generic(lambda of: kind(of) == "List")
def draw_list_of_list(language, of, depth):
    def firsts(items):
        seen = {}
        for item in items:
            seen.setdefault(freeze(item), item)
        return list(seen.values())
    ordered = is_ordered(of[1]) and language.chance(0.5)
    this = language.expr(of, depth)
    if ordered:
        return language.call("sorted", of, this, [], lambda items: sorted(items, key=rank), "List")
    return language.call("distinct", of, this, [], firsts, "List")


@generic(lambda of: of == BOOL)
def draw_contains(language, of, depth):
    item = language.pick(ELEMENTS)
    return language.call("contains", of, language.expr(list_of(item), depth), [language.expr(item, depth)],
                         lambda items, one: rank(one) in map(rank, items), "List")


@generic(lambda of: of == STRING)
def draw_mk_string(language, of, depth):
    item = language.pick((INT, STRING, STRING, BOOL, DOUBLE))
    shown = {INT: str, STRING: str, BOOL: lambda value: "true" if value else "false", DOUBLE: repr}[item]
    return language.call("mkString", of, language.expr(list_of(item), depth), [language.expr(STRING, min(depth, 1))],
                         lambda items, separator: sized(separator.join(map(shown, items))), "List")


# ---- Option and Map

@generic(lambda of: of == BOOL)
def draw_is_defined(language, of, depth):
    this = language.expr(option(language.pick((STRING, INT, tuple_of(INT, STRING)))), depth)
    if language.chance(0.5):
        return language.call("isDefined", of, this, [], lambda value: value is not None, "Option")
    return language.call("isEmpty", of, this, [], lambda value: value is None, "Option")


@generic(lambda of: kind(of) == "Option" and kind(of[1]) != "Option")
def draw_option_map(language, of, depth):
    param = language.pick((STRING, INT, DOUBLE, tuple_of(INT, STRING)))
    this = language.expr(option(param), depth)
    drawn = language.function(param, lambda: language.expr(of[1], min(depth, 2)), depth)
    if not drawn:
        return None
    text, _, func = drawn
    language.used["Option.map"] += 1
    run = this.run

    def compute(env):
        value = run(env)
        return None if value is None else Some(func(env, value.value))
    return type(this)(of, f"{this.at(8)}.map({text})", compute)


def lookup(table, name):
    return Some(table[name]) if name in table else None


HEADERS = ("Map", STRING)
method(HEADERS, "()", option(STRING), STRING)(lookup)
method(HEADERS, "()", option(STRING), literal_of("id", "é", "none"))(lookup)
method(HEADERS, "keys", list_of(STRING))(list)
method(HEADERS, "size", INT)(len)


# ---- Json

def json_as(*kinds):
    def run(value):
        if type(value) not in kinds:
            return None
        if float in kinds:
            return Some(float(value))
        return Some(value)
    return run


def as_int(value):
    if type(value) is float and math.isfinite(value) and value == math.floor(value):
        value = int(value)
    return Some(value) if type(value) is int and INT_MIN <= value <= INT_MAX else None


AS = {INT: ("asInt", as_int), STRING: ("asString", json_as(str)), DOUBLE: ("asDouble", json_as(int, float)),
      BOOL: ("asBool", json_as(bool)), list_of(JSON): ("asList", json_as(list))}


@generic(lambda of: kind(of) == "Option" and of[1] in AS)
def draw_json_as(language, of, depth):
    name, func = AS[of[1]]
    has = language.pick((JSON, option(JSON)))
    this = language.expr(has, depth)
    if has == JSON:
        return language.call(name, of, this, [], func, JSON)
    return language.call(name, of, this, [], lambda value: None if value is None else func(value.value), JSON)


def json_text(value):
    """The text that a document was read from: ours are written without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


method(JSON, "toString", STRING)(json_text)
method(option(JSON), "toString", option(STRING))(lambda value: Some(json_text(value.value)) if value else None)


def member(value, name):
    if isinstance(value, dict) and isinstance(name, str):
        return Some(value[name]) if name in value else None
    if isinstance(value, list) and isinstance(name, int):
        return Some(value[name]) if 0 <= name < len(value) else None
    return None


@generic(lambda of: of == option(JSON))
def draw_json_path(language, of, depth):
    has = language.pick((JSON, option(JSON)))
    this = language.expr(has, depth)
    run = this.run if has == option(JSON) else lambda env: Some(this.run(env))
    roll = language.random.random()
    name = language.pick(("user", "name", "n", "items", "level"))
    if roll < 0.6:
        text, key = f"{this.at(8)}.{name}", lambda env: name
    elif roll < 0.8:
        text, key = f"{this.at(8)}({json.dumps(name)})", lambda env: name
    else:
        index = language.expr(language.pick((INT, STRING)), min(depth, 1))
        text, key = f"{this.at(8)}({index.text})", index.run
    language.used["Json.field" if roll < 0.6 else "Json.()"] += 1

    def compute(env):
        value, wanted = run(env), key(env)
        return None if value is None else member(value.value, wanted)
    return type(this)(of, text, compute)

