#!/usr/bin/env python3
"""command_test.py BUILD: the command line itself: help, options and arguments of every verb, what is said when they are wrong, colors,
and what verbs that ask a daemon make of its answers."""

import json
import os
import re
import socket
import sys
import threading

from desk import Desk, as_a_user
from harness import expect, run_tests
from kafka import FakeBroker
from ledger import LocalTree, Log
from wordcount import job

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
HIDDEN = ("worker", "docs", "demo-kafka")
NO_ARGUMENTS = ("run", "demo", "schema", "version")
JOB = """sources:
  - kafka: {bootstrap.servers: "b:9092", group.id: g, topics: {lines: 1}}
outputs:
  - print
"""
WARNED = JOB + "conf: {spark.executor.memory: 1g}\n"


def verbs_of(desk):
    verbs = re.findall(r"^  ([\w-]+) ", desk.want("--help"), re.MULTILINE)
    expect(len(verbs) > 12 and not set(HIDDEN) & set(verbs), verbs)
    return verbs


def the_usage_is_an_answer_only_when_asked_for():
    with Desk("usage", BUILD) as desk:
        text = desk.want("--help")
        expect(text.startswith("usage: tidemark VERB [options]\n\n  run  ") and text.endswith("\ntidemark VERB --help says more about one.\n"), text)
        for words in ("help", "-h", "-q --help", "--help --quiet", "-o json help"):
            desk.same(words, (0, text, ""))
        for words in ("", "-q", "--color never"):
            desk.same(words, (64, "", text))


def every_verb_says_what_it_takes():
    with Desk("help", BUILD) as desk:
        for verb in [*verbs_of(desk), *HIDDEN]:
            text = desk.want(verb, "--help")
            expect(re.match(rf"usage: tidemark {verb} \[options\]( \S+)*\n\S.*\n\n", text), text)
            expect(re.search(r"\nexample: .*tidemark [\w-]+.*\n$", text), text)
            for option in ("-o, --output human|json", "    --color auto|always|never", "-q, --quiet  ", "-v, --verbose  ", "-h, --help  "):
                expect("\n  " + option in text, f"{verb} lacks {option}:\n{text}")
            words = {len(re.match(r"  +(-\w, )?--\S+( \S+)? +", line)[0]) for line in text.splitlines() if line.startswith("  ")}
            expect(words == {33}, f"{verb}: columns of words begin at {words}:\n{text}")
            long = [line for line in text.splitlines() if len(line) > 100]
            expect(not long, long)
        text = desk.want("check", "--help")
        for words in ("check -h", "help check", "-h check", "-q --help check", "check a.yaml -h", "help check a.yaml"):
            desk.same(words, (0, text, ""))


