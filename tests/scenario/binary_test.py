#!/usr/bin/env python3
"""binary_test.py BUILD: the daemon's file is hardened as its build says: read back from its ELF headers and symbols."""

import re
import subprocess
import sys

from harness import daemon, expect, run_tests

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options, daemon(BUILD)], capture_output=True, text=True, check=True, timeout=120).stdout


def segments():
    """{type: flags} of the program headers."""
    found = {}
    for line in readelf("-l").splitlines():
        words = re.match(r"\s+([A-Z_]+)\s+(?:0x\w+\s+){5}([RWE ]{3})\s", line)
        if words:
            found.setdefault(words[1], []).append(words[2].replace(" ", ""))
    return found


def symbols():
    return set(re.findall(r" UND (\w+)", readelf("--dyn-syms")))


def it_lies_anywhere_in_memory():
    expect(re.search(r"Type:\s+DYN", readelf("-h")), "it is no position independent executable")


def no_memory_is_both_written_and_run():
    flags = segments()
    expect(flags.get("GNU_STACK") == ["RW"], f"the stack is {flags.get('GNU_STACK')}")
    expect("LOAD" in flags and not [flag for flag in flags["LOAD"] if "W" in flag and "E" in flag], f"segments {flags['LOAD']}")


def its_tables_are_read_only_before_it_runs():
    dynamic = readelf("-d")
    expect("GNU_RELRO" in segments(), "no RELRO")
    expect("BIND_NOW" in dynamic and re.search(r"FLAGS_1.*NOW", dynamic), "symbols are bound late")


def no_library_comes_from_a_path_of_its_own():
    expect(not re.search(r"\((RPATH|RUNPATH|TEXTREL)\)", readelf("-d")), "RPATH, RUNPATH or TEXTREL")


def buffers_are_guarded():
    found = symbols()
    expect("__stack_chk_fail" in found, "no stack protector")
    expect(len([name for name in found if name.endswith("_chk")]) >= 5, f"libc is not fortified: {sorted(found)[:40]}")


if __name__ == "__main__":
    if BUILD.rstrip("/").endswith(("asan", "tsan", "coverage")):
        print("binary: 0 passed, 0 failed")  # the sanitizers' own builds are not hardened
        sys.exit(0)
    run_tests("binary", [it_lies_anywhere_in_memory, no_memory_is_both_written_and_run, its_tables_are_read_only_before_it_runs,
                         no_library_comes_from_a_path_of_its_own, buffers_are_guarded])
