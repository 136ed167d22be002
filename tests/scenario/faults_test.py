#!/usr/bin/env python3
"""faults_test.py BUILD: what is away or refuses is waited for, with the peer's own words, and the job goes on by itself; what
is wrong in a file or a record harms nothing else."""

import os
import socket
import subprocess
import sys
import threading

from fake_webhdfs import FakeWebhdfs, Remote
from harness import Stage, daemon, expect, hold_port, run_tests, until
from kafka import MockKafka
from ledger import LocalTree, Log, WebhdfsTree, records_of
from webhdfs import Webhdfs
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
ANON_MB_MAX = 64 + 4 * 16  # of a worker without state: and four times what its Kafka queues hold


def local(stage):
    return "file://" + stage.path("checkpoint", "x")[:-2]


def local_tree(stage):
    return LocalTree(os.path.join(stage.folder, "checkpoint"))


def anonymous_mb(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Anonymous:")) / 1024


def check_all(kafka, count, tree):
    """Waits until all that was produced is counted, and judges it."""
    until("all is produced", kafka.done, 90, kafka)
    produced, _ = kafka.ledger()
    until("all is counted", lambda: records_of(tree) >= sum(produced.values()), 60, count.process)
    expect(count.process.stop() == 0, "it ends well")
    Log(tree).check_ranges(produced)


def a_bad_file_is_rejected_and_the_others_run_on():
    with Stage("rejected") as stage:
        kafka = MockKafka(stage, daemon(BUILD), 3, 200)
        count = Wordcount(stage, BUILD, job(kafka.servers, local(stage)))
        count.write_job("batchInterval: 2\noutputs: [print]\n", "broken")
        row = until("REJECTED", lambda: (r := count.status("broken")).get("state") == "REJECTED" and r, 60, count.process)
        expect("E207" in row["note"] or "unit" in row["note"], row["note"])
        count.wait_state("RUNNING")
        rejected = count.events("job.rejected")
        expect(rejected and "E207" in "".join(rejected), "the log says why")
        check_all(kafka, count, local_tree(stage))


class Gate:
    """A port that nobody listens on until it is opened; then it leads to another one."""

    def __init__(self, target):
        self.listener = hold_port()
        self.port = self.listener.getsockname()[1]
        self.host, _, port = target.partition(":")
        self.target = (self.host, int(port))

    def open(self):
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(self.target)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def pump(source, sink):
        try:
            while (data := source.recv(65536)):
                sink.sendall(data)
        except OSError:
            pass


def a_broker_that_is_away_is_waited_for():
    with Stage("broker") as stage:
        kafka = MockKafka(stage, daemon(BUILD), 3, 200)
        gate = Gate(kafka.servers)
        count = Wordcount(stage, BUILD, job(f"127.0.0.1:{gate.port}", local(stage)))
        count.wait_state("RETRYING", 60)
        expect(" code=E303 " in "".join(count.events("source.retry")), "E303")
        gate.open()
        count.wait_state("RUNNING", 60)
        check_all(kafka, count, local_tree(stage))


def with_webhdfs(name, fault, heal, note, code):
    """A fault that begins while the job runs; the job says so, keeps its memory, and goes on when it ends."""
    fake = FakeWebhdfs()
    with Stage(name) as stage:
        kafka = MockKafka(stage, daemon(BUILD), 8, 500)
        count = Wordcount(stage, BUILD, job(kafka.servers, fake.url("/jobs/wordcount")))
        until("batches", lambda: len(count.events("batch.completed")) > 2, 60, count.process)
        fault(fake)
        row = count.wait_state("RETRYING", 60, note)
        expect(f" code={code} " in "".join(count.events("store.retry")), f"{code}: {row}")
        batches = len(count.events("batch.completed"))
        until("all is produced", kafka.done, 60, kafka)
        expect(len(count.events("batch.completed")) <= batches + 1, "nothing is committed meanwhile")
        used = anonymous_mb(count.worker().pid)
        expect(used < ANON_MB_MAX, f"{used:.0f} MB are used")
        heal(fake)
        count.wait_state("RUNNING", 60)
        check_all(kafka, count, WebhdfsTree(Webhdfs(fake.address()), "/jobs/wordcount"))
    fake.close()


def safe_mode_is_waited_for():
    def fault(fake):
        fake.space.safe_mode = True

    def heal(fake):
        fake.space.safe_mode = False

    with_webhdfs("safemode", fault, heal, "safe mode", "E310")


def a_namenode_that_is_away_is_waited_for():
    with_webhdfs("namenode", FakeWebhdfs.stop_namenodes, FakeWebhdfs.start_namenodes, "", "E302")


def missing_rights_are_waited_for():
    def fault(fake):
        fake.refuse = lambda request: Remote(
            403, "org.apache.hadoop.security.AccessControlException",
            f'Permission denied: user=systest, access=WRITE, inode="{request.path}"') if request.method == "PUT" else None

    def heal(fake):
        fake.refuse = None

    with_webhdfs("rights", fault, heal, "Permission denied", "E301")


def fill(path):
    handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(handle, b"x" * 512):
            pass
    except OSError:
        pass  # full
    finally:
        os.close(handle)


def a_full_disk_is_waited_for():
    if os.geteuid() != 0:
        print("faults: a full disk: only root can mount a small one", flush=True)
        return
    with Stage("full") as stage:
        disk = stage.path("disk", "x")[:-2]
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tidemark-test", disk], check=True)
        try:
            kafka = MockKafka(stage, daemon(BUILD), 8, 500)
            count = Wordcount(stage, BUILD, job(kafka.servers, f"file://{disk}/checkpoint"))
            until("batches", lambda: len(count.events("batch.completed")) > 2, 60, count.process)
            fill(os.path.join(disk, "ballast"))
            count.wait_state("RETRYING", 60, "space")
            expect(" code=E320 " in "".join(count.events("store.retry")), "E320")
            os.unlink(os.path.join(disk, "ballast"))
            count.wait_state("RUNNING", 60)
            check_all(kafka, count, LocalTree(os.path.join(disk, "checkpoint")))
        finally:
            for process in reversed(stage.processes):
                process.stop()
            subprocess.run(["umount", disk], check=True)


def produce(kafka, data):
    subprocess.run(["kcat", "-P", "-b", kafka.servers, "-t", "lines", "-p", "0"], input=data, check=True, timeout=120)


def a_record_that_is_not_utf8_is_kept_and_counted():
    with Stage("utf8") as stage:
        kafka = MockKafka(stage, daemon(BUILD), 1, 100)
        count = Wordcount(stage, BUILD, job(kafka.servers, local(stage)))
        until("all is produced", kafka.done, 60, kafka)
        produced, _ = kafka.ledger()
        produce(kafka, b"good\nb\xffd\ngood\n")
        total = sum(produced.values()) + 3
        until("all is counted", lambda: records_of(local_tree(stage)) >= total, 60, count.process)
        line = until("the log line", lambda: count.events("record.error"), 60, count.process)[0]
        for word in ("code=E401", "topic=lines", "partition=0", f"offset={produced[0] + 1}"):
            expect(f" {word} " in line, f"{word}: {line}")
        log = Log(local_tree(stage))
        expect(log.dead == 1 and sum(batch[3] for batch in log.batches) == 1, f"{log.dead} dead letters")
        expect(count.process.stop() == 0, "it ends well")


def a_bad_record_fails_the_attempt_when_the_job_says_so():
    with Stage("fail") as stage:
        kafka = MockKafka(stage, daemon(BUILD), 1, 100)
        until("all is produced", kafka.done, 60, kafka)
        produce(kafka, b"b\xffd\n")
        count = Wordcount(stage, BUILD, job(kafka.servers, local(stage), attempts=3, keys="onError: {action: fail}\n"))
        row = count.wait_state("FAILED", 60)
        expect("failed 3 times in previous 3600000 milliseconds due to" in row["note"] and row["note"].endswith("Failing the job."),
               row["note"])
        log = Log(local_tree(stage))
        expect(not any(batch[3] for batch in log.batches), "no batch with it is committed")
        count.process.stop()


if __name__ == "__main__":
    run_tests("faults", [a_bad_file_is_rejected_and_the_others_run_on, a_broker_that_is_away_is_waited_for, safe_mode_is_waited_for, a_namenode_that_is_away_is_waited_for,
                         missing_rights_are_waited_for, a_full_disk_is_waited_for, a_record_that_is_not_utf8_is_kept_and_counted,
                         a_bad_record_fails_the_attempt_when_the_job_says_so], 400)
