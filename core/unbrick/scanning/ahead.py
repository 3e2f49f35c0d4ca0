"""The lines of a large file, found by a process of its own while this one is busy starting."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from struct import Struct

from unbrick.scanning.helpers import cores, interpreter
from unbrick.source import Source

SMALLEST = 1 << 27
"""Bytes of a file below which its lines are found in less time than a process takes to start."""
_TASK = Struct("<QQ")
"""The open file, and how many bytes of it are read."""


def begun(source: Source) -> Callable[[], None]:
    """Begin to find the lines of a file where that takes time. What comes back waits for them, and makes them known to
    the source; where the other process did not find them, the source finds them when it is asked."""
    fd, size = source.file.fileno(), source.size
    plain = type(source) is Source and size >= SMALLEST and cores() > 1
    process = interpreter(__name__, _TASK.pack(fd, size), fd) if plain else None
    if process is None or process.stdout is None:
        return lambda: None
    found = process.stdout

    def known() -> None:
        with process:
            raw, ends = found.read(), source.no_ends()
            ends.frombytes(raw[: len(raw) // ends.itemsize * ends.itemsize])
            if ends and ends[-1] == size:
                source.learn(ends)
            process.kill()

    return known


def main(task: bytes) -> None:
    """What the other process runs."""
    fd, size = _TASK.unpack(task)
    with os.fdopen(fd, "rb", buffering=0) as file:
        source = Source(Path(), file)
        source.stamp = source.stamp._replace(size=size)
        sys.stdout.buffer.write(source.ends.tobytes())
