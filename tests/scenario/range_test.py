#!/usr/bin/env python3
"""range_test.py BUILD: offsets that the broker has deleted before they were read stop the job, or become a gap that its log
names, as onOffsetOutOfRange says."""

import os
import sys

from harness import Failed, Stage, expect, run_tests, until
from kafka import FakeBroker
from ledger import LocalTree, Log
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
AT, TO, END = 100_000, 250_000, 300_000  # once AT was asked for, what lies below TO is gone


def word_count(stage, policy, attempts):
    broker = FakeBroker(stage, BUILD, "--partitions", "1", "--record", "40", "--limit", str(END), "--low", f"{AT}:{TO}")
    text = job(broker.servers, "file://" + stage.path("checkpoint", "x")[:-2], attempts=attempts,
               source=f", fetch.message.max.bytes: 100000, onOffsetOutOfRange: {policy}")
    return Wordcount(stage, BUILD, text)


def log_of(stage):
    return Log(LocalTree(os.path.join(stage.folder, "checkpoint")))


def seen(stage, look):
    """What look() finds in the log, once there is one."""
    try:
        return look(log_of(stage))
    except (Failed, OSError, IndexError):  # it is just being made
        return None


def spans_of(log):
    spans = next(iter(log.ranges.values()), [])
    return [(begin, end) for begin, end, _ in spans if end > begin]


def lost_offsets_stop_the_job():
    with Stage("range-fail") as stage:
        count = word_count(stage, "fail", 2)
        row = count.wait_state("FAILED", 60)
        expect("is gone: Kafka has" in row["note"], row["note"])
        expect(count.events("attempt.failed") and "E330" in count.log(), "E330 is in the log")
        log = log_of(stage)
        expect(not log.gaps and all(end < TO for _, end in spans_of(log)), f"nothing is skipped: {log.gaps}")
        count.process.stop()


def a_gap(policy, to):
    with Stage("range-" + policy) as stage:
        count = word_count(stage, policy, 1)
        until("the gap", lambda: seen(stage, lambda log: log.gaps), 60, count.process)
        if policy == "earliest":
            until("the rest", lambda: seen(stage, lambda log: spans_of(log)[-1][1] == END), 60, count.process)
        expect(count.process.stop() == 0, "it ends well")
        log = log_of(stage)
        spans = spans_of(log)
        _, topic, partition, begin, end = log.gaps[0]
        expect(len(log.gaps) == 1 and (topic, partition) == ("lines", 0), str(log.gaps))
        expect(AT <= begin < TO and end == to, f"gap {begin} to {end}")
        said = count.events("source.gap")
        expect(len(said) == 1 and f" code=E330 topic=lines partition=0 from={begin} to={end} lost={end - begin}" in said[0], str(said))
        for (_, before), (after, _) in zip(spans, spans[1:]):
            expect(after in (before, to) and (after == before or before == begin), f"{before} is followed by {after}")


def a_gap_to_the_earliest():
    a_gap("earliest", TO)


def a_gap_to_the_latest():
    a_gap("latest", END)


if __name__ == "__main__":
    run_tests("range", [lost_offsets_stop_the_job, a_gap_to_the_earliest, a_gap_to_the_latest], 400)
