#!/usr/bin/env python3
"""rough_test.py BUILD: what an operator and a machine do to a daemon at work: the clock is set, signals come at any time, the
checkpoint is taken away."""

import glob
import os
import random
import signal
import subprocess
import sys
import time

from harness import Failed, Stage, daemon, expect, fired, run_tests, seed_of, side_by_side, until
from kafka import MockKafka
from ledger import LocalTree, Log
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
SIGNALS = 12


def local(stage):
    return "file://" + stage.path("checkpoint", "x")[:-2]


def log_of(stage):
    return Log(LocalTree(os.path.join(stage.folder, "checkpoint")))


def records(stage):
    try:
        return log_of(stage).records()
    except (Failed, OSError, IndexError):  # it is just being made
        return -1


def judge(stage, kafka, count):
    until("all is produced", kafka.done, 90, kafka)
    produced, _ = kafka.ledger()
    until("all is counted", lambda: records(stage) >= sum(produced.values()), 60, count.process)
    until("it is up", count.status, 60, count.process)  # before that a signal ends it as it ends any process
    expect(count.process.stop() == 0, f"it ends well\n{count.process.tail()}")
    log_of(stage).check_ranges(produced)


def the_clock_may_jump():
    library = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    expect(library, "libfaketime is not there")
    if BUILD != "build":
        print("rough: the clock: not under a sanitizer", flush=True)
        return
    with Stage("rough-clock") as stage:
        def jump(by):
            stage.write("now.new", by + "\n")
            os.rename(stage.path("now.new"), stage.path("now"))

        jump("+0")
        kafka = MockKafka(stage, daemon(BUILD), 6, 300)
        fake = {"LD_PRELOAD": library[0], "FAKETIME_TIMESTAMP_FILE": stage.path("now"), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        count = Wordcount(stage, BUILD, job(kafka.servers, local(stage), interval="100ms"), env=fake)
        jumps = ("+1s", "-1s", "+1d", "+0", "-1d", "+3650d", "+0", "-3650d", "+0")
        for by in jumps:
            done = len(count.events("batch.completed"))
            jump(by)
            until(f"batches after {by}", lambda: len(count.events("batch.completed")) > done + 3, 60, count.process)
        row = count.status()
        expect(row["attempts"]["counted"] == 0 and row["attempts"]["number"] == 1, f"{row['attempts']}")
        judge(stage, kafka, count)
        fired("clock_jumps", len(jumps))


def signals_at_any_time_end_it_well():
    dice = random.Random(SEED)
    with Stage("rough-signal") as stage:
        kafka = MockKafka(stage, daemon(BUILD), 3, 300)
        count = Wordcount(stage, BUILD, job(kafka.servers, local(stage), interval="50ms"))
        began = 0
        for n in range(SIGNALS):
            early = n % 3 == 0
            if not early:
                until("it is up", lambda: len(count.events("daemon.started")) > began, 60, count.process)
            time.sleep(dice.random() * (0.05 if early else 0.5))  # delay: the random moment of the signal
            sent = [dice.choice((signal.SIGTERM, signal.SIGINT)) for _ in range(dice.randint(1, 2))]
            for number in ([signal.SIGHUP] if dice.random() < 0.5 and not early else []) + sent:
                count.process.signal(number)
            status = count.process.popen.wait(60)
            up = len(count.events("daemon.started")) > began
            expect(status == 0 or (not up and -status in sent), f"{sent}: status {status}\n{count.process.tail()}")
            began = len(count.events("daemon.started"))
            count.start()
        judge(stage, kafka, count)
        expect(not count.events("attempt.failed"), "no attempt failed")
        fired("signals", SIGNALS)


def a_checkpoint_that_is_taken_away_stops_the_job():
    with Stage("rough-away") as stage:
        kafka = MockKafka(stage, daemon(BUILD), 4, 300)
        count = Wordcount(stage, BUILD, job(kafka.servers, local(stage), interval="100ms", attempts=1000))
        until("batches", lambda: len(count.events("batch.completed")) > 5, 60, count.process)
        folder = os.path.join(stage.folder, "checkpoint")
        os.rename(folder, folder + ".away")
        row = count.wait_state("REJECTED", 60, "was removed or replaced while it was in use")
        expect(row["attempts"]["number"] == 1 and not os.path.exists(folder), f"it began again with nothing: {row}")
        os.rename(folder + ".away", folder)
        count.process.kill()
        count.start()
        judge(stage, kafka, count)


def a_checkpoint_that_is_gone_at_the_start_is_told():
    with Stage("rough-gone") as stage:
        kafka = MockKafka(stage, daemon(BUILD), 4, 300)
        count = Wordcount(stage, BUILD, job(kafka.servers, local(stage), interval="100ms", attempts=1000))
        until("batches", lambda: len(count.events("batch.completed")) > 5, 60, count.process)
        expect(count.process.stop() == 0 and not count.events("checkpoint.empty"), "a first start is nothing to tell")
        count.start()
        until("it goes on", lambda: len(count.events("job.recovered")) > 1, 60, count.process)
        expect(count.process.stop() == 0 and not count.events("checkpoint.empty"), "nor is a second one")
        os.rename(os.path.join(stage.folder, "checkpoint"), os.path.join(stage.folder, "away"))
        count.start()
        until("it is told", lambda: count.events("checkpoint.empty"), 60, count.process)
        until("it begins anew", lambda: len(count.events("job.recovered")) > 2, 60, count.process)


if __name__ == "__main__":
    SEED = seed_of(sys.argv)
    TESTS = [the_clock_may_jump, signals_at_any_time_end_it_well, a_checkpoint_that_is_taken_away_stops_the_job,
             a_checkpoint_that_is_gone_at_the_start_is_told]
    if "--only" in sys.argv:
        run_tests("rough", [globals()[sys.argv[sys.argv.index("--only") + 1]]], 300)
    side_by_side("rough", TESTS)
