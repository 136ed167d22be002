#!/usr/bin/env python3
"""sweep_test.py BUILD: a reset, or an end, after every byte of an answer: of each request of the store's door, and of all that a
broker sends to a job. Of what was done nothing is denied, nothing else is confirmed; of the records none is lost, none doubled.
Without --all some bytes only, others each time (--seed N)."""

import random
import sys

from fake_webhdfs import FakeWebhdfs
from harness import Stage, expect, fired, run_tests, seed_of, side_by_side, until
from kafka import FakeBroker
from ledger import LocalTree, Log, records_of
from proxy import Proxy, Sweep
from store_door import BUILD, Door
from wordcount import Wordcount, job

STEP = 1 if "--all" in sys.argv else 29
SIZE = 200  # of the files
HEADS, ALL = 700, 50_000  # bytes of a broker's answers: every one of the first, some of the others


class Stand:
    def __init__(self):
        self.fake = FakeWebhdfs()
        self.namenode, self.datanode = Proxy(self.fake.address()), Proxy(self.fake.datanodes[0].address)
        self.fake.datanodes[0].address = self.datanode.address
        self.door = Door(f"webhdfs://systest@{self.namenode.address}/root")
        self.n = self.harms = 0
        for words in (("lock", "."), ("mkdirs", "d"), ("create", "kept", SIZE)):
            expect(self.door.answer(*words) == "YES", str(words))

    def there(self, path):
        node = self.fake.space.find("/root/" + path)
        return node is not None and (node.is_directory or (node.complete and len(node.data) in (10, SIZE)))

    def name(self, stem, made=False):
        self.n += 1
        path = f"{stem}{self.n}"
        if made:
            expect(self.door.answer("create", path, 10) == "YES", path)
        return path

    def sweep(self, kind, proxy, words_of, is_done):
        """Until the answer is over before the harm comes."""
        at = DICE.randrange(STEP)
        while True:
            words = words_of()
            proxy.sweep = sweep = Sweep(kind, at, at)
            answer = self.door.ask(*words)
            proxy.sweep = None
            if not sweep.fired:
                expect(answer[0] == "YES", f"{words}: {answer}")
                break
            done = is_done(words)
            right = ("YES", "UNKNOWN") if done else ("NO", "UNKNOWN", "REFUSED") if done is not None else ("YES", "REFUSED")
            expect(answer[0] in right, f"{kind} after byte {at} of the answer to {words}, done {done}: {answer}")
            self.harms += 1
            at += STEP


def every_byte_of_the_stores_answers():
    stand = Stand()
    contents = stand.door.ask("read", "kept")
    listed = stand.door.ask("list", "d")

    def read_well(_):
        expect(stand.door.ask("read", "kept") == contents and stand.door.ask("list", "d") == listed, "it is well again")

    for kind in ("reset", "cut"):
        for proxy, words_of, is_done in (
                (stand.namenode, lambda: ("rename", stand.name("a", True), stand.name("b")), lambda words: stand.there(words[2])),
                (stand.namenode, lambda: ("touch", "kept"), lambda _: True),
                (stand.namenode, lambda: ("mkdirs", stand.name("c")), lambda words: stand.there(words[1])),
                (stand.namenode, lambda: ("remove", stand.name("e", True)), lambda words: not stand.there(words[1])),
                (stand.namenode, lambda: ("create", stand.name("f"), SIZE), lambda words: stand.there(words[1])),
                (stand.datanode, lambda: ("create", stand.name("g"), SIZE), lambda words: stand.there(words[1])),
                (stand.namenode, lambda: ("list", "d"), read_well),
                (stand.namenode, lambda: ("read", "kept"), read_well),
                (stand.datanode, lambda: ("read", "kept"), read_well)):
            stand.sweep(kind, proxy, words_of, is_done)
    fired("bytes_swept", stand.harms)
    print(f"sweep: the store's answers were broken after {stand.harms} bytes", flush=True)
    stand.door.close()
    stand.fake.close()


def every_byte_of_a_brokers_answers():
    with Stage("sweep-broker") as stage:
        broker = FakeBroker(stage, BUILD, "--partitions", "1", "--record", "40", "--limit", "1000")
        proxy = Proxy(broker.servers)
        broker.tell("port", proxy.port)
        text = job(proxy.address, "file://" + stage.path("checkpoint", "x")[:-2],
                   source=", reconnect.backoff.ms: 1, reconnect.backoff.max.ms: 1, socket.timeout.ms: 1000")
        count, tree, end, harms = Wordcount(stage, BUILD, text), LocalTree(stage.path("checkpoint", "x")[:-2]), 1000, 0
        memory = {}

        def swept():
            """The broker has always more than an answer is long: else there is only waiting."""
            nonlocal end
            if records_of(tree, memory) + 2 * ALL // 40 > end:
                end += 5000
                broker.tell("end", end)
            return sweep.done()

        for kind in ("reset", "cut"):
            for sweep in (Sweep(kind, HEADS, DICE.randrange(STEP), STEP), Sweep(kind, ALL, HEADS, 497 * STEP)):
                proxy.sweep = sweep
                until(f"{kind} after {sweep.upto} bytes", swept, 300, count.process)
                proxy.sweep, harms = None, harms + sweep.fired
        until("all is read", lambda: records_of(tree, memory) >= end, 60, count.process)
        expect(count.process.stop() == 0, f"it ends well\n{count.process.tail()}")
        log = Log(tree)
        log.check_ranges({0: end})
        expect(not log.gaps, f"gaps: {log.gaps}")
        fired("bytes_swept", harms)
        print(f"sweep: the broker's answers were broken after {harms} bytes: lost 0, doubled 0", flush=True)


if __name__ == "__main__":
    DICE = random.Random(seed_of(sys.argv))
    if "--only" in sys.argv:
        run_tests("sweep", [globals()[sys.argv[sys.argv.index("--only") + 1]]], 1800)
    side_by_side("sweep", [every_byte_of_the_stores_answers, every_byte_of_a_brokers_answers])
