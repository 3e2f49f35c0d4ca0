"""Processes that read spans of a large file while this one reads others.

Processes of their own, not threads: reading records holds the interpreter. Not forks either: the application has
threads, and a fork copies their locks as they are. A helper is a fresh interpreter that inherits the open file and runs
`unbrick.scanning.part`: it is given one span after another, and ends when whoever gives them is gone. Nobody waits for
it: what it does not answer is read here.
"""

from __future__ import annotations

import fcntl
import os
import select
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from struct import Struct
from typing import TYPE_CHECKING

from unbrick.entry import BareEntry
from unbrick.patch import View
from unbrick.record import Json
from unbrick.source import Source

if TYPE_CHECKING:
    import subprocess

SMALLEST = 24_000_000
"""Bytes of a file for each process, below which one takes longer to start than it saves."""
MOST = 4
SPAN = 1 << 22
"""Bytes of a span: some 5,000 small records, which are read in 50 ms."""
AT_ONCE = 2
"""Spans that a helper holds: the one that it reads and the next."""
PIPE = 1 << 20
"""Bytes of an answer that a helper can leave without waiting, where the system lets it; most answers are shorter."""
BEGUN = 2
"""Milliseconds to wait for more of an answer that has begun: between two looks a small pipe holds too little of it."""

ASKED = Struct("<QQ")
"""A span as a helper is given it: its first byte, and the one behind its last."""
ANSWERED = Struct("<Q")
"""What stands before an answer: how many bytes it has."""


class Helper:
    """A process that reads spans of a file, in the order in which it is given them."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self._in, self._out = process.stdin.fileno(), process.stdout.fileno()
        self._ready = select.poll()
        self._ready.register(self._out, select.POLLIN)
        self._given: deque[int] = deque()
        self._read = bytearray()
        self._gone = False
        # Linux alone has this, and may refuse it; elsewhere the pipe stays as small as it is.
        with suppress(OSError, AttributeError):
            fcntl.fcntl(self._out, fcntl.F_SETPIPE_SZ, PIPE)

    def free(self) -> bool:
        """Whether it may be given a span."""
        return len(self._given) < AT_ONCE and not self._gone

    def give(self, number: int, start: int, end: int) -> None:
        """Let it read a span, given by its bytes."""
        self._given.append(number)
        try:
            os.write(self._in, ASKED.pack(start, end))
        except OSError:
            self._gone = True

    def answers(self) -> Iterator[tuple[int, bytes]]:
        """The spans that it has read since it was asked last, by their numbers, and what it found in each."""
        while not self._gone and self._ready.poll(BEGUN if self._read else 0):
            piece = os.read(self._out, PIPE)
            self._gone = not piece
            self._read += piece
            while len(self._read) >= ANSWERED.size:
                end = ANSWERED.size + ANSWERED.unpack_from(self._read)[0]
                if len(self._read) < end or not self._given:
                    break
                yield self._given.popleft(), bytes(memoryview(self._read)[ANSWERED.size : end])
                del self._read[:end]

    def close(self) -> None:
        """End the process, if it still runs, and leave nothing of it."""
        with self.process:
            self.process.kill()


def spans(view: View) -> list[tuple[int, int]]:
    """Where a large file can be cut: ranges of whole lines. Empty for a small one, and for one that is patched or no
    plain lines."""
    source = view.source
    if type(source) is not Source or view.patch or source.size < 2 * SMALLEST:
        return []
    cuts = [0]
    for cut in range(SPAN, source.size, SPAN):
        # A line longer than a span is searched once for its end.
        if cut > cuts[-1]:
            cuts.append(source.end_of_line(cut - 1))
    return [*pairwise(sorted({*cuts, source.size}))]


def started(source: Source, entry_of: Callable[[Json], BareEntry], cores: int) -> list[Helper]:
    """As many helpers for a file as there are processors besides ours, and as its size is worth."""
    count = min(cores, MOST, source.size // SMALLEST) - 1
    return [helper for _ in range(count) if (helper := _started(source, entry_of)) is not None]


def cores() -> int:
    """The processors that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _started(source: Source, entry_of: Callable[[Json], BareEntry]) -> Helper | None:
    """A process that is ready to read a file; None where there can be none."""
    # Here, for most files are read without a helper.
    import pickle

    fd = source.file.fileno()
    try:
        process = interpreter("unbrick.scanning.part", pickle.dumps((fd, entry_of)), fd)
    except (TypeError, AttributeError, pickle.PicklingError):
        return None
    return None if process is None else Helper(process)


_RUN = (
    "import sys; from importlib import import_module; sys.path[:] = sys.argv[3:]; "
    "import_module(sys.argv[1]).main(bytes.fromhex(sys.argv[2]))"
)


def interpreter(module: str, task: bytes, fd: int) -> subprocess.Popen[bytes] | None:
    """A fresh interpreter that inherits an open file and runs `main` of a module with a task; None where there can be
    none."""
    if not sys.executable or getattr(sys, "frozen", False):
        return None
    import subprocess

    try:
        # Isolated: neither the folder that the person is in nor the environment has a say in what is imported.
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _RUN, module, task.hex(), *sys.path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=(fd,),
        )
    except (OSError, ValueError):
        return None
