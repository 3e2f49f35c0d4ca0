"""One file as numbered raw lines, read with ``os.pread``."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from unbrick.errors import CannotReadError

CHUNK = 1 << 20


class Stamp(NamedTuple):
    """What tells that a file is still the one that was read: inode, size in bytes, mtime in nanoseconds."""

    inode: int
    size: int
    mtime_ns: int


class Source:
    """A file as raw lines, addressed by index from 0; a line keeps its terminator.

    ``pread`` rather than ``mmap``: an agent that truncates its file kills an mmap reader with SIGBUS.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file
        self._fd = file.fileno()
        self.ends: array[int] = array("Q")
        self.stamp = self._stat()

    @classmethod
    def open(cls, path: Path) -> Source:
        """Open and index a file. Raises CannotReadError with a sentence that names the file."""
        try:
            file = path.open("rb")
        except OSError as error:
            raise CannotReadError.from_os(path, error) from error
        source = cls(path, file)
        try:
            if not os.path.isfile(f"/dev/fd/{source._fd}") and not path.is_file():
                raise CannotReadError(f"{path} is not a regular file; save it to one, or pipe it into `-`.")
            source._index()
        except OSError as error:
            file.close()
            raise CannotReadError.from_os(path, error) from error
        except CannotReadError:
            file.close()
            raise
        return source

    @classmethod
    def spool(cls, stream: BinaryIO, name: str = "<stdin>") -> Source:
        """Copy a stream that cannot be seeked into a private unnamed file and index that."""
        file = tempfile.TemporaryFile("w+b")  # noqa: SIM115 - the source owns it until close()
        shutil.copyfileobj(stream, file)
        file.flush()
        source = cls(Path(name), file)
        source._index()
        return source

    @classmethod
    def of(cls, data: bytes, name: str = "<memory>") -> Source:
        """A source over bytes in memory."""
        import io

        return cls.spool(io.BytesIO(data), name)

    def _stat(self) -> Stamp:
        stat = os.fstat(self._fd)
        return Stamp(stat.st_ino, stat.st_size, stat.st_mtime_ns)

    def _index(self) -> None:
        start = self.ends[-1] if self.ends else 0
        size = self.stamp.size
        append = self.ends.append
        position = start
        line_start = start
        while position < size:
            chunk = os.pread(self._fd, min(CHUNK, size - position), position)
            if not chunk:
                break
            found = chunk.find(b"\n")
            while found >= 0:
                line_start = position + found + 1
                append(line_start)
                found = chunk.find(b"\n", found + 1)
            position += len(chunk)
        if line_start < position:
            append(position)

    def __len__(self) -> int:
        return len(self.ends)

    def span(self, index: int) -> tuple[int, int]:
        """First and last-plus-one byte offset of a line."""
        return (self.ends[index - 1] if index else 0), self.ends[index]

    def __getitem__(self, index: int) -> bytes:
        start, end = self.span(index)
        return self.read(start, end)

    def read(self, start: int, end: int) -> bytes:
        """Bytes of a range; shorter when the file was truncated meanwhile."""
        return os.pread(self._fd, end - start, start)

    def lines(self, first: int = 0) -> Iterator[bytes]:
        """All lines from an index on, read in large pieces."""
        ends = self.ends
        index = first
        total = len(ends)
        while index < total:
            start = ends[index - 1] if index else 0
            stop = index
            limit = start + CHUNK
            while stop < total and ends[stop] <= limit:
                stop += 1
            stop = max(stop, index + 1)
            chunk = os.pread(self._fd, ends[stop - 1] - start, start)
            offset = start
            for end in ends[index:stop]:
                yield chunk[offset - start : end - start]
                offset = end
            index = stop

    @property
    def size(self) -> int:
        """Bytes covered by the index."""
        return self.ends[-1] if self.ends else 0

    def changed(self) -> bool:
        """Whether the file at the path is no longer the file that was read."""
        try:
            stat = os.stat(self.path)
        except OSError:
            return True
        return Stamp(stat.st_ino, stat.st_size, stat.st_mtime_ns) != self.stamp

    def extend(self) -> bool:
        """Index what was appended since; True when lines were added, False when the file did not only grow."""
        now = self._stat()
        if now.inode != self.stamp.inode or now.size <= self.stamp.size:
            return False
        if self.ends and self.read(self.ends[-1] - 1, self.ends[-1]) != b"\n":
            self.ends.pop()
        self.stamp = now
        self._index()
        return True

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def stdin_source() -> Source:
    """Standard input, spooled to a private file."""
    return Source.spool(sys.stdin.buffer)
