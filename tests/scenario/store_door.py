"""The store's door as tests in other processes speak to it: store_driver.c with one request a line."""

import os
import queue
import subprocess
import sys
import threading

from harness import expect

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"


class Ended(Exception):
    """The driver's process is gone; its exit status, negative for a signal."""


class Door:
    """One store_driver; ask() waits for one answer, start() and take() do not."""

    def __init__(self, url, wrapper=(), env=None):
        self.process = subprocess.Popen([*wrapper, os.path.join(BUILD, "store_driver"), url], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **(env or {})})
        self.answers, self.early, self.next_id = queue.Queue(), {}, 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            number, *words = line.split()
            self.answers.put((int(number), words))
        self.answers.put((0, None))

    def start(self, *words):
        self.next_id += 1
        self.process.stdin.write(" ".join([str(self.next_id), *map(str, words)]) + "\n")
        self.process.stdin.flush()
        return self.next_id

    def take(self, number, seconds=100):
        while number not in self.early:
            got, words = self.answers.get(timeout=seconds)
            if words is None:
                raise Ended(self.process.wait(timeout=seconds))
            self.early[got] = words
        return self.early.pop(number)

    def ask(self, *words):
        return self.take(self.start(*words))

    def answer(self, *words):
        return self.ask(*words)[0]

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(timeout=100)
        expect(status == 0, f"store_driver ended with {status}")
