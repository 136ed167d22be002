#!/usr/bin/env python3
"""calls_test.py BUILD: a fault at each call of a worker for a file or a connection, from its start to its tenth batch: it is killed
there, or the call fails, or is interrupted or does half. Each in a life of its own, on a checkpoint of its own, beside a topic
that holds more than that. It then goes on or ends and says why; the next one reads to the end, and an independent reading finds
every record once. The same for a recovery: a life that goes on, to its third batch, with what a killed one has left behind; and for
the daemon. A life without a fault says how many calls there are, and all are tried with --all, else one fault of eighty:
`k of N`. --only TEST runs one."""

import concurrent.futures
import copy
import errno
import mmap
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading

from fake_webhdfs import FakeWebhdfs
from harness import LIBC, Failed, Stage, daemon, expect, fired, run_tests, side_by_side, until
from kafka import MockKafka
from ledger import LocalTree, Log, printed, records_of, word_counts
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
EVERY = 1 if "--all" in sys.argv else 79  # odd: kinds alternate
LANES = 4  # at a time
BATCHES, FULL = 10, 2  # of a first life: in all, and of those that hold records
AGAIN, AGAIN_FULL = 3, 1  # of a recovery
RATE = 300  # records a second, as long as it is slow; there are as many
SECONDS = 60  # for whatever a process does
CALLS = ("open", "close", "read", "write", "sync", "rename", "unlink", "mkdir", "readdir", "stat", "touch", "lock",
         "socket", "connect", "send", "recv", "resolve")
FILES, NET = CALLS[:12], CALLS[12:]
# Each call is a death, fails, and comes back early where it can; with which of these, in turn: one place in the code makes many calls.
ERRORS = {**dict.fromkeys(("write", "sync", "rename", "mkdir", "touch"), ("EIO", "ENOSPC")), "open": ("EIO", "ENOSPC", "EMFILE"),
          "socket": ("EMFILE",), "connect": ("ECONNREFUSED", "ETIMEDOUT"), "send": ("ECONNRESET", "ETIMEDOUT"),
          "recv": ("ECONNRESET", "ETIMEDOUT")}
EARLY = {"open": ("EINTR",), "lock": ("EINTR",), **dict.fromkeys(("read", "write", "send", "recv"), ("short", "EINTR"))}
ABSENT = "were not made this time"


def kinds(call, n):
    """What is tried at the n-th call of this name."""
    ways = (("kill",), ERRORS.get(call, ("EIO",)), EARLY.get(call, ()))
    return [way[n % len(way)] for way in ways if way]


FAULT = {"LD_PRELOAD": os.path.abspath(os.path.join(BUILD, "fault.so"))}
SUBREAPER = 36  # prctl


class Counters:
    """What fault.c counts."""

    def __init__(self, path):
        with open(path, "w+b") as file:
            file.write(bytes(8 * (1 + len(CALLS))))
            file.flush()
            self.memory = mmap.mmap(file.fileno(), 0)

    def read(self):
        """{call: so many}"""
        return dict(zip(CALLS, struct.unpack(f"{1 + len(CALLS)}Q", self.memory)[1:]))

    def struck(self):
        return self.memory[0]


def told(fault):
    return "{} {} {}".format(fault[0], getattr(errno, fault[1], fault[1]), fault[2]) if fault else "none"


def batches(said):
    """(in all, those that held records)"""
    held = re.findall(r" event=batch\.completed batch=\d+ records=(\d+)", said)
    return len(held), len(held) - held.count("0")


class Lives:
    """A worker without a daemon that stands before its main(): each life is a copy of it, in a folder of its own."""

    def __init__(self, stage, conf, *words):
        LIBC.prctl(SUBREAPER, 1, 0, 0, 0)  # they are our children, for fault.c makes them orphans
        argv = [daemon(BUILD), "worker", "wordcount", "--state", ".", "--conf", conf, "--spec", *words]
        self.popen = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                      env={**os.environ, **FAULT, "FAULT_LIVES": "1"})
        self.lock = threading.Lock()

    def begin(self, folder, name, fault):
        with self.lock:
            self.popen.stdin.write(f"{folder}\t{name}\t{told(fault)}\n")
            return int(self.popen.stdout.readline())

    def end(self):
        self.popen.communicate()


