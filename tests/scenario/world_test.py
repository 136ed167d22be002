#!/usr/bin/env python3
"""world_test.py BUILD: errors of the world that need no server, as the log has them: a store that is away, a broker that is away, a
checkpoint of another job, a damaged log. `tidemark error CODE` shows the same lines."""

import glob
import json
import os
import re
import subprocess
import sys

from harness import Stage, daemon, expect, run_tests, until

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
JOB = """batchInterval: 1s
checkpoint: %s
sources:
  - kafka: {bootstrap.servers: "127.0.0.1:1", group.id: g, topics: [lines]}
transformations: [count]
outputs: [print]
"""


def said_in_manual(code):
    """The line that `tidemark error` has as its example."""
    done = subprocess.run([daemon(BUILD), "error", "-o", "json", code], capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)["errors"][0]["example"]


def normal(line):
    """A log line without what differs from run to run, and with the names of a real place."""
    line = re.sub(r"^ts=\S+ ", "", line.strip())
    line = re.sub(r"\be[0-9]+\.[0-9a-f]{16}\b", "e7.5d1c04f3a8b92e60", line)
    line = line.replace("127.0.0.1:1/bootstrap", "broker1:9092/bootstrap").replace("ipv4#127.0.0.1:1", "ipv4#10.0.0.7:9092")
    line = line.replace("127.0.0.1:1", "nn1:9870").replace("127.0.0.1 port 1 ", "nn1 port 9870 ")
    line = re.sub(r"(nn1 port 9870| refused) ?[(]?after .*\"$", r'\1"', line)  # in curl's and librdkafka's words
    return re.sub(r"\bjob=\w+", "job=orders", line)


def line_with(process, code):
    with open(process.log, encoding="utf-8") as file:
        found = [line for line in file if f"code={code}" in line]
    return found[0] if found else None


def told(stage, jobs, codes):
    """Runs the jobs until each code has been told; the code's first line each."""
    for path in glob.glob(stage.path("jobs", "*")):
        os.remove(path)
    for name, checkpoint in jobs.items():
        stage.write(f"jobs/{name}.yaml", JOB % checkpoint)
    process = stage.spawn("daemon" + "".join(codes), [daemon(BUILD), "run", "--jobs", stage.path("jobs", "x")[:-2], "--state", stage.path("state", "x")[:-2]])
    lines = {code: until(f"{code} in the log", lambda code=code: line_with(process, code), 60, process) for code in codes}
    expect(process.stop() == 0, process.tail())
    return {code: normal(line) for code, line in lines.items()}


def the_world_is_named():
    with Stage("world") as stage:
        checkpoint = stage.path("checkpoint", "x")[:-2]
        lines = told(stage, {"away": "webhdfs://tidemark@127.0.0.1:1/c", "orders": "file://" + checkpoint}, ["E302", "E303"])
        lines.update(told(stage, {"clicks": "file://" + checkpoint}, ["E301"]))
        log, = glob.glob(os.path.join(checkpoint, "e*", "log", "1"))
        with open(log, "r+b") as file:
            file.seek(-1, os.SEEK_END)
            last = file.read(1)
            file.seek(-1, os.SEEK_END)
            file.write(bytes([last[0] ^ 1]))
        lines.update(told(stage, {"orders": "file://" + checkpoint}, ["E350"]))
        for code, line in sorted(lines.items()):
            expect(line == said_in_manual(code), f"{code}: the manual says\n{said_in_manual(code)}\nthe log says\n{line}")


if __name__ == "__main__":
    run_tests("world", [the_world_is_named], 300)
