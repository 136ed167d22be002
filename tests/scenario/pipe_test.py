#!/usr/bin/env python3
"""pipe_test.py BUILD: a program that a batch goes through, in the daemon: one that fails ends the attempt and nothing of the batch
is seen; one that hangs holds up neither the log nor the end of its worker, and does not outlive it."""

import os
import signal
import sys

from harness import Stage, expect, processes_where, run_tests, until
from kafka import FakeBroker
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
END = 20_000  # records of the topic
SOON = "stopGracefully: {timeout: 1s}\n"
FLATMAP = '  - flatMap: _.value.split(" ")\n'


def piped(broker, stage, pipe, **changes):
    checkpoint = "file://" + stage.path("checkpoint", "x")[:-2]
    return job(broker.servers, checkpoint, **changes).replace(FLATMAP, f"{FLATMAP}  - pipe: {pipe}\n")


def broker_of(stage):
    return FakeBroker(stage, BUILD, "--partitions", "1", "--record", "40", "--limit", str(END))


def counted(count):
    return sum(int(line.split(" records=")[1].split()[0]) for line in count.events("batch.completed"))


def programs(count):
    """What the job's worker has started."""
    worker = count.worker()
    return processes_where(lambda stat: worker and stat[1] == str(worker.pid))


def a_program_that_fails_ends_the_attempt():
    with Stage("pipe-fails") as stage:
        broker = broker_of(stage)
        count = Wordcount(stage, BUILD, piped(broker, stage, "[sh, -c, 'cat; echo no room >&2; exit 3']", attempts=2))
        count.wait_state("FAILED", note="transformations[1].pipe: 'sh' ended with status 3: no room")
        errors = count.events("job.error")
        expect(len(errors) == 2 and all(" code=E408 " in line for line in errors), errors)
        expect(counted(count) == 0, "of a batch that failed nothing is committed")
        count.write_job(piped(broker, stage, "[sh, -c, 'cat; echo enough room now >&2']"))
        until("what was received is counted", lambda: counted(count) == END, 60, count.process)
        expect(' at=transformations[1].pipe msg="enough room now"' in count.events("program.said")[0], count.events("program.said"))


def a_program_that_hangs_holds_up_nothing_else():
    with Stage("pipe-hangs") as stage:
        broker = broker_of(stage)
        count = Wordcount(stage, BUILD, piped(broker, stage, "{argv: [tail, -f, /dev/null], timeout: 1h}",
                                              keys=SOON))
        hanging = until("the program runs", lambda: programs(count), 60, count.process)
        wal = stage.path("checkpoint")
        until("the log goes on", lambda: any("wal" in folder and names for folder, _, names in os.walk(wal)), 60, count.process)
        count.worker().signal(signal.SIGKILL)
        until("the program has gone with its worker", lambda: not any(victim.alive() for victim in hanging), 60, count.process)
        count.write_job(piped(broker, stage, "[cat]", keys=SOON))
        until("what was received is counted", lambda: counted(count) == END, 60, count.process)


if __name__ == "__main__":
    run_tests("pipe", [a_program_that_fails_ends_the_attempt, a_program_that_hangs_holds_up_nothing_else], 300)
