#!/usr/bin/env python3
"""standby_test.py BUILD: two daemons with one job and one checkpoint are an active and a hot spare."""

import signal
import sys

from fake_webhdfs import FakeWebhdfs
from harness import Stage, daemon, expect, run_tests, until
from kafka import MockKafka
from ledger import Log, WebhdfsTree, word_counts
from webhdfs import Webhdfs
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
SILENCE = 30  # seconds: three times the longer of the batch interval and ten
CLAIM = 15    # and the claim comes within these


def freeze(count, number):
    """SIGSTOP or SIGCONT for a daemon and its worker."""
    for victim in [count.worker(), count.process]:
        victim.signal(number)


def the_spare_goes_on_exactly_where_the_active_stopped():
    fake = FakeWebhdfs()
    tree = WebhdfsTree(Webhdfs(fake.address()), "/jobs/wordcount")
    with Stage("standby") as stage:
        kafka = MockKafka(stage, daemon(BUILD), 60, 300)
        text = job(kafka.servers, fake.url("/jobs/wordcount"))
        first = Wordcount(stage, BUILD, text, "first")
        first.wait_state("RUNNING")
        second = Wordcount(stage, BUILD, text, "second")
        second.wait_state("STANDBY", note="owns the job")
        until("a few batches", lambda: len(first.events("batch.completed")) > 5, 30, first.process)
        expect(second.status()["state"] == "STANDBY" and first.status()["state"] == "RUNNING", "both stay what they are")
        freeze(first, signal.SIGSTOP)
        frozen = len(first.events("batch.completed"))
        second.wait_state("RUNNING", SILENCE + CLAIM)
        until("the spare commits", lambda: second.events("batch.completed"), 10, second.process)
        placed = len(fake.space.placed)
        freeze(first, signal.SIGCONT)
        first.wait_state("STANDBY", 20)
        fenced = first.events("job.fenced")
        expect(fenced, "the first says that it was fenced")
        expect(len(first.events("batch.completed")) <= frozen + 1, "it commits nothing more")
        epoch = f"/e{Log(tree).epoch}."
        expect(all(epoch in target for target in fake.space.placed[placed:]), "all that is put in place is the spare's")
        until("all is produced", kafka.done, 90, kafka)
        produced, words = kafka.ledger()
        until("all is counted", lambda: Log(tree).records() >= sum(produced.values()), 60, second.process)
        expect(second.process.stop(30) == 0 and first.process.stop(30) == 0, "both end well")
        Log(tree).check_ranges(produced)
        blocks = first.printed()
        blocks.update(second.printed())
        counts = word_counts(blocks)
        expect(sum(counts.values()) == sum(words.values()), "each batch was delivered by one of them")
    fake.close()


if __name__ == "__main__":
    run_tests("standby", [the_spare_goes_on_exactly_where_the_active_stopped], 300)
