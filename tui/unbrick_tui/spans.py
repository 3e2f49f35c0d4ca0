"""Calls and their results, laid into lanes beside the rows so that those that are open at the same time stand apart."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import IntFlag
from itertools import pairwise
from typing import NamedTuple

from unbrick.entry import BlockKind
from unbrick.scanning.ones import of_kinds, places
from unbrick.scanning.scan import Scan

LANES = 3
"""Pairs that are open at once and still have a lane of their own; further ones are counted."""


class Cell(IntFlag):
    """What happens in a lane at a row."""

    NOTHING = 0
    OPEN = 1
    START = 2
    END = 4


class Pairs(NamedTuple):
    """Pairs of rows as two columns, each sorted: where they start and where they end."""

    first: array[int]
    last: array[int]

    def at(self, row: int) -> tuple[int, int, int]:
        """How many pairs pass a row, start there, end there."""
        first, last = self.first, self.last
        before, begun = bisect_left(first, row), bisect_right(first, row)
        ended, left = bisect_left(last, row), bisect_right(last, row)
        return before - left, begun - before, left - ended


@dataclass(frozen=True)
class Spans:
    """The pairs of a session that lie on different rows, a call id used or answered twice as one: all of them, and
    those in each lane, which never meet there."""

    every: Pairs
    lanes: tuple[Pairs, ...]

    @classmethod
    def of(cls, scan: Scan) -> Spans:
        """Lay the pairs of a scan into lanes, each into the first that is free."""
        begun, ended = _pairs(scan)
        lanes = tuple(Pairs(array("i"), array("i")) for _ in range(LANES))
        for row, end in zip(begun, ended, strict=True):
            for first, last in lanes:
                if not last or last[-1] < row:
                    first.append(row)
                    last.append(end)
                    break
        return cls(Pairs(begun, array("i", sorted(ended))), tuple(lane for lane in lanes if lane.first))

    def cells(self, row: int, most: int = LANES) -> tuple[tuple[Cell, ...], int, bool]:
        """What happens at a row in each of at most so many lanes, how many pairs are open beside them, and whether one
        of those starts or ends there."""
        passing, starting, ending = self.every.at(row)
        cells = []
        for lane in self.lanes[:most]:
            passes, starts, ends = lane.at(row)
            passing, starting, ending = passing - passes, starting - starts, ending - ends
            cells.append(Cell.START if starts else Cell.END if ends else Cell.OPEN if passes else Cell.NOTHING)
        return tuple(cells), passing + starting + ending, bool(starting or ending)

    def joined(self, row: int) -> tuple[tuple[int, int, int], ...]:
        """The pairs in lanes that start or end at a row, as (lane, first row, last row)."""
        found = []
        for lane, (first, last) in enumerate(self.lanes):
            place = bisect_left(last, row)  # A pair ends where it starts or behind; in a lane, in the same order.
            if place < len(last) and row in (first[place], last[place]):
                found.append((lane, first[place], last[place]))
        return tuple(found)

    def more(self, most: int = LANES) -> bool:
        """Whether any pair has no place in so many lanes."""
        return len(self.every.first) > sum(len(lane.first) for lane in self.lanes[:most])


def _pairs(scan: Scan) -> tuple[array[int], array[int]]:
    """The rows where each pair starts and ends, sorted: the first and last row of an id."""
    firsts, refs = scan.first, scan.block_ref
    halves = of_kinds(scan.block_kind, BlockKind.TOOL_USE, BlockKind.TOOL_RESULT)
    # The last place is also place -1: that of no id.
    last = array("i", (-1,)) * (len(scan.strings) + 1)
    row = 0
    for block in places(halves):
        while firsts[row + 1] <= block:
            row += 1
        last[refs[block]] = row
    last[-1] = -1
    begun, ended = array("i"), array("i")
    row = 0
    for block in places(halves):
        while firsts[row + 1] <= block:
            row += 1
        end = last[refs[block]]
        if end >= row:
            last[refs[block]] = -1
            if end > row:
                begun.append(row)
                ended.append(end)
    for row in {row for row, after in pairwise(begun) if row == after}:
        start, stop = bisect_left(begun, row), bisect_right(begun, row)
        ended[start:stop] = array("i", sorted(ended[start:stop]))
    return begun, ended
