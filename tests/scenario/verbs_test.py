#!/usr/bin/env python3
"""verbs_test.py BUILD: the verbs that answer from files and tables alone: init, completion."""

import os
import re
import shutil
import subprocess
import sys

from harness import Stage, daemon, expect, run_tests

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"


class Desk(Stage):
    """A folder in which verbs are run, without settings of this machine."""

    def ask(self, *args, text_in="", **env):
        """(status, standard output, standard error)."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMARK_")}
        done = subprocess.run([daemon(BUILD), *args], cwd=self.folder, input=text_in, env={**clean, **env}, capture_output=True,
                              text=True, timeout=30, check=False)
        return done.returncode, done.stdout, done.stderr

    def want(self, *args, **more):
        status, out, err = self.ask(*args, **more)
        expect(status == 0, f"{args}: {status} {out}{err}")
        return out


def init_writes_a_job_that_passes_and_never_overwrites():
    with Desk("init") as desk:
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
    with Desk("completion") as desk:
        verbs = re.findall(r"^  (\w+) ", desk.want("--help"), re.MULTILINE)
        expect(len(verbs) > 8 and "worker" not in verbs, verbs)
        for shell in ("bash", "zsh", "fish"):
            path = desk.write("completion." + shell, desk.want("completion", shell))
            expect(all(re.search(rf"\b{verb}\b", desk.read(path)) for verb in verbs), f"{shell} lacks a verb")
            if shutil.which(shell):
                done = subprocess.run([shell, "-n", path], capture_output=True, text=True, timeout=20, check=False)
                expect(done.returncode == 0, f"{shell}: {done.stderr}")
        asked = "source completion.bash; COMP_WORDS=(tidemark {}); COMP_CWORD={}; _tidemark; echo ${{COMPREPLY[@]}}"
        for words, at, wanted in (("che", 1, "check"), ("check --fo", 2, "--format"), ("-q che", 2, "check")):
            done = subprocess.run(["bash", "-c", asked.format(words, at)], cwd=desk.folder, capture_output=True, text=True,
                                  timeout=20, check=False)
            expect(done.stdout == wanted + "\n", f"{words}: {done.stdout}{done.stderr}")
        expect(desk.ask("completion", "tcsh")[0] == 64, "an unknown shell")


if __name__ == "__main__":
    run_tests("verbs", [init_writes_a_job_that_passes_and_never_overwrites, every_shell_completes_every_verb], 60)
