"""The walk from a leaf to its root as the client does it: bridges, cycles, boundaries, parallel results."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from unbrick.entry import BlockKind, Flag, Kind
from unbrick.formats.claude_code.behaviour import Gap
from unbrick.formats.claude_code.loaded import MISSING, NO_PARENT, Loaded, times
from unbrick.scanning.ones import both, places, without

REACH = 5.0005
"""Seconds before a record within which clients look for a stand-in for its missing parent: 5 s are still bridged,
5.001 s no longer (measured on 2.1.139 and 2.1.329)."""


@dataclass
class Chain:
    """Rows from the root to the leaf. `breaks` are rows whose parent was not followed, with the reason."""

    rows: list[int]
    boundary: int | None = None
    bridged: dict[int, int] = field(default_factory=dict)
    breaks: list[tuple[int, str]] = field(default_factory=list)
    hangs: bool = False
    recovered: list[int] = field(default_factory=list)


class Walker:
    """Walks up from a leaf; keeps the order by time once it was needed."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self._times: tuple[list[float], list[int]] | None = None
        self._below: dict[int, int] = {}
        """Places in the order by time whose record is in the chain → a lower place to go on looking at."""

    def walk(self, leaf: int) -> Chain:
        """The chain of a leaf, up to its root or to the last compaction boundary on it."""
        loaded = self.loaded
        traits = loaded.traits
        boundaries = loaded.session.scan.kinds(Kind.BOUNDARY)
        chain = Chain([])
        seen: set[int] = set()
        self._below.clear()
        row = leaf
        cycle = traits.cycle_large if loaded.large else traits.cycle
        while True:
            seen.add(row)
            chain.rows.append(row)
            if boundaries[row]:
                chain.boundary = row
                break
            parent = loaded.parent(row)
            if parent == NO_PARENT:
                break
            if parent == MISSING:
                gap, why = traits.missing, "its parent is not in the file"
            elif parent in seen:
                gap, why = cycle, "its parents go round in a circle"
            else:
                row = parent
                continue
            chain.hangs = gap is Gap.HANG
            before = self.nearest(row, seen) if gap is Gap.BRIDGE else None
            if before is None:
                chain.breaks.append((row, why))
                break
            chain.bridged[row] = before
            row = before
        chain.rows.reverse()
        return chain

    def nearest(self, row: int, seen: set[int]) -> int | None:
        """The record nearest before a row in time, within reach, that is not in the chain yet.

        `seen` only grows during a walk.
        """
        scan = self.loaded.session.scan
        if scan.flags[row] & Flag.NO_TIME:
            return None
        if self._times is None:
            stamps, rows = times(self.loaded)
            self._times = list(stamps), list(rows)
        stamps_, rows_ = self._times
        place = bisect_right(stamps_, scan.time[row]) - 1
        passed: list[int] = []
        while place >= 0 and rows_[place] in seen:
            passed.append(place)
            place = self._below.get(place, place - 1)
        self._below.update(dict.fromkeys(passed, place))
        if place < 0 or scan.time[row] - stamps_[place] > REACH:
            return None
        return rows_[place]


def recover(loaded: Loaded, chain: Chain) -> None:
    """Put parallel calls and results that the walk left out behind the last record of their response."""
    scan = loaded.session.scan
    kinds, ids, flags = scan.kind, scan.message_id, scan.flags
    replies = scan.kinds(Kind.ASSISTANT)
    last: dict[int, int] = {}
    walked: dict[int, list[int]] = {}
    for row in chain.rows:
        if replies[row] and ids[row] >= 0:
            last[ids[row]] = row
            walked.setdefault(ids[row], []).append(row)
    if not last:
        return
    on_chain = set(chain.rows)
    beside_chain = bytearray(without(loaded.alive, scan.marked(Flag.SIDECHAIN)))
    for row in on_chain:
        beside_chain[row] = 0
    off = [*places(beside_chain)]

    def responds(row: int) -> bool:
        return row >= 0 and bool(loaded.alive[row] and replies[row]) and ids[row] in last

    if not any(responds(row) or responds(loaded.parent(row)) for row in off):
        return
    member: dict[int, int] = {}
    found: dict[int, list[int]] = {}
    beside: dict[int, list[int]] = {}
    called: set[int] = set()
    for row in places(both(loaded.alive, replies)):
        message = ids[row]
        if message in last:
            member[row] = last[message]
            if row not in on_chain and not flags[row] & Flag.SIDECHAIN:
                if loaded.traits.results_in_order:
                    before = (one for one in walked[message] if one < row)
                    beside.setdefault(max(before, default=walked[message][0]), []).append(row)
                else:
                    found.setdefault(last[message], []).append(row)
            if scan.first[row] < scan.first[row + 1] and scan.block_kind[scan.first[row + 1] - 1] == BlockKind.TOOL_USE:
                called.add(row)
    for row in off:
        parent = loaded.parent(row)
        if parent not in member:
            continue
        kind = kinds[row]
        if kind == Kind.USER:
            start = scan.first[row]
            if start < scan.first[row + 1] and scan.block_kind[start] == BlockKind.TOOL_RESULT:
                found.setdefault(member[parent], []).append(row)
                if loaded.traits.results_in_order:
                    member[row] = member[parent]
                    called.add(row)
        elif kind == Kind.ATTACHMENT and loaded.traits.sibling_attachments and (parent in called):
            found.setdefault(member[parent], []).append(row)
            member[row] = member[parent]
            called.add(row)
    if not found and not beside:
        return
    rows: list[int] = []
    waiting: list[int] = []
    for row in chain.rows:
        if waiting and kinds[row] == Kind.USER and loaded.parent(row) in member:
            rows += [other for other in waiting if other < row]
            waiting = [other for other in waiting if other > row]
        else:
            rows += waiting
            waiting = []
        rows.append(row)
        siblings = beside.get(row, [])
        chain.recovered += siblings
        rows += siblings
        extra = found.get(row)
        if extra:
            extra.sort(key=lambda other: (kinds[other] != Kind.ASSISTANT, other))
            chain.recovered += extra
            if loaded.traits.results_in_order:
                waiting = extra
            else:
                rows += extra
    chain.rows = rows + waiting
