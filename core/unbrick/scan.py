"""One pass over the records of a view, kept as columns; the only pass that decodes every line."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
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
        self.ids: dict[str, int] = {}
        self.texts: list[str] = []

    def id(self, text: str | None) -> int:
        """Number of a string, given out at first sight."""
        if text is None:
            return -1
        found = self.ids.setdefault(text, len(self.texts))
        if found == len(self.texts):
            self.texts.append(text)
        return found

    def find(self, text: str | None) -> int:
        """Number of a string that was seen, else -1."""
        return -1 if text is None else self.ids.get(text, -1)

    def text(self, number: int) -> str | None:
        """The string of a number."""
        return None if number < 0 else self.texts[number]


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

    def __len__(self) -> int:
        return len(self.kind)

    def blocks(self, row: int) -> range:
        """Indices of a row's blocks in the block columns."""
        return range(self.first[row], self.first[row + 1])

    def add(self, entry: Entry, size: int) -> None:
        """Append a row."""
        number = self.strings.id
        (kind, type_, uuid, parent, flags, time, message_id, model, version, refers, blocks, tokens) = entry
        self.kind.append(kind)
        self.type.append(number(type_))
        self.flags.append(flags)
        self.uuid.append(number(uuid))
        self.parent.append(number(parent))
        self.refers.append(number(refers))
        self.time.append(nan if time is None else time)
        self.message_id.append(number(message_id))
        self.model.append(number(model))
        self.version.append(number(version))
        self.tokens.append(tokens)
        self.size.append(size)
        for block_kind, block_flags, ref, block_size, name in blocks:
            self.block_kind.append(block_kind)
            self.block_flags.append(block_flags)
            self.block_ref.append(number(ref))
            self.block_name.append(number(name))
            self.block_size.append(block_size)
        self.first.append(len(self.block_kind))


Progress = Generator[int, None, Scan]
"""Yields rows done so far, returns the scan; whoever stops asking cancels it."""


def scan(view: View, entry_of: Callable[[Json], Entry]) -> Progress:
    """Read every row of a view once.

    `entry_of` gives the meaning of a decoded record and never raises.
    """
    result = Scan(view)
    unreadable = Entry(Kind.FAULT, "")
    add = result.add
    row = 0
    for raw in view.raws():
        value, fault = read(raw)
        if fault is not None:
            result.faults[row] = fault
        add(unreadable if value is None else entry_of(value), len(raw))
        row += 1
        if row % BATCH == 0:
            yield row
    return result


def finish(progress: Generator[int, None, T]) -> T:
    """Run a generator of progress to its end and return its result."""
    while True:
        try:
            next(progress)
        except StopIteration as stop:
            result: T = stop.value
            return result
