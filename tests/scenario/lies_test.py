#!/usr/bin/env python3
"""lies_test.py BUILD: the store's door against a WebHDFS that lies: every lie in the place of every answer, once with what was asked
done and once not. Yes is said only to what was done, no and refused only to what was not; a file is read as it is, or not at all;
memory stays bounded; and the next request is well again. --all: lists of a million names, too."""

import itertools
import sys

from fake_webhdfs import FakeWebhdfs, Fate
from harness import expect, fired, peak_mb, run_tests, side_by_side, until
from lies import BROKEN, FILES, HARMLESS, LISTS, MILLIONS, TALK, of, page
from store_door import BUILD, Door

MB_MAX, SIZE = 160, 3000  # a list of a million names takes 100


class Stand:
    def __init__(self):
        self.fake = FakeWebhdfs()
        self.door = Door(self.fake.url("/root"))
        self.n, self.met = 0, 0
        for words in (("lock", "."), ("mkdirs", "d"), ("create", "kept", SIZE)):
            expect(self.door.answer(*words) == "YES", str(words))
        self.kept = self.door.ask("read", "kept")

    def new(self, stem):
        self.n += 1
        return f"{stem}{self.n}"

    def peak_mb(self):
        return peak_mb(self.door.process.pid)

    def lying(self, role, ops, lie, done):
        """From now on; done: whether what is asked is done all the same."""
        said = {"RENAME": (200, {}, b'{"boolean":true}'), "MKDIRS": (200, {}, b'{"boolean":true}'), "DELETE": (200, {}, b'{"boolean":true}'),
                "SETTIMES": (200, {}, b""), "CREATE": (201, {"location": "hdfs://h/x"}, b"")}

        def is_it(request):
            return request.server.role == role and request.op in ops

        def tell(request, answer):
            if not is_it(request):
                return None
            self.met += 1
            return lie(answer or said[request.op])

        self.fake.script = None if done else lambda request: Fate(apply="no", answer="lie") if is_it(request) else None
        self.fake.lie = tell

    def honest(self):
        self.fake.script = self.fake.lie = None

    def there(self, path):
        return self.fake.space.find(f"/root/{path}") is not None

    def judge(self, name, words, is_done, want=None):
        """want: the only answer that is right. Else what is said has to be true."""
        before = self.met
        answer = self.door.ask(*words)
        done = is_done()
        what = f"{name}: {words} was {'' if done else 'not '}done: {' '.join(answer)[:300]}"
        expect(self.met > before, f"{name}: {words} met no lie")
        expect(answer[0] in ("YES", "UNKNOWN") if done else answer[0] in ("NO", "UNKNOWN", "REFUSED"), what)
        expect(want is None or answer[0] == want, what)
        expect(answer[0] in ("YES", "NO") or len(answer) > 4, f"{what}: why?")
        expect(all(word.isprintable() for word in answer), f"{what!r}: control characters")
        expect(BUILD != "build" or self.peak_mb() < MB_MAX, f"{name}: {self.peak_mb():.0f} MB")
        self.honest()
        until(f"after {name} it is well again", lambda: self.door.ask("read", "kept") == self.kept)

    def close(self):
        self.door.close()
        self.fake.close()


def cases(stand):
    """(role, its op, what is asked, whether it was done) of each change, on names of its own."""
    source, target, made, new, old = (stand.new(stem) for stem in ("a", "b", "c", "d", "e"))
    for path in (source, old):
        expect(stand.door.answer("create", path, 10) == "YES", path)
    yield "namenode", "RENAME", ("rename", source, target), lambda: stand.there(target)
    yield "namenode", "SETTIMES", ("touch", "kept"), lambda: stand.touched
    yield "namenode", "MKDIRS", ("mkdirs", made), lambda: stand.there(made)
    yield "namenode", "DELETE", ("remove", old), lambda: not stand.there(old)
    yield "datanode", "CREATE", ("create", new, SIZE), lambda: stand.there(new)


def changes(lies, done, want=None, only=None):
    stand = Stand()
    for name, lie in lies.items():
        for role, op, words, is_done in cases(stand):
            if only and op not in only:
                continue
            stand.touched = done
            stand.lying(role, (op,), lie, done)
            stand.judge(name, words, is_done, want)
    finish(stand)


def finish(stand):
    fired("webhdfs_lies", stand.met)
    print(f"lies: told {stand.met} times, {stand.peak_mb():.0f} MB", flush=True)
    stand.close()


