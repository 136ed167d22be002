#!/usr/bin/env python3
"""kafka_test.py BUILD: what only Apache Kafka does, against the local store: transactions leave holes in the offsets, topics
grow, records are deleted before they were read, the broker dies and comes back, batches are compressed."""

import json
import os
import signal
import subprocess
import sys

from peers import Kafka
from harness import Failed, Stage, expect, run_tests, until
from ledger import LocalTree, Log, word_counts
from load import kill_worker
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
KAFKA = None  # one broker for all of them
TOPICS, PERF = "org.apache.kafka.tools.TopicCommand", "org.apache.kafka.tools.ProducerPerformance"


def produce(topic, text, *options):
    subprocess.run(["kcat", "-P", "-b", KAFKA.address, "-t", topic, "-X", "acks=all", *options], input=text.encode(), check=True,
                   timeout=60)


def start(stage, partitions, **changes):
    """The word count of a topic that bears the stage's name."""
    KAFKA.create_topic(stage.name, partitions)
    return Wordcount(stage, BUILD, job(KAFKA.address, "file://" + stage.path("checkpoint", "x")[:-2], topic=stage.name, **changes))


def log_of(stage):
    return Log(LocalTree(os.path.join(stage.folder, "checkpoint")))


def seen(stage, look):
    """What look() finds in the log; None while it is just being changed."""
    try:
        return look(log_of(stage))
    except (Failed, OSError):
        return None


def records(stage):
    return seen(stage, Log.records) or 0


def all_counted(stage, count, wanted):
    until(f"{wanted} records", lambda: records(stage) >= wanted, 60, count.process)
    inside = until("the log", lambda: records(stage), 60, count.process)
    expect(inside == wanted, f"{inside} records, not {wanted}")


def ends_well(count, counts):
    expect(count.process.stop() == 0, f"it does not end well\n{count.process.tail()}")
    expect(word_counts(count.printed()) == counts, f"{word_counts(count.printed())}")


def every_compression_is_read():
    with Stage("codecs") as stage:
        count = start(stage, 3)
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            produce("codecs", f"{codec} {codec}\n" * 500, "-z", codec)
        all_counted(stage, count, 2500)
        ends_well(count, {codec: 1000 for codec in ("none", "gzip", "snappy", "lz4", "zstd")})


def transactions_leave_holes_and_no_loss():
    with Stage("transactions") as stage:
        count = start(stage, 1)
        payload = stage.write("payload.txt", "in transactions")
        KAFKA.tool(PERF, "--topic", "transactions", "--num-records", "2000", "--throughput", "1000", "--payload-file", payload, "--producer-props",
                   "bootstrap.servers=" + KAFKA.address, "--transactional-id", "t", "--transaction-duration-ms", "100")
        produce("transactions", "outside\n")
        all_counted(stage, count, 2001)
        end = max(end for spans in log_of(stage).ranges.values() for _, end, _ in spans)
        expect(end > 2001, f"the offsets have no holes: {end}")
        ends_well(count, {"in": 2000, "transactions": 2000, "outside": 1})


class Transaction:
    """kcat with a transaction: it commits at the end of its input; of one that was killed Kafka aborts what it left open as soon as
    the next one of its name begins."""

    def __init__(self, topic, name, text, partition):
        self.process = subprocess.Popen(["kcat", "-P", "-b", KAFKA.address, "-t", topic, "-p", str(partition), "-X", f"transactional.id={name}"],
                                        stdin=subprocess.PIPE)
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def kill(self):
        self.process.kill()
        self.process.wait(120)

    def commit(self):
        self.process.stdin.close()
        expect(self.process.wait(120) == 0, f"kcat ended with {self.process.returncode}")


def written(topic):
    """Records in Kafka's log, those of aborted and open transactions as well."""
    said = subprocess.run(["kcat", "-C", "-b", KAFKA.address, "-t", topic, "-o", "beginning", "-e", "-q", "-X",
                           "isolation.level=read_uncommitted", "-f", "%o\n"], capture_output=True, text=True, check=True, timeout=120)
    return said.stdout.count("\n")


