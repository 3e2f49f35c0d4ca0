"""The lines of a large file, found by a process of its own while this one is busy starting."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from struct import Struct
from time import monotonic
from typing import TYPE_CHECKING

from unbrick.scanning.helpers import PIPE, cores, interpreter
from unbrick.source import Source

if TYPE_CHECKING:
    import subprocess

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
    if process is None:
        return lambda: None

    def known() -> None:
        ends = source.no_ends()
        raw = _given(process, PATIENCE + size / SLOW)
        ends.frombytes(raw[: len(raw) // ends.itemsize * ends.itemsize])
        if ends and ends[-1] == size:
            source.learn(ends)

    return known


def _given(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """What a process gives until it ends, or until so many seconds are over: one that was stopped gives nothing."""
    from subprocess import TimeoutExpired  # here, for most files are read without another process

    assert process.stdin is not None
    assert process.stdout is not None
    found, until = bytearray(), monotonic() + seconds
    ready = select.poll()
    ready.register(process.stdout, select.POLLIN)
    with process.stdin, process.stdout:
        while ready.poll(max(until - monotonic(), 0) * 1000) and (piece := os.read(process.stdout.fileno(), PIPE)):
            found += piece
    process.kill()
    with suppress(TimeoutExpired):
        process.wait(PATIENCE)  # One that waits for a disk does not even end.
    return bytes(found)


def main(task: bytes) -> None:
    """What the other process runs."""
    fd, size = _TASK.unpack(task)
    with os.fdopen(fd, "rb", buffering=0) as file:
        source = Source(Path(), file)
        source.stamp = source.stamp._replace(size=size)
        sys.stdout.buffer.write(source.ends.tobytes())
