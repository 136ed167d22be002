"""A daemon with the word count as its one job, as the scenario tests and those with real servers use it."""

import json
import os
import subprocess

from harness import daemon, expect, peak_mb, until
from ledger import printed

RUNS = ("RUNNING", "CATCHING_UP", "DEGRADED")
JOB = """batchInterval: {interval}
checkpoint: {checkpoint}
maxAppAttempts: {attempts}
attemptBackoff: {{initial: 0s}}
{keys}sources:
  - kafka: {{bootstrap.servers: "{servers}", group.id: {group}, topics: {{{topic}: 1}}, startingOffsets: earliest, fetch.wait.max.ms: 10{source}}}
transformations:
  - flatMap: _.value.split(" ")
  - map: (_, 1)
  - reduceByKey: _ + _
outputs:
  - print: {{num: 1000}}
"""


def job(servers, checkpoint, **changes):
    """The job file's text. keys: whole lines; source: further keys of the source, with a comma in front."""
    given = {"interval": "200ms", "attempts": 1000, "topic": "lines", "group": "test", "keys": "", "source": "", **changes}
    return JOB.format(servers=servers, checkpoint=checkpoint, **given)


class Wordcount:
    """`tidemark run` in a folder of its own on the stage, with settings and a job file."""

    def __init__(self, stage, build, text, name="daemon", settings="", env=None, options=(), under=()):
        """under: words in front of the command, as `prlimit --as=N`."""
        self.stage, self.build, self.name, self.env, self.options, self.under = stage, build, name, env, options, under
        self.jobs, self.state = stage.path(name, "jobs", "x")[:-2], stage.path(name, "state", "x")[:-2]
        self.output = stage.path(name, "out.txt")
        self.conf = stage.write(f"{name}/tidemark.yaml", "http: {listen: \"\"}\njobs: {settle: 20ms, rescan: 1s}\n" + settings)
        self.write_job(text)
        self.start()

    def write_job(self, text, job_id="wordcount"):
        """Beside it, then renamed, as an editor does."""
        path = os.path.join(self.jobs, job_id + ".yaml")
        with open(path + ".tmp", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(path + ".tmp", path)

    def start(self):
        argv = [*self.under, daemon(self.build), "run", "--conf", self.conf, "--jobs", self.jobs, "--state", self.state, *self.options]
        self.process = self.stage.spawn(self.name, argv, env=self.env, output=self.output)

    def bounded(self, what, most_mb):
        """The worker has never held more, whatever it was told; under a sanitizer it may."""
        worker = self.worker()
        try:
            peak = peak_mb(worker.pid)
        except (OSError, AttributeError, StopIteration):  # it is just being started anew
            return
        expect(peak < most_mb or self.build != "build", f"{what}: {peak:.0f} MB")

    def worker(self):
        """The process of the job's worker, or None while there is none."""
        for victim in self.process.children():
            words = victim.command().split()
            if "worker" in words and "--check" not in words:
                return victim
        return None

    def status(self, job_id="wordcount"):
        """What `tidemark status` says of the job; {} while nothing is known."""
        argv = [daemon(self.build), "status", "-o", "json", "--conf", self.conf, "--state", self.state]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
        if not done.stdout.startswith("{"):
            return {}
        return next((row for row in json.loads(done.stdout)["jobs"] if row["id"] == job_id), {})

    def wait_state(self, state, seconds=60, note=""):
        """Until the job is in this state, and its note holds these words. RUNNING: on time or not, as the machine allows."""
        wanted = RUNS if state == "RUNNING" else (state,)
        return until(f"{self.name}: {state} {note}",
                     lambda: (row := self.status()).get("state") in wanted and note in row.get("note", "") and row, seconds, self.process)

    def log(self):
        with open(self.process.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def events(self, event):
        """The log lines of one event."""
        return [line for line in self.log().splitlines() if f" event={event} " in line or line.endswith(f" event={event}")]

    def printed(self):
        with open(self.output, encoding="utf-8") as file:
            return printed(file.read())
