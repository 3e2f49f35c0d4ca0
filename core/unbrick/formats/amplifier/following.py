"""The metadata that fits a transcript: the count of turns, every other byte as it was."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from unbrick import jsonspan
from unbrick.bundle import Bundle
from unbrick.patch import View
from unbrick.record import read


def follow(bundle: Bundle, view: View) -> Mapping[Path, bytes]:
    """What `metadata.json` must hold when the transcript is saved like this; empty where nothing changes."""
    path = bundle.parts.get("metadata")
    if path is None or not view.patch:
        return {}
    try:
        raw = path.read_bytes()
    except OSError:
        return {}
    new = counted(raw, view)
    return {} if new == raw else {path: new}


def counted(raw: bytes, view: View) -> bytes:
    """Metadata with the turns of a view counted as the client counts them: its user records."""
    value = read(raw)[0]
    if value is None or not isinstance(value.get("turn_count"), int):
        return raw
    turns = str(turn_count(view)).encode()
    return jsonspan.set_value(raw, ("turn_count",), turns)


def turn_count(view: View) -> int:
    """How many user records a view holds."""
    values = (read(raw)[0] for raw in view.raws() if b'"user"' in raw)
    return sum(value is not None and value.get("role") == "user" for value in values)
