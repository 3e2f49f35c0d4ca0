"""What is wrong with a line that the fast reader refuses, and what can be cut out of it."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice
from typing import Any

import orjson

from unbrick.abridged import Abridged
from unbrick.jsonspan import JSON_DECODER, prune_depth
from unbrick.mending import ESCAPE, is_half, not_utf8, numbers, utf8, without_halves, without_nul

Json = dict[str, Any]


class FaultKind(StrEnum):
    """Why a line is not, or not quite, a record."""

    BLANK = "blank"
    NUL = "nul"
    TORN = "torn"
    GLUED = "glued"
    GARBAGE = "garbage"
    NOT_OBJECT = "not-object"
    UTF8 = "utf8"
    BOM = "bom"
    SURROGATE = "surrogate"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line's bytes.

    `message` is a sentence, `offset` the byte in the line where it shows, `salvage` where the whole records that can be
    cut out of the line begin and end, in order: see `cut_out`. A fault with `readable` does not keep the client from
    reading the line.
    """

    kind: FaultKind
    message: str
    offset: int = 0
    salvage: tuple[tuple[int, int], ...] = ()
    readable: bool = False


def cut_out(raw: bytes, fault: Fault) -> tuple[bytes, ...]:
    """The whole records on a line with a fault, without terminator: as they stand there, or as who reads them reads
    them where that is the fault."""
    mend, view = _MENDS.get(fault.kind, bytes), memoryview(raw)
    return tuple(mend(view[start:end]) for start, end in fault.salvage)


def examined(line: Abridged) -> tuple[Json | None, Fault | None]:
    """The value of a line's text and the fault of the line."""
    try:
        value = orjson.loads(line.text) if line.sound else _UNREAD
    except orjson.JSONDecodeError:
        value = _UNREAD
    # The error held a copy of the line.
    if value is _UNREAD:
        return _diagnose(line)
    if value.__class__ is dict:
        return value, None
    return None, _not_object(value)


_UNREAD: Any = object()


