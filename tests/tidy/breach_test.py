#!/usr/bin/env python3
"""Plants one breach of each kind in a small tree and sees tidy name it, at its line; and sees it pass what only looks like one."""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")

GOOD = {  # a tree without a breach
    "daemon/LAYERS": "base:\nio: base\nspec: base\nworker: base spec io\n<uv.h>: daemon/io/*_uv.c\n"
                     "banned: malloc free exit time pthread_\\w+\nheadless: daemon/worker/main.c\n",
    "daemon/base/text.h": "/* Texts. */\n#pragma once\n\nint text_len(const char *text); /* in bytes */\n",
    "daemon/base/text.c": '#include "base/text.h"\n\nint text_len(const char *text)\n{\n    return *text;\n}\n',
    "daemon/io/loop.h": "/* The loop. */\n#pragma once\n\nvoid loop_run(void); /* until it ends */\n",
    "daemon/io/loop_uv.c": '#include <uv.h>\n\n#include "io/loop.h"\n\nvoid loop_run(void)\n{\n    exit(0);\n}\n',
    "daemon/spec/job.h": "/* Jobs. */\n#pragma once\n\nint job_run(int a); /* its number */\n",
    "daemon/worker/main.c": '#include "spec/job.h"\n\nint main(void)\n{\n    return job_run(1);\n}\n',
    "tests/wait_test.py": "import time\n\ntime.sleep(0.1)  # poll: the port is not announced\n",
    "README.md": "# A tree\n",
}
JOB = '#include "spec/job.h"\n\n'  # what a spec/job.c begins with: its own code is from line 3 on


def body(*lines):
    return JOB + "int job_run(int a)\n{\n" + "".join(f"    {line}\n" for line in lines) + "    return a;\n}\n"


