#!/usr/bin/env python3
"""job_test.py BUILD: the word count on Apache Kafka and HDFS with three DataNodes: a million records counted right, with ten
kill -9 of its worker and one DataNode killed on the way; each of the peers killed in turn, and back; a topic that is not there, and safe mode, are waited for. --seed N."""

import random
import sys
import time

from peers import Hdfs, Kafka, jars
from harness import Stage, expect, run_tests, seed_of, until
from ledger import Log, WebhdfsTree, word_counts
from load import Judge, Sentences, kill_worker, produce
from spare import check_spare
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
SEED = seed_of(sys.argv)
RECORDS, PARTITIONS, KILLS = 1_000_000, 4, 10


def a_million_records_with_ten_kills_and_a_datanode_lost():
    dice = random.Random(SEED)
    with Stage("real-job") as stage:
        kafka, hdfs = Kafka(stage).start(), Hdfs(stage, datanodes=3).start()
        kafka.create_topic("lines", PARTITIONS)
        sentences = Sentences(dice)
        count = Wordcount(stage, BUILD, job(kafka.address, hdfs.url + "/wordcount", interval="1s"))
        tree = WebhdfsTree(hdfs.client, "/user/systest/wordcount")
        count.wait_state("RUNNING", 60)
        for step in range(KILLS):
            produce(kafka, sentences.lines(RECORDS // KILLS))
            time.sleep(dice.random() * 2)  # delay: the random moment of the kill
            if step == KILLS // 2:
                hdfs.datanodes[1].kill()
            kill_worker(count)
        Judge(count, tree).wait(RECORDS)
        expect(count.process.stop(60) == 0, f"it does not end well\n{count.process.tail()}")
        log = Log(tree)
        produced = {number: spans[-1][1] for (_, _, number), spans in log.ranges.items()}
        expect(sum(produced.values()) == RECORDS, f"{sum(produced.values())} offsets for {RECORDS} records")
        log.check_ranges(produced)
        expect(word_counts(count.printed()) == dict(sentences.counts), "the counts are not those of what was produced")
        expect(log.epoch > KILLS, f"epoch {log.epoch}")
        until("no file is open", lambda: not hdfs.client.under_construction("/user/systest/wordcount"), 60)
        committed = kafka.group("test")
        expect(sum(committed.values()) <= RECORDS, "the group is never ahead")
        print(f"job: {RECORDS} records, epoch {log.epoch}, {len(log.batches)} batches: lost 0, doubled 0", flush=True)


def each_peer_dies_and_comes_back_under_load():
    dice = random.Random(SEED + 1)
    with Stage("real-peers") as stage:
        kafka, hdfs = Kafka(stage).start(), Hdfs(stage, datanodes=2).start()
        kafka.create_topic("lines", PARTITIONS)
        sentences, made = Sentences(dice), 0
        count = Wordcount(stage, BUILD, job(kafka.address, hdfs.url + "/wordcount", interval="1s"))
        tree = WebhdfsTree(hdfs.client, "/user/systest/wordcount")
        judge = Judge(count, tree)
        count.wait_state("RUNNING", 60)
        for what, victims in (("the NameNode", [hdfs.namenode]), ("all DataNodes", hdfs.datanodes), ("the broker", [kafka.process])):
            produce(kafka, sentences.lines(50_000))
            made += 50_000
            for victim in victims:
                victim.kill()
            kill_worker(count)
            row = until("it says so", lambda: (r := count.status()).get("state") == "RETRYING" and "killed" not in r["note"] and r, 90,
                        count.process)
            print(f"job: {what} away: {row['note']}", flush=True)
            for victim in victims:
                victim.start()
            hdfs.wait_ready()
            until("Kafka", kafka.is_ready, 60, kafka.process)
            kill_worker(count)
            judge.settled(f"job: {what} killed and back, the worker killed twice", made)
        expect(count.process.stop(60) == 0, f"it does not end well\n{count.process.tail()}")
        log = Log(tree)
        log.check_ranges({number: spans[-1][1] for (_, _, number), spans in log.ranges.items()})
        expect(log.records() == made, f"{log.records()} records of {made}")
        expect(word_counts(count.printed()) == dict(sentences.counts), "the counts are not those of what was produced")


def a_topic_that_is_not_there_is_waited_for_in_kafkas_words():
    with Stage("real-topic") as stage:
        kafka = Kafka(stage).start()
        count = Wordcount(stage, BUILD, job(kafka.address, "file://" + stage.path("checkpoint", "x")[:-2]))
        row = count.wait_state("RETRYING", 60, "lines")
        expect("nknown topic" in row["note"], row["note"])
        expect(" code=E304 " in "".join(count.events("source.retry")), "E304")
        kafka.create_topic("lines", 2)
        produce(kafka, "a b a\n")
        until("it is counted", lambda: word_counts(count.printed()) == {"a": 2, "b": 1}, 90, count.process)
        count.wait_state("RUNNING", 60)
        expect(count.process.stop(60) == 0, "it ends well")


def the_spare_goes_on_exactly_where_the_active_stopped():
    with Stage("real-spare") as stage:
        hdfs = Hdfs(stage).start()
        check_spare(stage, BUILD, hdfs.url + "/wordcount", WebhdfsTree(hdfs.client, "/user/systest/wordcount"))


if __name__ == "__main__":
    jars("kafka"), jars("hdfs")  # fetched before the clock of the first test runs
    run_tests("job", [a_topic_that_is_not_there_is_waited_for_in_kafkas_words,
                      a_million_records_with_ten_kills_and_a_datanode_lost, each_peer_dies_and_comes_back_under_load,
                      the_spare_goes_on_exactly_where_the_active_stopped], seconds=1200)