class Life:
    """One of them: its counters, its log, how it ended."""

    def __init__(self, lives, case, name, fault=None):
        self.counters, self.heard, self.status = Counters(case.path(name + ".calls")), "", None
        log = case.path(name + ".log")
        with open(log, "wb"):
            self.log = open(log, encoding="utf-8", errors="replace")
        self.pid = lives.begin(case.folder, name, fault)

    def poll(self):
        if self.status is None and (done := os.waitpid(self.pid, os.WNOHANG)) != (0, 0):
            self.status = os.waitstatus_to_exitcode(done[1])
        return self.status

    def said(self):
        self.heard += self.log.read()
        return self.heard

    def batches(self):
        return batches(self.said())[0]

    def tail(self):
        return self.said()[-2000:]

    def kill(self):
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            until("it is killed", lambda: self.poll() is not None, SECONDS)

    def wait(self, what, ready):
        """Until it is ready or has ended."""
        try:
            until(what, lambda: self.poll() is not None or ready(), SECONDS)
        except Failed as error:
            self.kill()
            raise Failed(f"{error}\n{self.tail()}") from None


class Case:
    """One fault: a folder, a checkpoint, two job files: one that takes some records a batch, one that takes what there is."""

    def __init__(self, world, number):
        self.folder = world.stage.path(f"{number}", "x")[:-2]
        self.url, self.tree = world.checkpoint(number)
        slow = world.job(self.url, number)
        for name, content in (("slow.yaml", slow), ("fast.yaml", re.sub(", maxRate: [0-9]+", "", slow).replace(world.interval, "2s", 1))):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(content)

    def path(self, name):
        return os.path.join(self.folder, name)

    def end(self, world):
        shutil.rmtree(self.folder)
        if world.fake:
            del world.fake.space.find("/jobs").entries[os.path.basename(self.folder)]

    def judge(self, world):
        life = Life(world.fast, self, "last")
        life.wait("the next one reads to the end", lambda: False)
        expect(life.status == 0, f"the next one ended with {life.status}\n{life.tail()}")
        with open(self.path("out"), encoding="utf-8") as file:
            world.judge(Log(self.tree()), printed(file.read()))


class SpaceTree:
    """What a name space holds below a folder."""

    def __init__(self, space, folder):
        self.space, self.folder = space, folder

    def names(self, path=""):
        node = self.space.find(f"{self.folder}/{path}")
        return sorted(node.entries) if node else []

    def read(self, path):
        return self.space.find(f"{self.folder}/{path}").data


