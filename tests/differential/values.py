"""Types and values of the reference evaluator. It is written from the manual's words and shares nothing with the daemon.

A type is a str ("Int") or a tuple: ("Option", T), ("List", T), ("Map", T), ("Tuple", (A, B…)), ("Record", ((name, T)…)).
Values are Python's own: int, float, bool, str, bytes; a Timestamp is an int of ms; an Option is None or Some; tuples and records
are tuples, a Map is a dict, a Json is what json.loads() makes of it."""
import base64
import datetime
import json
import math

INT, DOUBLE, BOOL, STRING, BYTES, TIME, JSON, NOTHING = "Int", "Double", "Bool", "String", "Bytes", "Timestamp", "Json", "Nothing"
INT_MIN, INT_MAX = -(1 << 63), (1 << 63) - 1


CLOCK = [0]  # ms: the time of the batch that is computed


class Bad(Exception):
    """What fails on a record: it becomes an error record."""


class Unspecified(Exception):
    """The manual does not say what comes here: such a job is not used."""


SIZE_MAX = 2_000  # characters of a text, elements of a list, rows of a batch: jobs that grow beyond are not used


def sized(value):
    if len(value) > SIZE_MAX:
        raise Unspecified("too much for a test")
    return value


class Some:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Some) and self.value == other.value

    def __hash__(self):
        return hash(("some", self.value))

    def __repr__(self):
        return f"Some({self.value!r})"


def option(of):
    return ("Option", of)


def list_of(of):
    return ("List", of)


def tuple_of(*members):
    return ("Tuple", members)


def record_of(*fields):
    return ("Record", fields)


def kind(of):
    return of if isinstance(of, str) else of[0]


def members(of):
    """The parts of a tuple or record."""
    return of[1] if of[0] == "Tuple" else tuple(member for _, member in of[1])


def parts(of):
    """All types that a type is made of, itself first."""
    yield of
    if not isinstance(of, str):
        for part in members(of) if of[0] in ("Tuple", "Record") else (of[1],):
            yield from parts(part)


def is_key(of):
    return not any(part in (DOUBLE, JSON) for part in parts(of))


def is_ordered(of):
    return of in (INT, DOUBLE, BOOL, STRING, TIME) or (kind(of) == "Tuple" and all(map(is_ordered, of[1])))


def is_pair(of):
    return kind(of) == "Tuple" and len(of[1]) == 2


def text_of(of):
    """A type as the manual writes it."""
    if isinstance(of, str):
        return of
    if of[0] == "Tuple":
        return "(" + ", ".join(map(text_of, of[1])) + ")"
    if of[0] == "Record":
        return "{" + ", ".join(f"{name}: {text_of(member)}" for name, member in of[1]) + "}"
    return f"Map[String, {text_of(of[1])}]" if of[0] == "Map" else f"{of[0]}[{text_of(of[1])}]"


def freeze(value):
    """A value as a key of a dict."""
    if isinstance(value, list):
        return ("list",) + tuple(map(freeze, value))
    if isinstance(value, tuple):
        return tuple(map(freeze, value))
    if isinstance(value, dict):
        return ("map",) + tuple(sorted((name, freeze(member)) for name, member in value.items()))
    if isinstance(value, Some):
        return ("some", freeze(value.value))
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def whole(value):
    """An Int, unless it overflows."""
    if INT_MIN <= value <= INT_MAX:
        return value
    raise Bad("overflow")


def rank(value):
    """What puts values of one type in order: a NaN stands last, and is one value."""
    if isinstance(value, float):
        return (True, 0.0) if math.isnan(value) else (False, value)
    if isinstance(value, (tuple, list)):
        return tuple(map(rank, value))
    if isinstance(value, dict):
        return tuple(sorted((name, rank(member)) for name, member in value.items()))
    return ("some", rank(value.value)) if isinstance(value, Some) else value


