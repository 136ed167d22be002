"""Steps of a random job that leave the language: programs and Lua."""
import streams as ops
from values import BOOL, BYTES, DOUBLE, INT, JSON, STRING, TIME, Bad, Some, Unspecified, kind, list_of, members, option, parts, quoted, \
    record_of, sized, text_of, tuple_of


def plain(of, value):
    """A value as Python's own, of which str() is what `print` shows."""
    if of == TIME:
        raise Unspecified("the zone of a time")
    if kind(of) == "Option":
        return None if value is None else plain(of[1], value.value)
    if kind(of) == "List":
        return [plain(of[1], item) for item in value]
    if kind(of) == "Tuple":
        return tuple(plain(member, item) for member, item in zip(of[1], value))
    if kind(of) == "Record":
        return {name: plain(member, item) for (name, member), item in zip(of[1], value)}
    return {name: plain(of[1], item) for name, item in value.items()} if kind(of) == "Map" else value


LOWER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
PROGRAMS = (  # each reads all of its lines
    (["cat"], lambda lines: lines),
    (["tr", "a-z", "A-Z"], lambda lines: [line.translate(LOWER) for line in lines]),
    (["sed", "s/a/xyz/g"], lambda lines: [line.replace("a", "xyz") for line in lines]),
    (["sed", "1d"], lambda lines: lines[1:]),
    (["tac"], lambda lines: lines[::-1]),
    (["wc", "-l"], lambda lines: [str(len(lines))]),
)


def wrapped(value):
    """A whole number as Lua counts: 64 bits, round and round."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def divided(value):
    if value == 0:
        raise Bad("n//0")
    return 10 // value


def refused(value):
    if value == "a":
        raise Bad("no a")
    return value


NUMBERED = record_of(("n", INT), ("s", STRING))
CHUNKS = (  # (takes, gives, body, what comes of a value: a list of rows)
    (STRING, STRING, "x:upper()", lambda x: x.translate(LOWER)),
    (STRING, INT, "#x", lambda x: len(x.encode())),
    (STRING, tuple_of(STRING, INT), "{x, #x}", lambda x: (x, len(x.encode()))),
    (STRING, option(STRING), "x ~= \"a\" and x or nil", lambda x: None if x == "a" else Some(x)),
    (STRING, STRING, "x == \"a\" and error(\"no a\") or x", refused),
    (INT, INT, "x * 3", lambda x: wrapped(x * 3)),
    (INT, INT, "10 // x", divided),
    (INT, STRING, "tostring(x)", str),
    (INT, BOOL, "x % 2 == 0", lambda x: x % 2 == 0),
    (DOUBLE, DOUBLE, "x / 2", lambda x: x / 2),
    (list_of(INT), INT, "#x", len),
    (list_of(STRING), STRING, "table.concat(x, \"-\")", "-".join),
    (option(STRING), BOOL, "x == nil", lambda x: x is None),
    (NUMBERED, INT, "x.n", lambda x: x[0]),
    (NUMBERED, NUMBERED, "{n = #x.s, s = x.s}", lambda x: (len(x[1].encode()), x[1])),
)


class OutsideSteps:
    """Part of the Generator."""

    def step_pipe(self, stream):
        if not stream.ordered or self.chance(0.8):  # a process a batch takes its time
            return False
        argv, func = self.pick(PROGRAMS)
        of = stream.type

        def run(rows, _):
            lines = "".join(f"{plain(of, row)}\n" for row in rows)
            if not lines.isascii() and argv[0] != "cat":
                raise Unspecified("the locale of a program")
            return sized(func(lines.split("\n")[:-1])) if rows else []
        if any(part in (TIME, JSON, BYTES) for part in parts(of)):
            return False
        self.whole(stream, "pipe", run, STRING, "pipe: [" + ", ".join(map(quoted, argv)) + "]", True)
        return True

    def step_lua(self, stream):
        of = stream.type
        chunks = [chunk for chunk in CHUNKS if chunk[0] == of]
        if kind(of) == "Tuple" and len(of[1]) == 2 and not any(kind(member) == "Option" for member in members(of)):
            chunks.append((of, tuple_of(of[1][1], of[1][0]), "{x[2], x[1]}", lambda x: (x[1], x[0])))
        if not chunks:
            return False
        _, gives, body, func = self.pick(chunks)
        code = f"return function(x) return {body} end"
        dropped = gives == STRING and self.chance(0.3)
        if dropped:  # no record comes of nil
            code = f"return function(x) local y = {body}; if #y > 1 then return y end end"
        text = quoted(code) if gives == STRING and self.chance(0.5) else f"{{code: {quoted(code)}, type: {quoted(text_of(gives))}}}"
        slide = stream.slide

        def each(row):
            out = func(row)
            return [] if dropped and len(out.encode()) <= 1 else [out]
        self.add(stream, "lua", f"lua: {text}", lambda: ops.Each(slide, each), gives)
        return True
