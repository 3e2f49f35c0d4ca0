"""One file as numbered raw lines, read with ``os.pread``."""

from __future__ import annotations

import io
import os
import stat
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from unbrick.errors import CannotReadError, SourceChangedError
from unbrick.record import END

system: Any = os
"""The module whose functions open and read."""

CHUNK = 1 << 18
"""Bytes that are read at a time; with what is made of them they stay in the processor's cache."""
LOOK = 1 << 16
"""Bytes in which the end of a line is looked for at a time."""
EDGE = 1 << 12
"""Bytes at the end of what was read that tell whether a longer file has only grown."""


class Stamp(NamedTuple):
    """What tells that a file is still the one that was read: inode, size in bytes, mtime in nanoseconds."""

    inode: int
    size: int
    mtime_ns: int


class Source:
    """A file as raw lines, addressed by index from 0; a line keeps its terminator.

    ``pread`` rather than ``mmap``: an agent that truncates its file kills an mmap reader with SIGBUS.
    """

    unit = "line"
    """What a piece is to a person."""
    flaw = ""
    """What is wrong between the pieces, as a sentence; lines have nothing between them."""
    mended: tuple[bytes, bytes] | None = None
    """What stands around the pieces, made whole; None where it cannot be."""
    framed: tuple[Stamp, Source | None] | None = None
    """The file as the elements of its array, None where it is no such document; for more than one format may ask."""

    def __init__(self, path: Path, file: BinaryIO, *, private: bool = False) -> None:
        self.path = path
        self.private = private
        """Whether the bytes stand in a file of our own, so that nobody else can change them."""
        self.file = file
        self._fd = file.fileno()
        self._begin(_stamp(os.fstat(self._fd)))

    def _begin(self, stamp: Stamp) -> None:
        self.stamp = stamp
        self._ends: array[int] | None = None
        self._edge = self._edge_now()

    @classmethod
    def open(cls, path: Path) -> Source:
        """Open a file. Raises CannotReadError with a sentence that names the file."""
        try:
            # Without O_NONBLOCK, opening a named pipe would wait for somebody to write into it.
            fd = system.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise CannotReadError.from_os(path, error) from error
        file = None
        try:
            _insist_on_file(path, os.fstat(fd).st_mode)
            file = os.fdopen(fd, "rb", buffering=0)
            return cls(path, file)
        except BaseException as error:
            file.close() if file is not None else os.close(fd)
            if isinstance(error, OSError):
                raise CannotReadError.from_os(path, error) from error
            raise

    @classmethod
    def spool(cls, stream: BinaryIO, name: str = "<stdin>") -> Source:
        """Copy a stream that cannot be seeked into a private unnamed file.

        Raises CannotReadError when there is no room for it or the stream breaks off with an error."""
        import shutil
        import tempfile

        file = tempfile.TemporaryFile("w+b")  # noqa: SIM115 - the source owns it until close()
        try:
            shutil.copyfileobj(stream, file)
            file.flush()
        except OSError as error:
            file.close()
            raise CannotReadError.from_os(Path(name), error) from error
        return cls(Path(name), file, private=True)

    @staticmethod
    def of(data: bytes, name: str = "<memory>") -> Source:
        """A source over bytes in memory."""
        return Memory(data, name)

    @property
    def ends(self) -> array[int]:
        """The offset behind each line. Found at first sight, unless whoever read all lines has told it: that pass over
        a large file can be saved. Raises CannotReadError."""
        if self._ends is None:
            self._ends = self._found()
        return self._ends

    def _found(self) -> array[int]:
        ends = self.no_ends()
        append, position = ends.append, 0
        while position < self.stamp.size and (chunk := self.read(position, min(position + CHUNK, self.stamp.size))):
            find, found = chunk.find, 0
            while found := find(b"\n", found) + 1:
                append(position + found)
            position += len(chunk)
        if position > (ends[-1] if ends else 0):
            append(position)
        return ends

    def no_ends(self) -> array[int]:
        """An array for the ends of lines, with none in it."""
        return array("I" if self.stamp.size < 1 << 32 else "Q")

    def learn(self, ends: array[int]) -> bool:
        """Take over the ends of all lines from somebody who has read them; False where they are known, and others:
        somebody has written into the file."""
        if self._ends is None:
            self._ends = ends
        return self._ends == ends

    def __len__(self) -> int:
        return len(self.ends)

    def span(self, index: int) -> tuple[int, int]:
        """First and last-plus-one byte offset of a line."""
        return (self.ends[index - 1] if index else 0), self.ends[index]

    def __getitem__(self, index: int) -> bytes:
        start, end = self.span(index)
        return self.read(start, end)

    def read(self, start: int, end: int) -> bytes:
        """Bytes of a range; shorter when the file was truncated meanwhile. Raises CannotReadError."""
        try:
            data: bytes = system.pread(self._fd, end - start, start)
        except OSError as error:
            raise CannotReadError.from_os(self.path, error) from error
        return data

    def lines(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """The lines from an index on, up to another without it, read in large pieces."""
        if self._ends is None and not first and last is None:
            yield from self.between(0, self.size)
            return
        ends = self.ends
        total = len(ends) if last is None else last
        while first < total:
            start = ends[first - 1] if first else 0
            stop = max(bisect_right(ends, start + CHUNK, first, total), first + 1)
            yield from self._cut(first, stop)
            first = stop

    def between(self, start: int, end: int) -> Iterator[bytes]:
        """The lines of a range that begins where one does, whether their ends are known or not."""
        while start < end and (chunk := self.read(start, min(start + CHUNK, end))):
            if b"\n" in chunk:
                lines = io.BytesIO(chunk).readlines()
                start += len(chunk)
                if start < end and not lines[-1].endswith(b"\n"):
                    start -= len(lines.pop())
                yield from lines
                continue
            # A line that is longer is read as one: put together from pieces, it would be held twice. It is held by
            # whoever asked for it alone.
            first, start = start, start + len(chunk)
            if start < end:
                start = min(self.end_of_line(start), end)
            yield self.read(first, start)

    def end_of_line(self, position: int) -> int:
        """The offset behind the line that a byte stands in."""
        while position < self.size and (chunk := self.read(position, min(position + LOOK, self.size))):
            found = chunk.find(b"\n")
            if found >= 0:
                return position + found + 1
            position += len(chunk)
        return self.size

    def _cut(self, first: int, last: int) -> Sequence[bytes]:
        """Lines that are read at once."""
        start = self.ends[first - 1] if first else 0
        raw = self.read(start, self.ends[last - 1])
        if last == first + 1:
            return [raw]
        lines = io.BytesIO(raw).readlines()
        if len(lines) == last - first:
            return lines
        # Somebody has written into the file since it was indexed.
        cuts = [start, *self.ends[first:last]]
        return [raw[end_before - start : end - start] for end_before, end in pairwise(cuts)]

    def pointer(self, line: int) -> tuple[str | int, ...] | None:
        """Where a piece stands in the document that the file is; None where each line is a document of its own."""
        return None

    def frame(self) -> tuple[bytes, bytes]:
        """What stands before and behind the pieces."""
        return b"", b""

    def patched(self, patch: Mapping[int, tuple[bytes, ...]]) -> Iterator[bytes]:
        """The bytes of the file as a patch leaves them, in pieces of at most a quarter of a megabyte or a line.

        Lines that the patch does not name are copied as they are. Lines of the patch end in a line feed, and so does
        the line before one that is put behind an unfinished last line. Raises SourceChangedError when the file shrank.
        """
        open_line = False
        position = 0
        for line in sorted(patch):
            start, end = (self.size, self.size) if line == END else self.span(line - 1)
            for chunk in self.copied(position, start):
                open_line = not chunk.endswith(b"\n")
                yield chunk
            position = end
            for piece in patch[line]:
                yield b"\n" + piece + b"\n" if open_line else piece + b"\n"
                open_line = False
        yield from self.copied(position, self.size)

    def copied(self, start: int, end: int) -> Iterator[bytes]:
        """A range as it is, in pieces of a quarter of a megabyte. Raises SourceChangedError when the file shrank."""
        while start < end:
            chunk = self.read(start, min(end, start + CHUNK))
            if not chunk:
                raise SourceChangedError(f"{self.path} became shorter while it was copied. Nothing was changed.")
            yield chunk
            start += len(chunk)

    @property
    def size(self) -> int:
        """Bytes of the file when it was opened: what stands behind them is never read."""
        return self.stamp.size

    def changed(self) -> bool:
        """Whether the file at the path is no longer the file that was read, byte for byte."""
        if self.private:
            return False
        try:
            return _stamp(self.path.stat()) != self.stamp
        except OSError:
            return True

    def change(self) -> str:
        """What happened to the file since it was read, as the end of a sentence (`has grown by 3 lines`); empty for
        nothing."""
        if not self.changed():
            return ""
        try:
            now = _stamp(self.path.stat())
        except OSError:
            return "was removed"
        if now.inode != self.stamp.inode:
            return "was replaced by another file"
        grown = now.size - self.stamp.size
        if grown <= 0:
            return f"has shrunk by {-grown:,} bytes" if grown else "was written to"
        if self._edge_now() != self._edge:
            return "was written to"
        lines = self.read(self.stamp.size, now.size).count(b"\n") if grown <= CHUNK else 0
        if not lines:
            return f"has grown by {grown:,} bytes"
        return f"has grown by {lines:,} line{'s' if lines > 1 else ''}"

    def intact(self) -> bool:
        """Whether every line of the index can still be read: the file that was opened has not changed, or has
        only grown. A file put in its place by another name leaves it intact."""
        now = _stamp(os.fstat(self._fd))
        return now == self.stamp or (now.size > self.stamp.size and self._edge_now() == self._edge)

    def late(self) -> bytes | None:
        """What was put at the end of the opened file since it was read, wherever that file stands now; None when it
        did not only grow. Raises OSError."""
        now = _stamp(os.fstat(self.file.fileno()))
        if not self.intact():
            return None
        return self.read(self.stamp.size, now.size)

    def _edge_now(self) -> bytes:
        """The last bytes of what was read, as they are now: who rewrites a file seldom leaves them in their place."""
        return self.read(max(self.stamp.size - EDGE, 0), self.stamp.size)

    def mode(self) -> int:
        """Permission bits of the file that was opened; of a spooled stream, none but the owner's."""
        return 0o600 if self.private else stat.S_IMODE(os.fstat(self._fd).st_mode)

    def close(self) -> None:
        """Release the file."""
        self.file.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Memory(Source):
    """Bytes that stand in no file."""

    def __init__(self, data: bytes, name: str) -> None:
        self.path = Path(name)
        self.private = True
        self.file = io.BytesIO(data)
        self._data = data
        self._begin(Stamp(0, len(data), 0))

    def read(self, start: int, end: int) -> bytes:
        """Bytes of a range."""
        return self._data[start:end]

    def intact(self) -> bool:
        """Nobody else can change them."""
        return True


def _stamp(found: os.stat_result) -> Stamp:
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns)


def _insist_on_file(path: Path, mode: int) -> None:
    """Raises CannotReadError for what cannot be read from any place in it."""
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise CannotReadError(f"{path} is a folder, not a transcript; name one of the files in it.")
    kind = "a pipe" if stat.S_ISFIFO(mode) else "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "no file"
    raise CannotReadError(f"{path} is {kind}; save its content to a file, or pipe it into `unbrick … -`.")


def stdin_source() -> Source:
    """Standard input, spooled to a private file. Raises CannotReadError when it is closed."""
    if sys.stdin is None:
        raise CannotReadError("Standard input is closed; name a file.")
    return Source.spool(sys.stdin.buffer)
