"""A folder in which verbs are run as a user runs them, without settings of this machine."""

import ctypes
import os
import pty
import subprocess

from harness import Stage, daemon, expect

CAPABILITIES = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: what lets root read a file that nobody may read


def as_a_user():
    """In a child, before its program: permissions count, for root too."""
    for capability in CAPABILITIES:
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; who is not root has none


class Desk(Stage):
    def __init__(self, name, build):
        super().__init__(name)
        self.program = daemon(build)

    def environment(self, **more):
        unwanted = ("TIDEMARK_", "NO_COLOR", "RUNTIME_DIRECTORY", "CREDENTIALS_DIRECTORY", "JOURNAL_STREAM")
        env = {**{name: value for name, value in os.environ.items() if not name.startswith(unwanted)}, **more}
        return {name: value for name, value in env.items() if value is not None}

    def ask(self, *words, text_in="", front=(), setup=None, **env):
        """(status, standard output, standard error); `front` stands before the program, setup() is called in the child."""
        if "strace" in front:
            env = {"ASAN_OPTIONS": "detect_leaks=0", **env}  # it would trace, too
        done = subprocess.run([*front, self.program, *words], cwd=self.folder, input=text_in, env=self.environment(**env),
                              capture_output=True, text=True, timeout=120, check=False, preexec_fn=setup)
        return done.returncode, done.stdout, done.stderr

    def want(self, *words, **more):
        status, out, err = self.ask(*words, **more)
        expect(status == 0, f"{words}: {status} {out}{err}")
        return out

    def same(self, words, wanted, **more):
        """The words, as a shell would split them or a list, must end so."""
        got = self.ask(*(words.split() if isinstance(words, str) else words), **more)
        expect(got == wanted, f"tidemark {words}: wanted\n{wanted}\ngot\n{got}")

    def on_terminal(self, *words, **env):
        """What a terminal shows of both streams."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([self.program, *words], cwd=self.folder, env=self.environment(**env), stdin=subprocess.DEVNULL,
                              stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            shown = b""
            try:
                while piece := os.read(ours, 65536):
                    shown += piece
            except OSError:
                pass  # EIO: the other end is closed
            process.wait(60)
        os.close(ours)
        return shown.decode()
