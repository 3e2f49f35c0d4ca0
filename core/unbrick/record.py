"""One line of a transcript: the value that its bytes hold, or the fault that says why there is none."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

import orjson

from unbrick.jsonspan import JSON_DECODER, prune_depth

Json = dict[str, Any]

END = 1 << 62
"""The line number of what is appended after the last line."""

FRAME = 0
"""The line number of what stands around the records, where a source has such a thing."""


class At(NamedTuple):
    """Where a record stands: line of the original file counted from 1 (END for appended ones), and which
    of the pieces that a patch put in that line's place."""

    line: int
    part: int = 0


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

    `message` is a sentence, `offset` the byte in the line where it shows, `salvage` the whole records that
    can be cut out of the line (without terminator), in order. A fault with `readable` does not keep the
    client from reading the line.
    """

    kind: FaultKind
    message: str
    offset: int = 0
    salvage: tuple[bytes, ...] = ()
    readable: bool = False


def read(raw: bytes) -> tuple[Json | None, Fault | None]:
    """Value and fault of a line. Never raises; at least one of the two is not None."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _diagnose(raw)
    if value.__class__ is dict:
        return value, None
    return None, _not_object(value)


def _not_object(value: object) -> Fault:
    names = {list: "an array", str: "a string", type(None): "null", bool: "true or false"}
    return Fault(FaultKind.NOT_OBJECT, f"the line holds {names.get(type(value), 'a number')}, not an object")


def _diagnose(raw: bytes) -> tuple[Json | None, Fault | None]:
    """Read again what the fast reader refused, as a JavaScript client would, and say what is wrong."""
    body = raw.rstrip(b"\r\n")
    if not body.strip():
        return None, Fault(FaultKind.BLANK, "the line is empty")
    if b"\x00" in body:
        return None, _nul(body)
    fault: Fault | None = None
    if body.startswith(b"\xef\xbb\xbf"):
        fault = Fault(FaultKind.BOM, "a byte order mark stands in front of the record", 0, (body[3:],), True)
        body = body[3:]
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        text = body.decode("utf-8", "replace")
        repaired = text.encode("utf-8")
        fault = Fault(
            FaultKind.UTF8, f"byte {error.start} is not valid UTF-8; the client shows \ufffd there",
            error.start, (repaired,), True,
        )
    value, error_at = _loads(text)
    if error_at is not None and (whole := _finite(text)) is not None:
        message = "the record holds NaN or Infinity, which JSON does not know"
        return None, Fault(FaultKind.GARBAGE, message, 0, (whole.encode("utf-8", "surrogatepass"),))
    if error_at is None:
        if isinstance(value, dict):
            return value, fault or _surrogate(body, value)
        return None, _not_object(value)
    pieces = salvage(body)
    if error_at >= 0 and _is_complete(text[:error_at]):
        return None, Fault(
            FaultKind.GLUED,
            f"{len(pieces)} records stand on one line without a line break between them" if len(pieces) > 1
            else "something else stands on the line behind the record",
            len(text[:error_at].encode("utf-8", "surrogatepass")), pieces,
        )
    offset = len(text[: max(error_at, 0)].encode("utf-8", "surrogatepass"))
    if pieces:
        return None, Fault(
            FaultKind.TORN, "a record is cut off in the middle and another one begins on the same line",
            offset, pieces,
        )
    if body.lstrip()[:1] == b"{":
        return None, Fault(FaultKind.TORN, "the record is cut off before its end", offset)
    return None, Fault(FaultKind.GARBAGE, "the line is not JSON", offset)