def what_is_aborted_under_load_is_never_counted():
    """Beside records of no transaction, and kill -9 of the worker while each transaction is open."""
    with Stage("aborted") as stage:
        count = start(stage, 2)
        for n, is_kept in enumerate((False, True, False, False, True)):
            before = written("aborted")
            transaction = Transaction("aborted", "t", ("kept\n" if is_kept else "undone\n") * 2000, n % 2)
            produce("aborted", "outside\n" * 1000)
            until("half of it is in Kafka's log", lambda least=before + 2000: written("aborted") >= least, 60, KAFKA.process)
            kill_worker(count)
            transaction.commit() if is_kept else transaction.kill()
        Transaction("aborted", "t", "kept\n", 0).commit()
        all_counted(stage, count, 5 * 1000 + 2 * 2000 + 1)
        in_all = written("aborted")
        ends_well(count, {"outside": 5000, "kept": 4001})
        expect(in_all > 9001 + 3000, f"{in_all} records in Kafka's log")
        print(f"kafka: 3 of 6 transactions aborted under load, 9001 of {in_all} records counted: lost 0, doubled 0", flush=True)


def a_topic_that_grows_is_read_whole():
    with Stage("grows") as stage:
        count = start(stage, 1)
        produce("grows", "old\n" * 10)
        all_counted(stage, count, 10)
        KAFKA.tool(TOPICS, "--bootstrap-server", KAFKA.address, "--alter", "--topic", "grows", "--partitions", "3")
        until("three partitions", lambda: "with 3 partitions" in subprocess.run(
            ["kcat", "-L", "-b", KAFKA.address, "-t", "grows"], capture_output=True, text=True, check=False).stdout, 30)
        produce("grows", "new\n" * 10, "-p", "2")
        all_counted(stage, count, 20)
        ends_well(count, {"old": 10, "new": 10})


def deleted_records_are_a_gap():
    with Stage("deleted") as stage:
        count = start(stage, 1, source=", onOffsetOutOfRange: earliest")
        produce("deleted", "early\n" * 10)
        all_counted(stage, count, 10)
        count.process.stop()
        produce("deleted", "lost\n" * 10)
        upto = stage.write("delete.json", json.dumps({"version": 1, "partitions": [{"topic": "deleted", "partition": 0, "offset": 20}]}))
        KAFKA.tool("org.apache.kafka.tools.DeleteRecordsCommand", "--bootstrap-server", KAFKA.address, "--offset-json-file", upto)
        count.start()
        until("the gap", lambda: seen(stage, lambda log: log.gaps), 60, count.process)
        produce("deleted", "late\n" * 10)
        all_counted(stage, count, 20)
        expect(log_of(stage).gaps[0][2:] == (0, 10, 20), f"{log_of(stage).gaps}")
        ends_well(count, {"early": 10, "late": 10})


def a_broker_that_dies_is_waited_for():
    with Stage("dies") as stage:
        count = start(stage, 4)
        produce("dies", "before\n" * 1000)
        all_counted(stage, count, 1000)
        KAFKA.process.kill()
        count.wait_state("RETRYING", 60)
        KAFKA.start()
        produce("dies", "after\n" * 1000)
        all_counted(stage, count, 2000)
        count.wait_state("RUNNING", 60)
        count.worker().signal(signal.SIGKILL)
        produce("dies", "again\n" * 1000)
        all_counted(stage, count, 3000)
        ends_well(count, {"before": 1000, "after": 1000, "again": 1000})


if __name__ == "__main__":
    with Stage("kafka") as peers:
        KAFKA = Kafka(peers).start()
        run_tests("kafka", [every_compression_is_read, transactions_leave_holes_and_no_loss,
                            what_is_aborted_under_load_is_never_counted, a_topic_that_grows_is_read_whole,
                            deleted_records_are_a_gap, a_broker_that_dies_is_waited_for], 900)
