"""Entries linked: parents, children, calls and results, over the columns of a scan."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from itertools import compress, count
from typing import Any, NamedTuple, TypeVar

from unbrick.abridged import LARGE
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.record import At, Json
from unbrick.scanning.columns import MISSING, NO_PARENT, Call, Calls, Index, RowOf
from unbrick.scanning.ones import below_zero, either, without
from unbrick.scanning.runs import Runs
from unbrick.scanning.scan import BATCH, Scan
from unbrick.scanning.vectors import highest, many, total, vector

__all__ = ["MISSING", "NO_PARENT", "Call", "Session", "Standing", "link"]

_KINDS = tuple(Kind)
T = TypeVar("T")


class Standing(IntEnum):
    """What becomes of a record when the session is resumed."""

    LOADED = 0
    """On the thread."""
    SUMMARISED = 1
    """Before the compaction boundary the thread begins with; the summary stands for it."""
    REWOUND = 2
    """Left behind by the person, with positive evidence."""
    LOST = 3
    """Certainly part of the conversation, and the client will not load it."""
    UNDECIDED = 4
    """Beside the thread; the file does not say why."""
    SIDE = 5
    """A subagent's."""
    APART = 6
    """Never part of a conversation: metadata, progress, error records."""
    UNREADABLE = 7
    """The line is not a record."""


class _Decoded(NamedTuple):
    """The record that was asked for last, and what functions made of it."""

    row: int
    value: Json
    made: dict[Callable[[Json], Any], Any]
    glanced: bool


