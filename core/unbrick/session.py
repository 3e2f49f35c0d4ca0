"""Entries linked: parents, children, calls and results, over the columns of a scan."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

from unbrick.entry import BlockKind, Flag, Kind
from unbrick.record import At, Json
from unbrick.scan import Scan

NO_PARENT = -1
"""The record says that nothing stands before it."""
MISSING = -2
"""The record names a parent that the file does not hold."""


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
    """Off the thread; the file does not say why."""
    SIDE = 5
    """A subagent's."""
    APART = 6
    """Never part of a conversation: metadata, progress, error records."""
    UNREADABLE = 7
    """The line is not a record."""


@dataclass(frozen=True)
class Call:
    """A tool call and its results: rows and block indices (within the row) where they stand."""

    ref: str
    uses: tuple[tuple[int, int], ...]
    results: tuple[tuple[int, int], ...]


@dataclass
class Session:
    """A scan with its links resolved. `row_of` maps a uuid's string number to its row; the later of two
    records with one uuid counts, as in the client."""

    scan: Scan
    row_of: dict[int, int] = field(default_factory=dict)
    duplicates: dict[int, list[int]] = field(default_factory=dict)
    """Rows of each uuid number that occurs more than once, in file order."""
    parent_row: array[int] = field(default_factory=lambda: array("i"))
    """Row of each row's parent, NO_PARENT or MISSING."""

    def __len__(self) -> int:
        return len(self.scan)

    @cached_property
    def children(self) -> dict[int, list[int]]:
        """Rows by parent row, in file order."""
        found: dict[int, list[int]] = {}
        for row, parent in enumerate(self.parent_row):
            if parent >= 0:
                found.setdefault(parent, []).append(row)
        return found

    @cached_property
    def calls(self) -> dict[str, Call]:
        """Every tool call id of the file with where it is used and answered, in file order."""
        uses: dict[int, list[tuple[int, int]]] = {}
        results: dict[int, list[tuple[int, int]]] = {}
        scan = self.scan
        kinds, refs = scan.block_kind, scan.block_ref
        for row in range(len(scan)):
            start = scan.first[row]
            for block in range(start, scan.first[row + 1]):
                kind = kinds[block]
                if kind == BlockKind.TOOL_USE:
                    uses.setdefault(refs[block], []).append((row, block - start))
                elif kind == BlockKind.TOOL_RESULT:
                    results.setdefault(refs[block], []).append((row, block - start))
        return {
            scan.strings.text(ref) or "": Call(
                scan.strings.text(ref) or "", tuple(uses.get(ref, ())), tuple(results.get(ref, ()))
            )
            for ref in {**uses, **results}
        }

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
        """The decoded record of a row; empty where the line cannot be read."""
        return self.scan.view.value(row) or {}

    def kind(self, row: int) -> Kind:
        """Kind of a row."""
        return Kind(self.scan.kind[row])

    def has(self, row: int, flag: Flag) -> bool:
        """Whether a row carries a flag (any of several)."""
        return bool(self.scan.flags[row] & flag)

    def ancestors(self, row: int) -> Iterator[int]:
        """A row and its parents up to a root, a missing parent, or the point where a cycle closes."""
        seen: set[int] = set()
        while row >= 0 and row not in seen:
            seen.add(row)
            yield row
            row = self.parent_row[row]


def link(scan: Scan) -> Session:
    """Resolve the links of a scan."""
    session = Session(scan)
    row_of = session.row_of
    for row, uuid in enumerate(scan.uuid):
        if uuid < 0:
            continue
        before = row_of.get(uuid)
        if before is not None:
            session.duplicates.setdefault(uuid, [before]).append(row)
        row_of[uuid] = row
    get = row_of.get
    session.parent_row = array("i", (NO_PARENT if p < 0 else get(p, MISSING) for p in scan.parent))
    return session
