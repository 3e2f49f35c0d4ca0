"""Processes that read the later parts of a large file while this one reads the first.

Processes of their own, not threads: reading records holds the interpreter. Not forks either: the application has
threads, and a fork copies their locks as they are. A helper is a fresh interpreter that inherits the open file and runs
`unbrick.part`. It looks at its standard input between batches: when that closes, whoever asked is gone, and it ends.
Where no process can be started, or one fails, its part is read here.
"""

from __future__ import annotations

import os
import pickle
import select
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable, Generator
from dataclasses import dataclass

from unbrick.entry import Entry
from unbrick.patch import View
from unbrick.record import Json
from unbrick.source import Source

SMALLEST = 24_000_000
"""Bytes of a part below which a process takes longer to start than it saves."""
MOST = 4
ROW = 4096
"""What a row costs beside its bytes, in bytes."""
LONGEST_WAIT = 0.05
"""Seconds between two signs of progress while a helper is waited for."""


@dataclass(frozen=True)
class Part:
    """Lines `first` to `last` of a source, counted from 0, without the last; and the process that reads them, None
    for those that are read here."""

    first: int
    last: int
    process: subprocess.Popen[bytes] | None = None

    def result(self, done: int) -> Generator[int, None, bytes]:
        """What the process wrote, empty where it failed. Yields `done` while there is nothing to read."""
        if self.process is None or self.process.stdout is None:
            return b""
        pieces = []
        out = self.process.stdout
        while True:
            while not select.select([out], [], [], LONGEST_WAIT)[0]:
                yield done
            piece = os.read(out.fileno(), 1 << 20)
            if not piece:
                break
            pieces.append(piece)
        return b"" if self.process.wait() else b"".join(pieces)

    def close(self) -> None:
        """End the process, if it still runs, and leave nothing of it."""
        if self.process is None:
            return
        self.process.kill()
        self.process.communicate()


def parts(view: View, entry_of: Callable[[Json], Entry], cores: int) -> list[Part]:
    """The parts of a view that processes read at the same time, in file order, the first of them to be read here; that
    one alone for a small file, or one that is patched or no plain lines."""
    source = view.source
    count = min(cores, MOST, source.size // SMALLEST, len(source))
    plain = type(source) is Source and not view.patch and sys.executable and not getattr(sys, "frozen", False)
    if count < 2 or not plain:
        return [Part(0, len(view))]
    total = source.size + ROW * len(source)
    cuts = [
        bisect_left(range(len(source)), total * part // count, key=lambda line: source.ends[line] + ROW * line)
        for part in range(count)
    ]
    found = [Part(0, cuts[1])]
    for first, last in zip(cuts[1:], [*cuts[2:], len(source)], strict=True):
        found.append(Part(first, last, _started(source, first, last, entry_of)))
    return found


def cores() -> int:
    """The processors that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_RUN = "import sys; sys.path[:] = sys.argv[2:]; from unbrick.part import main; main(bytes.fromhex(sys.argv[1]))"


def _started(
    source: Source, first: int, last: int, entry_of: Callable[[Json], Entry]
) -> subprocess.Popen[bytes] | None:
    """A process that reads some lines; None where there can be none."""
    fd = source.file.fileno()
    span = (source.span(first)[0], source.span(last - 1)[1])
    try:
        task = pickle.dumps((fd, span, entry_of))
        # Isolated: neither the folder that the person is in nor the environment has a say in what is imported.
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _RUN, task.hex(), *sys.path], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=(fd,),
        )
    except (OSError, ValueError, TypeError, AttributeError, pickle.PicklingError):
        return None