def value_of(raw: bytes) -> Any:  # noqa: ANN401 - any JSON
    """What JSON holds that a JavaScript client reads."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _loads(raw.decode("utf-8"))[0]


def _not_object(value: object) -> Fault:
    names = {list: "an array", str: "a string", type(None): "null", bool: "true or false"}
    return Fault(FaultKind.NOT_OBJECT, f"the line holds {names.get(type(value), 'a number')}, not an object")


def _diagnose(line: Abridged) -> tuple[Json | None, Fault | None]:
    """Read again what the fast reader refused, as a JavaScript client would, and say what is wrong.

    A line may be large: it is read with a character for each byte, and never copied without need.
    """
    body, end = line.text, _end(line.text)
    if not body or body.isspace():
        return None, Fault(FaultKind.BLANK, "the line is empty")
    if b"\x00" in (body if line.sound else line.whole):
        return None, _nul(line)
    lead = 3 if body.startswith(b"\xef\xbb\xbf") else 0
    whole = ((line.origin(lead), line.origin(end)),)
    text = str(memoryview(body)[lead:end], "latin-1")
    value, error_at = _loads(text)
    if error_at is None:
        if not isinstance(value, dict):
            return None, _not_object(value)
        wrong = not_utf8(line.whole)
        if wrong is not None:
            at = wrong - lead
            message = f"byte {at} is not valid UTF-8; the client shows \ufffd there"
            del text, value
            return value_of(utf8([memoryview(body)[lead:end]])), Fault(FaultKind.UTF8, message, at, whole, True)
        if lead or not text.isascii():
            del text, value
            value = value_of(body[lead:end])
        if lead:
            return value, Fault(FaultKind.BOM, "a byte order mark stands in front of the record", 0, whole, True)
        return value, _surrogate(line, value)
    glued = isinstance(value, dict)
    del value
    mended = numbers(body[lead:end])
    if mended is not None:
        value, wrong = _loads(mended.decode("utf-8"))
        if wrong is None and isinstance(value, dict):
            message = "the record holds NaN or Infinity, which JSON does not know"
            return None, Fault(FaultKind.GARBAGE, message, 0, whole)
        del value
    pieces = tuple((line.origin(lead + first), line.origin(lead + last)) for first, last in _whole(text))
    offset = line.origin(lead + max(error_at, 0))
    if glued:
        return None, Fault(
            FaultKind.GLUED,
            f"{len(pieces)} records stand on one line without a line break between them" if len(pieces) > 1
            else "something else stands on the line behind the record",
            offset, pieces,
        )
    if pieces:
        return None, Fault(
            FaultKind.TORN, "a record is cut off in the middle and another one begins on the same line",
            offset, pieces,
        )
    if text.lstrip()[:1] == "{":
        return None, Fault(FaultKind.TORN, "the record is cut off before its end", offset)
    return None, Fault(FaultKind.GARBAGE, "the line is not JSON", offset)


def _surrogate(line: Abridged, value: Json) -> Fault | None:
    """The fault of a record that holds half of a surrogate pair; JavaScript reads it, the API refuses it."""
    half = next(_halves(line, value), None)
    if half is None:
        return None
    escape = next((found.start() for found in ESCAPE.finditer(line.whole) if is_half(found)), 0)
    message = f"a text holds half of a surrogate pair (\\u{ord(half):04x}), as where output was cut inside an emoji"
    return Fault(FaultKind.SURROGATE, message, escape, ((0, _end(line.whole)),), True)


def _halves(line: Abridged, value: Json) -> Iterator[str]:
    """Halves of surrogate pairs in names and strings, in the order of the record; the first of each piece of them."""
    left: list[Any] = [value]
    while left:
        found = left.pop()
        if found.__class__ is dict:
            left += reversed([part for member in found.items() for part in member])
        elif found.__class__ is list:
            left += reversed(found)
        elif found.__class__ is str and not (line.sound and found.isascii()):
            for piece in line.pieces(found):
                try:
                    piece.encode("utf-8")
                except UnicodeEncodeError as error:
                    yield piece[error.start]


_SPACE = re.compile(r"[ \t\r\n]*")


def _loads(text: str) -> tuple[Any, int | None]:
    """Value, and None or the character where reading failed; a value with that is whole, and something stands behind
    it. Lone surrogates pass, NaN does not, as in JavaScript."""
    try:
        value, end = JSON_DECODER.raw_decode(text, _end_of_space(text, 0))
    except json.JSONDecodeError as error:
        return None, error.pos
    except RecursionError:
        shallow = prune_depth(text.encode("utf-8", "surrogatepass"))
        if shallow is None:
            return None, 0
        try:
            return JSON_DECODER.decode(shallow.decode("utf-8", "surrogatepass")), None
        except (ValueError, RecursionError):
            return None, 0
    except ValueError:
        return None, 0
    end = _end_of_space(text, end)
    return value, None if end == len(text) else end


def _end_of_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


_MENDS: dict[FaultKind, Callable[[memoryview], bytes]] = {
    FaultKind.UTF8: lambda raw: utf8([raw]),
    FaultKind.SURROGATE: without_halves,
    FaultKind.NUL: lambda raw: numbers(found := without_nul(raw)) or found,
    FaultKind.GARBAGE: lambda raw: numbers(raw) or bytes(raw),
}


def _end(raw: bytes) -> int:
    """Where a line ends, without its terminator."""
    end = len(raw)
    while end and raw[end - 1] in b"\r\n":
        end -= 1
    return end


def _nul(line: Abridged) -> Fault:
    count, offset = line.whole.count(b"\x00"), line.whole.find(b"\x00")
    text = line.text.replace(b"\x00", b"")
    value, fault = examined(Abridged(text, text, line.runs))
    if value is not None:
        pieces: tuple[tuple[int, int], ...] = ((0, _end(line.whole)),)
    else:
        places = map(line.origin, _with_nul(line.text, chain.from_iterable(fault.salvage if fault is not None else ())))
        pieces = tuple(zip(places, places, strict=True))
    message = f"{count:,} NUL byte{'s' * (count > 1)}, as after a crash or power loss"
    return Fault(FaultKind.NUL, message, offset, pieces)


def _with_nul(raw: bytes, places: Iterable[int]) -> Iterator[int]:
    """Where places of some bytes without NUL stand in these; in order."""
    runs, gone = re.finditer(b"\x00+", raw), 0
    start, end = 0, 0
    for place in places:
        while start - gone < place:
            gone += end - start
            start, end = next((run.span() for run in runs), (len(raw), 0))
        yield place + gone


TRIES = 1_000
"""So many beginnings of a record on a damaged line are tried, and so many of the last ones."""
_START = re.compile(r'\{"(?:parentUuid|type|uuid|role|message|isSidechain|timestamp|logicalParentUuid)":')


def _whole(text: str) -> list[tuple[int, int]]:
    """Where whole records stand on a damaged line, a character for each byte: a run from its first, and a run that
    reaches its last.

    What lies inside a record that was cut off is never taken for a record: only runs that touch an end count, and
    where a run may be part of what was cut off (a content block before the cut), only one that begins like a record.
    """
    size = len(text.rstrip(" \t\r\n\v\f\x1c\x1d\x1e\x1f"))
    first, position = _run(text, 0)
    if position >= size:
        return first
    starts = _START.finditer(text, position if first else 1)
    # Each try may read on to the end: of the million that somebody may have put there, these are enough.
    reached = 0
    for start in (*islice(starts, TRIES), *deque(starts, TRIES)):
        # What begins inside of a run that ends too soon ends there, too.
        if start.start() < reached:
            continue
        last, end = _run(text, start.start())
        if end < size:
            reached = end
        elif last and (_stands_alone(text, start.start()) or _OWN & _names(text, start.start())):
            return first + last
    return first


_OWN = frozenset({"parentUuid", "sessionId", "leafUuid", "snapshot"})
"""Members that records have and the objects inside them have not."""


def _stands_alone(text: str, position: int) -> bool:
    """Whether an object cannot be a value inside the text before it."""
    return text[max(position - 64, 0) : position].rstrip()[-1:] not in ("[", ",", ":")


def _names(text: str, position: int) -> set[str]:
    return set(JSON_DECODER.raw_decode(text, position)[0])


def _run(text: str, position: int) -> tuple[list[tuple[int, int]], int]:
    """Objects that follow each other without a gap from a position on, and where they end."""
    found: list[tuple[int, int]] = []
    while text.startswith("{", position):
        try:
            _value, end = JSON_DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        found.append((position, end))
        position = end
    return found, position