WRONG = (
    ("chek", "tidemark: unknown verb 'chek'; did you mean 'check'?"),
    ("frobnicate", "tidemark: unknown verb 'frobnicate'; see tidemark --help"),
    ("help frobnicate", "tidemark: unknown verb 'frobnicate'; see tidemark --help"),
    ("top", "tidemark: 'top' is known, but not supported yet; until then: tidemark status shows as much"),
    ("restart clicks", "tidemark: 'restart' is known, but not supported yet; until then: state is dropped by tidemark run --once --discard-state JOB/ID"),
    ("doctor", "tidemark: 'doctor' is known, but not supported yet"),
    ("-x", "tidemark: unknown option '-x'; see --help"),
    ("--helm", "tidemark: unknown option '--helm'; did you mean '--help'?"),
    ("--color", "tidemark: option '--color' needs a value: auto|always|never"),
    ("--color green version", "tidemark: --color is auto, always or never, not 'green'"),
    ("--output xml version", "tidemark: -o is human or json, not 'xml'"),
    ("version -o=", "tidemark version: -o is human or json, not ''"),
    ("version -o", "tidemark version: option '-o' needs a value: human|json"),
    ("check --cof x", "tidemark check: unknown option '--cof'; did you mean '--conf'?"),
    ("check --frobnicate=1", "tidemark check: unknown option '--frobnicate'; see --help"),
    ("check -z", "tidemark check: unknown option '-z'; see --help"),
    ("check -xconf y", "tidemark check: unknown option '-xconf'; see --help"),
    ("check -=", "tidemark check: unknown option '-'; see --help"),
    ("check --conf", "tidemark check: option '--conf' needs a value: FILE"),
    ("check --quiet=1", "tidemark check: option '--quiet' takes no value"),
    ("check", "tidemark check: name a job file or a directory; see --help"),
    ("check --format xml a", "tidemark check: --format is human, gnu or json, not 'xml'"),
    ("test", "tidemark test: name a job file; see --help"),
    ("try", "tidemark try: name one job file; see --help"),
    ("try a --batch 0", "tidemark try: --batch is a number of lines, from 1, not '0'"),
    ("try a --batch 1000000001", "tidemark try: --batch is a number of lines, from 1, not '1000000001'"),
    ("try a --batches 1x", "tidemark try: --batches is a number, from 1, not '1x'"),
    ("explain", "tidemark explain: name one job file, or the id of a job; see --help"),
    ("explain a b", "tidemark explain: name one job file, or the id of a job; see --help"),
    ("explain a --graph svg", "tidemark explain: --graph is dot or mermaid, not 'svg'"),
    ("diff a", "tidemark diff: name the job, or the file of its old version, and its new file"),
    ("init", "tidemark init: name the job, or - to print it; see --help"),
    ("init a.b", "tidemark init: 'a.b' cannot be the id of a job: letters, digits, '_' and '-', at most 63"),
    ("list a", "tidemark list: one argument too many: 'a'"),
    ("status a b", "tidemark status: one argument too many: 'b'"),
    ("error a b", "tidemark error: one argument too many: 'b'"),
    ("completion", "tidemark completion: name a shell: bash, zsh or fish"),
    ("completion tcsh", "tidemark completion: name a shell: bash, zsh or fish"),
    ("run --discard-state a", "tidemark run: --discard-state needs --once: it must not happen again"),
    ("run --state s --log-level loud", "tidemark run: the log level is error, warning, info or debug, not 'loud'"),
    ("docs nothing", "tidemark docs: no such page; without one, all are listed"),
    ("worker", "tidemark worker: it is started by tidemark run"),
    ("worker a", "tidemark worker: it is started by tidemark run"),
    ("demo-kafka --parent 1 --ledger l --seconds 1", "tidemark demo-kafka: it is started by tidemark demo"),
)


def wrong_words_are_told_and_nothing_is_done():
    with Desk("wrong", BUILD) as desk:
        for words, message in (*WRONG, *((f"{verb} x", f"tidemark {verb}: takes no arguments, here is 'x'") for verb in NO_ARGUMENTS)):
            desk.same(words, (64, "", message + "\n"))
        expect(os.listdir(desk.folder) == [], os.listdir(desk.folder))


def options_stand_anywhere():
    with Desk("options", BUILD) as desk:
        desk.write("-a.yaml", JOB)
        desk.write("a.yaml", JOB)
        for words in ("-q check a.yaml", "check a.yaml -q", "check --quiet a.yaml", "check -q -- -a.yaml", "check -- a.yaml -a.yaml -q"):
            status, out, _ = desk.ask(*words.split())
            expect((status, out) == ((66, "a.yaml: OK\n-a.yaml: OK\n") if words.endswith("-a.yaml -q") else (0, "")), f"{words}: {out}")
        answer = desk.want("version", "-o", "json")
        for words in ("-o json version", "version --output=json", "--output json --color never version", "-o human version -o json", "--version -o json"):
            desk.same(words, (0, answer, ""))
        parsed = json.loads(answer)
        expect(parsed["version"] == 1 and re.fullmatch(r"\d+\.\d+\.\d+", parsed["tidemark"]) and "librdkafka" in parsed["libraries"], answer)
        lines = desk.want("--version").splitlines()
        expect(lines[0] == "tidemark " + parsed["tidemark"], lines)
        expect(dict(line.split() for line in lines[1:]) == parsed["libraries"], lines)


