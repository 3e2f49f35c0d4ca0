"""One line of a transcript: the value that its bytes hold, or the fault that says why there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from unbrick.abridged import LARGE, abridged
from unbrick.damage import Fault, FaultKind, Json, examined, salvage, value_of

__all__ = ["END", "FRAME", "At", "Fault", "FaultKind", "Json", "compact", "read", "salvage"]

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
    if len(raw) <= LARGE:
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            value = None
        if value.__class__ is dict:
            return value, None
    line = abridged(raw)
    value, fault = examined(line)
    if value is not None and fault is not None and fault.salvage:
        value = read(fault.salvage[0])[0]
    elif value is not None and line.runs:
        value = line.restored(value, value_of)
    return value, fault


def compact(value: object, default: Callable[[Any], Any] | None = None) -> bytes:
    """JSON as the client writes it: no spaces, key order kept, non-ASCII unescaped, lone surrogates escaped."""
    try:
        return orjson.dumps(value, default)
    except TypeError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return re.sub(r"[\ud800-\udfff]", lambda m: f"\\u{ord(m.group()):04x}", text).encode("utf-8")
