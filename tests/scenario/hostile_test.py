#!/usr/bin/env python3
"""hostile_test.py BUILD: a Kafka that loses, changes and spoils what it has. Holes that it may have and transactions that were
aborted are no loss; what cannot be read or is not what it was stops the job with topic, partition and offset, and nothing is skipped;
what is gone is a gap that the log names, where the job says so; the rest is waited for. --all: also what takes the watchdog's half minute."""

import os
import re
import signal
import sys
import time

from harness import Failed, Stage, expect, fired, peak_mb, run_tests, side_by_side, until
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

    def epoch(self):
        try:
            return self.log().epoch
        except (Failed, OSError, IndexError):
            return -1

    def wait_records(self, number):
        until(f"{number} records", lambda: self.records() >= number, 60, self.count.process)

    def peak_mb(self):
        return peak_mb(self.count.worker().pid)

    def grow(self, end, **changes):
        """The log gets longer while no client sees it, and what else is told of it."""
        self.broker.tell("error", 6)
        for word, value in changes.items():
            self.broker.tell(word, value)
        self.broker.tell("end", end)
        self.broker.tell("error", 0)

    def transact(self, at, *slots):
        """From offset `at` on, a batch each: (producer, data, commit or abort)."""
        for n, (producer, kind) in enumerate(slots):
            self.broker.tell("txn", at + 1000 * n, producer, kind)
        self.broker.tell("end", at + 1000 * len(slots))

    def kill(self):
        until("a worker", self.count.worker, 60, self.count.process).signal(signal.SIGKILL)

    def stays_well(self, records, seconds=35):
        """Longer than the watchdog waits: nothing comes, and that is in order."""
        begun = time.monotonic()

        def over():
            row = self.count.status()
            expect(row.get("state") != "RETRYING", f"it is no stall: {row}")
            return time.monotonic() - begun > seconds

        until("the watchdog's time", over, 120, self.count.process)
        expect(self.records() == records, f"{self.records()} records, not {records}")
        expect(not self.count.events("source.retry"), "a stall was told of")

    def ends_well(self, records=END, end=END, gaps=()):
        """Each offset up to the end is in one batch, or in one of the gaps."""
        self.wait_records(records)
        expect(self.count.process.stop() == 0, "it ends well")
        log = self.log()
        spans = [span for span in next(iter(log.ranges.values())) if span[1] > span[0]]
        found = [(begin, to) for _, _, _, begin, to in log.gaps]
        expect(found == list(gaps), f"gaps {found}, not {gaps}")
        whole = sorted(spans + [(begin, to, 0) for begin, to in gaps])
        expect(whole[0][0] == 0 and whole[-1][1] == end, f"{whole[0]} to {whole[-1]}")
        expect(all(before[1] == after[0] for before, after in zip(whole, whole[1:])), f"a hole or a double: {whole}")
        expect(log.records() == records, f"{log.records()} records, not {records}")
        told = [tuple(map(int, re.findall(r" (?:from|to|lost)=(\d+)", line))) for line in self.count.events("source.gap")]
        expect(sorted(set(told)) == [(begin, to, to - begin) for begin, to in gaps], f"told of {told}, not {gaps}")


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


def aborted_transactions_are_no_records():
    with Stage("hostile-abort") as stage:
        scene = Scene(stage)
        scene.wait_records(HALF)
        scene.transact(HALF, (7, "data"), (8, "data"), (7, "data"), (8, "data"), (7, "abort"), (8, "commit"))
        scene.wait_records(HALF + 2000)  # of producer 8
        scene.kill()
        scene.transact(HALF + 6000, (7, "data"), (7, "commit"), (9, "data"), (9, "abort"))
        scene.wait_records(HALF + 3000)
        scene.broker.tell("end", END)
        scene.ends_well(HALF + 3000 + END - HALF - 10_000)


