#!/usr/bin/env python3
"""rate_test.py BUILD: how much a receiver takes: maxRate, and backpressure from initialRate on."""

import re
import sys

from harness import Stage, expect, run_tests, until
from kafka import FakeBroker
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
END = 200_000  # records of the topic
FIRST_S = 0.3  # of the first batch: less than one interval, and the burst that a rate allows


def word_count(stage, keys="", source=""):
    broker = FakeBroker(stage, BUILD, "--partitions", "1", "--record", "40", "--limit", str(END))
    return Wordcount(stage, BUILD, job(broker.servers, "file://" + stage.path("checkpoint", "x")[:-2], keys=keys, source=source))


def batches(count):
    """How many records each batch had that had any."""
    sizes = [int(re.search(r" records=(\d+)", line)[1]) for line in count.events("batch.completed")]
    return [size for size in sizes if size]


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
        expect(batches(count)[0] > 1000, f"the first of {batches(count)}")


def a_source_never_takes_more_than_its_own_rate():
    with Stage("rate-max") as stage:
        count = word_count(stage, source=", maxRate: 5000")
        until("ten batches", lambda: len(batches(count)) >= 10, 60, count.process)
        sizes = batches(count)
        expect(max(sizes) <= 5000 * 0.4, f"a batch of {sizes} is too large")
        expect(sum(sizes) > 5000 * 0.2 * len(sizes) / 4, f"{sizes} are too few")


if __name__ == "__main__":
    run_tests("rate", [the_first_rate_is_kept_and_then_follows, without_backpressure_nothing_is_held_back,
                       a_source_never_takes_more_than_its_own_rate])
