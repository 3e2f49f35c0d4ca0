"""The lines of a large file, found by a process of its own while this one is busy starting."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from pathlib import Path
from struct import Struct
from time import monotonic
from typing import IO

from unbrick.scanning.helpers import PIPE, cores, interpreter
from unbrick.source import Source

SMALLEST = 1 << 27
"""Bytes of a file below which its lines are found in less time than a process takes to start."""
PATIENCE = 1.0
"""Seconds that the other process is waited for, beside those that its file takes from a slow disk; and to end in."""
SLOW = 1 << 28
"""Bytes a second of a slow disk. What came from one that is slower still is in memory, and is read again at once."""
_TASK = Struct("<QQ")
"""The open file, and how many bytes of it are read."""


def begun(source: Source) -> Callable[[], None]:
    """Begin to find the lines of a file where that takes time. What comes back waits for them, and makes them known to
    the source; where the other process did not find them, or not in time, the source finds them when it is asked."""
    fd, size = source.file.fileno(), source.size
    plain = type(source) is Source and size >= SMALLEST and cores() > 1
    process = interpreter(__name__, _TASK.pack(fd, size), fd) if plain else None
    if process is None or process.stdin is None or process.stdout is None:
        return lambda: None
    given, found = process.stdin, process.stdout

    def known() -> None:
        raw, ends = bytearray(), source.no_ends()
        with given, found:
            ended = _read(found, raw, PATIENCE + size / SLOW)
            process.kill()
            if ended or _read(found, raw, PATIENCE):  # One that waits for a disk does not even end.
                process.wait()
        ends.frombytes(raw[: len(raw) // ends.itemsize * ends.itemsize])
        if ends and ends[-1] == size:
            source.learn(ends)

    return known


def _read(pipe: IO[bytes], into: bytearray, seconds: float) -> bool:
    """Take what a process gives; whether it ended before so many seconds were over. One that was stopped does not."""
    ready, until = select.poll(), monotonic() + seconds
    ready.register(pipe, select.POLLIN)
    while ready.poll(max(until - monotonic(), 0) * 1000):
        piece = os.read(pipe.fileno(), PIPE)
        if not piece:
            return True
        into += piece
    return False


def main(task: bytes) -> None:
    """What the other process runs."""
    fd, size = _TASK.unpack(task)
    with os.fdopen(fd, "rb", buffering=0) as file:
        source = Source(Path(), file)
        source.stamp = source.stamp._replace(size=size)
        sys.stdout.buffer.write(source.ends.tobytes())
