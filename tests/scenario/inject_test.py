#!/usr/bin/env python3
"""inject_test.py BUILD: a fault at the n-th system call of a worker, one an attempt, and of the daemon itself: SIGKILL, an error, an interruption. What it
does not survive the daemon restarts; in the end an independent reading finds every record once. --all: every call up to the one
that no attempt makes any more, or the 40th; else a sample of --seconds N a store, drawn by --seed N."""

import os
import random
import signal
import subprocess
import sys
import time

from fake_webhdfs import FakeWebhdfs
from harness import Failed, Stage, Victim, daemon, expect, fired, run_tests, seed_of, side_by_side, until
from kafka import MockKafka
from ledger import LocalTree, Log, WebhdfsTree, word_counts
from webhdfs import Webhdfs
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
ALL = "--all" in sys.argv
SEED = seed_of(sys.argv)
SAMPLE_SECONDS = int(sys.argv[sys.argv.index("--seconds") + 1]) if "--seconds" in sys.argv else 6
BATCHES = 8  # without a fault: then the attempt has come through, its consumer has spoken
MOST = 40  # calls of a thread: those behind are more of the same
KILL = "signal=SIGKILL"
LOCAL = {"openat": ("error=EIO", "error=EMFILE", KILL), "writev": ("error=EIO", "error=ENOSPC", "error=EINTR", KILL),
         "fsync": ("error=EIO", "error=ENOSPC", KILL), "renameat2": ("error=EIO", "error=ENOSPC", KILL),
         "close": ("error=EIO", KILL), "unlink": ("error=EIO", KILL), "mkdir": ("error=ENOSPC", KILL),
         "flock": ("error=EIO", "error=EINTR", KILL), "utimensat": ("error=EIO", KILL), "read": ("error=EIO", "error=EINTR", KILL),
         "getdents64": ("error=EIO", KILL), "write": ("error=EIO", "error=ENOSPC", KILL),
         "mmap": ("error=ENOMEM",), "clone3": ("error=EAGAIN", KILL), "sendmsg": ("error=ECONNRESET", "error=EINTR", KILL),
         "recvmsg": ("error=ECONNRESET", KILL), "poll": ("error=EINTR",), "epoll_wait": ("error=EINTR",)}
REMOTE = {"socket": ("error=EMFILE", KILL), "connect": ("error=ECONNREFUSED", "error=ETIMEDOUT", KILL),
          "sendto": ("error=ECONNRESET", "error=EPIPE", "error=EAGAIN", KILL), "recvfrom": ("error=ECONNRESET", "error=EAGAIN", KILL),
          "close": ("error=EIO", KILL), "shutdown": ("error=ENOTCONN", KILL), "write": ("error=EIO", KILL),
          "read": ("error=EINTR", KILL), "setsockopt": ("error=ENOPROTOOPT",), "epoll_ctl": (KILL,)}
DAEMON = {"openat": ("error=EIO", "error=EMFILE", KILL), "write": ("error=EIO", "error=ENOSPC", "error=EINTR", KILL),
          "fsync": ("error=EIO", "error=ENOSPC", KILL), "rename": ("error=EIO", KILL), "close": ("error=EIO", KILL), "clone": (KILL,),
          "clone3": ("error=EAGAIN", KILL), "vfork": ("error=EAGAIN", KILL), "wait4": ("error=EINTR", KILL), "pipe2": ("error=EMFILE", KILL),
          "socketpair": ("error=EMFILE", KILL), "read": ("error=EIO", "error=EINTR", KILL), "epoll_wait": ("error=EINTR", KILL),
          "bind": ("error=EADDRINUSE", KILL), "accept4": ("error=EMFILE", KILL), "getdents64": ("error=EIO", KILL)}
PROGRAM = """#!/bin/bash
# stands in for tidemark as what the daemon starts: a worker takes the fault that lies there. It waits for its job file, a pipe,
# until it is traced: what the loader did before counts for nothing.
[[ " $* " != *" --check "* ]] && mv {stage}/fault {stage}/taken 2>/dev/null || exec {program} "$@"
fault=$(<{stage}/taken) words=("$@")
for ((i = 0; i < $#; i++)); do [ "${{words[i]}}" != --spec ] || {{ spec=${{words[i + 1]}} words[i + 1]={stage}/spec; }}; done
rm -f {stage}/spec && mkfifo {stage}/spec
: >{stage}/trace
echo $$ >{stage}/pid
{{
    strace -f -qq -o {stage}/trace -e "trace=${{fault%%:*}}" -e signal=none -e "inject=$fault" -p $$ &
    until ! kill -0 $$ || grep -q '^TracerPid:.[1-9]' /proc/$$/status; do :; done
    cat "$spec" >{stage}/spec
}} >/dev/null 2>&1 &
exec {program} "${{words[@]}}"
"""