def least(a, b):
    """min of two values; of equal ones the first. Of Doubles as Scala's: never rid of a NaN, -0.0 below 0.0."""
    if isinstance(a, float):
        if a == b:
            return a if math.copysign(1, a) < 0 else b
        return a if math.isnan(a) or a < b else b
    return b if rank(b) < rank(a) else a


def greatest(a, b):
    if isinstance(a, float):
        if a == b:
            return a if math.copysign(1, a) > 0 else b
        return a if math.isnan(a) or a > b else b
    return b if rank(b) > rank(a) else a


def converter(of, to):
    """How a value of one type becomes one of another that it will do for; None: as it is."""
    if of == to or of == NOTHING:
        return None
    if to == DOUBLE and of == INT:
        return float
    if kind(to) == "Option" and kind(of) != "Option":
        inner = converter(of, to[1])
        return (lambda value: Some(inner(value))) if inner else Some
    if kind(of) in ("Option", "List"):
        inner = converter(of[1], to[1])
        if not inner:
            return None
        if kind(of) == "List":
            return lambda value: list(map(inner, value))
        return lambda value: Some(inner(value.value)) if value else None
    if kind(of) in ("Tuple", "Record"):
        each = [converter(a, b) or (lambda value: value) for a, b in zip(members(of), members(to))]
        return lambda value: tuple(one(member) for one, member in zip(each, value))
    raise AssertionError(f"{of} is no {to}")


def unify(a, b):
    """The type that both will do for; None: there is none."""
    if a == b or b == NOTHING:
        return a
    if a == NOTHING:
        return b
    if {a, b} == {INT, DOUBLE}:
        return DOUBLE
    if kind(a) == kind(b):
        if isinstance(a, str):
            return None
        if a[0] in ("Option", "List", "Map"):
            inner = unify(a[1], b[1])
            return (a[0], inner) if inner else None
        if len(a[1]) != len(b[1]) or (a[0] == "Record" and [n for n, _ in a[1]] != [n for n, _ in b[1]]):
            return None
        inner = [unify(x, y) for x, y in zip(members(a), members(b))]
        if not all(inner):
            return None
        return ("Tuple", tuple(inner)) if a[0] == "Tuple" else ("Record", tuple((n, i) for (n, _), i in zip(a[1], inner)))
    if kind(a) == "Option" or kind(b) == "Option":
        inner = unify(a[1] if kind(a) == "Option" else a, b[1] if kind(b) == "Option" else b)
        return option(inner) if inner else None
    return None


# ---- as a test file writes them

def quoted(text):
    """A text as YAML's double quotes want it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7F")


def shown_double(value):
    if math.isnan(value) or math.isinf(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return repr(value)


def shown_time(ms):
    try:
        time = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)
    except OverflowError:
        raise Unspecified("a year behind 9999") from None
    return time.isoformat(timespec="milliseconds" if ms % 1000 else "seconds") + "Z"


def expected(of, value):
    """A value as `expect` has it."""
    if kind(of) == "Option":
        return "null" if value is None else expected(of[1], value.value)
    if of == DOUBLE:
        return shown_double(value)
    if of == BOOL:
        return "true" if value else "false"
    if of == INT:
        return str(value)
    if of == TIME:
        return quoted(shown_time(value))
    if of == STRING:
        return quoted(value)
    if of == BYTES:
        return quoted(base64.b64encode(value).decode())
    if of == JSON:
        return json.dumps(value, ensure_ascii=False)
    if of[0] == "List":
        return "[" + ", ".join(expected(of[1], item) for item in value) + "]"
    if of[0] == "Tuple":
        return "[" + ", ".join(expected(member, item) for member, item in zip(of[1], value)) + "]"
    if of[0] == "Map":
        return "{" + ", ".join(f"{quoted(name)}: {expected(of[1], item)}" for name, item in value.items()) + "}"
    return "{" + ", ".join(f"{name}: {expected(member, item)}" for (name, member), item in zip(of[1], value)) + "}"
