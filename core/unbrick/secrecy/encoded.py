"""A text as encodings write it that nobody reads: in hexadecimal, in base64, in base64 of UTF-16 and of base64.

Each is found by the letters that stand for the text alone, whatever is encoded before and behind it, and gives way to
as many letters that stand for asterisks: what holds it can still be decoded.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LONG = 8
"""So many bytes a value must have to be told from chance."""
ENOUGH = 64
"""So many letters tell the rest."""
_BREAK = r"(?:\s|\\[nr]){0,16}"
"""Such text is wrapped and indented anywhere, and digits stand in pairs."""
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmopqstuvwxyz0123456789+/-_")
"""What encodings write with, without the letters of an escaped break."""
_OTHERS = bytes(sorted(frozenset(range(256)) - _LETTERS))


class Way(NamedTuple):
    """One way in which a text may be written: what finds it, what takes its place, and the letters that stand in a row
    there once all others are left out."""

    pattern: str
    fill: str
    letters: bytes


def ways(value: str) -> tuple[Way, ...]:
    """The ways in which a value may be encoded; none for one that is too short."""
    plain, wide = value.encode("utf-8", "surrogatepass"), value.encode("utf-16-le", "surrogatepass")
    if len(plain) < LONG:
        return ()
    pairs = [(digits, "2a" * len(plain)) for digits in (plain.hex(), plain.hex().upper())]
    pairs += _cores(wide, b"*\0" * (len(wide) // 2), 2)
    for letters, fill in dict(_cores(plain, b"*" * len(plain))).items():
        pairs += ((letters, fill), *_cores(letters.encode(), fill.encode(), 1))
    return tuple(
        Way(_wrapped(letters), fill, letters[:ENOUGH].encode().translate(None, _OTHERS))
        for letters, fill in dict(pairs).items()
    )


def present(of: Iterable[Way], raw: bytes) -> list[Way]:
    """Those of some ways in which bytes may hold the value."""
    bare = raw.translate(None, _OTHERS)
    return [way for way in of if way.letters in bare]


def _cores(data: bytes, stars: bytes, unit: int = 0) -> Iterator[tuple[str, str]]:
    """The letters of base64 that stand for some bytes alone, by how many bytes of a group of three stand before them,
    in both alphabets; each with those for as many asterisks. So many bytes as a `unit` has stay at an end that shares
    a letter with what is beside it: half of a letter, or of a character, would be none."""
    for before in range(3):
        first, last = unit if before else 0, len(data) - (unit if (before + len(data)) % 3 else 0)
        core = _core(data, before)
        fill = _core(data[:first] + stars[first:last] + data[last:], before)
        yield core, fill
        yield core.replace("+", "-").replace("/", "_"), fill


def _core(data: bytes, before: int) -> str:
    whole = base64.b64encode(b"\0" * before + data).decode()
    return whole[(0, 2, 3)[before] : (before + len(data)) * 8 // 6]


def _wrapped(letters: str) -> str:
    """Letters, wherever they are wrapped. What follows a long beginning that fits, fits."""
    head, rest = letters[:ENOUGH], len(letters) - ENOUGH
    tail = rf"(?:{_BREAK}[\w+/-]){{{rest}}}" if rest > 0 else ""
    return _BREAK.join(map(re.escape, head)) + tail