def colors_are_for_terminals():
    bold = "\033[1mE203: "
    with Desk("color", BUILD) as desk:
        rows = (((), {"TERM": "xterm"}, True), ((), {"TERM": "dumb"}, False), ((), {"TERM": "xterm", "NO_COLOR": "1"}, False),
                ((), {"TERM": "xterm", "NO_COLOR": ""}, True), (("--color=never",), {"TERM": "xterm"}, False),
                (("--color=always",), {"TERM": "dumb", "NO_COLOR": "1"}, True), (("--color=auto",), {"TERM": "dumb"}, False))
        for words, env, colored in rows:
            shown = desk.on_terminal("error", "E203", *words, **env)
            expect(shown.startswith(bold if colored else "E203: "), f"{words} {env}: {shown!r}")
        expect(not desk.want("error", "E203", TERM="xterm").startswith("\033"), "a pipe has colors")
        expect(desk.want("error", "E203", "--color", "always").startswith(bold), "asked for")
        expect(bold in desk.on_terminal("error", "E203", "--color", "auto", TERM=None), "a terminal without a name")


def a_code_is_found_in_every_form():
    with Desk("codes", BUILD) as desk:
        text = desk.want("error", "E101")
        expect(text.startswith("E101: YAML that cannot be read\n\n") and len(text.split("\n\n")) >= 4, text)
        for word in ("e101", "101"):
            desk.same(("error", word), (0, text, ""))
        expect(desk.want("error", "w101").startswith("W101: "), "a warning")
        table = desk.want("error")
        expect(len(re.findall(r"^[EW]\d{3}  \S.*$", table, re.MULTILINE)) == len(table.splitlines()) > 50, table)
        for word in ("E999", "E", "", "E1x", "W201", "x"):
            desk.same(("error", word), (64, table, f"tidemark error: there is no error '{word}'; these are all\n"))
        one, every = (json.loads(desk.want("error", "-o", "json", *words)) for words in (("W101",), ()))
        expect([row["code"] for row in one["errors"]] == ["W101"] and one["errors"][0] in every["errors"], one)
        expect(len(every["errors"]) == len(table.splitlines()), "the same in JSON")
        wide = [line for row in every["errors"][::8] for line in desk.want("error", row["code"]).splitlines() if len(line) > 78 and line[0] != " "]
        expect(not wide, wide)


def what_cannot_be_written_is_told():
    with Desk("full", BUILD) as desk:
        shell = ("sh", "-c", 'exec "$@" >/dev/full', "sh")
        message = "tidemark: standard output: No space left on device\n"
        for words, status in (("version", 74), ("error", 74), ("error E999", 64)):
            got = desk.ask(*words.split(), front=shell)
            expect(got[0] == status and got[2].endswith(message), f"{words}: {got}")


def an_answer_to_nobody_is_no_success():
    with Desk("closed-output", BUILD) as desk:
        desk.write("a.yaml", JOB)
        shell = ("sh", "-c", 'exec "$@" >&-', "sh")
        message = "tidemark: standard output: Bad file descriptor\n"
        for words in ("version", "schema", "check a.yaml", "explain a.yaml", "--help", "run --help", "error E101", "init -"):
            desk.same(words, (74, "", message), front=shell)
        desk.same("init clicks -q", (0, "", ""), front=shell)  # nothing was to be said
        desk.same("check -q a.yaml", (0, "", ""), front=("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"))


def a_job_file_is_written_whole_or_not_at_all():
    faults = (("openat", "error=ENOSPC", 74, "No space left on device"), ("write", "error=ENOSPC", 74, "No space left on device"), ("write", "retval=9", 74, "it could not be written"),
              ("close", "error=EIO", 74, "it could not be written"))
    with Desk("whole", BUILD) as desk:
        for call, fault, status, reason in faults:
            desk.same("init clicks", (status, "", f"tidemark init: clicks.yaml: {reason}\n"), front=fault_at(desk, "clicks.yaml", call, fault))
            expect(os.listdir(desk.folder) == [], "something is left")
        os.chmod(desk.folder, 0o500)
        desk.same("init clicks", (77, "", "tidemark init: clicks.yaml: Permission denied\n"), setup=as_a_user)
        os.chmod(desk.folder, 0o700)
        desk.same("init clicks.yaml -q", (0, "", ""))
        desk.same("init clicks", (1, "", "tidemark init: clicks.yaml is there already; it is left as it is\n"))


