"""What becomes of records that are any bytes at all: lines of `try` that are not always UTF-8."""
import json
import os
import re
import subprocess

from values import Unspecified
from xxh3 import xxh3

JOB = """onError: {{failAbove: 100%}}
sources: [kafka: {{bootstrap.servers: "b:1", group.id: g, topics: [t]{}}}]
transformations:
  - map: '{}'
outputs:
  - print: {{num: 1000000}}
"""
PIECES = (b"a", b"1", b"\xc3\xa9", b"\xe6\x97\xa5", b"\xf0\x9f\x98\x80", b"\xff", b"\x80", b"\xc3", b"\xe6\x97", b"\xc0\x80", b"\xed\xa0\x80",
          b"\xf4\x90\x80\x80", b"\x00", b"\r", b" ", b'"', b"\xef\xbb\xbf", b"\x7f", b"\xc2\x85")


def line(random):
    out = b"".join(random.choice(PIECES[:5] if random.random() < 0.8 else PIECES) for _ in range(random.randrange(30)))
    return b'"' + out.replace(b'"', b"") + b'"' if random.random() < 0.3 else out


def text(raw):
    return raw.decode("utf-8")


def document(raw):
    value = json.loads(text(raw))
    if text(raw).strip(" \t\n\r") != text(raw).strip():
        raise ValueError
    return value


def hashed(raw):
    try:
        return (raw, len(raw), xxh3(raw) & (1 << 63) - 1)
    except Unspecified:
        return (raw, len(raw), -1)


FORMS = (  # (keys of the source, expression, what a line becomes; ValueError: an error record)
    ("", "_.value", text),
    ("", "(_.value, _.value.length)", lambda raw: (text(raw), len(text(raw)))),
    ("", "1", lambda raw: 1),  # nobody looks
    (", value.format: bytes", "(_.value, _.value.size, if (_.value.size > 128) -1 else _.value.hash)", hashed),
    (", value.format: bytes", "_.value.toString", text),
    (", value.format: json", "(1, _.value)", lambda raw: (1, document(raw))),
    ("", "(1, _.value.json)", lambda raw: (1, document(raw))),
)


def mistakes(tidemark, directory, random, n):
    """What differs, as texts; n lines go through each form."""
    path = os.path.join(directory, "raw.yaml")
    for keys, expression, value in FORMS:
        lines, wanted, bad = [line(random) for _ in range(n)], [], 0
        for raw in lines:
            try:
                wanted.append(str(value(raw)))
            except ValueError:
                bad += 1
        with open(path, "w", encoding="utf-8") as file:
            file.write(JOB.format(keys, expression))
        done = subprocess.run([tidemark, "try", "--batch", str(n), path], input=b"".join(raw + b"\n" for raw in lines),
                              capture_output=True, timeout=60, check=False)
        shown = done.stdout.decode("utf-8", "surrogateescape").split("\n", 3)[-1]
        counted = re.search(rf"(\d+) error records? in {n} lines", done.stderr.decode("utf-8", "replace"))
        if done.returncode or shown != "".join(one + "\n" for one in wanted) + "\n" or int(counted[1] if counted else 0) != bad:
            yield f"{keys} {expression}: {bad} error records and {len(wanted)} rows were expected\n" \
                  f"{done.stderr.decode('utf-8', 'replace')[-2000:]}\n{describe(wanted, shown)}"


def describe(wanted, shown):
    for one in wanted:
        if not shown.startswith(one + "\n"):
            return f"  expected {one!r}\n  actual   {shown[:len(one) + 40]!r}\n"
        shown = shown[len(one) + 1:]
    return f"  and {shown[:200]!r} behind them\n"
