"""Strings by number: those at hand in a dictionary, the many of a large file closely packed."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, count, islice, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LONGEST = 255
"""Characters up to which lengths are told apart."""
NONE = (1 << 32) - 1
"""The number of None without a sign; in a column it reads -1."""


def as_column(numbers: Iterable[int]) -> bytes:
    """Numbers as the bytes of a column. They have no sign: an array takes those in half the time."""
    return array("I", [*numbers]).tobytes()


class Packed:
    """Strings in some 50 bytes each, where an id in a dictionary takes 220.

    Those that were added together stand behind each other in one text. Which of all are the same is found once, when
    all are there: in the order of their hashes, equal ones stand beside each other.
    """

    def __init__(self) -> None:
        self._joined: list[str] = []
        self._starts: list[int] = []
        """The first number of each text."""
        self._ends = array("I")
        """Of each string, in the text that it stands in."""
        self._hashes = array("I")
        """Of each string; once they are sorted, in their own order."""
        self._sorted = array("i")
        """The numbers in the order of the hashes."""

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, texts: Sequence[str]) -> int:
        """Give strings the next numbers; the first of these."""
        number = len(self)
        if texts:
            self._joined.append("".join(texts))
            self._starts.append(number)
            self._ends.fromlist([*accumulate(map(len, texts))])
            self._hashes.extend(_hashes(texts))
        return number

    def sort(self) -> npt.NDArray[np.int32]:
        """Once all are there: they can be found from here on. The number by which each is known, that of the first
        that is equal; of None, at place -1, its own."""
        from unbrick.scanning.unthreaded import np

        hashes = np.frombuffer(self._hashes, np.uint32)
        self._sorted = array("i", bytes(4 * len(hashes)))
        order, done = np.frombuffer(self._sorted, np.int32), 0
        # In parts, since sorting takes several times the room of what is sorted.
        parts = (hashes >> 29).astype(np.uint8)
        for part in range(8):
            among = np.flatnonzero(parts == part)
            some = hashes[among]
            # 16 bits are counted, not compared: by the lower ones first, then by the upper ones, takes half the time.
            by = np.argsort(some.astype(np.uint16), kind="stable")
            by = by[np.argsort((some[by] >> 16).astype(np.uint16), kind="stable")]
            order[done : done + len(by)] = among[by]
            done += len(by)
        hashes[:] = hashes[order]
        known = np.arange(len(order) + 1, dtype=np.int32)
        known[-1] = -1
        same = np.flatnonzero(hashes[1:] == hashes[:-1]).tolist()
        for start, end in _stretches(same):
            first: dict[str, int] = {}
            for number in order[start : end + 2].tolist():
                known[number] = first.setdefault(self.text(number), number)
        return known

    def find(self, text: str) -> int:
        """Number of a string that was added, else -1."""
        (hashed,), hashes = _hashes((text,)), self._hashes
        at = bisect_left(hashes, hashed)
        while at < len(self._sorted) and hashes[at] == hashed:
            if self.text(self._sorted[at]) == text:
                return self._sorted[at]
            at += 1
        return -1

    def text(self, number: int) -> str:
        """The string of a number."""
        at = bisect_right(self._starts, number) - 1
        begin = self._ends[number - 1] if number > self._starts[at] else 0
        return self._joined[at][begin : self._ends[number]]

    def lengths(self) -> bytes:
        """Characters of each string, in the order of their numbers; 255 stands for more."""
        from unbrick.scanning.unthreaded import np

        ends = np.frombuffer(self._ends, np.uint32)
        parts = (ends[start:end] for start, end in pairwise((*self._starts, len(ends))))
        return b"".join(
            np.minimum(np.diff(part, prepend=np.uint32(0)), LONGEST).astype(np.uint8).tobytes() for part in parts
        )


def _hashes(texts: Iterable[str]) -> array[int]:
    """Half the hash of each string: among millions, few that differ have the same."""
    return array("I", array("q", [*map(hash, texts)]).tobytes())[::2]


def _stretches(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last of those that follow each other without a gap, of numbers that ascend."""
    start = 0
    for at, number in enumerate(numbers):
        if at + 1 == len(numbers) or numbers[at + 1] != number + 1:
            yield numbers[start], number
            start = at + 1


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

    def lengths(self) -> bytes:
        """Characters of each string, by number, where 255 stands for more; of None, at place -1, none."""
        own = bytes(min(len(text), LONGEST) for text in self.own())
        return (b"" if self._packed is None else self._packed.lengths()) + own + b"\0"
