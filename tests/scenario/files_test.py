#!/usr/bin/env python3
"""files_test.py BUILD: job files and places of the supervisor that are not as they should be, with workers that do what their
job file says."""

import json
import os
import shutil
import signal
import sys

from harness import Stage, expect, run_tests, until
from supervisor_test import SETTINGS, Daemon


def generation(it):
    """How often the directory was looked at."""
    return json.loads(it.ask("status", "-o", "json").stdout)["generation"]


def at_the_limit_of_jobs_a_file_waits():
    with Stage("limit") as stage:
        it = Daemon(stage, settings=SETTINGS + "limits: {jobs: 1}\n")
        it.job("a.yaml", "do: run\n")
        it.start()
        it.wait_state("a", "RUNNING")
        it.job("b.yaml", "do: run\n")
        it.wait_log("job=b event=job.refused")
        expect("limits.jobs is reached" in it.log(), it.log())
        it.job("c.yaml", "do: run\n")
        it.remove("a.yaml")
        it.wait_state("b", "RUNNING")
        expect(it.log().count("event=job.refused") == 1, "it is said once for as long as it lasts")
        it.remove("c.yaml")
        seen = generation(it)
        until("a look at the directory: there is room", lambda: generation(it) > seen, process=it.process)
        it.job("d.yaml", "do: run\n")
        it.wait_log("event=job.refused", times=2)


def what_a_worker_prints_goes_to_a_file_of_its_own():
    with Stage("out") as stage:
        folder = stage.path("printed/here")
        it = Daemon(stage, settings=SETTINGS + f"log: {{directory: {folder}}}\n")
        os.makedirs(os.path.join(folder, "b.out"))
        it.job("a.yaml", "do: run\nprint: hello from a\n")
        it.job("b.yaml", "do: run\nprint: hello from b\n")
        it.start()
        it.wait_state("a", "RUNNING")
        it.wait_state("b", "RUNNING")
        with open(os.path.join(folder, "a.out"), encoding="utf-8") as file:
            expect(file.read() == "hello from a\n", "what it printed")
        it.wait_log("level=warning job=b event=output.redirected")
        it.wait_log("hello from b")
        expect("hello from a" not in it.log(), it.log())
        it.process.stop()
        shutil.rmtree(os.path.dirname(folder))
        with open(os.path.dirname(folder), "w", encoding="utf-8"):
            it.start()
        expect(it.process.popen.wait(60) == 78 and folder in it.log(), it.process.tail())


def once_discards_a_state_once():
    with Stage("discard") as stage:
        it = Daemon(stage, options=("--once", "--discard-state", "words"))
        it.job("a.yaml", "do: fence\n")
        it.start()
        expect(it.process.popen.wait(60) == 0, it.process.tail())
        expect(it.starts("a") == ["discard", "standby"], it.starts("a"))


def without_a_watch_sighup_looks():
    with Stage("off") as stage:
        it = Daemon(stage, settings="jobs: {watch: off}\n")
        it.job("a.yaml", "do: run\n")
        it.start()
        it.wait_state("a", "RUNNING")
        it.job("b.yaml", "do: run\n")
        it.process.signal(signal.SIGHUP)
        it.wait_state("b", "RUNNING")


def a_version_that_cannot_be_put_in_place_is_refused_until_it_can():
    with Stage("place") as stage:
        it = Daemon(stage)
        it.job("a.yaml", "do: run\n")
        it.start()
        first = it.wait_state("a", "RUNNING")
        old = os.path.join(it.state, "specs", "a.old")
        os.makedirs(os.path.join(old, "in the way"))
        it.job("a.yaml", "do: run\nbackoff: 1\n")
        job = it.wait_state("a", "REJECTED")
        expect("the old version runs on" in job["note"] and job["pid"] == first["pid"], job)
        shutil.rmtree(old)
        it.wait("the new one", lambda jobs: jobs["a"]["state"] == "RUNNING" and jobs["a"]["pid"] != first["pid"])


