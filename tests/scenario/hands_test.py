#!/usr/bin/env python3
"""hands_test.py BUILD: an operator's hands in the files of a daemon at work, which runs as a user with no rights of its own: each
folder and file of the checkpoint and the state directory is closed to it for a moment, or removed. What it can do without, it does
without; what it waits for is named, and it goes on by itself; where going on could lose or double records it stops and says why."""

import glob
import os
import shutil
import sys

from harness import Failed, Stage, daemon, expect, fired, run_tests, side_by_side, until
from kafka import MockKafka
from ledger import LocalTree, Log, word_counts
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
USER = 40100  # nobody's number


class Desk:
    """A daemon that is not root; what is the operator's is done as root."""

    def __init__(self, stage, seconds):
        shutil.copy(daemon(BUILD), stage.path("tidemark"))  # where everybody may run it
        self.kafka = MockKafka(stage, daemon(BUILD), seconds, 100)
        self.checkpoint, self.logs = stage.path("checkpoint", "x")[:-2], stage.path("logs", "x")[:-2]
        os.chmod(stage.folder, 0o755)
        under = []
        if os.getuid() == 0:
            under = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
            for folder in (self.checkpoint, self.logs, *(stage.path("daemon", name, "x")[:-2] for name in ("state", "jobs"))):
                os.chown(folder, USER, USER)
        text = job(self.kafka.servers, "file://" + self.checkpoint, interval="50ms", keys="stopGracefully: {timeout: 1s}\n")
        self.count = Wordcount(stage, stage.folder, text, settings=f"log: {{directory: {self.logs}}}\n", under=under)
        self.goes_on("it begins")

    def batches(self):
        return len(self.count.events("batch.completed"))

    def goes_on(self, what):
        behind = self.batches()
        until(what, lambda: self.batches() > behind + 3, 60, self.count.process)

    def directory(self):
        return os.path.join(self.checkpoint, next(name for name in os.listdir(self.checkpoint) if name.startswith("e")))

    def newest(self, folder):
        names = os.listdir(os.path.join(self.directory(), folder))
        return os.path.join(self.directory(), folder, max(names, key=int))

    def restart(self):
        expect(self.count.process.stop() == 0, f"it ends well\n{self.count.process.tail()}")
        self.count.start()


def what_is_closed_for_a_moment_is_waited_for():
    with Stage("hands-closed") as stage:
        desk = Desk(stage, 5)
        for name in ("", "tmp", "log"):  # it cannot do without
            path = os.path.join(desk.directory() if name == "log" else desk.checkpoint, name)
            mode = os.stat(path).st_mode & 0o777
            os.chmod(path, 0)
            desk.count.wait_state("RETRYING", 60, "Permission denied")
            os.chmod(path, mode)
            desk.goes_on(f"{path} is open again")
        state, jobs = desk.count.state, desk.count.jobs
        for path in (state, f"{state}/specs", f"{state}/attempts", f"{state}/run", jobs, f"{jobs}/wordcount.yaml", desk.logs):
            mode = os.stat(path).st_mode & 0o777
            os.chmod(path, 0)
            desk.goes_on(f"{path} is closed")
            os.chmod(path, mode)
        until("all is produced", desk.kafka.done, 60, desk.kafka)
        produced, _ = desk.kafka.ledger()
        until("all is counted", lambda: records(desk) >= sum(produced.values()), 60, desk.count.process)
        expect(desk.count.process.stop() == 0, f"it ends well\n{desk.count.process.tail()}")
        Log(LocalTree(desk.checkpoint)).check_ranges(produced)
        fired("hands", 10)


def records(desk):
    try:
        return Log(LocalTree(desk.checkpoint)).records()
    except (Failed, OSError):  # it is just being renamed
        return -1


def what_is_removed_is_made_anew_or_missed_by_name():
    with Stage("hands-removed") as stage:
        desk = Desk(stage, 60)
        state = desk.count.state
        for path in (f"{state}/attempts", f"{state}/specs/wordcount", f"{state}/lock", f"{state}/run/control.sock"):
            os.unlink(path)
            desk.goes_on(f"{path} is gone")
            desk.restart()
            desk.goes_on(f"{path} is gone, and it began again")
        shutil.rmtree(os.path.join(desk.checkpoint, "tmp"), ignore_errors=True)
        desk.goes_on("tmp/ is gone")
        os.unlink(desk.newest("snap"))
        desk.restart()
        desk.goes_on("a snapshot is gone, and it began again")
        os.unlink(os.path.join(desk.checkpoint, "lock"))
        desk.count.wait_state("REJECTED", 60, "was removed or replaced while it was in use")
        desk.restart()
        desk.goes_on("the lock was gone, and it began again")
        record = desk.newest("log")
        desk.goes_on("more records")
        os.unlink(record)
        desk.restart()
        name = os.path.join("log", os.path.basename(record))
        until("the missing record is named", lambda: any(name in line for line in desk.count.events("attempt.failed")), 60, desk.count.process)
        fired("hands", 8)


def what_the_disk_has_spoilt_is_read_from_kafka_again():
    """Group commits that no batch has taken; a byte of the second one is another."""
    with Stage("hands-spoilt") as stage:
        kafka, checkpoint = MockKafka(stage, daemon(BUILD), 2, 100), stage.path("checkpoint", "x")[:-2]
        text = job(kafka.servers, "file://" + checkpoint, interval="20h", source=", maxRate: 20")  # however late it comes
        count = Wordcount(stage, BUILD, text)
        commits = lambda: sorted(glob.glob(os.path.join(checkpoint, "e*", "wal", "*")), key=lambda path: int(path.rpartition("-")[2]))
        until("all is produced, and some of it is in the log", lambda: kafka.done() and len(commits()) > 3, 60, count.process)
        worker = count.worker()
        count.process.kill()
        until("its worker is gone", lambda: not worker.alive(), 60)
        with open(commits()[1], "r+b") as file:
            file.seek(-9, os.SEEK_END)
            byte = file.read(1)
            file.seek(-9, os.SEEK_END)
            file.write(bytes([byte[0] ^ 4]))
        count.write_job(text.replace(", maxRate: 20", ""))
        count.options = ("--once",)
        count.start()
        until("all is counted", lambda: not count.process.alive(), 60)
        said = count.events("wal.damaged")
        expect(len(said) == 1 and " code=E350 " in said[0] and "wal/kafka0-2: the checksum" in said[0], f"{said}\n{count.process.tail()}")
        produced, words = kafka.ledger()
        Log(LocalTree(checkpoint)).check_ranges(produced)
        expect(sorted(word_counts(count.printed()).values()) == sorted(number for number in words.values() if number), "what is printed")
        expect(not commits(), f"left: {commits()}")
        fired("hands", 1)


if __name__ == "__main__":
    TESTS = [what_is_closed_for_a_moment_is_waited_for, what_is_removed_is_made_anew_or_missed_by_name,
             what_the_disk_has_spoilt_is_read_from_kafka_again]
    if "--only" in sys.argv:
        run_tests("hands", [globals()[sys.argv[sys.argv.index("--only") + 1]]], 1200)
    side_by_side("hands", TESTS)
