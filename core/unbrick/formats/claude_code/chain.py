"""The walk from a leaf to its root as the client does it: bridges, cycles, boundaries, parallel results."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field

from unbrick.entry import BlockKind, Flag, Kind
from unbrick.formats.claude_code.behaviour import Gap
from unbrick.formats.claude_code.loaded import MISSING, NO_PARENT, Loaded, times
from unbrick.scanning.columns import NO_ID
from unbrick.scanning.ones import both, either, places, without

REACH = 5.0005
"""Seconds before a record within which clients look for a stand-in for its missing parent: 5 s are still bridged,
5.001 s no longer (measured on 2.1.139 and 2.1.329)."""


@dataclass
class Chain:
    """Rows from the root to the leaf. `breaks` are rows whose parent was not followed, with the reason."""

    rows: array[int]
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
        loaded, traits = self.loaded, self.loaded.traits
        boundaries = loaded.session.scan.kinds(Kind.BOUNDARY)
        chain = Chain(self._straight(leaf, boundaries))
        row = chain.rows[-1]
        seen: set[int] = set()
        self._below.clear()
        while not boundaries[row]:
            parent = loaded.parent(row)
            if parent == NO_PARENT:
                break
            seen = seen or set(chain.rows)
            if parent == MISSING or parent in seen:
                gap, why = (traits.missing, "its parent is not in the file") if parent == MISSING else (
                    traits.cycle_large if loaded.large else traits.cycle, "its parents go round in a circle"
                )
                chain.hangs = gap is Gap.HANG
                before = self.nearest(row, seen) if gap is Gap.BRIDGE else None
                if before is None:
                    chain.breaks.append((row, why))
                    break
                chain.bridged[row] = parent = before
            row = parent
            seen.add(row)
            chain.rows.append(row)
        chain.boundary = row if boundaries[row] else None
        chain.rows.reverse()
        return chain

    def _straight(self, leaf: int, boundaries: bytes) -> array[int]:
        """A leaf and what stands before it, run by run where the client finds every parent that the session says: up to
        a root, a boundary, or a link that it does not go on from."""
        runs = self.loaded.session.runs
        rows = array("i", (leaf,))
        if not self.loaded.whole or self.loaded.override or not runs.links[leaf]:
            return rows
        rows.pop()
        for first, end in runs.up(leaf):
            boundary = boundaries.rfind(1, first, end)
            stretch = array("i", runs.stretch(max(first, boundary), end))
            stretch.reverse()
            rows.extend(stretch)
            if boundary >= 0:
                break
        return rows

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
    on_chain = bytearray(len(scan))
    for row in chain.rows:
        on_chain[row] = 1
    off = [*places(without(loaded.alive, either(on_chain, scan.marked(Flag.SIDECHAIN))))]
    # The responses that something off the chain belongs to, or hangs on.
    near = {
        ids[one] for row in off for one in (row, loaded.parent(row)) if one >= 0 and loaded.alive[one] and replies[one]
    } - {NO_ID}
    last: dict[int, int] = {}
    walked: dict[int, list[int]] = {}
    for row in chain.rows if near else ():
        if ids[row] in near and replies[row]:
            last[ids[row]] = row
            walked.setdefault(ids[row], []).append(row)
    if not last:
        return
    member: dict[int, int] = {}
    found: dict[int, list[int]] = {}
    beside: dict[int, list[int]] = {}
    called: set[int] = set()
    for row in places(both(loaded.alive, replies)):
        message = ids[row]
        if message in last:
            member[row] = last[message]
            if not on_chain[row] and not flags[row] & Flag.SIDECHAIN:
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
    rows = array("i")
    waiting: list[int] = []
    for row in chain.rows:
        if waiting and kinds[row] == Kind.USER and loaded.parent(row) in member:
            rows.extend(other for other in waiting if other < row)
            waiting = [other for other in waiting if other > row]
        elif waiting:
            rows.extend(waiting)
            waiting = []
        rows.append(row)
        if row in beside:
            chain.recovered += beside[row]
            rows.extend(beside[row])
        if row in found:
            extra = sorted(found[row], key=lambda other: (kinds[other] != Kind.ASSISTANT, other))
            chain.recovered += extra
            if loaded.traits.results_in_order:
                waiting = extra
            else:
                rows.extend(extra)
    rows.extend(waiting)
    chain.rows = rows
