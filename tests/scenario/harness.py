"""What the scenario tests stand on: processes that are stopped by pid and start time, waits with deadlines, free ports, a
stage (folder and processes) for each test, and a runner that prints `NAME: N passed, N failed`."""

import ctypes
import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

TAIL_LINES = 25
LIBC = ctypes.CDLL(None)


class Failed(Exception):
    """A test's expectation that did not hold, or a peer that did not come up."""


def expect(condition, message):
    if not condition:
        raise Failed(message)


def until(what, ready, seconds=60.0, process=None):
    """Asks ready() until it returns something true, and returns that; a process that ends meanwhile ends the wait."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ready()
        if answer:
            return answer
        if process is not None and not process.alive():
            raise Failed(f"{what}: {process.name} has ended with {process.popen.returncode}\n{process.tail()}")
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds:g} s" + (f"\n{process.tail()}" if process else ""))
        time.sleep(0.02)  # poll: the deadline above ends it


def free_ports(count):
    """Ports that nobody holds now, below those that outgoing connections are given, so that a peer can come back on its own."""
    ports = []
    for port in random.SystemRandom().sample(range(15000, 32000), 500):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise Failed(f"no {count} free ports")


def hold_port():
    """A socket with a port that refuses everybody and is nobody else's as long as it is open, whoever listens on it for a while."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def is_open(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def reset(connection):
    """Ends a TCP connection with RST at once, even while another thread reads it."""
    try:
        LIBC.connect(connection.fileno(), bytes(16), 16)  # AF_UNSPEC: Linux disconnects
        connection.close()
    except OSError:
        pass


def http_get(port, path, timeout=5.0):
    """(status, text) of a GET on this machine; (0, "") when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def process_stat(pid):
    """The fields of /proc/PID/stat behind the name, or None: [0] state, [1] parent, [3] session, [19] start time."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


class Victim:
    """A process that somebody else started: a signal reaches it only while pid and start time are still the same."""

    def __init__(self, pid):
        stat = process_stat(pid)
        self.pid, self.started = pid, stat[19] if stat else None

    def alive(self):
        stat = process_stat(self.pid)
        return stat is not None and stat[19] == self.started and stat[0] != "Z"

    def signal(self, number):
        """False when it had gone already."""
        try:
            handle = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            if not self.alive():
                return False
            signal.pidfd_send_signal(handle, number)
            return True
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)

    def command(self):
        try:
            with open(f"/proc/{self.pid}/cmdline", "rb") as file:
                return file.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        except OSError:
            return ""


def processes_where(test):
    """Victims for every living process whose stat passes the test."""
    found = []
    for name in os.listdir("/proc"):
        stat = process_stat(name) if name.isdigit() else None
        if stat and stat[0] != "Z" and test(stat):
            found.append(Victim(int(name)))
    return found


def peak_mb(pid):
    """The most memory that this process has held. OSError, or StopIteration, when it has ended."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024


class Process:
    """A child in a session of its own; what it says goes to a file."""

    def __init__(self, name, argv, log, env=None, output=None):
        """output: a file for standard output alone; without it both streams go to log."""
        self.name, self.argv, self.log, self.env, self.output = name, argv, log, env, output
        self.popen = None
        self.start()

    def start(self):
        with open(self.log, "ab") as log, open(self.output or os.devnull, "ab") as output:
            self.popen = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=output if self.output else log, stderr=log,
                start_new_session=True, env={**os.environ, **(self.env or {})})

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        self.popen.send_signal(number)  # Popen sends nothing once it has seen the end

    def kill(self):
        self.signal(signal.SIGKILL)
        self.popen.wait(60)

    def stop(self, seconds=60.0):
        """TERM, then KILL; the exit status (negative: the signal)."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.popen.returncode

    def children(self):
        return processes_where(lambda stat: stat[1] == str(self.pid))

    def session(self):
        """Everything that descends from it and has not left its session."""
        return [victim for victim in processes_where(lambda stat: stat[3] == str(self.pid)) if victim.pid != self.pid]

    def tail(self, lines=TAIL_LINES):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return "".join(f"    {self.name}: {line}" for line in file.readlines()[-lines:])


class Stage:
    """A test's folder and the processes it started: `with Stage("kill") as stage`. All are stopped at the end; the folder is
    kept, and named, when the test failed."""

    def __init__(self, name):
        self.name, self.processes = name, []
        self.folder = tempfile.mkdtemp(prefix=f"tidemark-{name}-")

    def path(self, *parts):
        path = os.path.join(self.folder, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def write(self, name, text):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def spawn(self, name, argv, env=None, output=None):
        process = Process(name, argv, self.path(name + ".log"), env, output)
        self.processes.append(process)
        return process

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for process in reversed(self.processes):
            process.stop()
        for victim in [left for process in self.processes for left in process.session()]:
            victim.signal(signal.SIGKILL)
        if kind is None or (kind is SystemExit and not error.code):
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            print(f"{self.name}: what it left is in {self.folder}", flush=True)
        return False


def daemon(build):
    """The binary under test."""
    path = os.path.abspath(os.path.join(build, "tidemark"))
    expect(os.access(path, os.X_OK), f"{path} is not built")
    return path


def seed_of(argv):
    """The seed of this run: --seed N, else a new one; printed, so that a run can be repeated."""
    seed = int(argv[argv.index("--seed") + 1]) if "--seed" in argv else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    return seed


def fired(name, count):
    """For whoever counts what was tried (tests/proof): so many of this kind happened."""
    if "TIDEMARK_CENSUS" in os.environ:
        with open(os.environ["TIDEMARK_CENSUS"], "a", encoding="utf-8") as file:
            file.write(f"{name} {count}\n")


def run_tests(name, tests, seconds=600):
    """Runs the functions one after another; each has the limit of seconds. Ends the script with 0 or 1."""
    def too_long(*_):
        raise Failed(f"not done within {seconds} s")
    signal.signal(signal.SIGALRM, too_long)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, and so would what we start
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    passed = failed = 0
    for test in tests:
        title = test.__name__.replace("_", " ")
        begun = time.monotonic()
        signal.alarm(seconds)
        try:
            test()
            passed += 1
            print(f"{name}: {title}: ok ({time.monotonic() - begun:.1f} s)", flush=True)
        except Exception as error:  # one test's end is not the end of the others
            failed += 1
            print(f"{name}: {title}: FAILED: {error}", flush=True)
            if not isinstance(error, Failed):
                traceback.print_exc()
        finally:
            signal.alarm(0)
    print(f"{name}: {passed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)


def side_by_side(name, tests):
    """Each in a process of its own, as SCRIPT ARGUMENTS --only TEST: for tests that wait more than they work."""
    runs = [subprocess.Popen([sys.argv[0], *(sys.argv[1:] or ["build"]), "--only", test.__name__], stdout=subprocess.PIPE, text=True)
            for test in tests]
    failed = 0
    for run in runs:
        said = run.communicate()[0].splitlines()
        failed += run.returncode != 0
        print("\n".join(said[:-1]), flush=True)
    print(f"{name}: {len(runs) - failed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)
