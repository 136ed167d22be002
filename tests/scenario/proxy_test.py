#!/usr/bin/env python3
"""proxy_test.py BUILD: what a network does to the word count between it and its NameNode, its DataNode and its broker, on the way
there and on the way back. While it lasts the job loses nothing and keeps its memory; when it ends the job goes on by itself; in the end
each record is in it once. --all: every kind, else some of them, drawn by --seed N.

What is not here: a request spoilt behind its first bytes. HTTP and Kafka's protocol have no checksum against it, so that a peer does
what it reads: another name, another file's bytes. TCP's has, and TLS."""

import random
import signal
import sys

from fake_webhdfs import FakeWebhdfs
from harness import Stage, expect, fired, run_tests, seed_of, side_by_side, until
from kafka import FakeBroker
from ledger import Log, WebhdfsTree, records_of
from proxy import Fault, Proxy
from webhdfs import Webhdfs
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
ALL = "--all" in sys.argv
STEP, MB_MAX, SAMPLE = 1000, 200, 4
SETTINGS = "store: {connectTimeout: 500ms, timeout: 1s, writeTimeout: 1s}\n"
AT = (0, 9, 40, 200)
COMMON = [Fault("blackhole"), *(Fault(kind, there=there) for kind in ("latency", "drip", "half-close") for there in (False, True)),
          *(Fault(kind, at, there=there) for kind in ("reset", "cut") for at in AT for there in (False, True)),
          *(Fault("corrupt", at) for at in AT), Fault("corrupt", 0, there=True), Fault("chunks")]  # Kafka: a peer that speaks HTTP
STORE = COMMON + [Fault("headers"), Fault("elsewhere", text="file:///etc/passwd"),
                  Fault("elsewhere", text="http://127.0.0.1:1/webhdfs/v1/x?op=CREATE"), Fault("elsewhere", text="gopher://127.0.0.1/"),
                  Fault("elsewhere", text="http://127.0.0.1:1/etc/passwd")]


class Scene:
    def __init__(self, stage):
        self.fake = FakeWebhdfs()
        self.tree = WebhdfsTree(Webhdfs(self.fake.address()), "/jobs/wordcount")
        self.namenode, self.datanode = Proxy(self.fake.address()), Proxy(self.fake.datanodes[0].address)
        self.fake.datanodes[0].address = self.datanode.address
        self.kafka, self.end = FakeBroker(stage, BUILD, "--partitions", "1", "--record", "40", "--limit", str(STEP)), STEP
        self.broker = Proxy(self.kafka.servers)
        self.kafka.tell("port", self.broker.port)
        text = job(self.broker.address, f"webhdfs://systest@{self.namenode.address}/jobs/wordcount", interval="100ms",
                   source=", reconnect.backoff.max.ms: 100, socket.timeout.ms: 1000", keys="attemptFailuresValidityInterval: 1m\n")
        self.count = Wordcount(stage, BUILD, text, settings=SETTINGS)
        self.memory = {}
        self.wait_all()

    def wait_all(self):
        until(f"{self.end} records", lambda: records_of(self.tree, self.memory) >= self.end, 60, self.count.process)

    def suffer(self, proxy, fault, kill):
        """More records come, and the fault with them; then it ends."""
        before, proxy.fault = proxy.fired, fault
        self.end += STEP
        self.kafka.tell("end", self.end)
        if kill and (worker := self.count.worker()):
            worker.signal(signal.SIGKILL)  # it recovers through it
        until(str(fault), lambda: proxy.fired > before + 1, 60, self.count.process)
        self.count.bounded(fault, MB_MAX)
        proxy.fault = None
        self.wait_all()
        return proxy.fired - before

    def judge(self):
        expect(self.count.process.stop() == 0, f"it ends well\n{self.count.process.tail()}")
        log = Log(self.tree)
        log.check_ranges({0: self.end})
        expect(not log.gaps, f"gaps: {log.gaps}")
        self.fake.close()


def harm(name, proxy_of, faults):
    with Stage("proxy-" + name) as stage:
        scene = Scene(stage)
        faults = faults if ALL else random.Random(f"{SEED} {name}").sample(faults, SAMPLE)
        happened = sum(scene.suffer(proxy_of(scene), fault, n % 3 == 2) for n, fault in enumerate(faults))
        scene.judge()
        fired("network_faults", happened)
        print(f"{name}: {len(faults)} faults, met {happened} times: lost 0, doubled 0", flush=True)


def between_it_and_the_namenode():
    harm("namenode", lambda scene: scene.namenode, STORE)


def between_it_and_the_datanode():
    harm("datanode", lambda scene: scene.datanode, STORE)


def between_it_and_the_broker():
    harm("broker", lambda scene: scene.broker, COMMON)


if __name__ == "__main__":
    SEED = seed_of(sys.argv)
    if "--only" in sys.argv:
        run_tests("proxy", [globals()[sys.argv[sys.argv.index("--only") + 1]]], 1800)
    side_by_side("proxy", [between_it_and_the_namenode, between_it_and_the_datanode, between_it_and_the_broker])
