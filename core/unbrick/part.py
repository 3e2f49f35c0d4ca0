"""What a helper process runs: it scans some lines of a file that it inherited, and writes the columns to its output."""

from __future__ import annotations

import gc
import os
import pickle
import select
import sys
from itertools import islice
from pathlib import Path

from unbrick.patch import View
from unbrick.scan import BATCH, Scan, read_rows
from unbrick.source import Source


def main(task: bytes) -> None:
    """Do a task, until it is done or nobody waits for it any longer."""
    gc.disable()
    fd, span, entry_of = pickle.loads(task)
    with os.fdopen(fd, "rb", buffering=0) as file:
        source = Source(Path(), file)
        source.cover(*span)
        scan = Scan(View(source))
        raws = source.lines(1)
        while read_rows(scan, islice(raws, BATCH), entry_of):
            if select.select([sys.stdin], [], [], 0)[0]:
                return
    sys.stdout.buffer.write(scan.packed())
