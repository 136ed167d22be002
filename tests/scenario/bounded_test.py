#!/usr/bin/env python3
"""bounded_test.py BUILD: a source that has more for a batch than the job's memory has room for waits for the tick, and a worker
that dies with a batch as large as can be leaves nothing that the next one cannot take."""

import os
import signal
import sys

from harness import Stage, expect, run_tests, until
from kafka import FakeBroker
from ledger import LocalTree, Log, records_of
from wordcount import Wordcount

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
PARTITIONS, RECORDS = 2, 250_000  # of each; of 100 bytes
KEPT = 12_000_000                 # bytes of the log's tail when the worker is killed
JOB = """batchInterval: 2s
checkpoint: {checkpoint}
maxAppAttempts: 2
attemptBackoff: {{initial: 0s}}
sources:
  - kafka: {{bootstrap.servers: "{servers}", group.id: g, topics: {{lines: 1}}, startingOffsets: earliest}}
transformations:
  - map: (1, _.value)
  - groupByKey
  - count
outputs:
  - print
"""


def tail(checkpoint):
    """Bytes of group commits that no batch has taken."""
    size = 0
    for folder, _, names in os.walk(checkpoint):
        for name in names if folder.endswith("/wal") else ():
            try:
                size += os.path.getsize(os.path.join(folder, name))
            except FileNotFoundError:  # a batch has just taken it
                pass
    return size


def sources_wait_when_a_batch_is_full():
    with Stage("bounded") as stage:
        broker = FakeBroker(stage, BUILD, "--partitions", str(PARTITIONS), "--record", "100", "--limit", str(RECORDS))
        checkpoint = stage.path("checkpoint", "x")[:-2]
        text = JOB.format(checkpoint="file://" + checkpoint, servers=broker.servers)
        count = Wordcount(stage, BUILD, text, settings="limits: {memoryPerJob: 64MiB}\n")
        until("a large batch is open", lambda: tail(checkpoint) > KEPT, 60, count.process)
        expect(count.worker().signal(signal.SIGKILL), "the worker was gone")
        tree = LocalTree(checkpoint)
        until("all is counted", lambda: records_of(tree) == PARTITIONS * RECORDS or count.events("job.failed"), 120, count.process)
        expect(not count.events("job.failed"), count.process.tail())
        Log(tree).check_ranges(dict.fromkeys(range(PARTITIONS), RECORDS))
        expect(len(count.events("attempt.failed")) == 1, count.process.tail())
        batches = [line for line in count.events("batch.completed") if " records=0 " not in line]
        expect(len(batches) >= 3, batches)
        expect(count.events("batch.full"), "nothing is said of it")


if __name__ == "__main__":
    run_tests("bounded", [sources_wait_when_a_batch_is_full], 300)
