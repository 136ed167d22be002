#!/usr/bin/env python3
"""verbs_test.py BUILD: the verbs that answer from files and tables alone: init, completion, explain, diff.
With --write the golden texts are written anew."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys

from desk import Desk
from harness import expect, run_tests

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
GOLDEN = os.path.join(TOP, "tests", "golden")


def golden(name, text):
    """What is printed, to the letter."""
    path = os.path.join(GOLDEN, name)
    if "--write" in sys.argv:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    with open(path, encoding="utf-8") as file:
        wanted = file.read()
    expect(text == wanted, f"{name}: got\n{text}")


def init_writes_a_job_that_passes_and_never_overwrites():
    with Desk("init", BUILD) as desk:
        expect(desk.want("init", "clicks") == "clicks.yaml is written; next: tidemark check clicks.yaml\n", "what it says")
        desk.want("check", "-W", "clicks.yaml")
        expect(desk.want("test", "clicks.yaml").endswith("1 passed, 0 failed\n"), "its tests")
        expect("('be', 2)" in desk.want("try", "clicks.yaml", text_in="to be or not to be\n"), "its output")
        desk.write("clicks.yaml", "mine\n")
        status, _, err = desk.ask("init", "clicks")
        expect(status == 1 and "left as it is" in err and desk.read("clicks.yaml") == "mine\n", err)
        expect(desk.want("init", "-q", "a.yml") == "" and "# a.yaml: one job" in desk.read("a.yml"), "a suffix is taken")
        desk.write("printed.yaml", desk.want("init", "-"))
        desk.want("check", "printed.yaml")
        for bad in ("a b", "a/b", "", "x" * 64, ".hidden"):
            status, _, err = desk.ask("init", bad)
            expect(status == 64 and "cannot be the id" in err, f"{bad}: {status} {err}")


def every_shell_completes_every_verb():
    with Desk("completion", BUILD) as desk:
        verbs = re.findall(r"^  (\w+) ", desk.want("--help"), re.MULTILINE)
        expect(len(verbs) > 8 and "worker" not in verbs, verbs)
        for shell in ("bash", "zsh", "fish"):
            path = desk.write("completion." + shell, desk.want("completion", shell))
            expect(all(re.search(rf"\b{verb}\b", desk.read(path)) for verb in verbs), f"{shell} lacks a verb")
            if shutil.which(shell):
                done = subprocess.run([shell, "-n", path], capture_output=True, text=True, timeout=120, check=False)
                expect(done.returncode == 0, f"{shell}: {done.stderr}")
        asked = "source completion.bash; COMP_WORDS=(tidemark {}); COMP_CWORD={}; _tidemark; echo ${{COMPREPLY[@]}}"
        for words, at, wanted in (("che", 1, "check"), ("check --fo", 2, "--format"), ("-q che", 2, "check")):
            done = subprocess.run(["bash", "-c", asked.format(words, at)], cwd=desk.folder, capture_output=True, text=True,
                                  timeout=120, check=False)
            expect(done.stdout == wanted + "\n", f"{words}: {done.stdout}{done.stderr}")
        expect(desk.ask("completion", "tcsh")[0] == 64, "an unknown shell")


def explained(desk, *args):
    return json.loads(desk.want("explain", "-o", "json", *args))


def explain_shows_the_whole_job_to_the_letter():
    with Desk("explain", BUILD) as desk:
        with open(os.path.join(GOLDEN, "explain", "shop.yaml"), encoding="utf-8") as file:
            desk.write("shop.yaml", file.read())
        desk.write("password", "hunter2\n")
        desk.write("conf.yaml", "state: {directory: state}\ndefaults: {onError: {failAbove: 5%}}\n")
        forms = {"txt": (), "json": ("-o", "json"), "dot": ("--graph", "dot"), "mermaid": ("--graph", "mermaid")}
        for name, args in forms.items():
            text = desk.want("explain", "--conf", "conf.yaml", "shop.yaml", *args)
            expect("hunter2" not in text, f"{name} shows a secret")
            lines = [line for line in text.splitlines(True) if not line.endswith("  default\n")]
            if name != "json":
                golden(f"explain/shop.{name}", "".join(lines))
            if name == "txt":
                expect(len(lines) + 30 < len(text.splitlines()), "the defaults are filled in")
        colored = desk.want("explain", "--conf", "conf.yaml", "shop.yaml", "--color", "always")
        expect(re.sub("\033[^m]*m", "", colored) == desk.want("explain", "--conf", "conf.yaml", "shop.yaml"), "color adds words")
        expect(desk.ask("explain", "--graph", "svg", "shop.yaml")[0] == 64, "an unknown form")
        desk.same("diff --conf conf.yaml shop.yaml shop.yaml", (0, "shop: unchanged\n", ""))


ODD = """description: ""
sources:
  - flume: {bind: 0.0.0.0, port: 41414}
