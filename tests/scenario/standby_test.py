#!/usr/bin/env python3
"""standby_test.py BUILD: two daemons with one job and one checkpoint are an active and a hot spare."""

import sys

from fake_webhdfs import FakeWebhdfs
from harness import Stage, expect, run_tests
from ledger import WebhdfsTree
from spare import check_spare
from webhdfs import Webhdfs

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"


def the_spare_goes_on_exactly_where_the_active_stopped():
    fake = FakeWebhdfs()
    with Stage("standby") as stage:
        epoch = check_spare(stage, BUILD, fake.url("/jobs/wordcount"), WebhdfsTree(Webhdfs(fake.address()), "/jobs/wordcount"))
        placed = [target for target in fake.space.placed if "/log/" in target]
        taken = next(n for n, target in enumerate(placed) if f"/e{epoch}." in target)
        expect(all(f"/e{epoch}." in target for target in placed[taken:]), "all that is put in place from then on is the spare's")
    fake.close()


if __name__ == "__main__":
    run_tests("standby", [the_spare_goes_on_exactly_where_the_active_stopped], 300)