def odd_answers_that_http_allows_are_answers():
    changes(HARMLESS, True, "YES")


def a_broken_answer_leaves_open_what_was_done():
    changes(BROKEN, True, "UNKNOWN")


def a_broken_answer_is_no_yes_to_what_was_not_done():
    changes(BROKEN, False)


def a_wrong_answer_leaves_open_what_was_done():
    changes(TALK, True, "UNKNOWN", ("RENAME", "MKDIRS", "DELETE"))


def a_wrong_answer_is_no_yes_to_what_was_not_done():
    changes(TALK, False, None, ("RENAME", "MKDIRS", "DELETE"))


def where_to_go_is_only_asked():
    stand = Stand()
    for name, lie in {**BROKEN, **TALK}.items():
        path = stand.new("f")
        stand.lying("namenode", ("CREATE",), lie, True)
        stand.judge(name, ("create", path, SIZE), lambda path=path: stand.there(path))
    for name, lie in HARMLESS.items():
        path = stand.new("f")
        stand.lying("namenode", ("CREATE",), lie, True)
        stand.judge(name, ("create", path, SIZE), lambda path=path: stand.there(path), "YES")
    finish(stand)


def a_list_is_whole_or_none():
    stand = Stand()
    right = stand.door.ask("list", ".")
    for name, lie in {**BROKEN, **TALK, **LISTS, **(MILLIONS if "--all" in sys.argv else {})}.items():
        stand.lying("namenode", ("LISTSTATUS", "LISTSTATUS_BATCH"), lie, True)
        stand.judge(name, ("list", "."), lambda: False, "REFUSED")
    for name, lie in HARMLESS.items():
        stand.lying("namenode", ("LISTSTATUS_BATCH",), lie, True)
        stand.judge(name, ("list", "."), lambda: True, "YES")
        expect(stand.door.ask("list", ".") == right, f"{name}: another list")
    finish(stand)


def a_file_is_read_whole_or_not():
    stand = Stand()
    for name, lie in BROKEN.items():
        for role in ("namenode", "datanode"):
            stand.lying(role, ("OPEN",), lie, True)
            stand.judge(name, ("read", "kept", SIZE), lambda: False, "REFUSED")
    for name, lie in HARMLESS.items():
        for role in ("namenode", "datanode"):
            stand.lying(role, ("OPEN",), lie, True)
            stand.judge(name, ("read", "kept", SIZE), lambda: True, "YES")
    for name in ("a byte more", "twice", "100 MB of zeros"):
        stand.lying("datanode", ("OPEN",), FILES[name], True)
        stand.judge(name, ("read", "kept", SIZE), lambda: False, "REFUSED")
    finish(stand)


def an_answer_that_was_not_asked_for_answers_nothing():
    """It lies on a connection that may be kept, behind the answer before it or long after that was read: the next change or list is
    not answered by it."""
    stand, unasked = Stand(), of((200, {}, b'{"boolean":true}')) + of(page([], 0))
    right = stand.door.ask("list", ".")
    for n, (words, late) in enumerate(itertools.product((("mkdirs", "d"), ("list", "."), ("read", "kept")), (False, True))):
        asked = []

        def lie(request, answer):
            request.keep = request.server.role == "namenode"
            asked.append(request)
            return [of(answer) + (b"" if late else unasked)]

        stand.fake.lie = lie
        expect(stand.door.answer(*words) == "YES", str(words))
        if late:
            try:
                asked[0].connection.sendall(unasked)
            except OSError:
                pass  # it was closed at once
        stand.honest()
        for _ in range(2):
            expect(stand.door.answer("rename", f"none{n}", "d/x") == "NO", "what nobody asked for was taken for the answer")
            expect(stand.door.ask("list", ".") == right, "a list that nobody asked for was taken for the answer")
        stand.met += len(asked)
    finish(stand)


if __name__ == "__main__":
    if "--only" in sys.argv:
        run_tests("lies", [globals()[sys.argv[sys.argv.index("--only") + 1]]], 900)
    side_by_side("lies", [odd_answers_that_http_allows_are_answers, a_broken_answer_leaves_open_what_was_done,
                          a_broken_answer_is_no_yes_to_what_was_not_done, a_wrong_answer_leaves_open_what_was_done,
                          a_wrong_answer_is_no_yes_to_what_was_not_done, where_to_go_is_only_asked, a_list_is_whole_or_none,
                          a_file_is_read_whole_or_not, an_answer_that_was_not_asked_for_answers_nothing])
