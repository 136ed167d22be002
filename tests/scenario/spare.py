"""Two daemons with one job and one checkpoint on a store whose paths resolve when they act: an active and a hot spare."""

import signal

from harness import daemon, expect, until
from kafka import MockKafka
from ledger import Log, word_counts
from wordcount import RUNS, Wordcount, job

SILENCE = 30  # seconds: three times the longer of the batch interval and ten
CLAIM = 60    # and the claim comes within these, however busy the machine


def freeze(count, number):
    """SIGSTOP or SIGCONT for a daemon and its worker."""
    for victim in [count.worker(), count.process]:
        victim.signal(number)


def check_spare(stage, build, url, tree):
    """The first is stopped for a while: the second claims and goes on exactly where it was; the first, continued, commits and
    delivers nothing and becomes the spare. Returns the epoch that took over."""
    kafka = MockKafka(stage, daemon(build), 60, 300)
    text = job(kafka.servers, url)
    first = Wordcount(stage, build, text, "first")
    first.wait_state("RUNNING", 60)
    second = Wordcount(stage, build, text, "second")
    second.wait_state("STANDBY", note="owns the job")
    until("a few batches", lambda: len(first.events("batch.completed")) > 5, 60, first.process)
    expect(second.status()["state"] == "STANDBY" and first.status()["state"] in RUNS, "both stay what they are")
    freeze(first, signal.SIGSTOP)
    frozen = len(first.events("batch.completed"))
    second.wait_state("RUNNING", SILENCE + CLAIM)
    until("the spare commits", lambda: second.events("batch.completed"), 60, second.process)
    said = len(first.printed())
    freeze(first, signal.SIGCONT)
    first.wait_state("STANDBY")
    expect(first.events("job.fenced"), "the first says that it was fenced")
    expect(len(first.events("batch.completed")) <= frozen + 1, "it commits nothing more")
    expect(len(first.printed()) <= said + 1, "it delivers nothing more than what it was writing")
    epoch = Log(tree).epoch
    until("all is produced", kafka.done, 90, kafka)
    produced, words = kafka.ledger()
    until("all is counted", lambda: Log(tree).records() >= sum(produced.values()), 60, second.process)
    expect(second.process.stop() == 0 and first.process.stop() == 0, "both end well")
    Log(tree).check_ranges(produced)
    blocks = first.printed()
    blocks.update(second.printed())
    expect(sum(word_counts(blocks).values()) == sum(words.values()), "each batch was delivered by one of them")
    return epoch
