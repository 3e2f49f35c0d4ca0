"""A long line without the middle of the images and documents in it: what is wrong with it, and nearly all of what it
means, stands in the rest. A line of 100 MB is then held once, with one copy of what is cut out of it or made of it."""

from __future__ import annotations

import os
import string
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

LARGE = 1 << 22
"""Bytes up to which a line is read as it is."""
BLOCK = 1 << 14
"""Bytes that are looked at together; runs are found in multiples of it."""
KEPT = 64
"""Bytes of a run that stay on either side: more than anybody looks at beside a place in a line."""

_BASE64 = (string.ascii_letters + string.digits + "+/=-_").encode()
_IN_NUMBERS = b"0123456789+-eE"
_NONCE = os.urandom(8).hex()


class Abridged(NamedTuple):
    """A line, its bytes without the middle of each run, and where those are left out: the place in `text` that stands
    for one, behind its mark, and how many bytes all runs up to there are longer than their marks."""

    whole: bytes
    text: bytes
    runs: tuple[tuple[int, int], ...] = ()
    behind: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()

    def origin(self, place: int) -> int:
        """Where a place of the text stands in the whole line."""
        found = bisect_right(self.behind, place)
        return place + (self.missing[found - 1] if found else 0)

    def cut(self, start: int, end: int) -> bytes:
        """The bytes of the whole line that a stretch of the text stands for."""
        return self.whole[self.origin(start) : self.origin(end)]

    def restored(self, value: Any, read: Callable[[bytes], Any]) -> Any:  # noqa: ANN401 - JSON in, JSON out
        """The value of the whole line, from that of the text. `read` gives the value of any JSON in this line: of the
        whole, where that is simpler, for a run in the name of a member or where a later one of its name hides it."""
        strings = dict(self._strings(read))
        left = len(strings)
        nodes = [value] if left else []
        while nodes:
            node = nodes.pop()
            for key, inner in node.items() if node.__class__ is dict else enumerate(node):
                if inner.__class__ is str:
                    if len(inner) > KEPT and inner in strings:
                        node[key] = strings[inner]
                        left -= 1
                elif inner.__class__ is dict or inner.__class__ is list:
                    nodes.append(inner)
        return read(self.whole) if left else value

    def _strings(self, read: Callable[[bytes], Any]) -> Iterator[tuple[str, str]]:
        """The strings that hold runs, as they are in the text and as they are in the whole line."""
        number, view = 0, memoryview(self.whole)
        while number < len(self.runs):
            start, end = _opening(self.text, self.behind[number]), _closing(self.text, self.behind[number])
            last = bisect_right(self.behind, end)
            short: str = read(self.text[start:end])
            if self.text.find(b"\\", start, end) < 0:
                yield short, str(view[self.origin(start) + 1 : self.origin(end) - 1], "utf-8")
            else:
                pieces, rest = [], short
                for run in range(number, last):
                    before, _, rest = rest.partition(_mark(run).decode())
                    pieces += [before, str(view[slice(*self.runs[run])], "ascii")]
                yield short, "".join((*pieces, rest))
            number = last


def abridged(raw: bytes) -> Abridged:
    """A line without the middle of its runs of base64; of a line that is not long, all of it.

    A run stands inside a string, or in what is no JSON: only those are left out whose first bytes could not belong to a
    number. So the text is JSON where the line is, and else breaks off at the same place.
    """
    runs = tuple(_runs(raw)) if len(raw) > LARGE else ()
    if not runs:
        return Abridged(raw, raw)
    pieces, behind, missing = [], [], []
    position = gone = 0
    for number, (start, end) in enumerate(runs):
        pieces += [raw[position:start], _mark(number)]
        position = end
        gone += end - start - len(pieces[-1])
        behind.append(end - gone)
        missing.append(gone)
    return Abridged(raw, b"".join((*pieces, raw[position:])), runs, tuple(behind), tuple(missing))


def _runs(raw: bytes) -> Iterator[tuple[int, int]]:
    """Stretches of blocks that hold nothing but base64, without what stays of them."""
    first, last = 0, len(raw) // BLOCK * BLOCK
    while first < last:
        end = first
        while end < last and raw.find(b'"', end, end + BLOCK) < 0 and _plain(raw[end : end + BLOCK]):
            end += BLOCK
        if end > first and raw[first : first + KEPT].translate(None, _IN_NUMBERS):
            yield first + KEPT, end - KEPT
        first = end + BLOCK


def _mark(number: int) -> bytes:
    """What stands in the place of a run, and in no line: no two strings become the same."""
    return f"~{_NONCE}.{number}~".encode()


def _plain(block: bytes) -> bool:
    return not block.translate(None, _BASE64)


def _opening(raw: bytes, place: int) -> int:
    """Where the string begins that a place stands in, at its quote."""
    found = raw.rfind(b'"', 0, place)
    while _escaped(raw, found):
        found = raw.rfind(b'"', 0, found)
    return found


def _closing(raw: bytes, place: int) -> int:
    """Where that string ends, behind its quote."""
    found = raw.find(b'"', place)
    while _escaped(raw, found):
        found = raw.find(b'"', found + 1)
    return found + 1


def _escaped(raw: bytes, quote: int) -> bool:
    """Whether a quote is part of its string."""
    first = quote
    while first > 0 and raw[first - 1] == 0x5C:
        first -= 1
    return (quote - first) % 2 == 1
