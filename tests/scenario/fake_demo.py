#!/usr/bin/env python3
"""Stands in for tidemark as what `tidemark demo` starts, its Kafka and its daemon, and does what $FAKE says; $REAL is the real one."""

import ctypes
import os
import shutil
import signal
import sys

FAKE, FOLDER = os.environ["FAKE"], os.environ["TMPDIR"]


def say(line):
    os.write(3, (line + "\n").encode())


def note(name):
    with open(os.path.join(FOLDER, name), "w", encoding="utf-8") as file:
        file.write(str(os.getpid()))


def stay():
    while True:
        signal.pause()  # until it is ended


def kafka(ledger):
    if FAKE in ("greedy", "thief"):  # the real one; in the end more is claimed than there was, or what was printed is taken away
        read_end, write_end = os.pipe()
        if not os.fork():
            os.dup2(write_end, 3)
            words = sys.argv[:]
            words[words.index("--parent") + 1] = str(os.getppid())
            os.execv(os.environ["REAL"], words)
        os.close(write_end)
        with os.fdopen(read_end) as report:
            for line in report:
                if line.startswith("done ") and FAKE == "thief":
                    os.unlink(os.path.join(os.path.dirname(ledger), "out.txt"))
                elif line.startswith("done "):
                    with open(ledger, encoding="ascii") as file:
                        numbers = [int(number) for number in file]
                    numbers[0] += 1
                    numbers[4] += 1
                    with open(ledger, "w", encoding="ascii") as file:
                        file.writelines(f"{number}\n" for number in numbers)
                say(line.rstrip("\n"))
    note("kafka")
    if FAKE == "kafka ends":
        sys.exit(3)
    if FAKE == "silent":
        stay()
    if FAKE == "no jobs":
        shutil.rmtree(os.path.join(os.path.dirname(ledger), "jobs"))
    if FAKE == "no folder":
        shutil.rmtree(os.path.dirname(ledger))
    if FAKE == "no log":
        os.mkdir(os.path.join(os.path.dirname(ledger), "log.txt"))
    if FAKE == "no daemon":
        os.unlink(sys.argv[0])
    say("servers b:1")
    if FAKE == "no ledger":
        say("x" * 500)
    stay()


def daemon():
    at_term = {"stubborn": signal.SIG_IGN, "patient": signal.SIG_DFL}
    signal.signal(signal.SIGTERM, at_term.get(FAKE, lambda *_: sys.exit(1)))
    print("ts=2026-11-26T20:00:00.000Z level=info event=job.started\nts=2026-11-26T20:00:00.000Z level=error msg=\"no way\"",
          file=sys.stderr, flush=True)
    say("nobody listens")
    note("daemon")
    if FAKE == "daemon ends":
        sys.exit(0)
    if FAKE == "daemon dies":
        os.kill(os.getpid(), signal.SIGKILL)
    stay()


def main():
    if FAKE in ("greedy", "thief") and sys.argv[1] == "run":
        os.execv(os.environ["REAL"], [os.environ["REAL"], *sys.argv[1:]])
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # as the real one: dies with its parent, also with one that is gone already
    if sys.argv[1] == "run":
        daemon()
    if os.getppid() != int(sys.argv[sys.argv.index("--parent") + 1]):
        sys.exit(1)
    kafka(sys.argv[sys.argv.index("--ledger") + 1])


main()
