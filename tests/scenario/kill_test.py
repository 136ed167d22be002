#!/usr/bin/env python3
"""kill_test.py BUILD: kill -9 of the worker or of the daemon at random moments, on both stores; an independent reading of what
is on disk and of what was printed proves that no record is lost or doubled. --kills N (each store), --seed N."""

import os
import random
import signal
import sys
import time

from fake_webhdfs import FakeWebhdfs
from harness import Failed, Stage, daemon, expect, fired, run_tests, seed_of, until
from kafka import MockKafka
from ledger import LocalTree, Log, WebhdfsTree, word_counts
from webhdfs import Webhdfs
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
KILLS = int(sys.argv[sys.argv.index("--kills") + 1]) if "--kills" in sys.argv else 100
SEED = seed_of(sys.argv)
RATE = 500  # records a second


def kill_one(count, dice):
    """The worker four times of five, else the daemon, which takes its worker with it."""
    if dice.random() < 0.2:
        count.process.kill()
        count.start()
        return True
    worker = count.worker()
    return worker is not None and worker.signal(signal.SIGKILL)


def counted(log_of):
    """Records in the batch log now; -1 while a take-over or a write is under way."""
    try:
        return log_of().records()
    except (Failed, OSError, Exception):  # a name that is just being changed
        return -1


def epoch_of(tree):
    """How often the job was taken over, as its directory's name says; 0 while that changes."""
    try:
        return max(int(name[1:].partition(".")[0]) for name in tree.names() if name[1:2].isdigit())
    except (ValueError, OSError, Exception):
        return 0


def run_kills(name, checkpoint_of, tree_of):
    dice = random.Random(f"{SEED} {name}")
    with Stage(name) as stage:
        seconds = max(10, KILLS // 3)
        kafka = MockKafka(stage, daemon(BUILD), seconds, RATE)
        count = Wordcount(stage, BUILD, job(kafka.servers, checkpoint_of(stage)))
        log_of = lambda: Log(tree_of(stage))
        until("the first batch", lambda: counted(log_of) > 0, 60, count.process)
        kills = taken = 0
        while kills < KILLS:
            if kills % 2:  # however slow the machine: half of them end a worker that has taken over
                taken = until("a take-over", lambda before=taken: (now := epoch_of(tree_of(stage))) > before and now, 60, count.process)
            time.sleep(dice.random() * 0.6)  # delay: the random moment of the kill
            kills += kill_one(count, dice)
        until("all is produced", kafka.done, seconds + 60, kafka)
        produced, words = kafka.ledger()
        total = sum(produced.values())
        until("all is counted", lambda: counted(log_of) >= total, 60, count.process)
        count.wait_state("RUNNING")  # the last kill may have been a moment ago: a daemon that has just begun is ended by TERM
        status = count.process.stop()
        expect(status == 0, f"the daemon ended with {status}\n{count.process.tail()}")
        log = log_of()
        log.check_ranges(produced)
        expect(log.epoch > kills // 2, f"{kills} kills, but epoch {log.epoch} only")
        counts = word_counts(count.printed())
        expect(sorted(counts.values()) == sorted(number for number in words.values() if number),
               f"printed: {sum(counts.values())} words, produced: {sum(words.values())}")
        fired("real_kills", kills)
        print(f"{name}: {kills} kills, epoch {log.epoch}, {len(log.batches)} batches, {total} records: lost 0, doubled 0",
              flush=True)


def nothing_is_lost_or_doubled_on_the_local_store():
    run_kills("kill-local", lambda stage: "file://" + stage.path("checkpoint", "x")[:-2],
              lambda stage: LocalTree(os.path.join(stage.folder, "checkpoint")))


def nothing_is_lost_or_doubled_on_webhdfs():
    fake = FakeWebhdfs()
    run_kills("kill-webhdfs", lambda stage: fake.url("/jobs/wordcount"),
              lambda stage: WebhdfsTree(Webhdfs(fake.address()), "/jobs/wordcount"))
    placed = [target for target in fake.space.placed if "/log/" in target]
    indices = [target.rpartition("/")[2] for target in placed]
    expect(len(indices) == len(set(indices)), "an index of the batch log was put in place twice")
    fake.close()


if __name__ == "__main__":
    run_tests("kill", [nothing_is_lost_or_doubled_on_the_local_store, nothing_is_lost_or_doubled_on_webhdfs], 900)
