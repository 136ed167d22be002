#!/usr/bin/env python3
"""calls_test.py BUILD: a fault at each call of a worker for a file or a connection, from its start to its tenth batch: it is killed
there, or the call fails, is interrupted, does half. Each in a life of its own, on a checkpoint of its own, beside a topic that holds
more than ten batches. It then goes on or ends and says why; the next one reads to the end, and an independent reading finds every
record once. A first life without a fault says how many calls there are, and all are tried with --all, else one fault of
eighty: `k of N`. --only TEST runs one."""

import concurrent.futures
import errno
import os
import shutil
import struct
import subprocess
import sys

from fake_webhdfs import FakeWebhdfs
from harness import Failed, Stage, daemon, expect, fired, run_tests, side_by_side, until
from kafka import MockKafka
from ledger import LocalTree, Log, WebhdfsTree, printed, word_counts
from webhdfs import Webhdfs
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
EVERY = 1 if "--all" in sys.argv else 80
LANES = 4  # at a time
BATCHES = 10
SECONDS = 60  # for whatever a process does
CALLS = ("open", "close", "read", "write", "sync", "rename", "unlink", "mkdir", "readdir", "stat", "touch", "lock",
         "socket", "connect", "send", "recv", "resolve")
ERRORS = ("kill", "EIO", "ENOSPC")  # at every call; and:
MORE = {"open": ("EINTR", "EMFILE"), "read": ("EINTR", "short"), "write": ("EINTR", "short"), "lock": ("EINTR",),
        "connect": ("ECONNREFUSED",), "send": ("EINTR", "ECONNRESET", "short"), "recv": ("EINTR", "ECONNRESET", "short")}
ABSENT = "were not made this time"
FILES, NET = CALLS[:12], CALLS[12:]
NOT = {"ENOSPC": ("read", "readdir", "stat", "close", "lock", "unlink", "socket", "connect", "recv", "resolve")}  # it has no room to want


class Counters:
    """What fault.c counts, and what it is told."""

    def __init__(self, path, fault):
        self.path = path
        self.env = {"LD_PRELOAD": os.path.abspath(os.path.join(BUILD, "fault.so")), "FAULT_FILE": path}
        if fault:
            self.env["FAULT"] = "{} {} {}".format(fault[0], getattr(errno, fault[1], fault[1]), fault[2])
        with open(path, "wb") as file:
            file.write(bytes(8 * (1 + len(CALLS))))

    def read(self):
        """(whether the fault struck, {call: so many})."""
        with open(self.path, "rb") as file:
            struck, *counts = struct.unpack(f"{1 + len(CALLS)}Q", file.read())
        return struck, dict(zip(CALLS, counts))


class Life:
    """A worker without a daemon: its counters, its log, what it prints."""

    def __init__(self, case, name, spec, fault=None, once=False):
        self.counters, self.log = Counters(case.path(name + ".calls"), fault), case.path(name + ".log")
        env = {**os.environ, **self.counters.env}
        argv = [daemon(BUILD), "worker", "wordcount", "--spec", spec, "--state", case.folder, "--conf", case.conf]
        with open(self.log, "wb") as log, open(case.path("out"), "ab") as out:
            self.popen = subprocess.Popen([*argv, *(["--once"] if once else [])], stdin=subprocess.DEVNULL, stdout=out, stderr=log, env=env)

    def struck(self):
        return self.counters.read()[0]

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def batches(self):
        return self.said().count(" event=batch.completed ")

    def kill(self):
        self.popen.kill()
        self.popen.wait(SECONDS)

    def wait(self, what, ready):
        """Until it is ready or has ended."""
        try:
            until(what, lambda: self.popen.poll() is not None or ready(), SECONDS)
        except Failed as error:
            self.kill()
            raise Failed(f"{error}\n{self.said()[-2000:]}") from None


