"""Which row is painted on which line, when nearly every row takes one line."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, compress, repeat
from operator import add, sub
from typing import NamedTuple


class Group(NamedTuple):
    """An exception: `rows` rows from `first` on are painted together in `height` lines; 0 lines hide them."""

    first: int
    rows: int
    height: int


class Groups(NamedTuple):
    """Sorted, disjoint groups as three columns: millions of rows have hundreds of thousands of them."""

    first: array[int]
    rows: array[int]
    height: array[int]

    @classmethod
    def of(cls, groups: Iterable[Group] = ()) -> Groups:
        """Groups that are sorted and disjoint."""
        columns = tuple(zip(*groups, strict=True)) or ((), (), ())
        return cls(*(array("i", column) for column in columns))

    @classmethod
    def around(cls, rows: array[int], total: int) -> Groups:
        """What hides all rows but some sorted ones."""
        first = array("i", chain((0,), map(add, rows, repeat(1))))
        sizes = array("i", map(sub, chain(rows, (total,)), first))
        found = array("i", compress(first, sizes))
        return cls(found, array("i", filter(None, sizes)), array("i", (0,)) * len(found))

    def with_(self, tall: Sequence[Group]) -> Groups:
        """These groups and some single rows, sorted and few, that take more lines; a row that is hidden or folded
        away stays so."""
        columns: tuple[array[int], array[int], array[int]] = (array("i"), array("i"), array("i"))
        done = 0
        for one in tall:
            place = bisect_left(self.first, one.first)
            same = place < len(self.first) and self.first[place] == one.first
            if (same and (self.rows[place] > 1 or not self.height[place])) or (
                place and self.first[place - 1] + self.rows[place - 1] > one.first
            ):
                continue
            for column, own, value in zip(columns, self, one, strict=True):
                column.extend(own[done:place])
                column.append(value)
            done = place + same
        for column, own in zip(columns, self, strict=True):
            column.extend(own[done:])
        return Groups(*columns)

    def instead(self, first: int, last: int, others: Groups) -> Groups:
        """These groups with others in the place of those that begin in a range of rows."""
        start, end = bisect_left(self.first, first), bisect_left(self.first, last)
        return Groups(*(own[:start] + new + own[end:] for own, new in zip(self, others, strict=True)))

    def find(self, row: int) -> Group | None:
        """The group that a row is in."""
        found = bisect_right(self.first, row) - 1
        if found < 0 or row >= self.first[found] + self.rows[found]:
            return None
        return Group(self.first[found], self.rows[found], self.height[found])

    def within(self, first: int, last: int) -> Groups:
        """The groups that begin in a range of rows."""
        start, end = bisect_left(self.first, first), bisect_left(self.first, last)
        return Groups(self.first[start:end], self.rows[start:end], self.height[start:end])


class Layout:
    """Rows of one line each, but for groups. Costs memory for the groups alone."""

    def __init__(self, rows: int, groups: Groups | None = None) -> None:
        self.rows = rows
        self.groups = groups or Groups.of()
        first, counts, heights = self.groups
        self._shift: array[int] = array("i", accumulate(map(sub, heights, counts)))
        """How many lines further down the rows behind each group stand than their numbers say."""
        self._top: array[int] = array("i", map(add, first, chain((0,), self._shift)))
        self.height: int = rows + (self._shift[-1] if self._shift else 0)

    def at(self, y: int) -> tuple[int, int]:
        """Row painted on a line and the line's offset within it; a group answers with its first row."""
        found = bisect_right(self._top, y) - 1
        if found < 0:
            return y, 0
        offset = y - self._top[found]
        if offset < self.groups.height[found]:
            return self.groups.first[found], offset
        return y - self._shift[found], 0

    def top(self, row: int) -> int:
        """First line of a row, or of the group it is in; of what follows it where it is hidden."""
        found = self._find(row)
        if found < 0:
            return row
        if row < self.groups.first[found] + self.groups.rows[found]:
            return self._top[found]
        return row + self._shift[found]

    def group(self, row: int) -> Group:
        """The group of a row; a plain row is a group of one."""
        return self.groups.find(row) or Group(row, 1, 1)

    def seen(self, row: int) -> int:
        """The row that begins the line of a row; for a hidden one the next that is shown, else the last; -1 where none
        is."""
        if not self.height:
            return -1
        return self.at(min(self.top(row), self.height - 1))[0]

    def after(self, row: int) -> int:
        """The row that begins the line after those of a row; as many as there are rows at the end."""
        y = self.top(row) + self.group(row).height
        return self.at(y)[0] if y < self.height else self.rows

    def before(self, row: int) -> int:
        """The row that begins the line before; -1 at the top."""
        y = self.top(row)
        return self.at(y - 1)[0] if y > 0 else -1

    def _find(self, row: int) -> int:
        return bisect_right(self.groups.first, row) - 1
