"""Children and tool calls of a session, looked up over columns: nothing is built before it is asked for."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, overload

from unbrick.entry import BlockKind
from unbrick.scan import Scan

NO_PARENT = -1
"""The record says that nothing stands before it."""
MISSING = -2
"""The record names a parent that the file does not hold."""


class Call(NamedTuple):
    """A tool call and its results: rows and block indices (within the row) where they stand."""

    ref: str
    uses: tuple[tuple[int, int], ...]
    results: tuple[tuple[int, int], ...]


class RowOf:
    """The row of each uuid, by the number of its string; of several, the last."""

    def __init__(self, uuids: array[int], strings: int) -> None:
        self.rows = rows = array("i", [MISSING]) * (strings + 1)
        for row, number in enumerate(uuids):
            rows[number] = row
        # The last place is also place -1: that of the records that name no parent.
        rows[-1] = NO_PARENT

    @overload
    def get(self, number: int) -> int | None: ...

    @overload
    def get(self, number: int, default: int) -> int: ...

    def get(self, number: int, default: int | None = None) -> int | None:
        """The row of a number, or the default where no record has that id."""
        return self.rows[number] if number in self else default

    def __contains__(self, number: int) -> bool:
        return 0 <= number < len(self.rows) - 1 and self.rows[number] >= 0

    def __len__(self) -> int:
        return len(self.rows) - 1 - self.rows.count(MISSING)


class Groups:
    """Rows by what a column holds for them, in file order; what is below 0 is no group.

    Columns: the `first` row of each group, by its number, and of each row the `following` one of its group; -1: none.
    """

    def __init__(self, column: array[int], count: int, rows: Sequence[int] | None = None) -> None:
        self.first = array("i", [-1]) * count
        self.following = array("i", [-1]) * len(column)
        first, following = self.first, self.following
        for row in reversed(range(len(column)) if rows is None else rows):
            group = column[row]
            if group >= 0:
                following[row] = first[group]
                first[group] = row

    def get(self, group: int, default: Sequence[int] = ()) -> Sequence[int]:
        """The rows of a group, or the default when it has none."""
        row = self.first[group] if 0 <= group < len(self.first) else -1
        if row < 0:
            return default
        found = [row]
        while (row := self.following[row]) >= 0:
            found.append(row)
        return found

    def __getitem__(self, group: int) -> Sequence[int]:
        found = self.get(group)
        if not found:
            raise KeyError(group)
        return found

    def __contains__(self, group: int) -> bool:
        return 0 <= group < len(self.first) and self.first[group] >= 0

    def __iter__(self) -> Iterator[int]:
        return (group for group, row in enumerate(self.first) if row >= 0)

    def __len__(self) -> int:
        return len(self.first) - self.first.count(-1)


def rooted(parent_row: array[int]) -> array[int]:
    """The row at which the parents of each row end, itself for a root; -1 where they go round in a circle."""
    found = array("i", [-2]) * len(parent_row)
    for start in range(len(parent_row)):
        row = start
        path: list[int] = []
        while row >= 0 and found[row] == -2:
            found[row] = -1
            path.append(row)
            row = parent_row[row]
        end = path[-1] if row < 0 and path else found[row] if row >= 0 else -1
        for row in path:
            found[row] = end
    return found


def inherited(parent_row: array[int], marks: bytes) -> bytearray:
    """1 for each row that is marked or has a marked row above it, circles included."""
    found = bytearray(marks)
    done = bytearray(marks)
    for start in range(len(parent_row)):
        row = start
        path: list[int] = []
        while row >= 0 and not done[row]:
            done[row] = 1
            path.append(row)
            row = parent_row[row]
        # A circle that closes here holds no mark: a marked row ends the walk.
        if row >= 0 and found[row]:
            for row in path:
                found[row] = 1
    return found


class Calls(Mapping[str, Call]):
    """Tool calls by id, in file order. Blocks without an id are together under the empty string."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        # By string number; the last place, which is also place -1, is that of blocks without an id.
        count = len(scan.strings) + 1
        self._use = array("i", [-1]) * count
        self._result = array("i", [-1]) * count
        self._more: dict[int, list[int]] = {}
        """Further blocks of an id that is used or answered more than once."""
        self._long: dict[int, Call] = {}
        """The calls of those ids, once asked for: they may be of any length."""
        places = {int(BlockKind.TOOL_USE): self._use, int(BlockKind.TOOL_RESULT): self._result}
        blank = scan.strings.find("")
        for block, (kind, ref) in enumerate(zip(scan.block_kind, scan.block_ref, strict=True)):
            place = places.get(kind)
            if place is None:
                continue
            if ref == blank:
                ref = -1
            if place[ref] < 0:
                place[ref] = block
            else:
                self._more.setdefault(ref, []).append(block)

    def answered(self, number: int) -> bool:
        """Whether the file holds a result of a call id, given by its number."""
        return self._result[number] >= 0

    def __getitem__(self, ref: str) -> Call:
        number = self._scan.strings.find(ref) if ref else -1
        if number < 0 and ref:
            raise KeyError(ref)
        return self._call(number)

    def __iter__(self) -> Iterator[str]:
        text = self._scan.strings.text
        return (text(number) or "" for number in self._numbers())

    def __len__(self) -> int:
        return sum(1 for _ in self._numbers())

    def of_rows(self, rows: Iterable[int]) -> Iterator[Call]:
        """The calls that some rows hold a use or a result of, in file order."""
        scan = self._scan
        first, kinds, refs = scan.first, scan.block_kind, scan.block_ref
        tools = (BlockKind.TOOL_USE, BlockKind.TOOL_RESULT)
        blocks = chain.from_iterable(range(first[row], first[row + 1]) for row in rows)
        found = {refs[block] for block in blocks if kinds[block] in tools}
        blank = scan.strings.find("")
        return map(self._call, sorted(-1 if ref == blank else ref for ref in found))

    def _numbers(self) -> Iterator[int]:
        last = len(self._use) - 1
        for number, (use, result) in enumerate(zip(self._use, self._result, strict=True)):
            if use >= 0 or result >= 0:
                yield -1 if number == last else number

    def _call(self, number: int) -> Call:
        if number not in self._more:
            return self._made(number)
        if number not in self._long:
            self._long[number] = self._made(number)
        return self._long[number]

    def _made(self, number: int) -> Call:
        use, result = self._use[number], self._result[number]
        if use < 0 and result < 0:
            raise KeyError(self._scan.strings.text(number) or "")
        uses, results = [use] if use >= 0 else [], [result] if result >= 0 else []
        for block in self._more.get(number, ()):
            (uses if self._scan.block_kind[block] == BlockKind.TOOL_USE else results).append(block)
        return Call(self._scan.strings.text(number) or "", self._places(uses), self._places(results))

    def _places(self, blocks: list[int]) -> tuple[tuple[int, int], ...]:
        first = self._scan.first
        rows = ((bisect_right(first, block) - 1, block) for block in blocks)
        return tuple((row, block - first[row]) for row, block in rows)
