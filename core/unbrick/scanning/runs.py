"""Runs of a session: stretches of the file in which each link of a chain hangs on the link before it.

An ordinary session is a few of them, however long it is. So what is asked of chains is answered run by run.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import compress
from operator import lt

from unbrick.scanning.columns import Groups
from unbrick.scanning.ones import places
from unbrick.scanning.vectors import many, vector

_NOTHING = -3
"""No row, and nothing that a parent can be."""


class Runs:
    """The runs of the links of a session. `links` is 1 for a row that may stand in a chain; `starts` are the links that
    a run begins with, in file order. What stands among the links of a run is no link."""

    def __init__(self, parent_row: array[int], links: bytes) -> None:
        self.parent_row = parent_row
        self.links = links
        self.starts = array("i", _apart(parent_row, links))

    def run(self, row: int) -> tuple[int, int]:
        """The first link of the run that a link is in, and the row that the run ends before."""
        starts = self.starts
        place = bisect_right(starts, row)
        return starts[place - 1], starts[place] if place < len(starts) else len(self.links)

    def start(self, row: int) -> int:
        """The first link of the run that a link is in."""
        return self.starts[bisect_right(self.starts, row) - 1]

    def end(self, row: int) -> int:
        """The row that the run of a link ends before."""
        place = bisect_right(self.starts, row)
        return self.starts[place] if place < len(self.starts) else len(self.links)

    def after(self, row: int) -> int:
        """The link that hangs on another in the same run; -1 for none."""
        return self.links.find(1, row + 1, self.end(row))

    def stretch(self, first: int, end: int) -> Iterator[int]:
        """The links from one row to before another."""
        return compress(range(first, end), self.links[first:end])

    @cached_property
    def in_order(self) -> bool:
        """Whether every parent stands before its children, as in every file that was written from front to back."""
        return all(map(lt, map(self.parent_row.__getitem__, self.starts), self.starts))

    @cached_property
    def _others(self) -> Groups:
        """The starts, by the row that they hang on."""
        return Groups(array("i", map(self.parent_row.__getitem__, self.starts)), self.starts)

    def hanging(self, first: int, end: int) -> Sequence[int]:
        """The starts that hang on rows from one to before another, by these."""
        return self._others.within(first, end)

    def get(self, row: int, default: Sequence[int] = ()) -> Sequence[int]:
        """The rows that hang on a row, in file order, or the default when there are none."""
        if not 0 <= row < len(self.links) or not self.links[row]:
            return default
        near = self.after(row)
        others = self._others.get(row, ())
        if near < 0:
            return others or default
        return (near, *others) if not others or near < others[0] else sorted((near, *others))

    def up(self, row: int) -> Iterator[tuple[int, int]]:
        """A link and what stands above it, up to a root, a missing parent, or where a circle closes: stretches, each
        from its first link to before its last one's next."""
        reached: dict[int, int] = {}
        """Start of a run → the end of its part that was passed."""
        while row >= 0:
            start = self.start(row)
            passed = reached.get(start, start)
            if row >= passed:
                yield passed, row + 1
            if start in reached:
                return
            reached[start] = row + 1
            row = self.parent_row[start]

    def descends(self, row: int, ancestor: int) -> bool:
        """Whether a link is another one or hangs on it."""
        if not self.links[row] or ancestor > max(row, self._above[bisect_right(self.starts, row) - 1]):
            return row == ancestor
        return any(first <= ancestor < end for first, end in self.up(row)) and bool(self.links[ancestor])

    @cached_property
    def _above(self) -> array[int]:
        """For each run the last row of the file that its start hangs on, over however many others; -1 for none."""
        starts = self.starts
        found = array("i", [_NOTHING]) * len(starts)
        for place in range(len(starts)):
            path: list[int] = []
            highest = -1
            while found[place] == _NOTHING:
                found[place] = -1
                path.append(place)
                parent = self.parent_row[starts[place]]
                if parent < 0:
                    break
                place = bisect_right(starts, parent) - 1
            else:
                around = path[path.index(place) :] if place in path else ()
                highest = max((self.parent_row[starts[at]] for at in around), default=found[place])
            for at in reversed(path):
                found[at] = highest = max(highest, self.parent_row[starts[at]])
        return found

    def below(self, row: int) -> list[int]:
        """A link and everything that hangs on it."""
        found: list[int] = []
        reached: dict[int, int] = {}
        """End of a run → its first link that was found, with all behind it."""
        stack = [row]
        while stack:
            first = stack.pop()
            end = self.end(first)
            stop = reached.get(end, end)
            if first < stop:
                reached[end] = first
                found += self.stretch(first, stop)
                stack += self.hanging(first, stop)
        return found

    def roots(self) -> array[int]:
        """For each run the link at which the parents of its links end; -1 where they go round in a circle."""
        starts = self.starts
        found = array("i", [_NOTHING]) * len(starts)
        for place in range(len(starts)):
            path: list[int] = []
            while found[place] == _NOTHING:
                found[place] = -1
                path.append(place)
                parent = self.parent_row[starts[place]]
                if parent < 0:
                    found[place] = starts[place]
                    break
                place = bisect_right(starts, parent) - 1
            for at in path:
                found[at] = found[place]
        return found


def _apart(parent_row: array[int], links: bytes) -> Iterator[int]:
    """The links that do not hang on the link before them."""
    if many(links):
        rows = vector(links).view(bool).nonzero()[0]
        yield from rows[:1].tolist()
        yield from rows[1:][vector(parent_row)[rows[1:]] != rows[:-1]].tolist()
        return
    before = _NOTHING
    for row in places(links):
        if parent_row[row] != before:
            yield row
        before = row