transformations:
  - map: _.body
  - repartition: 1
  - filter: _ != "a word that is not wanted" && _ != "another one"
  - lua:
      code: |
        return function(x)
          return x
        end
      type: String
  - distinct
outputs:
  - saveAsTextFiles: {prefix: ""}
"""


def explain_shows_what_is_odd():
    with Desk("explain-odd", BUILD) as desk:
        desk.write("odd.yaml", ODD)
        text = desk.want("explain", "odd.yaml")
        for part in ("\n      for check, try and test; tidemark run refuses it yet\n", '\n        prefix            ""\n',
                     '│ filter       _ != "a word that is not wanted" && _ != "another one"\n',
                     "code\n               | return function(x)\n               |   return x\n               | end\n"):
            expect(part in text, f"no {part!r} in\n{text}")
        expect(text.startswith("odd  odd.yaml\n\nSources\n"), text)
        verbose = desk.want("explain", "-v", "odd.yaml")
        expect(set(text.splitlines()) <= set(verbose.splitlines()) and len(verbose.splitlines()) > len(text.splitlines()) + 20, verbose)
        op = explained(desk, "odd.yaml")["streams"][0]["operations"][1]
        expect((op["operation"], op["in"], op["out"], op["state"]) == ("repartition", "String", "String", None), op)
        expect("repartition" in desk.want("explain", "--graph", "dot", "odd.yaml"), "a graph")


def a_property_of_librdkafka_needs_no_words():
    with Desk("explain-properties", BUILD) as desk:
        desk.write("job.yaml", "sources:\n  - kafka: {bootstrap.servers: 'h:9092', group.id: g, topics: [a], sasl.password: x}\noutputs: [print]\n")
        text = desk.want("explain", "-v", "job.yaml")
        expect(re.search(r"\n +sasl.password +\*\*\*\n", text) and "(null)" not in text, text)


def no_verb_shows_a_secret_that_stands_in_a_file():
    kafka = "  - kafka: {bootstrap.servers: 'h:9092', group.id: g, topics: [a], sasl.password: hunter2}\n"
    job = "sources:\n" + kafka + "transformations:\n  - flatMap: _.value.split(' ')\noutputs:\n  - print\n"
    wrong = (("", ""), ("kafka:", "kafak:"), ("topics: [a]", "topics: 1"), ("g, ", "[g], "), ("print", "[print"), ("hunter2", "hunter2: {"),
             ("sasl.password", "sasl.passwrd"), ("transformations", "checkpoint: 'webhdfs://me:hunter2@nn1/a'\ntransformations"),
             ("print", "postgres: {url: 'postgress://me:hunter2@db/a', table: t}"),
             ("print", "http: {url: 'http://me:hunter2@h/', headers: {X-Api-Key: hunter2}, method: GIT}"))
    with Desk("secret", BUILD) as desk:
        desk.write("state/specs/job", job)
        desk.write("conf.d/token.yaml", "store: {token: hunter2}\n")
        for i, (old, new) in enumerate(wrong):
            expect(old in job, f"no {old}")
            path = desk.write(f"job{i}.yaml", job.replace(old, new))
            asked = [("check", "--format", form, path) for form in ("human", "gnu", "json")]
            asked += [("explain", path), ("explain", "-o", "json", path), ("diff", "--state", "state", "job", path), ("test", path)]
            for words in asked:
                status, out, err = desk.ask(*words)
                expect("hunter2" not in out + err, f"{words}: {status} {out}{err}")
                expect(i == 0 or words[0] == "diff" or status, f"{words} passes")
        status, out, err = desk.ask("check", "--conf", "conf.d/token.yaml", "job0.yaml")
        expect(status == 78 and "token" in err and "hunter2" not in out + err, f"{status} {out}{err}")


def explain_takes_a_file_or_a_job_of_the_daemon():
    with Desk("explain-job", BUILD) as desk:
        text = desk.want("init", "-")
        desk.write("state/specs/clicks", text)
        job = explained(desk, "--state", "state", "clicks")
        expect(job["job"] == "clicks" and job["file"] == "state/specs/clicks", job)
        keys = {key["key"]: (key["value"], key["from"]) for key in job["keys"]}
        expect(keys["checkpoint.directory"] == ("state/jobs/clicks", "default"), keys)
        for word in ("orders", "a b", "none.yaml", "../state/specs/clicks2"):
            expect(desk.ask("explain", "--state", "state", word)[0] == 66, word)
        desk.write("bad.yaml", "batchInterval: 5\n")
        status, out, err = desk.ask("explain", "bad.yaml")
        expect(status == 1 and not out and "error[E207]" in err, err)


def every_job_that_is_shipped_can_be_explained():
    with Desk("explain-all", BUILD) as desk:
        for path in sorted(glob.glob(os.path.join(TOP, "jobs", "*.yaml"))):
            job = explained(desk, path)
            ops = [op for stream in job["streams"] for op in stream["operations"]]
            expect(all(op["in"] and op["out"] and op["stage"] >= 1 for op in ops), path)
            expect({op["state"] for op in ops} - {None} == {state["id"] for state in job["state"]}, path)
            expect(all(item["guarantee"] for item in job["sources"] + job["outputs"]), path)


def diff_says_what_a_new_version_does():
    with Desk("diff", BUILD) as desk:
        def write(name, old=None, new=None):
            text = desk.want("init", "-")
            expect(old is None or old in text, f"no {old}")
            return desk.write(name, text.replace(old or "", new or "") if old else text)
        write("state/specs/clicks")
        write("same.yaml", "# the last hour", "# of the last hour")
        write("live.yaml", "outputs:", "onError: {failAbove: 20%}\nbackpressure: {enabled: false}\noutputs:")
        write("other.yaml", "batchInterval: 10s", "batchInterval: 5s")
        window = "  - reduceByKeyAndWindow: {func: _ + _, windowDuration: 1m}"
        write("window.yaml", "  - reduceByKey: _ + _ ", window + " ")
        write("bad.yaml", "- print ", "- printt ")
        def diff(*args):
            return desk.ask("diff", "--state", "state", *args)
        expect(diff("clicks", "same.yaml") == (0, "clicks: unchanged\n", ""), diff("clicks", "same.yaml"))
        expect(diff("clicks", "live.yaml")[1].splitlines() == [
            "clicks: applied live, between two batches", "  ~ backpressure.enabled: true -> false", "  ~ onError.failAbove: 10% -> 20%"],
            diff("clicks", "live.yaml"))
        expect(diff("clicks", "other.yaml")[:2] == (0, "clicks: restart from the checkpoint, after the open batch\n"
               "  ~ batchInterval: 10s -> 5s\n"), diff("clicks", "other.yaml"))
        status, out, _ = diff("clicks", "window.yaml")
        expect(status == 0 and "state 'result-reduceByKeyAndWindow-2' is new" in out, out)
        write("saved.yaml", "  - reduceByKey: _ + _ ", "  - updateStateByKey: {id: sums, func: \"(values, state) => values.sum\"} ")
        status, out, _ = diff("saved.yaml", "same.yaml")
        expect(status == 0, out)  # there is no state yet
        away = desk.read("saved.yaml").replace("batchInterval:", "checkpoint: webhdfs://u@nn1:9870/c\nbatchInterval:")
        desk.write("away.yaml", away)
        status, out, _ = diff("away.yaml", "same.yaml")
        expect(status == 1 and "state 'sums' (number of keys unknown) has no operation" in out and "--discard-state sums" in out, out)
        status, out, err = diff("clicks", "bad.yaml")
        expect(status == 1 and not out and "error[E201]" in err, err)
        expect([diff("none", "same.yaml")[0], diff("clicks", "none.yaml")[0], diff("clicks")[0]] == [66, 66, 64], "statuses")


if __name__ == "__main__":
    run_tests("verbs", [diff_says_what_a_new_version_does, explain_shows_the_whole_job_to_the_letter, explain_shows_what_is_odd,
                        a_property_of_librdkafka_needs_no_words,
                        no_verb_shows_a_secret_that_stands_in_a_file, explain_takes_a_file_or_a_job_of_the_daemon,
                        every_job_that_is_shipped_can_be_explained, init_writes_a_job_that_passes_and_never_overwrites, every_shell_completes_every_verb], 300)