def an_open_transaction_hides_what_follows_it():
    with Stage("hostile-open") as stage:
        scene = Scene(stage)
        scene.wait_records(HALF)
        scene.broker.tell("txn", HALF + 1000, 7, "data")
        scene.broker.tell("end", HALF + 20_000)
        scene.wait_records(HALF + 1000)
        scene.kill()  # the next one asks for the end: it is not there yet
        until("it was recovered", lambda: scene.epoch() > 1, 60, scene.count.process)
        expect(scene.records() == HALF + 1000, f"{scene.records()} records: what is open was read")
        scene.broker.tell("txn", HALF + 20_000, 7, "abort")
        scene.broker.tell("end", END)
        scene.ends_well(END - 2000)


def an_open_transaction_is_no_stall():
    with Stage("hostile-open-long") as stage:
        scene = Scene(stage)
        scene.wait_records(HALF)
        scene.broker.tell("txn", HALF, 7, "data")
        scene.broker.tell("end", HALF + 20_000)
        scene.stays_well(HALF)
        scene.broker.tell("txn", HALF + 20_000, 7, "commit")
        scene.broker.tell("end", END)
        scene.ends_well(END - 1000)


def an_end_of_aborted_transactions_is_no_stall():
    with Stage("hostile-abort-long") as stage:
        scene = Scene(stage)
        scene.wait_records(HALF)
        scene.transact(HALF, *[(7, "data")] * 5, (7, "abort"))
        scene.stays_well(HALF)
        scene.broker.tell("end", END)
        scene.ends_well(END - 6000)


def each_jump_of_the_first_offset_is_a_gap_of_its_own():
    with Stage("hostile-low") as stage:
        scene = Scene(stage, "earliest")
        scene.wait_records(HALF)
        scene.grow(HALF + 10_000, low=HALF + 4000)
        scene.wait_records(HALF + 6000)
        scene.grow(HALF + 20_000, low=HALF + 15_000)
        scene.kill()
        scene.wait_records(HALF + 11_000)
        scene.grow(END)
        scene.ends_well(END - 9000, gaps=[(HALF, HALF + 4000), (HALF + 10_000, HALF + 15_000)])


def a_jump_of_the_first_offset_stops_the_job():
    with Stage("hostile-low-fail") as stage:
        scene = Scene(stage, attempts=2)
        scene.wait_records(HALF)
        scene.grow(END, low=HALF + 4000)
        row = scene.count.wait_state("FAILED", 60)
        for word in ("lines/0", f"offset {HALF} is gone", f"{HALF + 4000} to {END}"):
            expect(word in row["note"], f"{word}: {row['note']}")
        expect(scene.records() == HALF, f"{scene.records()} records: nothing is skipped")


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
            scene.broker.tell("bad", "well")
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
        expect(scene.count.process.stop() == 0, "it ends well")
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


SHORT = [holes_are_no_loss, aborted_transactions_are_no_records, an_open_transaction_hides_what_follows_it,
         each_jump_of_the_first_offset_is_a_gap_of_its_own, a_jump_of_the_first_offset_stops_the_job,
         a_batch_with_a_wrong_checksum_stops_the_job, errors_of_all_kinds_are_waited_for,
         a_topic_that_is_away_and_comes_back_is_the_same, offsets_used_again_stop_the_job, a_topic_made_anew_stops_the_job,
         a_topic_made_anew_while_nobody_looked_stops_the_job, an_end_that_comes_back_is_waited_for]
LONG = [an_open_transaction_is_no_stall, an_end_of_aborted_transactions_is_no_stall, a_record_that_announces_a_gigabyte_is_waited_for,
        a_batch_that_announces_a_gigabyte_is_waited_for, an_answer_that_announces_a_gigabyte_is_waited_for]  # the watchdog's 30 s
TESTS = SHORT + (LONG if "--all" in sys.argv or "--only" in sys.argv else [])

if __name__ == "__main__":
    if "--only" in sys.argv:
        run_tests("hostile", [globals()[sys.argv[sys.argv.index("--only") + 1]]], 600)
    fired("kafka_lies", len(TESTS))
    side_by_side("hostile", TESTS)
