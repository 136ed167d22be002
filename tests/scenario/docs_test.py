#!/usr/bin/env python3
"""docs_test.py BUILD: every job file that the documentation shows is one that `tidemark check` takes."""

import glob
import os
import re
import subprocess
import sys

from harness import Stage, daemon, expect, run_tests

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def blocks():
    """(file, line, text) of each ```yaml block."""
    for path in sorted(glob.glob(os.path.join(ROOT, "*.md")) + glob.glob(os.path.join(ROOT, "docs", "*.md"))):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for match in re.finditer(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            yield os.path.relpath(path, ROOT), text[:match.start()].count("\n") + 1, match[1]


def every_job_in_the_docs_is_valid():
    found = list(blocks())
    expect(len(found) >= 3, f"{len(found)} blocks")
    with Stage("docs") as stage:
        for number, (path, line, text) in enumerate(found):
            file = stage.write(f"job{number}.yaml", text)
            done = subprocess.run([daemon(BUILD), "check", file], capture_output=True, text=True, check=False, timeout=30)
            expect(done.returncode == 0, f"{path}:{line}: {done.stdout}{done.stderr}")


if __name__ == "__main__":
    run_tests("docs", [every_job_in_the_docs_is_valid], 60)
