#!/usr/bin/env python3
"""upgrade_test.py BUILD: what becomes of saved state when its job file changes: kept, widened, refused with its keys, dropped by
the user's word, once."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys

from fake_webhdfs import FakeWebhdfs
from harness import Stage, daemon, expect, run_tests, until
from kafka import MockKafka
from ledger import LocalTree, Log
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
SUM = '  - map: ("all", 1)\n  - updateStateByKey: {id: totals, func: "(values, state) => %s"}\n'
INT, DOUBLE = "values.sum + state.getOrElse(0)", "values.sum + state.getOrElse(0.0)"


class Job:
    """A job whose one key counts its records: `tidemark run --once` as often as asked."""

    def __init__(self, stage, store=None):
        self.kafka = MockKafka(stage, daemon(BUILD), 120, 100)
        first = ["kcat", "-C", "-q", "-b", self.kafka.servers, "-t", "lines", "-c", "1", "-o", "beginning"]
        subprocess.run(first, capture_output=True, check=True, timeout=120)  # there is something to count
        self.jobs, self.state = stage.path("jobs", "x")[:-2], stage.path("state", "x")[:-2]
        self.checkpoint = stage.path("checkpoint", "x")[:-2]
        self.url = store or "file://" + self.checkpoint
        self.file = os.path.join(self.jobs, "count.yaml")

    def write(self, path, ops):
        text = job(self.kafka.servers, self.url)
        begin, end = text.index("  - flatMap"), text.index("outputs:")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text[:begin] + ops + text[end:])

    def diff(self, ops):
        """(exit status, result, {id: (fate, keys)}) of what a new file would do."""
        self.write(self.state + "/new.yaml", ops)
        done = subprocess.run([daemon(BUILD), "diff", "-o", "json", "--state", self.state, "count", self.state + "/new.yaml"],
                              capture_output=True, text=True, check=False, timeout=120)
        expect(not done.stderr, done.stderr)
        answer = json.loads(done.stdout)
        return done.returncode, answer["result"], {state["id"]: (state["result"], state["keys"]) for state in answer["states"]}

    def run(self, ops, *options):
        """(exit status, the last number that was printed, the log)."""
        self.write(self.file, ops)
        done = subprocess.run([daemon(BUILD), "run", "--once", "--jobs", self.jobs, "--state", self.state, *options],
                              capture_output=True, text=True, check=False, timeout=120)
        counts = re.findall(r"^\('all', ([0-9.]+)\)$", done.stdout, re.MULTILINE)
        return done.returncode, counts[-1] if counts else None, done.stderr

    def records(self):
        return Log(LocalTree(self.checkpoint)).records()

    def counts_all(self, ops, *options, before=0, form="{}"):
        """A run that ends well and goes on from all but the first `before` records."""
        status, count, log = self.run(ops, *options)
        expect(status == 0, f"it does not end well: {status}\n{log}")
        expect(count == form.format(self.records() - before), f"{count} are counted of {self.records()} - {before}\n{log}")
        return log


def state_follows_its_job_file():
    with Stage("upgrade") as stage:
        count = Job(stage)
        count.counts_all(SUM % INT)
        expect(count.diff(SUM % INT) == (0, "unchanged", {"totals": ("kept", 1)}), count.diff(SUM % INT))
        expect(count.diff(SUM % DOUBLE) == (0, "restart", {"totals": ("converted", 1)}), count.diff(SUM % DOUBLE))
        expect(count.diff('  - map: ("all", 1)\n') == (1, "refused", {"totals": ("lost", 1)}), "a state without an operation")
        renamed = (SUM % INT).replace("totals", "sums")
        expect(count.diff(renamed) == (1, "refused", {"totals": ("lost", 1), "sums": ("new", None)}), count.diff(renamed))
        count.counts_all(SUM % INT)
        count.counts_all(SUM % DOUBLE, form="{}.0")
        status, shown, log = count.run(SUM % INT)
        expect(status == 1 and shown is None, f"a Double became an Int: {status} {shown}\n{log}")
        expect("count.yaml:" in log and "error[E241]: state 'totals' (1 key) was made by updateStateByKey and holds (String, Double), "
               "but here is updateStateByKey of (String, Int)" in log, log)
        status, shown, log = count.run('  - map: ("all", 1)\n')
        expect(status == 1 and "error[E240]: state 'totals' (1 key) has no operation in the new file" in log, log)
        expect("keep 'id: totals', or drop it once: tidemark run --once --discard-state count/totals" in log, log)
        before = count.records()
        log = count.counts_all(SUM % INT, "--discard-state", "count/totals,other/x", before=before)
        expect("event=state.discarded id=totals" in log, log)
        count.counts_all(SUM % INT, before=before)


def states_on_hdfs_are_counted():
    with Stage("upgrade-hdfs") as stage, contextlib.closing(FakeWebhdfs()) as hdfs, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and listens to nobody
        count = Job(stage, hdfs.url("/count"))
        status, _, log = count.run(SUM % INT)
        expect(status == 0, log)
        argv = [daemon(BUILD), "diff", "--state", count.state, count.file, count.state + "/new.yaml"]
        count.write(count.state + "/new.yaml", '  - map: ("all", 1)\n')
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
        expect(done.returncode == 1 and "state 'totals' (1 key) has no operation in the new file" in done.stdout, done.stdout + done.stderr)
        count.url = f"webhdfs://systest@127.0.0.1:{closed.getsockname()[1]}/count"
        count.write(count.file, SUM % INT)
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
        expect("state 'totals' (number of keys unknown) has no operation" in done.stdout, done.stdout + done.stderr)
        expect(done.stdout.count("how many keys there are is not known: webhdfs://") == 1, done.stdout)


def a_state_is_dropped_once_only_by_run_once():
    done = subprocess.run([daemon(BUILD), "run", "--discard-state", "x"], capture_output=True, text=True, check=False, timeout=120)
    expect(done.returncode == 64 and "needs --once" in done.stderr, f"{done.returncode} {done.stderr}")


def the_running_version_is_kept():
    with Stage("upgrade-kept") as stage:
        kafka = MockKafka(stage, daemon(BUILD), 120, 100)
        checkpoint = stage.path("checkpoint", "x")[:-2]
        text = job(kafka.servers, "file://" + checkpoint)
        begin, end = text.index("  - flatMap"), text.index("outputs:")
        count = Wordcount(stage, BUILD, text[:begin] + SUM % INT + text[end:])
        records = lambda: Log(LocalTree(checkpoint)).records()
        batches = lambda: sum(" records=0 " not in line for line in count.events("batch.completed"))
        until("batches", lambda: batches() > 2, 60, count.process)
        count.write_job(text[:begin] + '  - map: ("all", 1)\n' + text[end:])
        count.wait_state("REJECTED", note="state 'totals' (1 key) has no operation in the new file; the running version is kept")
        count.wait_state("REJECTED", note="the old version runs on")
        before = batches()
        until("further batches", lambda: batches() > before + 2, 60, count.process)
        count.write_job(text[:begin] + SUM % DOUBLE + text[end:])
        until("a Double", lambda: any(".0)" in row for rows in count.printed().values() for row in rows), 60, count.process)
        expect(count.process.stop() == 0, f"it does not end well\n{count.process.tail()}")
        blocks = count.printed()
        expect(blocks[max(blocks)] == [f"('all', {records()}.0)"], f"{records()} records, but {blocks[max(blocks)]}")
        other = Wordcount(stage, BUILD, text[:begin] + '  - map: ("all", 1)\n' + text[end:], "other")  # which knows of no version before
        row = other.wait_state("REJECTED", note="state 'totals' (1 key) has no operation in the new file")
        expect("is kept" not in row["note"] and "runs on" not in row["note"], row["note"])
        expect(other.process.stop() == 0, f"it does not end well\n{other.process.tail()}")


if __name__ == "__main__":
    run_tests("upgrade", [state_follows_its_job_file, the_running_version_is_kept, states_on_hdfs_are_counted,
                          a_state_is_dropped_once_only_by_run_once], 400)