BREACHES = [  # name, file, its text, line, words of the message
    ("a folder includes one above it", "daemon/base/text.c", GOOD["daemon/base/text.c"].replace("base/text", "spec/job"), 1,
     "base may not include spec"),
    ("a folder that LAYERS does not know", "daemon/attic/old.h", "/* Old. */\n#pragma once\n", 1, "folder attic has no line"),
    ("an include without its folder", "daemon/spec/job.c", '#include "job.h"\n', 1, "include as"),
    ("an include of nothing", "daemon/spec/job.c", JOB + '#include "spec/none.h"\n', 3, "is not in the tree"),
    ("a library outside its file", "daemon/spec/job.c", JOB + "#include <uv.h>\n", 3, "<uv.h> stands only in"),
    ("a library that LAYERS does not know", "daemon/spec/job.c", JOB + "#include <zlib.h>\n", 3, "<zlib.h> has no line"),
    ("a banned call", "daemon/spec/job.c", body("free(0);"), 5, "free() outside"),
    ("a banned call by pattern", "daemon/spec/job.c", body("pthread_yield();"), 5, "pthread_yield() outside"),
    ("a banned call inside a macro", "daemon/spec/job.c", JOB + "#define LEAVE \\\n    exit(1)\n", 4, "exit() outside"),
    ("a banned call behind a text with quotes", "daemon/spec/job.c", body('a = "\\"/*"[0];', "exit(a);"), 6, "exit() outside"),
    ("a static that changes", "daemon/spec/job.c", JOB + "static int count;\n", 3, "static count may change"),
    ("a static that changes in a function", "daemon/spec/job.c", body("static int count = 0;"), 5, "static count may change"),
    ("a long function", "daemon/spec/job.c", body(*["a++;"] * 60), 3, "job_run has 64 lines"),
    ("a long source file", "daemon/spec/job.c", JOB + "/* */\n" * 499, 501, "a file of 501 lines"),
    ("a long header", "daemon/spec/job.h", GOOD["daemon/spec/job.h"] + "/* */\n" * 147, 151, "a file of 151 lines"),
    ("many parameters", "daemon/spec/job.c", JOB + "int job_mix(int a, int b, int c, int d, int e, int f)\n{\n    return a;\n}\n", 3,
     "job_mix has 6 parameters"),
    ("many parameters of a prototype", "daemon/spec/job.h",
     "/* Jobs. */\n#pragma once\n\nint job_run(int a, int b, int c, int d, void (*cb)(int, int), int f); /* runs */\n", 4,
     "job_run has 6 parameters"),
    ("deep nesting", "daemon/spec/job.c",
     body("for (;;) {", "    while (a) {", "        if (a) {", "            do", "                a++;", "            while (a);",
          "        }", "    }", "}"), 9, "job_run nests 4 levels"),
    ("a module without a header", "daemon/spec/other.c", JOB, 1, "no other.h"),
    ("work undone", "daemon/spec/job.c", JOB + "/* TO" + "DO */\n", 3, "work undone"),
    ("#if 0", "daemon/spec/job.c", JOB + "#if 0\n#endif\n", 3, "#if 0"),
    ("a path of one machine", "tests/a_test.sh", "#!/bin/sh\ncat /ho" + "me/me/log\n", 2, "path of one machine"),
    ("a sleep in a C test", "tests/unit/spec/job_test.c", "int f(void)\n{\n    usleep(5);\n}\n", 3, "sleep in a test"),
    ("a sleep in a script", "tests/a_test.sh", "#!/bin/sh\nsleep 5\n", 2, "sleep in a test"),
    ("a sleep in Python", "tests/a_test.py", "import time\ntime.sleep(5)\n", 2, "sleep in a test"),
    ("form", "daemon/spec/job.c", JOB + "int  job_run( int a );\n", 3, "clang-format"),
    ("blanks at the end", "README.md", "# A tree \n", 1, "blanks at the end"),
    ("no line end", "README.md", "# A tree", 1, "no line end"),
    ("a script that is none", "tests/a_test.sh", "#!/bin/sh\nif true\n", 1, "not a shell script"),
    ("Python that is none", "tests/a_test.py", "x = = 1\n", 1, "not Python"),
    ("a prototype without comment", "daemon/spec/job.h", "/* Jobs. */\n#pragma once\n\nstruct a;\nstruct b;\nstruct c;\n\nint job_run(int a);\n", 8, "job_run has no comment"),
]
FINE = [  # what looks like a breach and is none
    ("a field called free", "daemon/spec/job.c", body("ops->free(a);", "ops.exit(a);")),
    ("a banned word in comment and string", "daemon/spec/job.c", body("/* exit(1) */", 'a = "free(a)"[0];  // time(0)')),
    ("a longer name", "daemon/spec/job.c", body("my_free(a);", "freeze(a);")),
    ("rows of else if", "daemon/spec/job.c", body("if (a)", "    a++;", *["else if (a)", "    a++;"] * 5)),
    ("three levels and a literal", "daemon/spec/job.c",
     body("for (;;)", "    switch (a) {", "        case 1:", "            if (a)", "                f((struct x){ { 1, a } });", "    }")),
    ("constants", "daemon/spec/job.c", JOB + 'static const char *const names[] = { "a" };\nstatic int job_a(int a);\n'),
    ("a function of 60 lines", "daemon/spec/job.c", body(*["a++;"] * 56)),
    ("a rest of parameters", "daemon/spec/job.c", JOB + "int job_say(int a, int b, int c, int d, int e, ...);\n"),
    ("one header for two ways", "daemon/io/loop_sim.c", '#include "io/loop.h"\n'),
]


def tidy(changed):
    """What tidy says of the good tree with these files put over it."""
    with tempfile.TemporaryDirectory() as tree:
        for path, text in {**GOOD, **changed}.items():
            os.makedirs(os.path.dirname(os.path.join(tree, path)), exist_ok=True)
            with open(os.path.join(tree, path), "w", encoding="utf-8") as file:
                file.write(text)
        with open(os.path.join(ROOT, ".clang-format"), encoding="utf-8") as form, \
                open(os.path.join(tree, ".clang-format"), "w", encoding="utf-8") as copy:
            copy.write(form.read())
        subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
        subprocess.run(["git", "add", "-A"], cwd=tree, check=True)
        done = subprocess.run([sys.executable, os.path.join(HERE, "tidy.py"), tree], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def main():
    failures, count = [], 0
    for name, path, text, line, words in BREACHES:
        count += 1
        status, said = tidy({path: text})
        named = any(row.startswith(f"{path}:{line}: ") and words in row for row in said.splitlines())
        if not named or status != 1:
            failures.append(f"{name}: wanted {path}:{line}: …{words}…, got exit {status} and\n{said}")
    for name, path, text in [("the good tree", "README.md", GOOD["README.md"])] + FINE:
        count += 1
        status, said = tidy({path: text})
        if status != 0:
            failures.append(f"{name}: wanted no breach, got exit {status} and\n{said}")
    for failure in failures:
        print("FAILED", failure)
    print(f"tidy: {count - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
