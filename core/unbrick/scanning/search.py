"""Finding text in the records of a view, by the bytes of the file wherever these decide it.

What a person types is text, what the file holds is JSON: a line feed is written `\\n` there, a quote `\\"`, and any
character may be written `\\u` and four digits. So letters that every writer spells in one way are looked for in the
bytes, a megabyte at a time, and a record is decoded only where that leaves a doubt.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from unbrick.patch import View
from unbrick.record import END, read
from unbrick.source import Source

CHUNK = 1 << 20


class Found(NamedTuple):
    """So many rows were looked at so far; `rows` are those of them, since the last time, that hold the text."""

    done: int
    rows: tuple[int, ...]


def find(
    view: View, pattern: str, *, regex: bool = False, ignore_case: bool = False, first: int = 0
) -> Generator[Found, None, None]:
    """Rows with a string, be it the name of a member, that holds the pattern; a line that cannot be read is one text.

    Begins at row `first` and goes on around the end. Yields for each megabyte and each patched line, also where nothing
    was found; whoever stops asking cancels it. With `ignore_case` both sides are compared in lower case. Raises
    ValueError, when first asked, for a regular expression that is none.
    """
    wanted = _wanted(pattern, regex, ignore_case)
    done = 0
    for start, end in ((first, len(view)), (0, first)):
        for row, count, offsets in _stretches(
            view, start, end, lambda chunk: _offsets(chunk, wanted), lambda raw: _holds(raw, wanted)
        ):
            done += count
            yield Found(done, tuple(row + offset for offset in offsets))


def suspects(view: View, possible: Callable[[bytes], bool]) -> Generator[Found, None, None]:
    """Rows whose bytes may hold something, as `possible` says of a megabyte of lines, and then of each of them. Yields
    as `find` does."""

    def offsets(chunk: _Chunk) -> list[int]:
        if not possible(chunk.raw):
            return []
        return [at for at in range(len(chunk)) if possible(chunk.raw[slice(*chunk.span(chunk.first + at))])]

    done = 0
    for row, count, found in _stretches(view, 0, len(view), offsets, possible):
        done += count
        yield Found(done, tuple(row + offset for offset in found))


@dataclass(frozen=True)
class _Wanted:
    """What is looked for: `holds` decides for a text.

    One of `keys` stands in every line that holds it, or else the line spells plain characters as escapes; without keys
    any line may hold it. `lower` tells whether keys are in lower case, `whole` whether a key inside a string is all
    that is wanted, `bare` whether a key may stand outside strings as well.
    """

    holds: Callable[[str], bool]
    keys: tuple[bytes, ...] = ()
    lower: bool = False
    whole: bool = False
    bare: bool = False


_PLAIN = re.compile(r"[A-Za-z0-9 _.,:;!?()\[\]{}|~^@#$%*+=-]+")
"""Characters that all writers of JSON leave as they are; some escape `<`, `>`, `&`, `'` and `/`."""
_SPELLED = re.compile(rb"\\u00[02-7]")
"""A character that hardly any writer spells as an escape of four digits."""
_OUTSIDE = ("true", "false", "null", "E")
"""Letters that stand outside strings."""


def _wanted(pattern: str, regex: bool, ignore_case: bool) -> _Wanted:
    if regex:
        try:
            search = re.compile(pattern, re.IGNORECASE if ignore_case else 0).search
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"not a regular expression: {error}") from error
        key = sure(pattern, ignore_case=ignore_case)
        return _Wanted(lambda text: search(text) is not None, (key.encode(),) if key else (), ignore_case)
    needle = pattern.lower() if ignore_case else pattern

    def holds(text: str) -> bool:
        return needle in (text.lower() if ignore_case else text)

    run = max(_PLAIN.findall(needle), key=len, default="")
    if run:
        bare = all(any(letters in word for word in _OUTSIDE) for letters in re.findall(r"[A-Za-z]+", run))
        return _Wanted(holds, (run.encode(),), ignore_case, run == needle, bare)
    if not needle:
        return _Wanted(holds)
    # Nothing plain in it: all of it in each spelling, or where case counts for nothing, its first character.
    texts = {needle} if needle == needle.upper() or not ignore_case else {
        char for char in map(chr, range(128, 0x110000)) if char.lower() == needle[0]
    }
    return _Wanted(holds, tuple(sorted({key for text in texts for key in _spellings(text)})), ignore_case)


_TOKEN = re.compile(r"\\(?:x..|u.{4}|U.{8}|N\{[^}]*\}|\d+|.)|\[\^?\]?(?:\\.|[^\]\\])*\]|\{[\d,]*\}|.", re.DOTALL)
"""A piece of a regular expression: an escape, a set of characters, a count, or one character."""
_FOLDED = "iksIKS"
"""Letters that a regular expression without regard to case also finds outside ASCII: the dotless i, the sign of the
kelvin, the long s."""


def sure(pattern: str, *, ignore_case: bool = False) -> str:
    """The longest text known to stand in whatever a regular expression matches, in lower case where case counts for
    nothing; empty for none. Only what stands outside groups is looked at, and nothing where there are alternatives,
    flags, or braces that are no count."""
    if "|" in pattern or "(?" in pattern:
        return ""
    found: list[str] = []
    depth = 0
    for token in _TOKEN.findall(pattern):
        if token == "{":
            return ""
        depth += (token == "(") - (token == ")")
        if token in "?*" or token[0] == "{":
            found[-1:] = "\n"
        escaped = len(token) == 2 and token[0] == "\\" and not token[1].isalnum()
        letter = token[1] if escaped else token
        plain = escaped or (len(token) == 1 and token not in "().^$+?*[]")
        found.append(letter if plain and not depth and not (ignore_case and letter in _FOLDED) else "\n")
    run: str = max(_PLAIN.findall("".join(found)), key=len, default="")
    return run.lower() if ignore_case else run


def _spellings(text: str) -> Iterator[bytes]:
    """A text inside JSON as writers put it: as it is, with a slash escaped, and as ASCII."""
    raw = json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")
    ascii_ = json.dumps(text)[1:-1]
    upper = re.sub(r"\\u(....)", lambda found: "\\u" + found[1].upper(), ascii_)
    for spelled in (raw, ascii_.encode(), upper.encode()):
        yield spelled
        yield spelled.replace(b"/", b"\\/")


def _stretches(
    view: View, start: int, end: int, offsets: Callable[[_Chunk], list[int]], holds: Callable[[bytes], bool],
) -> Iterator[tuple[int, int, list[int]]]:
    """First row, count, and the offsets of those that hold it, for stretches of rows; a patched one is a stretch."""
    touched = sorted(line for line in view.patch if 0 < line < END)
    ends = view.source.ends
    row = start
    while row < end:
        line = view.at(row).line
        if line in view.patch:
            yield row, 1, [0] if holds(view.raw(row)) else []
            row += 1
            continue
        following = bisect_left(touched, line)
        last = min(line - 1 + end - row, touched[following] - 1 if following < len(touched) else len(ends))
        chunk = _Chunk(view.source, line - 1, last)
        yield row, len(chunk), offsets(chunk)
        row += len(chunk)


class _Chunk:
    """The bytes of lines from index `first` on, up to a megabyte or a single line, and before index `last`."""

    def __init__(self, source: Source, first: int, last: int) -> None:
        self.begin = source.span(first)[0]
        self.first = first
        self.ends = source.ends
        self.last = min(last, max(bisect_right(self.ends, self.begin + CHUNK), first + 1))
        self.raw = source.read(self.begin, self.ends[self.last - 1])

    def __len__(self) -> int:
        return self.last - self.first

    def at(self, position: int) -> int:
        """The index of the line that a byte of the chunk is in."""
        return bisect_right(self.ends, self.begin + position, self.first, self.last - 1)

    def span(self, index: int) -> tuple[int, int]:
        """Where a line stands in the chunk, with what parts it from the one before."""
        return (self.ends[index - 1] - self.begin if index > self.first else 0), self.ends[index] - self.begin


def _offsets(chunk: _Chunk, wanted: _Wanted) -> list[int]:
    """Which of the lines of a chunk hold it, counted from its first."""
    raw = chunk.raw
    if not wanted.keys:
        return [at for at in range(len(chunk)) if _holds(raw[slice(*chunk.span(chunk.first + at))], wanted)]
    found: dict[int, bool] = {}
    folded = raw.lower() if wanted.lower else raw
    for key in wanted.keys:
        position = folded.find(key)
        while position >= 0:
            at = chunk.at(position)
            start, end = chunk.span(at)
            if at not in found:
                sure = wanted.whole and _certain(raw, start, position, wanted.bare)
                found[at] = sure or _holds(raw[start:end], wanted)
            position = folded.find(key, end)
    if b"\\u00" in raw:
        for spelled in _SPELLED.finditer(raw):
            at = chunk.at(spelled.start())
            if at not in found:
                found[at] = _holds(raw[slice(*chunk.span(at))], wanted)
    return sorted(at - chunk.first for at, holds in found.items() if holds)


def _certain(raw: bytes, line: int, position: int, bare: bool) -> bool:
    """Whether plain bytes at a position are text without a doubt: no part of an escape, and inside a string. `line` is
    where their line begins."""
    if raw.find(b"\\", max(line, position - 5), position) >= 0:
        return False
    if not bare:
        return True
    quotes = raw.count(b'"', line, position) - raw.count(b'\\"', line, position)
    return quotes % 2 == 1 and raw.find(b"\\\\", line, position) < 0


def _holds(raw: bytes, wanted: _Wanted) -> bool:
    """Whether a line, or an element of an array with the comma before it, holds it, decoded."""
    value, _fault = read(raw.lstrip(b" \t\r\n,"))
    if value is None:
        return wanted.holds(raw.decode("utf-8", "replace"))
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if wanted.holds(one):
                return True
        elif isinstance(one, dict):
            waiting += one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return False