@dataclass
class Session:
    """A scan with its links resolved. `row_of` maps a uuid's string number to its row; the later of two
    records with one uuid counts, as in the client."""

    scan: Scan
    row_of: RowOf
    duplicates: dict[int, list[int]] = field(default_factory=dict)
    """Rows of each uuid number that occurs more than once, in file order."""
    parent_row: array[int] = field(default_factory=lambda: array("i"))
    """Row of each row's parent, NO_PARENT or MISSING."""
    _last: _Decoded | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.scan)

    @cached_property
    def runs(self) -> Runs:
        """The chains of the session, run by run."""
        return Runs(self.parent_row, self.scan.marked(Flag.LINK))

    @property
    def children(self) -> Runs:
        """The rows that hang on each row, in file order."""
        return self.runs

    @property
    def in_order(self) -> bool:
        """Whether every parent stands before its children, as in every file that was written from front to back."""
        return self.runs.in_order

    @cached_property
    def size(self) -> int:
        """Bytes of all lines."""
        return total(self.scan.size)

    @cached_property
    def messages(self) -> bytes:
        """1 for each user or assistant record, the client's own error notices left out."""
        return without(self.scan.kinds(Kind.USER, Kind.ASSISTANT), self.scan.marked(Flag.API_ERROR))

    @cached_property
    def most_tokens(self) -> int:
        """The largest context that the API counted in this session."""
        return highest(self.scan.tokens)

    @cached_property
    def calls(self) -> Calls:
        """Every tool call id of the file with where it is used and answered, in file order."""
        return Calls(self.scan)

    @cached_property
    def responses(self) -> Index:
        """Message id, by number, → the assistant rows that carry it, in file order."""
        return Index(self.scan.message_id, self.scan.kinds(Kind.ASSISTANT))

    @cached_property
    def users(self) -> tuple[array[int], array[int]]:
        """The user rows, and those of them that hold a tool result."""
        scan = self.scan
        rows = array("i", scan.of_kind(Kind.USER))
        return rows, array("i", (
            row for row in rows if BlockKind.TOOL_RESULT in scan.block_kind[scan.first[row] : scan.first[row + 1]]
        ))

    @cached_property
    def newest(self) -> float | None:
        """The newest time that any record with an id carries, seconds since the epoch."""
        times = (time for time, uuid in zip(self.scan.time, self.scan.uuid, strict=True) if uuid >= 0 and time == time)
        return max(times, default=None)

    def uuid(self, row: int) -> str | None:
        """The id of a row."""
        return self.scan.strings.text(self.scan.uuid[row])

    def row(self, uuid: str | None) -> int | None:
        """The row of an id."""
        return self.row_of.get(self.scan.strings.find(uuid))

    def at(self, row: int) -> At:
        """Where a row stands in the file."""
        return self.scan.view.at(row)

    def value(self, row: int) -> Json:
        """The decoded record of a row, which nobody changes; empty where the line cannot be read."""
        return self._decoded(row, False).value

    def of(self, row: int, make: Callable[[Json], T]) -> T:
        """What a function makes of the record of a row, which nobody changes: thousands of findings about one record
        ask for the same of it."""
        return self._made(row, make, False)

    def glance(self, row: int, make: Callable[[Json], T]) -> T:
        """The same for who asks how long texts are and how they begin, and writes none of them anywhere: the long texts
        of a large record may be others (see `record.glance`)."""
        return self._made(row, make, self.scan.size[row] > LARGE)

    def _made(self, row: int, make: Callable[[Json], T], glanced: bool) -> T:
        decoded = self._decoded(row, glanced)
        if make not in decoded.made:
            decoded.made[make] = make(decoded.value)
        made: T = decoded.made[make]
        return made

    def _decoded(self, row: int, glanced: bool) -> _Decoded:
        last, view = self._last, self.scan.view
        if last is None or last.row != row or (last.glanced and not glanced):
            self._last = last = None  # Two records of 100 MB are never held together.
            value = view.glance(row) if glanced else view.value(row)
            self._last = last = _Decoded(row, value or {}, {}, glanced)
        return last

    def forget(self) -> None:
        """Let go of the record that was decoded last."""
        self._last = None

    def kind(self, row: int) -> Kind:
        """Kind of a row."""
        return _KINDS[self.scan.kind[row]]

    def has(self, row: int, flag: int) -> bool:
        """Whether a row carries a flag (any of several)."""
        return bool(self.scan.flags[row] & flag)

    def descends(self, row: int, ancestor: int) -> bool:
        """Whether a row is another one or hangs on it."""
        return self.runs.descends(row, ancestor)

    def out_of_order(self, loaded: Container[int]) -> int | None:
        """The newest message outside sidechains, where it is not loaded and a record of its chain stands in front of
        its parent: the file was not written from front to back, and its end is not the end of the conversation."""
        if self.in_order:
            return None
        end = self._last_said
        if end is None or end in loaded:
            return None
        chain = [*self.ancestors(end)]
        closed = self.parent_row[chain[-1]] in chain
        return end if not closed and any(self.parent_row[row] > row for row in chain) else None

    @cached_property
    def _last_said(self) -> int | None:
        """The newest message outside sidechains."""
        scan = self.scan
        apart = scan.marked(Flag.SIDECHAIN, Flag.TEAM, Flag.NO_UUID, Flag.NO_TIME, Flag.API_ERROR)
        talk = bytearray(without(scan.kinds(Kind.USER, Kind.ASSISTANT), either(apart, below_zero(scan.uuid))))
        for rows in self.duplicates.values():
            # The last record of an id is the one that counts.
            for row in rows[:-1]:
                talk[row] = 0
        return max(compress(zip(scan.time, count()), talk), default=(0.0, None))[1]

    def ancestors(self, row: int) -> Iterator[int]:
        """A row and its parents up to a root, a missing parent, or the point where a cycle closes."""
        seen: set[int] = set()
        while row >= 0 and row not in seen:
            seen.add(row)
            yield row
            row = self.parent_row[row]


def link(scan: Scan) -> Session:
    """Resolve the links of a scan."""
    row_of = RowOf(scan.uuid, len(scan.strings))
    session = Session(scan, row_of)
    if len(row_of) < below_zero(scan.uuid).count(0):
        rows: dict[int, list[int]] = {}
        for row, uuid in enumerate(scan.uuid):
            if (uuid >= 0 and row_of.rows[uuid] != row) or uuid in rows:
                rows.setdefault(uuid, []).append(row)
        session.duplicates = rows
    found = row_of.rows
    if many(scan.parent):
        session.parent_row.frombytes(vector(found)[vector(scan.parent)].tobytes())
        return session
    # In pieces, so that no other thread waits for all of them.
    for start in range(0, len(scan), BATCH):
        session.parent_row.fromlist([found[number] for number in scan.parent[start : start + BATCH]])
    return session
