"""What `print` shows of random values, against Python's own str() and repr()."""
import json
import os
import struct
import subprocess
import unicodedata

JOB = """sources: [kafka: {{bootstrap.servers: "b:1", group.id: g, topics: [t]}}]
transformations:
  - map: '{}'
outputs:
  - print: {{num: 1000000}}
"""
UNICODE = 0x110000 if unicodedata.unidata_version == "14.0.0" else 0x250  # what is printable hangs on the version


def text(random, most=8):
    """A text of any code points, often of those that are escaped."""
    out = ""
    for _ in range(random.randrange(most)):
        roll = random.random()
        code = random.choice((0x27, 0x22, 0x5C, 0x09, 0x0D, 0x7F, 0x00, 0xA0, 0xAD, 0x61)) if roll < 0.3 else \
            random.randrange(0x20, 0x250) if roll < 0.6 else random.randrange(0x250, UNICODE) if UNICODE > 0x250 else 0x62
        if code != 0x0A and not 0xD800 <= code < 0xE000:
            out += chr(code)
    return out


def double(random):
    """A finite Double of any bits, or a short one."""
    if random.random() < 0.3:
        return random.randrange(-10 ** 6, 10 ** 6) / 10 ** random.randrange(8) * 10.0 ** random.randrange(-20, 20)
    while True:
        value = struct.unpack("<d", random.randbytes(8))[0]
        if value - value == 0:
            return value


def document(random, depth=3):
    """A value that json.loads() could have made."""
    roll = random.random()
    if not depth or roll < 0.5:
        return random.choice((None, True, False, random.randrange(-100, 100), random.randrange(-2 ** 63, 2 ** 63), double(random),
                              text(random), 10 ** 30))
    if roll < 0.75:
        return [document(random, depth - 1) for _ in range(random.randrange(4))]
    return {text(random): document(random, depth - 1) for _ in range(random.randrange(4))}


def words(line):
    return (line, line.split(","), len(line), line == "a", None, [[line]], 1.5)


def record(line):
    return {"text": line, "none": None, "pair": (line, line), "list": [1, 2] if "a" in line else []}


FORMS = (  # (expression, how a line is drawn, what the line becomes)
    ("_.value", text, lambda line: line),
    ('(_.value, _.value.split(","), _.value.length, _.value == "a", _.key, [[_.value]], 1.5)', text, words),
    ('{text: _.value, none: _.key, pair: (_.value, _.value), list: if (_.value.contains("a")) [1, 2] else []}', text, record),
    ("_.value.toDouble", lambda random: repr(double(random)), float),
    ("[_.value.toDouble, 2.0]", lambda random: repr(double(random)), lambda line: [float(line), 2.0]),
    ("_.value.toInt", lambda random: str(random.randrange(-2 ** 63, 2 ** 63)), int),
    ("_.value.json", lambda random: json.dumps(document(random), ensure_ascii=random.random() < 0.5), json.loads),
    ("(1, _.value.json)", lambda random: json.dumps(document(random), ensure_ascii=random.random() < 0.5),
     lambda line: (1, json.loads(line))),
)


def mistakes(tidemark, directory, random, n):
    """What differs, as texts; n lines of each form are printed."""
    path = os.path.join(directory, "print.yaml")
    for expression, draw, value in FORMS:
        lines = [draw(random) for _ in range(n)]
        with open(path, "w", encoding="utf-8") as file:
            file.write(JOB.format(expression.replace("'", "''")))
        done = subprocess.run([tidemark, "try", "--quiet", "--batch", str(n), path], input="".join(line + "\n" for line in lines).encode(),
                              capture_output=True, timeout=60, check=False)
        wanted = "".join(str(value(line)) + "\n" for line in lines) + "\n"
        printed = done.stdout.decode("utf-8", "replace").split("\n", 3)
        if done.returncode or done.stderr or len(printed) < 4 or printed[3] != wanted:
            yield describe(expression, lines, value, printed[-1]) + done.stderr.decode("utf-8", "replace")[:2000]


def describe(expression, lines, value, shown):
    """The first line that is shown in another way."""
    for line in lines:
        wanted = str(value(line)) + "\n"
        if not shown.startswith(wanted):
            return f"{expression} of {line!r}\n  expected {wanted!r}\n  actual   {shown[:len(wanted) + 20]!r}\n"
        shown = shown[len(wanted):]
    return f"{expression}: more is shown than was asked for\n"
