#!/usr/bin/env python3
"""supervisor_test.py BUILD: the supervisor of the real binary with workers that do what their job file says."""

import json
import os
import signal
import socket
import subprocess
import sys

from harness import Failed, Stage, Victim, daemon, expect, run_tests, until

HERE = os.path.dirname(os.path.abspath(__file__))
WORKER = os.path.join(HERE, "fake_worker.py")
BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
SENTENCE = "job {} failed 3 times in previous 3600000 milliseconds due to {}. Failing the job."
SETTINGS = "jobs: {settle: 100ms, rescan: 1s}\n"


class Daemon:
    """A daemon on a stage, with a drop directory of its own."""

    def __init__(self, stage, name="daemon", settings=SETTINGS, env=None, options=()):
        self.stage, self.name = stage, name
        self.state, self.jobs = stage.path("state"), stage.path("jobs")
        os.makedirs(self.jobs, exist_ok=True)
        self.conf = stage.write("tidemark.yaml", settings)
        self.argv = [daemon(BUILD), "run", "--conf", self.conf, "--jobs", self.jobs, "--state", self.state,
                     "--program", WORKER, *options]
        self.env = env

    def start(self):
        self.process = self.stage.spawn(self.name, self.argv, env=self.env)
        return self

    def job(self, name, text):
        """Writes a job file as an editor does: beside it, then renamed."""
        path = os.path.join(self.jobs, name)
        with open(path + ".tmp", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(path + ".tmp", path)

    def remove(self, name):
        os.unlink(os.path.join(self.jobs, name))

    def ask(self, *words):
        return subprocess.run([daemon(BUILD), *words, "--conf", self.conf, "--state", self.state], capture_output=True,
                              text=True, check=False, timeout=120)

    def jobs_now(self):
        done = self.ask("status", "-o", "json")
        return {job["id"]: job for job in json.loads(done.stdout)["jobs"]} if done.returncode == 0 else {}

    def wait(self, what, test, seconds=60):
        """Waits until test(jobs) holds of the jobs by id."""
        return until(what, lambda: test(self.jobs_now()), seconds, self.process)

    def wait_state(self, job, state):
        return self.wait(f"{job} {state}", lambda jobs: jobs[job] if jobs.get(job, {}).get("state") == state else None)

    def log(self):
        with open(self.process.log, encoding="utf-8") as file:
            return file.read()

    def wait_log(self, text, times=1):
        return until(f"log line with {text}", lambda: self.log().count(text) >= times, process=self.process)

    def starts(self, job):
        """What the workers of a job noted at their start."""
        try:
            with open(os.path.join(self.state, "starts"), encoding="utf-8") as file:
                return [line.split()[1] for line in file if line.split()[0] == job]
        except OSError:
            return []


def a_job_that_always_crashes_is_failed_at_the_third_failure():
    with Stage("crash") as stage:
        it = Daemon(stage)
        it.job("crash.yaml", "do: exit 1\n")
        it.job("killed.yaml", "do: signal 9\nnote: HDFS is on fire\n")
        it.job("well.yaml", "do: run\n")
        it.start()
        crash = it.wait_state("crash", "FAILED")
        killed = it.wait_state("killed", "FAILED")
        expect(crash["note"] == SENTENCE.format("crash", "exit status 1"), crash["note"])
        expect(killed["note"] == SENTENCE.format("killed", "signal 9 (killed): HDFS is on fire"), killed["note"])
        expect(crash["attempts"]["counted"] == 3 and crash["attempts"]["max"] == 3, crash)
        expect(it.starts("crash") == ["start"] * 3, it.starts("crash"))
        expect(f'event=job.failed msg="{crash["note"]}"' in it.log(), it.log())
        expect(it.log().count("job=crash event=attempt.failed") == 3, it.log())
        expect('counted=2 max=3 window=1h exit="signal 9 (killed)"' in it.log(), it.log())
        it.wait_state("well", "RUNNING")
        expect(it.ask("status", "crash").returncode == 1, "unhealthy")
        expect(it.ask("status", "well").returncode == 0, "healthy")
        expect(it.process.stop() == 0, "a graceful stop ends with 0")


def failures_are_counted_across_a_restart_of_the_daemon():
    with Stage("restart") as stage:
        it = Daemon(stage)
        it.job("crash.yaml", "do: exit 1\nbackoff: 60000\n")
        it.start()
        it.wait_state("crash", "RETRYING")
        it.wait_log("event=attempt.failed")
        it.process.kill()
        it.start()  # no wait is left after a restart: the second attempt begins at once
        it.wait_log("counted=2 max=3")
        expect(it.process.stop() == 0, "graceful")
        it.start()
        expect(it.wait_state("crash", "FAILED")["note"] == SENTENCE.format("crash", "exit status 1"), "sentence")
        it.process.stop()
        it.start()
        expect(it.wait_state("crash", "FAILED")["attempts"]["counted"] == 3, "still FAILED, still counted")
        expect(len(it.starts("crash")) == 3, it.starts("crash"))


def a_failed_job_begins_a_new_count_when_its_file_changes():
    with Stage("change") as stage:
        it = Daemon(stage)
        it.job("crash.yaml", "do: exit 1\n")
        it.start()
        it.wait_state("crash", "FAILED")
        it.job("crash.yaml", "do: exit 1\n")  # the same bytes: nothing happens
        it.job("other.yaml", "do: run\n")
        it.wait_state("other", "RUNNING")
        expect(len(it.starts("crash")) == 3, "an equal file starts nothing")
        it.job("crash.yaml", "do: run\n")
        job = it.wait_state("crash", "RUNNING")
        expect(job["attempts"]["counted"] == 0 and job["attempts"]["number"] == 4, job)
        it.process.kill()
        it.start()
        expect(it.wait_state("crash", "RUNNING")["attempts"]["counted"] == 0, "the new count is on disk")


def a_killed_supervisor_leaves_no_worker_behind():
    with Stage("kill") as stage:
        it = Daemon(stage)
        for name in "abcd":
            it.job(f"{name}.yaml", "do: run\n")
        it.start()
        it.wait("four running", lambda jobs: [job["state"] for job in jobs.values()].count("RUNNING") == 4)
        for _ in range(3):
            workers = [Victim(job["pid"]) for job in it.jobs_now().values()]
            expect(len(workers) == 4 and all(worker.alive() for worker in workers), "four workers")
            it.process.kill()
            until("workers gone", lambda: not any(worker.alive() for worker in workers))
            it.start()
            it.wait("four again", lambda jobs: [job["state"] for job in jobs.values()].count("RUNNING") == 4)
        expect(all(job["attempts"]["counted"] == 0 for job in it.jobs_now().values()), "aborted attempts do not count")
        expect("event=attempt.aborted" in it.log(), it.log())


def job_files_come_change_break_and_go():
    with Stage("files") as stage:
        it = Daemon(stage)
        it.start()
        until("empty table", lambda: it.ask("status").stdout.startswith("JOB "), process=it.process)
        it.job("one.yaml", "do: run\n")
        first = it.wait_state("one", "RUNNING")
        it.job("one.yaml", "do: run\n# another version\n")
        second = it.wait("a new worker", lambda jobs: jobs.get("one", {}).get("state") == "RUNNING" and jobs["one"]["pid"] != first["pid"]
                         and jobs["one"])
        it.job("one.yaml", "valid: no\n")
        broken = it.wait_state("one", "REJECTED")
        expect(broken["pid"] == second["pid"], "the old version runs on")
        expect(broken["note"] == "one.yaml:1:1: error[E202]: unknown key; the old version runs on", broken["note"])
        expect(it.ask("status", "one").returncode == 1, "unhealthy")
        it.job("two.yml", "check: crash\n")
        expect(it.wait_state("two", "REJECTED")["note"].startswith("its check ended with signal 11"), "a check that dies")
        it.process.kill()
        it.start()  # the broken file is still there: the version accepted before it is started
        kept = it.wait("the old version", lambda jobs: jobs.get("one", {}).get("state") == "REJECTED" and jobs["one"]["pid"] and jobs["one"])
        expect(kept["note"].endswith("; the old version runs on"), kept)
        it.job("one.yaml", "do: run\n")
        it.wait_state("one", "RUNNING")
        it.remove("one.yaml")
        it.wait("gone", lambda jobs: "one" not in jobs and "two" in jobs)
        expect("job=one event=job.stopped" in it.log(), it.log())
        expect(it.ask("status", "one").returncode == 66, "no such job")
        it.job("one.yaml", "do: run\n")
        it.wait_state("one", "RUNNING")


def a_file_that_never_rests_holds_up_no_other():
    with Stage("noise") as stage:
        it = Daemon(stage, settings="jobs: {settle: 200ms, rescan: 1h}\n")
        it.job("one.yaml", "do: run\n")
        it.start()
        it.wait_state("one", "RUNNING")
        path = os.path.join(it.jobs, "notes.txt")
        noise = subprocess.Popen([sys.executable, "-c", f"while True: open({path!r}, 'w').close()"])
        try:
            until("noise", lambda: os.path.exists(path))
            it.job("two.yaml", "do: run\n")
            it.wait_state("two", "RUNNING")
            it.remove("one.yaml")
            it.wait_log("job=one event=job.removed")
        finally:
            noise.kill()
            noise.wait()


def a_removal_seen_by_chance_is_looked_at_again():
    with Stage("unhinted") as stage:
        it = Daemon(stage, settings="jobs: {watch: poll, settle: 100ms, rescan: 1h}\n")
        it.job("one.yaml", "do: run\n")
        it.start()
        it.wait_state("one", "RUNNING")
        it.remove("one.yaml")
        it.process.signal(signal.SIGHUP)
        it.wait_log("job=one event=job.removed")


def names_are_judged_and_twins_named():
    with Stage("names") as stage:
        it = Daemon(stage)
        for name in (".hidden.yaml", "x.yaml~", "y.yaml.swp", "z.tmp", "#w.yaml#", "not a job.yaml", "readme.txt"):
            it.job(name, "do: run\n")
        it.job("twin.yaml", "do: run\n")
        os.symlink("/dev/null", os.path.join(it.jobs, "off.yaml"))
        it.start()
        it.wait_state("twin", "RUNNING")
        it.job("twin.yml", "do: exit 1\n")
        it.wait_log("twin.yaml and twin.yml have the same id; twin.yml is left out")
        expect(list(it.jobs_now()) == ["twin"], it.jobs_now())
        expect(it.wait_state("twin", "RUNNING")["note"] == "twin.yml has the same id and is left out", "noted")
        expect("not a job.yaml: a job's id is" in it.log(), it.log())


def a_directory_that_cannot_be_read_stops_nothing():
    with Stage("vanish") as stage:
        it = Daemon(stage)
        it.job("one.yaml", "do: run\n")
        it.start()
        first = it.wait_state("one", "RUNNING")
        os.rename(it.jobs, it.jobs + ".away")
        it.wait_log("event=jobs.unreadable")
        expect(it.wait_state("one", "RUNNING")["pid"] == first["pid"], "runs on")
        os.rename(it.jobs + ".away", it.jobs)
        it.job("two.yaml", "do: run\n")
        it.wait_state("two", "RUNNING")
        expect(it.wait_state("one", "RUNNING")["pid"] == first["pid"], "runs on")


def a_job_that_was_fenced_comes_back_as_a_spare():
    with Stage("fenced") as stage:
        it = Daemon(stage)
        it.job("one.yaml", "do: fence\n")
        it.start()
        job = it.wait_state("one", "RUNNING")
        expect(job["attempts"]["counted"] == 0, job)
        expect(it.starts("one") == ["start", "standby"], it.starts("one"))


def a_paused_job_has_no_worker():
    with Stage("paused") as stage:
        it = Daemon(stage)
        it.job("one.yaml", "enabled: 0\n")
        it.start()
        expect(it.wait_state("one", "PAUSED")["pid"] == 0, "no worker")
        it.job("one.yaml", "enabled: 1\n")
        it.wait_state("one", "RUNNING")
        it.job("one.yaml", "enabled: 0\n")
        expect(it.wait_state("one", "PAUSED")["pid"] == 0, "no worker")
        expect(it.ask("status", "one").returncode == 0, "paused is no illness")


def a_second_daemon_is_refused():
    with Stage("second") as stage:
        it = Daemon(stage).start()
        until("first is up", lambda: it.ask("status").returncode == 0, process=it.process)
        done = subprocess.run(it.argv, capture_output=True, text=True, check=False, timeout=120)
        expect(done.returncode == 75, done)
        expect(f"state directory {it.state} is in use by another daemon (pid {it.process.pid})" in done.stderr, done.stderr)
        expect(it.ask("status").returncode == 0, "the first goes on")
        it.process.stop()
        expect(it.ask("status").returncode == 69, "nobody answers")
        os.rmdir(it.jobs)
        done = subprocess.run(it.argv, capture_output=True, text=True, check=False, timeout=120)
        expect(done.returncode == 78 and "the jobs directory cannot be read" in done.stderr, done)


def a_second_sigterm_kills():
    with Stage("term") as stage:
        it = Daemon(stage)
        it.job("one.yaml", "do: stubborn\n")
        it.start()
        until("a worker", lambda: it.starts("one"), process=it.process)
        it.process.signal(signal.SIGTERM)
        it.wait_log("event=daemon.stopping")
        it.wait_state("one", "STOPPING")
        it.process.signal(signal.SIGTERM)
        expect(it.process.popen.wait(60) == 0, it.process.tail())
        expect('event=job.stopped attempt=1 exit="signal 9 (killed)"' in it.log(), it.log())


def a_worker_that_does_not_stop_in_time_is_killed():
    with Stage("stubborn") as stage:
        it = Daemon(stage)
        it.job("one.yaml", "do: stubborn\nstop_timeout: 300\n")
        it.start()
        until("a worker", lambda: it.starts("one"), process=it.process)
        it.job("one.yaml", "do: run\nstop_timeout: 300\n")
        expect(it.wait_state("one", "RUNNING")["attempts"]["counted"] == 0, "an end that was asked for does not count")
        expect(it.starts("one") == ["start", "start"], it.starts("one"))


def once_ends_with_the_jobs():
    with Stage("once") as stage:
        it = Daemon(stage, options=("--once",))
        it.job("a.yaml", "do: exit 0\n")
        it.job("b.yaml", "do: exit 0\n")
        it.start()
        expect(it.process.popen.wait(60) == 0, it.process.tail())
        it.job("b.yaml", "do: exit 1\n")
        it.start()
        expect(it.process.popen.wait(60) == 1, it.process.tail())
        it.job("b.yaml", "valid: no\n")
        it.start()
        expect(it.process.popen.wait(60) == 1, it.process.tail())
        it.remove("a.yaml")
        it.remove("b.yaml")
        it.start()
        expect(it.process.popen.wait(60) == 1 and "there is no job file yet" in it.log(), it.process.tail())


def systemd_is_told():
    with Stage("notify") as stage, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(stage.path("notify"))
        listener.settimeout(60)
        it = Daemon(stage, env={"NOTIFY_SOCKET": stage.path("notify"), "WATCHDOG_USEC": "400000"})
        it.job("one.yaml", "do: run\n")
        it.start()
        heard = set()
        wanted = {"READY=1", "WATCHDOG=1", "STATUS=1 of 1 jobs running"}
        while not wanted <= heard:
            heard.add(listener.recv(4096).decode())
        worker = Victim(it.wait_state("one", "RUNNING")["pid"])
        with open(f"/proc/{worker.pid}/environ", "rb") as file:
            expect(b"NOTIFY_SOCKET" not in file.read(), "no child hears of systemd")
        it.process.signal(signal.SIGTERM)
        while "STOPPING=1" not in heard:
            heard.add(listener.recv(4096).decode())


def a_hung_worker_is_ended_and_counted():
    with Stage("hang") as stage:
        it = Daemon(stage, options=("--hang", "5000"))  # in which the other one says something, on any machine
        it.job("hang.yaml", "do: hang\nmax: 1\n")
        it.job("well.yaml", "do: run\n")
        it.start()
        job = it.wait_state("hang", "FAILED")
        expect("due to no sign of progress; ended with signal 6 (aborted)" in job["note"], job["note"])
        expect(it.wait_state("well", "RUNNING")["attempts"]["number"] == 1, "the other one was left alone")


def a_full_disk_holds_the_start_back():
    with Stage("full") as stage:
        it = Daemon(stage)
        it.start()
        until("up", lambda: it.ask("status").returncode == 0, process=it.process)
        limit = ["prlimit", f"--pid={it.process.pid}"]
        subprocess.run([*limit, "--fsize=1:unlimited"], check=True)
        it.job("one.yaml", "do: run\n")
        expect("File too large" in it.wait_state("one", "RETRYING")["note"], "what is wrong")
        expect(not it.starts("one"), "no worker without a note of its start")
        subprocess.run([*limit, "--fsize=unlimited:unlimited"], check=True)
        it.wait_state("one", "RUNNING")


if __name__ == "__main__":
    run_tests("supervisor", [
        a_job_that_always_crashes_is_failed_at_the_third_failure,
        failures_are_counted_across_a_restart_of_the_daemon,
        a_failed_job_begins_a_new_count_when_its_file_changes,
        a_killed_supervisor_leaves_no_worker_behind,
        job_files_come_change_break_and_go,
        a_file_that_never_rests_holds_up_no_other,
        a_removal_seen_by_chance_is_looked_at_again,
        names_are_judged_and_twins_named,
        a_directory_that_cannot_be_read_stops_nothing,
        a_job_that_was_fenced_comes_back_as_a_spare,
        a_paused_job_has_no_worker,
        a_second_daemon_is_refused,
        a_second_sigterm_kills,
        a_worker_that_does_not_stop_in_time_is_killed,
        once_ends_with_the_jobs,
        systemd_is_told,
        a_hung_worker_is_ended_and_counted,
        a_full_disk_holds_the_start_back,
    ], seconds=400)