class Case:
    """One fault: a folder, a checkpoint, two job files: one that takes some records a batch, one that takes what there is."""

    def __init__(self, world, number):
        self.folder = world.stage.path(f"{number}", "x")[:-2]
        self.url, self.tree = world.checkpoint(number)
        text = job(world.kafka.servers, self.url, interval="20ms", group=f"{world.name}{number}", source=", maxRate: 400")
        self.slow, self.fast = self.path("slow.yaml"), self.path("fast.yaml")
        self.conf = self.path("tidemark.yaml")
        for path, content in ((self.slow, text), (self.fast, text.replace(", maxRate: 400", "").replace("20ms", "100ms")), (self.conf, "http: {listen: \"\"}\n")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)

    def path(self, name):
        return os.path.join(self.folder, name)

    def judge(self, kafka):
        life = Life(self, "last", self.fast, once=True)
        life.wait("the next one reads to the end", lambda: False)
        expect(life.popen.returncode == 0, f"the next one ended with {life.popen.returncode}\n{life.said()[-2000:]}")
        produced, words = kafka.ledger()
        Log(self.tree()).check_ranges(produced)
        with open(self.path("out"), encoding="utf-8") as file:
            counts = word_counts(printed(file.read()))
        expect(sorted(counts.values()) == sorted(number for number in words.values() if number), f"printed: {sum(counts.values())} words")


class World:
    """Kafka with more than ten batches, and a store."""

    def __init__(self, name, stage):
        self.name, self.stage, self.fake = name, stage, FakeWebhdfs() if name == "webhdfs" else None
        self.kafka = MockKafka(stage, daemon(BUILD), 1, 400)
        until("all is produced", self.kafka.done, SECONDS, self.kafka)

    def checkpoint(self, number):
        if self.fake:
            path = f"/jobs/{number}"
            return self.fake.url(path), lambda: WebhdfsTree(Webhdfs(self.fake.address()), path)
        folder = self.stage.path(f"{number}", "checkpoint", "x")[:-2]
        return "file://" + folder, lambda: LocalTree(folder)

    def count(self):
        """{call: how many there are to the tenth batch}"""
        case = Case(self, "count")
        life = Life(case, "first", case.slow)
        life.wait("ten batches", lambda: life.batches() >= BATCHES)
        counts = life.counters.read()[1]
        life.kill()
        case.judge(self.kafka)
        return counts

    def strike(self, number, fault):
        """One life with the fault; returns how it went on. A life need not make as many calls as the first one did: those that
        come with each batch come in the end, of the others one may be missing."""
        case = Case(self, number)
        life = Life(case, "first", case.slow, fault)
        life.wait("the call is made", lambda: life.struck() or life.batches() >= 3 * BATCHES)
        if not life.struck():
            expect(life.popen.poll() is None, f"it ended before\n{life.said()[-2000:]}")
            life.kill()
            case.judge(self.kafka)
            return ABSENT
        behind = life.batches()
        if fault[1] != "kill":
            life.wait("it goes on or ends", lambda: life.batches() >= behind + 3)
        ended = life.popen.poll() if fault[1] != "kill" else life.popen.wait(SECONDS)
        life.kill()
        if fault[1] != "kill" and ended is not None:
            expect(ended != 78, f"a fault that passes is no wrong setting\n{life.said()[-2000:]}")
            expect("level=error" in life.said() or "tidemark" in life.said(), f"it ended with {ended} and did not say why\n{life.said()[-2000:]}")
        case.judge(self.kafka)
        shutil.rmtree(case.folder)
        return "killed" if fault[1] == "kill" else "went on" if ended is None else f"ended with {ended}"


