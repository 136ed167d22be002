#!/usr/bin/env python3
"""The stand-in for WebHDFS, held against what HDFS itself does."""

import socket
import sys

from fake_webhdfs import FakeWebhdfs, Fate
from harness import expect, run_tests
from webhdfs import Refused, Webhdfs


def refused(status, text, call):
    try:
        call()
    except Refused as error:
        expect(error.status == status and text in error.text, f"{status} {text} was expected, got {error}")
        return
    expect(False, f"{status} {text} was expected, and it was done")


def a_file_is_created_once_and_read_back():
    fake = FakeWebhdfs()
    client = Webhdfs(fake.address())
    expect(client.create("/a/b", b"12") == 201, "created, with its parents")
    refused(403, "FileAlreadyExistsException", lambda: client.create("/a/b", b"3"))
    expect(client.read("/a/b") == b"12", "the first one stays")
    refused(404, "FileNotFoundException", lambda: client.read("/a/c"))
    fake.close()


def rename_replaces_nothing_and_moves_into_directories():
    fake = FakeWebhdfs()
    client = Webhdfs(fake.address())
    client.create("/a", b"a")
    client.create("/b", b"b")
    client.mkdirs("/d")
    expect(not client.rename("/a", "/b"), "no file is replaced")
    expect(not client.rename("/a", "/x/a"), "no parent is made")
    expect(client.rename("/a", "/d"), "into the directory")
    expect(client.read("/d/a") == b"a" and not client.rename("/a", "/c"), "the source is used up")
    fake.close()


def safe_mode_and_standby_refuse_by_name():
    fake = FakeWebhdfs(namenodes=2)
    client = Webhdfs(fake.namenodes[0].address)
    fake.space.safe_mode = True
    refused(403, "SafeModeException", lambda: client.mkdirs("/a"))
    refused(403, "StandbyException", lambda: Webhdfs(fake.namenodes[1].address).status("/"))
    fake.close()


def a_client_that_goes_away_leaves_the_bytes_it_sent():
    fake = FakeWebhdfs()
    host, _, port = fake.datanodes[0].address.partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"PUT /webhdfs/v1/torn?op=CREATE HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)
        connection.recv(1000)
    client = Webhdfs(fake.address())
    expect(client.read("/torn") == b"abc", "closed at the bytes that came")
    fake.close()


def a_script_drops_the_answer_of_what_was_done():
    fake = FakeWebhdfs()
    client = Webhdfs(fake.address())
    client.create("/a", b"a")
    fake.script = lambda request: Fate(answer="drop") if request.op == "RENAME" else None
    try:
        client.rename("/a", "/b")
        expect(False, "an answer came")
    except OSError:
        pass
    except Exception as error:  # http.client says RemoteDisconnected
        expect("Remote end closed" in str(error), str(error))
    expect(client.read("/b") == b"a", "it was done all the same")
    fake.close()


if __name__ == "__main__":
    run_tests("fake_webhdfs", [a_file_is_created_once_and_read_back, rename_replaces_nothing_and_moves_into_directories,
                               safe_mode_and_standby_refuse_by_name, a_client_that_goes_away_leaves_the_bytes_it_sent,
                               a_script_drops_the_answer_of_what_was_done], 400)
    sys.exit(0)
