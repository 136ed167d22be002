#!/usr/bin/env python3
"""Every source and output of the job file, seen from outside: check, test and try take them all; run refuses those that it does
not support yet, by name and place. And the formats of values, and batchTime, as try shows them."""

import os
import re
import subprocess
import sys
import tempfile

from harness import expect, run_tests

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TIDEMARK = os.path.join(os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(TOP, "build")), "tidemark")
KAFKA = 'kafka: {bootstrap.servers: "b:9092", group.id: g, topics: [t]}'
RULE = "-" * 43
# of each: the source, an operation that makes a String of its records, and what the line `a` comes to
SOURCES = [
    ('kafkaDirect: {bootstrap.servers: "b:9092", topics: [t], fromOffsets: {t: {0: 5}}}', "_.value", "a"),
    ("flume: {bind: 0.0.0.0, port: 4141, compression: deflate}", "_.body", "a"),
    ('flumePolling: {addresses: ["agent1:4142"]}', "_.body", "a"),
    ("socketTextStream: {host: localhost, port: 9999}", "_", "a"),
    ('textFileStream: {directory: "file:///in"}', "_", "a"),
]
OUTPUTS = [
    'saveAsTextFiles: {prefix: "webhdfs://nn1:9870/out/words", compress: gzip}',
    'appendFiles: {directory: "file:///out", format: csv}',
    'kafka: {bootstrap.servers: "b:9092", topic: out, key: "_.substring(0, 1)"}',
    'postgres: {url: "postgresql://db/counts", table: words}',
    'http: {url: "http://h/in", headers: {X-Team: a}}',
    "pipe: [cat, -n]",
]


def job(source=KAFKA, operation="_.value", output="print", more=""):
    return f"batchInterval: 1s\nsources:\n  - {source}\ntransformations:\n  - map: {operation}\noutputs:\n  - {output}\n{more}"


