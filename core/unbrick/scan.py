"""One pass over the records of a view, kept as columns; the only pass that decodes every line."""

from __future__ import annotations

import gc
from array import array
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate, chain, count, islice
from math import nan
from typing import TypeVar

from unbrick.entry import Entry, Kind
from unbrick.patch import View
from unbrick.record import Fault, Json, read

T = TypeVar("T")
BATCH = 2048


class Strings:
    """Interned strings: each distinct one has a number. Number -1 stands for None."""

    def __init__(self) -> None:
        # The dictionary's insertion order is the numbering, so that whole columns are numbered without a Python call.
        self.ids: defaultdict[str | None, int] = defaultdict(count().__next__, {None: -1})
        self._texts: list[str | None] = []

    def __len__(self) -> int:
        return len(self.ids) - 1

    def id(self, text: str | None) -> int:
        """Number of a string, given out at first sight."""
        return self.ids[text]

    def id_all(self, texts: Iterable[str | None]) -> Iterable[int]:
        """Numbers of many strings."""
        return map(self.ids.__getitem__, texts)

    def find(self, text: str | None) -> int:
        """Number of a string that was seen, else -1."""
        return self.ids.get(text, -1)

    def text(self, number: int) -> str | None:
        """The string of a number."""
        if number < 0:
            return None
        if number >= len(self._texts):
            self._texts.extend(islice(self.ids, len(self._texts) + 1, None))
        return self._texts[number]

    def texts(self, numbers: Iterable[int]) -> Iterable[str | None]:
        """The strings of many numbers."""
        self.text(len(self) - 1)
        return map([*self._texts, None].__getitem__, numbers)


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


Progress = Generator[int, None, Scan]
"""Yields rows done so far, returns the scan; whoever stops asking cancels it."""


def scan(view: View, entry_of: Callable[[Json], Entry]) -> Progress:
    """Read every row of a view once.

    `entry_of` gives the meaning of a decoded record and never raises.
    """
    result = Scan(view)
    raws = view.raws()
    while True:
        with _no_collector():
            more = read_rows(result, islice(raws, BATCH), entry_of)
        if not more:
            return result
        yield len(result)


def read_rows(result: Scan, raws: Iterable[bytes], entry_of: Callable[[Json], Entry]) -> bool:
    """Append rows that are read; whether there were any."""
    unreadable = Entry(Kind.FAULT, "")
    entries: list[Entry] = []
    sizes: list[int] = []
    for raw in raws:
        value, fault = read(raw)
        if fault is not None:
            row = len(result) + len(sizes)
            result.faults[row] = fault
            if fault.salvage and value is None:
                pieces = (read(piece)[0] for piece in fault.salvage)
                result.salvaged[row] = tuple(entry_of(piece) for piece in pieces if piece is not None)
        entries.append(unreadable if value is None else entry_of(value))
        sizes.append(len(raw))
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
