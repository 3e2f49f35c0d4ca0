"""One pass over the records of a view, kept as columns; the only pass that decodes every line."""

from __future__ import annotations

import gc
import marshal
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate, chain, islice
from math import nan
from struct import pack
from typing import Any, NamedTuple, TypeVar

from orjson import JSONDecodeError, loads

from unbrick.abridged import LARGE
from unbrick.entry import BareEntry, Entry, Kind, named
from unbrick.patch import View
from unbrick.record import Fault, Json, cut_out, glance
from unbrick.scanning import helpers, ones
from unbrick.scanning.helpers import Helper
from unbrick.scanning.strings import Packed, Strings
from unbrick.scanning.vectors import running

T = TypeVar("T")
BATCH = 512
"""Rows at a time: what they mean and their strings stay in the processor's cache until they are columns."""
PIECE = 1 << 16
"""Numbers of a column that are changed at a time."""
AHEAD = 16
"""Spans that are read ahead of one that is missing."""


ROW_COLUMNS = (
    "kind", "type", "flags", "uuid", "parent", "refers", "time", "message_id", "model", "version", "tokens", "size",
)
BLOCK_COLUMNS = ("block_kind", "block_flags", "block_ref", "block_name", "block_size")
COLUMNS = (*ROW_COLUMNS, "first", *BLOCK_COLUMNS)
NUMBERED = frozenset({
    "type", "uuid", "parent", "refers", "message_id", "model", "version", "block_ref", "block_name",
})
"""Columns of the numbers of strings."""
_SIZE = COLUMNS.index("size")


class Piece(NamedTuple):
    """The rows of one scan for another one: its columns, as arrays or their bytes, its strings, and what is odd."""

    columns: Sequence[Any]
    texts: list[str]
    faults: dict[int, Fault]
    salvaged: dict[int, tuple[Entry, ...]]

    def packed(self) -> bytes:
        """As bytes, for another process."""
        import pickle

        return marshal.dumps([self.columns, self.texts, pickle.dumps((self.faults, self.salvaged))], 2)

    @classmethod
    def unpacked(cls, packed: bytes, size: int) -> Piece | None:
        """What another process packed; None where it is not that of so many bytes."""
        import pickle

        try:
            columns, texts, odd = marshal.loads(packed)
            piece = cls(columns, texts, *pickle.loads(odd))
            return piece if len(columns) == len(COLUMNS) and sum(piece.sizes()) == size else None
        except (EOFError, ValueError, TypeError, LookupError, pickle.UnpicklingError):
            return None

    def sizes(self) -> array[int]:
        """Bytes of each line."""
        return array("I", self.columns[_SIZE])


