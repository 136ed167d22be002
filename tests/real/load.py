"""What the tests with real servers have in common: sentences made and counted, kills, and what is in the log."""

import collections
import signal
import subprocess

from harness import expect, until
from ledger import Log, records_of

WORDS = [f"word{n}" for n in range(60)]


class Sentences:
    """Sentences of words that come more or less often, and how often each came."""

    def __init__(self, dice):
        self.dice, self.counts = dice, collections.Counter()
        self.made = [dice.choices(WORDS, weights=range(60, 0, -1), k=dice.randint(5, 13)) for _ in range(2000)]

    def lines(self, count):
        chosen = collections.Counter(self.dice.choices(range(len(self.made)), k=count))
        rows = []
        for number, times in chosen.items():
            for word in self.made[number]:
                self.counts[word] += times
            rows += [" ".join(self.made[number])] * times
        self.dice.shuffle(rows)
        return "\n".join(rows) + "\n"


def produce(kafka, text, topic="lines"):
    subprocess.run(["kcat", "-P", "-b", kafka.address, "-t", topic, "-X", "acks=all", "-X", "linger.ms=20"],
                   input=text.encode(), check=True, timeout=120)


def kill_worker(count):
    worker = until("a worker", count.worker, 60, count.process)
    worker.signal(signal.SIGKILL)


class Judge:
    """Of the log of a job that runs: all that was made is in it, each record once."""

    def __init__(self, count, tree):
        self.count, self.tree, self.memory = count, tree, {}

    def log(self):
        try:
            return Log(self.tree, self.memory)
        except Exception:  # a name that is just being changed
            return None

    def wait(self, made, seconds=120):
        until("all is counted", lambda: records_of(self.tree, self.memory) >= made, seconds, self.count.process)

    def settled(self, what, made):
        self.wait(made)
        log = until("the log", self.log, 60, self.count.process)
        log.check_ranges({number: spans[-1][1] for (_, _, number), spans in log.ranges.items()})
        expect(log.records() == made, f"{what}: {log.records()} records of {made}")
        print(f"{what}: {made} records: lost 0, doubled 0", flush=True)
