"""A proxy on loopback that does harm: `proxy.fault = Fault("reset", 40)` holds for all connections from then on, until it is
taken away. Kinds, on the way back, or on the way there where `there` is said: latency (0.05 s a piece), drip (a byte at a time),
half-close (the end, while what comes is still read), reset, cut (at byte `at` of a piece), corrupt (that byte); blackhole (nothing goes
either way); chunks (an endless body), headers (endless ones), elsewhere (a redirect to `text`): these three it answers itself.

`proxy.sweep = Sweep("reset", upto)`: after byte 0 of what comes back, then after byte 1 of what comes back next, and so on."""

import socket
import threading
import time

from harness import reset


class Fault:
    def __init__(self, kind, at=0, text="", there=False):
        self.kind, self.at, self.text, self.there = kind, at, text, there or kind in ("chunks", "headers", "elsewhere")

    def __str__(self):
        return f"{self.kind} at {self.at} on the way {'there' if self.there else 'back'}"


class Sweep:
    """One harm after another, each a byte later; not the same bytes twice: `left` are those until the next."""

    def __init__(self, kind, upto, at=0, step=1):
        self.kind, self.upto, self.at, self.step = kind, upto, at, step
        self.left, self.fired, self.lock = at, 0, threading.Lock()

    def done(self):
        return self.at > self.upto

    def take(self, size):
        """How many of these bytes go on before the harm; None: all of them, and no harm yet."""
        with self.lock:
            if self.done() or size < self.left:
                self.left -= 0 if self.done() else size
                return None
            passed, self.at, self.fired = self.left, self.at + self.step, self.fired + 1
            self.left = self.at
            return passed


class Proxy(threading.Thread):
    def __init__(self, target):
        super().__init__(daemon=True)
        host, _, port = target.partition(":")
        self.target, self.fault, self.sweep, self.fired = (host, int(port)), None, None, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.start()

    def run(self):
        while True:
            near, _ = self.listener.accept()
            try:
                far = socket.create_connection(self.target)
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:  # one of them has gone already
                near.close()
                continue
            for source, sink, back in ((near, far, False), (far, near, True)):
                threading.Thread(target=self.pump, args=(source, sink, back), daemon=True).start()

    def pump(self, source, sink, back):
        try:
            while (data := source.recv(65536)):
                if not self.pass_on(data, source, sink, back):
                    break
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for end in (source, sink):
                end.close()

    def pass_on(self, data, source, sink, back):
        """False: nothing more goes this way."""
        fault, sweep = self.fault, self.sweep
        if sweep and back and (passed := sweep.take(len(data))) is not None:
            fault = Fault(sweep.kind, passed)
        elif not fault or (fault.there == back and fault.kind != "blackhole"):
            sink.sendall(data)
            return True
        self.fired += 1
        return getattr(self, fault.kind.replace("-", "_"))(fault, data, source, sink)

    @staticmethod
    def latency(_fault, data, _source, sink):
        time.sleep(0.05)  # delay: the latency itself
        sink.sendall(data)
        return True

    @staticmethod
    def drip(_fault, data, _source, sink):
        for n, byte in enumerate(data):
            sink.sendall(bytes([byte]))
            if n < 400:
                time.sleep(0.0005)  # delay: so that each is a piece of its own
        return True

    def blackhole(self, fault, _data, _source, _sink):
        while self.fault is fault:
            time.sleep(0.02)  # poll: until the fault is taken away
        return False

    @staticmethod
    def half_close(_fault, _data, _source, _sink):
        return False

    @staticmethod
    def reset(fault, data, source, sink):
        sink.sendall(data[:fault.at])
        for end in (sink, source):
            reset(end)
        raise OSError("reset")

    @staticmethod
    def cut(fault, data, _source, sink):
        sink.sendall(data[:fault.at])
        return False

    @staticmethod
    def corrupt(fault, data, _source, sink):
        at = fault.at % len(data)
        sink.sendall(data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1:])
        return True

    @staticmethod
    def chunks(_fault, _data, source, _sink):
        source.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            source.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")

    @staticmethod
    def headers(_fault, _data, source, _sink):
        source.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            source.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")

    @staticmethod
    def elsewhere(fault, _data, source, _sink):
        source.sendall(f"HTTP/1.1 307 X\r\nLocation: {fault.text}\r\nContent-Length: 0\r\n\r\n".encode())
        return True
