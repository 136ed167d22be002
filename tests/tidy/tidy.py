#!/usr/bin/env python3
"""tidy.py [ROOT]: holds the tracked files of a tree against the house rules.

Every breach is `file:line: rule, what to do`; a note (what should be better, but is not counted) begins with `note:` after
its place. The last line is `N passed, N failed`, in files."""

import ast
import fnmatch
import os
import re
import subprocess
import sys

from csource import Nesting, find_functions, read_source

FUNCTION_LINES, SOURCE_LINES, HEADER_LINES, PARAMETERS, LEVELS = 60, 500, 150, 5, 3
GROUND = ("daemon/io/", "daemon/base/")  # where the doors are, and what stands below them
STANDARD = re.compile(  # the C library's own headers, and the kernel's
    r"(assert|complex|ctype|errno|fenv|float|inttypes|iso646|limits|locale|math|setjmp|signal|stdalign|stdarg|stdatomic"
    r"|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|tgmath|threads|time|uchar|wchar|wctype|unistd|fcntl"
    r"|dirent|poll|pthread|sched|getopt|dlfcn|fnmatch|glob|grp|pwd|langinfo|libgen|netdb|regex|semaphore|spawn|sysexits"
    r"|syslog|termios|ucontext|utime|wait|malloc|endian|byteswap|features|elf|immintrin|nmmintrin|x86intrin|arm_acle"
    r"|cpuid|(sys|linux|net|netinet|arpa|asm|bits)/[\w/]+)\.h")
MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MACHINE = re.compile(r"""(?:^|[\s"'(=:,`])(/(?:work|home|root|Users)/[\w.-]+)""")
SLEEP = re.compile(r"\b(sleep|usleep|nanosleep|clock_nanosleep|thrd_sleep)\s*\(|^\s*sleep\s+[\d.$]|[;&|]\s*sleep\s+[\d.$]")
SLEEP_WHY = re.compile(r"(#|//|/\*)\s*(poll|delay):")
TEXT = re.compile(r"\.(c|h|py|sh|md|yaml|yml|pml|service|json|xml|txt)$|(^|/)(Makefile|LAYERS|run|VERSION|rules|control)$")
OF_TIDY = ("tests/tidy/tidy.py", "tests/tidy/breach_test.py", "tests/tidy/csource.py")  # they name what they look for


class Layers:
    """daemon/LAYERS: `folder: folders`, `<header>: files`, `banned: names`, `headless: files`."""

    def __init__(self, text):
        self.folders, self.headers, self.banned, self.headless = {}, {}, [], []
        for line in text.splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            name, _, rest = line.partition(":")
            words = rest.split()
            if name.startswith("<"):
                self.headers.setdefault(name[1:-1], []).extend(words)
            elif name in ("banned", "headless"):
                getattr(self, name).extend(words)
            else:
                self.folders[name] = set(words)


