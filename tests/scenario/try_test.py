#!/usr/bin/env python3
"""tidemark try, seen from outside: what it prints to the letter, where it prints it, and its exit statuses."""

import calendar
import os
import pty
import re
import subprocess
import sys
import tempfile
import time

from harness import expect, run_tests

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TIDEMARK = os.path.join(os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(TOP, "build")), "tidemark")
RULE = "-" * 43
JOB = """batchInterval: 10s
sources:
  - kafka: {bootstrap.servers: "b:9092", group.id: g, topics: {lines: 1}}
transformations:
%s
outputs:
  - print%s
"""
COUNTS = JOB % ('  - flatMap: _.value.split(" ")\n  - map: (_, 1)\n  - reduceByKey: _ + _', "")
NUMBERS = JOB % ("  - map: _.value.toInt", "")


def environment(**more):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMARK_")}
    return {**clean, "TZ": "UTC", **more}


def run(job, stdin, *args, **env):
    """(status, standard output with its times as T, standard error) of a first run, in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "job.yaml"), "w", encoding="utf-8") as file:
            file.write(job)
        done = subprocess.run([TIDEMARK, "try", "job.yaml", *args], cwd=folder, env=environment(**env), input=stdin,
                              capture_output=True, timeout=120, check=False)
        expect(os.listdir(folder) == ["job.yaml"], f"something was written: {os.listdir(folder)}")
    out = done.stdout.decode("utf-8", "surrogateescape")
    return done.returncode, re.sub(r"Time: \S+ \S+", "Time: T", out), done.stderr.decode()


def same(got, wanted):
    expect(got == wanted, f"wanted\n{wanted}\ngot\n{got}")


def batch(*rows):
    return f"{RULE}\nTime: T\n{RULE}\n" + "".join(row + "\n" for row in rows) + "\n"


def lines_are_values_and_outputs_print():
    same(run(COUNTS, b"a b a\nb\n"), (0, batch("('a', 2)", "('b', 2)"), ""))


def no_input_is_no_batch():
    same(run(COUNTS, b""), (0, "", ""))


def an_empty_line_is_a_record_and_the_last_line_may_lack_its_end():
    same(run(COUNTS, b"\n"), (0, batch("('', 1)"), ""))
    same(run(COUNTS, b"\nx"), (0, batch("('', 1)", "('x', 1)"), ""))


def lines_end_at_newlines_only():
    text = "a\r\nb\x0bc\u2028d\x00e\n".encode()
    same(run(COUNTS, text), (0, batch("('a\\r', 1)", "('b\\x0bc\\u2028d\\x00e', 1)"), ""))


def a_batch_is_a_thousand_lines_or_as_many_as_asked_for():
    counts = JOB % ("  - count", "")
    same(run(counts, b"x\n" * 2001), (0, batch("1000") + batch("1000") + batch("1"), ""))
    same(run(counts, b"x\n" * 4, "--batch", "2"), (0, batch("2") + batch("2"), ""))
    same(run(counts, b"x\n" * 5, "--batch=5"), (0, batch("5"), ""))


def times_step_by_the_interval_from_now_floored():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(COUNTS)
        file.flush()
        before = int(time.time())
        out = subprocess.run([TIDEMARK, "try", file.name, "--batch", "1"], input="a\nb\nc\n", env=environment(), text=True,
                             capture_output=True, timeout=120, check=True).stdout
        after = int(time.time())
    times = [time.strptime(text, "%Y-%m-%d %H:%M:%S") for text in re.findall(r"Time: (.*)", out)]
    seconds = [calendar.timegm(at) for at in times]
    expect(before // 10 * 10 <= seconds[0] <= after // 10 * 10, f"{before} {seconds} {after}")
    same([later - seconds[0] for later in seconds], [0, 10, 20])


def error_records_go_to_standard_error_with_their_lines():
    status, out, err = run(NUMBERS, b"1\nx y\n3\n")
    same((status, out), (0, batch("1", "3")))
    same(err, 'line 2 ("x y"): error[E403]: transformations[0].map: `_.value.toInt`: "x y" is not a whole number\n'
              "tidemark try: 1 error record in 3 lines\n")


def bytes_that_are_no_text_are_an_error_record():
    status, out, err = run(COUNTS, b"a\n\xff\n")
    same((status, out), (0, batch("('a', 1)")))
    same(err, 'line 2 ("\ufffd"): error[E401]: the value is not UTF-8\ntidemark try: 1 error record in 2 lines\n')


def with_on_error_fail_the_batch_is_not_shown():
    status, out, err = run(NUMBERS + "onError: {action: fail}\n", b"1\n2\nx\n", "--batch", "2")
    same((status, out), (1, batch("1", "2")))
    expect(err.startswith("tidemark try: batch 2: "), err)


def too_many_errors_end_the_run():
    status, out, err = run(NUMBERS, b"x\n" * 11 + b"1\n" * 89)
    same((status, out), (1, ""))
    expect("11 of the last 100 records failed" in err, err)


def a_job_that_is_not_valid_says_why():
    status, out, err = run(COUNTS.replace("flatMap", "flatmap"), b"a\n")
    same((status, out), (1, ""))
    expect(err.startswith("job.yaml:5:5: error[E201]: unknown operation 'flatmap'\n"), err)


def of_very_many_errors_some_are_shown():
    job = NUMBERS + "onError: {action: skip, failAbove: 100%}\n"
    status, out, err = run(job, b"x" * (1 << 20) + b"\n" + (b"y" * (1 << 20) + b"\n") * 79, "--batch", "80")
    same((status, out), (0, batch()))
    shown = err.count("error[E403]")
    expect(0 < shown < 80 and err.endswith(f"… and {80 - shown} more\ntidemark try: 80 error records in 80 lines\n"), f"{shown} {err[-200:]}")
    same(run(NUMBERS, b"x\n", "-q")[2], run(NUMBERS, b"x\n")[2].splitlines(True)[0])


def what_a_program_says_is_told_beside_the_errors():
    job = JOB % ("  - map: _.value\n  - pipe: [sh, -c, 'cat; echo oops >&2']", "")
    same(run(job, b"a\n"), (0, batch("a"), "transformations[1].pipe: oops\n"))


def what_makes_its_own_records_needs_no_input():
    job = JOB.replace("kafka: {bootstrap.servers: \"b:9092\", group.id: g, topics: {lines: 1}}", "rate: {rowsPerSecond: 1}")
    counts = job % ("  - count", "")
    same(run(counts, b"x\n"), (0, batch("10") * 3, ""))
    same(run(counts, b"", "--batches", "1"), (0, batch("10"), ""))
    status, out, err = run(job % ("  - map: 1 / (_.value - 15)", "") + "onError: {action: fail}\n", b"")
    same((status, out), (1, run(job % ("  - map: 1 / (_.value - 15)", ""), b"", "--batches", "1")[1]))
    expect(err.startswith("tidemark try: batch 2: error[E404]: "), err)


def an_output_that_would_write_elsewhere_is_printed():
    job = JOB % ("  - map: _.value", ": {num: 1}\n  - saveAsTextFiles: {prefix: file:///out}")
    note = "tidemark try: saveAsTextFiles1 writes nothing now: its first 10 rows are printed\n"
    same(run(job, b"a\nb\n"), (0, batch("a", "...") + batch("a", "b"), note))
    same(run(job, b"a\nb\n", "-q")[2], "")


def an_input_that_cannot_be_read_says_why():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(COUNTS)
        file.flush()
        for shell, status, err in (('exec "$@" </', 74, "tidemark try: standard input: Is a directory\n"), ('exec "$@" <&-', 0, "")):
            done = subprocess.run(["sh", "-c", shell, "sh", TIDEMARK, "try", file.name], env=environment(), capture_output=True, text=True,
                                  timeout=120, check=False)
            same((done.returncode, done.stdout, done.stderr), (status, "", err))
        for fault, status, err in (("EINTR:when=1", 0, ""), ("EIO", 74, "tidemark try: standard input: Input/output error\n")):
            trace = ["strace", "-o", "/dev/null", "-P", "/dev/null", "-e", "trace=read", "-e", "inject=read:error=" + fault]
            env = environment(ASAN_OPTIONS="detect_leaks=0")  # LSan would trace, too
            done = subprocess.run([*trace, TIDEMARK, "try", file.name], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=120, check=False)
            same((done.returncode, done.stdout, done.stderr), (status, "", err))


def usage_and_files_that_are_not_there():
    same(run(COUNTS, b"", "more.yaml")[0], 64)
    for bad in ("0", "-1", "x", "1e3", "99999999999999999999"):
        same(run(COUNTS, b"", "--batch", bad)[0], 64)
    done = subprocess.run([TIDEMARK, "try", "none.yaml"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    same((done.returncode, done.stdout, done.stderr), (66, "", "tidemark try: none.yaml: No such file or directory\n"))


def two_sources_are_refused():
    job = COUNTS.replace("transformations:", '  - kafka: {bootstrap.servers: "b:9092", group.id: g, topics: {t: 1}}\n'
                                             "streams:\n  s:\n    from: [kafka0, kafka1]\n    transformations:")
    job = job.replace("  - flat", "      - flat").replace("  - map", "      - map").replace("  - reduce", "      - reduce")
    status, out, err = run(job.replace("- print", "- print: {from: s}"), b"a\n")
    same((status, out), (64, ""))
    expect("has 2 sources" in err, err)


def the_machines_settings_do_not_touch_it():
    bad = {"TIDEMARK_CONF": "/nowhere/tidemark.yaml", "TIDEMARK_LOG_LEVEL": "loud"}
    same(run(COUNTS, b"a\n", **bad), (0, batch("('a', 1)"), ""))
    same(run(COUNTS, b"a\n", "--conf", "/nowhere/tidemark.yaml")[0], 78)


def a_reader_that_goes_away_ends_it():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(COUNTS)
        file.flush()
        with subprocess.Popen([TIDEMARK, "try", file.name, "--batch", "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment()) as process:
            process.stdout.close()
            try:
                process.stdin.write(b"a\n" * 100000)
                process.stdin.close()
            except BrokenPipeError:
                pass
            same(process.wait(60), 74)


def a_terminal_gets_a_line_of_progress_and_a_pipe_none():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(JOB % ("  - count", ""))
        file.flush()
        ours, theirs = pty.openpty()
        with subprocess.Popen([TIDEMARK, "try", file.name, "--batch", "1"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=theirs, env=environment()) as process:
            os.close(theirs)
            deadline = time.monotonic() + 120
            os.set_blocking(ours, False)
            shown = b""
            while b"lines, " not in shown and time.monotonic() < deadline:
                process.stdin.write(b"x\n")
                process.stdin.flush()
                time.sleep(0.01)  # poll: a line of input, then a look whether progress was shown
                try:
                    shown += os.read(ours, 65536)
                except BlockingIOError:
                    pass
            process.stdin.close()
            same(process.wait(60), 0)
        os.close(ours)
    expect(re.search(rb"\d+ lines, \d+/s", shown), shown)


if __name__ == "__main__":
    run_tests("try", [lines_are_values_and_outputs_print, no_input_is_no_batch, an_empty_line_is_a_record_and_the_last_line_may_lack_its_end, lines_end_at_newlines_only, a_batch_is_a_thousand_lines_or_as_many_as_asked_for, times_step_by_the_interval_from_now_floored, error_records_go_to_standard_error_with_their_lines, bytes_that_are_no_text_are_an_error_record, with_on_error_fail_the_batch_is_not_shown, too_many_errors_end_the_run, of_very_many_errors_some_are_shown, what_a_program_says_is_told_beside_the_errors, what_makes_its_own_records_needs_no_input, an_output_that_would_write_elsewhere_is_printed, an_input_that_cannot_be_read_says_why, a_job_that_is_not_valid_says_why, usage_and_files_that_are_not_there, two_sources_are_refused, the_machines_settings_do_not_touch_it, a_reader_that_goes_away_ends_it, a_terminal_gets_a_line_of_progress_and_a_pipe_none], 400)
