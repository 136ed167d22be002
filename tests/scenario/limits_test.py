#!/usr/bin/env python3
"""limits_test.py BUILD: a daemon and its worker with little memory, few files, few threads. Each either counts all that there is
or says what it wants and, where it cannot go on, ends. --all: each limit of a range, else some."""

import concurrent.futures
import os
import re
import shutil
import sys
import time

from harness import Failed, Stage, daemon, expect, fired, run_tests, until
from kafka import FakeBroker, MockKafka
from ledger import LocalTree, Log
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
ALL = "--all" in sys.argv
AT_ONCE = 6
SECONDS = 60  # for either
RECEIVERS = 2  # each is a consumer of its own, with some six threads
HASTY = {"interval": "100ms", "attempts": 3, "keys": "stopGracefully: {timeout: 1s}\n"}
TOGETHER = range(380, 860, 2) if ALL else (400, 496, 550, 620, 680, 711, 754, 778)
MEMORY = range(20, 424, 4) if ALL else (30, 100, 116, 240, 300)
FILES = range(4, 65) if ALL else (4, 5, 8, 12, 16, 19, 24)
TASKS = range(1, 33) if ALL else (1, 8, 16)
WANTS = re.compile("raise the limit of|too many open files|failed to (map|create)|cannot (allocate|create|start)|temporarily unavailable|unexpected error", re.I)


def under_limits():
    """Words in front of the command. Root has no limit of tasks, another one has a number that nobody uses."""
    if BUILD == "build":  # a sanitizer takes terabytes of addresses and a thread for itself
        yield from (["prlimit", f"--as={megabytes}000000"] for megabytes in MEMORY)
        if os.getuid() == 0:
            for tasks in TASKS:
                yield ["prlimit", f"--nproc={tasks}", "setpriv", f"--reuid={40000 + tasks}", "--clear-groups"]
    yield from (["prlimit", f"--nofile={files}"] for files in FILES)


def counted(folder):
    try:
        return Log(LocalTree(folder)).records()
    except (Failed, OSError, IndexError):  # it is just being made, or never will be
        return -1


def outcome(count, checkpoint, total):
    """"well", or the line that says what is missing."""
    if counted(checkpoint) >= total:
        return "well"
    if not count.process.alive() or count.events("job.failed") or time.monotonic() > count.patience:
        said = [line for line in count.log().splitlines() if WANTS.search(line)]
        return said[-1] if said else None
    return None


def one(stage, make_text, total, name, under):
    began = time.monotonic()
    checkpoint = stage.path(name, "checkpoint", "x")[:-2]
    text = make_text("file://" + checkpoint, name)
    for folder in (stage.folder, os.path.join(stage.folder, name), checkpoint, stage.path(name, "state", "x")[:-2]):
        os.chmod(folder, 0o777)
    count = Wordcount(stage, stage.folder, text, name, under=under)
    count.patience = time.monotonic() + 5  # after that a trouble that is told will do
    what = until(under[1], lambda: outcome(count, checkpoint, total), SECONDS)
    took = time.monotonic() - began
    if count.process.alive():
        expect(count.process.stop() == 0, f"{under[1]}: it does not end well\n{count.process.tail()}")
    else:
        expect(count.process.popen.returncode in (71, 75, 127), f"{under[1]}: {count.process.popen.returncode}\n{count.process.tail()}")
    print(f"limits: {name}: {took:.1f} s, ended after {time.monotonic() - began:.1f} s: {what}", flush=True)


def what_is_missing_is_told_and_never_waited_for_in_silence():
    limits = list(under_limits())
    with Stage("limits") as stage, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        kafka = MockKafka(stage, daemon(BUILD), 1, 300)
        shutil.copy(daemon(BUILD), stage.path("tidemark"))  # where everybody may run it
        until("all is produced", kafka.done, 60, kafka)

        def text(url, name):
            return job(kafka.servers, url, group=name, **HASTY)

        total = sum(kafka.ledger()[0].values())
        for done in [pool.submit(one, stage, text, total, f"{n}{under[1]}", under) for n, under in enumerate(limits)]:
            done.result()
    fired("limits", len(limits))


def receivers_that_open_at_once_are_told_of_or_read():
    with Stage("limits-many") as stage, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        brokers = [FakeBroker(stage, BUILD, "--partitions", "1", "--limit", "1000") for _ in range(RECEIVERS)]
        shutil.copy(daemon(BUILD), stage.path("tidemark"))

        def text(url, name):
            before, source, after = re.split(r"(  - kafka: .*\n)", job("SERVERS", url, group=name, **HASTY))
            sources = [source.replace("SERVERS", broker.servers).replace("kafka: {", f"kafka: {{name: s{n}, ") for n, broker in enumerate(brokers)]
            streams = "streams:\n  all: {from: [%s], transformations: [map: _.value]}\n" % ", ".join(f"s{n}" for n in range(RECEIVERS))
            return before + "".join(sources) + streams + "outputs:\n  - print: {from: all, num: 3}\n"

        limits = [["prlimit", f"--as={megabytes}000000"] for megabytes in TOGETHER] if BUILD == "build" else []
        for done in [pool.submit(one, stage, text, 1000 * RECEIVERS, f"m{under[1]}", under) for under in limits]:
            done.result()
    fired("limits", len(limits))


if __name__ == "__main__":
    run_tests("limits", [what_is_missing_is_told_and_never_waited_for_in_silence, receivers_that_open_at_once_are_told_of_or_read])