@dataclass
class Scan:
    """Columns over the rows of a view, and over their content blocks; strings by number in `strings`.

    `first[row]` to `first[row + 1]` are the row's blocks. Times are seconds since the epoch, NaN for none.
    `faults` and `sizes` (bytes of the line) belong to rows as well.
    """

    view: View
    strings: Strings = field(default_factory=Strings)
    kind: array[int] = field(default_factory=lambda: array("B"))
    type: array[int] = field(default_factory=lambda: array("i"))
    flags: array[int] = field(default_factory=lambda: array("H"))
    uuid: array[int] = field(default_factory=lambda: array("i"))
    parent: array[int] = field(default_factory=lambda: array("i"))
    refers: array[int] = field(default_factory=lambda: array("i"))
    time: array[float] = field(default_factory=lambda: array("d"))
    message_id: array[int] = field(default_factory=lambda: array("i"))
    model: array[int] = field(default_factory=lambda: array("i"))
    version: array[int] = field(default_factory=lambda: array("i"))
    tokens: array[int] = field(default_factory=lambda: array("I"))
    size: array[int] = field(default_factory=lambda: array("I"))
    first: array[int] = field(default_factory=lambda: array("I", [0]))
    block_kind: array[int] = field(default_factory=lambda: array("B"))
    block_flags: array[int] = field(default_factory=lambda: array("H"))
    block_ref: array[int] = field(default_factory=lambda: array("i"))
    block_name: array[int] = field(default_factory=lambda: array("i"))
    block_size: array[int] = field(default_factory=lambda: array("I"))
    faults: dict[int, Fault] = field(default_factory=dict)
    salvaged: dict[int, tuple[Entry, ...]] = field(default_factory=dict)
    """What the records mean that can be cut out of a row that cannot be read."""

    def __len__(self) -> int:
        return len(self.kind)

    def blocks(self, row: int) -> range:
        """Indices of a row's blocks in the block columns."""
        return range(self.first[row], self.first[row + 1])

    def piece(self) -> Piece:
        """All that it holds, for another scan to absorb."""
        return Piece([getattr(self, name) for name in COLUMNS], self.strings.own(), self.faults, self.salvaged)

    def absorb(self, piece: Piece, number: int) -> None:
        """Append the rows of another scan; `number` is that of the first of its strings here."""
        from unbrick.scanning.unthreaded import np

        offset, shift = self.first.pop(), len(self)
        for name, values in zip(COLUMNS, piece.columns, strict=True):
            own = getattr(self, name)
            column = np.frombuffer(values, own.typecode)
            if name in NUMBERED:
                column = np.where(column < 0, column, column + np.int32(number))
            elif name == "first":
                column = column + np.uint32(offset)
            own.frombytes(column.tobytes())
        self.faults.update({row + shift: fault for row, fault in piece.faults.items()})
        self.salvaged.update({row + shift: entries for row, entries in piece.salvaged.items()})

    def unite(self, packed: Packed) -> None:
        """Take strings that were added piece by piece for its own, each by one number."""
        from unbrick.scanning.unthreaded import np

        known = packed.sort()
        for name in NUMBERED:
            column = np.frombuffer(getattr(self, name), np.int32)
            # In pieces, for the places that numpy looks at take twice the room of the column.
            for start in range(0, len(column), PIECE):
                piece = column[start : start + PIECE]
                piece[:] = known[piece]
        self.strings = Strings(packed)

    def kinds(self, *kinds: int) -> bytes:
        """1 for each row of some kinds."""
        return ones.of_kinds(self.kind, *kinds)

    def of_kind(self, *kinds: int) -> Iterator[int]:
        """Rows of some kinds, in file order."""
        return ones.places(self.kinds(*kinds))

    def marked(self, *flags: int) -> bytes:
        """1 for each row that carries one of some flags."""
        return ones.of_flags(self.flags, *flags)

    def flagged(self, *flags: int) -> Iterator[int]:
        """Rows that carry one of some flags, in file order."""
        return ones.places(self.marked(*flags))

    def extend(self, entries: list[BareEntry], sizes: list[int]) -> None:
        """Append rows: what they mean, and the bytes of their lines."""
        if not entries:
            return
        column = self.strings.column
        (kinds, types, uuids, parents, flags, times, message_ids, models, versions, refers, blocks, tokens) = zip(
            *entries, strict=True
        )
        self.kind.frombytes(bytes(kinds))
        self.type.frombytes(column(types))
        self.flags.frombytes(_bytes("H", flags))
        self.uuid.frombytes(column(uuids))
        self.parent.frombytes(column(parents))
        self.refers.frombytes(column(refers))
        self.time.frombytes(_bytes("d", [nan if time is None else time for time in times]))
        self.message_id.frombytes(column(message_ids))
        self.model.frombytes(column(models))
        self.version.frombytes(column(versions))
        self.tokens.fromlist([*tokens])
        self.size.fromlist(sizes)
        self.first.fromlist([*accumulate(map(len, blocks), initial=self.first.pop())])
        flat = [*chain.from_iterable(blocks)]
        if flat:
            block_kinds, block_flags, refs, block_sizes, names = zip(*flat, strict=True)
            self.block_kind.frombytes(bytes(block_kinds))
            self.block_flags.frombytes(_bytes("H", block_flags))
            self.block_ref.frombytes(column(refs))
            self.block_name.frombytes(column(names))
            self.block_size.fromlist([*block_sizes])


def _bytes(code: str, values: Sequence[float]) -> bytes:
    """Numbers as an array of a type holds them, which itself takes twice the time, but for 32 bits without a sign."""
    return pack(f"{len(values)}{code}", *values)


Progress = Generator[int, None, Scan]
"""Yields rows done so far, returns the scan; whoever stops asking cancels it."""


def scan(view: View, entry_of: Callable[[Json], BareEntry], cores: int | None = None) -> Progress:
    """Read every row of a view once; the spans of a large file by as many processes as there are cores for.

    `entry_of` gives the meaning of a decoded record and never raises.
    """
    spans = helpers.spans(view)
    if spans:
        team = helpers.started(view.source, entry_of, helpers.cores() if cores is None else cores)
        try:
            result, ends = yield from _Spans(view, spans, team).read(entry_of)
        finally:
            for helper in team:
                helper.close()
        if view.source.learn(ends):
            return result
    result = yield from _alone(view, entry_of)
    if not view.patch:
        ends = view.source.no_ends()
        ends.extend(accumulate(result.size))
        view.source.learn(ends)
    # Somebody has written into the file, and somebody has looked for the ends of its lines since: those count.
    return result if len(result) == len(view) else (yield from _alone(view, entry_of))


