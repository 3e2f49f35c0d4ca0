"""A long line without the middle of the texts in it: what is wrong with it, and nearly all of what it means, stands in
the rest. A line of 100 MB is then held once, with one copy of what is cut out of it or made of it."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise
from typing import Any, NamedTuple

import orjson

from unbrick.jsonspan import JSON_DECODER

LARGE = 1 << 22
"""Bytes up to which a line is read as it is."""
BLOCK = 1 << 16
"""Bytes of a text that are left out together."""
STEP = 16
"""Pieces that a text grows by at a time."""

_NONCE = f"~{os.urandom(8).hex()}."
_MARK = re.compile(re.escape(_NONCE) + "([0-9]+)~")
_OUTSIDE = b"0123456789+-.eEtrufalsnNIiy[]{}:, \t\r\n\xef\xbb\xbf\0"
"""What may stand outside of a string, in JSON and in what nearly is: NaN, Infinity, a byte order mark, NUL."""
_APART = re.compile(
    rb'(?:[^\\\0]{6}|\\u(?![dD][89abAB])[0-9a-fA-F]{4}|\\["/bfnrt])(?=[^\0\x80-\xbf])|[\x80-\xbf]{6}(?=[^\0])'
)
r"""What ends neither inside an escape or a character, nor between the halves of a pair of them, whether or not its own
backslash is the second one of `\\`. Behind six bytes that continue a character stands none that they belong to."""
_HALF = re.compile("[\ud800-\udfff]")
_WIDE = re.compile(r"[^\x00-\x7f]")


class Abridged(NamedTuple):
    """A line, its bytes without the middle of each text, and where those are left out: the stretches of the line, the
    place in `text` behind the mark of each, and how many bytes all up to there are longer than their marks."""

    whole: bytes
    text: bytes
    runs: tuple[tuple[int, int], ...] = ()
    behind: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    sound: bool = True
    """Whether nothing that is left out holds NUL, what is no UTF-8, or half of a surrogate pair."""

    def origin(self, place: int) -> int:
        """Where a place of the text stands in the whole line."""
        found = bisect_right(self.behind, place)
        return place + (self.missing[found - 1] if found else 0)

    def restored(self, value: Any, read: Callable[[bytes], Any], light: bool = False) -> Any:  # noqa: ANN401 - JSON
        """The value of the whole line, from that of the text; with `light`, long texts that are not ASCII as `_light`
        gives them. `read` gives that of the line by itself: where something is left out of the name of a member, or of
        one that a later one of its name hides."""
        left = len(self.runs)
        nodes = [value] if left else []
        while nodes:
            node = nodes.pop()
            for key, inner in node.items() if node.__class__ is dict else enumerate(node):
                if inner.__class__ is str:
                    if _NONCE in inner:
                        node[key] = (self._light(inner) if light else None) or _grown(self.pieces(inner))
                        left -= inner.count(_NONCE)
                elif inner.__class__ is dict or inner.__class__ is list:
                    nodes.append(inner)
        return read(self.whole) if left else value

    def pieces(self, text: str) -> Iterator[str]:
        """What a text of the value says in the whole line, piece by piece; each second one is left out of it."""
        for place, part in enumerate(_MARK.split(text)):
            yield _inside(self.whole[slice(*self.runs[int(part)])])[0] or "" if place % 2 else part

    def _light(self, text: str) -> str | None:
        """A text in ASCII, which takes a byte a character in memory where another one takes up to four. It has as many
        characters as the text of the whole line, comes to as many bytes of JSON, begins and ends like it but for
        question marks, and only the same text gives the same. None where that cannot be: where all of it is escaped."""
        from hashlib import blake2b  # takes longer to load than a small check has

        kept = _MARK.split(text)[::2]
        if kept[0].isspace() or kept[-1].isspace():
            return None
        more = sum(_written(part) - _written(_plain(part)) for part in kept)
        digest = blake2b(repr(kept).encode(), digest_size=16)

        def light() -> Iterator[str]:
            nonlocal more
            for place, piece in enumerate(self.pieces(text)):
                if place % 2 and (more or not piece.isascii()):
                    # Characters of six bytes and of two make up for what all others lack.
                    digest.update(piece.encode("utf-8", "surrogatepass"))
                    more += _written(piece) - len(piece)
                    sixes = min(more // 5, len(piece))
                    twos = min(more - 5 * sixes, len(piece) - sixes)
                    more -= 5 * sixes + twos
                    ones = len(piece) - sixes - twos
                    yield "\x01" * sixes + '"' * twos + digest.hexdigest().ljust(ones, "?")[:ones]
                else:
                    yield _plain(piece)

        found = _grown(light())
        return None if more else found


def _grown(pieces: Iterable[str]) -> str:
    """A text of pieces. It grows where it stands, which Python does for one that nobody else knows of, so that it is
    not held twice; in large steps, should it be copied at each."""
    left, found = iter(pieces), ""
    for step in iter(lambda: "".join(islice(left, STEP)), ""):
        found += step
    return found


def _plain(text: str) -> str:
    return text if text.isascii() else _WIDE.sub(lambda found: " " if found[0].isspace() else "?", text)


def _written(text: str) -> int:
    """Bytes of a text in JSON, halves of surrogate pairs as U+FFFD."""
    try:
        return len(orjson.dumps(text)) - 2
    except TypeError:
        return len(orjson.dumps(_HALF.sub("\ufffd", text))) - 2


def abridged(raw: bytes) -> Abridged:
    """A line without the middle of its long texts; of a line that is not long, all of it.

    What is left out stands inside a string, or in what is no JSON: something that could not stand outside of a string
    stays in front of it. So the text is JSON where the line is, and else breaks off at the same place.
    """
    found = tuple(_runs(raw)) if len(raw) > LARGE else ()
    if not found:
        return Abridged(raw, raw)
    pieces, behind, missing = [], [], []
    position = gone = 0
    for number, (start, end, _sound) in enumerate(found):
        pieces += [raw[position:start], f"{_NONCE}{number}~".encode()]
        position = end
        gone += end - start - len(pieces[-1])
        behind.append(end - gone)
        missing.append(gone)
    runs = tuple((start, end) for start, end, _sound in found)
    sound = all(sound for _start, _end, sound in found)
    return Abridged(raw, b"".join((*pieces, raw[position:])), runs, tuple(behind), tuple(missing), sound)


def _runs(raw: bytes) -> Iterator[tuple[int, int, bool]]:
    """Blocks with another block of the same string on either side, and whether the fast reader takes each."""
    string, last = False, None
    for start, end in pairwise(_places(raw)):
        block = raw[start:end]
        text, sound = _inside(block)
        if text is None:
            string, last = False, None
            continue
        if last is not None:
            yield last
        last = (start, end, sound) if string else None
        string = string or bool(block.translate(None, _OUTSIDE))


def _places(raw: bytes) -> Iterator[int]:
    """Where a string can be cut in two, about a block apart."""
    yield 0
    for start in range(BLOCK, len(raw), BLOCK):
        found = _APART.search(raw, start, start + BLOCK // 2)
        if found is not None:
            yield found.end()


def _inside(block: bytes) -> tuple[str | None, bool]:
    """What a part of a string says to who reads all that can be read, None where it is no such part; and whether the
    fast reader takes it."""
    try:
        return orjson.loads(b'"%b"' % block), True
    except orjson.JSONDecodeError:
        pass
    try:
        return JSON_DECODER.decode((b'"%b"' % block.replace(b"\0", b"")).decode("utf-8", "replace")), False
    except ValueError:
        return None, False
