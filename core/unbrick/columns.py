"""Children and tool calls of a session, looked up over columns: nothing is built before it is asked for."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, count, islice
from operator import gt
from typing import NamedTuple, overload

from unbrick.entry import BlockKind
from unbrick.scan import Scan

NO_PARENT = -1
"""The record says that nothing stands before it."""
MISSING = -2
"""The record names a parent that the file does not hold."""
NO_ID = -1
"""The number of no string."""


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
    """Rows by a key of each, in file order within a group. Two columns, in the order of the keys; the keys of most
    columns come in order already."""

    def __init__(self, keys: array[int], rows: array[int]) -> None:
        if any(map(gt, keys, islice(keys, 1, None))):
            order = sorted(range(len(keys)), key=keys.__getitem__)
            keys = array(keys.typecode, map(keys.__getitem__, order))
            rows = array(rows.typecode, map(rows.__getitem__, order))
        self.keys, self.rows = keys, rows

    def get(self, key: int, default: Sequence[int] = ()) -> Sequence[int]:
        """The rows of a key that is not below 0, or the default when it has none."""
        return (self.within(key, key + 1) or default) if key >= 0 else default

    def within(self, key: int, end: int) -> Sequence[int]:
        """The rows of all keys from one to before another, by these."""
        start = bisect_left(self.keys, key)
        return self.rows[start : bisect_left(self.keys, end, start)].tolist()

    def __contains__(self, key: int) -> bool:
        place = bisect_left(self.keys, key)
        return place < len(self.keys) and self.keys[place] == key


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
        self._uses = _by_ref(scan, BlockKind.TOOL_USE)
        self._results = _by_ref(scan, BlockKind.TOOL_RESULT)
        self._long: dict[int, Call] = {}
        """The calls that are used or answered more than once, once asked for: they may be of any length."""

    def answered(self, number: int) -> bool:
        """Whether the file holds a result of a call id, given by its number."""
        return number in self._results

    def __getitem__(self, ref: str) -> Call:
        number = self._scan.strings.find(ref) if ref else NO_ID
        if number < 0 and ref:
            raise KeyError(ref)
        return self._call(number)

    def __iter__(self) -> Iterator[str]:
        text = self._scan.strings.text
        return (text(number) or "" for number in self._numbers())

    def __len__(self) -> int:
        return len(self._numbers())

    def of_rows(self, rows: Iterable[int]) -> Iterator[Call]:
        """The calls that some rows hold a use or a result of, in file order."""
        scan = self._scan
        first, kinds, refs = scan.first, scan.block_kind, scan.block_ref
        tools = (BlockKind.TOOL_USE, BlockKind.TOOL_RESULT)
        blocks = chain.from_iterable(range(first[row], first[row + 1]) for row in rows)
        found = {refs[block] for block in blocks if kinds[block] in tools}
        blank = scan.strings.find("")
        return map(self._call, sorted({NO_ID if ref == blank else ref for ref in found}))

    def _numbers(self) -> list[int]:
        """The numbers of all ids, that of no id last."""
        return sorted({*self._uses.keys, *self._results.keys}, key=lambda number: (number < 0, number))

    def _call(self, number: int) -> Call:
        if number in self._long:
            return self._long[number]
        uses = self._uses.within(number, number + 1)
        results = self._results.within(number, number + 1)
        if not uses and not results:
            raise KeyError(self._scan.strings.text(number) or "")
        call = Call(self._scan.strings.text(number) or "", self._places(uses), self._places(results))
        if len(uses) > 1 or len(results) > 1:
            self._long[number] = call
        return call

    def _places(self, blocks: Sequence[int]) -> tuple[tuple[int, int], ...]:
        first = self._scan.first
        rows = ((bisect_right(first, block) - 1, block) for block in blocks)
        return tuple((row, block - first[row]) for row, block in rows)


def _by_ref(scan: Scan, kind: BlockKind) -> Groups:
    """The blocks of a kind by the number of their call id."""
    marks = scan.block_kind.tobytes().translate(bytes(byte == kind for byte in range(256)))
    refs = array("i", compress(scan.block_ref, marks))
    blank = scan.strings.find("")
    if blank >= 0 and blank in refs:
        refs = array("i", (NO_ID if ref == blank else ref for ref in refs))
    return Groups(refs, array("I", compress(count(), marks)))
