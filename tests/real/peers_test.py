#!/usr/bin/env python3
"""The peers themselves: what the other tests here rely on, asked of Apache Kafka and HDFS with kcat and WebHDFS alone."""

import subprocess

from peers import Hdfs, Kafka, jars
from harness import Stage, expect, run_tests
from webhdfs import Refused


def kcat(*arguments, text=None):
    return subprocess.run(["kcat", *arguments], input=text, capture_output=True, text=True, check=True, timeout=60).stdout


def kafka_gives_back_what_it_was_given():
    with Stage("real-kafka") as stage:
        kafka = Kafka(stage).start()
        kafka.create_topic("lines", 3)
        rows = [f"key{n}\tvalue {n}" for n in range(1000)]
        kcat("-P", "-b", kafka.address, "-t", "lines", "-X", "acks=all", "-K", "\t", text="\n".join(rows) + "\n")
        expect(sorted(read_all(kafka)) == sorted(rows), "records came back changed")
        kafka.process.kill()
        kafka.start()
        expect(sorted(read_all(kafka)) == sorted(rows), "records were lost with the broker")


def read_all(kafka):
    return kcat("-C", "-b", kafka.address, "-t", "lines", "-o", "beginning", "-e", "-q", "-f", "%k\t%s\n").splitlines()


def hdfs_keeps_the_four_facts_of_publishing():
    with Stage("real-hdfs") as stage:
        store = Hdfs(stage).start().client
        job = "/user/systest/job"
        store.mkdirs(job + "/e1")
        store.create(job + "/tmp/a", b"block")
        expect(not store.rename(job + "/tmp/a", job + "/e2/a"), "RENAME made a parent")
        expect(store.rename(job + "/tmp/a", job + "/e1/a"), "RENAME was refused")
        expect(not store.rename(job + "/tmp/a", job + "/e1/a"), "a repeated RENAME found its source")
        store.create(job + "/tmp/b", b"other")
        expect(not store.rename(job + "/tmp/b", job + "/e1/a"), "RENAME replaced a file")
        expect(store.touch(job + "/e1/a", 1000) == 200, "SETTIMES failed on a file that is there")
        expect(store.rename(job + "/e1", job + "/e2"), "a directory could not be renamed")
        expect(store.read(job + "/e2/a") == b"block", "the directory lost its file")
        expect(status_of(lambda: store.touch(job + "/e1/a", 1000)) == 404, "SETTIMES below a directory that is gone")
        expect(store.under_construction(job) == [], "a closed file looks open")


def status_of(call):
    try:
        return call()
    except Refused as refused:
        return refused.status


if __name__ == "__main__":
    jars("kafka"), jars("hdfs")  # fetched before the clock of the first test runs
    run_tests("peers", [kafka_gives_back_what_it_was_given, hdfs_keeps_the_four_facts_of_publishing], seconds=600)
