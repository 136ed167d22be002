#!/usr/bin/env python3
"""tidemark test, seen from outside: the tests in jobs/, plainly and with crashes; what a failure shows to the letter; exit
statuses, JSON and JUnit."""

import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

from harness import expect, run_tests

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TIDEMARK = os.path.join(os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(TOP, "build")), "tidemark")
JOB = """sources:
  - kafka: {bootstrap.servers: "b:9092", group.id: g, topics: {lines: 1}}
transformations:
  - flatMap: _.value.split(" ")
  - map: (_, 1)
  - reduceByKey: _ + _
outputs:
  - print
"""
NUMBERS = JOB.replace('  - flatMap: _.value.split(" ")\n  - map: (_, 1)\n  - reduceByKey: _ + _\n', "  - map: _.value.toInt\n")


def tidemark(folder, *args, **env):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMARK_")}
    done = subprocess.run([TIDEMARK, "test", *args], cwd=folder, env={**clean, **env}, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def folder_of(**files):
    folder = tempfile.TemporaryDirectory()
    for name, text in files.items():
        with open(os.path.join(folder.name, name + ".yaml"), "w", encoding="utf-8") as file:
            file.write(text)
    return folder


def same(got, wanted):
    expect(got == wanted, f"wanted\n{wanted}\ngot\n{got}")


def passes(job, *args):
    with folder_of(job=job) as folder:
        status, out, err = tidemark(folder, "job.yaml", *args)
        same((status, err), (0, ""))
        same(os.listdir(folder), ["job.yaml"])
        return out


def fails(job, *args):
    """What a failure shows, without the name of the test and the last line."""
    with folder_of(job=job) as folder:
        status, out, err = tidemark(folder, "job.yaml", *args)
        same((status, err), (1, ""))
        return "\n".join(out.split("\n")[1:-2]) + "\n"


def every_shipped_job_has_tests_that_pass():
    jobs = sorted(glob.glob(os.path.join(TOP, "jobs", "*.yaml")))
    for flags in ([], ["--crash"]):
        status, out, err = tidemark(TOP, *flags, "-o", "json", *jobs)
        same((status, err), (0, ""))
        answer = json.loads(out)
        same([file["file"] for file in answer["files"]], jobs)
        without = [file["job"] for file in answer["files"] if not file["tests"]]
        same(without, [])


def a_test_that_passes_is_a_line():
    out = passes(JOB + "tests:\n  - {name: counts, input: [[a b a]], expect: [[[b, 1], [a, 2]]]}\n")
    same(out, "ok      job: counts\n1 passed, 0 failed\n")
    same(passes(JOB + "tests: [{name: counts, input: [[a]], expect: [[[a, 1]]]}]\n", "-q"), "1 passed, 0 failed\n")


def a_failure_shows_both_sides():
    job = JOB + "tests:\n  - {name: counts, input: [[], [a b c]], expect: [[], [[a, 2], [x, 1], [b, 1]]]}\n"
    for flags in ([], ["--crash"]):
        with folder_of(job=job) as folder:
            same(tidemark(folder, "job.yaml", *flags), (1, """FAILED  job: counts (job.yaml:10)
  batch 2, print0: other rows came than expected
    expected   actual
    ["a", 2] | ["a", 1]
    ["x", 1] | ["c", 1]
    ["b", 1]   ["b", 1]
0 passed, 1 failed
""", ""))


def each_batch_and_output_that_differs_is_shown():
    job = JOB.replace("  - print\n", "  - print: {label: first, num: 0}\n  - print: {label: second}\n")
    job += "tests: [{name: a, input: [[x], [y], [z]], expect: {second: [[[x, 1]], []], first: [~, [[y, 1]]]}}]\n"
    same(fails(job), """  batch 1, first: other rows came than expected
    expected   actual
             > ["x", 1]
  batch 2, second: other rows came than expected
    expected   actual
             > ["y", 1]
""")


def order_counts_when_asked_for():
    rows = "input: [[b a]], expect: [[[a, 1], [b, 1]]]"
    passes(JOB + f"tests: [{{name: a, {rows}}}]\n")
    same(fails(JOB + f"tests: [{{name: a, ordered: true, {rows}}}]\n"), """  batch 1, print0: other rows came than expected
    expected   actual
    ["a", 1] | ["b", 1]
    ["b", 1] | ["a", 1]
""")


def an_error_record_nobody_expects_fails():
    same(fails(NUMBERS + "tests: [{name: a, input: [[1, x, 2], [y]], expect: [[1, 2]], errors: [1]}]\n"),
         '  batch 2: 1 error record, expected 0\n'
         '    error[E403]: transformations[0].map: `_.value.toInt`: "y" is not a whole number\n')
    passes(NUMBERS + "tests: [{name: a, input: [[1, x, 2], [y]], expect: [[1, 2]], errors: [1, 1]}]\n", "--crash")
    same(fails(NUMBERS + "tests: [{name: a, input: [[1]], expect: [[1]], errors: [1]}]\n"),
         "  batch 1: 0 error records, expected 1\n")


def of_many_error_records_the_first_are_shown():
    said = '    error[E403]: transformations[0].map: `_.value.toInt`: "x" is not a whole number\n'
    same(fails(NUMBERS + "tests: [{name: a, input: [[x, x, x, x, x, x, x, x]]}]\n"), "  batch 1: 8 error records, expected 0\n" + 5 * said + "    … and 3 more\n")
    same(fails(NUMBERS + "tests: [{name: a, input: [[x, x, x, x, x]]}]\n"), "  batch 1: 5 error records, expected 0\n" + 5 * said)


def the_share_of_errors_is_not_judged():
    passes(NUMBERS + "tests: [{name: a, input: [[%s]], errors: [200]}]\n" % ", ".join(["x"] * 200))


def a_batch_that_must_not_be_committed_ends_the_test():
    out = fails(NUMBERS + "onError: {action: fail}\ntests: [{name: a, input: [[1], [x], [2]], expect: [[1]], errors: [0, 1]}]\n")
    expect(re.fullmatch(r"  batch 2: error\[E403\]: record lines/0/1: .*\n", out), out)


def every_part_of_a_record_reaches_the_job():
    job = JOB[:JOB.index("transformations")] + "transformations:\n  - map: (_.key, _.value, _.topic, _.partition, _.offset, _.timestamp)\n"
    job += """outputs: [print]
tests:
  - name: parts
    input: [[a, 1], [{key: k, value: v, topic: t, partition: 3, offset: 9, timestamp: 1500}, {key: 7}, b]]
    expect:
      - [[~, a, lines, 0, 0, "1970-01-01T00:00:01Z"], [~, "1", lines, 0, 1, "1970-01-01T00:00:01Z"]]
      - [[k, v, t, 3, 9, "1970-01-01T00:00:01.500Z"], [~, b, lines, 0, 3, "1970-01-01T00:00:02Z"]]
    errors: [0, 1]
"""
    passes(job)
    passes(job, "--crash")


def batches_run_beyond_the_input():
    job = JOB.replace("reduceByKey: _ + _", "count")
    passes(job + "tests: [{name: a, input: [[x y]], batches: 3, expect: [[2], [0], [0]]}]\n", "--crash")
    passes(job + "tests: [{name: a, batches: 1, expect: [[0]]}]\n")
    passes(job + "tests: [{name: a, input: [[x], [y]], expect: [[1]]}]\n")


def several_sources_are_named():
    job = """sources:
  - kafka: {name: a, bootstrap.servers: "b:9092", group.id: g, topics: {x: 1}}
  - kafka: {name: b, bootstrap.servers: "b:9092", group.id: g, topics: {y: 1}}
streams:
  all: {from: [a, b], transformations: [{map: "(_.topic, _.value)"}]}
outputs:
  - print: {from: all}
tests:
  - {name: both, input: {b: [[2], [3]], a: [[1]]}, expect: [[[x, "1"], [y, "2"]], [[y, "3"]]], ordered: true}
"""
    passes(job)
    passes(job, "--crash")


def statuses_tell_what_is_wrong():
    good = JOB + "tests: [{name: a, input: [[a]], expect: [[[a, 1]]]}]\n"
    bad = JOB + "tests: [{name: a, input: [[a]], expect: [[[a, 2]]]}]\n"
    with folder_of(good=good, bad=bad, broken="sources: 1\n", none=JOB) as folder:
        same(tidemark(folder, "good.yaml")[0], 0)
        same(tidemark(folder, "good.yaml", "bad.yaml")[0], 1)
        status, out, err = tidemark(folder, "broken.yaml", "bad.yaml")
        same(status, 78)
        expect(out.endswith("0 passed, 1 failed\n") and "broken.yaml:1:10: error[E206]" in err, out + err)
        same(tidemark(folder, "broken.yaml", "nowhere.yaml", "good.yaml"),
             (66, "ok      good: a\n1 passed, 0 failed\n",
              tidemark(folder, "broken.yaml")[2] + "tidemark test: nowhere.yaml: No such file or directory\n"))
        same(tidemark(folder, "none.yaml"), (0, "0 passed, 0 failed\n", "tidemark test: none.yaml has no tests\n"))
        same(tidemark(folder)[0], 64)


def the_machines_settings_do_not_touch_it():
    with folder_of(good=JOB + "tests: [{name: a, input: [[a]]}]\n") as folder:
        same(tidemark(folder, "good.yaml", TIDEMARK_CONF="/nowhere")[0], 0)
        same(tidemark(folder, "good.yaml", "--conf", "/nowhere")[0], 78)


def settings_count_when_they_are_asked_for():
    job = NUMBERS + "tests: [{name: a, input: [[1], [x], [2]], expect: [[1]], errors: [0, 1]}]\n"
    with folder_of(job=job, conf="defaults: {onError: {action: fail}}\n") as folder:
        same(tidemark(folder, "-q", "job.yaml")[0], 0)
        status, out, _ = tidemark(folder, "job.yaml", "--conf", "conf.yaml")
        expect(status == 1 and "\n  batch 2: error[E403]: " in out, out)


def what_xml_cannot_hold_is_replaced():
    name = "\\t\\n\\x01\\uFFFE\\uFFFF\\uFFFD<é>\\\"&"
    with folder_of() as folder:
        os.mkdir(os.path.join(folder.encode(), b"\xff"))
        path = os.path.join(folder.encode(), b"\xff", b"job.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(JOB + f"tests:\n  - {{name: \"{name}\", input: [[a]]}}\n")
        subprocess.run([TIDEMARK, "test", path, "--junit", "r.xml"], cwd=folder, check=True, capture_output=True, timeout=120)
        with open(os.path.join(folder, "r.xml"), encoding="utf-8") as file:
            text = file.read()
        xml.etree.ElementTree.fromstring(text)
        expect(' name="\t\n\ufffd\ufffd\ufffd\ufffd&lt;é&gt;&quot;&amp;"' in text and "/\ufffd/job.yaml\"" in text, text)
        status, out, err = tidemark(folder, "--junit", "/dev/full", os.fsdecode(path))
        same((status, err, out.splitlines()[-1]), (74, "tidemark test: /dev/full: No space left on device\n", "1 passed, 0 failed"))


def json_holds_every_test():
    job = JOB + "tests:\n  - {name: a, input: [[a]]}\n  - {name: b, input: [[b]], expect: [[]]}\n"
    with folder_of(job=job, broken="x: 1\n") as folder:
        status, out, _ = tidemark(folder, "-o", "json", "job.yaml", "broken.yaml")
    same(status, 78)
    same(json.loads(out), {"version": 1, "passed": 1, "failed": 1, "files": [
        {"file": "job.yaml", "job": "job", "valid": True, "tests": [
            {"name": "a", "line": 10, "passed": True},
            {"name": "b", "line": 11, "passed": False,
             "said": "  batch 1, print0: other rows came than expected\n    expected   actual\n             > [\"b\", 1]\n"}]},
        {"file": "broken.yaml", "job": "broken", "valid": False, "tests": []}]})


def junit_has_a_suite_for_each_job():
    job = JOB + "tests:\n  - {name: \"a < \\\"b\\\"\", input: [[a]]}\n  - {name: b, input: [[\"<&\\x01>\"]], expect: [[]]}\n"
    with folder_of(job=job, broken="x: 1\n") as folder:
        same(tidemark(folder, "--junit", "r.xml", "job.yaml", "broken.yaml")[0], 78)
        root = xml.etree.ElementTree.parse(os.path.join(folder, "r.xml")).getroot()
        same(tidemark(folder, "--junit", "none/r.xml", "job.yaml")[0], 74)
        same(tidemark(folder, "--junit", "s.xml", "none.yaml")[0], 66)
        same(len(xml.etree.ElementTree.parse(os.path.join(folder, "s.xml")).getroot()), 0)
    suites = [(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("errors")) for suite in root]
    same(suites, [("job", "2", "1", "0"), ("broken", "1", "0", "1")])
    same([case.get("name") for case in root[0]], ['a < "b"', "b"])
    expect('["<&\\u0001>", 1]' in root[0][1][0].text, root[0][1][0].text)


if __name__ == "__main__":
    run_tests("jobs", [every_shipped_job_has_tests_that_pass, a_test_that_passes_is_a_line, a_failure_shows_both_sides,
                       each_batch_and_output_that_differs_is_shown, order_counts_when_asked_for,
                       an_error_record_nobody_expects_fails, the_share_of_errors_is_not_judged, of_many_error_records_the_first_are_shown,
                       settings_count_when_they_are_asked_for, what_xml_cannot_hold_is_replaced,
                       a_batch_that_must_not_be_committed_ends_the_test, every_part_of_a_record_reaches_the_job,
                       batches_run_beyond_the_input, several_sources_are_named, statuses_tell_what_is_wrong,
                       the_machines_settings_do_not_touch_it, json_holds_every_test, junit_has_a_suite_for_each_job], 400)
