#!/usr/bin/env python3
"""liar_test.py BUILD: a word count on an HDFS that lies now and then, to all that it asks of one kind, while it runs or while a worker
recovers. Meanwhile nothing is lost, memory stays bounded, and what is wrong is told in one printable line; then it goes on by itself;
in the end each record is in it once. --all: every lie, else some of them, drawn by --seed N."""

import random
import signal
import sys

from fake_webhdfs import FakeWebhdfs
from harness import Stage, expect, fired, run_tests, seed_of, side_by_side, until
from kafka import FakeBroker
from ledger import Log, WebhdfsTree, records_of
from lies import BROKEN, FILES, HARMLESS, LISTS, TALK
from webhdfs import Webhdfs
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
ALL = "--all" in sys.argv
STEP, MB_MAX, SAMPLE = 1000, 200, 5
SETTINGS = "store: {connectTimeout: 500ms, timeout: 2s, writeTimeout: 2s}\n"


class Scene:
    def __init__(self, stage):
        self.fake, self.met = FakeWebhdfs(), 0
        self.tree, self.memory = WebhdfsTree(Webhdfs(self.fake.address()), "/jobs/wordcount"), {}
        self.kafka, self.end = FakeBroker(stage, BUILD, "--partitions", "1", "--record", "40", "--limit", str(STEP)), STEP
        self.count = Wordcount(stage, BUILD, job(self.kafka.servers, self.fake.url("/jobs/wordcount"), interval="100ms",
                                                 keys="attemptFailuresValidityInterval: 1m\n"), settings=SETTINGS)
        self.wait_all()

    def wait_all(self):
        until(f"{self.end} records", lambda: records_of(self.tree, self.memory) >= self.end, 60, self.count.process)

    def suffer(self, name, role, ops, lie, kill):
        """More records come, and the lie with them; then it ends."""
        met = []

        def tell(request, answer):
            agent = request.headers.get("user-agent", "")
            if not agent.startswith("tidemark") or request.server.role != role or request.op not in ops or answer is None:
                return None
            met.append(request)
            return lie(answer)

        self.fake.lie = tell
        self.end += STEP
        self.kafka.tell("end", self.end)
        if kill and (worker := self.count.worker()):
            worker.signal(signal.SIGKILL)
        until(f"{name} in the place of {ops}", lambda: len(met) > 1, 60, self.count.process)
        self.count.bounded(name, MB_MAX)
        self.fake.lie = None
        self.wait_all()
        self.met += len(met)

    def judge(self):
        self.count.wait_state("RUNNING", 60)
        expect(self.count.process.stop() == 0, f"it ends well\n{self.count.process.tail()}")
        log = Log(self.tree)
        log.check_ranges({0: self.end})
        expect(not log.gaps, f"gaps: {log.gaps}")
        expect(all(line.isprintable() for line in self.count.log().splitlines()), "control characters in the log")
        self.fake.close()


def hear(title, role, ops, lies, kill):
    with Stage("liar-" + title) as stage:
        scene = Scene(stage)
        chosen = list(lies.items()) if ALL else random.Random(f"{SEED} {title}").sample(list(lies.items()), SAMPLE)
        for name, lie in chosen:
            scene.suffer(name, role, ops, lie, kill)
        scene.judge()
        fired("webhdfs_lies", scene.met)
        print(f"{title}: {len(chosen)} lies, told {scene.met} times: lost 0, doubled 0", flush=True)


def of_what_was_renamed():
    hear("rename", "namenode", ("RENAME", "SETTIMES", "MKDIRS", "DELETE"), {**BROKEN, **HARMLESS, **TALK}, False)


def of_where_to_create():
    hear("create", "namenode", ("CREATE",), {**BROKEN, **HARMLESS, **TALK}, False)


def of_what_was_created():
    hear("created", "datanode", ("CREATE",), {**BROKEN, **HARMLESS}, False)


def of_what_is_there():
    hear("list", "namenode", ("LISTSTATUS", "LISTSTATUS_BATCH"), {**BROKEN, **TALK, **LISTS}, True)


def of_what_a_file_holds():
    hear("read", "datanode", ("OPEN",), {**BROKEN, **HARMLESS, **FILES}, True)


if __name__ == "__main__":
    SEED = seed_of(sys.argv)
    if "--only" in sys.argv:
        run_tests("liar", [globals()[sys.argv[sys.argv.index("--only") + 1]]], 1800)
    side_by_side("liar", [of_what_was_renamed, of_where_to_create, of_what_was_created, of_what_is_there, of_what_a_file_holds])
