"""A JSON array of records as a source: its elements are the pieces, and it owns what stands between and around them."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence

from unbrick.jsonspan import Pointer, skip_space, value_end
from unbrick.record import END, FRAME
from unbrick.source import Source

_KEY = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*', re.DOTALL)
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_COMMA = re.compile(rb"\s*,\s*\Z")
_TRAILING = re.compile(rb"\A\s*,")


class Elements(Source):
    """The elements of one array in a JSON document, addressed by index from 0: the document itself, or a member of the
    object that it is.

    A document that breaks off keeps its beginning as a last piece; `flaw` says so, and writing any change closes it.
    """

    unit = "message"

    def __init__(self, source: Source, base: Pointer, start: int) -> None:
        super().__init__(source.path, source.file, private=source.private)
        self.stamp = source.stamp
        self.base = tuple(base)
        """Where the array stands in the document."""
        self.starts: array[int] = array("Q")
        self._first = start
        self._find()

    def _find(self) -> None:
        raw = self.read(0, self.stamp.size)
        position = skip_space(raw, self._first)
        self.flaw = ""
        while position < len(raw) and raw[position : position + 1] != b"]":
            try:
                end = value_end(raw, position)
            except KeyError:
                end = len(raw.rstrip())
            self.starts.append(position)
            self.ends.append(end)
            behind = skip_space(raw, end)
            follows = raw[behind : behind + 1]
            position = skip_space(raw, behind + 1) if follows == b"," else behind
            if follows not in (b",", b"]", b""):
                self.flaw = self.flaw or f"no comma stands behind {self.unit} {len(self.ends):,}"
            elif follows == b"," and raw[position : position + 1] == b"]":
                self.flaw = self.flaw or f"a comma stands behind the last {self.unit}"
        behind = self.ends[-1] if self.ends else self._first
        self._head = raw[: self.starts[0]] if self.starts else raw[:position]
        self._tail = _TRAILING.sub(b"", raw[behind:], count=1) if self.starts else raw[position:]
        if position >= len(raw):
            self.flaw = "the document breaks off: its end is missing"
            self._tail = b"\n]" + b"}" * len(self.base) + b"\n"
        self._gap = raw[self.ends[0] : self.starts[1]] if len(self.starts) > 1 else b""
        if not _COMMA.match(self._gap):
            self._gap = b"," + self._head[len(self._head.rstrip()) :]

    @property
    def indent(self) -> bytes:
        """The white space that an element of its own line begins with; empty where all stand on one line."""
        _line, found, space = self._gap.rpartition(b"\n")
        return space if found else b""

    def frame(self) -> tuple[bytes, bytes]:
        """What stands before the first and behind the last element, with what closes a document that breaks off."""
        return self._head, self._tail

    def pointer(self, line: int) -> tuple[str | int, ...] | None:
        """Where an element stands in the document."""
        return (*self.base, line - 1)

    def span(self, index: int) -> tuple[int, int]:
        """First and last-plus-one byte offset of an element."""
        return self.starts[index], self.ends[index]

    def lines(self, first: int = 0) -> Iterator[bytes]:
        """All elements from an index on."""
        return (self[index] for index in range(first, len(self)))

    @property
    def size(self) -> int:
        """Bytes of the document."""
        return self.stamp.size

    def extend(self) -> bool:
        """A document that grew is another document; it has to be read anew."""
        return False

    def patched(self, patch: Mapping[int, tuple[bytes, ...]]) -> Iterator[bytes]:
        """The document as a patch leaves it. Elements that it does not name keep their bytes, and so does what stands
        between two of them that were neighbours; others are parted as the first two are."""
        if not patch:
            yield from self.copied(0, self.size)
            return
        head, tail = patch.get(FRAME) or self.frame()
        yield head
        written = False
        following = 0
        for line in (*sorted(line for line in patch if line != FRAME), None):
            index = len(self) if line is None or line == END else line - 1
            for chunk in self._kept(following, index, written):
                written = True
                yield chunk
            following = index if line in (None, END) else index + 1
            for piece in () if line is None else patch[line]:
                if written:
                    yield self._gap
                written = True
                yield piece
        yield tail

    def _kept(self, first: int, end: int, written: bool) -> Iterator[bytes]:
        """Elements that stay, with what stands between them and, behind others, before them."""
        if first >= end:
            return
        if written:
            yield self._between(first)
        if not self.flaw:
            yield from self.copied(self.starts[first], self.ends[end - 1])
            return
        for index in range(first, end):
            if index > first:
                yield self._between(index)
            yield self[index]

    def _between(self, index: int) -> bytes:
        """What stands before an element that another one stands in front of."""
        gap = self.read(self.ends[index - 1], self.starts[index]) if index else b""
        return gap if _COMMA.match(gap) else self._gap


def array_start(raw: bytes, names: Sequence[str]) -> tuple[tuple[str, ...], int] | None:
    """Where the array of a document begins (one past its bracket), and the member that it is: one of `names` in an
    object, or the document itself. None where there is none. Reads on where a document breaks off."""
    start = skip_space(raw, 3 if raw.startswith(b"\xef\xbb\xbf") else 0)
    if raw[start : start + 1] == b"[":
        return (), start + 1
    if raw[start : start + 1] != b"{":
        return None
    wanted = {name.encode() for name in names}
    depth = 0
    for token in _TOKEN.finditer(raw, start):
        lead = token.group()[:1]
        if lead in b"[{":
            depth += 1
        elif lead in b"]}":
            depth -= 1
            if depth == 0:
                return None
        elif depth == 1 and token.group()[1:-1] in wanted:
            key = _KEY.match(raw, token.start())
            if key is not None and raw[key.end() : key.end() + 1] == b"[":
                return (token.group()[1:-1].decode(),), key.end() + 1
    return None
