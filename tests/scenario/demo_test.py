#!/usr/bin/env python3
"""demo_test.py BUILD: the demo for two seconds, a true one and one that is lied to; and how it ends when what it starts fails."""

import glob
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys

from desk import Desk
from harness import daemon, expect, processes_where, run_tests, until

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
HERE = os.path.dirname(os.path.abspath(__file__))
PATIENT = ("--patience", "120000")  # a machine with other things to do


class Demo:
    """A demo under way, whose children do what `fake` says; None: they are the real ones."""

    def __init__(self, desk, fake, *words, stderr=subprocess.PIPE):
        program = desk.path(f"fake-{fake}", "tidemark")
        os.makedirs(self.folder(desk, fake), exist_ok=True)
        shutil.copy(os.path.join(HERE, "fake_demo.py"), program)
        self.place = self.folder(desk, fake)
        self.popen = subprocess.Popen([daemon(BUILD), "demo", *(("--program", program) if fake else ()), *PATIENT, *words],
                                      env=desk.environment(FAKE=fake or "", TMPDIR=self.place, REAL=daemon(BUILD), TZ="UTC"),
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, text=True)

    @staticmethod
    def folder(desk, fake):
        return os.path.join(desk.folder, f"tmp-{fake}")

    def end(self):
        """(status, standard output, standard error)."""
        out, err = self.popen.communicate(timeout=300)
        return self.popen.returncode, out, err

    def left(self):
        return glob.glob(self.place + "/tidemark-demo-*")


def terminal_of(demo, ours):
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:
        pass  # EIO: the other end is closed
    expect(demo.popen.wait(300) == 0, shown)
    return shown.decode()


def three_kills_cost_nothing_and_a_lie_is_found():
    with Desk("demo", BUILD) as desk:
        ours, theirs = pty.openpty()
        true = Demo(desk, None, "--seconds", "2", "-o", "json", stderr=theirs)
        os.close(theirs)
        lied, robbed = Demo(desk, "greedy", "--seconds", "2"), Demo(desk, "thief", "--seconds", "2", "-q")
        shown = terminal_of(true, ours)
        os.close(ours)
        answer = json.loads(true.popen.stdout.read())
        expect(answer["produced"] == answer["counted"] > 1000, answer)
        expect([answer[key] for key in ("version", "lost", "doubled", "words_lost", "words_doubled")] == [1, 0, 0, 0, 0], answer)
        expect(answer["batches"] >= 4 and len(answer["recovery_seconds"]) == 3 and all(answer["recovery_seconds"]), answer)
        for part in ("starting Kafka  ", "starting the job  ", "counting the rest produced ", "stopping  "):
            expect(part in shown, f"no {part!r} in {shown!r}")
        expect(shown.endswith("kill -9: 3 of 3\r\033[K"), f"{shown!r}")
        expect(true.left() == [], "its folder stays")
        got = robbed.end()
        expect(got == (70, "", f"tidemark demo: {robbed.left()[0]}/out.txt: No such file or directory\n"), got)
        status, out, err = lied.end()
        expect(status == 1 and err == f"tidemark demo: it does not add up; all is kept in {lied.left()[0]}\n", f"{status} {out}{err}")
        expect(out.startswith("A word count of 3000 records a second for 2 s, in batches of 2 s. Its worker is\n"), out)
        rows = {row[0]: (int(row[1]), int(row[2])) for row in re.findall(r"^(\w+) +(\d+) +(\d+)$", out, re.MULTILINE)}
        expect(rows["produced"] == (rows["counted"][0] + 1, rows["counted"][1] + 1) and rows["lost"] == (1, 1) and rows["doubled"] == (0, 0), out)
        expect(len(re.findall(r"^kill -9 no\. \d: recovered after \d+\.\d\d s, first new batch committed after \d+\.\d\d s$", out, re.MULTILINE)) == 3, out)


FAILURES = (("kafka ends", "its Kafka ended too early", False), ("daemon ends", "the daemon ended too early", True),
            ("daemon dies", "the daemon ended too early", True), ("silent", "no progress", False),
            ("no jobs", "{folder}/jobs/wordcount.yaml.tmp: No such file or directory", False),
            ("no folder", "{folder}/out.txt: No such file or directory", False), ("no log", "{folder}/log.txt: Is a directory", False), ("no daemon", "{program}: no such file or directory", False),
            ("no ledger", "{folder}/ledger.txt: No such file or directory", None))


