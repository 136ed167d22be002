#!/usr/bin/env python3
"""The local store when the disk fails it: system calls that fail, and a kill -9 at each of them, by strace."""

import os

from harness import Stage, expect, run_tests
from store_door import Door, Ended

CALLS = ("openat", "writev", "fsync", "close", "renameat2", "mkdir", "unlink", "flock", "utimensat")


def failing(stage, inject):
    """A door on <stage>/root, which is there; each thread's call number `when` fails as inject says."""
    os.makedirs(stage.path("root/tmp/x")[:-2], exist_ok=True)
    wrapper = ["strace", "-f", "-y", "-o", stage.path("trace"), "-e", "trace=" + inject.split(":")[0], "-e", "inject=" + inject]
    return Door("file://" + stage.path("root"), wrapper, {"ASAN_OPTIONS": "detect_leaks=0"})


def calls_on(stage, path):
    with open(stage.path("trace"), encoding="utf-8") as trace:
        return [line for line in trace if f"/root/{path}>" in line]


def names(stage, folder):
    return sorted(os.listdir(stage.path("root", folder, "x")[:-2]))


def a_failed_sync_of_a_file_is_unknown_and_never_repeated():
    with Stage("disk-fsync") as stage:
        door = failing(stage, "fsync:error=EIO:when=1")
        said = door.ask("create", "tmp/a", 1000)
        expect(said[:3] == ["UNKNOWN", "UNKNOWN", "E301"], f"create: {said}")
        expect(" ".join(said[3:]) == "sync 'tmp/a': Input/output error", f"create: {said}")
        door.close()
        expect(len(calls_on(stage, "tmp/a")) == 1, "the file was synced again")
        expect(names(stage, "tmp") == [], "what could not be synced is still there")


def a_failed_close_is_unknown():
    with Stage("disk-close") as stage:
        door = failing(stage, "close:error=EIO:when=1")
        said = door.ask("create", "tmp/a", 1000)
        expect(said[0] == "UNKNOWN" and "close 'tmp/a': Input/output error" in " ".join(said), f"create: {said}")
        door.close()
        expect(len(calls_on(stage, "tmp/a")) == 1, "the file was closed again")


def after_a_failed_sync_of_a_directory_nothing_is_written():
    for call in ("create tmp/b 10", "rename a c", "touch a", "mkdirs d", "remove a"):
        with Stage("disk-directory") as stage:
            plain = failing(stage, "flock:error=EIO:when=99")
            expect(plain.answer("create", "a", 10) == "YES", "create")
            plain.close()
            ahead = 2 if call.split()[0] in ("create", "touch") else 1  # these sync the file first
            door = failing(stage, f"fsync:error=EIO:when={ahead}")
            said = door.ask(*call.split())
            expect(said[0] == "UNKNOWN", f"{call}: {said}")
            for later in ("create tmp/c 10", "mkdirs e", "rename a b", "touch a", "remove a"):
                said = door.ask(*later.split())
                expect(said[:2] == ["REFUSED", "FATAL"], f"{later} after {call}: {said}")
            expect(door.answer("list", ".") == "YES", "reads go on")
            door.close()


def a_full_disk_is_named_leaves_nothing_and_ends():
    for error, call in (("ENOSPC", "writev"), ("EDQUOT", "fsync")):
        with Stage("disk-full") as stage:
            door = failing(stage, f"{call}:error={error}:when=1")
            said = door.ask("create", "tmp/a", 1000)
            expect(said[:3] == ["REFUSED", "RETRY", "E320"], f"create: {said}")
            expect(names(stage, "tmp") == [], "it takes the space that is left")
            answers = [door.answer("create", f"tmp/b{n}", 1000) for n in range(9)]  # each thread fails once
            expect(answers[-1] == "YES", f"after the fault: {answers}")
            door.close()


def an_interrupted_write_goes_on():
    with Stage("disk-eintr") as stage:
        door = failing(stage, "writev:error=EINTR:when=1+2")
        expect(all(door.answer("create", f"tmp/{n}", 3000) == "YES" for n in range(8)), "EINTR")
        expect(all(door.ask("read", f"tmp/{n}")[1] == "3000" for n in range(8)), "a length")
        door.close()


def a_kill_at_any_call_leaves_whole_files_and_a_free_lock():
    script = ["lock .", "create tmp/1/a 3000", "mkdirs e1/wal", "rename tmp/1/a e1/wal/a", "touch e1/wal/a", "rename e1 e2", "remove tmp"]
    kills = 0
    for call in CALLS:
        for when in (1, 2, 3):
            with Stage("disk-kill") as stage:
                door, said = failing(stage, f"{call}:signal=SIGKILL:when={when}"), {}
                try:
                    for words in script:
                        said[words] = door.answer(*words.split())
                    door.close()
                except (Ended, BrokenPipeError):
                    kills += 1
                after = Door("file://" + stage.path("root"))
                expect(after.answer("lock", ".") == "YES", f"{call} {when}: the lock is held by the dead")
                check_after(after, said, f"kill at {call} {when}")
                after.close()
    expect(kills >= 15, f"only {kills} kills: the calls have other names now")
    print(f"disk: {kills} kills", flush=True)


def check_after(door, said, fault):
    found = [door.ask("read", path) for path in ("e1/wal/a", "e2/wal/a")]
    there = [words for words in found if words[0] == "YES"]
    expect(len(there) <= 1 and all(words[1] == "3000" for words in there), f"{fault}: {found}")
    if said.get("rename tmp/1/a e1/wal/a") == "YES":
        expect(there, f"{fault}: what was answered yes is gone")
    if said.get("rename e1 e2") == "YES":
        expect(found[1][0] == "YES", f"{fault}: the directory moved back")
    elif said.get("create tmp/1/a 3000") == "YES" and not there:
        expect(door.ask("read", "tmp/1/a")[1] == "3000", f"{fault}: a created file is not whole")


if __name__ == "__main__":
    run_tests("disk", [a_failed_sync_of_a_file_is_unknown_and_never_repeated, a_failed_close_is_unknown,
                       after_a_failed_sync_of_a_directory_nothing_is_written, a_full_disk_is_named_leaves_nothing_and_ends,
                       an_interrupted_write_goes_on, a_kill_at_any_call_leaves_whole_files_and_a_free_lock], seconds=400)
