"""Which row is painted on which line, when nearly every row takes one line."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple


class Group(NamedTuple):
    """An exception: `rows` rows from `first` on are painted together in `height` lines."""

    first: int
    rows: int
    height: int


class SparseLayout:
    """Rows of one line each, but for sorted, disjoint groups. Costs memory for the groups alone."""

    def __init__(self, rows: int, groups: Iterable[Group] = ()) -> None:
        self.rows = rows
        self._first = array("q")
        self._rows = array("q")
        self._height = array("q")
        self._top = array("q")
        self._shift = array("q")
        shift = 0
        for first, count, height in groups:
            self._first.append(first)
            self._rows.append(count)
            self._height.append(height)
            self._top.append(first + shift)
            shift += height - count
            self._shift.append(shift)
        self.height = rows + shift

    def at(self, y: int) -> tuple[int, int]:
        """Row painted on a line and the line's offset within it; a group answers with its first row."""
        found = bisect_right(self._top, y) - 1
        if found < 0:
            return y, 0
        offset = y - self._top[found]
        if offset < self._height[found]:
            return self._first[found], offset
        return y - self._shift[found], 0

    def top(self, row: int) -> int:
        """First line of a row, or of the group it is in."""
        found = self._find(row)
        if found < 0:
            return row
        if row < self._first[found] + self._rows[found]:
            return self._top[found]
        return row + self._shift[found]

    def group(self, row: int) -> Group:
        """The group of a row; a plain row is a group of one."""
        found = self._find(row)
        if found >= 0 and row < self._first[found] + self._rows[found]:
            return Group(self._first[found], self._rows[found], self._height[found])
        return Group(row, 1, 1)

    def after(self, row: int) -> int:
        """The next row that begins a line."""
        group = self.group(row)
        return group.first + group.rows

    def before(self, row: int) -> int:
        """The row that begins the line before; -1 at the top."""
        group = self.group(row)
        return self.group(group.first - 1).first if group.first > 0 else -1

    def _find(self, row: int) -> int:
        return bisect_right(self._first, row) - 1