def what_goes_wrong_is_told_with_the_daemons_log():
    with Desk("demo-fails", BUILD) as desk:
        for fake, message, logged in FAILURES:
            demo = Demo(desk, fake, "-q", *(("--patience", "500") if fake == "silent" else ()))
            status, out, err = demo.end()
            folder = re.search(r"/tidemark-demo-\w+(?=/log\.txt$)", err.splitlines()[0])
            expect(folder, err)
            folder = demo.place + folder[0]
            message = message.format(folder=folder, program=desk.path(f"fake-{fake}", "tidemark"))
            lines = err.splitlines()
            expect(status == 70 and not out and lines[0] == f"tidemark demo: {message}; the daemon's log is {folder}/log.txt", f"{fake}: {status} {out}{err}")
            wanted = ['  ts=2026-11-26T20:00:00.000Z level=error msg="no way"'] if logged else []
            expect(logged is None or lines[1:] == wanted, f"{fake}: {err}")
        for words, message in ((("--seconds", "0"), "--seconds is a number from 1 to 120, not '0'"), (("--seconds", "121"), "--seconds is a number from 1 to 120, not '121'"),
                               (("--seconds=2x",), "--seconds is a number from 1 to 120, not '2x'"), (("--patience", "0"), "--patience is a number of ms, not '0'")):
            desk.same(("demo", *words), (64, "", f"tidemark demo: {message}\n"))
        shown = desk.on_terminal("demo", "-q", "--program", "/nowhere", TMPDIR=desk.folder)
        expect(shown.startswith("tidemark demo: /nowhere: no such file or directory; "), f"{shown!r}")
        desk.same("demo", (74, "", "tidemark demo: no folder for temporary files: No such file or directory\n"), TMPDIR=desk.folder + "/none")
        env = desk.environment()
        env.pop("TMPDIR", None)
        done = subprocess.run([daemon(BUILD), "demo", "--program", "/nowhere/tidemark"], env=env, capture_output=True, text=True, timeout=120, check=False)
        kept = re.search(r"the daemon's log is (/tmp/tidemark-demo-\w+)/log\.txt\n$", done.stderr)
        expect(kept and done.returncode == 70 and "/nowhere/tidemark: no such file or directory" in done.stderr, done.stderr)
        shutil.rmtree(kept[1])


def an_interruption_leaves_nothing_behind():
    with Desk("demo-int", BUILD) as desk:
        for fake, mark, signals, status in (("silent", "kafka", [signal.SIGINT], 130), ("patient", "daemon", [signal.SIGTERM], 143),
                                            ("daemon fails", "daemon", [signal.SIGINT], 130),
                                            ("stubborn", "daemon", [signal.SIGINT, signal.SIGINT], 130)):
            demo = Demo(desk, fake)
            until(mark, lambda path=os.path.join(demo.place, mark): os.path.exists(path) and os.path.getsize(path))
            for number in signals:
                demo.popen.send_signal(number)
                until("the signal is seen", lambda: demo.popen.poll() is not None or not pending(demo.popen.pid, number))
            got = demo.end()
            expect(got[0] == status and got[2] == "", f"{fake}: {got}")
            expect(demo.left() == [], f"{fake}: {demo.left()}")


def a_demo_that_is_killed_takes_all_with_it():
    with Desk("demo-kill", BUILD) as desk:
        demo = Demo(desk, None)
        worker = until("a worker", lambda: [one for daemon_of in children(demo.popen.pid) for one in children(daemon_of.pid)], 120)
        family = children(demo.popen.pid) + worker
        demo.popen.kill()
        demo.popen.communicate(timeout=120)
        expect(len(family) == 3, [one.command() for one in family])
        until("the end of all", lambda: not any(one.alive() for one in family), 120)


def children(pid):
    return processes_where(lambda stat: stat[1] == str(pid))


def pending(pid, number):
    """Whether a signal of a process still waits."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        mask = int(re.search(r"^ShdPnd:\s*(\w+)$", file.read(), re.MULTILINE)[1], 16)
    return mask >> (number - 1) & 1


def kafka_is_a_program_of_the_demo_only():
    with Desk("demo-kafka", BUILD) as desk:
        def feed(*words, parent=str(os.getpid()), shell='exec "$@" 3>report'):
            return desk.ask("demo-kafka", "--parent", parent, "--seconds", "1", *words, front=("sh", "-c", shell, "sh"))
        expect(feed("--rate", "100", "--ledger", "l", parent="1") == (75, "", ""), "an orphan")
        expect(feed("--rate", "100", "--ledger", "l", shell='exec "$@" 3>&-') == (64, "", "tidemark demo-kafka: it is started by tidemark demo\n"), "alone")
        expect(feed("--rate", "300000", "--ledger", "none/l") == (74, "", "tidemark demo-kafka: none/l: No such file or directory\n"), "no ledger")
        said = desk.read("report").splitlines()
        expect(re.fullmatch(r"servers 127\.0\.0\.1:\d+", said[0]), said)
        numbers = [int(line.split()[1]) for line in said[1:]]
        expect(all(line.startswith("produced ") for line in said[1:]) and numbers == sorted(numbers) and numbers[-1] > 1000, said)
        for lacks in ("--parent", "--ledger", "--seconds", "--rate"):
            words = [word for option in ("--parent", "--ledger", "--seconds", "--rate") if option != lacks for word in (option, "1")]
            desk.same(("demo-kafka", *words), (64, "", "tidemark demo-kafka: it is started by tidemark demo\n"))


if __name__ == "__main__":
    run_tests("demo", [what_goes_wrong_is_told_with_the_daemons_log, an_interruption_leaves_nothing_behind,
                       a_demo_that_is_killed_takes_all_with_it, kafka_is_a_program_of_the_demo_only, three_kills_cost_nothing_and_a_lie_is_found], 300)
