"""A proxy on loopback that does harm: `proxy.fault = Fault("reset", 40)` holds for all connections from then on, until it is
taken away. Kinds, on the way back unless said: latency (0.05 s a piece), drip (a byte at a time), blackhole (nothing goes either
way), half-close (the end, while what comes is still read), reset, cut (at byte `at` of an answer's piece), corrupt (that byte);
request-reset (on the way there); chunks (an endless body), headers (endless ones), elsewhere (a redirect to `text`): these three
it answers itself."""

import socket
import struct
import threading
import time


class Fault:
    def __init__(self, kind, at=0, text=""):
        self.kind, self.at, self.text = kind, at, text


class Proxy(threading.Thread):
    def __init__(self, target):
        super().__init__(daemon=True)
        host, _, port = target.partition(":")
        self.target, self.fault, self.fired = (host, int(port)), None, 0
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
        fault = self.fault
        kind = fault.kind if fault else ""
        harm = getattr(self, kind.replace("-", "_"), None) if kind else None
        there = kind in ("request-reset", "chunks", "headers", "elsewhere", "blackhole")
        if harm is None or (there == back and kind != "blackhole"):
            sink.sendall(data)
            return True
        self.fired += 1
        return harm(fault, data, source, sink)

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
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()
        raise OSError("reset")

    request_reset = reset

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
