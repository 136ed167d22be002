#!/usr/bin/env python3
"""A worker that does what its job file says, for tests of the supervisor. The file is lines of `key: value`:

valid: no            the check refuses it                 check: crash     the check dies
check: mute          says nothing; chatty: says more; curt: refuses without a word; late: takes it and fails;
                     endless: does not end
max: 3, window: 3600000, backoff: 0, enabled: 1, stop_timeout: 30000   the policy
do: run | exit N | signal N | hang | stubborn | fence     what the worker does once it is ready
do: refuse PATH      refuses its state once there is such a file;   do: retry       runs on, but its store is away
note: TEXT           said before the end                  print: TEXT      on standard output"""

import ctypes
import os
import signal
import sys
import time


def say(line):
    os.write(3, (line + "\n").encode())


def read_job(path):
    keys = {"valid": "yes", "check": "", "max": "3", "window": "3600000", "backoff": "0", "enabled": "1",
            "stop_timeout": "30000", "do": "run", "note": "", "print": ""}
    with open(path, encoding="utf-8") as file:
        for line in file:
            key, _, value = line.partition(":")
            keys[key.strip()] = value.strip()
    return keys


def bind(argv):
    """As the real worker: dies with its supervisor, whose pid it was told."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(argv[argv.index("--parent") + 1]):
        sys.exit(1)


def note(argv, text):
    """A line in the state directory's journal of starts, for the tests to read."""
    with open(os.path.join(argv[argv.index("--state") + 1], "starts"), "a", encoding="utf-8") as file:
        file.write(f"{argv[2]} {text} {os.getpid()}\n")


def run(job):
    if job["do"] == "retry":
        say("batch number=8 time=1795537622000 records=3 delay=-1 lag_records=-1 lag=-1 dead=-1")
    else:
        say("state state=RUNNING next=-1 text=\"\"")
        say("batch number=7 time=1795537622000 records=1824 delay=215 lag_records=12 lag=400 dead=0")
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    while not stopped:
        say("progress")
        time.sleep(0.1)  # delay: a worker says so once in a while
    sys.exit(0)


def check(argv, how):
    """What a check does that is not as it should be."""
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "mute":
        sys.exit(0)
    if how == "chatty":
        say('state state=RUNNING next=-1 text="all is well"')
    if how == "curt":
        say('rejected count=1 text=""')
        sys.exit(78)
    if how == "endless":
        note(argv, "check")
        signal.pause()


def main():
    argv = sys.argv
    job = read_job(argv[argv.index("--spec") + 1])
    name = argv[argv.index("--name") + 1]
    bind(argv)
    checking = "--check" in argv
    if checking:
        check(argv, job["check"])
    if job["valid"] != "yes":
        say(f'rejected count=1 text="{name}:1:1: error[E202]: unknown key"')
        sys.exit(78)
    say(f'ready enabled={job["enabled"]} max_attempts={job["max"]} window={job["window"]} backoff={job["backoff"]} '
        f'backoff_max=60000 stop_timeout={job["stop_timeout"]} interval=1000 text="a job of tests"')
    if checking:
        sys.exit(5 if job["check"] == "late" else 0)
    word, _, number = job["do"].partition(" ")
    if word == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if job["print"]:
        print(job["print"], flush=True)
    note(argv, "discard" if "--discard-state" in argv else "standby" if "--standby" in argv else "start")
    if job["note"]:
        say(f'state state=RETRYING next=16000 text="{job["note"]}"')
    if word == "exit":
        sys.exit(int(number))
    if word == "signal":
        os.kill(os.getpid(), int(number))
    if word == "fence" and "--standby" not in argv:
        say('fenced text="host nn2, epoch 7"')
        sys.exit(75)
    if word == "refuse":
        while not os.path.exists(number):
            time.sleep(0.05)  # delay: until the test lets it go on
        say('rejected count=1 text="its state cannot be read"')
        sys.exit(78)
    if word in ("hang", "stubborn"):
        signal.pause()
    if "--once" in argv:
        sys.exit(0)
    run(job)


main()
