"""The first and last lines of a file, however long it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple


class Ends(NamedTuple):
    """Whole lines from the beginning and from the end of a file. `whole`: they are all there are, and all in `head`."""

    head: list[bytes]
    tail: list[bytes]
    whole: bool


def ends(path: Path, window: int) -> Ends:
    """Lines within so many bytes of each end. Raises OSError."""
    # Without O_NONBLOCK, opening a named pipe would wait for somebody to write into it.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        size = os.fstat(fd).st_size
        if size <= 2 * window:
            return Ends(os.pread(fd, size, 0).removesuffix(b"\n").split(b"\n"), [], True)
        head = os.pread(fd, window, 0)
        tail = os.pread(fd, window, size - window)
    finally:
        os.close(fd)
    return Ends(head.split(b"\n")[:-1], tail.removesuffix(b"\n").split(b"\n")[1:], False)