_ESCAPE = re.compile(
    rb"\\(?:u(?P<high>[dD][89abAB][0-9a-fA-F]{2})(?P<pair>\\u[dD][c-fC-F][0-9a-fA-F]{2})?"
    rb"|u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""One escape of a JSON string; a whole surrogate pair counts as one."""


def _surrogate(body: bytes, value: Json) -> Fault | None:
    """The fault of a record that holds half of a surrogate pair; JavaScript reads it, the API refuses it."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        escape = next((m.start() for m in _ESCAPE.finditer(body) if m["low"] or (m["high"] and not m["pair"])), 0)
        half = ord(str(error.object)[error.start])
        message = f"a text holds half of a surrogate pair (\\u{half:04x}), as where output was cut inside an emoji"
        return Fault(FaultKind.SURROGATE, message, escape, (), True)
    except (RecursionError, ValueError):
        return None
    return None


def _loads(text: str) -> tuple[Any, int | None]:
    """Value, and None or the character where reading failed. Lone surrogates pass, NaN does not, as in JavaScript."""
    try:
        return JSON_DECODER.decode(text), None
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


_NUMBERS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|(-?(?:NaN|Infinity)\b)', re.DOTALL)


def _finite(text: str) -> str | None:
    """A record with null in the place of numbers that JSON does not know; None where it is not all that is wrong."""
    if "NaN" not in text and "Infinity" not in text:
        return None
    whole = _NUMBERS.sub(lambda found: "null" if found[1] else found[0], text)
    return whole if whole != text and _is_complete(whole) else None


def _is_complete(text: str) -> bool:
    value, error_at = _loads(text)
    return error_at is None and isinstance(value, dict)


def _nul(body: bytes) -> Fault:
    count, rest = body.count(b"\x00"), body.replace(b"\x00", b"")
    pieces: tuple[bytes, ...] = ()
    if rest.strip():
        value, _fault = read(rest)
        pieces = (rest,) if value is not None else salvage(rest)
    message = f"{count:,} NUL byte{'s' * (count > 1)}, as after a crash or power loss"
    return Fault(FaultKind.NUL, message, body.find(b"\x00"), pieces)


TRIES = 1_000
"""So many beginnings of a record on a damaged line are tried, and so many of the last ones."""
_START = re.compile(r'\{"(?:parentUuid|type|uuid|role|message|isSidechain|timestamp|logicalParentUuid)":')


def salvage(body: bytes) -> tuple[bytes, ...]:
    """Whole records on a damaged line: a run from its first byte, and a run that reaches its last.

    What lies inside a record that was cut off is never taken for a record: only runs that touch an end count, and
    where a run may be part of what was cut off (a content block before the cut), only one that begins like a record.
    """
    text = body.decode("utf-8", "surrogateescape").rstrip()
    first, position = _run(text, 0)
    if position >= len(text):
        return first
    starts = _START.finditer(text, position if first else 1)
    # Each try may read on to the end: of the million that somebody may have put there, these are enough.
    reached = 0
    for start in (*islice(starts, TRIES), *deque(starts, TRIES)):
        # What begins inside of a run that ends too soon ends there, too.
        if start.start() < reached:
            continue
        last, end = _run(text, start.start())
        if end < len(text):
            reached = end
        elif last and (_stands_alone(text, start.start()) or _OWN & _keys(last[0])):
            return first + last
    return first


_OWN = frozenset({"parentUuid", "sessionId", "leafUuid", "snapshot"})
"""Members that records have and the objects inside them have not."""


def _stands_alone(text: str, position: int) -> bool:
    """Whether an object cannot be a value inside the text before it."""
    return text[max(position - 64, 0) : position].rstrip()[-1:] not in ("[", ",", ":")


def _keys(raw: bytes) -> set[str]:
    value, _fault = read(raw)
    return set(value or ())


def _run(text: str, position: int) -> tuple[tuple[bytes, ...], int]:
    """Objects that follow each other without a gap from a position on, and where they end."""
    found: list[bytes] = []
    while position < len(text) and text[position] == "{":
        try:
            _value, end = JSON_DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        found.append(text[position:end].encode("utf-8", "surrogateescape"))
        position = end
    return tuple(found), position


def compact(value: object, default: Callable[[Any], Any] | None = None) -> bytes:
    """JSON as the client writes it: no spaces, key order kept, non-ASCII unescaped, lone surrogates escaped."""
    try:
        return orjson.dumps(value, default)
    except TypeError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return re.sub(r"[\ud800-\udfff]", lambda m: f"\\u{ord(m.group()):04x}", text).encode("utf-8")