def files_that_cannot_be_read_say_why():
    with Desk("unread", BUILD) as desk:
        desk.path("folder", "x")
        os.chmod(desk.write("secret.yaml", JOB), 0)
        os.chmod(desk.path("closed", "x")[:-2], 0)
        os.symlink("nowhere", desk.path("jobs", "lost.yaml"))
        desk.write("a.yaml", JOB)
        long = "x" * 5000
        rows = (("explain folder", 74, "explain: folder: Is a directory"), ("try a.yaml/b", 66, "try: a.yaml/b: Not a directory"),
                ("try secret.yaml", 77, "try: secret.yaml: Permission denied"), ("check secret.yaml", 77, "check: secret.yaml: Permission denied"),
                ("check closed", 77, "check: closed: Permission denied"), ("check jobs", 66, "check: jobs/lost.yaml: No such file or directory"),
                ("check folder//", 0, "check: folder// holds no job files"), (f"explain {long}", 66, f"explain: {long}: File name too long"),
                ("explain a/b", 66, "explain: a/b: No such file or directory"),
                ("explain none --state closed", 77, "explain: none: no file, and closed/specs cannot be read"),
                ("explain none --state folder", 66, "explain: none: neither a file nor a job that the daemon has accepted (in folder/specs)"))
        for words, status, message in rows:
            desk.same(words, (status, "", f"tidemark {message}\n"), setup=as_a_user)
        desk.same("check -q folder", (0, "", ""))
        full = desk.path("folder", "x")[:-2]
        desk.same(("check", full), (74, "", f"tidemark check: {full}: Input/output error\n"), front=fault_at(desk, "folder", "openat", "error=EIO"))
        desk.same("check jobs/// a.yaml", (66, "a.yaml: OK\n", "tidemark check: jobs/lost.yaml: No such file or directory\n"))


def warnings_are_told_unless_it_is_to_be_quiet():
    with Desk("warned", BUILD) as desk:
        desk.write("a.yaml", WARNED)
        for words in ("explain a.yaml", "try a.yaml", "test a.yaml", "diff a.yaml a.yaml"):
            expect("a.yaml:5:8: warning[W103]" in desk.ask(*words.split())[2], words)
            desk.same(words + " -q", (0, desk.want(*words.split()), ""))
        answer = json.loads(desk.want("check", "-o", "json", "a.yaml"))
        expect(answer["files"][0]["warnings"] == 1, answer)


# ---- settings


def fault_at(desk, name, call, fault):
    """What stands before the program so that its calls on a file go wrong."""
    path = os.path.join(desk.folder, name)
    paths = ("-P", path) if os.path.exists(path) else ("-P", path, "-P", name)
    return ("strace", "-o", "/dev/null", *paths, "-e", "trace=" + call, "-e", f"inject={call}:{fault}")


def settings_come_from_a_file_its_folder_the_environment_and_flags():
    with Desk("settings", BUILD) as desk:
        desk.write("a.yaml", JOB)
        desk.write("etc/t.yaml", "defaults: {batchInterval: 2s, blockInterval: 1s}\n")
        desk.write("etc/conf.d/b.yaml", "defaults: {batchInterval: 4s, maxAppAttempts: 9}\n")
        desk.write("etc/conf.d/a.yaml", "defaults: {batchInterval: 3s}\n")

        def keys(*words, **env):
            answer = json.loads(desk.want("explain", "-o", "json", "a.yaml", *words, **env))
            return {key["key"]: key["value"] for key in answer["keys"]}
        for found in (keys("-c", "etc/t.yaml"), keys(TIDEMARK_CONF="etc/t.yaml"), keys("--conf=etc/t.yaml", TIDEMARK_CONF="none")):
            expect(found["batchInterval"] == "4s", found["batchInterval"])
        expect(keys(TIDEMARK_CONF="")["batchInterval"] == "1s", "an empty variable is none")
        for words, env, state in (((), {}, "/var/lib/tidemark"), ((), {"TIDEMARK_STATE": "e"}, "e"), (("--state", "f"), {"TIDEMARK_STATE": "e"}, "f")):
            expect(keys(*words, **env)["checkpoint.directory"] == state + "/jobs/a", f"{words} {env}")
        desk.same("test -q -c etc/t.yaml a.yaml", (0, "0 passed, 0 failed\n", ""))


