"""A long line without the middle of the texts in it: what is wrong with it, and nearly all of what it means, stands in
the rest. A line of 100 MB is then held once, with one copy of what is cut out of it or made of it."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from typing import Any, NamedTuple

import orjson

LARGE = 1 << 22
"""Bytes up to which a line is read as it is."""
BLOCK = 1 << 16
"""Bytes of a text that are left out together."""
STEP = 16
"""Pieces that a text grows by at a time."""

_NONCE = f"~{os.urandom(8).hex()}."
_MARK = re.compile(re.escape(_NONCE) + "([0-9]+)~")
_OUTSIDE = b"0123456789+-.eEtrufalsnNIiy[]{}:, \t\r\n\xef\xbb\xbf"
"""What may stand outside of a string, in JSON and in what nearly is: NaN, Infinity, a byte order mark."""
_APART = re.compile(rb"[^\\]{6}(?![\x80-\xbf])")
"""What ends neither inside an escape or a character, nor between the halves of a pair of them."""


class Abridged(NamedTuple):
    """A line, its bytes without the middle of each text, and where those are left out: the stretches of the line, the
    place in `text` behind the mark of each, and how many bytes all up to there are longer than their marks."""

    whole: bytes
    text: bytes
    runs: tuple[tuple[int, int], ...] = ()
    behind: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()

    def origin(self, place: int) -> int:
        """Where a place of the text stands in the whole line."""
        found = bisect_right(self.behind, place)
        return place + (self.missing[found - 1] if found else 0)

    def without_nul(self) -> Abridged:
        """The same without NUL: of the line, which is not made, only places are asked then."""
        position = 0
        found: list[int] = []
        for place in self.behind:
            found.append((found[-1] if found else 0) + place - position - self.text.count(b"\0", position, place))
            position = place
        return self._replace(text=self.text.replace(b"\0", b""), behind=tuple(found))

    def restored(self, value: Any, read: Callable[[bytes], Any]) -> Any:  # noqa: ANN401 - JSON in, JSON out
        """The value of the whole line, from that of the text. `read` gives that of the line by itself: where something
        is left out of the name of a member, or of one that a later one of its name hides."""
        left = len(self.runs)
        nodes = [value] if left else []
        while nodes:
            node = nodes.pop()
            for key, inner in node.items() if node.__class__ is dict else enumerate(node):
                if inner.__class__ is str:
                    if _NONCE in inner:
                        node[key] = self._filled(inner)
                        left -= inner.count(_NONCE)
                elif inner.__class__ is dict or inner.__class__ is list:
                    nodes.append(inner)
        return read(self.whole) if left else value

    def _filled(self, text: str) -> str:
        """A text of the whole line. It grows where it stands, which Python does for one that nobody else knows of, so
        that it is not held twice; in large steps, should it be copied at each."""
        pieces = (
            _inside(self.whole[slice(*self.runs[int(part)])]) or "" if place % 2 else part
            for place, part in enumerate(_MARK.split(text))
        )
        found = ""
        for step in iter(lambda: "".join(islice(pieces, STEP)), ""):
            found += step
        return found


def abridged(raw: bytes) -> Abridged:
    """A line without the middle of its long texts; of a line that is not long, all of it.

    What is left out stands inside a string, or in what is no JSON: something that could not stand outside of a string
    stays in front of it. So the text is JSON where the line is, and else breaks off at the same place.
    """
    runs = tuple(_runs(raw)) if len(raw) > LARGE else ()
    if not runs:
        return Abridged(raw, raw)
    pieces, behind, missing = [], [], []
    position = gone = 0
    for number, (start, end) in enumerate(runs):
        pieces += [raw[position:start], f"{_NONCE}{number}~".encode()]
        position = end
        gone += end - start - len(pieces[-1])
        behind.append(end - gone)
        missing.append(gone)
    return Abridged(raw, b"".join((*pieces, raw[position:])), runs, tuple(behind), tuple(missing))


def _runs(raw: bytes) -> Iterator[tuple[int, int]]:
    """Blocks with another block of the same string on either side."""
    string, last = False, None
    for start, end in pairwise(_places(raw)):
        block = raw[start:end]
        if _inside(block) is None:
            string, last = False, None
            continue
        if last is not None:
            yield last
        last = (start, end) if string else None
        string = string or bool(block.translate(None, _OUTSIDE))


def _places(raw: bytes) -> Iterator[int]:
    """Where a string can be cut in two, about a block apart."""
    yield 0
    for start in range(BLOCK, len(raw), BLOCK):
        found = _APART.search(raw, start, start + BLOCK // 2)
        if found is not None:
            yield found.end()


def _inside(block: bytes) -> str | None:
    """What a part of a string says; None where that is not sound, or it is no such part."""
    try:
        text: str = orjson.loads(b'"%b"' % block)
    except orjson.JSONDecodeError:
        return None
    return text
