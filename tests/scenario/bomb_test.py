#!/usr/bin/env python3
"""bomb_test.py BUILD: batches of a Kafka topic that are small as they come and have no end once they are unpacked, of each codec:
the worker that reads one ends and says why, its job fails by the rule of attempts, and nobody else feels it."""

import ctypes
import sys
import zlib

from harness import Stage, expect, run_tests, until
from kafka import FakeBroker
from ledger import LocalTree, records_of
from wordcount import Wordcount, job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
MEMORY_MB = 64             # of a job, as the settings say
RECORDS = bytes([12, 0, 0, 0, 1, 0, 0]) * 2_500_000  # each without a key, and empty: a hundred times as long as a message in memory


def of_library(name, call, data, *more):
    """What a library that librdkafka unpacks with has packed."""
    library = ctypes.CDLL(name)
    pack = getattr(library, call)
    pack.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(len(data) + (1 << 20))
    size = pack(room, ctypes.c_size_t(len(room)), data, ctypes.c_size_t(len(data)), *more)
    expect(0 < size < len(room), f"{call}: {size}")
    return room.raw[:size]


def gzip(data):
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(data) + packer.flush()


def lz4(data):
    return of_library("liblz4.so.1", "LZ4F_compressFrame", data, None)


def zstd(data):
    return of_library("libzstd.so.1", "ZSTD_compress", data, 3)


def snappy(period, times):
    """`times` times these few bytes: themselves, then copies of 64 bytes that begin a multiple of them before."""
    data = period * (-(-64 // len(period)))
    copies = (len(period) * times - len(data)) // 64
    size, head = len(data) + 64 * copies, bytearray()
    while size >= 0x80:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes(head) + bytes([size, 60 << 2, len(data) - 1]) + data + bytes([63 << 2 | 2, len(data), 0]) * copies


BOMBS = (("gzip", 1, lambda: gzip(RECORDS)), ("snappy", 2, lambda: snappy(RECORDS[:7], 2_500_000)), ("lz4", 3, lambda: lz4(RECORDS)),
         ("zstd", 4, lambda: zstd(RECORDS)), ("snappy-lie", 2, lambda: b"\xff\xff\xff\xff\x0f\x04ab"))


class Bomb:
    """A job beside the others whose topic has one."""

    def __init__(self, stage, count, name, codec, payload, attempts):
        path = stage.path(name + ".bin")
        with open(path, "wb") as file:
            file.write(payload)
        self.count, self.name = count, name
        self.broker = FakeBroker(stage, BUILD, "--partitions", "1", "--record", "40", "--limit", "2000")
        self.broker.tell("packed", 1000, codec, path)
        count.write_job(job(self.broker.servers, "file://" + stage.path("checkpoints", name), attempts=attempts), name)

    def fails(self, attempts):
        row = until(f"{self.name} has failed", lambda: (row := self.count.status(self.name)).get("state") == "FAILED" and row, 120, self.count.process)
        if BUILD == "build":  # a sanitizer has words of its own
            expect(f"{attempts} time" in row["note"] and "no memory" in row["note"], row)
        self.broker.kill()


def a_batch_without_end_costs_its_own_job_only():
    with Stage("bomb") as stage:
        healthy = FakeBroker(stage, BUILD, "--partitions", "1", "--record", "40", "--limit", "1000")
        checkpoint = stage.path("checkpoints", "well")
        count = Wordcount(stage, BUILD, job(healthy.servers, "file://" + checkpoint), settings=f"limits: {{memoryPerJob: {MEMORY_MB}MiB}}\n")
        count.wait_state("RUNNING")
        worker = count.worker()
        for n, (name, codec, payload) in enumerate(BOMBS):
            attempts = 1 if n else 2
            Bomb(stage, count, name, codec, payload(), attempts).fails(attempts)
            expect(count.events("job.failed")[-1].count(f"job={name} "), name)
        healthy.tell("end", 5000)
        until("the rest", lambda: records_of(LocalTree(checkpoint)) == 5000, 60, count.process)
        expect(worker.alive(), "another job's worker has ended")
        log = count.log()  # of two threads that want memory the library's need not be the one that gets none
        said = log.count("tidemark: out of memory: ")
        expect(said > len(BOMBS) and "rd_malloc() of a library got none" in log or BUILD != "build", f"said {said} times\n{count.process.tail()}")


if __name__ == "__main__":
    run_tests("bomb", [a_batch_without_end_costs_its_own_job_only], 900)
