"""A value in a dump with columns, as `xxd`, `hexdump -C`, `od -t x1z` and others print one: the place of the first
byte, the digits, the characters. Row by row, both give way to asterisks; the columns stay as they are.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate, zip_longest
from typing import NamedTuple

_BEGIN = re.compile(rb"0000[0-9A-Fa-f]{0,12}:?[ \t]{1,4}(?:[0-9A-Fa-f]{2} {0,2}){2}")
"""How one of the first rows begins."""
_ROW = re.compile(r"(?<![0-9A-Fa-f])([0-9A-Fa-f]{4,16}):?[ \t]{1,4}((?:[0-9A-Fa-f]{2} {0,2}){1,32})")
_PAIR = re.compile("[0-9A-Fa-f]{2}")
_GAP = re.compile(r"[ \t]+[|>]?")
STAR = "2a"

Span = tuple[int, int, str]


class Row(NamedTuple):
    """A row: its bytes, where the two digits of each stand, and where the first of the characters does, or -1."""

    data: bytes
    pairs: list[int]
    shown: int


def possible(raw: bytes) -> bool:
    """Whether bytes may hold a dump; fast where they hold none."""
    return b"0000" in raw and _BEGIN.search(raw) is not None


def copies(text: str, value: str) -> list[Span]:
    """Where the dumps of a text hold a value: first and last-plus-one character of what gives way, and to what."""
    wanted = value.encode("utf-8", "surrogatepass")
    return sorted(span for rows in _dumps(text) for span in _of_dump(text, rows, wanted))


def _dumps(text: str) -> Iterator[list[Row]]:
    """The rows of each dump: each begins at the byte where the one before ended."""
    rows: list[Row] = []
    found = [*_ROW.finditer(text)]
    for match, after in zip_longest(found, found[1:]):
        pairs = [pair.start() for pair in _PAIR.finditer(text, *match.span(2))]
        sizes = () if after is None else (int(after[1], base) - int(match[1], base) for base in _bases(match, after))
        size = next((one for one in sizes if 0 < one <= len(pairs)), 0)
        rows.append(_row(text, pairs[:size]) if size else _last(text, pairs))
        if not size:
            yield rows
            rows = []


def _bases(*rows: re.Match[str]) -> tuple[int, ...]:
    """How places may be counted: `od` does so in octal."""
    return (16, 8) if not any(set(row[1]) - set("01234567") for row in rows) else (16,)


def _last(text: str, pairs: list[int]) -> Row:
    """A row whose end nothing tells but its characters: their first ones may look like digits."""
    tried = (_row(text, pairs[:size]) for size in range(len(pairs), 0, -1))
    return next((row for row in tried if row.shown >= 0), _row(text, pairs))


def _row(text: str, pairs: list[int]) -> Row:
    data = bytes(int(text[at : at + 2], 16) for at in pairs)
    gap = _GAP.match(text, pairs[-1] + 2)
    starts = range(pairs[-1] + 3, gap.end() + 1) if gap else ()
    return Row(data, pairs, next((at for at in starts if _shows(text[at : at + len(data)], data)), -1))


def _shows(chars: str, data: bytes) -> bool:
    """Whether characters stand for bytes; for what cannot be printed there may be any."""
    return len(chars) == len(data) and all(
        ord(char) == byte or not 32 <= byte < 127 for char, byte in zip(chars, data, strict=True)
    )


def _of_dump(text: str, rows: list[Row], wanted: bytes) -> Iterator[Span]:
    data = b"".join(row.data for row in rows)
    starts = [0, *accumulate(len(row.data) for row in rows)]
    at = data.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        for number in range(bisect_right(starts, at) - 1, bisect_left(starts, end)):
            row, start = rows[number], starts[number]
            first, last = max(at - start, 0), min(end - start, len(row.data))
            begin, behind = row.pairs[first], row.pairs[last - 1] + 2
            yield begin, behind, _PAIR.sub(STAR, text[begin:behind])
            if row.shown >= 0:
                yield row.shown + first, row.shown + last, "*" * (last - first)
        at = data.find(wanted, end)
