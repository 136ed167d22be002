#!/usr/bin/env python3
"""errors_test.py BUILD: what `tidemark check` says of each file of tests/golden/errors, to the letter, in all three forms.
CODE-n.yaml is checked as job.yaml, CODE-n.txt is what people see. In tests/golden/data the same of records, CODE-n.in, by `try`; where there are none, by the job's own `tests:`. `errors_test.py BUILD --write` writes the texts anew."""

import glob
import json
import os
import re
import subprocess
import sys

from harness import Stage, daemon, expect, run_tests

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
CPU_SECONDS = 5 if BUILD == "build" else 20  # slower under a sanitizer
GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden", "errors")
DATA = os.path.join(os.path.dirname(GOLDEN), "data")
HEAD = re.compile(r"^(?:job\.yaml):(?:(\d+):(\d+):)? (error|warning)\[([EW]\d+)\]: (.*)$")
UNSET = ("KAFKA", "STORE", "CREDENTIALS_DIRECTORY")


def check(stage, names, *args):
    """(status, standard output) of a check in the stage's folder, with nothing of this machine's settings."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMARK_") and name not in UNSET}
    done = subprocess.run([daemon(BUILD), "check", *args, *names], cwd=stage.folder, env={**env, "TIDEMARK_CONF": stage.conf},
                          capture_output=True, timeout=120, check=False)
    expect(not done.stderr, done.stderr.decode())
    return done.returncode, done.stdout.decode()


def check_all(stage, *args):
    """What is said of each case, by its name, as if the file were called job.yaml."""
    names = []
    for name, content in cases():
        stage.put(content, name + ".yaml")
        names.append(name)
    said = check(stage, [name + ".yaml" for name in names], *args)[1]
    if args and args[-1] == "json":
        return dict(zip(names, json.loads(said)["files"]))
    parts = re.split(r"^(?=([EW]\d+-\d+)\.yaml:)", said, flags=re.MULTILINE)
    texts = dict.fromkeys(names, "")
    for name, text in zip(parts[1::2], parts[2::2]):
        texts[name] += text.replace(name + ".yaml:", "job.yaml:", 1)
    return texts


def cases():
    """(name, bytes of the file), in the order of codes."""
    paths = glob.glob(os.path.join(GOLDEN, "*.yaml"))
    for path in sorted(paths, key=lambda path: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path)]):
        with open(path, "rb") as file:
            yield os.path.basename(path)[:-5], file.read()


def golden(name):
    with open(os.path.join(GOLDEN, name + ".txt"), encoding="utf-8") as file:
        return file.read()


class Checks(Stage):
    """A stage with settings that say nothing, and one job file."""

    def __init__(self):
        super().__init__("errors")
        self.conf = self.write("tidemark.yaml", "")

    def put(self, content, name="job.yaml"):
        with open(self.path(name), "wb") as file:
            file.write(content)


def without_quotes(text):
    """The GNU form: heads and help lines."""
    return "".join(line for line in text.splitlines(True) if HEAD.match(line) or line.startswith("  help: "))


def findings(text):
    """What the JSON form must say: (line, column, severity, code, message, help) of each."""
    found = []
    for line in text.splitlines():
        head = HEAD.match(line)
        if head:
            at, column, severity, code, message = head.groups()
            found.append([at and int(at), column and int(column), severity, code, message, None])
        elif line.startswith("  help: "):
            found[-1][5] = line[8:]
    return found


def every_error_comes_to_the_letter():
    with Checks() as stage:
        human, gnu, answers = check_all(stage), check_all(stage, "--format", "gnu"), check_all(stage, "--format", "json")
        for name, text in human.items():
            code, wanted = name.split("-")[0], golden(name)
            expect(text == wanted, f"{name}: wanted\n{wanted}\ngot\n{text}")
            expect(f"[{code}]" in text, f"{name} is about another error:\n{text}")
            expect(gnu[name] == without_quotes(text), f"{name}: gnu: {gnu[name]}")
            said = [[f[key] for key in ("line", "column", "severity", "code", "message", "help")] for f in answers[name]["findings"]]
            expect(said == findings(text), f"{name}: json: {said}")
        expect(len(human) > 150, f"only {len(human)} files")


def cpu_seconds():
    """Of a core, by the children that have ended: whatever else the machine does."""
    used = os.times()
    return used.children_user + used.children_system


def told_of_data(path):
    """What `try` says of the records beside a job, or `test` where there are none."""
    lines = path[:-5] + ".in"
    tried = os.path.exists(lines)
    with open(lines if tried else os.devnull, "rb") as records:
        done = subprocess.run([daemon(BUILD), "try" if tried else "test", path], stdin=records, env={**os.environ, "LC_ALL": "C"},
                              capture_output=True, timeout=120, check=False)
    return (done.stderr if tried else done.stdout.replace(os.path.dirname(path).encode() + b"/", b"")).decode()


def every_error_of_a_record_comes_to_the_letter():
    paths = sorted(glob.glob(os.path.join(DATA, "*.yaml")))
    codes = {os.path.basename(path)[:4] for path in paths}
    expect(codes == {f"E{code}" for code in range(401, 410)}, sorted(codes))  # what could raise E410 is not there yet
    for path in paths:
        with open(path[:-5] + ".txt", encoding="utf-8") as file:
            wanted = file.read()
        begun = cpu_seconds()
        text = told_of_data(path)
        expect(text == wanted, f"{path}: wanted\n{wanted}\ngot\n{text}")
        expect(f"error[{os.path.basename(path)[:4]}]" in text, f"{path} is about another error:\n{text}")
        expect(cpu_seconds() - begun < CPU_SECONDS, f"{path}: takes {cpu_seconds() - begun:.1f} s of a core")


def the_long_texts_show_what_is_printed():
    """`tidemark error CODE` has an example of every error of a file, which is the first one here."""
    with Stage("error") as stage:
        def ask(*args):
            return subprocess.run([daemon(BUILD), "error", *args], cwd=stage.folder, capture_output=True, text=True, timeout=120, check=False)
        rows = {row["code"]: row for row in json.loads(ask("-o", "json").stdout)["errors"]}
        firsts = {name.split("-")[0]: golden(name) for name, _ in cases() if name.endswith("-1")}
        for code, row in rows.items():
            expect(all(row[key] for key in ("title", "means", "example", "mend")), f"{code} lacks a text")
            if code[1] in "12" and code not in ("E236", "E240", "E241", "W101"):  # long; of a running job; none yet
                expect(row["example"] + "\n" == firsts.get(code), f"{code}: {row['example']}")
        for code in (f"E{number}" for number in (401, 402, 403, 404, 405, 406, 408)):
            with open(os.path.join(DATA, code + "-1.txt"), encoding="utf-8") as file:
                expect(file.readline() == rows[code]["example"] + "\n", f"{code}: {rows[code]['example']}")
        expect(set(firsts) <= set(rows) and len(rows) > 60, f"without a long text: {set(firsts) - set(rows)}")
        one, unknown = ask("e212"), ask("E999")
        expect(one.returncode == 0 and one.stdout.startswith("E212: "), one.stdout)
        expect(unknown.returncode == 64 and "'E999'" in unknown.stderr and "E101 " in unknown.stdout, unknown.stderr)


def huge_and_deep_files_are_refused_in_little_time():
    kafka = b'sources:\n  - kafka: {bootstrap.servers: "b:9092", group.id: g, topics: [lines]}\noutputs: [print]\ntransformations:\n'
    hostile = {
        "E236 parentheses": kafka + b"  - map: " + b"(" * 1000 + b"1" + b")" * 1000 + b"\n",
        "E236 lists": kafka + b'  - map: "' + b"[" * 1000 + b"1" + b"]" * 1000 + b'"\n',
        "E236 minus": kafka + b'  - map: "' + b"-" * 1000 + b'1"\n',
        "E236 methods": kafka + b"  - map: _.value" + b".trim" * 100000 + b"\n",
        "E236 sum": kafka + b"  - map: 1" + b" + 1" * 200000 + b"\n",
        "E236 text": kafka + b'  - map: "' + b"a" * 1000000 + b'"\n',
        "E104 bytes": kafka + b"  - map: _\n#" + b"a" * (1 << 20) + b"\n",
        "E104 nodes": kafka + b"  - map: _\nconf: [" + b"1," * 100001 + b"1]\n",
        "E104 depth": kafka + b"  - map: _\nconf: " + b"[" * 100000 + b"\n",
        "E208 items": kafka + b"  - count\n" * 2000,
        "E235 regex": kafka + b'  - filter: _.value.matches(regex("' + b"(" * 5000 + b')"))\n',
    }
    with Checks() as stage:
        for name, content in hostile.items():
            stage.put(content)
            begun = cpu_seconds()
            status, text = check(stage, ["job.yaml"], "--format", "gnu")
            took = cpu_seconds() - begun
            expect(status == 1 and f"error[{name.split()[0]}]" in text, f"{name}: {status} {text[:2000]}")
            expect(took < CPU_SECONDS and len(text) < 20000, f"{name}: {took:.1f} s, {len(text)} bytes")


def write():
    with Checks() as stage:
        for name, text in check_all(stage).items():
            with open(os.path.join(GOLDEN, name + ".txt"), "w", encoding="utf-8") as file:
                file.write(text)
    for path in glob.glob(os.path.join(DATA, "*.yaml")):
        with open(path[:-5] + ".txt", "w", encoding="utf-8") as file:
            file.write(told_of_data(path))


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    else:
        run_tests("errors", [every_error_comes_to_the_letter, every_error_of_a_record_comes_to_the_letter, the_long_texts_show_what_is_printed,
                             huge_and_deep_files_are_refused_in_little_time], 400)
