"""What a helper process runs: it reads span after span of a file that it inherited, and keeps nothing of them."""

from __future__ import annotations

import gc
import os
import pickle
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from unbrick.entry import BareEntry
from unbrick.patch import View
from unbrick.record import Json
from unbrick.scanning.helpers import ANSWERED, ASKED
from unbrick.scanning.scan import BATCH, Scan, read_rows
from unbrick.source import Source


def main(task: bytes) -> None:
    """Answer the spans that standard input names with what is in them, until nobody names any more."""
    gc.disable()
    fd, entry_of = pickle.loads(task)
    with os.fdopen(fd, "rb", buffering=0) as file:
        while len(asked := sys.stdin.buffer.read(ASKED.size)) == ASKED.size:
            start, end = ASKED.unpack(asked)
            packed = answer(file, start, end, entry_of)
            sys.stdout.buffer.write(ANSWERED.pack(len(packed)))
            sys.stdout.buffer.write(packed)
            sys.stdout.buffer.flush()


def answer(file: BinaryIO, start: int, end: int, entry_of: Callable[[Json], BareEntry]) -> bytes:
    """What is in a span, given by its bytes."""
    source = Source(Path(), file)
    scan, raws = Scan(View(source)), source.between(start, end)
    while read_rows(scan, islice(raws, BATCH), entry_of):
        pass
    return scan.piece().packed()
