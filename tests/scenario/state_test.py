#!/usr/bin/env python3
"""state_test.py BUILD: state goes through kill -9: after each batch the whole of it is printed, and the last block must be what
was produced, word for word. --kills N, --seed N."""

import os
import random
import signal
import sys
import time

from harness import Failed, Stage, daemon, expect, run_tests, seed_of, until
from kafka import MockKafka
from ledger import LocalTree, Log, word_counts
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
KILLS = int(sys.argv[sys.argv.index("--kills") + 1]) if "--kills" in sys.argv else 20
SEED = seed_of(sys.argv)
STATE = '  - updateStateByKey: {id: totals, func: "(values, state) => values.sum + state.getOrElse(0)"}\n'


def counted(log_of):
    try:
        return log_of().records()
    except (Failed, OSError):  # a name that is just being changed
        return -1


def totals_survive_kills():
    dice = random.Random(SEED)
    with Stage("state") as stage:
        kafka = MockKafka(stage, daemon(BUILD), max(8, KILLS // 2), 300)
        text = job(kafka.servers, "file://" + stage.path("checkpoint", "x")[:-2]).replace("  - reduceByKey: _ + _\n", STATE)
        count = Wordcount(stage, BUILD, text)
        log_of = lambda: Log(LocalTree(os.path.join(stage.folder, "checkpoint")))
        until("the first batch", lambda: counted(log_of) > 0, 60, count.process)
        for _ in range(KILLS):
            time.sleep(dice.random() * 0.6)  # delay: the random moment of the kill
            until("a worker", count.worker, 60, count.process).signal(signal.SIGKILL)
        until("all is produced", kafka.done, 60, kafka)
        produced, words = kafka.ledger()
        until("all is counted", lambda: counted(log_of) >= sum(produced.values()), 60, count.process)
        expect(count.process.stop() == 0, f"it does not end well\n{count.process.tail()}")
        log_of().check_ranges(produced)
        blocks = count.printed()
        last = word_counts({header: blocks[header] for header in [max(blocks)]})
        expect(sorted(last.values()) == sorted(number for number in words.values() if number),
               f"state: {sum(last.values())} words, produced: {sum(words.values())}")


if __name__ == "__main__":
    run_tests("state", [totals_survive_kills], 400)