def faults(calls, dice):
    """(call, what, n) in turn; send() the answer whether it fired: a call that does not come so often is done with."""
    rows = [(call, what) for call, kinds in calls.items() for what in kinds]
    if ALL:
        for call, what in rows:
            for n in range(1, MOST + 1):
                if not (yield call, what, n):
                    break
        return
    most = {}
    while True:
        call, what = dice.choice(rows)
        n = dice.randint(1, most.get((call, what), 8))
        if not (yield call, what, n) and n > 1:
            most[call, what] = n // 2


class Attempt:
    """One fault, laid out for the next worker, until that one has ended or gone on for some batches."""

    def __init__(self, stage, count, fault):
        self.stage, self.count, self.fault = stage, count, ":".join(fault[:2]) + f":when={fault[2]}"
        stage.write("pid", "")
        stage.write("fault.new", self.fault + "\n")
        os.rename(os.path.join(stage.folder, "fault.new"), os.path.join(stage.folder, "fault"))

    def run(self):
        """Whether it fired, and whether that ended the attempt."""
        until(f"{self.fault} is taken", self.is_taken, 60, self.count.process)
        worker = Victim(int(self.stage.read("pid")))
        begun, deadline = len(self.count.log()), time.monotonic() + 60
        while worker.alive() and not self.is_over(self.count.log()[begun:]):
            expect(time.monotonic() < deadline, f"{self.fault}: neither an end nor a batch\n{self.count.process.tail()}")
            time.sleep(0.01)  # poll: the deadline above ends it
        ended = not worker.alive()
        worker.signal(signal.SIGKILL)
        return (ended if KILL in self.fault else "INJECTED" in self.stage.read("trace")), ended

    @staticmethod
    def is_over(said):
        return said.count(" event=batch.completed ") >= BATCHES or " event=store.retry " in said or " event=source.retry " in said

    def is_taken(self):
        if self.stage.read("pid").endswith("\n"):
            return True
        plain = self.count.worker()
        if plain and "/program worker" not in plain.command() and not self.stage.read("pid"):  # not the one that took it
            plain.signal(signal.SIGKILL)
        return False


def sweep(name, calls, checkpoint_of, tree_of):
    dice, happened, ended = random.Random(f"{SEED} {name}"), 0, 0
    with Stage(name) as stage:
        program = stage.write("program", PROGRAM.format(program=daemon(BUILD), stage=stage.folder))
        os.chmod(program, 0o755)
        kafka = MockKafka(stage, daemon(BUILD), 5 if not ALL else 60, 300)
        text = job(kafka.servers, checkpoint_of(stage), interval="20ms", keys="attemptFailuresValidityInterval: 1m\n")
        count = Wordcount(stage, BUILD, text, options=("--program", program))
        log_of = lambda: Log(tree_of(stage))
        until("a batch", lambda: count.events("batch.completed"), 60, count.process)
        turn, until_s = faults(calls, dice), time.monotonic() + SAMPLE_SECONDS
        fault = next(turn)
        while fault and (ALL or time.monotonic() < until_s):
            did, end = Attempt(stage, count, fault).run()
            if ALL:
                print(f"{name}: {':'.join(map(str, fault))}" + (" fired" if did else "") + (", attempt ended" if end else ""), flush=True)
            happened, ended = happened + did, ended + (did and end)
            try:
                fault = turn.send(did)
            except StopIteration:
                fault = None
        judge(kafka, count, log_of)
        print(f"{name}: {happened} faults, {ended} ended the attempt, epoch {log_of().epoch}: lost 0, doubled 0", flush=True)
        fired("io_failures", happened)
        expect(happened, f"none fired: the calls have other names now")


def judge(kafka, count, log_of):
    until("all is produced", kafka.done, 120, kafka)
    produced, words = kafka.ledger()

    def counted():
        try:
            return log_of().records()
        except (Failed, OSError, Exception):  # a name that is just being changed
            return -1

    until("all is counted", lambda: counted() >= sum(produced.values()), 60, count.process)
    until("it is up", count.status, 60, count.process)  # before that a signal ends it as it ends any process
    status = count.process.stop()
    expect(status == 0, f"the daemon ended with {status}\n{count.process.tail()}")
    log_of().check_ranges(produced)
    counts = word_counts(count.printed())
    expect(sorted(counts.values()) == sorted(number for number in words.values() if number),
           f"printed: {sum(counts.values())} words, produced: {sum(words.values())}")