def tidemark(text, verb, *args, stdin=b""):
    """(status, standard output with its times as T, standard error)"""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMARK_")}
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "jobs"))
        with open(os.path.join(folder, "jobs", "job.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([TIDEMARK, verb, *args], cwd=folder, env={**clean, "TZ": "UTC"}, input=stdin,
                              capture_output=True, timeout=60, check=False)
    return done.returncode, re.sub(r"Time: \S+ \S+", "Time: T", done.stdout.decode()), done.stderr.decode()


def same(got, wanted):
    expect(got == wanted, f"wanted\n{wanted}\ngot\n{got}")


def batch(*rows):
    return f"{RULE}\nTime: T\n{RULE}\n" + "".join(row + "\n" for row in rows) + "\n"


def run_refuses(text, *said):
    status, _, err = tidemark(text, "run", "--jobs", "jobs", "--state", "state", "--once")
    expect(status == 1, f"run ended with {status}: {err}")
    for part in said:
        expect(part in err, f"{part} is not in\n{err}")


def every_source_works_in_check_test_and_try():
    for source, operation, shown in SOURCES:
        text = job(source, operation, more="tests: [{name: one, input: [[a], [1]], expect: [[a], ['1']]}]\n")
        status, out, err = tidemark(text, "check", "jobs/job.yaml")
        same((status, out), (0, "jobs/job.yaml: OK\n"))
        same(err, "tidemark check: jobs/job.yaml: for try and test only, tidemark run refuses it yet (E250): "
                  f"source '{source.split(':')[0]}', line 3\n")
        same(tidemark(text, "check", "-q", "jobs")[1:], ("", ""))
        for args in ((), ("--crash",)):
            same(tidemark(text, "test", *args, "jobs/job.yaml")[0], 0)
        same(tidemark(text, "try", "jobs/job.yaml", stdin=b"a\n"), (0, batch(shown), ""))


def rate_makes_its_records_by_itself():
    text = job("rate: {rowsPerSecond: 2}", "_.value", more="tests: [{name: one, batches: 2, expect: [[0, 1], [2, 3]]}]\n")
    same(tidemark(text, "test", "--crash", "jobs/job.yaml")[0], 0)
    same(tidemark(text, "try", "jobs/job.yaml", stdin=b"x\n" * 5), (0, batch("0", "1") + batch("2", "3") + batch("4", "5"), ""))
    same(tidemark(text, "try", "--batches", "1", "jobs/job.yaml"), (0, batch("0", "1"), ""))
    same(tidemark(text, "try", "--batches", "0", "jobs/job.yaml")[0], 64)
    status, out, _ = tidemark(text.replace("batches: 2", "input: [[1]]"), "check", "--format", "gnu", "jobs/job.yaml")
    same((status, out), (1, "jobs/job.yaml:8:21: error[E204]: rate takes no input: it makes its records by itself\n"
                            "  help: say how many batches are run: batches: 3\n"))


def every_output_is_compared_by_test_and_printed_by_try():
    for output in OUTPUTS:
        kind = output.split(":")[0]
        text = job(output=output, more=f"tests: [{{name: one, input: [[a, b]], expect: {{{kind}0: [[a, b]]}}}}]\n")
        same(tidemark(text, "check", "-q", "jobs"), (0, "", ""))
        for args in ((), ("--crash",)):
            same(tidemark(text, "test", *args, "jobs/job.yaml")[0], 0)
        same(tidemark(text, "try", "jobs/job.yaml", stdin=b"a\n" * 11),
             (0, batch(*["a"] * 10, "..."), f"tidemark try: {kind}0 writes nothing now: its first 10 rows are printed\n"))
        same(tidemark(text, "try", "-q", "jobs/job.yaml", stdin=b"a\n"), (0, batch("a"), ""))


def run_refuses_what_it_does_not_support_yet_at_its_name():
    run_refuses(job("socketTextStream: {host: h, port: 1}", "_", OUTPUTS[0]),
                "job.yaml:3:5: error[E250]: source 'socketTextStream' is known, but not supported by `tidemark run` yet",
                "job.yaml:7:5: error[E250]: output 'saveAsTextFiles' is known, but not supported by `tidemark run` yet",
                "help: until then: print")
    run_refuses(job('kafka: {zkQuorum: "zk1:2181/kafka", group.id: g, topics: [t]}'),
                "job.yaml:3:13: error[E250]: zkQuorum is known, but not supported by `tidemark run` yet")


def an_expression_of_an_output_is_checked():
    status, out, _ = tidemark(job(output=OUTPUTS[2].replace("_.substring(0, 1)", "_.nokey")), "check", "--format", "gnu", "jobs")
    expect(status == 1 and out.startswith("jobs/job.yaml:7:62: error[E233]: a String has no method 'nokey'"), out)


def a_value_is_of_its_format():
    json = job(KAFKA.replace("[t]", "[t], value.format: json"), '"(_.value.user.name, _.value.n)"')
    status, out, err = tidemark(json, "try", "jobs/job.yaml", stdin=b'{"user": {"name": "ann"}, "n": 1}\n{"n": \n {}\n')
    same((status, out), (0, batch("('ann', 1)", "(None, None)")))
    same(err, 'line 2 ("{"n": "): error[E402]: the value is not JSON\ntidemark try: 1 error record in 3 lines\n')
    data = job(KAFKA.replace("[t]", "[t], value.format: bytes"))
    same(tidemark(data, "try", "jobs/job.yaml", stdin=b"a\xff\n"), (0, batch("b'a\\xff'"), ""))
    gaps = job(KAFKA.replace("[t]", "[t], value.format: json, value.nullable: true"),
               more="tests: [{name: n, input: [[{value: ~}, 'null', '[1]']], expect: [[~, ~, [1]]]}]\n")
    same(tidemark(gaps, "test", "--crash", "jobs/job.yaml")[0], 0)
    avro = job(KAFKA.replace("[t]", "[t], value.format: avro"))
    expect("error[E250]: value.format: avro is known, but not supported yet" in tidemark(avro, "check", "jobs")[1], "avro")


def batch_time_is_what_the_batch_shows():
    text = job(operation='"(_.value, batchTime)"')
    status, out, err = tidemark(text, "try", "--batch", "2", "jobs/job.yaml", stdin=b"a\nb\nc\n")
    same((status, err), (0, ""))
    shown = re.findall(r"datetime|\('(\w)', (\S+ \S+)\)", out)
    expect([row[0] for row in shown] == ["a", "b", "c"] and shown[0][1] == shown[1][1] != shown[2][1], out)


if __name__ == "__main__":
    run_tests("sources", [every_source_works_in_check_test_and_try, rate_makes_its_records_by_itself,
                          every_output_is_compared_by_test_and_printed_by_try,
                          run_refuses_what_it_does_not_support_yet_at_its_name, an_expression_of_an_output_is_checked,
                          a_value_is_of_its_format, batch_time_is_what_the_batch_shows], 400)