class Daemons(World):
    """The same for the daemon: its worker and its checks go free."""

    def begin(self, number, fault=None):
        url, tree = self.checkpoint(number)
        text = job(self.kafka.servers, url, interval="20ms", group=f"{self.name}{number}", source=", maxRate: 400")
        counters = Counters(self.stage.path(f"{number}.calls"), fault)
        count = Wordcount(self.stage, BUILD, text, f"{number}.daemon", env=counters.env)
        count.batches = lambda: len(count.events("batch.completed"))
        return count, counters, lambda: Log(tree())

    def count(self):
        count, counters, _ = self.begin("count")
        until("ten batches", lambda: count.batches() >= BATCHES, SECONDS, count.process)
        counts = counters.read()[1]
        count.process.kill()
        return counts

    def strike(self, number, fault):
        count, counters, log_of = self.begin(number, fault)
        until("the call is made", lambda: counters.read()[0] or count.batches() >= 3 * BATCHES or not count.process.alive(), SECONDS)
        struck, behind = counters.read()[0], count.batches()
        expect(struck or count.process.alive(), f"it ended before\n{count.process.tail()}")
        if fault[1] != "kill":
            until("it goes on or ends", lambda: not count.process.alive() or count.batches() >= behind + 3, SECONDS)
        elif struck:
            count.process.popen.wait(SECONDS)
        ended = count.process.popen.poll()
        expect(ended != 78, f"a fault that passes is no wrong setting\n{count.process.tail()}")
        expect(ended is None or fault[1] == "kill" or "tidemark" in count.log() or "level=error" in count.log(),
               f"it ended with {ended} and did not say why")
        count.process.kill()
        count.env = None
        count.start()
        produced, words = self.kafka.ledger()
        until("all is counted", lambda: records(log_of) >= sum(produced.values()), SECONDS, count.process)
        until("it is up", count.status, SECONDS, count.process)  # before that a signal ends it as it ends any process
        expect(count.process.stop() == 0, f"it ends well\n{count.process.tail()}")
        log_of().check_ranges(produced)
        expect(sorted(word_counts(count.printed()).values()) == sorted(number for number in words.values() if number), "what is printed")
        return ABSENT if not struck else "killed" if fault[1] == "kill" else "went on" if ended is None else f"ended with {ended}"


def records(log_of):
    try:
        return log_of().records()
    except (Failed, OSError, IndexError):  # it is just being made
        return -1


def at_each(name, calls, kind=World):
    with Stage(f"calls-{name}") as stage, concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
        world = kind(name, stage)
        counts = {call: n for call, n in world.count().items() if call in calls and n}
        faults = [(call, kind, n) for call, most in counts.items() for n in range(1, most + 1)
                  for kind in (*ERRORS, *MORE.get(call, ())) if call not in NOT.get(kind, ())]
        chosen = faults[::EVERY]
        runs = {fault: lanes.submit(world.strike, number, fault) for number, fault in enumerate(chosen)}
        outcomes, failed = {}, []
        for fault, run in runs.items():
            try:
                outcome = run.result()
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
            except Failed as error:
                failed.append(f"{' '.join(map(str, fault))}: {error}")
        tried = {(call, n) for call, _, n in chosen}
        for call, most in counts.items():
            print(f"calls: {name}: {call}: {len([n for each, n in tried if each == call])} of {most}", flush=True)
        if world.fake:
            world.fake.close()
        expect(not failed, f"{len(failed)} of {len(chosen)}:\n" + "\n".join(failed[:20]))
        expect(EVERY > 1 or len(tried) == sum(counts.values()), "not every call was tried")
        absent = outcomes.get(ABSENT, 0)
        expect(absent <= len(chosen) // 20, f"{absent} of {len(chosen)} calls were not made again")
        print(f"calls: {name}: {len(tried)} of {sum(counts.values())} calls, {len(chosen)} of {len(faults)} faults; "
              + ", ".join(f"{n} {outcome}" for outcome, n in sorted(outcomes.items())) + ": lost 0, doubled 0", flush=True)
        fired("io_failures", len(chosen) - absent)
        fired("io_calls", len(tried))


def each_call_for_a_file_of_the_local_store():
    at_each("local", FILES)


def each_call_for_a_connection():
    at_each("webhdfs", NET + ("close",))


def each_call_of_the_daemon():
    at_each("daemon", CALLS, Daemons)


if __name__ == "__main__":
    TESTS = [each_call_for_a_file_of_the_local_store, each_call_for_a_connection, each_call_of_the_daemon]
    if BUILD != "build":  # a sanitizer's own library must come before all others
        print("calls: 0 passed, 0 failed")
    elif "--only" in sys.argv:
        run_tests("calls", [globals()[sys.argv[sys.argv.index("--only") + 1]]], 1500)
    else:
        side_by_side("calls", TESTS)