def any_call_on_the_local_store():
    sweep("inject-local", LOCAL, lambda stage: "file://" + stage.path("checkpoint", "x")[:-2],
          lambda stage: LocalTree(os.path.join(stage.folder, "checkpoint")))


def any_call_to_webhdfs():
    fake = FakeWebhdfs()
    sweep("inject-webhdfs", REMOTE, lambda stage: fake.url("/jobs/wordcount"),
          lambda stage: WebhdfsTree(Webhdfs(fake.address()), "/jobs/wordcount"))
    fake.close()


def what_fails_at_the_start_is_named_and_no_wrong_setting():
    with Stage("inject-start") as stage:
        jobs, away = stage.path("jobs", "x")[:-2], stage.path("away")
        for call, folder, status, words in (("getdents64", jobs, 75, "jobs: Input/output error"), ("getdents64", away, 78, "away: No such"),
                                            ("fcntl", jobs, 75, "run: " + stage.path("state", "lock") + ": Input/output error")):
            argv = ["strace", "-qq", "-o", stage.path("trace"), "-e", "trace=" + call, "-e", f"inject={call}:error=EIO", daemon(BUILD),
                    "run", "--state", stage.path("state", "x")[:-2], "--conf", stage.write("tidemark.yaml", ""), "--jobs", folder]
            done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120,
                                  env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
            expect(done.returncode == status and words in done.stderr, f"{call}: status {done.returncode}: {done.stderr}")


def any_call_of_the_daemon():
    """It is started with a fault, left alone for some batches, killed if it still lives, started with the next."""
    dice, happened, ended = random.Random(f"{SEED} daemon"), 0, 0
    with Stage("inject-daemon") as stage:
        kafka = MockKafka(stage, daemon(BUILD), 5 if not ALL else 60, 300)
        count = Wordcount(stage, BUILD, job(kafka.servers, "file://" + stage.path("checkpoint", "x")[:-2], interval="20ms"))
        plain, until_s, turn = list(count.process.argv), time.monotonic() + SAMPLE_SECONDS, faults(DAEMON, dice)
        fault = next(turn)
        while fault and (ALL or time.monotonic() < until_s):
            count.process.kill()
            batches, trace = len(count.events("batch.completed")), stage.write("trace", "")
            spec = ":".join(fault[:2]) + f":when={fault[2]}"
            count.process = stage.spawn("daemon", ["strace", "-D", "-qq", "-o", trace, "-e", "trace=" + fault[0], "-e", "signal=none",
                                                   "-e", "inject=" + spec, *plain], output=count.output)
            deadline = time.monotonic() + 3  # of one that neither ends nor goes on: a restart must mend it
            while count.process.alive() and len(count.events("batch.completed")) < batches + BATCHES and time.monotonic() < deadline:
                time.sleep(0.01)  # poll: the deadline above ends it
            end = not count.process.alive()
            did = end if KILL in spec else "INJECTED" in stage.read("trace")
            happened, ended = happened + did, ended + (did and end)
            if ALL:
                print(f"daemon: {spec}" + (" fired" if did else "") + (f", ended: {count.process.popen.returncode}" if end else ""), flush=True)
            try:
                fault = turn.send(did)
            except StopIteration:
                fault = None
        count.process.kill()
        count.start()
        judge(kafka, count, lambda: Log(LocalTree(os.path.join(stage.folder, "checkpoint"))))
        print(f"inject-daemon: {happened} faults, {ended} ended it: lost 0, doubled 0", flush=True)
        fired("io_failures", happened)


def a_job_file_that_cannot_be_read_is_no_fault_of_the_job():
    with Stage("inject-file") as stage:
        argv = [daemon(BUILD), "worker", "wordcount", "--state", stage.folder, "--conf", stage.write("tidemark.yaml", "")]
        done = subprocess.run([*argv, "--spec", stage.path("away")], capture_output=True, text=True, check=False, timeout=120)
        expect(done.returncode == 74, f"status {done.returncode}: {done.stderr}")
        expect("No such file or directory" in done.stderr, done.stderr)


if __name__ == "__main__":
    TESTS = [a_job_file_that_cannot_be_read_is_no_fault_of_the_job, what_fails_at_the_start_is_named_and_no_wrong_setting,
             any_call_of_the_daemon, any_call_on_the_local_store, any_call_to_webhdfs]
    if "--only" in sys.argv:
        run_tests("inject", [globals()[sys.argv[sys.argv.index("--only") + 1]]], 7200 if ALL else 900)
    side_by_side("inject", TESTS)