class World:
    """Kafka with more than ten batches, and a store. One life with each fault, from the job's beginning."""
    batches, interval = (BATCHES, FULL), "40ms"

    def __init__(self, name, stage):
        self.name, self.stage, self.fake = name, stage, FakeWebhdfs() if "webhdfs" in name else None
        conf = stage.write("tidemark.yaml", "http: {listen: \"\"}\n")
        self.slow, self.fast = Lives(stage, conf, "slow.yaml"), Lives(stage, conf, "fast.yaml", "--once")
        self.kafka = MockKafka(stage, daemon(BUILD), 1, RATE)
        until("all is produced", self.kafka.done, SECONDS, self.kafka)
        self.produced, words = self.kafka.ledger()
        self.counts = sorted(number for number in words.values() if number)

    def job(self, url, number):
        return job(self.kafka.servers, url, interval=self.interval, group=f"{self.name}{number}", keys=f"blockInterval: {self.interval}\n",
                   source=f", maxRate: {RATE}").replace("fetch.wait.max.ms: 10", "fetch.wait.max.ms: 100")

    def checkpoint(self, number):
        if self.fake:
            path = f"/jobs/{number}"
            return self.fake.url(path), lambda: SpaceTree(self.fake.space, path)
        folder = self.stage.path(f"{number}", "checkpoint", "x")[:-2]
        return "file://" + folder, lambda: LocalTree(folder)

    def judge(self, log, blocks):
        log.check_ranges(self.produced)
        counts = sorted(word_counts(blocks).values())
        expect(counts == self.counts, f"printed: {sum(counts)} words of {sum(self.counts)}")

    def through(self, said, times=1):
        """Whether it has had its batches, so many times."""
        return all(had >= times * least for had, least in zip(batches(said), self.batches))

    def end(self):
        self.slow.end()
        self.fast.end()
        if self.fake:
            self.fake.close()

    def begin(self, number):
        return Case(self, number)

    def count(self):
        """{call: how many there are to the last of its batches}"""
        case = self.begin("count")
        life = Life(self.slow, case, "first")
        life.wait(f"{self.batches} batches", lambda: self.through(life.said()))
        counts = life.counters.read()
        life.kill()
        case.judge(self)
        case.end(self)
        return counts

    def strike(self, number, fault):
        """One life with the fault; returns how it went on. A life need not make as many calls as the first one did: those that
        come with each batch come in the end, of the others one may be missing."""
        case = self.begin(number)
        life = Life(self.slow, case, "first", fault)
        life.wait("the call is made", lambda: life.counters.struck() or self.through(life.said(), 2))
        struck, behind = life.counters.struck(), life.batches()
        expect(struck or life.poll() is None, f"it ended before\n{life.tail()}")
        if struck:
            life.wait("it goes on or ends", lambda: fault[1] != "kill" and life.batches() >= behind + 2)
        ended = life.poll()
        life.kill()
        expect(ended != 78, f"a fault that passes is no wrong setting\n{life.tail()}")
        expect(ended is None or fault[1] == "kill" or says_why(life.said()), f"it ended with {ended} and did not say why\n{life.tail()}")
        case.judge(self)
        case.end(self)
        return outcome(struck, fault, ended)


def says_why(said):
    return re.search(r"level=(warning|error) .* msg=|^tidemark[a-z ]*: ", said, re.MULTILINE)


def outcome(struck, fault, ended):
    return ABSENT if not struck else "killed" if fault[1] == "kill" else "went on" if ended is None else f"ended with {ended}"


class Recoveries(World):
    """From where a killed life has left the job: with blocks that no batch has taken."""
    batches, interval = (AGAIN, AGAIN_FULL), "100ms"

    def __init__(self, name, stage):
        super().__init__(name, stage)
        call, step = ("send", 4) if self.fake else ("rename", 1)
        for number in range(10 * step, 100 * step, step):  # one of these deaths comes between a block and its batch
            self.left = Case(self, f"left{number}")
            life = Life(self.slow, self.left, "first", (call, "kill", number))
            life.wait("it is killed", lambda: False)
            life = Life(self.slow, self.begin(f"look{number}"), "first")
            life.wait("it recovers", lambda: " event=job.recovered " in life.said())
            life.kill()
            if re.search(r" event=job\.recovered .* blocks=[1-9]", life.said()):
                return
        raise Failed("no life left blocks that no batch has taken")

    def begin(self, number):
        case = Case(self, number)
        if self.fake:
            jobs = self.fake.space.find("/jobs").entries
            jobs[f"{number}"] = copy.deepcopy(jobs[os.path.basename(self.left.url)])
        else:
            shutil.copytree(self.left.path("checkpoint"), case.path("checkpoint"), dirs_exist_ok=True)
        shutil.copy(self.left.path("out"), case.path("out"))
        return case


