"""Strings by number: those at hand in a dictionary, the many of a large file closely packed."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, count, islice, pairwise

MARK = sys.hash_info.width - 8
"""Bits of a hash below the eight that mark it."""
NONE = (1 << 32) - 1
"""The number of None without a sign; in a column it reads -1."""
FULL = 4
"""Strings for each place, beyond which there are made more places."""


def as_column(numbers: Iterable[int]) -> bytes:
    """Numbers as the bytes of a column. They have no sign: an array takes those in half the time."""
    return array("I", [*numbers]).tobytes()


class Packed:
    """Distinct strings in some 55 bytes each, where an id in a dictionary takes 220, and is found three times faster.

    Those that were added together stand behind each other in one text. Those whose hashes lead to the same place are
    linked: the `last` number of each place, and of each number the one `before` it there; -1: none. A `mark` of each
    hash tells most of them apart.
    """

    def __init__(self, expected: int) -> None:
        self._last = array("i", [-1]) * (1 << expected.bit_length())
        self._before = array("i")
        self._mark = array("b")
        self._ends = array("I")
        """Of each string, in the text that it stands in."""
        self._joined: list[str] = []
        self._starts: list[int] = []
        """The first number of each text."""

    def __len__(self) -> int:
        return len(self._before)

    def add(self, texts: Sequence[str]) -> list[int]:
        """Numbers of strings that differ from each other, given out at first sight."""
        self._make_room(len(self) + len(texts))
        last, before, marks, known = self._last, self._before, self._mark, len(self)
        numbers: list[int] = []
        new: list[str] = []
        mask = len(last) - 1
        for text in texts:
            hashed = hash(text)
            place, mark = hashed & mask, hashed >> MARK
            number = last[place]
            while number >= 0 and (marks[number] != mark or number >= known or self.text(number) != text):
                number = before[number]
            if number < 0:
                number = len(before)
                before.append(last[place])
                marks.append(mark)
                last[place] = number
                new.append(text)
            numbers.append(number)
        if new:
            self._joined.append("".join(new))
            self._starts.append(known)
            self._ends.extend(accumulate(map(len, new)))
        return numbers

    def _make_room(self, count: int) -> None:
        """Keep what shares a place to a few, when more strings come than were expected: a line may hold any number."""
        if count <= FULL * len(self._last):
            return
        last = self._last = array("i", [-1]) * (1 << count.bit_length())
        for number in range(len(self)):
            place = hash(self.text(number)) & (len(last) - 1)
            self._before[number] = last[place]
            last[place] = number

    def find(self, text: str) -> int:
        """Number of a string that was added, else -1."""
        hashed = hash(text)
        number = self._last[hashed & (len(self._last) - 1)]
        while number >= 0 and (self._mark[number] != hashed >> MARK or self.text(number) != text):
            number = self._before[number]
        return number

    def text(self, number: int) -> str:
        """The string of a number."""
        at = bisect_right(self._starts, number) - 1
        begin = self._ends[number - 1] if number > self._starts[at] else 0
        return self._joined[at][begin : self._ends[number]]

    def lengths(self) -> array[int]:
        """Characters of each string, in the order of their numbers."""
        found = array("I")
        for start, end in pairwise([*self._starts, len(self)]):
            ends = self._ends[start:end]
            before = array("I", [0]) + ends[:-1]
            # Ends ascend: where each column is one large number, their difference borrows nothing.
            one, other = (int.from_bytes(column.tobytes(), sys.byteorder) for column in (ends, before))
            found.frombytes((one - other).to_bytes(len(ends) * ends.itemsize, sys.byteorder))
        return found


class Strings:
    """Interned strings: each distinct one has a number. Number -1 stands for None."""

    def __init__(self, packed: Packed | None = None) -> None:
        self._packed = packed
        """Those with the first numbers. Several may share them, once nothing is packed any more."""
        self._first = 0 if packed is None else len(packed)
        # The dictionary's insertion order is the numbering, so that whole columns are numbered without a Python call.
        self._ids: defaultdict[str | None, int] = defaultdict(count(self._first).__next__, {None: NONE})
        self._texts: list[str | None] = []

    def __len__(self) -> int:
        return self._first + len(self._ids) - 1

    def copy(self) -> Strings:
        """The same strings by the same numbers; what is added to one is not added to the other."""
        copy = Strings(self._packed)
        copy._ids = defaultdict(count(len(self)).__next__, self._ids)
        return copy

    def pack(self, texts: list[str]) -> list[int]:
        """Numbers of strings that differ from each other; packed, where there is a place for that."""
        if self._packed is None or len(self) > self._first:
            return [*map(self.id, texts)]
        numbers = self._packed.add(texts)
        self._first = len(self._packed)
        self._ids.default_factory = count(self._first).__next__
        return numbers

    def own(self) -> list[str]:
        """The strings that are not packed, in the order of their numbers."""
        self.text(len(self) - 1)
        return [text for text in self._texts if text is not None]

    def id(self, text: str | None) -> int:
        """Number of a string, given out at first sight; of None, NONE."""
        number = self.find(text)
        return number if number >= 0 else self._ids[text]

    def column(self, texts: Iterable[str | None]) -> bytes:
        """Numbers of many strings, as the bytes of a column."""
        return as_column(map(self._ids.__getitem__ if self._packed is None else self.id, texts))

    def find(self, text: str | None) -> int:
        """Number of a string that was seen, else -1."""
        if text is None:
            return -1
        number = self._ids.get(text, -1)
        return number if number >= 0 or self._packed is None else self._packed.find(text)

    def text(self, number: int) -> str | None:
        """The string of a number."""
        if number < 0:
            return None
        own = number - self._first
        if own < 0 and self._packed is not None:
            return self._packed.text(number)
        if own >= len(self._texts):
            self._texts.extend(islice(self._ids, len(self._texts) + 1, None))
        return self._texts[own]

    def texts(self, numbers: Iterable[int]) -> Iterator[str | None]:
        """The strings of many numbers."""
        if self._packed is not None:
            return map(self.text, numbers)
        self.text(len(self) - 1)
        return map([*self._texts, None].__getitem__, numbers)

    def lengths(self) -> array[int]:
        """Characters of each string, by number; of None, at place -1, none."""
        lengths = array("I") if self._packed is None else self._packed.lengths()
        lengths.extend([*map(len, self.own()), 0])
        return lengths
