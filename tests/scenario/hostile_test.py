#!/usr/bin/env python3
"""hostile_test.py BUILD: a Kafka that loses, changes and spoils what it has. Holes that it may have are no loss; what cannot be
read or is not what it was stops the job with topic, partition and offset, and nothing is skipped; the rest is waited for. --all: also what
takes the watchdog's half minute."""

import os
import sys

from harness import Failed, Stage, expect, fired, run_tests, side_by_side, until
from kafka import FakeBroker
from ledger import LocalTree, Log
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
HALF, END = 40_000, 80_000
MB_MAX = 300


class Scene:
    """A word count on one partition that has HALF records, all of which are read."""

    def __init__(self, stage, policy="fail", attempts=1000, end=HALF):
        self.stage = stage
        self.broker = FakeBroker(stage, BUILD, "--partitions", "1", "--record", "40", "--limit", str(end))
        text = job(self.broker.servers, "file://" + stage.path("checkpoint", "x")[:-2], attempts=attempts,
                   source=f", onOffsetOutOfRange: {policy}, reconnect.backoff.max.ms: 200")
        self.count = Wordcount(stage, BUILD, text)

    def log(self):
        return Log(LocalTree(os.path.join(self.stage.folder, "checkpoint")))

    def records(self):
        try:
            return self.log().records()
        except (Failed, OSError, IndexError):  # it is just being made
            return -1

    def wait_records(self, number):
        until(f"{number} records", lambda: self.records() >= number, 40, self.count.process)

    def peak_mb(self):
        worker = self.count.worker()
        with open(f"/proc/{worker.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024

    def ends_well(self, records=END, end=END):
        self.wait_records(records)
        expect(self.count.process.stop() == 0, "it ends well")
        log = self.log()
        spans = [span for span in next(iter(log.ranges.values())) if span[1] > span[0]]
        expect(spans[0][0] == 0 and spans[-1][1] == end, f"{spans[0]} to {spans[-1]}")
        expect(all(before[1] == after[0] for before, after in zip(spans, spans[1:])), f"a hole or a double: {spans}")
        expect(log.records() == records and not log.gaps, f"{log.records()} records, gaps {log.gaps}")


def holes_are_no_loss():
    with Stage("hostile-hole") as stage:
        scene = Scene(stage)
        scene.wait_records(HALF)
        for at in (HALF, HALF + 7000):
            scene.broker.tell("bad", "hole", at)
            scene.broker.tell("end", at + 5000)
            scene.wait_records(at + 5000 - 1000 * (1 + (at > HALF)))
        scene.broker.tell("end", END)
        scene.ends_well(END - 2000)


def a_spoilt(kind, words, fatal):
    with Stage("hostile-" + kind) as stage:
        scene = Scene(stage, attempts=2 if fatal else 1000)
        scene.wait_records(HALF)
        scene.broker.tell("bad", kind, HALF + 3000)
        scene.broker.tell("end", END)
        row = scene.count.wait_state("FAILED" if fatal else "RETRYING", 60)
        for word in words:
            expect(word in row["note"], f"{word}: {row['note']}")
        expect(HALF <= scene.records() <= HALF + 3000, f"{scene.records()} records: nothing is skipped")
        if not fatal:
            expect(scene.peak_mb() < MB_MAX, f"{scene.peak_mb():.0f} MB")
            scene.broker.tell("bad", kind, -1)
            scene.ends_well()


def a_batch_with_a_wrong_checksum_stops_the_job():
    a_spoilt("crc", ["lines/0", "offset 43000"], True)


def a_record_that_announces_a_gigabyte_is_waited_for():
    a_spoilt("record", ["lines/0"], False)


def a_batch_that_announces_a_gigabyte_is_waited_for():
    a_spoilt("huge", ["lines/0"], False)


def an_answer_that_announces_a_gigabyte_is_waited_for():
    a_spoilt("frame", [], False)


def errors_of_all_kinds_are_waited_for():
    codes = (-1, 2, 6, 29, 56, 999, -32768)
    with Stage("hostile-code") as stage:
        scene = Scene(stage)
        for n, code in enumerate(codes):
            scene.wait_records(HALF + 1000 * n)
            scene.broker.tell("error", code)
            scene.broker.tell("end", HALF + 1000 * (n + 1))
            scene.broker.tell("error", 0)
        scene.broker.tell("end", END)
        scene.ends_well()


def a_topic_that_is_away_and_comes_back_is_the_same():
    with Stage("hostile-away") as stage:
        scene = Scene(stage)
        scene.wait_records(HALF)
        scene.broker.tell("error", 3)
        scene.count.wait_state("RETRYING", 60)
        scene.broker.tell("end", END)
        scene.broker.tell("error", 0)
        scene.ends_well()


def stopped_by_other_records(stage, scene):
    row = scene.count.wait_state("FAILED", 60)
    expect("lines/0" in row["note"] and "anew or cut" in row["note"], row["note"])
    expect(" code=E330 " in "".join(scene.count.events("job.error")), "E330")
    expect(scene.records() == HALF, f"{scene.records()} records: none of the new ones")


def offsets_used_again_stop_the_job():
    with Stage("hostile-cut") as stage:
        scene = Scene(stage, attempts=1)
        scene.wait_records(HALF)
        scene.broker.tell("end", HALF - 5000)
        scene.count.wait_state("RETRYING", 60, "behind the end")
        scene.broker.tell("other", HALF - 5000)
        scene.broker.tell("end", END)
        stopped_by_other_records(stage, scene)


def a_topic_made_anew_stops_the_job():
    with Stage("hostile-anew") as stage:
        scene = Scene(stage, attempts=1)
        scene.wait_records(HALF)
        scene.broker.tell("error", 3)
        scene.count.wait_state("RETRYING", 60)
        scene.broker.tell("other", 0)
        scene.broker.tell("end", END)
        scene.broker.tell("error", 0)
        stopped_by_other_records(stage, scene)


def a_topic_made_anew_while_nobody_looked_stops_the_job():
    with Stage("hostile-unseen") as stage:
        scene = Scene(stage, attempts=1)
        scene.wait_records(HALF)
        expect(scene.count.process.stop(30) == 0, "it ends well")
        scene.broker.tell("other", 0)
        scene.broker.tell("end", END)
        scene.count.start()
        stopped_by_other_records(stage, scene)


def an_end_that_comes_back_is_waited_for():
    with Stage("hostile-behind") as stage:
        scene = Scene(stage)
        scene.wait_records(HALF)
        scene.broker.tell("end", HALF - 5000)
        scene.count.wait_state("RETRYING", 60, "behind the end")
        scene.broker.tell("end", END)
        scene.ends_well()


SHORT = [holes_are_no_loss, a_batch_with_a_wrong_checksum_stops_the_job, errors_of_all_kinds_are_waited_for,
         a_topic_that_is_away_and_comes_back_is_the_same, offsets_used_again_stop_the_job, a_topic_made_anew_stops_the_job,
         a_topic_made_anew_while_nobody_looked_stops_the_job, an_end_that_comes_back_is_waited_for]
LONG = [a_record_that_announces_a_gigabyte_is_waited_for, a_batch_that_announces_a_gigabyte_is_waited_for,
        an_answer_that_announces_a_gigabyte_is_waited_for]  # until the watchdog has seen that nothing comes: 30 s

if __name__ == "__main__":
    if "--only" in sys.argv:
        run_tests("hostile", [globals()[sys.argv[sys.argv.index("--only") + 1]]], 150)
    fired("kafka_lies", len(SHORT))
    side_by_side("hostile", SHORT + (LONG if "--all" in sys.argv else []))
