"""One line of a transcript: the value that its bytes hold, or the fault that says why there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from unbrick.abridged import LARGE, Abridged, abridged
from unbrick.damage import Fault, FaultKind, Json, cut_out, examined
from unbrick.mending import CHUNK

__all__ = [
    "END", "FRAME", "At", "Fault", "FaultKind", "Json", "compact", "cut_out", "glance", "length", "read", "salvaged",
]

END = 1 << 62
"""The line number of what is appended after the last line."""

FRAME = 0
"""The line number of what stands around the records, where a source has such a thing."""


class At(NamedTuple):
    """Where a record stands: line of the original file counted from 1 (END for appended ones), and which
    of the pieces that a patch put in that line's place."""

    line: int
    part: int = 0


def read(raw: bytes) -> tuple[Json | None, Fault | None]:
    """Value and fault of a line. Never raises; at least one of the two is not None."""
    return _read(raw, False)


def glance(raw: bytes) -> tuple[Json | None, Fault | None]:
    """What `read` gives, for who asks how long texts are and how they begin, and writes none of them anywhere: a text
    of a large line that is not ASCII, of two blocks and more, is another one (see `Abridged.restored`), which takes a
    byte a character in memory where it would take up to four."""
    return _read(raw, True)


def _read(raw: bytes, light: bool) -> tuple[Json | None, Fault | None]:
    if len(raw) <= LARGE:
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            value = None
        if value.__class__ is dict:
            return value, None
    line = abridged(raw)
    value, fault = examined(line)
    if value is not None and line.runs:
        value = line.restored(value, lambda whole: examined(Abridged(whole, whole))[0], light)
    return value, fault


def salvaged(raw: bytes) -> tuple[bytes, ...]:
    """The whole records of a line, without terminator, as whoever reads them reads them; a line without a fault is
    one."""
    fault = glance(raw)[1]
    return (raw.rstrip(b"\r\n"),) if fault is None else cut_out(raw, fault)


def length(value: object) -> int:
    """How many bytes `compact` writes for a value; a long text is written in pieces."""
    if isinstance(value, str):
        return sum(len(compact(value[at : at + CHUNK])) - 2 for at in range(0, len(value), CHUNK)) + 2
    if isinstance(value, dict):
        return sum(length(name) + length(part) + 2 for name, part in value.items()) + (1 if value else 2)
    if isinstance(value, list):
        return sum(length(part) + 1 for part in value) + (1 if value else 2)
    return len(compact(value))


def compact(value: object, default: Callable[[Any], Any] | None = None) -> bytes:
    """JSON as the client writes it: no spaces, key order kept, non-ASCII unescaped, lone surrogates escaped."""
    try:
        return orjson.dumps(value, default)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
