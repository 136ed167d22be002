"""The mock Kafka with its generator of sentences, as a process: `tidemark demo-kafka`."""

import os
import select
import subprocess
import time

from harness import Failed, Process, expect


class MockKafka(Process):
    """Produces `rate` sentences a second for `seconds`, into 4 partitions of topic lines; then it serves on."""

    def __init__(self, stage, program, seconds, rate):
        self.ledger_path = stage.path("ledger.txt")
        self.read_end, self.write_end = os.pipe()
        self.said, self.servers = b"", None
        argv = [program, "demo-kafka", "--parent", str(os.getpid()), "--ledger", self.ledger_path, "--seconds", str(seconds),
                "--rate", str(rate)]
        super().__init__("kafka", argv, stage.path("kafka.log"))
        stage.processes.append(self)
        os.close(self.write_end)
        deadline = time.monotonic() + 60
        while self.servers is None:
            expect(time.monotonic() < deadline, f"the mock Kafka does not come up\n{self.tail()}")
            self.hear(0.1)

    def start(self):
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                          pass_fds=(3,), preexec_fn=lambda: os.dup2(self.write_end, 3, inheritable=True))

    def hear(self, seconds):
        if not select.select([self.read_end], [], [], seconds)[0]:
            return
        data = os.read(self.read_end, 65536)
        if not data and not self.alive():
            raise Failed(f"the mock Kafka has ended\n{self.tail()}")
        self.said += data
        for line in self.said.decode().split("\n"):
            if line.startswith("servers "):
                self.servers = line[8:]

    def done(self):
        """Whether all is produced and the ledger is written."""
        self.hear(0)
        return b"\ndone " in self.said

    def ledger(self):
        """({partition: records}, {word number: count})."""
        with open(self.ledger_path, encoding="ascii") as file:
            numbers = [int(line) for line in file]
        return dict(enumerate(numbers[:4])), dict(enumerate(numbers[4:]))


class FakeBroker(Process):
    """Prebuilt records of tests/bench/fake_broker.c; it says where it is and serves until its standard input ends."""

    def __init__(self, stage, build, *options):
        self.servers = None
        program = os.path.abspath(os.path.join(build, "bench", "fake_broker"))
        super().__init__("broker", [program, *options], stage.path("broker.log"))
        stage.processes.append(self)

    def start(self):
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                          start_new_session=True)
        self.servers = self.popen.stdout.readline().strip()

    def tell(self, *words):
        """A command of fake_broker's; it is done when this returns."""
        self.popen.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.popen.stdin.flush()
        expect(self.popen.stdout.readline() == "ok\n", f"the broker does not hear {words}")