class Tidy:
    def __init__(self, root):
        self.root = root
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True).stdout
        self.files = sorted(path for path in listed.decode().split("\0") if path and os.path.isfile(os.path.join(root, path)))
        self.layers = Layers(self.read("daemon/LAYERS"))
        self.banned = re.compile("(?:" + "|".join(self.layers.banned or ["$^"]) + ")$")
        self.found = set()  # (file, line, text)

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def breach(self, path, line, rule, advice):
        self.found.add((path, line, f"{rule}: {advice}"))

    def run(self):
        for path in self.files:
            if path.endswith((".c", ".h")):
                self.c_file(path)
            if TEXT.search(path):
                self.text_file(path)
        self.formats([path for path in self.files if path.endswith((".c", ".h"))])

    # ---- every text file

    def text_file(self, path):
        text = self.read(path)
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            if line != line.rstrip():
                self.breach(path, number, "blanks at the end of a line", "remove them")
            if path in OF_TIDY:
                continue
            if MARKS.search(line):
                self.breach(path, number, "a note of work undone", "do it, or leave it out")
            machine = MACHINE.search(line)
            if machine:
                self.breach(path, number, f"path of one machine, {machine[1]}", "derive it from $0, a setting or the environment")
            if path.startswith("tests/") and SLEEP.search(line) and not SLEEP_WHY.search(line):
                self.breach(path, number, "sleep in a test", "wait for the event, with a deadline; "
                            "a pause inside a polling loop says `poll: why`, a fake's latency says `delay: why`")
        if text and not text.endswith("\n"):
            self.breach(path, len(lines), "no line end at the end", "add one")
        self.script(path, text)

    def script(self, path, text):
        if path.endswith(".py"):
            if len(text.splitlines()) > SOURCE_LINES:
                self.breach(path, SOURCE_LINES + 1, f"a file of {len(text.splitlines())} lines, {SOURCE_LINES} are allowed", "split it")
            try:
                ast.parse(text)
            except SyntaxError as error:
                self.breach(path, error.lineno or 1, f"not Python: {error.msg}", "mend it")
        elif re.match(r"#!/bin/(ba|da)?sh\b", text):
            shell = "bash" if text.startswith("#!/bin/bash") else "sh"
            done = subprocess.run([shell, "-n", os.path.join(self.root, path)], capture_output=True, text=True, check=False)
            if done.returncode:
                self.breach(path, 1, f"not a shell script: {done.stderr.strip()}", "mend it")

    # ---- C

    def c_file(self, path):
        text = self.read(path)
        source = read_source(text)
        definitions, prototypes = find_functions(source.tokens)
        self.lengths(path, text, definitions, prototypes)
        self.directives(path, source)
        if path.startswith("daemon/"):
            self.includes(path, text)
            self.has_header(path)
            if path.endswith(".h"):
                self.commented(path, source, prototypes)
            if not path.startswith(GROUND):
                self.calls(path, source)
                self.statics(path, source, definitions)

    def lengths(self, path, text, definitions, prototypes):
        lines, most = len(text.splitlines()), HEADER_LINES if path.endswith(".h") else SOURCE_LINES
        if lines > most:
            self.breach(path, most + 1, f"a file of {lines} lines, {most} are allowed", "split the module")
        for function in definitions:
            length = function.last_line - function.line + 1
            if length > FUNCTION_LINES:
                self.breach(path, function.line, f"{function.name} has {length} lines, {FUNCTION_LINES} are allowed", "split it")
            level, line = Nesting(function.body).deepest
            if level > LEVELS:
                self.breach(path, line, f"{function.name} nests {level} levels, {LEVELS} are allowed", "make the inner part a function")
        for function in definitions + prototypes:
            if function.parameters > PARAMETERS:
                self.breach(path, function.line, f"{function.name} has {function.parameters} parameters, {PARAMETERS} are allowed",
                            "pass a struct")

    def directives(self, path, source):
        for line, tokens in source.directives:
            if [token.text for token in tokens[:2]] == ["if", "0"]:
                self.breach(path, line, "#if 0", "remove the code, git keeps it")

    def includes(self, path, text):
        folder = path.split("/")[1]
        allowed = self.layers.folders.get(folder)
        if allowed is None:
            self.breach(path, 1, f"folder {folder} has no line in daemon/LAYERS", "add one")
            allowed = set()
        for number, line in enumerate(text.split("\n"), 1):
            match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if match and match[1] == '"':
                self.own_include(path, number, match[2], allowed | {folder})
            elif match:
                self.library_include(path, number, match[2])

    def own_include(self, path, number, name, allowed):
        folder, slash, _ = name.partition("/")
        if not slash or folder.startswith("."):
            self.breach(path, number, f'"{name}"', 'include as "folder/file.h"')
        elif folder not in allowed:
            self.breach(path, number, f"{path.split('/')[1]} may not include {folder}",
                        "turn the dependency round, or ask for it in daemon/LAYERS")
        elif "daemon/" + name not in self.files:
            self.breach(path, number, f'"{name}" is not in the tree', "add or correct it")

    def library_include(self, path, number, name):
        files = self.layers.headers.get(name)
        if files is None and not STANDARD.fullmatch(name):
            self.breach(path, number, f"<{name}> has no line in daemon/LAYERS", "name the files that may include it there")
        elif files is not None and not any(fnmatch.fnmatchcase(path, pattern) for pattern in files):
            self.breach(path, number, f"<{name}> stands only in {' '.join(files)}", "go through the door that hides the library")

    def has_header(self, path):
        """x.c has x.h; several files of one door (store.h: store_file.c, store_webhdfs.c) share the longest name they begin with."""
        if not path.endswith(".c") or any(fnmatch.fnmatchcase(path, pattern) for pattern in self.layers.headless):
            return
        stem = path[:-2]
        while "/" in stem and stem + ".h" not in self.files:
            cut = max(stem.rfind("_"), stem.rfind("/"))
            if stem[cut] == "/":
                self.breach(path, 1, f"no {os.path.basename(path)[:-2]}.h", "declare the module's interface there, "
                            "or list the file under headless: in daemon/LAYERS")
                return
            stem = stem[:cut]

    def calls(self, path, source):
        """Calls by name: neither ops->free(…) nor a word in a comment or a string is one."""
        for tokens in [source.tokens] + [tokens for _, tokens in source.directives]:
            for at, token in enumerate(tokens[:-1]):
                if token.kind != "word" or not self.banned.match(token.text) or tokens[at + 1].text != "(":
                    continue
                if at == 0 or tokens[at - 1].text not in (".", "->"):
                    self.breach(path, token.line, f"{token.text}() outside daemon/io and daemon/base", "use the door or the mem_ functions")

    def statics(self, path, source, definitions):
        bodies = [token for function in definitions for token in function.body]
        inside = {id(token) for token in bodies}
        for tokens in (bodies, [token for token in source.tokens if id(token) not in inside]):
            for at, token in enumerate(tokens):
                if token.text != "static":
                    continue
                words = []
                for follower in tokens[at + 1:]:
                    if follower.text in ("=", ";", "(", "{", "["):
                        break
                    words.append(follower.text)
                if follower.text in ("=", ";", "[") and "const" not in words:
                    self.breach(path, token.line, f"static {words[-1]} may change", "make it const, or a member of a struct that is passed")

    def commented(self, path, source, prototypes):
        for function in prototypes:
            near = range(function.line - 3, function.last_line + 2)
            if not source.comment_lines.intersection(near):
                self.breach(path, function.line, f"{function.name} has no comment nearby", "say what it does, units, ownership, errors")

    def formats(self, paths):
        for start in range(0, len(paths), 50):
            done = subprocess.run(["clang-format", "--dry-run", "-Werror", *paths[start:start + 50]], cwd=self.root,
                                  capture_output=True, text=True, check=False)
            first = {}
            for match in re.finditer(r"^([^\s:][^:\n]*):(\d+):\d+: error: code should be clang-formatted", done.stderr, re.MULTILINE):
                first.setdefault(match[1], int(match[2]))
            for path, line in first.items():
                self.breach(path, line, "not as clang-format would write it", f"clang-format -i {path}")


def main():
    tidy = Tidy(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    tidy.run()
    for path, line, text in sorted(tidy.found):
        print(f"{path}:{line}: {text}")
    bad = len({path for path, _, _ in tidy.found})
    print(f"{len(tidy.files) - bad} passed, {bad} failed")
    return 1 if tidy.found else 0


if __name__ == "__main__":
    sys.exit(main())
