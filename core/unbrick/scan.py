"""One pass over the records of a view, kept as columns; the only pass that decodes every line."""

from __future__ import annotations

import gc
import marshal
import pickle
import sys
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate, chain, compress, islice
from math import nan
from typing import TypeVar

from orjson import JSONDecodeError, loads

from unbrick import helpers
from unbrick.entry import Entry, Kind
from unbrick.patch import View
from unbrick.record import Fault, Json, read
from unbrick.strings import Strings

T = TypeVar("T")
BATCH = 2048
FEW = 16
"""Where one row in so many is looked for, finding each costs more than looking at all."""


ROW_COLUMNS = (
    "kind", "type", "flags", "uuid", "parent", "refers", "time", "message_id", "model", "version", "tokens", "size",
)
BLOCK_COLUMNS = ("block_kind", "block_flags", "block_ref", "block_name", "block_size")
COLUMNS = (*ROW_COLUMNS, "first", *BLOCK_COLUMNS)
NUMBERED = frozenset({
    "type", "uuid", "parent", "refers", "message_id", "model", "version", "block_ref", "block_name",
})
"""Columns of the numbers of strings."""


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

    def packed(self) -> bytes:
        """All columns as bytes, for a scan in another process to take over."""
        columns = [getattr(self, name).tobytes() for name in COLUMNS]
        return marshal.dumps([columns, self.strings.own(), pickle.dumps((self.faults, self.salvaged))], 2)

    def absorb(self, packed: bytes, count: int) -> bool:
        """Append the rows of another scan, where they are so many."""
        columns, texts, odd = marshal.loads(packed) if packed else ((b"",), (), b"")
        if len(columns[0]) != count:
            return False
        numbers = [*self.strings.id_all(texts), -1]
        offset, shift = self.first.pop(), len(self)
        for name, raw in zip(COLUMNS, columns, strict=True):
            own = getattr(self, name)
            column = array(own.typecode, raw)
            if name in NUMBERED:
                own.extend(map(numbers.__getitem__, column))
            else:
                own.extend([one + offset for one in column] if name == "first" else column)
        faults, salvaged = pickle.loads(odd)
        self.faults.update({row + shift: fault for row, fault in faults.items()})
        self.salvaged.update({row + shift: pieces for row, pieces in salvaged.items()})
        return True

    def of_kind(self, *kinds: int) -> Iterator[int]:
        """Rows of some kinds, in file order."""
        return places(self.kind.tobytes().translate(_table(lambda kind: kind in kinds)))

    def flagged(self, *flags: int) -> Iterator[int]:
        """Rows that carry one of some flags, in file order."""
        mask = sum({*flags})
        marks = 0
        for number, half in enumerate((mask & 255, mask >> 8)):
            low = self.flags.tobytes()[number if sys.byteorder == "little" else 1 - number :: 2]
            if half:
                marks |= int.from_bytes(low.translate(_table(half.__and__)), "big")
        return places(marks.to_bytes(len(self), "big"))

    def extend(self, entries: list[Entry], sizes: list[int]) -> None:
        """Append rows: what they mean, and the bytes of their lines."""
        if not entries:
            return
        numbers = self.strings.id_all
        (kinds, types, uuids, parents, flags, times, message_ids, models, versions, refers, blocks, tokens) = zip(
            *entries, strict=True
        )
        self.kind.extend(kinds)
        self.type.extend(numbers(types))
        self.flags.extend(flags)
        self.uuid.extend(numbers(uuids))
        self.parent.extend(numbers(parents))
        self.refers.extend(numbers(refers))
        self.time.extend([nan if time is None else time for time in times])
        self.message_id.extend(numbers(message_ids))
        self.model.extend(numbers(models))
        self.version.extend(numbers(versions))
        self.tokens.extend(tokens)
        self.size.extend(sizes)
        ends = accumulate(map(len, blocks), initial=self.first[-1])
        self.first.extend(islice(ends, 1, None))
        flat = list(chain.from_iterable(blocks))
        if flat:
            block_kinds, block_flags, refs, block_sizes, names = zip(*flat, strict=True)
            self.block_kind.extend(block_kinds)
            self.block_flags.extend(block_flags)
            self.block_ref.extend(numbers(refs))
            self.block_name.extend(numbers(names))
            self.block_size.extend(block_sizes)


def _table(marked: Callable[[int], object]) -> bytes:
    """Byte → 1 where it is marked, as a translation table."""
    return bytes(bool(marked(byte)) for byte in range(256))


def places(marks: bytes) -> Iterator[int]:
    """Where a one stands among zeros; where they are few, without looking at each."""
    if marks.count(1) * FEW > len(marks):
        yield from compress(range(len(marks)), marks)
        return
    place = marks.find(1)
    while place >= 0:
        yield place
        place = marks.find(1, place + 1)


Progress = Generator[int, None, Scan]
"""Yields rows done so far, returns the scan; whoever stops asking cancels it."""


def scan(view: View, entry_of: Callable[[Json], Entry], cores: int | None = None) -> Progress:
    """Read every row of a view once; the parts of a large file by as many processes as there are cores for.

    `entry_of` gives the meaning of a decoded record and never raises.
    """
    result = Scan(view)
    total = len(view)
    own, *others = helpers.parts(view, entry_of, helpers.cores() if cores is None else cores)
    try:
        raws = view.raws()
        while _read_batch(result, islice(raws, min(BATCH, own.last - len(result))), entry_of):
            yield len(result) * total // own.last
        for part in others:
            packed = yield from part.result(total)
            if not result.absorb(packed, part.last - part.first):
                raws = view.source.lines(part.first)
                while _read_batch(result, islice(raws, min(BATCH, part.last - len(result))), entry_of):
                    yield len(result)
    finally:
        for part in others:
            part.close()
    return result


def _read_batch(result: Scan, raws: Iterable[bytes], entry_of: Callable[[Json], Entry]) -> bool:
    with _no_collector():
        return read_rows(result, raws, entry_of)


def read_rows(result: Scan, raws: Iterable[bytes], entry_of: Callable[[Json], Entry]) -> bool:
    """Append rows that are read; whether there were any."""
    unreadable = Entry(Kind.FAULT, "")
    entries: list[Entry] = []
    sizes: list[int] = []
    for raw in raws:
        sizes.append(len(raw))
        try:
            value = loads(raw)
        except JSONDecodeError:
            value = None
        if value.__class__ is dict:
            entries.append(entry_of(value))
            continue
        value, fault = read(raw)
        if fault is not None:
            row = len(result) + len(sizes) - 1
            result.faults[row] = fault
            if fault.salvage and value is None:
                pieces = (read(piece)[0] for piece in fault.salvage)
                result.salvaged[row] = tuple(entry_of(piece) for piece in pieces if piece is not None)
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
