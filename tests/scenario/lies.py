"""What a hostile WebHDFS may say in the place of its answer. Each lie makes, of the answer (status, headers, body), pieces of bytes.
HARMLESS: odd, but HTTP allows it, and it says what the answer says."""

import itertools
import json

JSON = [("Content-Type", "application/json")]
GIB = 1 << 30


def http(status, body, *headers, length=None, version="HTTP/1.1"):
    lines = [f"{version} {status} X", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def of(answer, body=None, *more, status=None, length=None, version="HTTP/1.1"):
    """The answer itself, or with another body, status, length or version."""
    headers = [f"{name}: {value}" for name, value in answer[1].items()]
    return http(status or answer[0], answer[2] if body is None else body, *headers, *more, length=length, version=version)


def chunked(answer, *chunks):
    head = [f"HTTP/1.1 {answer[0]} X", "Transfer-Encoding: chunked", *(f"{name}: {value}" for name, value in answer[1].items())]
    return ["\r\n".join(head).encode() + b"\r\n\r\n", *chunks]


def chunk(data):
    return b"%x\r\n" % len(data) + data + b"\r\n"


def endless(head, piece):
    return itertools.chain([head], itertools.repeat(piece))


def half(answer):
    return answer[2][:len(answer[2]) // 2] if answer[2] else b"{"


def another(answer):
    """The body of an answer to a question that was not asked."""
    if b"boolean" in answer[2]:
        return json.dumps({"FileStatuses": {"FileStatus": []}}).encode()
    return b'{"boolean":true}'


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HARMLESS = {
    "twenty 100s": lambda a: [CONTINUE * 20, of(a)],
    "100 with headers": lambda a: [b"HTTP/1.1 100 Continue\r\nX: y\r\nContent-Length: 5\r\n\r\n", of(a)],
    "102 and 103": lambda a: [b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n", of(a)],
    "a byte at a time": lambda a: [bytes([byte]) for byte in of(a)],
    "HTTP/1.0": lambda a: [of(a, version="HTTP/1.0")],
    "100 behind it": lambda a: [of(a) + CONTINUE],
    "another answer behind it": lambda a: [of(a) + of((200, {}, b'{"boolean":false}'))],
    "rubbish behind it": lambda a: [of(a) + b"\0" * 100_000],
}
BROKEN = {
    "endless chunks": lambda a: endless(chunked(a)[0], chunk(b" " * 16384)),
    "endless headers": lambda a: endless(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"x" * 1000 + b"\r\n"),
    "a header without end": lambda a: endless(b"HTTP/1.1 200 OK\r\nX-More: ", b"x" * 16384),
    "endless 100s": lambda a: endless(b"", CONTINUE * 100),
    "a status line without end": lambda a: endless(b"HTTP/1.1 200 ", b"O" * 16384),
    "a gigabyte": lambda a: endless(of(a, length=GIB), b" " * 65536),
    "an exabyte": lambda a: [of(a, length=1 << 62)],
    "longer than there is": lambda a: [of(a, length=len(a[2]) + 10)],
    "half of the body": lambda a: [of(a, half(a), length=len(half(a)) + 1)],
    "nothing": lambda a: [b""],
    "a bare status": lambda a: [b"HTTP/1.1 200 OK\r\n"],
    "half a status": lambda a: [b"HTTP/1."],
    "a length below nothing": lambda a: [of(a, length=-1)],
    "no number": lambda a: [of(a, length="0x10")],
    "chunks cut": lambda a: chunked(a, chunk(a[2] or b"x")),
    "chunks that lie": lambda a: chunked(a, b"zz\r\n", a[2], b"\r\n0\r\n\r\n"),
    "a chunk of 2^64": lambda a: chunked(a, b"FFFFFFFFFFFFFFFFF\r\n", a[2]),
    "no HTTP": lambda a: [a[2] or b"x"],
    "binary": lambda a: [bytes(range(256)) * 400],
    "another protocol": lambda a: [b"ICY 200 OK\r\n\r\n" + a[2]],
    "101": lambda a: [of(a, status=101)],
    "no status": lambda a: [of(a).replace(b"HTTP/1.1 2", b"HTTP/1.1 x", 1).replace(b"HTTP/1.1 3", b"HTTP/1.1 x", 1)],
    "status 999": lambda a: [of(a, status=999)],
    "500 in HTML": lambda a: [of(a, b"<html>" + b"x" * 1000, status=500)],
    "502 of a gigabyte": lambda a: endless(of(a, status=502, length=GIB), b"<html>" * 10_000),
    "an exception without a name": lambda a: [of(a, b'{"RemoteException": {"message": 5}}', status=500)],
    "an exception of a megabyte": lambda a: [of(a, json.dumps({"RemoteException": {
        "exception": "E", "javaClassName": "x." * 500_000, "message": "\x1b[31m\n\r\0" * 100_000}}).encode(), status=500)],
}
TALK = {  # for answers whose body is JSON
    "no body": lambda a: [of(a, b"")],
    "half of the JSON": lambda a: [of(a, half(a))],
    "a list": lambda a: [of(a, b"[]")],
    "null": lambda a: [of(a, b"null")],
    "the name alone": lambda a: [of(a, b'{"boolean": "true", "FileStatuses": 1, "DirectoryListing": [], "Location": 7, "FileStatus": {}}')],
    "a deep one": lambda a: [of(a, b"[" * 100_000)],
    "a deep object": lambda a: [of(a, b'{"boolean":' * 50_000)],
    "a number without end": lambda a: [of(a, b'{"boolean": ' + b"9" * 1_000_000 + b"}")],
    "no UTF-8": lambda a: [of(a, b'{"boolean": true, "x": "\xff\xfe"}')],
    "another one's answer": lambda a: [of(a, another(a))],
    "8 MiB": lambda a: [of(a, b" " * (8 << 20) + a[2])],
}


def row(name, **changes):
    return {"accessTime": 0, "length": 1, "modificationTime": 1, "pathSuffix": name, "type": "FILE", **changes}


def page(rows, left):
    listing = {"partialListing": {"FileStatuses": {"FileStatus": rows}}, "remainingEntries": left}
    return 200, {}, json.dumps({"DirectoryListing": listing}).encode()


MANY = 30_000  # in a page of less than 4 MiB
ONE_PAGE = of(page([row(f"n{n:07}") for n in range(MANY)], 1000))
COUNT = itertools.count(1)
MILLIONS = {
    "a million names": lambda a: [ONE_PAGE.replace(b'"n0', b'"%02x' % (next(COUNT) % 256))],
    "the same page again and again": lambda a: [ONE_PAGE],
}
LISTS = {
    "more, but none": lambda a: [of(page([], 5))],
    "a name with a way": lambda a: [of(page([row("../../etc/passwd")], 0))],
    "a length below nothing": lambda a: [of(page([row("n", length=-1)], 0))],
    "a length of 10^300": lambda a: [of(page([row("n", length=10 ** 300)], 0))],
    "no type": lambda a: [of(page([row("n", type=None)], 0))],
    "rows of text": lambda a: [of(page(["n", 1, None], 0))],
}
FILES = {  # for the content of a file
    "a bit": lambda a: [of(a, a[2][:-1] + bytes([a[2][-1] ^ 1]) if a[2] else b"x")],
    "zeros": lambda a: [of(a, b"\0" * len(a[2]))],
    "a byte less": lambda a: [of(a, a[2][:-1])],
    "a byte more": lambda a: [of(a, a[2] + b"\0")],
    "nothing of it": lambda a: [of(a, b"")],
    "twice": lambda a: [of(a, a[2] * 2)],
    "its tail first": lambda a: [of(a, a[2][len(a[2]) // 2:] + half(a))],
    "100 MB of zeros": lambda a: [of(a, b"\0" * 100_000_000)],
}
