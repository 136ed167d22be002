#!/usr/bin/env python3
"""rate_test.py BUILD: how much a receiver takes: maxRate, and backpressure from initialRate on."""

import datetime
import re
import sys

from harness import Stage, expect, run_tests, until
from kafka import FakeBroker
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
END = 200_000  # records of the topic: at the first rate they would take 200 s
FIRST = 1000   # records a second
BURST_S = 0.1  # what comes at once when nothing was taken before


def word_count(stage, keys="", source=""):
    broker = FakeBroker(stage, BUILD, "--partitions", "1", "--record", "40", "--limit", str(END))
    return Wordcount(stage, BUILD, job(broker.servers, "file://" + stage.path("checkpoint", "x")[:-2], keys=keys, source=source))


def batches(count):
    """How many records each batch had that had any."""
    sizes = [int(re.search(r" records=(\d+)", line)[1]) for line in count.events("batch.completed")]
    return [size for size in sizes if size]


def seconds(line):
    """When a log line was written."""
    return datetime.datetime.fromisoformat(re.match(r"ts=(\S+)Z", line)[1]).timestamp()


def took(count, number):
    """From before anything was asked of Kafka until the batch of this number was over, those that had records counted from 0."""
    ends = [line for line in count.events("batch.completed") if " records=0 " not in line]
    return seconds(ends[number]) - seconds(count.events("job.recovered")[0])


def read_all(count):
    until("all is read", lambda: sum(batches(count)) == END, 150, count.process)
    expect(FIRST * took(count, -1) < END, f"{took(count, -1):.1f} s: the first rate held to the end")


def the_first_rate_is_kept_and_then_follows():
    with Stage("rate-initial") as stage:
        count = word_count(stage, keys=f"backpressure: {{initialRate: {FIRST}, minRate: 500}}\n")
        read_all(count)
        most = FIRST * (took(count, 0) + BURST_S)
        expect(batches(count)[0] <= most, f"the first batch has {batches(count)[0]} records, more than {most:.0f}")


def without_backpressure_nothing_is_held_back():
    with Stage("rate-off") as stage:
        read_all(word_count(stage, keys=f"backpressure: {{enabled: false, initialRate: {FIRST}}}\n"))


def a_source_never_takes_more_than_its_own_rate():
    with Stage("rate-max") as stage:
        count = word_count(stage, source=", maxRate: 5000")
        until("ten batches", lambda: len(batches(count)) >= 10, 60, count.process)
        sizes = batches(count)
        most = 5000 * (took(count, len(sizes) - 1) + BURST_S)
        expect(sum(sizes) <= most, f"{sizes}: {sum(sizes)} records, more than {most:.0f}")


if __name__ == "__main__":
    run_tests("rate", [the_first_rate_is_kept_and_then_follows, without_backpressure_nothing_is_held_back,
                       a_source_never_takes_more_than_its_own_rate])
