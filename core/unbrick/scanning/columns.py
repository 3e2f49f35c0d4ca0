"""Children and tool calls of a session, looked up over columns: nothing is built before it is asked for."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, compress, islice
from operator import gt
from typing import NamedTuple, overload

from unbrick.entry import BlockKind
from unbrick.scanning import ones
from unbrick.scanning.scan import Scan
from unbrick.scanning.vectors import many, vector

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
        if many(uuids):
            from unbrick.scanning.unthreaded import np

            np.maximum.at(np.frombuffer(rows, np.int32), vector(uuids), np.arange(len(uuids), dtype=np.int32))
        else:
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
        return ones.below_zero(self.rows).count(0)


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
        keys = self.keys
        start = bisect_left(keys, key)
        if start == len(keys) or keys[start] >= end:
            return ()
        return self.rows[start : bisect_left(keys, end, start)].tolist()

    def __contains__(self, key: int) -> bool:
        place = bisect_left(self.keys, key)
        return place < len(self.keys) and self.keys[place] == key


class Index:
    """Rows by the number that a column holds for them, of those with a one in `marks`; in file order. Few numbers are
    searched for; when more are asked for, the rows are put in order once."""

    FEW = 16

    def __init__(self, column: array[int], marks: bytes) -> None:
        self.column, self.marks = column, marks
        self._searched = 0

    @cached_property
    def _groups(self) -> Groups:
        return Groups(array("i", compress(self.column, self.marks)), array("i", ones.places(self.marks)))

    def get(self, number: int, default: Sequence[int] = ()) -> Sequence[int]:
        """The rows of a number that is not below 0, or the default when it has none."""
        if number < 0:
            return default
        if self._searched == self.FEW:
            return self._groups.get(number, default)
        self._searched += 1
        return [row for row in ones.where(self.column, number) if self.marks[row]] or default


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
        self._marks = ones.of_kinds(scan.block_kind, BlockKind.TOOL_USE, BlockKind.TOOL_RESULT)
        self._blocks = Index(scan.block_ref, self._marks)
        self._blank = scan.strings.find("")
        self._long: dict[int, Call] = {}
        """The calls of more than two blocks, once asked for: they may be of any length."""

    def answered(self, number: int) -> bool:
        """Whether the file holds a result of a call id, given by its number."""
        kinds = self._scan.block_kind
        return any(kinds[block] == BlockKind.TOOL_RESULT for block in self._at(number))

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
        return (self.made(number, blocks) for number, blocks in self.blocks_of(rows))

    def blocks_of(self, rows: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
        """The same calls as the numbers of their ids and the blocks that carry these."""
        first, marks, refs = self._scan.first, self._marks, self._scan.block_ref
        of_rows = chain.from_iterable(range(first[row], first[row + 1]) for row in rows)
        asked = {refs[block] for block in of_rows if marks[block]}
        if not asked.isdisjoint((NO_ID, self._blank)):
            asked |= {NO_ID, self._blank}
        # Most often these are among the last that were numbered.
        lowest = min(asked, default=NO_ID)
        candidates = ones.both(marks, ones.above(refs, lowest - 1)) if lowest > 0 else marks
        found: dict[int, list[int]] = {}
        for block in ones.places(candidates):
            number = refs[block]
            if number in asked:
                found.setdefault(NO_ID if number == self._blank else number, []).append(block)
        return ((number, found[number]) for number in sorted(found))

    def _numbers(self) -> list[int]:
        """The numbers of all ids, that of no id last."""
        found = {*compress(self._scan.block_ref, self._marks)}
        return [*sorted(found - {NO_ID, self._blank}), *({NO_ID} if found & {NO_ID, self._blank} else ())]

    def _at(self, number: int) -> Sequence[int]:
        """The blocks of a call id, given by its number."""
        if number != NO_ID:
            return self._blocks.get(number)
        refs, none = self._scan.block_ref, (NO_ID, self._blank)
        return [block for block in ones.places(self._marks) if refs[block] in none]

    def _call(self, number: int) -> Call:
        if number in self._long:
            return self._long[number]
        blocks = self._at(number)
        if not blocks:
            raise KeyError(self._scan.strings.text(number) or "")
        call = self.made(number, blocks)
        if len(blocks) > 2:
            self._long[number] = call
        return call

    def made(self, number: int, blocks: Sequence[int]) -> Call:
        """A call of the number of its id and the blocks that carry that."""
        first, kinds = self._scan.first, self._scan.block_kind
        uses: list[tuple[int, int]] = []
        results: list[tuple[int, int]] = []
        for block in blocks:
            row = bisect_right(first, block) - 1
            (uses if kinds[block] == BlockKind.TOOL_USE else results).append((row, block - first[row]))
        return Call(self._scan.strings.text(number) or "", tuple(uses), tuple(results))
