#!/usr/bin/env python3
"""docs_test.py BUILD: every job file that the documentation shows is one that `tidemark check` takes; the pages that are made
from the tables are those that would be made now; and every example on them gives what it says."""

import glob
import os
import re
import subprocess
import sys

from harness import Stage, daemon, expect, run_tests

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
KAFKA = 'kafka: {name: %s, bootstrap.servers: "b:9092", group.id: g, topics: [t]%s}'
PAIRS = """map: (_.value.split(",")(0), _.value.split(",")(1))"""


def tidemark(*args):
    """(status, all it says)."""
    done = subprocess.run([daemon(BUILD), *args], capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def page(name):
    with open(os.path.join(ROOT, "docs", name + ".md"), encoding="utf-8") as file:
        return file.read()


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def blocks():
    """(file, line, text) of each ```yaml block."""
    for path in sorted(glob.glob(os.path.join(ROOT, "*.md")) + glob.glob(os.path.join(ROOT, "docs", "*.md"))):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for match in re.finditer(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            yield os.path.relpath(path, ROOT), text[:match.start()].count("\n") + 1, match[1]


def every_job_in_the_docs_is_valid():
    found = list(blocks())
    expect(len(found) >= 4, f"{len(found)} blocks")
    with Stage("docs") as stage:
        for number, (path, line, text) in enumerate(found):
            status, said = tidemark("check", stage.write(f"job{number}.yaml", text))
            expect(status == 0, f"{path}:{line}: {said}")


def the_pages_made_from_tables_are_up_to_date():
    names = tidemark("docs")[1].split()
    expect(len(names) == 5, names)
    for name in names:
        expect(tidemark("docs", name) == (0, page(name)), f"docs/{name}.md is not what `make docs` makes")


def sections(text, mark="## "):
    """(title, text) of each section."""
    for part in re.split(rf"^{mark}", text, flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        yield title, rest


def example_of(title, rest):
    """A job file made of the example of an operation; None when it has none."""
    match = re.search(r"^```\n((?:- .*\n)+)input:  (.*)\nexpect: (.*)\n```", rest, re.MULTILINE)
    if not match:
        return None
    ops, given, wanted = match.groups()
    ops = "".join(f"      {line}\n" for line in ops.splitlines())
    tests = f"outputs:\n  - print: {{from: example}}\ntests:\n  - {{name: {title}, input: {given}, expect: {wanted}, ordered: true}}\n"
    if given.startswith("{"):
        return (f"sources:\n  - {KAFKA % ('clicks', '')}\n  - {KAFKA % ('users', '')}\n"
                f"streams:\n  theirs:\n    from: users\n    transformations: [map: {quoted(PAIRS[5:])}]\n"
                f"  example:\n    from: clicks\n    transformations:\n      - {PAIRS}\n{ops.replace('users', 'theirs')}{tests}")
    return f"sources:\n  - {KAFKA % ('lines', '')}\nstreams:\n  example:\n    from: lines\n    transformations:\n{ops}{tests}"


def every_operation_does_what_its_example_says():
    files, without = [], []
    with Stage("operations") as stage:
        for title, rest in sections(page("operations")):
            job = example_of(title, rest)
            if job:
                files.append(stage.write(f"{title}.yaml", job))
            else:
                without.append(title)
        status, said = tidemark("test", *files)
        expect(status == 0, said)
    expect(len(files) >= 30 and set(without) <= {"lua"}, f"{len(files)} examples, none of {without}")


def every_function_gives_what_its_example_says():
    """All in one job: a stream and an output each."""
    row = re.compile(r"^\| `.*?` \| .* \| `(.*)` \| `(.*)` \|$", re.MULTILINE)
    streams, outputs, expected, n = [], [], [], 0
    for title, rest in sections(page("functions")):
        for expression, gives in row.findall(rest):
            source = "bytes" if title == "Bytes" else "lines"
            expression, gives = (text.replace("\\|", "|") for text in (expression, gives))
            streams.append(f"  f{n}: {{from: {source}, transformations: [map: {quoted(expression)}]}}\n")
            outputs.append(f"  - print: {{from: f{n}, label: f{n}}}\n")
            expected.append(f"      f{n}: [[{gives}]]\n")
            n += 1
    record = "{key: k, value: ab, timestamp: 1000, headers: {id: '7'}}"
    job = (f"sources:\n  - {KAFKA % ('lines', '')}\n  - {KAFKA % ('bytes', ', value.format: bytes')}\nstreams:\n{''.join(streams)}"
           f"outputs:\n{''.join(outputs)}tests:\n  - name: examples\n    input: {{lines: [[{record}]], bytes: [[{record}]]}}\n"
           f"    expect:\n{''.join(expected)}")
    with Stage("functions") as stage:
        status, said = tidemark("test", stage.write("functions.yaml", job))
        expect(status == 0 and n > 65, f"{n} examples\n{said}")


def keys_of(rest):
    """(name, what it takes, default, example) of each row of a table of keys."""
    row = re.compile(r"^\| `([^`]+)` \| (.*?) \| (?:`(.*?)`|(required)|) \| .*? \|(?: `(.*)` \||)$", re.MULTILINE)
    for name, takes, default, required, example in row.findall(rest):
        yield name, takes, default or required, example.replace("\\|", "|")


def every_key_has_an_example_that_is_valid():
    """One key at a time beside those that are required, of sources and outputs; and all keys of a job with their values."""
    text, files = page("job-file"), []
    for part, title, rest in ((part, title, rest) for part, whole in sections(text) if part in ("Sources", "Outputs")
                              for title, rest in sections(whole, "### ")):
        keys = {name: (takes, default, example) for name, takes, default, example in keys_of(rest)}
        top = {name: row for name, row in keys.items() if name.split(".")[0] not in keys or name == name.split(".")[0]}
        needed = {name: example for name, (_, default, example) in top.items() if default == "required"}
        for name, (takes, default, example) in top.items():
            expect(example or default or takes == "mapping", f"{title}: {name} has no example")
            value = example or default
            if takes == "mapping" and not example or name in ("schemaRegistry",):
                continue
            pairs = dict(needed, **{name: value})
            if name == "zkQuorum":
                pairs.pop("bootstrap.servers")
            if (title, name) == ("postgres", "key"):
                pairs["mode"] = "upsert"
            item = f"{title}: {{{', '.join(f'{key}: {value}' for key, value in pairs.items())}}}"
            files.append((f"{title}-{name}", part, item))
    with Stage("keys") as stage:
        for number, (name, part, item) in enumerate(files):
            source, output = (item, "print") if part == "Sources" else (KAFKA % ("lines", ""), item)
            job = f"checkpoint: file:///c\nsources:\n  - {source}\ntransformations: [map: '(\"a\", 1)']\noutputs:\n  - {output}\n"
            stage.write(f"{name.replace('.', '_')}-{number}.yaml", job)
        status, said = tidemark("check", "--format", "gnu", stage.folder)
        expect(status == 0, said)
    expect(len(files) > 60, f"only {len(files)} keys")


if __name__ == "__main__":
    run_tests("docs", [every_job_in_the_docs_is_valid, the_pages_made_from_tables_are_up_to_date, every_operation_does_what_its_example_says,
                       every_function_gives_what_its_example_says, every_key_has_an_example_that_is_valid], 400)