def settings_that_cannot_be_read_stop_every_verb():
    with Desk("broken", BUILD) as desk:
        desk.write("a.yaml", JOB)
        desk.write("good.yaml", "")
        desk.write("conf.d/x.yaml", "log: {level: loud}\n")
        desk.write("conf.d/y.yaml", "log: {level: not looked at any more}\n")
        status, out, err = desk.ask("check", "-c", "good.yaml", "a.yaml")
        expect(status == 78 and not out and err.startswith("conf.d/x.yaml:1:14: error[") and "y.yaml" not in err, f"{status} {out}{err}")
        desk.same("check -c none.yaml a.yaml", (78, "", "tidemark check: none.yaml: No such file or directory\n"))
        os.chmod(desk.path("conf.d", "x")[:-2], 0)
        desk.same("check -c good.yaml a.yaml", (78, "", "tidemark check: conf.d/*.yaml: Permission denied\n"), setup=as_a_user)
        desk.same("test -c none.yaml a.yaml", (78, "", "tidemark test: none.yaml: No such file or directory\n"))
        desk.same("explain -c none.yaml a.yaml", (78, "", "tidemark explain: none.yaml: No such file or directory\n"))
        desk.same("diff -c none.yaml a.yaml a.yaml", (78, "", "tidemark diff: none.yaml: No such file or directory\n"))
        desk.same("worker a --spec a.yaml --conf none.yaml", (78, "", "tidemark worker: none.yaml: No such file or directory\n"))
        desk.same("list -c none.yaml", (78, "", "tidemark list: none.yaml: No such file or directory\n"))
        desk.same("run -c none.yaml", (78, "", "tidemark run: none.yaml: No such file or directory\n"))
        conf = ("check", "-q", "-c", desk.path("good.yaml"), "a.yaml")
        for fault, status, reason in (("EIO", 74, "Input/output error"), ("EMFILE", 74, "Too many open files"),
                                      ("ENFILE", 74, "Too many open files in system"), ("ENOMEM", 74, "Cannot allocate memory"),
                                      ("ELOOP", 78, "Too many levels of symbolic links")):
            for name, said in (("good.yaml", "good.yaml"), ("conf.d", "conf.d/*.yaml")):
                desk.same(conf, (status, "", f"tidemark check: {desk.folder}/{said}: {reason}\n"),
                          front=fault_at(desk, name, "openat", "error=" + fault))
        os.chmod(desk.path("conf.d", "x")[:-2], 0o700)
        desk.write("conf.d/x.yaml", "")
        desk.write("conf.d/y.yaml", "")
        desk.same(conf, (0, "", ""), front=fault_at(desk, "good.yaml", "read", "error=EINTR:when=1"))
        desk.same(conf, (74, "", f"tidemark check: {desk.folder}/good.yaml: Input/output error\n"),
                  front=fault_at(desk, "good.yaml", "read", "error=EIO"))
        own = "/etc/tidemark/tidemark.yaml"
        if not os.path.exists(own):
            desk.same("check a.yaml", (74, "", f"tidemark check: {own}: Input/output error\n"), front=fault_at(desk, own, "openat", "error=EIO"))
        os.unlink(desk.path("conf.d", "y.yaml"))
        os.unlink(desk.path("conf.d", "x.yaml"))
        os.rmdir(desk.path("conf.d", "x")[:-2])
        desk.same("check -q -c good.yaml a.yaml", (0, "", ""))
        desk.write("conf.d", "")
        desk.same("check -q -c good.yaml a.yaml", (0, "", ""))


