#!/usr/bin/env python3
"""rate_test.py BUILD: how much a receiver takes: maxRate, and backpressure from initialRate on."""

import re
import sys

from harness import Stage, expect, run_tests, until
from kafka import FakeBroker
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
END = 200_000  # records of the topic
FIRST_S = 2  # of the first batch, at most: an interval of 0.2 s, whose tick may be late on a loaded machine


def word_count(stage, keys="", source=""):
    broker = FakeBroker(stage, BUILD, "--partitions", "1", "--record", "40", "--limit", str(END))
    return Wordcount(stage, BUILD, job(broker.servers, "file://" + stage.path("checkpoint", "x")[:-2], keys=keys, source=source))


def batches(count):
    """How many records each batch had that had any."""
    sizes = [int(re.search(r" records=(\d+)", line)[1]) for line in count.events("batch.completed")]
    return [size for size in sizes if size]


def seconds(line):
    """When a log line was written."""
    hours, minutes, rest = re.match(r"ts=\S+T(\d+):(\d+):([\d.]+)Z", line).groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def the_first_rate_is_kept_and_then_follows():
    with Stage("rate-initial") as stage:
        count = word_count(stage, keys="backpressure: {initialRate: 1000, minRate: 500}\n")
        until("all is read", lambda: sum(batches(count)) == END, 60, count.process)
        sizes = batches(count)
        expect(sizes[0] <= 1000 * FIRST_S, f"the first batch has {sizes[0]} records")
        expect(max(sizes) > 10 * 1000 * 0.2, f"no batch of {sizes} shows that the job can bear more")


def without_backpressure_nothing_is_held_back():
    with Stage("rate-off") as stage:
        count = word_count(stage, keys="backpressure: {enabled: false, initialRate: 1000}\n")
        until("all is read", lambda: sum(batches(count)) == END, 60, count.process)
        expect(max(batches(count)[:2]) > 1000 * FIRST_S, f"the first of {batches(count)}")


def a_source_never_takes_more_than_its_own_rate():
    with Stage("rate-max") as stage:
        count = word_count(stage, source=", maxRate: 5000")
        until("ten batches", lambda: len(batches(count)) >= 10, 60, count.process)
        lines, sizes = count.events("batch.completed"), batches(count)
        took = seconds(lines[-1]) - seconds(lines[0]) + 0.5  # the first batch, and the burst that a rate allows
        expect(sum(sizes) <= 5000 * took, f"{sizes} in {took:.1f} s are too many")
        expect(sum(sizes) > 5000 * took / 10, f"{sizes} in {took:.1f} s are too few")


if __name__ == "__main__":
    run_tests("rate", [the_first_rate_is_kept_and_then_follows, without_backpressure_nothing_is_held_back,
                       a_source_never_takes_more_than_its_own_rate])
