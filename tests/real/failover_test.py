#!/usr/bin/env python3
"""failover_test.py BUILD: the word count on Apache Kafka and an HDFS of two NameNodes, under load and with kill -9 of its worker:
the active one changed by hand, killed, none active for a while, safe mode. --seed N."""

import random
import sys
import time

from pair import HdfsPair
from peers import Kafka, jars
from harness import Stage, expect, run_tests, seed_of, until
from ledger import Log, WebhdfsTree, word_counts
from load import Judge, Sentences, kill_worker, produce
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
SEED = seed_of(sys.argv)
RECORDS = 50_000  # a round


def waits(count, words):
    """The job is held up and says it in HDFS's words."""
    row = until(f"RETRYING: {words}", lambda: (r := count.status()).get("state") == "RETRYING" and words in r["note"] and r, 90,
                count.process)
    print(f"failover: {row['note']}", flush=True)


def to_the_other(hdfs, _count):
    hdfs.make_standby(hdfs.active)
    hdfs.make_active(1 - hdfs.active)


def none_is_active(hdfs, count):
    hdfs.make_standby(hdfs.active)
    waits(count, "tandby")
    hdfs.make_active(hdfs.active)


def the_active_one_is_killed(hdfs, _count):
    dead = hdfs.active
    hdfs.namenodes[dead].kill()
    hdfs.make_active(1 - dead)
    hdfs.namenodes[dead].start()
    hdfs.wait_for(dead, "standby")


def safe_mode(hdfs, count):
    hdfs.safe_mode("enter")
    waits(count, "afe mode")
    hdfs.safe_mode("leave")


def what_befalls_the_namenodes_loses_nothing():
    dice = random.Random(SEED)
    with Stage("real-failover") as stage:
        kafka, hdfs = Kafka(stage).start(), HdfsPair(stage).start()
        kafka.create_topic("lines", 4)
        sentences, made = Sentences(dice), 0
        count = Wordcount(stage, BUILD, job(kafka.address, hdfs.url + "/wordcount", interval="1s"))
        tree = WebhdfsTree(hdfs.client, "/user/systest/wordcount")
        judge = Judge(count, tree)
        count.wait_state("RUNNING")
        for befalls in (to_the_other, none_is_active, the_active_one_is_killed, safe_mode):
            produce(kafka, sentences.lines(RECORDS))
            made += RECORDS
            time.sleep(dice.random())  # delay: the random moment of the kill
            kill_worker(count)
            befalls(hdfs, count)
            kill_worker(count)
            judge.settled(f"failover: {befalls.__name__.replace('_', ' ')}", made)
        expect(count.process.stop() == 0, f"it does not end well\n{count.process.tail()}")
        log = Log(tree)
        log.check_ranges({number: spans[-1][1] for (_, _, number), spans in log.ranges.items()})
        expect(log.records() == made, f"{log.records()} records of {made}")
        expect(word_counts(count.printed()) == dict(sentences.counts), "the counts are not those of what was produced")


if __name__ == "__main__":
    jars("kafka"), jars("hdfs")  # fetched before the clock of the first test runs
    run_tests("failover", [what_befalls_the_namenodes_loses_nothing], seconds=1200)