def texts_of_files_and_credentials_have_their_limits():
    job = JOB.replace("group.id: g", "group.id: \"${%s}\"")
    with Desk("files", BUILD) as desk:
        with open(desk.path("long"), "wb") as file:
            file.write(b"x" * ((1 << 20) + 1))
        with open(desk.path("nul"), "wb") as file:
            file.write(b"a\0b")
        rows = (("file:long", "it is larger than 1 MiB"), ("file:nul", "it holds a NUL byte"), ("file:none", "No such file or directory"),
                ("credential:none", "No such file or directory"))
        for variable, reason in rows:
            desk.write("a.yaml", job % variable)
            status, out, _ = desk.ask("check", "a.yaml", CREDENTIALS_DIRECTORY=desk.folder)
            expect(status == 1 and "error[E222]" in out and reason in out, f"{variable}: {out}")
        desk.write("a.yaml", job % "credential:x")
        for env in ({}, {"CREDENTIALS_DIRECTORY": ""}):
            status, out, _ = desk.ask("check", "a.yaml", **env)
            expect(status == 1 and "CREDENTIALS_DIRECTORY is not set; systemd sets it for LoadCredential=" in out, out)


# ---- the daemon and its worker


def run_once_without_jobs_ends_at_once():
    with Desk("once", BUILD) as desk:
        desk.path("jobs", "x")
        desk.write("json.yaml", "log: {format: json, directory: logs, level: error}\njobs: {watch: off}\nhttp: {listen: \"\"}\n")
        desk.write("journal.yaml", "log: {format: journal}\nhttp: {listen: \"\"}\n")
        words = ("run", "--once", "--jobs", "jobs", "--state", "state", "--log-level", "debug")
        for conf, env, form in (("json.yaml", {}, r'\{"ts":"[^"]+","level":"\w+",.*\}'), ("journal.yaml", {}, r"<\d>level=\w+ .*"),
                                (None, {"JOURNAL_STREAM": "8:1"}, r"<\d>level=\w+ .*"), (None, {}, r"ts=\S+ level=\w+ .*")):
            status, out, err = desk.ask(*words, *(("--conf", conf) if conf else ()), **env)
            expect((status, out) == (1, "") and "there is no job file yet" in err, f"{conf} {env}: {status} {out}{err}")
            expect(all(re.fullmatch(form, line) for line in err.splitlines()), f"{conf} {env}: {err}")
        status, out, err = desk.ask("run", "--jobs", "none", "--state", "state")
        expect(status == 78 and not out and "none: No such file or directory" in err, f"{status} {err}")


def without_a_standard_output_jobs_print_to_nobody():
    with Desk("nobody-reads", BUILD) as desk:
        broker = FakeBroker(desk, BUILD, "--partitions", "1", "--record", "40", "--limit", "1000")
        desk.write("conf.yaml", "http: {listen: \"\"}\n")
        desk.write("jobs/a.yaml", job(broker.servers, "file://" + desk.path("checkpoint", "x")[:-2]))
        words = ("run", "--once", "--conf", "conf.yaml", "--jobs", "jobs", "--state", "state")
        status, out, err = desk.ask(*words, front=("sh", "-c", 'exec "$@" >&-', "sh"))
        expect((status, out) == (0, "") and "output.retry" not in err, f"{status} {out}{err}")
        expect(Log(LocalTree(desk.path("checkpoint", "x")[:-2])).records() == 1000, err)


def a_worker_by_hand_says_what_it_makes_of_its_file():
    with Desk("worker", BUILD) as desk:
        desk.write("journal.yaml", "log: {format: journal}\n")
        desk.write("json.yaml", "log: {format: json}\n")
        desk.write("bad.yaml", "batchInterval: 5\n")
        desk.write("off.yaml", JOB + "enabled: false\n")
        desk.write("a.yaml", JOB)
        rows = (("--spec a.yaml --check", 0), ("--spec a.yaml --check --name x", 0), ("--spec off.yaml", 0), ("--spec bad.yaml", 78),
                ("--spec none.yaml --check", 74), ("--spec a.yaml --state relative", 78), ("--spec a.yaml --parent 1", 75))
        for words, status in rows:
            desk.same("worker a " + words, (status, "", ""))
        said = "job=a event=store.retry again=0 msg=\"none.yaml cannot be read: No such file or directory\""
        for words, env, form in ((("--conf", "journal.yaml"), {}, "<4>level=warning " + said), ((), {"JOURNAL_STREAM": "8:1"}, "<4>level=warning " + said),
                                 ((), {}, r"ts=\S+ level=warning " + said), (("--conf", "json.yaml"), {}, r'\{"ts":"\S+","level":"warning","job":"a",.*\}')):
            status, out, err = desk.ask("worker", "a", "--spec", "none.yaml", *words, **env)
            expect(status == 74 and not out and re.fullmatch(form, err.splitlines()[0]), f"{words} {env}: {status} {err}")