def a_version_whose_worker_refuses_cannot_go_back_to_one_that_is_gone():
    with Stage("back") as stage:
        it = Daemon(stage)
        go = stage.path("go")
        it.job("a.yaml", "do: run\n")
        it.start()
        it.wait_state("a", "RUNNING")
        it.job("a.yaml", f"do: refuse {go}\n")
        until("the second worker", lambda: len(it.starts("a")) == 2, process=it.process)
        os.unlink(os.path.join(it.state, "specs", "a.old"))
        with open(go, "w", encoding="utf-8"):
            pass
        it.wait_log("job=a event=job.rejected")
        it.job("a.yaml", "do: run\nbackoff: 1\n")
        expect(it.wait_state("a", "RUNNING")["attempts"]["counted"] == 0, "a refusal is no failure")


def a_file_that_gets_another_suffix_is_the_same_job():
    with Stage("suffix") as stage:
        it = Daemon(stage)
        it.job("a.yaml", "do: run\n")
        os.makedirs(os.path.join(it.state, "specs"))
        stray = os.path.join(it.state, "specs", "x" * 80)
        for name in (stray, os.path.join(it.state, "specs", "gone.new")):
            with open(name, "w", encoding="utf-8"):
                pass
        it.start()
        first = it.wait_state("a", "RUNNING")
        expect(os.listdir(os.path.dirname(stray)).count("gone.new") == 0, "what no file stands for is swept away")
        expect(os.path.exists(stray), "what no job can be is left alone")
        os.rename(os.path.join(it.jobs, "a.yaml"), os.path.join(it.jobs, "a.yml"))
        it.wait("the other name", lambda jobs: jobs["a"]["file"] == "a.yml")
        expect(it.wait_state("a", "RUNNING")["pid"] == first["pid"], "its worker runs on")


def a_worker_that_waits_for_its_store_is_ill_and_says_what_it_knows():
    with Stage("waits") as stage:
        it = Daemon(stage)
        it.job("a.yaml", "do: retry\nnote: NameNode is away\n")
        it.start()
        job = it.wait_state("a", "RETRYING")
        it.wait("a batch", lambda jobs: jobs["a"]["last_batch"])
        expect("NameNode is away" in job["note"], job)
        batch = it.jobs_now()["a"]["last_batch"]
        expect(batch["records"] == 3 and batch["delay_ms"] is None and batch["lag_ms"] is None, batch)
        expect(it.ask("status", "a").returncode == 1, "unhealthy")
        cells = it.ask("status").stdout.splitlines()[1].split()
        expect(cells[0] == "a" and cells[4:8] == ["-"] * 4, cells)


def a_check_is_judged_by_what_it_says():
    with Stage("check") as stage:
        it = Daemon(stage)
        it.job("mute.yaml", "check: mute\n")
        it.job("chatty.yaml", "check: chatty\n")
        it.job("curt.yaml", "check: curt\n")
        it.job("late.yaml", "check: late\n")
        it.start()
        expect("its check ended with exit status 0" in it.wait_state("mute", "REJECTED")["note"], "no word, no verdict")
        it.wait_state("chatty", "RUNNING")
        expect("no reason given" in it.wait_state("curt", "REJECTED")["note"], "a refusal without words")
        expect("its check ended with exit status 5" in it.wait_state("late", "REJECTED")["note"], "it said yes, and failed")


def a_check_that_goes_on_holds_up_nothing():
    with Stage("endless") as stage:
        it = Daemon(stage)
        it.job("a.yaml", "check: endless\n")
        it.job("b.yaml", "check: endless\n")
        it.start()
        it.wait("both", lambda jobs: len(jobs) == 2)
        until("checks", lambda: it.starts("a") and it.starts("b"), process=it.process)
        it.remove("a.yaml")
        it.wait("a gone", lambda jobs: "a" not in jobs)
        expect(it.process.stop() == 0, "stops at once")


if __name__ == "__main__":
    run_tests("files", [
        at_the_limit_of_jobs_a_file_waits,
        what_a_worker_prints_goes_to_a_file_of_its_own,
        once_discards_a_state_once,
        without_a_watch_sighup_looks,
        a_version_that_cannot_be_put_in_place_is_refused_until_it_can,
        a_version_whose_worker_refuses_cannot_go_back_to_one_that_is_gone,
        a_file_that_gets_another_suffix_is_the_same_job,
        a_worker_that_waits_for_its_store_is_ill_and_says_what_it_knows,
        a_check_is_judged_by_what_it_says,
        a_check_that_goes_on_holds_up_nothing,
    ], seconds=400)
