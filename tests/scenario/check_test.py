#!/usr/bin/env python3
"""tidemark check, seen from outside: what it prints to the letter, and its exit statuses."""

import json
import os
import subprocess
import sys
import tempfile

from harness import expect, run_tests

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TIDEMARK = os.path.join(os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(TOP, "build")), "tidemark")
GOOD = """sources:
  - kafka: {bootstrap.servers: "b:9092", group.id: g, topics: {lines: 1}}
transformations:
  - flatMap: _.value.split(" ")
  - map: (_, 1)
  - reduceByKey: _ + _
outputs:
  - print
"""


def check(folder, *args, **env):
    """(status, standard output, standard error) of check in a folder, without settings of this machine."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMARK_")}
    done = subprocess.run([TIDEMARK, "check", *args], cwd=folder, env={**clean, **env}, capture_output=True, text=True,
                          timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def folder_of(**files):
    folder = tempfile.TemporaryDirectory()
    for name, text in files.items():
        with open(os.path.join(folder.name, name.replace("__", ".")), "w", encoding="utf-8") as file:
            file.write(text)
    return folder


def same(got, wanted):
    expect(got == wanted, f"wanted\n{wanted}\ngot\n{got}")


def a_good_file_is_ok():
    with folder_of(wordcount__yaml=GOOD) as folder:
        same(check(folder, "wordcount.yaml"), (0, "wordcount.yaml: OK\n", ""))
        same(check(folder, "-q", "wordcount.yaml"), (0, "", ""))
        same(check(folder, "--format", "gnu", "wordcount.yaml"), (0, "", ""))


def the_samples_of_the_manual_come_to_the_letter():
    text = "# 1\n# 2\nbatchInterval: 2\ncheckpoint: file:///c\ntransformations:\n  - flatmap: _.value.split(\" \")\n"
    with folder_of(wordcount__yaml=text + GOOD[:GOOD.index("transformations")] + "outputs:\n  - print\n") as folder:
        same(check(folder, "wordcount.yaml"), (1, """wordcount.yaml:3:16: error[E207]: batchInterval needs a unit: '2' could be 2ms or 2s
  3 | batchInterval: 2
    |                ^
wordcount.yaml:6:5: error[E201]: unknown operation 'flatmap'
  6 |   - flatmap: _.value.split(" ")
    |     ^^^^^^^
  help: did you mean 'flatMap'?
""", ""))
    with folder_of(wordcount__yaml=GOOD.replace("\noutputs:\n", "\n  outputs:\n")) as folder:
        same(check(folder, "--format", "gnu", "wordcount.yaml"),
             (1, "wordcount.yaml:7:3: error[E204]: 'outputs' stands inside 'transformations'; here it belongs 2 spaces to the left\n", ""))


def a_variable_comes_from_the_environment():
    text = GOOD.replace('"b:9092"', '"${KAFKA}"')
    with folder_of(errors__yaml=text) as folder:
        status, out, _ = check(folder, "--format", "gnu", "errors.yaml")
        same((status, out), (1, 'errors.yaml:2:33: error[E221]: ${KAFKA} is not set\n'
                                '  help: set it in /etc/default/tidemark, or write "${KAFKA:-host:9092}", quotes included\n'))
        same(check(folder, "errors.yaml", KAFKA="b:9092")[0], 0)


def a_credential_comes_from_its_directory_and_is_never_shown():
    text = GOOD.replace("group.id: g,", 'group.id: g, session.timeout.ms: "${credential:pass}",')
    with folder_of(a__yaml=text, **{"pass": "hunter2\n"}) as folder:
        status, out, _ = check(folder, "a.yaml", CREDENTIALS_DIRECTORY=folder)
        expect(status == 1 and "'***'" in out and "hunter2" not in out, out)
        status, out, _ = check(folder, "a.yaml", CREDENTIALS_DIRECTORY="")
        expect(status == 1 and "error[E222]" in out, out)


def warnings_are_errors_with_a_flag():
    with folder_of(a__yaml=GOOD + "conf: {spark.executor.memory: 1g}\n") as folder:
        status, out, _ = check(folder, "a.yaml")
        expect(status == 0 and "a.yaml:9:8: warning[W103]: spark.executor.memory has no meaning here" in out, out)
        same(check(folder, "-W", "a.yaml")[0], 1)


def json_has_every_file_and_finding():
    with folder_of(a__yaml=GOOD, b__yaml="batchInterval: 5\n") as folder:
        status, out, _ = check(folder, "--format", "json", "a.yaml", "b.yaml")
        answer = json.loads(out)
        same((status, answer["version"], [file["errors"] for file in answer["files"]]), (1, 1, [0, 2]))
        finding = answer["files"][1]["findings"][1]
        same((finding["path"], finding["code"], finding["line"], finding["column"]), ("batchInterval", "E207", 1, 16))


def a_directory_gives_its_jobs_only():
    with folder_of(b__yaml=GOOD, a__yml=GOOD, __hidden__yaml="x", c__yaml__tmp="x", d__txt="x", e__yaml__swp="x") as folder:
        os.symlink("/dev/null", os.path.join(folder, "off.yaml"))
        same(check(folder, "."), (0, "./a.yml: OK\n./b.yaml: OK\n", ""))
    with folder_of(a__yaml=GOOD, a__yml=GOOD) as folder:
        status, out, _ = check(folder, folder, "--format", "gnu")
        same((status, out), (1, f"{folder}/a.yml: error[E213]: the id 'a' is also that of {folder}/a.yaml\n"))
    with folder_of(**{"a b__yaml": GOOD}) as folder:
        status, out, _ = check(folder, "--format", "gnu", ".")
        expect(status == 1 and "./a b.yaml: error[E208]" in out, out)


def what_cannot_be_read_has_its_own_status():
    with folder_of(a__yaml=GOOD) as folder:
        status, out, err = check(folder, "none.yaml", "a.yaml")
        same((status, out, err), (66, "a.yaml: OK\n", "tidemark check: none.yaml: No such file or directory\n"))
        same(check(folder)[0], 64)
        same(check(folder, "--format", "xml", "a.yaml")[0], 64)
        same(check(folder, "--online", "a.yaml"), (64, "", "tidemark check: --online is known, but not supported yet\n"))


def the_settings_give_defaults_and_must_be_valid():
    with folder_of(a__yaml=GOOD, s__yaml="jobs: {settle: 1}\n", t__yaml="defaults: {batchInterval: 5s}\n") as folder:
        same(check(folder, "--conf", "t.yaml", "a.yaml")[0], 0)
        status, out, err = check(folder, "--conf", "s.yaml", "a.yaml")
        expect(status == 78 and not out and "s.yaml:1:16: error[E207]: settle needs a unit" in err, err)
        same(check(folder, "a.yaml", TIDEMARK_CONF="none.yaml")[0], 78)


def what_is_shipped_is_valid():
    same(check(TOP, "--conf", "conf/tidemark.yaml", "jobs")[0], 0)


if __name__ == "__main__":
    run_tests("check", [a_good_file_is_ok, the_samples_of_the_manual_come_to_the_letter, a_variable_comes_from_the_environment,
                        a_credential_comes_from_its_directory_and_is_never_shown, warnings_are_errors_with_a_flag,
                        json_has_every_file_and_finding, a_directory_gives_its_jobs_only,
                        what_cannot_be_read_has_its_own_status, the_settings_give_defaults_and_must_be_valid,
                        what_is_shipped_is_valid], 400)
