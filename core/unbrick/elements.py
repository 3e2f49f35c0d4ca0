"""A JSON array of records as a source: its elements are the pieces, and it owns what stands between and around them."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence

import orjson

from unbrick.jsonspan import SPACE, Pointer, skip_space, value_end
from unbrick.record import END, FRAME
from unbrick.source import Source

BOM = b"\xef\xbb\xbf"

_KEY = re.compile(rb'"((?:[^"\\]|\\.)*)"[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_COMMA = re.compile(rb"[ \t\r\n]*,[ \t\r\n]*\Z")
_TRAILING = re.compile(rb"\A[ \t\r\n]*,")


class Elements(Source):
    """The elements of one array in a JSON document, addressed by index from 0: the document itself, or a member of the
    object that it is.

    A document that breaks off keeps its beginning as a last piece. `flaw` says what keeps a reader of JSON from reading
    it, apart from what is wrong inside an element; `mended` is what stands around the elements, made whole.
    """

    unit = "message"

    def __init__(self, source: Source, base: Pointer, start: int) -> None:
        self.path, self.file, self.private, self.stamp = source.path, source.file, source.private, source.stamp
        self._source, self._edge = source, source._edge
        self._ends = array("Q")
        self.base = tuple(base)
        """Where the array stands in the document."""
        self.starts: array[int] = array("Q")
        self._first = start
        self._find()

    def _find(self) -> None:
        raw = self.read(0, self.stamp.size)
        position = skip_space(raw, self._first)
        self.flaw = ""
        self.parted = True
        """Whether a comma parts each two elements, and none stands elsewhere."""
        while position < len(raw) and raw[position : position + 1] != b"]":
            try:
                end = value_end(raw, position)
            except KeyError:
                end = len(raw.rstrip(SPACE))
            self.starts.append(position)
            self.ends.append(end)
            behind = skip_space(raw, end)
            follows = raw[behind : behind + 1]
            position = skip_space(raw, behind + 1) if follows == b"," else behind
            if follows not in (b",", b"]", b""):
                self._unparted(f"no comma stands behind {self.unit} {len(self.ends):,}")
            elif follows == b"," and raw[position : position + 1] == b"]":
                self._unparted(f"a comma stands behind the last {self.unit}")
        behind = self.ends[-1] if self.ends else min(self._first, len(raw))
        self._head = raw[: self.starts[0]] if self.starts else raw[:behind]
        self._tail = _TRAILING.sub(b"", raw[behind:], count=1) if self.starts else raw[behind:]
        self._gap = raw[self.ends[0] : self.starts[1]] if len(self.starts) > 1 else b""
        if not _COMMA.match(self._gap):
            self._gap = b"," + self._head[len(self._head.rstrip(SPACE)) :]
        cut = position >= len(raw)
        why, self.mended = _mended(self._head, self._tail, "}" * len(self.base) if cut else None)
        self.flaw = why or self.flaw

    def _unparted(self, why: str) -> None:
        self.flaw = self.flaw or why
        self.parted = False

    @property
    def indent(self) -> bytes:
        """The white space that an element of its own line begins with; empty where all stand on one line."""
        _line, found, space = self._gap.rpartition(b"\n")
        return space if found else b""

    def frame(self) -> tuple[bytes, bytes]:
        """What stands before the first and behind the last element."""
        return self._head, self._tail

    def read(self, start: int, end: int) -> bytes:
        """Bytes of a range of the document."""
        return self._source.read(start, end)

    def intact(self) -> bool:
        """Whether every element can still be read."""
        return self._source.intact()

    def mode(self) -> int:
        """Permission bits of the document."""
        return self._source.mode()

    def pointer(self, line: int) -> tuple[str | int, ...] | None:
        """Where an element stands in the document."""
        return (*self.base, line - 1)

    def span(self, index: int) -> tuple[int, int]:
        """First and last-plus-one byte offset of an element."""
        return self.starts[index], self.ends[index]

    def _cut(self, first: int, last: int) -> Sequence[bytes]:
        """Elements that are read at once."""
        start = self.starts[first]
        raw = self.read(start, self.ends[last - 1])
        spans = zip(self.starts[first:last], self.ends[first:last], strict=True)
        return [raw[begin - start : end - start] for begin, end in spans]

    @property
    def size(self) -> int:
        """Bytes of the document."""
        return self.stamp.size

    def change(self) -> str:
        """What happened to the file since it was read: a document is written anew, it does not grow."""
        said = super().change()
        return "was written to" if said.startswith("has ") else said

    def patched(self, patch: Mapping[int, tuple[bytes, ...]]) -> Iterator[bytes]:
        """The document as a patch leaves it. Elements that it does not name keep their bytes, and so does what stands
        before an element that stays or is replaced; others are parted as the first two are."""
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
            for number, piece in enumerate(() if line is None else patch[line]):
                if written:
                    yield self._gap if number or line == END else self._between(index)
                written = True
                yield piece
        yield tail

    def _kept(self, first: int, end: int, written: bool) -> Iterator[bytes]:
        """Elements that stay, with what stands between them and, behind others, before them."""
        if first >= end:
            return
        if written:
            yield self._between(first)
        if self.parted:
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


def _mended(head: bytes, tail: bytes, closing: str | None) -> tuple[str, tuple[bytes, bytes] | None]:
    """Why what stands around an array's elements is no JSON (empty where it is), and both halves of it made whole; None
    where that cannot be done without guessing. `closing` is what a document that breaks off lacks behind its array."""
    if closing is not None:
        why = "the document breaks off: its end is missing" if head.strip() else "the file is empty"
        tail = b"\n]" + closing.encode() + b"\n"
        return why, next(_readable((head.removeprefix(BOM), tail)), None)
    if next(_readable((head, tail)), None):
        return "", (head, tail)
    bare = head.removeprefix(BOM)
    if bare != head and next(_readable((bare, tail)), None):
        return "a byte order mark stands in front of the document", (bare, tail)
    whole = bare + tail
    try:
        end = value_end(whole, skip_space(whole, 0))
    except KeyError:
        # What is whole of the members behind the messages stays: up to each comma, from the last one on.
        ends = [tail.rstrip(), *(tail[: found.start()] for found in reversed([*re.finditer(b",", tail)][-64:]))]
        return "the document breaks off behind its messages", next(
            _readable(*((bare, one + b"\n}\n") for one in ends)), None
        )
    behind = whole[end:].strip(SPACE)
    if not behind:
        return "what stands around the messages is not valid JSON", None
    found = next(_readable((bare, tail[: max(end - len(bare), 0)] + b"\n")), None)
    return f"{len(behind):,} bytes stand behind the end of the document", found


def _readable(*halves: tuple[bytes, bytes]) -> Iterator[tuple[bytes, bytes]]:
    for head, tail in halves:
        try:
            orjson.loads(head + tail)
        except orjson.JSONDecodeError:
            continue
        yield head, tail


def array_start(raw: bytes, names: Sequence[str]) -> tuple[tuple[str, ...], int] | None:
    """Where the array of a document begins (one past its bracket), and the member that it is: one of `names` in an
    object, or the document itself. None where there is none. Reads on where a document breaks off. Of a repeated key
    the last one counts, as in every reader of JSON."""
    start = skip_space(raw, len(BOM) if raw.startswith(BOM) else 0)
    if raw[start : start + 1] == b"[":
        return (), start + 1
    if raw[start : start + 1] != b"{":
        return None
    wanted = {name.encode() for name in names}
    depth = 0
    found = None
    last = max(raw.rfind(b'"' + name + b'"') for name in wanted)
    for token in _TOKEN.finditer(raw, start):
        lead = token.group()[:1]
        if lead in b"[{":
            depth += 1
        elif lead in b"]}":
            depth -= 1
            if depth == 0:
                break
        elif depth == 1 and token.group()[1:-1] in wanted:
            key = _KEY.match(raw, token.start())
            if key is not None:
                is_array = raw[key.end() : key.end() + 1] == b"["
                found = ((token.group()[1:-1].decode(),), key.end() + 1) if is_array else None
        if token.start() >= last:
            break
    return found
