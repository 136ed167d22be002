#!/usr/bin/env python3
"""The store's door, as a program (store_driver.c), against HDFS: what it answers, and what it says when it cannot know."""

import json
import time

from peers import SERVER, Hdfs, jars, run_java
from store_door import Door
from harness import Stage, expect, http_get, run_tests, until

MIB = 1 << 20
COUNTS_LATE = 12  # seconds


SCRIPT = """lock . ; create tmp/1.a/x.0 100000 ; create tmp/1.a/y.0 0 ; list . ; list tmp/1.a ; create tmp/1.a/x.0 8000000
mkdirs e1.a/wal ; rename tmp/1.a/x.0 e1.a/wal/k-1 ; rename tmp/1.a/x.0 e1.a/wal/k-1 ; rename tmp/1.a/y.0 e1.a/wal/k-1
touch e1.a/wal/k-1 ; touch e1.a/wal/k-2 ; touch e1.a/wal/k-1/z ; touch e1.a ; rename e1.a e2.b ; read e2.b/wal/k-1
read tmp/1.a/y.0 ; read e2.b/wal ; read no ; list no ; list e2.b/wal/k-1 ; mkdirs e2.b/wal/k-1 ; mkdirs e2.b/wal/k-1/z
rename tmp/1.a/y.0 e2.b/wal/k-1/y ; rename tmp/1.a/y.0 no/y ; rename no e2.b/no ; create e2.b 10 ; read e2.b/wal/k-1/z
create e2.b/a%b;c+d 10 ; list e2.b ; read e2.b/a%b;c+d ; remove e2.b/a%b;c+d ; remove tmp ; remove tmp ; list .
create block 8388608 ; read block ; read block 8388608 ; lock ."""


def both_stores_answer_alike(hdfs):
    local, remote = Door("file://" + hdfs.stage.path("local") + "/alike"), Door(hdfs.url + "/alike")
    for words in SCRIPT.replace("\n", " ; ").split(" ; "):
        here, there = local.ask(*words.split()), remote.ask(*words.split())
        if words.startswith("list"):  # directories have no length here
            here, there = ([word for word in words if not word.endswith("/:0")] for words in (here, there))
        expect(here == there, f"{words}: {here} on file://, {there} on HDFS")
    refused = remote.ask("read", "block", 8 * MIB - 1)
    expect(refused[:2] == ["REFUSED", "FATAL"], f"a file that is too long: {refused}")
    for door in (local, remote):
        door.close()
    expect(hdfs.client.under_construction("/user/systest") == [], "a file was left open")


def a_commit_costs_one_create_and_one_rename(hdfs):
    door = Door(hdfs.url + "/cost")
    expect(door.answer("mkdirs", "e1/wal") == "YES", "mkdirs")
    made, renamed = settled(hdfs)
    for n in range(20):
        expect(door.answer("create", f"tmp/1.{n}", 1000) == "YES", "create")
        expect(door.answer("rename", f"tmp/1.{n}", f"e1/wal/1.{n}") == "YES", "rename")
    until("the renames show", lambda: counts(hdfs)[1] > renamed)
    made_then, renamed_then = settled(hdfs)
    expect(made_then - made == 20, f"{made} to {made_then} creates for 20 commits")
    expect(renamed_then - renamed == 20, f"{renamed} to {renamed_then} renames for 20 commits")
    door.close()


def settled(hdfs):
    """The NameNode's counts, which it shows up to ten seconds late, once they have rested for longer than that."""
    last, since = counts(hdfs), time.monotonic()

    def rest():
        nonlocal last, since
        now = counts(hdfs)
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since > COUNTS_LATE

    until("the counts rest", rest, 60)
    return last


def counts(hdfs):
    said = json.loads(http_get(hdfs.http, "/jmx?qry=Hadoop:service=NameNode,name=NameNodeActivity")[1])["beans"][0]
    return said["CreateFileOps"], said["FilesRenamed"]


def a_long_list_is_whole(hdfs):
    door = Door(hdfs.url + "/list")
    asked = [door.start("mkdirs", f"many/{n:05}") for n in range(2500)]
    expect(all(door.take(number) == ["YES"] for number in asked), "mkdirs")
    names = door.ask("list", "many")[1:]
    expect(names == [f"{n:05}/:0" for n in range(2500)], f"{len(names)} names of 2500")
    door.close()