class Daemons(World):
    """The same for the daemon: its worker and its checks go free."""

    def start(self, number, fault=None):
        url, tree = self.checkpoint(number)
        path = self.stage.path(f"{number}.calls")
        counters, env = Counters(path), {**FAULT, "FAULT_FILE": path, "FAULT": told(fault)}
        return Wordcount(self.stage, BUILD, self.job(url, number), f"{number}.daemon", env=env), counters, tree

    def count(self):
        count, counters, _ = self.start("count")
        until("ten batches", lambda: self.through(count.log()), SECONDS, count.process)
        counts = counters.read()
        count.process.kill()
        return counts

    def strike(self, number, fault):
        count, counters, tree = self.start(number, fault)
        until("the call is made", lambda: counters.struck() or self.through(count.log(), 2) or not count.process.alive(), SECONDS)
        struck, behind = counters.struck(), batches(count.log())[0]
        expect(struck or count.process.alive(), f"it ended before\n{count.process.tail()}")
        if fault[1] != "kill":
            until("it goes on or ends", lambda: not count.process.alive() or batches(count.log())[0] >= behind + 3, SECONDS)
        elif struck:
            count.process.popen.wait(SECONDS)
        ended = count.process.popen.poll()
        expect(ended != 78, f"a fault that passes is no wrong setting\n{count.process.tail()}")
        expect(ended is None or fault[1] == "kill" or says_why(count.log()), f"it ended with {ended} and did not say why")
        first = count.process
        first.kill()
        count.env, memory, recovered = None, {}, len(count.events("job.recovered"))
        count.start()
        until("all is counted", lambda: records_of(tree(), memory) >= sum(self.produced.values()), SECONDS, count.process)
        until("it is up", lambda: len(count.events("job.recovered")) > recovered, SECONDS, count.process)  # else a signal just ends it
        expect(count.process.stop() == 0, f"it ends well\n{count.process.tail()}")
        self.judge(Log(tree()), count.printed())
        for process in (first, count.process):
            self.stage.processes.remove(process)
        for folder in (f"{number}", f"{number}.daemon"):
            shutil.rmtree(os.path.join(self.stage.folder, folder))
        return outcome(struck, fault, ended)


def at_each(name, calls, kind=World):
    with Stage(f"calls-{name}") as stage, concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
        world = kind(name, stage)
        counts = {call: n for call, n in world.count().items() if call in calls and n}
        faults = [(call, kind, n) for call, most in counts.items() for n in range(1, most + 1) for kind in kinds(call, n)]
        chosen = faults[::EVERY]
        runs = {fault: lanes.submit(world.strike, number, fault) for number, fault in enumerate(chosen)}
        outcomes, failed = {}, []
        try:
            for fault, run in runs.items():
                try:
                    outcome = run.result()
                    outcomes[outcome] = outcomes.get(outcome, 0) + 1
                except Failed as error:
                    failed.append(f"{' '.join(map(str, fault))}: {error}")
        finally:
            lanes.shutdown(cancel_futures=True)  # when it is stopped
        tried = {(call, n) for call, _, n in chosen}
        for call, most in counts.items():
            print(f"calls: {name}: {call}: {len([n for each, n in tried if each == call])} of {most}", flush=True)
        world.end()
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


def each_call_for_a_file_of_a_recovery():
    at_each("local-recovery", FILES, Recoveries)


def each_call_for_a_connection_of_a_recovery():
    at_each("webhdfs-recovery", NET + ("close",), Recoveries)


def each_call_of_the_daemon():
    at_each("daemon", CALLS, Daemons)


if __name__ == "__main__":
    TESTS = [each_call_for_a_file_of_the_local_store, each_call_for_a_connection, each_call_for_a_file_of_a_recovery,
             each_call_for_a_connection_of_a_recovery, each_call_of_the_daemon]
    if os.access("/dev/shm", os.W_OK):  # each life has a disk of its own: that of the machine need not sync them all
        tempfile.tempdir = "/dev/shm"
    if BUILD != "build":  # a sanitizer's own library must come before all others
        print("calls: 0 passed, 0 failed")
    elif "--only" in sys.argv:
        run_tests("calls", [globals()[sys.argv[sys.argv.index("--only") + 1]]], 1500)
    else:
        side_by_side("calls", TESTS)