def _alone(view: View, entry_of: Callable[[Json], BareEntry]) -> Progress:
    result, raws = Scan(view), view.raws()
    while _read_batch(result, islice(raws, BATCH), entry_of):
        yield len(result)
    return result


class _Spans:
    """The spans of a large file. Its helpers and this process take them from a common front; they are absorbed in file
    order, so that those which are read early wait."""

    def __init__(self, view: View, spans: list[tuple[int, int]], team: list[Helper]) -> None:
        self.view, self.spans, self.team = view, spans, team
        self.waiting: dict[int, Piece] = {}
        self.absorbed = self.front = self.rows = 0
        """How many spans were absorbed and were taken by somebody, and the rows that were read."""

    def read(self, entry_of: Callable[[Json], BareEntry]) -> Generator[int, None, tuple[Scan, array[int]]]:
        """Read all; gives the ends of the lines as well. Nobody is waited for: where no span is left, or a helper is
        far behind, its last one is read here as well, and whoever reads it first has read it."""
        source = self.view.source
        result, packed, ends = Scan(self.view), Packed(), source.no_ends()
        while self.absorbed < len(self.spans):
            self._look()
            piece = self.waiting.pop(self.absorbed, None)
            if piece is not None:
                result.absorb(piece, packed.add(piece.texts))
                ends.frombytes(running(piece.sizes(), self.spans[self.absorbed][0], ends.typecode))
                self.absorbed += 1
                yield self.rows
            elif self.front < min(len(self.spans), self.absorbed + AHEAD):
                self.front += 1
                yield from self._read(self.front - 1, entry_of)
            else:
                last = max(number for number in range(self.absorbed, self.front) if number not in self.waiting)
                yield from self._read(last, entry_of)
        result.unite(packed)
        return result, ends

    def _read(self, number: int, entry_of: Callable[[Json], BareEntry]) -> Iterator[int]:
        """Read one span, until somebody else has."""
        own, raws = Scan(self.view), self.view.source.between(*self.spans[number])
        while _read_batch(own, islice(raws, BATCH), entry_of):
            self._look()
            if number in self.waiting:
                return
            yield self.rows + len(own)
        self._take(number, own.piece())

    def _look(self) -> None:
        """Take what the helpers have read, and give them more."""
        for helper in self.team:
            for number, packed in helper.answers():
                start, end = self.spans[number]
                self._take(number, Piece.unpacked(packed, end - start))
            while self.front < len(self.spans) and helper.free():
                helper.give(self.front, *self.spans[self.front])
                self.front += 1

    def _take(self, number: int, piece: Piece | None) -> None:
        if piece is not None and number >= self.absorbed and number not in self.waiting:
            self.waiting[number] = piece
            self.rows += len(piece.columns[0])


def _read_batch(result: Scan, raws: Iterable[bytes], entry_of: Callable[[Json], BareEntry]) -> bool:
    with _no_collector():
        return read_rows(result, raws, entry_of)


def read_rows(result: Scan, raws: Iterable[bytes], entry_of: Callable[[Json], BareEntry]) -> bool:
    """Append rows that are read; whether there were any."""
    unreadable = Entry(Kind.FAULT, "")
    entries: list[BareEntry] = []
    sizes: list[int] = []
    for raw in raws:
        size = len(raw)
        sizes.append(size)
        try:
            # A long line is read in a way that copies less of it.
            value = loads(raw) if size <= LARGE else None
        except JSONDecodeError:
            value = None
        if value.__class__ is dict:
            entries.append(entry_of(value))
            continue
        value, fault = glance(raw)
        if fault is not None:
            row = len(result) + len(sizes) - 1
            result.faults[row] = fault
            if fault.salvage and value is None:
                # The line is not held beside what is cut out of it and what that says.
                cut, raw = cut_out(raw, fault), b""
                pieces = (glance(piece)[0] for piece in cut)
                result.salvaged[row] = tuple(named(entry_of(piece)) for piece in pieces if piece is not None)
        entries.append(unreadable if value is None else entry_of(value))
    result.extend(entries, sizes)
    return bool(sizes)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Records are trees: the cycle collector finds nothing in them, and takes a quarter of the time looking."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def finish(progress: Generator[int, None, T]) -> T:
    """Run a generator of progress to its end and return its result."""
    while True:
        try:
            next(progress)
        except StopIteration as stop:
            result: T = stop.value
            return result