# ---- verbs that ask a daemon


class Answers:
    """A daemon's socket that answers whatever it is told to, and remembers what it was asked."""

    def __init__(self, path):
        self.path, self.asked, self.answer = path, [], b""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client = self.socket.accept()[0]
            self.asked.append(client.makefile("rb").readline().decode())
            client.sendall(self.answer)
            client.close()


def what_a_daemon_answers_is_shown():
    table = "JOB        STATE    NOTE\nwordcount  RUNNING  \n"
    odd = "the daemon's answer is not understood\n"
    with Desk("answers", BUILD) as desk:
        it = Answers(desk.path("s"))
        rows = (("list", "0 ok\n" + table, (0, table, ""), "status\n"), ("status", "0 ok\n" + table, (0, table, ""), "status\n"),
                ("status clicks", "1 sick\n" + table, (1, table, ""), "status job=clicks\n"),
                ("list -o json", "0 ok\n{}\n", (0, "{}\n", ""), "status json\n"),
                ("status x -o json", "66 no such job: x\n", (66, "", "tidemark status: no such job: x\n"), "status json job=x\n"),
                ("list", "", (70, "", "tidemark list: " + odd), "status\n"), ("list", "0 ok", (70, "", "tidemark list: " + odd), "status\n"),
                ("list", "ok\n", (70, "", "tidemark list: " + odd), "status\n"), ("list", "0\n", (70, "", "tidemark list: " + odd), "status\n"))
        for words, answer, wanted, asked in rows:
            it.answer = answer.encode()
            desk.same(words + " --socket s", wanted)
            expect(it.asked.pop() == asked, f"{words} asks {it.asked}")
        for bad in ("a b", "x" * 64, ""):
            desk.same(("status", bad, "--socket", "s"), (66, "", f"tidemark status: no such job: {bad}\n"))
        expect(it.asked == [], "nobody was to be asked")
        it.answer = b"0 ok\nhere\n"
        desk.same("list", (0, "here\n", ""), TIDEMARK_SOCKET="s")
        os.rename(it.path, desk.path("run", "control.sock"))
        desk.same("list", (0, "here\n", ""), RUNTIME_DIRECTORY="run")
        desk.same("list --state .", (0, "here\n", ""))
        desk.same("list --state .", (0, "here\n", ""), RUNTIME_DIRECTORY="")


def a_daemon_that_is_not_there_is_no_mystery():
    with Desk("nobody", BUILD) as desk:
        desk.same("status --state s", (69, "", "tidemark status: no daemon answers: s/run/control.sock: No such file or directory\n"
                                               "  help: tidemark run starts one; --state or --socket say where it is\n"))
        desk.path("closed", "x")
        os.chmod(desk.path("closed", "x")[:-2], 0)
        desk.same("list --socket closed/s", (77, "", "tidemark list: closed/s: Permission denied\n"), setup=as_a_user)


if __name__ == "__main__":
    run_tests("command", [the_usage_is_an_answer_only_when_asked_for, every_verb_says_what_it_takes, wrong_words_are_told_and_nothing_is_done,
                          options_stand_anywhere, colors_are_for_terminals, a_code_is_found_in_every_form, what_cannot_be_written_is_told, an_answer_to_nobody_is_no_success,
                          a_job_file_is_written_whole_or_not_at_all, files_that_cannot_be_read_say_why,
                          warnings_are_told_unless_it_is_to_be_quiet, settings_come_from_a_file_its_folder_the_environment_and_flags,
                          settings_that_cannot_be_read_stop_every_verb, texts_of_files_and_credentials_have_their_limits,
                          run_once_without_jobs_ends_at_once, without_a_standard_output_jobs_print_to_nobody,
                          a_worker_by_hand_says_what_it_makes_of_its_file,
                          what_a_daemon_answers_is_shown, a_daemon_that_is_not_there_is_no_mystery], 400)
