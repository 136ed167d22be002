#!/usr/bin/python3
"""schema_test.py BUILD: the JSON Schema that `tidemark schema` prints: valid itself, takes every job that is shipped or shown, and
refuses what people mistype. (Debian's own python3, whose packages are python3-jsonschema and python3-yaml.)"""

import glob
import json
import os
import re
import subprocess
import sys

import jsonschema
import yaml

from harness import daemon, expect, run_tests

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
COMMON = """
batchInterval: 10s
checkpoint: webhdfs://systest@nn1:9870/user/systest/checkpoint
maxAppAttempts: 3
attemptFailuresValidityInterval: 1h
sources:
  - kafka: {bootstrap.servers: "broker1:9092", group.id: spark-streaming-consumer, topics: {lines: 1}}
transformations:
  - flatMap: _.value.split(" ")
  - map: (_, 1)
  - reduceByKey: _ + _
outputs:
  - print
"""


class Loader(yaml.SafeLoader):
    """YAML 1.2's scalars: yes and no are texts, and so is what begins with a 0."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:int", "tag:yaml.org,2002:timestamp",
                                                              "tag:yaml.org,2002:float")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false|True|False|TRUE|FALSE)$"), list("tTfF"))
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(0|[1-9][0-9]*)$"), list("-+0123456789"))
Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+\.[0-9]*$"), list("-+0123456789"))


def load(text):
    return yaml.load(text, Loader)


def validator():
    printed = subprocess.run([daemon(BUILD), "schema"], capture_output=True, text=True, timeout=120, check=True).stdout
    schema = json.loads(printed)
    expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema", schema["$schema"])
    return jsonschema.Draft202012Validator(schema)


def complaints(check, job):
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in check.iter_errors(job)]


def the_schema_is_one_of_its_draft():
    check = validator()
    jsonschema.Draft202012Validator.check_schema(check.schema)
    keys = check.schema["properties"]
    expect(keys["batchInterval"]["default"] == "1s" and keys["maxAppAttempts"]["default"] == 3, "defaults are there")
    expect(all(key.get("description") for key in keys.values()), "every key says what it is")


def it_takes_every_job_that_is_shipped_or_shown():
    check, n = validator(), 0
    for path in sorted(glob.glob(os.path.join(TOP, "jobs", "*.yaml"))):
        with open(path, encoding="utf-8") as file:
            found = complaints(check, load(file.read()))
        expect(not found, f"{path}: {found}")
        n += 1
    for path in glob.glob(os.path.join(TOP, "*.md")) + glob.glob(os.path.join(TOP, "docs", "*.md")):
        with open(path, encoding="utf-8") as file:
            for block in re.findall(r"^```yaml\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL):
                found = complaints(check, load(block))
                expect(not found, f"{path}: {block}: {found}")
                n += 1
    expect(n > 12, f"only {n} jobs")
    skeleton = subprocess.run([daemon(BUILD), "init", "-"], capture_output=True, text=True, timeout=120, check=True).stdout
    expect(not complaints(check, load(skeleton)), "the skeleton")


def it_refuses_what_people_mistype():
    check = validator()
    expect(not complaints(check, load(COMMON)), complaints(check, load(COMMON)))
    mistakes = {
        "batchInterval: 10s": ["batchintervall: 10s", "batchInterval: 10", "batchInterval: 10 s", "batchInterval: {every: 10s}"],
        "maxAppAttempts: 3": ["maxAppAttempts: three", "maxAppAttempts: 0", "maxAppAttempts: 3.5", "onError: {action: ignore}"],
        "flatMap:": ["flatmap:"],
        "- map: (_, 1)": ["- map: [_, 1]", "- map", "- count: 5", "- window: {windowDuration: 30}", "- window: {slideDuration: 30s}"],
        "- print": ["- printt", "- print: {nmu: 5}", "- kafka: {topic: x}"],
        "kafka:": ["kafak:"],
        "group.id:": ["group_id:"],
        "topics: {lines: 1}": ["topics: {lines: 0}", "topics: lines", "topics: []", "topics: [a], enable.auto.commit: true"],
        "outputs:\n  - print": ["outputs: print", ""],
    }
    for right, wrongs in mistakes.items():
        expect(right in COMMON, right)
        for wrong in wrongs:
            expect(complaints(check, load(COMMON.replace(right, wrong))), f"it takes {wrong}")


def it_refuses_what_check_refuses_for_a_word_or_a_unit():
    """The golden files of unknown words and keys, and of missing units."""
    check, n = validator(), 0
    for code in ("E201", "E202", "E207"):
        for path in sorted(glob.glob(os.path.join(TOP, "tests", "golden", "errors", code + "-*.yaml"))):
            with open(path, encoding="utf-8") as file:
                expect(complaints(check, load(file.read())), f"it takes {path}")
            n += 1
    expect(n >= 10, f"only {n} files")


def what_check_takes_it_takes():
    """${…} in place of any scalar, and the other forms of a value."""
    check = validator()
    forms = {
        "batchInterval: 10s": ['batchInterval: "${EVERY:-10s}"', "description: x\nenabled: ${ON:-true}", "checkpoint2: x"[:0],
                               "writeAheadLog: {inFlight: 4, maxSize: 20GiB}", "onError: {failAbove: 0.5%}", "stopGracefully: {timeout: 1m}",
                               "conf: {spark.yarn.maxAppAttempts: 5, spark.streaming.blockInterval: 200ms}"],
        "topics: {lines: 1}": ["topics: [a, b]", 'topics: "^logs.*"', "topics: [a], partitions: {a: [0, 1]}", "topics: [a], fetch.min.bytes: 5",
                               'topics: [a], sasl.password: "${credential:x}", security.protocol: SASL_SSL'],
        "- map: (_, 1)": ["- map: 1", "- map: true", "- count:", "- sortByKey", "- sortByKey: {ascending: false}", "- union: [a]", "- union: a",
                          "- top: {num: 3, by: _._2}", "- repartition: 4"],
        "- print": ["- print: {num: 5, label: x}", "- print:"],
    }
    for right, others in forms.items():
        for other in others:
            found = complaints(check, load(COMMON.replace(right, other)))
            expect(not found, f"it refuses {other}: {found}")


if __name__ == "__main__":
    run_tests("schema", [the_schema_is_one_of_its_draft, it_takes_every_job_that_is_shipped_or_shown, it_refuses_what_people_mistype,
                         it_refuses_what_check_refuses_for_a_word_or_a_unit,                         what_check_takes_it_takes], 400)
