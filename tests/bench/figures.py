"""What the parts of `make bench` share: the fake broker, a worker under it, CPU and memory from /proc, and the line that says
whether a figure holds."""

import datetime
import os
import re
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("scenario", "real"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))

from harness import Failed, expect, until  # noqa: E402

TEXTS = 16000  # the fake broker's records, before they come again
TICK = os.sysconf("SC_CLK_TCK")
below = []


def judge(name, figure, unit, relation, line):
    """Prints a figure beside its line: `part_x: FIGURE UNIT, at least|most LINE: ok|BELOW`."""
    holds = figure >= line if relation == "least" else figure <= line
    print(f"part_{name}: {figure:.3g} {unit}, at {relation} {line:g}: {'ok' if holds else 'BELOW'}", flush=True)
    if not holds:
        below.append(name)


def ended():
    """Exit status of a part."""
    return 1 if below else 0


def spread(values, form="{:.2f}"):
    """Median (least-most)."""
    low, middle, high = (form.format(v) for v in (min(values), statistics.median(values), max(values)))
    return f"{middle} ({low}-{high})"


def stamp(at):
    """The time of a log line, without its Z, in seconds."""
    return datetime.datetime.fromisoformat(at + "+00:00").timestamp()


def batches_of(log):
    """[(when it was committed, in seconds; records)] from log lines."""
    found = re.findall(r"ts=(\S+)Z level=info job=\S+ event=batch\.completed .*? records=(\d+)", log)
    return [(stamp(at), int(records)) for at, records in found]


class Broker:
    """tests/bench/fake_broker: `with Broker(build, partitions, limit) as broker`; it ends with its standard input."""

    def __init__(self, build, partitions, limit=None):
        argv = [f"{build}/bench/fake_broker", "--partitions", str(partitions)] + (["--limit", str(limit)] if limit else [])
        self.popen = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self.popen.stdout.readline().strip()
        self.partitions, self.limit = partitions, limit

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.stdin.close()
        self.popen.wait(10)


class Worker:
    """One attempt of a job in a process of its own, without a supervisor."""

    def __init__(self, build, folder, text, once=True):
        self.folder = folder
        os.makedirs(self.path("state"), exist_ok=True)
        spec, conf = self.path("bench.yaml"), self.path("tidemark.yaml")
        for path, content in ((spec, text), (conf, 'http: {listen: ""}\n')):
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        argv = [f"{build}/tidemark", "worker", "bench", "--spec", spec, "--conf", conf, "--state", self.path("state")]
        with open(self.path("out"), "wb") as out, open(self.path("log"), "wb") as log:
            self.popen = subprocess.Popen(argv + (["--once"] if once else []), stdin=subprocess.DEVNULL, stdout=out, stderr=log)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def wait(self):
        """CPU seconds of all its threads, from its first instruction to its last."""
        _, status, usage = os.wait4(self.popen.pid, 0)
        self.popen.returncode = os.waitstatus_to_exitcode(status)
        expect(self.popen.returncode == 0, f"the worker ended with {self.popen.returncode}: {self.read('log')[-2000:]}")
        return usage.ru_utime + usage.ru_stime

    def batches(self):
        """[(when it was committed, in seconds; records)] of all batches so far."""
        return batches_of(self.read("log"))

    def records(self):
        return sum(records for _, records in self.batches())

    def stop(self):
        self.popen.terminate()
        self.popen.wait(30)


def word_job(address, checkpoint, interval="1s", num=10, source=""):
    """The word count. source: further keys of the Kafka source, with a comma in front."""
    return f"""batchInterval: {interval}
checkpoint: {checkpoint}
maxAppAttempts: 1000
attemptBackoff: {{initial: 0s}}
sources:
  - kafka: {{bootstrap.servers: "{address}", group.id: bench, topics: {{lines: 1}}, startingOffsets: earliest{source}}}
transformations:
  - flatMap: _.value.split(" ")
  - map: (_, 1)
  - reduceByKey: _ + _
outputs:
  - print: {{num: {num}}}
"""


def thread_cpu(pid):
    """{thread's name: CPU seconds so far}; {} once the process has gone."""
    seconds = {}
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/stat", encoding="utf-8") as file:
                name, fields = re.match(r"\d+ \((.*)\) (.*)", file.read()).groups()
            fields = fields.split()
            seconds[name] = seconds.get(name, 0) + (int(fields[11]) + int(fields[12])) / TICK
    except OSError:
        pass
    return seconds


def process_cpu(pid):
    """CPU seconds of a living process and its threads, to the nanosecond."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def anonymous_kib(pid):
    """Memory that is the process's own, not the file cache's."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Anonymous:\s+(\d+) kB", file.read(), re.M)[1])


class Bare:
    """Jobs by the engine alone, and kernels written by hand: tests/bench/job, kernels, texts."""

    def __init__(self, build, folder):
        self.build, self.folder, self.jobs = build, folder, 0

    def _lines(self, program, *argv):
        return subprocess.run([f"{self.build}/bench/{program}", *map(str, argv)], check=True, capture_output=True, text=True).stdout.splitlines()

    def text(self, kind, lines):
        path = os.path.join(self.folder, f"{kind}-{lines}")
        if not os.path.exists(path):
            with open(path, "wb") as file:
                subprocess.run([f"{self.build}/bench/texts", kind, str(lines)], check=True, stdout=file)
        return path

    def job(self, transformations, num):
        self.jobs += 1
        path = os.path.join(self.folder, f"{self.jobs}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"""batchInterval: 1s
checkpoint: file:///nowhere
sources: [kafka: {{bootstrap.servers: "b:1", group.id: g, topics: [t]}}]
transformations:{transformations}
outputs: [print: {{num: {num}}}]
""")
        return path

    def rounds(self, job, text, threads, least=True):
        """[records, CPU seconds, seconds, allocations] of one batch of five: the cheapest, or the last. Several threads all
        have a share, also where the engine would leave it to one: on a machine that gives it little."""
        chunk = [320] if threads > 1 else []  # records at once, about as many as it would take
        found = [[float(x) for x in line.split()] for line in self._lines("job", "run", job, text, 5, threads, *chunk)]
        cheapest = min(found, key=lambda figures: figures[2 if threads > 1 else 1])
        return [int(found[0][0]), *(cheapest if least else found[-1])[1:3], int((cheapest if least else found[-1])[3])]

    def show(self, job, text):
        """What one batch prints, without its head."""
        return [line for line in self._lines("job", "show", job, text, 1)[3:] if line]

    def kernel(self, kind, text, *argv):
        """[records, CPU seconds] of the cheapest of five rounds."""
        found = [line.split() for line in self._lines("kernels", kind, text, 5, *argv)]
        return [int(found[0][0]), min(float(cpu) for _, cpu in found)]

    def kernel_counts(self, text):
        return self._lines("kernels", "words", text, 1, "show")[1:]


def rate(n, seconds):
    """Millions a second: median (least-most)."""
    return spread([n / s / 1e6 for s in seconds], "{:.1f}")