def a_datanode_killed_in_the_middle_leaves_no_doubt():
    with Stage("real-store-kill") as stage:
        hdfs = Hdfs(stage, datanodes=3).start()
        door = Door(hdfs.url + "/root")
        size, kinds = 16 * MIB, {}
        asked = {door.start("create", f"a/{n}", size): f"a/{n}" for n in range(4)}
        until("an upload has begun", lambda: len(hdfs.client.entries("/user/systest/root/a")) == 4)
        hdfs.datanodes[0].kill()
        for number, path in asked.items():
            words = door.take(number)
            kinds[path] = words[0]
            expect(words[0] != "NO", f"{path}: {words}")
            if words[0] == "YES":
                read = door.ask("read", path)
                expect(read[:2] == ["YES", str(size)], f"{path} was answered yes and reads {read}")
        print(f"store: after the kill: {kinds}", flush=True)
        tries = 0
        for n in range(20):  # it goes on at once, with the dead one left out; a try may fail, its name is not used again
            while door.answer("create", f"b/{n}.{tries}", 100000) != "YES":
                tries += 1
                expect(tries < 20, "creates keep failing")
        print(f"store: {tries} tries of 20 creates failed", flush=True)
        door.close()


def the_only_datanode_killed_in_the_middle_is_an_unknown(hdfs):
    door = Door(hdfs.url + "/gone")
    expect(door.answer("create", "whole", 1000) == "YES", "create")
    asked = door.start("create", "cut", 256 * MIB)
    until("the upload has begun", lambda: any(name == "cut" for name, _, _ in hdfs.client.entries("/user/systest/gone")))
    hdfs.datanodes[0].kill()
    said = door.take(asked)  # on a busy machine it may have been over by then
    expect(said[:3] == ["UNKNOWN", "UNKNOWN", "E302"] or said[0] == "YES", f"a cut upload: {said}")
    for words in ("create next 1000", "read whole"):
        said = door.ask(*words.split())
        expect(said[:3] == ["REFUSED", "RETRY", "E302"], f"{words} without a DataNode: {said}")
    hdfs.datanodes[0].start()
    goes_on(door, "again")
    until("the file reads again", lambda: door.answer("read", "whole") == "YES", 60)
    door.close()


def goes_on(door, name):
    """What failed is asked for under a new name, until it works."""
    tries = iter(range(10000))
    until("a create after the fault", lambda: door.answer("create", f"{name}.{next(tries)}", 1000) == "YES", 60)


def safe_mode_is_named_and_reads_go_on(hdfs):
    door = Door(hdfs.url + "/safe")
    expect(door.answer("create", "a", 1000) == "YES", "create")
    admin = hdfs.configure("admin", {}) + [SERVER.replace(".server", ".tools") + "DFSAdmin", "-safemode"]
    run_java(admin + ["enter"])
    for words in ("create b 1000", "rename a c", "mkdirs d", "remove a", "touch a"):
        said = door.ask(*words.split())
        expect(said[:3] == ["REFUSED", "RETRY", "E310"], f"{words}: {said}")
    expect(door.answer("read", "a") == "YES", "a read in safe mode")
    run_java(admin + ["leave"])
    expect(door.answer("rename", "a", "c") == "YES", "a rename after safe mode")
    door.close()


def the_other_namenode_is_asked_and_none_is_told(hdfs):
    door = Door(hdfs.url.replace("@", "@127.0.0.1:1,") + "/away")
    for words in ("lock .", "create a 1000", "rename a b", "read b", "create c 100000"):
        expect(door.answer(*words.split()) == "YES", f"{words} with one of two NameNodes")
    hdfs.namenode.kill()
    said = until("nobody is there", lambda: refused(door.ask("rename", "b", "d")))
    expect(" ".join(said).count("Failed to connect to 127.0.0.1") == 2, f"both are named: {said}")
    hdfs.namenode.start()
    hdfs.wait_ready()
    until("it is back", lambda: door.answer("touch", "b") == "YES", 60)
    goes_on(door, "e")
    door.close()


def refused(words):
    """A kept connection may die with the request on it: unknown; from then on it is refused."""
    expect(words[0] in ("UNKNOWN", "REFUSED") and words[2] == "E302", f"without a NameNode: {words}")
    return words if words[0] == "REFUSED" else None


def with_peers(test, hdfs):
    def run():
        test(hdfs)
    run.__name__ = test.__name__
    return run


if __name__ == "__main__":
    jars("hdfs")
    with Stage("real-store") as peers:
        one = Hdfs(peers).start()
        tests = [both_stores_answer_alike, a_commit_costs_one_create_and_one_rename, a_long_list_is_whole,
                 safe_mode_is_named_and_reads_go_on, the_only_datanode_killed_in_the_middle_is_an_unknown,
                 the_other_namenode_is_asked_and_none_is_told]
        run_tests("store", [with_peers(test, one) for test in tests] + [a_datanode_killed_in_the_middle_leaves_no_doubt],
                  seconds=600)
